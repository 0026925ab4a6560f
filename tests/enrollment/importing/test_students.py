"""Imports of students: who is who, what changes, what is asked."""

import pytest

from enrollment.importing.checking import run_read
from enrollment.models import Course, CourseGroup, Enrollment, Group, GroupPlace, Guardian, SchoolYear, Student
from tests.conftest import make_student
from tests.enrollment.importing.conftest import counts, left_out, workbook

HEAD = "Roll number;First name;Last name;DOB;Form;Guardian;Guardian email;External id"


def table(*rows, head=HEAD):
    return "\n".join([head, *rows]) + "\n"


ADA = "R-1;Ada;Obi;14.03.2011;10B;Ngozi Obi;n.obi@example.org;"
BEN = "R-2;Ben;Cole;;10B;;;"


def names():
    return sorted(Student.objects.values_list("name", flat=True))


class TestFirstTime:
    def test_students_with_their_groups_and_guardians(self, office, riverside):
        run = office.import_(table(ADA, BEN))
        assert counts(run) == (2, 0, 0, 0)
        ada = Student.objects.get(roll_number="R-1")
        assert (ada.name, ada.name_key, str(ada.birth_date)) == ("Ada Obi", "obi ada", "2011-03-14")
        assert [group.name for group in ada.groups.all()] == ["10B"]
        assert [(g.name, g.email) for g in ada.guardians.all()] == [("Ngozi Obi", "n.obi@example.org")]
        assert Group.objects.get().students.count() == 2

    def test_nothing_is_written_before(self, office):
        office.upload(table(ADA, BEN))
        assert Student.objects.count() == Guardian.objects.count() == 0

    def test_the_same_file_again_changes_nothing_and_says_so(self, office):
        office.import_(table(ADA, BEN))
        again = office.upload(table(ADA, BEN))
        assert counts(again) == (0, 0, 2, 0)
        assert again.summary["changes"] == 0

    def test_a_new_group_belongs_to_the_present_year(self, office, riverside):
        year = SchoolYear.objects.create(
            institution=riverside, name="Now", starts_on="2020-08-01", ends_on="2100-07-31"
        )
        office.import_(table(ADA))
        assert Group.objects.get().year == year

    def test_siblings_have_one_guardian(self, office):
        office.import_(table(ADA, ADA.replace("R-1;Ada", "R-2;Chi")))
        assert Guardian.objects.get().students.count() == 2

    def test_two_parents_with_one_address_are_two(self, office):
        head = "Roll number;Name;Parent 1;Parent 1 email;Parent 2;Parent 2 email"
        row = "R-1;Ada Obi;Ngozi Obi;obi@example.org;Emeka Obi;obi@example.org"
        office.import_(table(row, head=head))
        assert sorted(Guardian.objects.values_list("name", flat=True)) == ["Emeka Obi", "Ngozi Obi"]
        assert counts(office.upload(table(row, head=head))) == (0, 0, 1, 0)

    def test_another_e_mail_of_the_only_guardian(self, office):
        head = "Roll number;Name;Parent 1 email"
        office.import_(table("R-1;Ada Obi;n@example.org", head=head))
        run = office.import_(table("R-1;Ada Obi;ngozi@example.org", head=head))
        assert run.summary["changed"][0]["differences"][0]["label"] == "Guardian’s e-mail"
        assert [(each.name, each.email) for each in Guardian.objects.all()] == [("ngozi@example.org",) * 2]

    def test_a_full_name_with_a_comma_has_two_parts(self, office):
        office.import_('Roll number,Name\nR-1,"Diallo, Amina"\n')
        student = Student.objects.get()
        assert (student.given_name, student.family_name, student.name) == ("Amina", "Diallo", "Amina Diallo")

    def test_a_spreadsheet(self, office):
        data = workbook([["Roll number", "Name"], [12, "Ada Obi"]], formats={(2, 1): "0000"})
        office.apply(office.upload(data, name="s.xlsx"))
        assert Student.objects.get().roll_number == "0012"


