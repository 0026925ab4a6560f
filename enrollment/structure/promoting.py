"""The change of year: groups are copied to the new year with their students, and the old year's courses end.

Each step is a transaction of its own and is written down with what it made, so that a change that was interrupted goes
on where it stopped, and can be undone while nothing was built on it.
"""

import re
from collections.abc import Mapping
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import Institution, User
from enrollment.errors import EnrollmentError
from enrollment.models import Course, CourseGroup, Group, GroupPlace, SchoolYear, YearChange


def next_name(name: str) -> str:
    """The name of a group a year later: its first number is one higher; 8a is 9a, Year 10 is Year 11, Choir stays."""
    return re.sub(r"\d+", lambda found: str(int(found[0]) + 1), name, count=1)


def year_promote(
    *, institution: Institution, source: SchoolYear, target: SchoolYear, names: Mapping[UUID, str], by: User | None
) -> YearChange:
    """Begin a change of year, and carry it out. names: of the groups that go on, in the new year; others end.

    Raises EnrollmentError `same_year`, `name_twice`, `change_unfinished`, and those of `year_change_run`.
    """
    if source == target:
        raise EnrollmentError("same_year", _("Choose two different years."))
    if len({name.casefold() for name in names.values()}) < len(names):
        raise EnrollmentError("name_twice", _("Two groups would have the same name."))
    taken = Group.objects.for_institution(institution).filter(year=target, name__in=names.values()).first()
    if taken:
        raise EnrollmentError("name_twice", _("The new year has a group called %s already.") % taken.name)
    if YearChange.objects.for_institution(institution).filter(undone_at=None, courses__isnull=True).exists():
        raise EnrollmentError("change_unfinished", _("A change of year is not finished. Continue or undo it first."))
    change = YearChange.objects.create(
        institution=institution, source=source, target=target, made_by=by,
        moves=[[str(group), name] for group, name in names.items()],
    )  # fmt: skip
    return year_change_run(change=change)


def year_change_run(*, change: YearChange) -> YearChange:
    """Carry a change of year out, from the step on at which it stopped. Repeating it changes nothing."""
    for group_id, name in change.moves:
        with transaction.atomic():
            change = YearChange.objects.select_for_update(of=("self",)).select_related("institution").get(pk=change.pk)
            if group_id not in {old for old, _new in change.copies} and change.undone_at is None:
                _copy(change, UUID(group_id), name)
    with transaction.atomic():
        change = YearChange.objects.select_for_update(of=("self",)).select_related("institution").get(pk=change.pk)
        if not change.is_finished and change.undone_at is None:
            _end_courses(change)
    return change


def _copy(change: YearChange, group_id: UUID, name: str) -> None:
    """Copy one group to the new year with its active students, and end the old one."""
    old = Group.objects.for_institution(change.institution).filter(pk=group_id).first()
    if old is None:  # deleted since: nothing to copy
        return
    new = Group.objects.create(
        institution=change.institution, name=name, year=change.target, grade=next_name(old.grade), tutor=old.tutor
    )
    places = [
        GroupPlace(institution=change.institution, group=new, student_id=student)
        for student in old.students.filter(is_active=True).values_list("pk", flat=True)
    ]
    GroupPlace.objects.bulk_create(places)
    change.copies = [*change.copies, [str(group_id), str(new.pk)]]
    change.save(update_fields=["copies"])


def _end_courses(change: YearChange) -> None:
    """Put the old year's courses and groups out of use."""
    courses = Course.objects.for_institution(change.institution).filter(year=change.source, is_active=True)
    change.courses = [str(pk) for pk in courses.values_list("pk", flat=True)]
    change.save(update_fields=["courses"])
    courses.update(is_active=False)
    Group.objects.for_institution(change.institution).filter(year=change.source).update(is_active=False)


def year_change_undo(*, change: YearChange) -> None:
    """Delete the copied groups again, and take the old year's courses and groups back into use.

    Raises EnrollmentError `built_on` once a copied group has courses, or students who were not copied.
    """
    with transaction.atomic():
        change = YearChange.objects.select_for_update(of=("self",)).select_related("institution").get(pk=change.pk)
        if change.undone_at is not None:
            return
        copies = Group.objects.for_institution(change.institution).filter(pk__in=[new for _old, new in change.copies])
        if built_on(change):
            raise EnrollmentError("built_on", _("The new groups are in use already, so this can't be undone."))
        copies.delete()
        Course.objects.for_institution(change.institution).filter(pk__in=change.courses or []).update(is_active=True)
        if change.is_finished:
            Group.objects.for_institution(change.institution).filter(year=change.source).update(is_active=True)
        change.undone_at = timezone.now()
        change.save(update_fields=["undone_at"])


def built_on(change: YearChange) -> bool:
    """True once a copied group has courses, or students whom its old group has not."""
    news = [new for _old, new in change.copies]
    if CourseGroup.objects.for_institution(change.institution).filter(group__in=news).exists():
        return True
    return any(_has_others(change, old, new) for old, new in change.copies)


def _has_others(change: YearChange, old: str, new: str) -> bool:
    places = GroupPlace.objects.for_institution(change.institution)
    before = places.filter(group_id=UUID(old)).values("student")
    return places.filter(group_id=UUID(new)).exclude(student__in=before).exists()


def change_to_show(institution: Institution) -> YearChange | None:
    """The last change of year that was not undone, or None."""
    changes = YearChange.objects.for_institution(institution).filter(undone_at=None)
    return changes.select_related("institution", "source", "target").first()
