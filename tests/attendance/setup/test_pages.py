"""Pages of the set-up: the steps, the decision on faces, holidays, and a course with everything that it needs."""

from datetime import date, time, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.errors import AccountError
from accounts.invitations.accepting import invitation_accept_new
from accounts.models import Institution, Invitation, Membership
from accounts.schools.deciding import faces_decide
from attendance.lessons.clock import ClockField
from attendance.models import ClassSession, DayOff, TimetableSlot
from attendance.setup.selectors import nearest_course, read_counts
from enrollment.models import Course, Teaching
from enrollment.structure.groups import group_save, group_student_add
from enrollment.structure.years import TermInput, year_save
from tests.conftest import invited

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(sign_in, ada):
    return sign_in(ada)


def make_year(school):
    today = timezone.localdate()
    terms = [
        TermInput("First", today, today + timedelta(days=40)),
        TermInput("Second", today + timedelta(days=60), today + timedelta(days=100)),
    ]
    return year_save(
        institution=school, name="This year", starts_on=today, ends_on=today + timedelta(days=120), terms=terms
    )


class TestSetup:
    def test_is_the_start_page_until_it_is_finished(self, admin, riverside):
        assert admin.get("/riverside/").url == "/riverside/setup/"
        page = admin.get("/riverside/setup/").content.decode()
        assert "School year and terms" in page
        assert "Continue set-up" in admin.get("/riverside/today/").content.decode()
        assert admin.post("/riverside/setup/finish/").url == "/riverside/"
        assert admin.get("/riverside/").url == "/riverside/office/"
        assert "Continue set-up" not in admin.get("/riverside/today/").content.decode()
        assert "/riverside/setup/" in admin.get("/riverside/manage/").content.decode()

    def test_leads_no_teacher_there(self, sign_in, tess):
        client = sign_in(tess)
        assert client.get("/riverside/").url == "/riverside/today/"
        assert "set-up" not in client.get("/riverside/today/").content.decode()

    def test_counts_what_is_entered(self, admin, riverside, physics, sam):
        counts = read_counts(riverside)
        assert (counts.students, counts.consenting, counts.courses, counts.with_lessons) == (2, 2, 1, 0)
        TimetableSlot.objects.create(institution=riverside, course=physics, weekday=0, starts="09:00", ends="09:50")
        assert read_counts(riverside).with_lessons == 1
        assert nearest_course(riverside)["name"] == "Physics 10B"
        assert "Physics 10B is nearly ready" in admin.get("/riverside/setup/").content.decode()

    def test_another_schools_rows_do_not_count(self, riverside, hilltop, physics):
        counts = read_counts(hilltop)
        assert (counts.students, counts.courses, counts.staff) == (0, 0, 0)

    def test_a_step_is_skipped_and_taken_up_again(self, admin, riverside):
        admin.post("/riverside/setup/skip/holidays/")
        riverside.refresh_from_db()
        assert riverside.setup_skipped == ["holidays"]
        assert "Take up again" in admin.get("/riverside/setup/").content.decode()
        admin.post("/riverside/setup/skip/holidays/", {"back": ""})
        riverside.refresh_from_db()
        assert riverside.setup_skipped == []
        assert admin.post("/riverside/setup/skip/nothing/").status_code == 404

    def test_costs_few_queries(self, admin, physics, django_assert_max_num_queries):
        with django_assert_max_num_queries(20):
            admin.get("/riverside/setup/")

    def test_leads_to_the_office_at_this_school(self, admin, riverside):
        assert "/admin/school/riverside/?next=" in admin.get("/riverside/setup/").content.decode()
        answer = admin.get("/admin/school/riverside/", {"next": "/admin/enrollment/student/"})
        assert answer.url == "/admin/enrollment/student/"

    @pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/admin/", "/admin/../account/"])
    def test_and_nowhere_else(self, admin, riverside, elsewhere):
        assert admin.get("/admin/school/riverside/", {"next": elsewhere}).url == "/admin/"