class TestChanges:
    def test_before_and_after(self, office):
        office.import_(table(ADA, BEN))
        run = office.upload(
            table(ADA.replace("n.obi@", "ngozi@"), BEN.replace("Cole", "Cole-Ward").replace("10B", "9A"))
        )
        shown = {row["name"]: [tuple(d.values()) for d in row["differences"]] for row in run.summary["changed"]}
        assert shown["Ada Obi"] == [("Guardian’s e-mail", "n.obi@example.org", "ngozi@example.org")]
        assert run.summary["left_out"][0]["problem"]["sentence"].startswith("There is no form group 9A.")

    def test_an_empty_cell_changes_nothing(self, office):
        office.import_(table(ADA))
        assert counts(office.upload(table("R-1;Ada;Obi;;;;;"))) == (0, 0, 1, 0)

    def test_another_case_and_blanks_are_the_same_number(self, office):
        office.import_(table(ADA))
        assert counts(office.upload(table(ADA.replace("R-1", " r-1 ")))) == (0, 0, 1, 0)

    def test_a_student_who_left_comes_back(self, office):
        office.import_(table(ADA))
        Student.objects.update(is_active=False)
        run = office.import_(table(ADA))
        assert run.summary["changed"][0]["differences"][0] == {"label": "At the school", "before": "no", "after": "yes"}
        assert Student.objects.get().is_active

    def test_a_group_brings_its_courses_and_takes_them_back(self, office, riverside):
        Group.objects.create(institution=riverside, name="9A")
        group = Group.objects.create(institution=riverside, name="10B")
        maths = Course.objects.create(institution=riverside, code="M", name="Maths")
        CourseGroup.objects.create(institution=riverside, course=maths, group=group)
        office.import_(table(ADA))
        assert Enrollment.objects.get().group == group
        run = office.import_(table(ADA.replace("10B", "9A")))
        assert run.summary["changed"][0]["differences"] == [{"label": "Form group", "before": "10B", "after": "9A"}]
        assert not Enrollment.objects.exists()
        assert GroupPlace.objects.get().group.name == "9A"
        office.undo(run)
        assert GroupPlace.objects.get().group.name == "10B"
        assert Enrollment.objects.get().group == group


