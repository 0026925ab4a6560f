"""The office's pages of years, groups, rooms, guardians; of students' new fields and the school's."""

from datetime import time

import pytest
from django.urls import reverse

from accounts.schools.deciding import faces_decide
from attendance.models import TimetableSlot
from enrollment.models import Group, Guardian, Guardianship, SchoolYear, Student
from enrollment.services.naming import students_rename

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(sign_in, ada):
    return sign_in(ada)


def formset(prefix, *lines):
    data = {f"{prefix}-TOTAL_FORMS": len(lines), f"{prefix}-INITIAL_FORMS": 0}
    for number, line in enumerate(lines):
        data |= {f"{prefix}-{number}-{field}": value for field, value in line.items()}
    return data


def student(**changes):
    inlines = formset("consents") | formset("guardianships") | formset("enrollments")
    return {"roll_number": "R-050", "is_active": "on", **inlines, **changes}


class TestStudents:
    ADD = "/admin/enrollment/student/add/"

    def test_is_named_by_the_parts(self, office, riverside):
        riverside.name_order = "comma"
        riverside.save()
        posted = student(given_name="Amina", family_name="Diallo", email="a@example.org", birth_date="2012-05-01")
        assert office.post(self.ADD, posted).status_code == 302
        found = Student.objects.get()
        assert (found.name, found.name_key) == ("Diallo, Amina", "diallo amina")
        assert str(found.birth_date) == "2012-05-01"

    def test_one_name_is_enough(self, office, riverside):
        assert office.post(self.ADD, student(name="Suharto")).status_code == 302
        assert Student.objects.get().name == "Suharto"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [({}, "Give the student"), ({"name": "A", "birth_date": "2200-01-01"}, "in the future")],
    )
    def test_refuses(self, office, changes, said):
        assert said in office.post(self.ADD, student(**changes)).content.decode()
        assert not Student.objects.exists()

    def test_has_guardians(self, office, riverside, sam):
        mother = Guardian.objects.create(institution=riverside, name="Fay Field")
        line = {"guardian": mother.pk, "relation": "mother", "may_consent": "on", "may_contact": "on"}
        posted = student(name="Tim Field") | formset("guardianships", line)
        assert office.post(self.ADD, posted).status_code == 302
        assert Guardianship.objects.get().student.name == "Tim Field"

    def test_no_guardian_of_another_school(self, office, hilltop):
        other = Guardian.objects.create(institution=hilltop, name="X")
        posted = student(name="Tim Field") | formset("guardianships", {"guardian": other.pk})
        assert office.post(self.ADD, posted).status_code == 200
        assert not Guardianship.objects.exists()


class TestTheSchool:
    def send(self, client, school, **changes):
        given = {
            "name": school.name, "time_zone": school.time_zone, "language": "en", "name_order": "given", "law": "",
            "grace_minutes": 5, "attendance_threshold": 90, "chronic_percent": 10, "streak_days": 3,
            "photo_retention_days": 7, "leaver_retention_days": 30, "log_retention_days": 730,
            "faces_enabled": "on",
        }  # fmt: skip
        answer = client.post(reverse("admin:accounts_institution_change", args=[school.pk]), {**given, **changes})
        school.refresh_from_db()
        return answer

    def test_another_order_renames_all_students_in_one_step(self, office, riverside, sam):
        for number in range(3):
            Student.objects.create(
                institution=riverside, given_name=f"G{number}", family_name="F", roll_number=f"N{number}"
            )
        assert self.send(office, riverside, name_order="family").status_code == 302
        assert set(Student.objects.values_list("name", flat=True)) == {"F G0", "F G1", "F G2", "Sam Field"}
        assert students_rename(institution=riverside) == 0

    def test_a_city_is_a_time_zone(self, office, riverside):
        assert self.send(office, riverside, time_zone="berlin").status_code == 302
        assert riverside.time_zone == "Europe/Berlin"

    def test_the_law_binds_the_office_too(self, office, riverside):
        assert "cannot be switched on" in self.send(office, riverside, law="new_york").content.decode()
        assert "decided in the portal" in self.send(office, riverside, law="sweden").content.decode()
        assert riverside.law == ""
        assert self.send(office, riverside, law="new_york", faces_enabled="").status_code == 302
        faces_decide(school=riverside, law="sweden", enabled=True, is_assessed=True)
        assert self.send(office, riverside, law="sweden", grace_minutes=6).status_code == 302


class TestStructure:
    def test_a_year_with_terms(self, office, riverside):
        line = {"name": "Autumn", "starts_on": "2026-09-01", "ends_on": "2026-12-18"}
        posted = {"name": "2026/27", "starts_on": "2026-09-01", "ends_on": "2027-07-20"} | formset("terms", line)
        assert office.post("/admin/enrollment/schoolyear/add/", posted).status_code == 302
        assert SchoolYear.objects.get().terms.get().institution == riverside

    def test_a_group_is_deleted_on_the_portals_page_alone(self, office, riverside):
        group = Group.objects.create(institution=riverside, name="8a")
        assert office.post(f"/admin/enrollment/group/{group.pk}/delete/", {"post": "yes"}).status_code == 403

    @pytest.mark.parametrize("page", ["schoolyear", "group", "room", "guardian"])
    def test_lists_are_the_schools_own(self, office, sign_in, hanna, riverside, page):
        Group.objects.create(institution=riverside, name="Eightish")
        Guardian.objects.create(institution=riverside, name="Eightish")
        sign_in(hanna)
        assert "Eightish" not in office.get(f"/admin/enrollment/{page}/").content.decode()

    def test_times_of_weekly_lessons_as_people_write_them(self, office, physics):
        posted = {
            "course": physics.pk, "weekday": 0, "starts": "9.30", "ends": "1015", "first_day": "2026-09-01",
            "last_day": "", "room": "",
        }  # fmt: skip
        assert office.post("/admin/attendance/timetableslot/add/", posted).status_code == 302
        slot = TimetableSlot.objects.get()
        assert (slot.starts, slot.ends) == (time(9, 30), time(10, 15))
        page = office.get(f"/admin/attendance/timetableslot/{slot.pk}/change/").content.decode()
        assert 'value="09:30"' in page
