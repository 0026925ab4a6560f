"""A student's page for staff: what it says, and who sees what of it."""

from datetime import date

import pytest
from django.urls import reverse

from attendance.disputes.disputing import dispute_send
from attendance.domain.statuses import Status
from attendance.erasing.parts import parts_of, subject_of
from attendance.excuses.giving import Reason, excuse_give
from attendance.models import Excuse, StudentNote
from attendance.rates.periods import chosen, periods_of
from attendance.register.corrections import Correction, mark_correct
from attendance.register.sessions import session_close
from attendance.reports.students import student_report
from attendance.templatetags.report_tags import pattern_words
from enrollment.models import (
    AccessRecord,
    Course,
    Enrollment,
    ErasureScope,
    Group,
    GroupPlace,
    Guardian,
    Guardianship,
    SchoolYear,
    Teaching,
    Term,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("physics")]


@pytest.fixture
def chemistry(riverside, hold, theo, sam):
    course = Course.objects.create(institution=riverside, code="CHE", name="Chemistry")
    Teaching.objects.create(institution=riverside, course=course, teacher=theo)
    Enrollment.objects.create(institution=riverside, course=course, student=sam)
    for ago in range(2, 8):
        hold(ago, {sam: "P"}, course=course, hour=11)
    return course


@pytest.fixture
def mother(riverside, sam):
    guardian = Guardian.objects.create(
        institution=riverside, name="Mrs Field", email="field@example.org", phone="0113 1"
    )
    return Guardianship.objects.create(institution=riverside, guardian=guardian, student=sam, relation="mother")


def report_of(sam, member, *, sees_all=True, key=None):
    periods = periods_of(sam.institution)
    return student_report(sam, by=member, sees_all=sees_all, periods=periods, period=chosen(periods, key))


def page_of(student, **query):
    return reverse("student", args=["riverside", student.pk], query=query)


def seen_by(sign_in, member, student):
    return " ".join(sign_in(member).get(page_of(student)).content.decode().split())


# -- What it says --


def test_rates_by_course_and_in_all(sam, ada, term, chemistry):
    report = report_of(sam, ada)
    assert [(line.course.name, line.rate.percent) for line in report.courses] == [
        ("Chemistry", 100), ("Physics 10B", 71),
    ]  # fmt: skip
    assert (report.rate.attended, report.rate.counted) == (11, 13)


def test_last_term_stands_beside_it(riverside, hold, term, sam, ada):
    year = SchoolYear.objects.create(
        institution=riverside, name="2026/27", starts_on=date(2026, 6, 1), ends_on=date(2027, 5, 31)
    )
    for name, first, last in [
        ("Summer", date(2026, 6, 1), date(2026, 8, 31)),
        ("Autumn", date(2026, 9, 1), date(2026, 12, 18)),
    ]:
        Term.objects.create(institution=riverside, year=year, name=name, starts_on=first, ends_on=last)
    for ago in range(130, 140):
        hold(ago, {sam: "P"})
    report = report_of(sam, ada)
    assert (report.period.name, report.rate.percent, report.last.percent) == ("Autumn 2026/27", 71, 100)
    assert (report.change, report.drop) == (-29, 29)
    assert report.courses[0].last.percent == 100


def test_the_calendar_has_the_worst_mark_of_a_day(sam, ada, term, hold, chemistry):
    report = report_of(sam, ada)
    days = {day.day: day.said.kind for day in report.days if day.said}
    assert days[term[2].local_date] is Status.ABSENT
    assert days[term[6].local_date] is Status.PRESENT


def test_unexplained_absences_are_those_without_a_reason(sam, ada, tess, term):
    assert [one.lesson.session_id for one in report_of(sam, ada).unexplained] == [term[5].pk, term[2].pk]
    mark_correct(
        session=term[2],
        student_id=sam.pk,
        correction=Correction(Status.ABSENT, "Ill"),
        by=tess.user,
        expected_version=1,
    )
    assert [one.lesson.session_id for one in report_of(sam, ada).unexplained] == [term[5].pk]