class TestWhoIsWho:
    def test_the_schools_own_key_counts_more_than_the_roll_number(self, office):
        office.import_(table("R-1;Ada;Obi;;;;;X1", "R-2;Ben;Cole;;;;;X2"))
        run = office.import_(table("R-2;Ada;Obi;;;;;X1", "R-1;Ben;Cole;;;;;X2"))  # they changed their numbers
        assert counts(run) == (0, 2, 0, 0)
        assert dict(Student.objects.values_list("external_id", "roll_number")) == {"X1": "R-2", "X2": "R-1"}
        office.undo(run)
        assert dict(Student.objects.values_list("external_id", "roll_number")) == {"X1": "R-1", "X2": "R-2"}

    def test_a_number_handed_on_to_somebody_new(self, office):
        office.import_(table("R-1;Ada;Obi;;;;;X1"))
        run = office.import_(table("R-1;Zoe;Ray;;;;;X9", "R-5;Ada;Obi;;;;;X1"))
        assert counts(run) == (1, 1, 0, 0) or left_out(run) == {}
        assert dict(Student.objects.values_list("name", "roll_number")) == {"Ada Obi": "R-5", "Zoe Ray": "R-1"}

    def test_a_number_that_has_moved_to_another_name_is_asked_about(self, office):
        office.import_(table(ADA))
        run = office.upload(table("R-1;Mehmet;Obi;;;;;"))
        assert left_out(run) == {2: "R-1 belongs to Ada Obi. Is it the same person under another name?"}
        problem = run.summary["left_out"][0]["problem"]
        run = office.choose(run, answers={problem["key"]: "same"})
        assert counts(run) == (0, 1, 0, 0)
        office.apply(run)
        assert names() == ["Mehmet Obi"]

    def test_a_number_can_be_another_persons_now(self, office):
        office.import_(table(ADA))
        run = office.upload(table("R-1;Mehmet;Aksoy;;;;;"))
        problem = run.summary["left_out"][0]["problem"]
        run = office.choose(run, answers={problem["key"]: "other"})
        assert counts(run) == (1, 0, 0, 0)
        run = office.apply(run)
        ada = Student.objects.get(family_name="Obi")
        rolls = dict(Student.objects.values_list("name", "roll_number"))
        assert rolls == {"Ada Obi": "old R-1", "Mehmet Aksoy": "R-1"}
        assert (ada.is_active, run.summary["absent"]) == (True, 1)  # nobody leaves by it
        assert counts(office.upload(table("R-1;Mehmet;Aksoy;;;;;"))) == (0, 0, 1, 0)
        again = office.upload(table("R-1;Zoe;Ray;;;;;"))
        key = again.summary["left_out"][0]["problem"]["key"]
        office.apply(office.choose(again, answers={key: "other"}))
        assert set(Student.objects.values_list("roll_number", flat=True)) == {"old R-1", "old R-1 2", "R-1"}
        office.undo(again)
        office.undo(run)
        assert dict(Student.objects.values_list("name", "roll_number")) == {"Ada Obi": "R-1"}

    def test_another_date_of_birth_is_asked_about(self, office):
        office.import_(table(ADA))
        assert 2 in left_out(office.upload(table(ADA.replace("2011", "2012"))))

    def test_a_longer_name_is_no_question(self, office):
        office.import_(table(ADA))
        assert counts(office.upload(table(ADA.replace("Obi;14", "Obi-Okonkwo;14")))) == (0, 1, 0, 0)

    def test_a_number_of_somebody_with_another_key(self, office):
        office.import_(table("R-1;Ada;Obi;;;;;X1"))
        assert "X1" in left_out(office.upload(table("R-1;Ada;Obi;;;;;X2")))[2]

    def test_by_e_mail_where_there_is_no_number(self, office, riverside):
        sam = make_student(riverside, "Sam Field", "R-1")
        Student.objects.update(email="sam@example.org")
        office.import_("E-mail,First name,Last name\nSam@example.org,Sam,Field\n")
        sam.refresh_from_db()
        assert (sam.given_name, sam.roll_number) == ("Sam", "R-1")

    def test_an_id_of_the_portal_that_nobody_has(self, office):
        said = left_out(office.upload("Portal id,Name\n0b5e,Ada Obi\n"))[2]
        assert said == "Nobody at this school has the id 0b5e."

    def test_a_student_of_another_school_is_unknown(self, office, hilltop):
        other = make_student(hilltop, "Hal Hill", "R-1")
        run = office.import_(f"Roll number,Name,Portal id\nR-1,Ada Obi,\nR-2,Hal,{other.pk}\n")
        assert counts(run) == (1, 0, 0, 1)
        other.refresh_from_db()
        assert (other.name, other.institution) == ("Hal Hill", hilltop)

    def test_two_students_of_one_name(self, office):
        run = office.upload(table(ADA, ADA.replace("R-1", "R-7").replace("2011", "2012")))
        assert counts(run) == (2, 0, 0, 0)
        assert run.summary["noted"][0]["notes"] == ["Row 2 has the same name."]

    def test_a_name_that_the_records_have_is_said(self, office):
        office.import_(table(ADA))
        run = office.upload(table(ADA.replace("R-1", "R-7")))
        assert run.summary["noted"][0]["notes"] == ["There is a student of this name already, with roll number R-1."]


