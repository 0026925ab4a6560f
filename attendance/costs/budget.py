"""The month's budget for paid recognition, where a school has one: once it is used up, recognition is refused."""

from accounts.metering import is_spent
from accounts.models import Institution
from accounts.selectors import billing_month, month_after
from attendance.costs.errors import CapReached
from enrollment.faces.door import door_for


def refuse_past_cap(institution: Institution) -> None:
    """Raise CapReached if the month's budget is used up. An engine whose calls cost nothing has none.

    Photos that arrive at the same time are all admitted by the budget as it was: it is exceeded by those in progress.
    """
    if door_for(institution).is_metered and is_spent(institution.pk):
        raise CapReached(month_after(billing_month()))


def past_cap(institution: Institution) -> str:
    """The sentence that a page shows in place of its camera, or an empty text."""
    try:
        refuse_past_cap(institution)
    except CapReached as error:
        return str(error)
    return ""
