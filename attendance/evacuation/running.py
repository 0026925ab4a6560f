"""An evacuation from its beginning to its report: the list is taken down, people are ticked off, it is ended."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Institution, User
from attendance.domain.evacuation import Person, credible_start
from attendance.evacuation.errors import EvacuationOver, KeyTaken, NotOnList
from attendance.evacuation.whereabouts import people_at
from attendance.models import Evacuation, EvacuationPerson
from enrollment.access import Act, access_record

_TRIES = 3
_A_MOMENT = timedelta(minutes=1)


def evacuation_start(
    *, institution: Institution, key: UUID, is_drill: bool, by: User, claimed: datetime | None = None
) -> Evacuation:
    """Begin an evacuation with everybody's place as it is, or was when a device without a network began it.

    key: from the device. The same key again is the same evacuation; one that is begun while another runs joins it,
    and the running one is returned. Raises KeyTaken.
    """
    if found := evacuation_of(institution, key):
        return found
    late = Evacuation(pk=key, institution=institution, is_drill=is_drill, started_by=by)
    late.started_at = credible_start(claimed, timezone.now())
    for _time in range(_TRIES):
        people = people_at(institution, at=late.started_at)  # before the transaction: marks may lie elsewhere
        try:
            return _begin(late, people)
        except IntegrityError:  # another device was faster, or somebody on the list was erased at this very moment
            if found := evacuation_of(institution, key) or _join(late):
                return found
    raise KeyTaken


def person_tick(
    *, evacuation: Evacuation, subject: UUID, is_here: bool, by: User, claimed: datetime | None = None
) -> bool:
    """Tick somebody off, or take the tick back; returns False where a later word is known. Safe to repeat.

    Raises NotOnList, EvacuationOver for a word said after the end.
    """
    now = timezone.now()
    said_at = credible_start(claimed, now)
    if evacuation.ended_at and said_at > evacuation.ended_at:
        raise EvacuationOver
    rows = EvacuationPerson.objects.for_institution(evacuation.institution).filter(
        evacuation=evacuation, subject=subject
    )
    changed = rows.filter(Q(said_at=None) | Q(said_at__lte=said_at)).update(
        seen_at=said_at if is_here else None, seen_by=by if is_here else None, said_at=said_at, changed_at=now
    )
    if not changed and not rows.exists():
        raise NotOnList
    return bool(changed)


def evacuation_end(*, evacuation: Evacuation, assembly: str, note: str, by: User) -> Evacuation:
    """End an evacuation; the first one who does so counts."""
    rows = Evacuation.objects.for_institution(evacuation.institution).filter(pk=evacuation.pk, ended_at=None)
    rows.update(ended_at=timezone.now(), ended_by=by, assembly=assembly, note=note)
    evacuation.refresh_from_db()
    return evacuation


def running_evacuation(institution: Institution) -> Evacuation | None:
    """The school's evacuation that was begun and not ended, or None."""
    rows = Evacuation.objects.for_institution(institution).filter(ended_at=None, joined_to=None)
    return rows.select_related("started_by", "institution").first()


def evacuation_of(institution: Institution, key: UUID) -> Evacuation | None:
    """The evacuation with this key, or the one that it joined."""
    rows = Evacuation.objects.for_institution(institution)
    found = rows.select_related("institution", "joined_to__institution", "started_by", "ended_by").filter(pk=key)
    evacuation = found.first()
    return evacuation.joined_to or evacuation if evacuation else None


@transaction.atomic
def _begin(evacuation: Evacuation, people: Iterable[Person]) -> Evacuation:
    evacuation.save(force_insert=True)
    EvacuationPerson.objects.bulk_create(_rows(evacuation, people))
    access_record(
        Act.EVACUATION_BEGUN, institution=evacuation.institution, by=evacuation.started_by, evacuation=evacuation.pk
    )
    return evacuation


def _join(late: Evacuation) -> Evacuation | None:
    """The evacuation that `late` joins: the one that runs, or ended a moment ago; None where there is none.

    Raises KeyTaken.
    """
    rows = Evacuation.objects.for_institution(late.institution).filter(joined_to=None)
    just_ended = rows.filter(ended_at__gte=timezone.now() - _A_MOMENT)
    running = running_evacuation(late.institution) or just_ended.order_by("ended_at").last()
    if Evacuation.objects.filter(pk=late.pk).exclude(institution=late.institution).exists():
        raise KeyTaken
    if running:
        given = {"is_drill": late.is_drill, "started_at": late.started_at, "started_by": late.started_by}
        Evacuation.objects.get_or_create(
            pk=late.pk, institution=late.institution, defaults=given | {"joined_to": running}
        )
    return running


def _rows(evacuation: Evacuation, people: Iterable[Person]) -> list[EvacuationPerson]:
    return [
        EvacuationPerson(
            institution=evacuation.institution,
            evacuation=evacuation,
            subject=person.subject,
            student_id=person.subject if person.kind == "student" else None,
            visitor_id=person.subject if person.kind == "visitor" else None,
            staff_name=person.name if person.kind == "staff" else "",
            place=person.place[:80],
            teacher=person.teacher[:200],
            group=person.group[:80],
            is_expected=person.is_expected,
            standing=person.standing,
        )
        for person in people
    ]
