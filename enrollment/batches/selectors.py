"""Selectors of batches of photos: their counts, and the report by what is to be done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Case, Count, F, Q, QuerySet, Value, When, Window
from django.db.models.functions import RowNumber

from accounts.jobs import job_progress
from accounts.jobs.selectors import JobProgress
from accounts.models import Institution
from enrollment.batches.outcomes import batch_photo_words, way_of_matching
from enrollment.domain.faces import Refusal
from enrollment.models import BatchPhoto, FacePhoto, PhotoBatch, Student
from enrollment.selectors import portraits_of

State = BatchPhoto.State
SHOWN = 8  # photos of a section, until all of it are asked for
MOST_SHOWN = 500
_WAITING = {State.UNMATCHED, State.MATCHED, State.QUEUED}
_NEEDS_YOU = {State.UNMATCHED, State.REFUSED, State.HELD}


@dataclass(frozen=True, slots=True)
class Line:
    """A photo in a report. other: the student whom it resembles; portrait: id of that student's portrait."""

    item: BatchPhoto
    words: str
    way: str
    candidates: tuple[Student, ...] = ()
    other: Student | None = None
    portrait: UUID | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """Photos of a report for which the same is to be done. n: of all; lines: those that are shown."""

    key: str
    n: int
    lines: list[Line] = field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        return self.n > len(self.lines)


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of a batch. percent: of enrolled and of needing a person, for the bar."""

    total: int
    enrolled: int
    needs_you: int
    waiting: int
    matched: int
    queued: int
    put_aside: int

    @property
    def done(self) -> int:
        return self.total - self.waiting

    @property
    def percent(self) -> tuple[float, float]:
        whole = max(self.total, 1)
        return 100 * self.enrolled / whole, 100 * self.needs_you / whole


def batches_of(institution: Institution) -> QuerySet[PhotoBatch]:
    """The institution's batches, newest first, each with its numbers of photos: `total`, `enrolled`, `open`."""
    is_enrolled = Q(items__photo__state=FacePhoto.State.ENROLLED)
    is_open = Q(items__state__in=_NEEDS_YOU | _WAITING) & ~is_enrolled
    return (
        PhotoBatch.objects.for_institution(institution)
        .select_related("job")
        .annotate(
            total=Count("items", filter=~Q(items__state=State.REMOVED)),
            enrolled=Count("items", filter=is_enrolled),
            open=Count("items", filter=is_open),
        )
        .order_by("-created_at", "pk")
    )


def items_with_outcome(batch: PhotoBatch) -> QuerySet[Any]:
    """The batch's photos, each with its `outcome`: its face photo's state, if it has one, or its own."""
    states = FacePhoto.State
    outcome: Any = Case(
        When(photo__state=states.ENROLLED, then=Value(State.ENROLLED.value)),
        When(photo__state=states.HELD, then=Value(State.HELD.value)),
        When(photo__state=states.REFUSED, then=Value(State.REFUSED.value)),
        default=F("state"),
    )
    items = BatchPhoto.objects.for_institution(batch.institution).filter(batch=batch)
    return items.annotate(outcome=outcome).select_related(
        "student", "photo__looks_like", "photo__student", "institution"
    )


def figures_of(batch: PhotoBatch) -> Figures:
    """Counts of the batch by outcome. One query."""
    rows = items_with_outcome(batch).order_by().values("outcome").annotate(n=Count("pk"))
    counts: dict[str, int] = dict(rows.values_list("outcome", "n"))
    waiting = sum(counts.get(state, 0) for state in (State.MATCHED, State.QUEUED))
    needs_you = sum(counts.get(state, 0) for state in _NEEDS_YOU)
    enrolled = counts.get(State.ENROLLED, 0)
    return Figures(
        total=waiting + needs_you + enrolled,
        enrolled=enrolled,
        needs_you=needs_you,
        waiting=waiting,
        matched=counts.get(State.MATCHED, 0),
        queued=counts.get(State.QUEUED, 0),
        put_aside=counts.get(State.REMOVED, 0),
    )


# The report's sections: what belongs to each, in the order in which it is settled.
_EXAMINED = Q(photo__isnull=False)
SECTIONS: Mapping[str, Q] = {
    "held": Q(outcome=State.HELD),
    "unmatched": Q(outcome=State.UNMATCHED),
    "no_face": Q(outcome=State.REFUSED, photo__refusal=Refusal.NO_FACE),
    "several": Q(outcome=State.REFUSED, photo__refusal=Refusal.MANY_FACES),
    "small": Q(outcome=State.REFUSED, photo__refusal=Refusal.TOO_SMALL),
    "poor": Q(outcome=State.REFUSED)
    & _EXAMINED
    & ~Q(photo__refusal__in=[Refusal.NO_FACE, Refusal.MANY_FACES, Refusal.TOO_SMALL]),
    "files": Q(outcome=State.REFUSED, photo=None),
    "no_consent": Q(outcome=State.REMOVED, reason="no_consent"),
    "matched": Q(outcome__in=[State.MATCHED, State.QUEUED]),
    "enrolled": Q(outcome=State.ENROLLED),
    "aside": Q(outcome=State.REMOVED) & ~Q(reason="no_consent"),
}


def report_of(batch: PhotoBatch, *, show_all: str = "") -> dict[str, Section]:
    """The batch's report by section; of the section `show_all` every photo, of the others the first few."""
    sections = [When(which, then=Value(key)) for key, which in SECTIONS.items()]
    within = Window(RowNumber(), partition_by=F("section"), order_by=[F("file_name").asc(), F("pk").asc()])
    of_all = Window(Count("pk"), partition_by=F("section"))
    items = items_with_outcome(batch).annotate(section=Case(*sections, default=Value("aside")), row=within, n=of_all)
    shown = list(items.filter(Q(row__lte=SHOWN) | Q(section=show_all, row__lte=MOST_SHOWN)).order_by("row"))
    people, portraits = _people(batch.institution, shown)
    report: dict[str, Section] = {}
    for item in shown:
        section = report.setdefault(item.section, Section(item.section, item.n))
        section.lines.append(_line(item, people, portraits))
    return report


def _people(institution: Institution, items: list[BatchPhoto]) -> tuple[dict[UUID, Student], dict[UUID, UUID]]:
    """The students who come into question for these photos, and the portraits of those whom they resemble."""
    names = {name for item in items for name in item.candidates}
    people = Student.objects.for_institution(institution).filter(pk__in=names, is_active=True).in_bulk()
    alike = {item.photo.looks_like_id for item in items if item.photo and item.photo.looks_like_id}
    return people, portraits_of(institution, alike)


def _line(item: BatchPhoto, people: Mapping[UUID, Student], portraits: Mapping[UUID, UUID]) -> Line:
    candidates = tuple(found for name in item.candidates if (found := people.get(UUID(name))))
    other = item.photo.looks_like if item.photo else None
    portrait = portraits.get(other.pk) if other else None
    return Line(item, batch_photo_words(item), way_of_matching(item), candidates, other, portrait)


def batch_progress(batch: PhotoBatch) -> JobProgress | None:
    """The progress of the batch's job; None if it has none."""
    return job_progress(batch.job) if batch.job else None
