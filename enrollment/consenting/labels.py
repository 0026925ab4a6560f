"""Words and colours of the states of consents."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enrollment.domain.consents import State
from enrollment.models import Consent

WORDS: dict[State, Promise] = {
    State.PENDING: _("no reply"),
    State.GRANTED: _("granted"),
    State.REFUSED: _("refused"),
    State.WITHDRAWN: _("withdrawn"),
    State.EXPIRED: _("expired"),
}
# Refused and withdrawn are grey: nobody has to do anything about them.
CSS = {State.PENDING: "L", State.GRANTED: "P", State.REFUSED: "N", State.WITHDRAWN: "N", State.EXPIRED: "Q"}
MEDIA: dict[Consent.Medium, Promise] = {
    Consent.Medium.PAPER: _("paper form"),
    Consent.Medium.ONLINE: _("by link"),
    Consent.Medium.SPOKEN: _("in person"),
}
ASKED = frozenset({"pending", "expired", "ending"})  # lists of which everybody is to be asked
# What a list can be narrowed to.
FILTERS: dict[str, Promise] = {
    "pending": _("No reply"),
    "expired": _("Expired"),
    "ending": _("Ends soon"),
    "refused": _("Refused"),
    "withdrawn": _("Withdrawn"),
    "granted": _("Granted"),
}
