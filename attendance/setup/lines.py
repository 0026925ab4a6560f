"""The steps of the set-up as the page shows them: title, what is entered so far, and where the rest is done."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Institution
from attendance.domain.setup import SchoolCounts, Step, StepState


@dataclass(frozen=True, slots=True)
class Link:
    """A button or link: what it does, and the page where that is done."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class StepLine:
    """A step with its words. other: a second way to do it, if there is one."""

    step: Step
    number: int
    title: str
    facts: str
    start: Link
    other: Link | None = None

    @property
    def state_label(self) -> str:
        return STATE_LABELS[self.step.state]()


STATE_LABELS: dict[StepState, Callable[[], str]] = {
    StepState.DONE: lambda: _("Done"),
    StepState.WAITING: lambda: _("Waiting"),
    StepState.TODO: lambda: _("Not started"),
    StepState.SKIPPED: lambda: _("Skipped"),
}


def step_lines(school: Institution, counts: SchoolCounts, steps: list[Step]) -> list[StepLine]:
    """The steps with their words, in their order."""
    return [StepLine(step, number, *WORDS[step.key](school, counts)) for number, step in enumerate(steps, 1)]


Words = tuple[str, str, Link] | tuple[str, str, Link, Link]


def office(school: Institution, page: str, query: str = "") -> str:
    """The address of one of the office's pages, opened for this school."""
    address = reverse(f"admin:{page}") + query
    return f"{reverse('admin:enter', args=[school.slug])}?{urlencode({'next': address})}"


def _page(school: Institution, name: str) -> str:
    return reverse(name, args=[school.slug])


def _year(school: Institution, counts: SchoolCounts) -> Words:
    if counts.year:
        terms = ngettext("%d term", "%d terms", counts.terms) % counts.terms
        facts = f"{counts.year} · {terms}"
    else:
        facts = _("Its first and last day, and the terms. Rates are counted by term.")
    return _("School year and terms"), facts, Link(_("Enter the year"), _page(school, "years"))


def _holidays(school: Institution, counts: SchoolCounts) -> Words:
    facts = _("No lessons are planned on these days.")
    if counts.holidays:
        facts = ngettext("%d day without lessons", "%d days without lessons", counts.holidays) % counts.holidays
    return _("Holidays"), facts, Link(_("Enter holidays"), _page(school, "holidays"))


def _faces(school: Institution, counts: SchoolCounts) -> Words:
    if counts.is_barred:
        facts = _("Off: the law of your place bars it. Registers are taken by hand.")
    elif counts.takes_faces:
        facts = _("On, for students with consent. Everyone else is marked by hand.")
    else:
        facts = _("Off until your school turns it on. Registers by hand work either way.")
    return _("Face recognition"), facts, Link(_("Decide"), _page(school, "setup_faces"))


def _people(school: Institution, counts: SchoolCounts) -> Words:
    facts = _("Students, and the colleagues who teach them.")
    if counts.students or counts.staff + counts.invited > 1:
        students = ngettext("%d student", "%d students", counts.students) % counts.students
        staff = ngettext("%d member of staff", "%d members of staff", counts.staff) % counts.staff
        facts = f"{students} · {staff}"
        if counts.invited:
            facts += " · " + ngettext("%d invited", "%d invited", counts.invited) % counts.invited
    add = Link(_("Import students"), _page(school, "imports"))
    return _("People"), facts, add, Link(_("Invite colleagues"), _page(school, "members"))


def _courses(school: Institution, counts: SchoolCounts) -> Words:
    facts = _("Courses and their students. A form group fills a course's roster.")
    if counts.courses or counts.groups:
        courses = ngettext("%d course", "%d courses", counts.courses) % counts.courses
        facts = f"{courses} · " + ngettext("%d group", "%d groups", counts.groups) % counts.groups
    add = Link(_("Add a course"), _page(school, "course_new"))
    return _("Courses and groups"), facts, add, Link(_("Groups"), _page(school, "groups"))


def _timetable(school: Institution, counts: SchoolCounts) -> Words:
    facts = _("Weekly lessons, from a calendar file or typed in.")
    if counts.courses:
        numbers = {"done": counts.with_lessons, "all": counts.courses}
        facts = _("%(done)d of %(all)d courses have lessons.") % numbers
    add = Link(_("Import timetable"), _page(school, "calendar_import"))
    return _("Timetable"), facts, add, Link(_("Enter lessons by hand"), office(school, "enrollment_course_changelist"))


def _consents(school: Institution, counts: SchoolCounts) -> Words:
    facts = _("Faces of students without consent are never searched for. Families take about two weeks.")
    if counts.consenting or counts.refused or counts.asked:
        numbers = {"done": counts.consenting + counts.refused, "all": counts.students}
        facts = _("%(done)d of %(all)d families have answered.") % numbers
    return _("Consents"), facts, Link(_("Collect consents"), _page(school, "consents"))


def _photos(school: Institution, counts: SchoolCounts) -> Words:
    missing = counts.consenting - counts.with_photo
    facts = _("One to three photos of each student with consent.")
    if missing:
        sentence = ngettext("%d student with consent needs a photo.", "%d students with consent need a photo.", missing)
        facts = sentence % missing
    elif counts.with_photo:
        facts = ngettext("%d student has a photo.", "%d students have a photo.", counts.with_photo) % counts.with_photo
    return (
        _("Photos"),
        facts,
        Link(_("Add photos"), _page(school, "photos")),
    )


def _lesson(school: Institution, counts: SchoolCounts) -> Words:
    facts = _("Open the register of a lesson, mark everyone, and close it.")
    if counts.registers:
        facts = _("The first register is closed.")
    return _("First lesson"), facts, Link(_("Go to today's lessons"), _page(school, "today"))


WORDS: dict[str, Callable[[Institution, SchoolCounts], Words]] = {
    "year": _year,
    "holidays": _holidays,
    "faces": _faces,
    "people": _people,
    "courses": _courses,
    "timetable": _timetable,
    "consents": _consents,
    "photos": _photos,
    "lesson": _lesson,
}
