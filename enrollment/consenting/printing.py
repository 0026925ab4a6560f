"""Paper: the form of each student with its wording, and the list for photo day."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from accounts.counting import counted
from accounts.models import Institution
from enrollment.consenting.wording import wording_in
from enrollment.domain.consents import LETTERS, State, is_adult, rules_of
from enrollment.models import ConsentForm, ConsentWording, FacePhoto, Guardianship, Student, consent_state
from enrollment.selectors import waits_for_parents

MOST_PAGES = 200
MOST_ROWS = 500


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A page to sign. student: None for a blank one; signs: names of those who may sign."""

    wording: ConsentWording
    student: Student | None
    signs: tuple[str, ...]
    is_adult: bool = False


@dataclass(frozen=True, slots=True)
class PhotoDayRow:
    """A student on the list for photo day, with the number of photos that are enrolled."""

    student: Student
    state: State
    letter: str
    photos: int
    is_allowed: bool


def printed_pages(form: ConsentForm, institution: Institution, students: Iterable[Student]) -> list[PrintedPage]:
    """A page for each student, in the family's language. `students` were read by `with_answers`."""
    return [page for student in students if (page := _page(form, institution, student))]


def blank_page(form: ConsentForm, language: str) -> PrintedPage | None:
    """A page without a name, in a language of the form."""
    wording = wording_in(form, language)
    return PrintedPage(wording, None, ()) if wording else None


def _page(form: ConsentForm, institution: Institution, student: Student) -> PrintedPage | None:
    languages = [relation.guardian.language for relation in _deciding(student)]
    wording = wording_in(form, *languages, institution.language)
    if wording is None:
        return None
    adult = is_adult(student.birth_date, timezone.localdate())
    names = [relation.guardian.name for relation in _deciding(student)]
    return PrintedPage(wording, student, (student.name,) if adult else tuple(names), adult)


def photo_day_rows(institution: Institution, students: QuerySet[Student]) -> list[PhotoDayRow]:
    """The students by name, each with the state of the consent and the photos there are. One query."""
    photos = FacePhoto.objects.filter(student=OuterRef("pk"), state=FacePhoto.State.ENROLLED)
    enrolled = counted(photos, by="student")
    waits = waits_for_parents() if rules_of(institution.law).every_parent else Q(pk__in=[])
    rows: Any = students.annotate(
        state=consent_state(), enrolled=enrolled, waits=Case(When(waits, then=Value(True)), default=Value(False))
    )
    return [_photo_day_row(student) for student in rows[:MOST_ROWS]]


def _photo_day_row(student: Any) -> PhotoDayRow:
    state = State(student.state)
    return PhotoDayRow(student, state, LETTERS[state], student.enrolled, state is State.GRANTED and not student.waits)


def _deciding(student: Student) -> list[Guardianship]:
    """The student's guardians who may decide, whom no order keeps away."""
    return [each for each in student.guardianships.all() if each.may_consent and not each.is_barred]
