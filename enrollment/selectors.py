"""Selectors of students, rosters, courses and portraits."""

from collections import defaultdict
from collections.abc import Collection
from uuid import UUID

from django.db.models import (
    Case,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Institution, Membership, Role, User
from accounts.names import folded
from enrollment.domain.consents import adult_since
from enrollment.models import (
    HAS_SAY,
    Consent,
    ConsentRequest,
    Course,
    FacePhoto,
    Group,
    GroupPlace,
    Guardianship,
    LookAlike,
    Student,
    has_consent,
)


def students_with_consent(institution: Institution, among: Collection[UUID] | None = None) -> QuerySet[Student]:
    """The institution's active students with a valid consent, restricted to `among` unless it is None."""
    students = Student.objects.for_institution(institution).with_consent()
    return students if among is None else students.filter(pk__in=among)


def waits_for_parents() -> Q:
    """Condition on students under 18 of whom a parent who decides is still to be told.

    Told is who got the portal's question by mail, answered, or was told in another way (`told_on`). A parent from whom
    an order keeps the student's affairs, and one with a lawful reason (`untold_because`), is not waited for.
    """
    of = {"guardian": OuterRef("guardian"), "student": OuterRef("student")}
    mailed = ConsentRequest.objects.filter(**of, sent_at__isnull=False, mail_error="")
    untold = Guardianship.objects.filter(
        HAS_SAY, ~Q(Exists(mailed)), ~Q(Exists(Consent.objects.filter(**of))),
        student=OuterRef("pk"), told_on=None, untold_because="",
    )  # fmt: skip
    is_minor = Q(birth_date=None) | Q(birth_date__gt=adult_since(timezone.localdate()))
    return is_minor & Q(Exists(untold))


def look_alike_pairs(institution: Institution) -> frozenset[frozenset[UUID]]:
    """The confirmed pairs of students who look alike."""
    pairs = LookAlike.objects.for_institution(institution).values_list("first_id", "second_id")
    return frozenset(frozenset(pair) for pair in pairs)


def look_alikes_by_student(institution: Institution) -> dict[UUID, frozenset[UUID]]:
    """As `look_alikes_of`, of every student who has any. One query."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for first, second in look_alike_pairs(institution):
        found[first].add(second)
        found[second].add(first)
    return {student: frozenset(others) for student, others in found.items()}


def look_alikes_of(student: Student) -> set[UUID]:
    """The students confirmed to be different people even if they look like this one."""
    pairs = LookAlike.objects.for_institution(student.institution).filter(Q(first=student) | Q(second=student))
    ids = {pk for pair in pairs.values_list("first_id", "second_id") for pk in pair}
    return ids - {student.pk}


def students_matching(institution: Institution, text: str) -> QuerySet[Student]:
    """Active students whose name or roll number contains every word of a text, six at most; all for an empty one."""
    students = Student.objects.for_institution(institution).filter(is_active=True)
    for word in _words(text):
        students = students.filter(Q(name_key__contains=word) | Q(roll_number__icontains=word))
    return students


def _words(text: str) -> list[str]:
    return folded(text.replace("\x00", " ")).split()[:6]


def students_called(institution: Institution, text: str, *, most: int = 12) -> QuerySet[Student]:
    """Active students whose name or roll number contains every word of a text; none for an empty one.

    The exact roll number first, then names that begin with the first word, then those with a part that does.
    """
    words = _words(text)
    students = students_matching(institution, text)
    if not words:
        return students.none()
    nearness = Case(
        When(roll_number__iexact=" ".join(words), then=Value(0)),
        When(name_key__startswith=words[0], then=Value(1)),
        When(name_key__contains=f" {words[0]}", then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return students.order_by(nearness, "name_key", "roll_number")[:most]


def student_of(user: User, institution: Institution) -> Student | None:
    """The student whose account this is, or None."""
    return Student.objects.for_institution(institution).filter(user=user).first()


def courses_of(membership: Membership) -> QuerySet[Course]:
    """The courses a member of staff works with: all for an administrator, those they teach for a teacher."""
    courses = Course.objects.for_institution(membership.institution).filter(is_active=True)
    if membership.role == Role.ADMIN:
        return courses
    return courses.filter(teachings__teacher=membership)


def groups_of(membership: Membership) -> QuerySet[Group]:
    """The form groups a member of staff looks after: all for an administrator, their own of this year for a tutor."""
    groups = Group.objects.for_institution(membership.institution)
    return groups if membership.role == Role.ADMIN else groups.filter(tutor=membership, is_active=True)


def portrait_id() -> Subquery:
    """The portrait's id, as `portraits_of` chooses it, as a column of a query of students."""
    return Subquery(_portraits().filter(student=OuterRef("pk")).values("pk")[:1])


def _portraits() -> QuerySet[FacePhoto]:
    """Photos that may stand for their student, the portrait first: see `portraits_of`."""
    photos = FacePhoto.objects.filter(has_consent("student"), state=FacePhoto.State.ENROLLED)
    return photos.order_by(F("cut_from").desc(nulls_first=True), "-created_at")


def group_name() -> Coalesce:
    """The name of the group, the first by name of several, as a column of a query of students; empty without one."""
    places = GroupPlace.objects.filter(student=OuterRef("pk"), group__is_active=True).order_by("group__name_key")
    return Coalesce(Subquery(places.values("group__name")[:1]), Value(""))


def portraits_of(institution: Institution, student_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The portrait photo of each student who has one: the newest enrolled one, an added one before a learned one.

    None of a student without a valid consent, even before the sweep has erased it.
    """
    photos = _portraits().filter(institution=institution, student_id__in=student_ids)
    return dict(photos.reverse().values_list("student_id", "pk"))  # the first of each is the last to be said
