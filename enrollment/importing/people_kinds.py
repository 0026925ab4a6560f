"""Plans of imports of guardians and of teachers."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Role
from enrollment.importing.families import Families
from enrollment.importing.fields import Field, Reads
from enrollment.importing.finding import Students
from enrollment.importing.naming import name_values, tokens
from enrollment.importing.plans import Draft, Plan, RowPlan, Step
from enrollment.importing.records import Options, Problem, Record
from enrollment.importing.state import SchoolState
from enrollment.importing.students_fields import EMAIL, FAMILY_NAME, GIVEN_NAME

INVITATION = "accounts.Invitation"
_NAME = Field(
    "name",
    gettext_lazy("Full name"),
    Reads.NAME,
    ("guardian", "guardian name", "parent", "parent name", "teacher", "teacher name", "staff", "vollständiger name",
     "lehrkraft", "lehrer", "lehrerin", "erziehungsberechtigte", "elternteil", "nom complet", "professeur",
         "enseignant",
     "nombre completo", "profesor", "profesora", "docente", "responsable", "tutor"),
    120,
)  # fmt: skip
_STUDENT = Field(
    "student",
    gettext_lazy("Student’s roll number"),
    Reads.KEY,
    ("roll number", "roll no", "student", "student number", "pupil number", "child", "students", "schülernummer",
     "schüler-nr", "kind", "matricule", "élève", "número de alumno", "alumno"),
    255,
)  # fmt: skip
_EXTERNAL = Field(
    "external_id",
    gettext_lazy("External id"),
    Reads.KEY,
    ("sourcedid", "guardian id", "parent id", "externe id", "identifiant", "id externo", "id"),
    255,
)
GUARDIAN_FIELDS = (
    _STUDENT,
    _NAME,
    GIVEN_NAME,
    FAMILY_NAME,
    Field("email", gettext_lazy("E-mail"), Reads.EMAIL, (*EMAIL.synonyms, "guardian email", "parent email"), 254),
    Field(
        "phone",
        gettext_lazy("Telephone"),
        Reads.TEXT,
        ("phone", "mobile", "telephone", "tel", "telefon", "handy", "téléphone", "teléfono", "móvil"),
        40,
    ),
    Field(
        "relation",
        gettext_lazy("Relation"),
        Reads.TEXT,
        ("relationship", "beziehung", "verhältnis", "lien", "parentesco"),
        40,
    ),
    Field("language", gettext_lazy("Language"), Reads.LANGUAGE, ("sprache", "langue", "idioma"), 20),
    Field(
        "may_consent",
        gettext_lazy("May decide"),
        Reads.FLAG,
        ("parental responsibility", "sorgeberechtigt", "sorgerecht", "autorité parentale", "patria potestad"),
    ),
    Field(
        "may_contact",
        gettext_lazy("May be contacted"),
        Reads.FLAG,
        ("contact allowed", "kontakt erlaubt", "contact autorisé", "contacto permitido"),
    ),
    _EXTERNAL,
)
TEACHER_FIELDS = (
    _NAME,
    GIVEN_NAME,
    FAMILY_NAME,
    Field("email", gettext_lazy("E-mail"), Reads.EMAIL, (*EMAIL.synonyms, "teacher email", "work email"), 254),
)
VALID_FOR = timedelta(days=14)  # of an invitation from when it is sent; sending it says so again
_LABELS: dict[str, Any] = {field.name: field.label for field in GUARDIAN_FIELDS}


def guardians_plan(state: SchoolState, records: Sequence[Record], options: Options) -> Plan:
    """Plan the changes that a file of guardians makes: a row is one guardian of one student."""
    students, families = Students(state), Families(state, _LABELS)
    seen: dict[tuple[str, str], int] = {}
    return Plan(tuple(_guardian_row(state, students, families, seen, record) for record in records))


def _guardian_row(
    state: SchoolState, students: Students, families: Families, seen: dict[tuple[str, str], int], record: Record
) -> RowPlan:
    values = dict(record.values)
    name = name_values(values, None, state.name_order).get("name", "") or values.get("email", "")
    shown = name or _("No name")
    if record.problems:
        return RowPlan(record.number, shown, Step.LEFT_OUT, problem=record.problems[0])
    number = values.get("student", "")
    student = students.roll(number) or students.by_external.get(number) or students.by_id.get(number)
    if not number or student is None:
        said = _("There is no student with the number %(number)s.") % {"number": number}
        problem = Problem(said if number else _("The student’s number is missing."), "student", number)
        return RowPlan(record.number, shown, Step.LEFT_OUT, problem=problem)
    if not name and not values.get("external_id"):
        return RowPlan(record.number, shown, Step.LEFT_OUT, problem=Problem(_("The name is missing."), "name"))
    key = (student["id"], values.get("external_id") or f"{name}|{values.get('email', '')}")
    if seen.setdefault(key, record.number) != record.number:
        said = _("Row %(row)d says the same.") % {"row": seen[key]}
        return RowPlan(record.number, shown, Step.LEFT_OUT, problem=Problem(said))
    draft = Draft(state.namespace)
    families.put(draft, student["id"], {**values, "name": name} if name else values, set())
    added = any(write.model == "enrollment.Guardian" and write.action == "add" for write in draft.writes)
    step = Step.NEW if added else Step.CHANGE if draft.writes else Step.SAME
    if step is Step.CHANGE and not draft.differences:
        draft.says(_("Student"), "", student["name"])
    return RowPlan(record.number, shown, step, tuple(draft.writes), () if added else tuple(draft.differences))


def teachers_plan(state: SchoolState, records: Sequence[Record], options: Options) -> Plan:
    """Plan the invitations that a file of teachers makes. They wait: nobody is mailed before somebody sends them."""
    members = {row["email"].lower(): row for row in state.members}
    waiting = {row["email"]: row for row in state.invitations if row["state"] == "pending"}
    seen: dict[str, int] = {}
    rows = []
    for record in records:
        draft = Draft(state.namespace)
        step, problem = _teacher(state, draft, record, members, waiting, seen)
        name = name_values(record.values, None, state.name_order).get("name") or record.values.get("email", "")
        changed = tuple(draft.differences) if step is Step.CHANGE else ()
        rows.append(RowPlan(record.number, name or _("No name"), step, tuple(draft.writes), changed, problem))
    return Plan(tuple(rows))


def _teacher(
    state: SchoolState,
    draft: Draft,
    record: Record,
    members: dict[str, Any],
    waiting: dict[str, Any],
    seen: dict[str, int],
) -> tuple[Step, Problem | None]:
    email = record.values.get("email", "")
    name = name_values(record.values, None, state.name_order).get("name", "")
    if record.problems:
        return Step.LEFT_OUT, record.problems[0]
    if not email:
        return Step.LEFT_OUT, Problem(_("The e-mail is missing."), "email")
    if seen.setdefault(email, record.number) != record.number:
        said = _("%(field)s %(value)s is also in row %(row)d.") % {
            "field": _("E-mail"), "value": email, "row": seen[email],
        }  # fmt: skip
        return Step.LEFT_OUT, Problem(said, "email", email)
    if email in members:  # their name is their own
        return Step.SAME, None
    if invitation := waiting.get(email):
        if name and tokens(name) != tokens(invitation["name"]):
            draft.change(INVITATION, invitation, {"name": name}, {"name": _("Name")})
        return (Step.CHANGE if draft.writes else Step.SAME), None
    if not name:
        return Step.LEFT_OUT, Problem(_("The name is missing."), "family_name")
    invite(draft, email, name)
    return Step.NEW, None


def invite(draft: Draft, email: str, name: str) -> str:
    """Add an invitation as a teacher that waits to be sent; returns its id. Nobody knows the secret of its link yet."""
    secret = hashlib.sha256(f"unsent:{draft.namespace}:{email}".encode()).hexdigest()
    values = {
        "email": email,
        "name": name,
        "role": Role.TEACHER.value,
        "state": "pending",
        "token_hash": secret,
        "expires_at": timezone.now().replace(hour=0, minute=0, second=0, microsecond=0) + VALID_FOR,
    }
    return draft.add(INVITATION, email, values)
