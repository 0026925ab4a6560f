"""Fields of imported students, with their guardians and form group."""

from django.utils.translation import gettext_lazy as _

from enrollment.importing.fields import Field, Reads

# What stands for "guardian" in headers; a header has one of them, perhaps a number, and one of the words below.
_GUARDIANS = (
    "guardian", "parent", "parent/guardian", "contact", "carer", "erziehungsberechtigte", "erziehungsberechtigter",
    "sorgeberechtigte", "sorgeberechtigter", "elternteil", "eltern", "responsable", "parent responsable",
    "représentant légal", "tutor", "tutor legal", "padre/madre", "acudiente", "familiar",
)  # fmt: skip
_AMBIGUOUS = {"tutor"}  # a guardian in Spanish, in English a teacher: asked by not being imported
_FIRST_OF_TWO = {1: ("mother", "mutter", "mère", "madre"), 2: ("father", "vater", "père", "padre")}
_PARTS = {
    "name": ("", "name", "full name", "nom", "nombre"),
    "email": (
        "email",
        "e-mail",
        "e-mail address",
        "mail",
        "e-mail-adresse",
        "courriel",
        "correo",
        "correo electrónico",
    ),
    "phone": ("phone", "telephone", "mobile", "tel", "telefon", "handy", "téléphone", "teléfono", "móvil"),
    "relation": ("relation", "relationship", "beziehung", "lien", "parentesco"),
}  # fmt: skip
_LABELS = {
    (1, "name"): _("Guardian’s name"),
    (1, "email"): _("Guardian’s e-mail"),
    (1, "phone"): _("Guardian’s telephone"),
    (1, "relation"): _("Guardian’s relation"),
    (2, "name"): _("Second guardian’s name"),
    (2, "email"): _("Second guardian’s e-mail"),
    (2, "phone"): _("Second guardian’s telephone"),
    (2, "relation"): _("Second guardian’s relation"),
}
_MOST = {"name": 120, "email": 254, "phone": 40, "relation": 40}


def _headers(number: int, part: str) -> tuple[str, ...]:
    words = [f"{who} {number}" for who in _GUARDIANS] + list(_FIRST_OF_TWO[number])
    if number == 1:
        words += _GUARDIANS
        words += [f"{who}'s" for who in ("guardian", "parent")]
    found = [f"{word} {what}" for word in words for what in _PARTS[part]]
    turned = [f"{what} {word}" for word in words for what in _PARTS[part] if what]
    headers = (*found, *turned, *(f"{what} des {word}" for word in words for what in _PARTS[part] if what))
    return tuple(each for each in headers if each.strip() not in _AMBIGUOUS)


def _guardian(number: int, part: str) -> Field:
    reads = Reads.EMAIL if part == "email" else Reads.TEXT
    return Field(f"guardian{number}_{part}", _LABELS[number, part], reads, _headers(number, part), _MOST[part])


ROLL_NUMBER = Field(
    "roll_number",
    _("Roll number"),
    Reads.KEY,
    (
        "roll no", "roll", "student number", "student no", "pupil number", "pupil no", "number", "admission number",
        "admission no", "upn", "schülernummer", "schüler-nr", "schülernr", "nummer", "matrikelnummer", "matrikel-nr",
        "ausweisnummer", "numéro", "numéro d'élève", "n° élève", "matricule", "número", "número de alumno", "matrícula",
        "no", "nr", "n°",
    ),
    40,
)  # fmt: skip
EXTERNAL_ID = Field(
    "external_id",
    _("External id"),
    Reads.KEY,
    (
        "sourcedid", "sourced id", "sis id", "student id", "pupil id", "external key", "schüler-id", "externe id",
        "identifiant", "identifiant externe", "id externo", "ine", "id",
    ),
    255,
)  # fmt: skip
OWN_ID = Field("own_id", _("Id in this portal"), Reads.KEY, ("portal id", "smart attendance id"), 36)
EMAIL = Field(
    "email",
    _("E-mail"),
    Reads.EMAIL,
    (
        "email address", "e-mail address", "mail", "student email", "e-mail-adresse", "mailadresse", "courriel",
        "adresse e-mail", "adresse électronique", "correo", "correo electrónico",
    ),
    254,
)  # fmt: skip
GIVEN_NAME = Field(
    "given_name",
    _("First name"),
    Reads.NAME,
    ("given name", "forename", "firstname", "given names", "vorname", "vornamen", "rufname", "prénom", "nombre",
     "nombres", "nombre de pila"),
    80,
)  # fmt: skip
FAMILY_NAME = Field(
    "family_name",
    _("Last name"),
    Reads.NAME,
    ("family name", "surname", "lastname", "nachname", "familienname", "zuname", "nom", "nom de famille", "apellido",
     "apellidos"),
    80,
)  # fmt: skip
NAME = Field(
    "name",
    _("Full name"),
    Reads.NAME,
    ("student", "pupil", "student name", "pupil name", "whole name", "display name", "schüler", "schülerin",
     "vollständiger name", "nom complet", "élève", "nombre completo", "alumno"),
    120,
)  # fmt: skip
GROUP = Field(
    "group",
    _("Form group"),
    Reads.NAME,
    ("form", "class", "group", "tutor group", "registration group", "homeroom", "form class", "klasse", "gruppe",
     "klassengruppe", "classe", "groupe", "clase", "grupo", "curso"),
    40,
)  # fmt: skip

FIELDS = (
    ROLL_NUMBER,
    GIVEN_NAME,
    FAMILY_NAME,
    NAME,
    EMAIL,
    Field(
        "birth_date",
        _("Date of birth"),
        Reads.DATE,
        ("dob", "birthdate", "birthday", "born", "born on", "geburtsdatum", "geburtstag", "geb.", "geboren am",
         "date de naissance", "né le", "naissance", "fecha de nacimiento", "nacimiento"),
    ),
    GROUP,
    Field(
        "grade",
        _("Year level"),
        Reads.TEXT,
        ("grade", "year group", "yr", "year", "jahrgang", "jahrgangsstufe", "klassenstufe", "stufe", "niveau",
         "année", "nivel", "grado"),
        20,
    ),
    EXTERNAL_ID,
    *(_guardian(number, part) for number in (1, 2) for part in _PARTS),
    OWN_ID,
)  # fmt: skip
LABELS = {field.name: field.label for field in FIELDS}
