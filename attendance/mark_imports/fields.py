"""Fields of imported marks."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from enrollment.importing.fields import Field, Reads
from enrollment.importing.students_fields import EMAIL, EXTERNAL_ID, FAMILY_NAME, GIVEN_NAME, NAME, OWN_ID, ROLL_NUMBER

COURSE = Field(
    "course",
    _("Course"),
    Reads.NAME,
    ("course code", "code", "course name", "class", "class code", "subject", "lesson", "kurs", "kurskürzel", "kursname",
     "klasse", "fach", "cours", "matière", "classe", "asignatura", "clase", "código del curso", "materia"),
    120,
)  # fmt: skip
DATE = Field(
    "date",
    _("Date"),
    Reads.DATE,
    ("day", "session date", "attendance date", "lesson date", "datum", "tag", "jour", "fecha", "día", "data"),
)
HOUR = Field(
    "hour",
    _("Time or period"),
    Reads.TEXT,
    ("time", "period", "start", "start time", "begins", "starts", "lesson number", "hour", "session", "uhrzeit",
     "stunde", "beginn", "zeit", "heure", "séance", "début", "hora", "periodo", "inicio"),
    40,
)  # fmt: skip
STATUS = Field(
    "status",
    _("Status"),
    Reads.TEXT,
    ("mark", "attendance", "attendance code", "code of attendance", "attendance status", "presence", "anwesenheit",
     "fehlzeit", "statut", "présence", "estado", "asistencia", "stato", "presenza"),
    60,
)  # fmt: skip
MINUTES = Field(
    "minutes",
    _("Minutes late"),
    Reads.TEXT,
    ("minutes", "late minutes", "mins late", "minuten", "verspätung", "minuten verspätet", "minutes de retard",
     "retard", "minutos", "minutos tarde"),
    20,
)  # fmt: skip
NOTE = Field(
    "note",
    _("Note"),
    Reads.TEXT,
    ("remark", "remarks", "comment", "comments", "reason", "bemerkung", "notiz", "kommentar", "grund", "remarque",
     "commentaire", "motif", "nota", "comentario", "motivo", "observaciones"),
    200,
)  # fmt: skip
NUMBER_ELSEWHERE = replace(
    EXTERNAL_ID,
    synonyms=(*EXTERNAL_ID.synonyms, "id number", "user id", "id-nummer", "numéro d'identification", "número de id"),
)
FIELDS = (
    ROLL_NUMBER, NAME, GIVEN_NAME, FAMILY_NAME, COURSE, DATE, HOUR, STATUS, MINUTES, NOTE, NUMBER_ELSEWHERE, EMAIL,
    OWN_ID,
)  # fmt: skip
NEEDS = (
    ("roll_number", "external_id", "email", "name", "family_name", "own_id"),
    ("date",),
    ("status",),
)
