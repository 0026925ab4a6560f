"""Creation of the demo's schools, logins, students, courses and enrolled faces. Existing ones stay as they are."""

import io
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date

from django.utils import timezone

from accounts.models import Institution, Membership, User
from attendance.demo import school
from attendance.demo.orl import orl_photo
from attendance.demo.pictures import ENROLMENT_PHOTOS
from enrollment.models import (
    Consent,
    Course,
    Enrollment,
    FacePhoto,
    Group,
    GroupPlace,
    Guardian,
    Guardianship,
    SchoolYear,
    Student,
    Teaching,
    Term,
)
from enrollment.pictures import encode_jpeg
from enrollment.services.consents import consent_record
from enrollment.services.photos import face_photo_add

Say = Callable[[str], None]


def school_create(plan: school.School) -> Institution:
    """The institution of a plan."""
    institution, _ = Institution.objects.get_or_create(
        slug=plan.slug,
        defaults={
            "name": plan.name,
            "time_zone": plan.time_zone,
            "faces_enabled": plan.faces_enabled,
            "setup_done_at": timezone.now(),
        },
    )
    return institution


def logins_create(institution: Institution) -> None:
    """Create the accounts of the institution's logins, with the demo's password, and their memberships."""
    for login in school.LOGINS:
        if login.school != institution.slug:
            continue
        user = User.objects.filter(email=login.email).first()
        if user is None:
            user = User.objects.create_user(login.email, school.PASSWORD, name=login.name, is_demo=True)
        Membership.objects.get_or_create(institution=institution, user=user, defaults={"role": login.role})


def students_create(institution: Institution, planned: Iterable[school.DemoStudent]) -> list[Student]:
    """The students, in the plan's order, each with a consent unless the plan has none."""
    known = {s.roll_number: s for s in Student.objects.for_institution(institution)}
    accounts = {login.name: login.email for login in (school.STUDENT,) if login.school == institution.slug}
    users = {user.email: user for user in User.objects.filter(email__in=accounts.values())}
    students = []
    for plan in planned:
        student = known.get(plan.roll_number)
        if student is None:
            user = users.get(accounts.get(plan.name, ""))
            student = Student.objects.create(
                institution=institution, roll_number=plan.roll_number, name=plan.name, user=user
            )
        students.append(student)
        if plan.consents:
            _consent(student)
    return students


def guardian_create(institution: Institution) -> None:
    """The guardian of the student who has a login, with an account of her own."""
    user = User.objects.get(email=school.GUARDIAN.email)
    student = Student.objects.for_institution(institution).get(user__email=school.STUDENT.email)
    guardian, _ = Guardian.objects.get_or_create(
        institution=institution, user=user, defaults={"name": user.name, "email": user.email}
    )
    Guardianship.objects.get_or_create(institution=institution, guardian=guardian, student=student)


def _consent(student: Student) -> None:
    """Record a consent, unless there is or ever was one: a withdrawn consent stays withdrawn."""
    if not Consent.objects.for_institution(student.institution).filter(student=student).exists():
        consent_record(student=student, given_by="A parent (demo)", wording=school.CONSENT_WORDING, recorded_by=None)


def faces_enrol(institution: Institution, planned: Iterable[school.DemoStudent], say: Say) -> None:
    """Enrol each student's photos through the portal's own enrolment, where they have fewer."""
    students = {s.roll_number: s for s in Student.objects.for_institution(institution).with_consent()}
    enrolled = Counter(FacePhoto.objects.for_institution(institution).values_list("student_id", flat=True))
    wanted = [
        (p.person, student)
        for p in planned
        if p.person and (student := students.get(p.roll_number)) and enrolled[student.pk] < len(ENROLMENT_PHOTOS)
    ]
    for n, (person, student) in enumerate(wanted, start=1):
        for number in ENROLMENT_PHOTOS:
            upload = io.BytesIO(encode_jpeg(orl_photo(person, number)))
            face_photo_add(student=student, upload=upload, added_by=None)
        if n % 10 == 0 or n == len(wanted):
            say(f"  faces of {n} of {len(wanted)} students enrolled")
    held = FacePhoto.objects.for_institution(institution).filter(state=FacePhoto.State.HELD).count()
    if held:
        say(f"  {held} of the photos look like somebody else: the office will decide")


def courses_create(institution: Institution, students: list[Student]) -> list[Course]:
    """The courses with their teachers and rosters, in the plan's order."""
    members = {m.user.email: m for m in Membership.objects.for_institution(institution).select_related("user")}
    courses = []
    for plan in school.COURSES:
        course, created = Course.objects.get_or_create(
            institution=institution, code=plan.code, defaults={"name": plan.name, "room": plan.room}
        )
        courses.append(course)
        if created:
            Teaching.objects.create(institution=institution, course=course, teacher=members[plan.teacher])
            Enrollment.objects.bulk_create(
                [Enrollment(institution=institution, course=course, student=students[n]) for n in plan.students]
            )
    return courses


def year_create(institution: Institution) -> None:
    """The school year that is on, in three terms."""
    today = timezone.localdate(timezone=institution.zone)
    begins = today.year if today.month >= school.YEAR_BEGINS else today.year - 1
    year, created = SchoolYear.objects.get_or_create(
        institution=institution,
        name=f"{begins}/{(begins + 1) % 100:02}",
        defaults={"starts_on": date(begins, school.YEAR_BEGINS, 20), "ends_on": date(begins + 1, 7, 31)},
    )
    if created:
        Term.objects.bulk_create(
            [
                Term(
                    institution=institution,
                    year=year,
                    name=term.name,
                    starts_on=date(begins + term.first[0], *term.first[1:]),
                    ends_on=date(begins + term.last[0], *term.last[1:]),
                )
                for term in school.TERMS
            ]
        )


def form_groups_create(institution: Institution, students: list[Student]) -> None:
    """The form groups: the students of the teacher's physics course, and those of the year below."""
    year = SchoolYear.objects.for_institution(institution).first()
    for name, grade, members, tutor in school.FORM_GROUPS:
        group, created = Group.objects.get_or_create(
            institution=institution,
            name=name,
            defaults={
                "grade": grade,
                "tutor": Membership.objects.for_institution(institution).get(user__email=tutor),
                "year": year,
            },
        )
        if created:
            GroupPlace.objects.bulk_create(
                [GroupPlace(institution=institution, group=group, student=students[n]) for n in members]
            )


def hilltop_create() -> Institution:
    """A second school with people of its own, so that the wall between schools can be tried."""
    institution = school_create(school.HILLTOP)
    logins_create(institution)
    students = students_create(institution, school.HILLTOP_STUDENTS)
    course, created = Course.objects.get_or_create(
        institution=institution, code="BIO-8", defaults={"name": "Biology 8", "room": "3"}
    )
    if created:
        Enrollment.objects.bulk_create(
            [Enrollment(institution=institution, course=course, student=student) for student in students]
        )
    return institution
