"""A school's own decisions: on faces, and on the steps of its set-up."""

from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.errors import AccountError
from accounts.face_law import BARRED_SENTENCE, is_advised_against, may_take_faces
from accounts.leaver_law import MOST_LEAVER_DAYS
from accounts.models import Institution


def faces_decide(*, school: Institution, law: str, enabled: bool, is_assessed: bool = False) -> None:
    """Set the rules of the school's place, and whether attendance is taken by face under them.

    Faces of students who left are kept no longer than those rules allow. is_assessed: somebody states that the school
    has assessed it, which places that advise against it want. Raises AccountError `faces_barred`, `not_assessed`.
    """
    if enabled and not may_take_faces(law):
        raise AccountError("faces_barred", BARRED_SENTENCE)
    if enabled and is_advised_against(law) and not is_assessed:
        raise AccountError("not_assessed", _("Please confirm that your data protection officer agrees."))
    school.law, school.faces_enabled = law, enabled
    school.leaver_retention_days = min(
        school.leaver_retention_days, MOST_LEAVER_DAYS.get(law, school.leaver_retention_days)
    )
    school.save(update_fields=["law", "faces_enabled", "leaver_retention_days"])


def setup_steps_skip(*, school: Institution, steps: Collection[str]) -> None:
    """Put exactly these steps of the set-up aside."""
    school.setup_skipped = sorted(set(steps))
    school.save(update_fields=["setup_skipped"])


def setup_finish(*, school: Institution) -> None:
    """End the set-up: administrators are no longer led to its page."""
    school.setup_done_at = timezone.now()
    school.save(update_fields=["setup_done_at"])