class TestFaces:
    def decide(self, client, **data):
        return client.post("/riverside/setup/faces/", {"law": "", "enabled": "yes", **data})

    def test_off_settles_the_step(self, admin, riverside):
        assert self.decide(admin, enabled="no").url == "/riverside/setup/"
        riverside.refresh_from_db()
        assert not riverside.faces_enabled
        assert riverside.setup_skipped == ["faces"]
        self.decide(admin)
        riverside.refresh_from_db()
        assert riverside.faces_enabled
        assert riverside.setup_skipped == []

    def test_new_york_cannot_switch_it_on(self, admin, riverside):
        faces_decide(school=riverside, law="", enabled=False)
        assert "It cannot be switched on" in self.decide(admin, law="new_york").content.decode()
        riverside.refresh_from_db()
        assert not riverside.faces_enabled
        self.decide(admin, law="new_york", enabled="no")
        assert read_counts(Institution.objects.get(slug="riverside")).is_barred

    def test_sweden_wants_a_statement(self, admin, riverside):
        faces_decide(school=riverside, law="", enabled=False)
        assert "Please confirm" in self.decide(admin, law="sweden").content.decode()
        assert self.decide(admin, law="sweden", is_assessed="on").status_code == 302
        riverside.refresh_from_db()
        assert (riverside.law, riverside.faces_enabled) == ("sweden", True)

    def test_illinois_shortens_the_days_after_leaving(self, admin, riverside):
        Institution.objects.update(leaver_retention_days=90)
        self.decide(admin, law="illinois")
        riverside.refresh_from_db()
        assert (riverside.law, riverside.leaver_retention_days) == ("illinois", 30)

    def test_the_service_refuses_the_same(self, riverside):
        for law, code in (("new_york", "faces_barred"), ("sweden", "not_assessed")):
            with pytest.raises(AccountError) as caught:
                faces_decide(school=riverside, law=law, enabled=True)
            assert caught.value.code == code

    def test_no_form_and_no_statement_gets_round_it(self, riverside):
        riverside.law = "new_york"
        with pytest.raises(ValidationError, match="cannot be switched on"):
            riverside.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            Institution.objects.filter(pk=riverside.pk).update(law="new_york")

    def test_a_law_that_is_none_is_refused(self, admin):
        assert self.decide(admin, law="mars").status_code == 200


class TestHolidays:
    def test_the_gaps_between_terms_are_suggested(self, admin, riverside):
        make_year(riverside)
        assert "Holidays after First" in admin.get("/riverside/holidays/").content.decode()
        page = admin.post("/riverside/holidays/suggested/", follow=True).content.decode()
        assert "1 holiday added" in page
        day_off = DayOff.objects.get()
        assert (day_off.last_day - day_off.first_day).days == 18
        assert "0 holidays added" in admin.post("/riverside/holidays/suggested/", follow=True).content.decode()

    def test_are_added_and_removed(self, admin, hilltop):
        today = timezone.localdate()
        posted = {"name": "Half-term", "first_day": today, "last_day": today + timedelta(days=4)}
        assert "Half-term" in admin.post("/riverside/holidays/", posted, follow=True).content.decode()
        found = DayOff.objects.get()
        assert admin.post(reverse("holiday_remove", args=["riverside", found.pk])).status_code == 302
        assert not DayOff.objects.exists()
        other = DayOff.objects.create(institution=hilltop, name="X", first_day=today, last_day=today)
        assert admin.post(reverse("holiday_remove", args=["riverside", other.pk])).status_code == 404

    def test_backwards_is_refused(self, admin):
        posted = {"name": "X", "first_day": "2026-12-01", "last_day": "2026-11-01"}
        assert "before the first" in admin.post("/riverside/holidays/", posted).content.decode()


def posted_course(*hours, **changes):
    data = {"name": "Art 8a", "code": "ART-8A", "year": "", "room": "", **changes}
    data |= {"hours-TOTAL_FORMS": len(hours), "hours-INITIAL_FORMS": 0}
    for number, (day, starts, ends) in enumerate(hours):
        data |= {f"hours-{number}-weekday": day, f"hours-{number}-starts": starts, f"hours-{number}-ends": ends}
    return data


