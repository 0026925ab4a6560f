"""Words of what students lack: the lack, and what to do about it."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from enrollment.readying.selectors import Lack

WORDS: dict[Lack, Promise] = {
    Lack.CONSENT: _("No consent"),
    Lack.PHOTO: _("No photo"),
    Lack.POSES: _("Second or third pose"),
    Lack.RECENT: _("Photo older than a year"),
    Lack.CONFUSED: _("Resembles another student"),
}
CSS = {Lack.CONSENT: "N", Lack.PHOTO: "Q", Lack.POSES: "L", Lack.RECENT: "L", Lack.CONFUSED: "Q"}
ACTS: dict[Lack, Promise] = {
    Lack.CONSENT: _("Open consent"),
    Lack.PHOTO: _("Add photo"),
    Lack.POSES: _("Add pose"),
    Lack.RECENT: _("Take a new photo"),
    Lack.CONFUSED: _("Compare faces"),
}