class TestProblems:
    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("R-1;;;;;;;", "First name and last name are both empty."),
            (";Ada;Obi;;;;;", "The roll number is missing."),
            ("R-1;Ada;Obi;31.02.2011;;;;", "The date 31.02.2011 does not exist."),
            ("R-1;Ada;Obi;;;;n.obi;", "“n.obi” is not an e-mail address."),
            (f"{'9' * 41};Ada;Obi;;;;;", "Roll number is longer than 40 letters."),
        ],
    )
    def test_a_row_is_left_out_with_a_reason(self, office, row, said):
        run = office.import_(table(BEN, row))
        assert left_out(run) == {3: said}
        assert names() == ["Ben Cole"]

    def test_one_number_twice(self, office):
        run = office.upload(table(ADA, "r-1;Zeynep;Kaya;;;;;"))
        assert left_out(run) == {3: "Roll number r-1 is also in row 2, Ada Obi."}

    def test_a_correction_on_the_page(self, office):
        run = office.upload(table("R-1;Ada;Obi;31.02.2011;;;;"))
        run = office.choose(run, corrections={"2": {"birth_date": "28.02.2011"}})
        assert counts(run) == (1, 0, 0, 0)
        office.apply(run)
        assert str(Student.objects.get().birth_date) == "2011-02-28"

    def test_a_group_that_may_be_a_typing_error(self, office, riverside):
        Group.objects.create(institution=riverside, name="10B")
        run = office.upload(table(ADA.replace("10B", "10H")))
        problem = run.summary["left_out"][0]["problem"]
        assert problem["sentence"] == "There is no form group 10H. Is it 10B?"
        assert [choice["label"] for choice in problem["choices"]] == ["Use 10B", "Add 10H"]
        office.apply(office.choose(run, answers={problem["key"]: "10B"}))
        assert Student.objects.get().groups.get().name == "10B"

    def test_a_group_of_several_students_is_meant(self, office, riverside):
        Group.objects.create(institution=riverside, name="10B")
        rows = [f"R-{n};A;B{n};;11C;;;" for n in range(3)]
        assert counts(office.upload(table(*rows))) == (3, 0, 0, 0)


class TestTheFileItself:
    def test_ambiguous_dates_are_asked_for(self, office):
        run = office.upload(table("R-1;Ada;Obi;03/04/2011;;;;"))
        assert run.state == "uploaded"
        [question] = run.summary["questions"]
        assert [choice["label"] for choice in question["choices"]] == ["3 April 2011", "4 March 2011"]
        office.apply(office.choose(run, orders={"birth_date": "mdy"}))
        assert str(Student.objects.get().birth_date) == "2011-03-04"

    def test_the_encoding_is_asked_for(self, office):
        run = office.upload("Roll number;Name\nR-1;Jérôme\n".encode("cp1252"))
        [question] = run.summary["questions"]
        assert any("Jérôme" in choice["label"] for choice in question["choices"])
        office.apply(office.choose(run, encoding="cp1252"))
        assert names() == ["Jérôme"]

    def test_a_column_corrected_by_hand(self, office):
        run = office.upload("Roll number,Rufname,Whatever\nR-1,Ada,Obi\n")
        assert [column["field"] for column in run.summary["columns"]] == ["roll_number", "given_name", ""]
        run = office.choose(run, columns={2: "family_name"})
        shown = run.summary["columns"][2]
        assert (shown["field"], shown["is_mine"], shown["was"]) == ("family_name", True, "")
        office.apply(run)
        assert names() == ["Ada Obi"]

    def test_a_field_moves_to_the_column_that_was_chosen(self, office):
        run = office.upload("Roll number,Name,Other\nR-1,Ada,Bea\n")
        run = office.choose(run, columns={2: "name"})
        assert [column["field"] for column in run.summary["columns"]] == ["roll_number", "", "name"]
        run = office.choose(run, columns={0: "name"})
        assert [column["field"] for column in run.summary["columns"]] == ["name", "", ""]

    def test_columns_that_are_missing(self, office):
        run = office.upload("Bus,Stop\n7,Main\n")
        assert run.state == "uploaded"
        assert len(run.summary["missing"]) == 2

    def test_a_file_that_is_none(self, office):
        run = office.upload(b"\xd0\xcf\x11\xe0 old")
        assert (run.state, run.error[:28]) == ("failed", "This is an old Excel file (.")


class TestQueries:
    @pytest.mark.thorough
    def test_planning_takes_as_many_for_a_thousand_rows(self, office, django_assert_max_num_queries):
        rows = [f"R-{n};Given{n};Family{n};01.01.2011;10B;Parent {n};p{n}@example.org;" for n in range(1200)]
        office.import_(table(*rows[:600]))
        run = office.upload(table(*rows))
        with django_assert_max_num_queries(8):  # of the tables that such a file is about, and of no other
            assert run_read(run).plan.counts == {"new": 600, "change": 0, "same": 600, "left_out": 0}