class TestCourse:
    def add(self, client, *hours, **changes):
        return client.post("/riverside/courses/new/", posted_course(*hours, **changes))

    def test_with_everything_that_the_first_lesson_needs(self, admin, riverside, tess, sam, sita):
        year = make_year(riverside)
        group = group_save(institution=riverside, name="8a", year=year)
        group_student_add(group=group, students=[sam, sita])
        answer = self.add(
            admin,
            (0, "9.30", "10h15"),
            ("", "", ""),
            (3, "1305", "13:50"),
            year=year.pk,
            groups=[group.pk],
            teacher=tess.pk,
        )
        course = Course.objects.get()
        assert answer.url == "/riverside/setup/"
        assert course.enrollments.filter(group=group).count() == 2
        assert list(course.teachers.all()) == [tess]
        slots = list(TimetableSlot.objects.values_list("weekday", "starts", "ends", "last_day"))
        assert slots == [(0, time(9, 30), time(10, 15), year.ends_on), (3, time(13, 5), time(13, 50), year.ends_on)]

    @pytest.mark.django_db(transaction=True)
    def test_somebody_invited_at_once_teaches_it_when_they_accept(self, admin, riverside, mailoutbox):
        self.add(admin, new_name="Nina", new_email="nina@example.org")
        assert mailoutbox[0].to == ["nina@example.org"]
        assert not Teaching.objects.exists()
        waiting = Invitation.objects.get()
        self.add(admin, code="ART-9A", invited=waiting.pk)
        user = invitation_accept_new(invitation=waiting, name="Nina", password="a much better password")
        assert {teaching.course.code for teaching in Teaching.objects.filter(teacher__user=user)} == {
            "ART-8A",
            "ART-9A",
        }
        assert not Course.objects.get(code="ART-8A").invited_teachers.exists()

    def test_without_a_code_it_is_made_from_the_name(self, admin, riverside):
        for _time in range(2):
            self.add(admin, code="")
        assert sorted(Course.objects.values_list("code", flat=True)) == ["ART-8A", "ART-8A-2"]
        riverside.setup_done_at = timezone.now()
        riverside.save()
        answer = self.add(admin, code="", name="数学")
        assert answer.url == reverse("course", args=["riverside", Course.objects.get(code="数学").pk])

    def test_and_another(self, admin):
        assert self.add(admin, another="").url == "/riverside/courses/new/"

    @pytest.mark.parametrize(
        ("hours", "changes", "said"),
        [
            ([(0, "9.30", "9.20")], {}, "must end after"),
            ([(0, "soon", "9.20")], {}, "Type a time"),
            ([(0, "9", "10"), (0, "9:00", "9.45")], {}, "Two lessons begin"),
            ([("", "9", "10")], {}, "required"),
            ([], {"code": "PHY-10B"}, "already"),
            ([], {"new_name": "Nina"}, "both their name"),
            ([], {"new_name": "Ada", "new_email": "ada@riverside.example"}, "member already"),
        ],
    )
    def test_what_is_wrong_is_said_and_nothing_is_kept(self, admin, physics, hours, changes, said):
        assert said in self.add(admin, *hours, **changes).content.decode()
        assert Course.objects.get() == physics

    def test_one_teacher_at_a_time_and_nobody_of_another_school(self, admin, tess, hugo, riverside, hilltop):
        both = {"teacher": tess.pk, "new_name": "N", "new_email": "n@example.org"}
        assert "Choose one teacher" in self.add(admin, **both).content.decode()
        invited(riverside)  # so that the field is there
        assert self.add(admin, teacher=hugo.pk).status_code == 200
        assert self.add(admin, invited=invited(hilltop).pk).status_code == 200
        assert not Course.objects.exists()


class TestClock:
    @pytest.mark.parametrize(
        ("typed", "time_"),
        [
            ("9.30", time(9, 30)), ("930", time(9, 30)), ("0930", time(9, 30)), ("9:30", time(9, 30)), ("9", time(9)),
            ("9h30", time(9, 30)), ("9 30", time(9, 30)), ("14:05:00", time(14, 5)), ("8 Uhr", time(8)), ("", None),
        ],
    )  # fmt: skip
    def test_as_people_write_it(self, typed, time_):
        assert ClockField(required=False).clean(typed) == time_

    @pytest.mark.parametrize("typed", ["25", "9.75", "noon", "12345", "-3"])
    def test_what_is_none(self, typed):
        with pytest.raises(ValidationError):
            ClockField().clean(typed)


def test_the_first_lesson_is_planned_from_the_course(admin, riverside, sam):
    """From the page that adds a course to today's agenda."""
    now = timezone.localtime(timezone=riverside.zone)
    posted = posted_course((now.weekday(), "0.00", "11.59"), name="Whole morning")
    admin.post("/riverside/courses/new/", posted)
    admin.get("/riverside/today/")
    assert ClassSession.objects.get().local_date == date(now.year, now.month, now.day)
    assert Membership.objects.count() == 1 + 1
