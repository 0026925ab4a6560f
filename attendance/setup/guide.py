"""The set-up on paper: for each step what to have ready, and what to do."""

from collections.abc import Callable
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True, slots=True)
class Advice:
    """A step's page in the printed guide. ready: what to have at hand; todo: what to do, in order."""

    ready: str
    todo: tuple[str, ...]


def guide_of(step: str) -> Advice:
    """The advice for a step of `attendance.domain.setup`. Raises KeyError for another."""
    return _ADVICE[step]()


_ADVICE: dict[str, Callable[[], Advice]] = {
    "year": lambda: Advice(
        _("The dates of the school year and its terms."),
        (_("Enter the first and last day, then each term."), _("Rates are counted by term.")),
    ),
    "holidays": lambda: Advice(
        _("The list of holidays and days off."),
        (_("Add the gaps between the terms with one button."), _("Add single days off by hand.")),
    ),
    "faces": lambda: Advice(
        _("The opinion of your data protection officer, in writing."),
        (
            _("Choose where the school is and read the note about its law."),
            _("Leave it off if you are not sure. Registers by hand need none of this."),
        ),
    ),
    "people": lambda: Advice(
        _("A list of students as CSV or Excel, or a OneRoster export. Guardians' e-mail addresses, if you have them."),
        (
            _("Import the file. Nothing is written before you have seen the preview."),
            _("Invite the colleagues who teach. They choose a password by a link."),
        ),
    ),
    "courses": lambda: Advice(
        _("The courses of each class or group, and their teachers."),
        (_("Add the groups first: they fill the rosters."), _("Add a course with its teacher and hours on one page.")),
    ),
    "timetable": lambda: Advice(
        _("A calendar file from your timetable program, or the printed timetable."),
        (_("Import the file, or enter the weekly lessons with each course."),),
    ),
    "consents": lambda: Advice(
        _("The wording of your consent form, checked by your data protection officer."),
        (
            _("Send the link by e-mail, or print the forms. Families take about two weeks."),
            _("Record paper answers class by class. A refusal counts at once."),
        ),
    ),
    "photos": lambda: Advice(
        _("A folder of photos named by roll number, or a camera on photo day."),
        (
            _("Upload them all at once. The report says which ones to retake."),
            _("Students without consent are left out by themselves."),
        ),
    ),
    "lesson": lambda: Advice(
        _("A phone or laptop with a camera, in the classroom."),
        (
            _("Open the register, take a photo, settle the doubts, close the register."),
            _("Anyone can be marked by hand at any time."),
        ),
    ),
}
