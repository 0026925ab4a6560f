"""Outcomes of a batch's photos in words: the finding, and what to do next."""

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from enrollment.decoding import format_names
from enrollment.models import BatchPhoto
from enrollment.photo_outcomes import photo_cause

_REASONS: dict[str, Promise] = {
    # Not taken
    "broken": gettext_lazy("The file is damaged. Upload it again."),
    "entry_broken": gettext_lazy("The file is damaged in the ZIP. Upload it by itself."),
    "not_a_picture": gettext_lazy("Not a photo."),
    "wrong_format": gettext_lazy("Not a photo of an accepted format."),
    "too_many_pixels": gettext_lazy("Too many pixels. Upload a smaller one."),
    "too_small": gettext_lazy("Too small. Upload the original."),
    "unsafe_path": gettext_lazy("Its path leads out of the ZIP file, so it was not read."),
    "encrypted": gettext_lazy("Protected by a password. Pack it again without one."),
    "nested_archive": gettext_lazy("A ZIP inside the ZIP. Upload it by itself."),
    "bomb": gettext_lazy("It would unpack to far more than a photo, so it was not read."),
    "duplicate": gettext_lazy("The same photo is in this batch under another name."),
    # Not matched
    "unknown_roll_number": gettext_lazy("No student has this roll number"),
    "several": gettext_lazy("Several students could be meant"),
    "nearly": gettext_lazy("Close to one student"),
    "no_name": gettext_lazy("No name or roll number in the file name"),
    # Not kept
    "no_consent": gettext_lazy("No consent. The photo was deleted at once."),
    "faces_off": gettext_lazy("Face recognition is off. The photo was deleted at once."),
    "before_consent": gettext_lazy("Taken before the consent was given. The photo was deleted."),
    "expired": gettext_lazy("Nobody settled it for a month, so it was deleted."),
    "removed": gettext_lazy("Removed by hand"),
}
_WAYS: dict[str, Promise] = {
    "roll_number": gettext_lazy("by roll number"),
    "name": gettext_lazy("by name"),
    "manifest": gettext_lazy("by list"),
    "person": gettext_lazy("by hand"),
}


def batch_photo_words(item: BatchPhoto) -> str:
    """A few words on the cause of a photo's state: for one that an engine examined, the engine's."""
    if item.photo:
        return photo_cause(item.photo)
    if item.reason == "too_large":
        return _("Larger than %d MB. Upload a smaller one.") % (settings.PICTURE_MAX_BYTES // 1_000_000)
    if item.reason == "wrong_format":
        return _("Not a photo of an accepted format. Upload %s.") % format_names()
    return str(_REASONS.get(item.reason, ""))


def way_of_matching(item: BatchPhoto) -> str:
    """The way in which a photo was matched, in words."""
    return str(_WAYS.get(item.matched_by, ""))


def batch_photo_told(item: BatchPhoto) -> str:
    """One sentence on a file that has just arrived, for the page that sends it."""
    if item.state == BatchPhoto.State.MATCHED and item.student:
        return _("%(name)s, %(way)s") % {"name": item.student.name, "way": way_of_matching(item)}
    return batch_photo_words(item)
