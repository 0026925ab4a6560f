"""Imports of guardians, teachers, courses and rosters."""

import pytest
from django.core import mail

from accounts.invitations.accepting import invitation_accept_new
from accounts.models import Invitation, Role
from enrollment.models import (
    Course,
    CourseGroup,
    Enrollment,
    Group,
    GroupPlace,
    Guardian,
    Guardianship,
    Teaching,
)
from tests.conftest import make_member, make_student
from tests.enrollment.importing.conftest import counts, left_out


class TestGuardians:
    HEAD = "Roll number,Name,E-mail,Telephone,Relation,May be contacted\n"

    def test_a_row_is_one_guardian_of_one_student(self, office, sam, sita):
        run = office.import_(
            self.HEAD + "R-001,Ann Field,ann@example.org,0123,mother,yes\nR-002,Ann Field,ann@example.org,,aunt,no\n",
            "guardians",
        )
        assert counts(run) == (1, 1, 0, 0)
        ann = Guardian.objects.get()
        assert (ann.phone, ann.students.count()) == ("0123", 2)
        assert Guardianship.objects.get(student=sita).may_contact is False
        office.undo(run)
        assert not Guardian.objects.exists()

    def test_again(self, office, sam):
        data = self.HEAD + "R-001,Ann Field,ann@example.org,0123,mother,yes\n"
        office.import_(data, "guardians")
        assert counts(office.upload(data, "guardians")) == (0, 0, 1, 0)

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("R-9,Ann,a@example.org,,,", "There is no student with the number R-9."),
            (",Ann,a@example.org,,,", "The student’s number is missing."),
            ("R-001,Ann,a@example.org,,,perhaps", "“perhaps” should be yes or no."),
            ("R-001,,,12,,", "The name is missing."),
        ],
    )
    def test_problems(self, office, sam, row, said):
        assert left_out(office.upload(self.HEAD + row + "\n", "guardians")) == {2: said}


class TestTeachers:
    def test_they_wait_for_somebody_to_send_the_invitation(self, office, tess):
        run = office.import_(
            "E-mail,First name,Last name\nnina@example.org,Nina,Ray\nTESS@riverside.example,Tess,X\n", "teachers"
        )
        assert counts(run) == (1, 0, 1, 0)
        invitation = Invitation.objects.get()
        assert (invitation.name, invitation.role, invitation.state) == ("Nina Ray", "teacher", "pending")
        assert (invitation.sent_at, mail.outbox) == (None, [])

    def test_again_and_under_another_name(self, office):
        office.import_("E-mail,Name\nnina@example.org,Nina Ray\n", "teachers")
        assert counts(office.upload("E-mail,Name\nNina@example.org,Ray Nina\n", "teachers")) == (0, 0, 1, 0)
        office.import_("E-mail,Name\nnina@example.org,Nina Marsh\n", "teachers")
        assert Invitation.objects.get().name == "Nina Marsh"

    def test_undone_unless_it_was_sent(self, office):
        run = office.import_("E-mail,Name\na@example.org,Ann\nb@example.org,Bob\n", "teachers")
        Invitation.objects.filter(name="Bob").update(times_sent=1)
        run = office.undo(run)
        assert [each["name"] for each in run.summary["kept"]] == ["Bob (b@example.org)"]
        assert Invitation.objects.get().name == "Bob"

    def test_problems(self, office):
        run = office.upload("E-mail,Name\n,Ann\na@example.org,\nb@example.org,Bob\nB@example.org,Bo\n", "teachers")
        assert left_out(run) == {
            2: "The e-mail is missing.",
            3: "The name is missing.",
            5: "E-mail b@example.org is also in row 4.",
        }


