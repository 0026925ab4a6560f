"""The school's own thresholds: adopted from its own measurement, or reset to the engine's."""

from decimal import Decimal

from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from accounts.models import Institution, User
from attendance.calibration.errors import ProposalChanged
from attendance.calibration.report import read_report

FIELDS = ["accept_threshold", "review_threshold", "thresholds_model"]


def threshold_adopt(*, institution: Institution, wish: float, threshold: float, by: User) -> Institution:
    """Adopt, from the next photo on, the accept threshold that was proposed for the target false-match rate `wish`.

    The review threshold stays as it is, but never above. The proposal is computed again: nothing else can be adopted
    here. Repeating the call changes nothing. Raises ProposalChanged if the proposal is another threshold by now, or
    none; FaceError.
    """
    report = read_report(institution, wish=wish)  # may ask the engine over the network: before the transaction
    if report.proposal.threshold != threshold:
        raise ProposalChanged
    words = _("Threshold to mark: %(threshold)s instead of %(was)s, for a false-match rate of at most %(wish)s %%.") % {
        "threshold": number_format(threshold),
        "was": number_format(report.accept_threshold),
        "wish": number_format(Decimal(f"{100 * wish:g}")),
    }
    values = (threshold, min(report.review_threshold, threshold), report.calibration.model)
    return _write(institution, values, words, by)


def thresholds_reset(*, institution: Institution, by: User) -> Institution:
    """Put the thresholds that come with the engine in force again. Repeating the call changes nothing."""
    return _write(institution, (None, None, ""), _("Thresholds: the engine's own again."), by)


@transaction.atomic
def _write(
    institution: Institution, values: tuple[float | None, float | None, str], words: str, by: User
) -> Institution:
    """Write the thresholds and, if they changed, the line in the history of the school's settings."""
    school: Institution = Institution.objects.select_for_update().get(pk=institution.pk)
    if (school.accept_threshold, school.review_threshold, school.thresholds_model) == values:
        return school
    school.accept_threshold, school.review_threshold, school.thresholds_model = values
    school.save(update_fields=FIELDS)
    LogEntry.objects.log_actions(by.pk, [school], CHANGE, words, single_object=True)
    return school