def test_the_pattern_in_a_sentence(sam, ada, hold):
    assert pattern_words(report_of(sam, ada).pattern) == "No absence in this term."
    for week in range(4):
        for day in range(5):
            hold(1 + day + 7 * week, {sam: "A" if day == 3 else "P"})  # four days before a Tuesday: Fridays
    assert pattern_words(report_of(sam, ada).pattern) == "Friday mornings stand out: 4 of 4 absences."


def test_the_number_of_queries_stays(sam, ada, term, chemistry, hold, django_assert_max_num_queries):
    with django_assert_max_num_queries(10):
        report_of(sam, ada)
    for ago in range(30, 50):
        hold(ago, {sam: "A"})
    with django_assert_max_num_queries(10):
        assert len(report_of(sam, ada).lessons) == 34


# -- Who sees what --


def test_the_office_sees_all_and_contacts(sign_in, ada, sam, term, chemistry, mother):
    html = seen_by(sign_in, ada, sam)
    assert all(
        text in html for text in ("Chemistry", "Physics 10B", "Mrs Field", "tel:01131", "mailto:field@example.org")
    )


def test_a_teacher_sees_their_courses_and_no_contacts(sign_in, tess, sam, term, chemistry, mother):
    html = seen_by(sign_in, tess, sam)
    assert "Physics 10B" in html
    assert "Chemistry" not in html
    assert "Mrs Field" not in html
    assert "You see the courses that you teach." in html


def test_last_year_s_tutor_sees_it_no_longer(sign_in, theo, riverside, sam, sita, term):
    group = Group.objects.create(institution=riverside, name="9B", tutor=theo)
    GroupPlace.objects.create(institution=riverside, group=group, student=sam)
    client = sign_in(theo)
    pages = [page_of(sam), reverse("group_attendance", args=["riverside", group.pk])]
    assert [client.get(page).status_code for page in pages] == [200, 200]
    Group.objects.update(is_active=False)
    assert [client.get(page).status_code for page in pages] == [404, 404]


def test_days_missed_are_said_to_those_alone_who_see_all_courses(sign_in, ada, tess, sam, term):
    assert "Days missed" in seen_by(sign_in, ada, sam)
    assert "Days missed" not in seen_by(sign_in, tess, sam)


def test_the_tutor_sees_all(sign_in, tess, riverside, sam, term, chemistry, mother):
    group = Group.objects.create(institution=riverside, name="10B", tutor=tess)
    GroupPlace.objects.create(institution=riverside, group=group, student=sam)
    html = seen_by(sign_in, tess, sam)
    assert "Chemistry" in html
    assert "Mrs Field" in html


def test_who_must_not_be_contacted_has_no_number(sign_in, ada, sam, mother):
    Guardianship.objects.filter(pk=mother.pk).update(may_contact=False)
    html = seen_by(sign_in, ada, sam)
    assert "must not be contacted" in html
    assert "tel:" not in html


def test_a_teacher_without_the_student_finds_nothing(sign_in, theo, sam):
    assert sign_in(theo).get(page_of(sam)).status_code == 404


def test_another_school_finds_nothing(sign_in, hanna, sam):
    assert sign_in(hanna).get(page_of(sam)).status_code == 404