class TestCourses:
    def test_with_teachers_and_groups(self, office, riverside, tess, sam, sita):
        group = Group.objects.create(institution=riverside, name="10B")
        GroupPlace.objects.create(institution=riverside, group=group, student=sam)
        office.import_("E-mail,Name\nnina@example.org,Nina\n", "teachers")
        run = office.import_(
            "Code;Name;Room;Teachers;Form group\nMA;Maths;12;tess@riverside.example, nina@example.org;10B\n", "courses"
        )
        assert counts(run) == (1, 0, 0, 0)
        maths = Course.objects.get()
        assert (maths.name, maths.room, Teaching.objects.get().teacher) == ("Maths", "12", tess)
        assert (Enrollment.objects.get().student, Enrollment.objects.get().group) == (sam, group)
        invitation = Invitation.objects.get()
        nina = invitation_accept_new(invitation=invitation, name="Nina", password="correct horse battery")
        assert maths.teachers.filter(user=nina).exists()

    def test_a_guardian_is_no_teacher(self, office, riverside):
        make_member(riverside, "Gus", Role.GUARDIAN)
        office.import_("Code;Name;Teachers\nMA;Maths;gus@riverside.example\n", "courses")
        assert not Teaching.objects.exists()

    def test_again_changes_nothing(self, office, tess):
        data = "Code;Name;Teachers;Form group\nMA;Maths;tess@riverside.example;10B\n"
        office.import_(data, "courses")
        assert counts(office.upload(data, "courses")) == (0, 0, 1, 0)
        run = office.upload(data.replace("Maths", "Mathematics"), "courses")
        assert run.summary["changed"][0]["differences"] == [
            {"label": "Name", "before": "Maths", "after": "Mathematics"}
        ]

    def test_undone(self, office, tess):
        run = office.undo(
            office.import_("Code;Name;Teachers;Form group\nMA;Maths;tess@riverside.example;10B\n", "courses")
        )
        assert (run.summary["kept"], Course.objects.count(), Group.objects.count()) == ([], 0, 0)

    def test_a_teacher_who_is_unknown_is_said(self, office):
        run = office.upload("Code;Name;Teachers\nMA;Maths;who@example.org\n", "courses")
        assert "who@example.org" in run.summary["noted"][0]["notes"][0]

    def test_courses_that_are_not_in_the_file_are_put_aside(self, office):
        office.import_("Code;Name\nMA;Maths\nEN;English\n", "courses")
        run = office.upload("Code;Name\nMA;Maths\n", "courses")
        assert run.summary["absent"] == 1
        office.remove(run)
        assert list(Course.objects.filter(is_active=True).values_list("code", flat=True)) == ["MA"]

    def test_problems(self, office):
        run = office.upload("Code;Name\n;Maths\nMA;\nEN;English\nen;Again\n", "courses")
        assert left_out(run) == {
            2: "The course code is missing.",
            3: "The name is missing.",
            5: "Course code en is also in row 4.",
        }


class TestRosters:
    def test_students_and_groups(self, office, riverside, physics, sam, sita):
        Enrollment.objects.all().delete()
        ben = make_student(riverside, "Ben", "R-003")
        group = Group.objects.create(institution=riverside, name="10B")
        GroupPlace.objects.create(institution=riverside, group=group, student=ben)
        run = office.import_("Code,Roll number,Form\nphy-10b,R-001,\nPHY-10B,,10B\n", "rosters")
        assert counts(run) == (2, 0, 0, 0)
        found = dict(Enrollment.objects.values_list("student__roll_number", "group__name"))
        assert found == {"R-001": None, "R-003": "10B"}
        assert CourseGroup.objects.get().group == group

    def test_those_who_are_not_in_the_file_stay_until_asked(self, office, physics, sam, sita):
        run = office.upload("Code,Roll number\nPHY-10B,R-001\n", "rosters")
        assert (counts(run), run.summary["absent"]) == ((0, 0, 1, 0), 1)
        run = office.remove(run)
        assert Enrollment.objects.get().student == sam
        office.undo(run)
        assert Enrollment.objects.count() == 2

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("NO,R-001,", "There is no course with the code NO."),
            ("PHY-10B,R-9,", "There is no student with the number R-9."),
            ("PHY-10B,,9Z", "There is no form group 9Z."),
            ("PHY-10B,,", "The roll number is missing."),
        ],
    )
    def test_problems(self, office, physics, row, said):
        assert left_out(office.upload(f"Code,Roll number,Form\n{row}\n", "rosters")) == {2: said}

    def test_twice(self, office, physics):
        run = office.upload("Code,Roll number\nPHY-10B,R-001\nPHY-10B,r-001\n", "rosters")
        assert left_out(run) == {3: "This is in the file twice."}
