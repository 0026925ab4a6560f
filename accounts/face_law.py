"""Rules of places on taking attendance by face: barred, or to be decided with care. Facts and sources: docs/law.md."""

from django.utils.translation import gettext_lazy as _

BARRED = frozenset({"new_york"})
ADVISED_AGAINST = frozenset({"sweden"})
BARRED_SENTENCE = _("The law of the school's place bars face recognition in schools. It cannot be switched on.")

NOTES = {
    "": _(
        "Faces are biometric data. Carry out an impact assessment, ask your data protection officer and the families, "
        "and keep an equal way without faces: marking by hand."
    ),
    "england": _(
        "Tell each parent first. One parent's written consent is needed under 18; any parent's objection or the "
        "child's own refusal stops it. Offer an equal alternative."
    ),
    "illinois": _(
        "Written permission is needed, refusing costs nothing, and data are destroyed within 30 days of leaving. "
        "A bill of 2026 limits new systems: check it before you start."
    ),
    "sweden": _(
        "In 2019 a school was fined for this: consent was void because students depend on their school. Stay with "
        "marking by hand unless your data protection officer agrees in writing."
    ),
    "new_york": _("Face recognition is barred in all schools by an order of 27 September 2023. Mark by hand."),
}


def may_take_faces(law: str) -> bool:
    """False where a FaceLaw bars face recognition in schools."""
    return law not in BARRED


def is_advised_against(law: str) -> bool:
    """True where taking faces is off until somebody states that it was assessed."""
    return law in ADVISED_AGAINST


def note_of(law: str) -> str:
    """The legal note to show beside the decision."""
    return str(NOTES.get(law, NOTES[""]))