def test_it_is_recorded(sign_in, ada, sam, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        sign_in(ada).get(page_of(sam))
    assert AccessRecord.objects.filter(verb="student_seen", subject=sam.pk, actor=ada.user).exists()


def test_the_first_week_has_no_rate(sign_in, ada, sam, hold):
    hold(1, {sam: "P"})
    assert "1 lesson so far: a rate is shown from five lessons on." in seen_by(sign_in, ada, sam)


def test_all_lessons_on_request(sign_in, ada, sam, hold):
    for ago in range(1, 16):
        hold(ago, {sam: "P"})
    client = sign_in(ada)
    assert client.get(page_of(sam)).content.decode().count('class="item dated"') == 12
    assert client.get(page_of(sam, lessons="all")).content.decode().count('class="item dated"') == 15


# -- Notes --


def write(client, sam, text="Sits at the back", audience="staff"):
    return client.post(reverse("note_new", args=["riverside", sam.pk]), {"text": text, "audience": audience})


def test_a_teacher_s_note_is_read_by_staff(sign_in, tess, ada, sam, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        assert write(sign_in(tess), sam).status_code == 302
    html = seen_by(sign_in, ada, sam)
    assert "Sits at the back" in html
    assert "staff only" in html
    assert AccessRecord.objects.filter(verb="note_written", subject=sam.pk, actor=tess.user).exists()


def test_a_note_for_the_tutor_is_not_a_teacher_s_to_read(sign_in, tess, ada, sam):
    write(sign_in(ada), sam, "Family matter", "tutor")
    assert "Family matter" not in seen_by(sign_in, tess, sam)
    assert "Family matter" in seen_by(sign_in, ada, sam)


def test_the_student_never_reads_notes(sign_in, tess, sam):
    write(sign_in(tess), sam)
    html = sign_in(sam.user.memberships.get()).get(reverse("my_attendance", args=["riverside"])).content.decode()
    assert "Sits at the back" not in html


def test_an_empty_note_is_refused_and_the_form_stays(sign_in, tess, sam):
    response = write(sign_in(tess), sam, "", "tutor")
    assert response.status_code == 400
    assert "This field is required." in response.content.decode()
    assert not StudentNote.objects.exists()


def test_its_author_deletes_a_note_and_so_does_the_office(sign_in, tess, ada, sam):
    for author, deleter in ((tess, tess), (tess, ada)):
        write(sign_in(author), sam)
        note = StudentNote.objects.get()
        address = reverse("note_remove", args=["riverside", sam.pk, note.pk])
        assert sign_in(deleter).post(address).status_code == 302
        assert not StudentNote.objects.exists()


def test_nobody_deletes_another_s_note_nor_one_they_cannot_read(sign_in, tess, ada, sam):
    for audience, status in (("staff", 403), ("tutor", 404)):
        write(sign_in(ada), sam, "By the office", audience)
        note = StudentNote.objects.get(audience=audience)
        address = reverse("note_remove", args=["riverside", sam.pk, note.pk])
        assert sign_in(tess).post(address).status_code == status
    assert StudentNote.objects.count() == 2


def test_erasing_the_student_erases_the_notes(riverside, sam, tess):
    StudentNote.objects.create(institution=riverside, student=sam, text="Sits at the back", written_by=tess.user)
    subject = subject_of(riverside, sam.pk, files=[], face_ids=[])
    [part] = [part for part in parts_of(ErasureScope.EVERYTHING) if part.code == "notes"]
    assert part.left(subject) == 1
    part.erase(subject)
    assert part.left(subject) == 0


class TestStatements:
    """Statements of the family on the page: first those that wait, then excuses that were accepted."""

    @pytest.fixture
    def closed(self, register, tess):
        return session_close(session=register, by=tess.user)

    def page(self, client, student):
        return client.get(reverse("student", args=["riverside", student.pk])).content.decode()

    def test_a_dispute_comes_first_and_leads_back(self, sign_in, tess, sam, closed):
        dispute = dispute_send(student=sam, session=closed, note="I sat at the back", by=sam.user)
        client = sign_in(tess)
        html = self.page(client, sam)
        assert html.index("I sat at the back") < html.index("By course")
        here = reverse("student", args=["riverside", sam.pk])
        decide = reverse("dispute_decide", args=["riverside", dispute.pk])
        assert client.post(decide, {"verb": "present", "version": 1, "next": here})["Location"] == here
        assert "I sat at the back" not in self.page(client, sam)

    def test_an_absence_with_a_reason_is_not_unexplained(self, sign_in, ada, tess, sam, closed):
        assert "Unexplained absences" in self.page(sign_in(ada), sam)
        day = closed.local_date
        excuse_give(student=sam, reason=Reason(Excuse.Kind.ILLNESS, day, day, note="A cold"), by=sam.user)
        html = self.page(sign_in(ada), sam)
        assert "Unexplained absences" not in html
        assert "A cold" in html
        assert "A cold" not in self.page(sign_in(tess), sam)  # who is neither tutor nor office


def test_the_office_goes_on_to_the_record_the_data_and_the_erasure(sign_in, riverside, ada, tess, sam):
    links = [f"/riverside/students/{sam.pk}/erase/", f"?next=/admin/enrollment/student/{sam.pk}/change/"]
    address = reverse("student", args=["riverside", sam.pk])
    office, teacher = (sign_in(who).get(address).content.decode() for who in (ada, tess))
    assert all(link in office and link not in teacher for link in links)
