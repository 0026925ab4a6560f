"""Words for what is stored as codes."""

from django.utils.translation import gettext as _

from attendance.statuses import Status


def status_word(status: str) -> str:
    """A status as a word, in the reader's language."""
    return {
        Status.PRESENT: _("present"),
        Status.LATE: _("late"),
        Status.ABSENT: _("absent"),
        Status.EXCUSED: _("excused"),
        Status.LEFT_EARLY: _("left early"),
        Status.NONE: _("no mark"),
    }[Status(status)]


def doubt_words(reason: str) -> str:
    """Why a face is put to the teacher."""
    return {
        "look_alike": _("Two pupils look alike here. Tap the right one."),
        "close_second": _("Two pupils are nearly as similar. Tap the right one."),
        "twice_in_picture": _("This face looks like somebody who is in the photo already."),
    }.get(reason, _("Not clear enough to be sure. Tap the right one."))


def waiting_reason(code: str) -> str:
    """Why a photo waits, and what the teacher can do meanwhile."""
    if code == "throttled":
        return _("The face service is busy. The photo is kept and will be tried again; you can mark by hand meanwhile.")
    return _(
        "The face service cannot be reached. The photo is kept and will be tried again; you can mark by hand meanwhile."
    )
