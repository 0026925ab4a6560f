"""OneRoster bundles: as published, and as real systems write them."""

import contextlib
import csv
import io
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Invitation, Role
from enrollment.importing import tables
from enrollment.importing.checking import run_read
from enrollment.importing.errors import ImportFileError
from enrollment.importing.oneroster.bundle import bundle_read
from enrollment.models import (
    Course,
    Enrollment,
    Group,
    GroupPlace,
    Guardian,
    InvitedTeacher,
    SchoolYear,
    Student,
    Teaching,
    Term,
)
from tests.conftest import make_member
from tests.damage import damaged
from tests.enrollment.importing.conftest import counts
from tests.enrollment.importing.oneroster import as_1_2, bundle, large, small


@pytest.fixture
def send(office):
    return lambda rows, **options: office.upload(bundle(rows, **options), "oneroster", "oneroster.zip")


def reasons(run):
    return {(row["where"], row["number"]): row["problem"]["sentence"] for row in run.summary["left_out"]}


def records():
    return [model.objects.count() for model in (SchoolYear, Term, Group, Course, Student, Guardian, GroupPlace,
                                                Enrollment, Invitation, InvitedTeacher)]  # fmt: skip


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_whole_school_and_back(office, send, version):
    rows = small() if version == "1.1" else as_1_2(small())
    run = office.apply(send(rows, version=version))
    assert reasons(run) == {}
    assert records() == [1, 1, 1, 1, 2, 1, 1, 2, 1, 1]
    ada = Student.objects.get(external_id="u1")
    assert (ada.name, ada.roll_number, str(ada.birth_date)) == ("Ada Obi", "1001", "2011-03-14")
    assert (ada.groups.get().name, ada.guardians.get().name) == ("10B", "Ngozi Obi")
    course = Course.objects.get()
    assert (course.code, course.name, course.room, course.year.name) == ("MA-10B", "Maths 10B", "12", "2026/27")
    assert run.summary["notes"] == ["1 user has a role that is not imported."]
    assert Invitation.objects.get().sent_at is None
    again = send(rows, version=version)
    assert (again.summary["changes"], counts(again)[2]) == (0, sum(counts(again)))
    office.undo(run)
    assert records() == [0] * 10


def test_students_of_before_get_their_key(office, send):
    office.import_("Roll number,Name\n1001,Ada Obi\n")
    office.apply(send(small()))
    assert Student.objects.get(roll_number="1001").external_id == "u1"
    assert Enrollment.objects.filter(student__external_id="u1").count() == 1


class TestDelta:
    MODES = {"users": "delta", "enrollments": "delta", "classes": "delta", "courses": "delta"}

    @pytest.fixture
    def delta(self, send):
        def send_(rows):
            for entries in rows.values():
                for entry in entries:
                    entry.setdefault("status", "active")
                    entry.setdefault("dateLastModified", "2026-09-01T00:00:00.000Z")
            return send(rows, modes=self.MODES)

        return send_

    def test_those_who_are_gone_leave_and_nobody_else(self, office, send, delta):
        office.apply(send(small()))
        user = {**small()["users"][0], "status": "tobedeleted"}
        run = office.apply(delta({"users": [user]}))
        assert (counts(run), run.summary["absent"]) == ((0, 1, 0, 0), 0)
        assert not Student.objects.get(external_id="u1").is_active
        assert Student.objects.get(external_id="u2").is_active
        office.undo(run)
        assert Student.objects.get(external_id="u1").is_active

    def test_a_place_on_a_roster_goes(self, office, send, delta):
        office.apply(send(small()))
        run = office.apply(delta({"enrollments": [{**small()["enrollments"][0], "status": "tobedeleted"}]}))
        assert Enrollment.objects.get().student.external_id == "u2"
        office.undo(run)
        assert Enrollment.objects.count() == 2

    def test_a_change_refers_to_what_came_before(self, office, send, delta):
        rows = small()
        rows["enrollments"] = rows["enrollments"][:1]
        office.apply(send(rows))
        run = office.apply(delta({"enrollments": [small()["enrollments"][1]]}))
        assert (counts(run), Enrollment.objects.count()) == ((1, 0, 0, 0), 2)

    def test_a_class_of_a_known_term_belongs_to_its_year(self, office, send, delta):
        office.apply(send(small()))
        SchoolYear.objects.update(starts_on="2025-08-01", ends_on="2026-07-31")  # not the present one
        new = {**small()["classes"][0], "sourcedId": "K7", "classCode": "MA-7"}
        office.apply(delta({"classes": [new]}))
        assert Course.objects.get(external_id="K7").year.name == "2026/27"

    def test_a_teacher_who_is_not_in_the_file_is_said(self, office, send, delta):
        """The portal keeps no ids of teachers: whom a change means is known by the e-mail in its users alone."""
        office.apply(send(small()))
        teaches = small()["enrollments"][3]
        assert list(reasons(delta({"enrollments": [{**teaches, "status": "tobedeleted"}]})).values()) == [
            "The teacher t1 is not in the file."
        ]

    def test_a_teacher_who_leaves_teaches_no_more(self, office, send, delta, riverside):
        office.apply(send(small()))
        nina = make_member(riverside, "Nina", Role.TEACHER)
        nina.user.email = "nina@example.org"
        nina.user.save()
        Teaching.objects.create(institution=riverside, course=Course.objects.get(), teacher=nina)
        gone = {"status": "tobedeleted"}
        office.apply(
            delta({"users": [{**small()["users"][3], **gone}], "enrollments": [{**small()["enrollments"][3], **gone}]})
        )
        assert not Teaching.objects.exists()

    def test_a_guardian_changes_without_the_student(self, office, send, delta):
        office.apply(send(small()))
        run = office.apply(delta({"users": [{**small()["users"][2], "email": "new@example.org"}]}))
        assert counts(run) == (0, 1, 0, 0)
        assert Guardian.objects.get().email == "new@example.org"

    def test_a_student_gets_a_guardian_who_is_known(self, office, send, delta):
        office.apply(send(small()))
        ben = {**small()["users"][1], "agentSourcedIds": "g1"}
        run = office.apply(delta({"users": [ben]}))
        assert counts(run)[3] == 0
        assert Guardian.objects.get().students.count() == 2
        assert delta({"users": [ben]}).summary["changes"] == 0
        office.undo(run)
        assert Guardian.objects.get().students.get().name == "Ada Obi"

    def test_an_account_that_is_switched_off(self, office, send, delta):
        office.apply(send(small()))
        office.apply(delta({"users": [{**small()["users"][0], "enabledUser": "false"}]}))
        assert not Student.objects.get(external_id="u1").is_active


class TestBulk:
    def test_who_is_missing_stays_until_asked(self, office, send):
        office.apply(send(small()))
        rows = small()
        rows["users"] = [row for row in rows["users"] if row["sourcedId"] != "u2"]
        rows["enrollments"] = [row for row in rows["enrollments"] if row["userSourcedId"] != "u2"]
        run = send(rows)
        assert run.summary["absent"] == 2  # the student, and the place on the roster
        assert Student.objects.filter(is_active=True).count() == 2
        office.remove(run)
        assert Student.objects.get(is_active=True).external_id == "u1"
        assert Enrollment.objects.get().student.external_id == "u1"


class TestErrors:
    @pytest.mark.parametrize(
        ("file", "number", "change", "said"),
        [
            ("users", 0, {"role": "pirate"}, "The role “pirate” is unknown."),
            ("users", 0, {"role": ""}, "The user has no role."),
            ("users", 3, {"email": ""}, "The e-mail is missing."),
            ("users", 2, {"agentSourcedIds": "nobody"}, None),
            ("enrollments", 0, {"role": "king"}, "The role “king” is unknown."),
            ("enrollments", 0, {"classSourcedId": "K9"}, "The class K9 is not in the file."),
            ("enrollments", 0, {"userSourcedId": "u9"}, "The student u9 is not in the file."),
            ("classes", 0, {"courseSourcedId": "C9"}, "The course C9 is not in courses.csv."),
            ("classes", 0, {"classType": "odd"}, "The type “odd” is unknown."),
            ("academicSessions", 1, {"type": "age"}, "The type “age” is unknown."),
            ("academicSessions", 1, {"endDate": "soon"}, "The first or the last day cannot be read."),
        ],
    )
    def test_a_row_is_left_out_with_a_reason(self, send, file, number, change, said):
        rows = small()
        rows[file][number] = {**rows[file][number], **change}
        found = reasons(send(rows)).get((f"{file}.csv", number + 2))
        assert found == said

    def test_years_that_go_round_in_a_circle(self, send):
        rows = small()
        rows["academicSessions"][0] |= {"type": "term", "parentSourcedId": "T"}
        assert set(reasons(send(rows)).values()) >= {"Its school year is not in the file."}


class TestRealFiles:
    def test_a_folder_a_mark_and_other_headers(self, office, send):
        rows = small()
        columns = {
            "classes": ["title", "grade", "courseSourcedIds", "class_code", "ClassType", "location", "schoolSourcedId",
                        "termSourcedId"],
            "demographics": ["birthdate"],
            "enrollments": ["classSourcedId", "schoolSourcedId", "userId", "role"],
        }  # fmt: skip
        for entry in rows["classes"]:
            entry |= {"courseSourcedIds": entry["courseSourcedId"], "class_code": entry.get("classCode", ""),
                      "ClassType": entry["classType"], "termSourcedId": entry["termSourcedIds"]}  # fmt: skip
        for entry in rows["enrollments"]:
            entry["userId"] = entry["userSourcedId"]
        rows["demographics"] = [{"sourcedId": "u1", "birthdate": "03/14/2011"}]
        run = office.apply(send(rows, folder="export/", mark="\ufeff", columns=columns))
        assert reasons(run) == {}
        assert records() == [1, 1, 1, 1, 2, 1, 1, 2, 1, 1]
        assert str(Student.objects.get(external_id="u1").birth_date) == "2011-03-14"

    def test_several_schools_are_asked_about(self, office, send):
        rows = small()
        rows["orgs"].append({"sourcedId": "S2", "name": "Hilltop", "type": "school"})
        rows["users"][1]["orgSourcedIds"] = "S2"
        run = send(rows)
        assert run.summary["questions"][0]["choices"][1] == {"answer": "S2", "label": "Hilltop"}
        run = office.choose(run, org="S2")
        assert counts(run)[0] == 3  # the year, the term, Ben
        office.apply(run)
        assert Student.objects.get().name == "Ben Cole"

    def test_lists_as_json_and_terms_by_another_name(self, office, send):
        rows = small()
        rows["classes"] = [{**row, "terms": '["T"]', "grades": '["09", "10"]'} for row in rows["classes"]]
        columns = {
            "classes": ["title", "grades", "courseSourcedId", "classCode", "classType", "schoolSourcedId", "terms"]
        }
        office.apply(send(rows, columns=columns))
        assert (Group.objects.get().grade, Group.objects.get().year.name) == ("09, 10", "2026/27")

    def test_a_role_at_another_school_is_none_here(self, office, send):
        rows = as_1_2(small())
        rows["orgs"].append({"sourcedId": "S2", "name": "Hilltop", "type": "school"})
        rows["roles"][3]["orgSourcedId"] = "S2"  # Nina teaches at Hilltop, and is Ada's aunt here
        rows["roles"].append(
            {"sourcedId": "r9", "userSourcedId": "t1", "roleType": "secondary", "role": "relative", "orgSourcedId": "S"}
        )
        rows["users"][3]["agentSourcedIds"] = "u1"
        office.apply(office.choose(send(rows, version="1.2"), org="S"))
        assert not Invitation.objects.exists()
        assert sorted(Guardian.objects.values_list("name", flat=True)) == ["Ngozi Obi", "Nina Ray"]

    def test_changes_of_1_2_need_not_repeat_a_role(self, office, send):
        office.apply(send(as_1_2(small()), version="1.2"))
        changed = {"status": "active", "dateLastModified": "2026-11-30T08:00:00.000Z", "enabledUser": "true"}
        users = [
            {"sourcedId": "u1", "givenName": "Ada", "familyName": "Obi-Cole", "identifier": "1001", **changed},
            {"sourcedId": "g1", "givenName": "Ngozi", "familyName": "Cole", **changed, "agentSourcedIds": "u1"},
            {"sourcedId": "t1", "givenName": "Nina", "familyName": "Gray", "email": "nina@example.org", **changed},
            {"sourcedId": "new", "givenName": "No", "familyName": "Role", **changed},
        ]
        run = send({"users": users}, version="1.2", modes={"users": "delta"})
        assert [each["sentence"] for each in (row["problem"] for row in run.summary["left_out"])] == [
            "The user has no role."
        ]
        office.apply(run)
        assert Student.objects.get(external_id="u1").name == "Ada Obi-Cole"
        assert Guardian.objects.get(external_id="g1").name == "Ngozi Cole"
        assert Invitation.objects.get().name == "Nina Gray"

    def test_who_loses_the_role_of_a_student_leaves(self, office, send):
        office.apply(send(as_1_2(small()), version="1.2"))
        role = {**as_1_2(small())["roles"][1], "status": "tobedeleted", "dateLastModified": "2026-11-30T08:00:00.000Z"}
        run = office.apply(send({"roles": [role]}, version="1.2", modes={"roles": "delta"}))
        assert counts(run) == (0, 1, 0, 0)
        assert Student.objects.get(is_active=True).external_id == "u1"

    def test_a_role_that_has_ended_gives_way_to_one_that_runs(self, office, send):
        rows = as_1_2(small())
        rows["roles"][3]["endDate"] = "2020-07-31"  # Nina taught here once
        rows["roles"].append(
            {"sourcedId": "r9", "userSourcedId": "t1", "roleType": "secondary", "role": "parent", "orgSourcedId": "S"}
        )
        rows["users"][3]["agentSourcedIds"] = "u2"
        office.apply(send(rows, version="1.2"))
        assert not Invitation.objects.exists()
        assert Guardian.objects.get(name="Nina Ray").students.get().name == "Ben Cole"

    def test_without_a_manifest(self, office, send):
        data, out = bundle(small()), io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                if name != "manifest.csv":
                    new.writestr(name, old.read(name))
        run = office.upload(out.getvalue(), "oneroster")
        assert (run.state, counts(run)[3]) == ("previewed", 0)


class TestRefused:
    @staticmethod
    def zip_of(**files):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in files.items():
                archive.writestr(name, content)
        return out.getvalue()

    @pytest.mark.parametrize("name", ["../users.csv", "/users.csv", "a\\..\\users.csv", "C:/users.csv"])
    def test_path_tricks(self, office, name):
        run = office.upload(self.zip_of(**{name: "sourcedId\n"}), "oneroster")
        assert (run.state, "outside" in run.error) == ("failed", True)

    def test_one_that_would_fill_the_disk(self, office, monkeypatch):
        monkeypatch.setattr("enrollment.importing.oneroster.bundle.MOST_UNPACKED", 1000)
        run = office.upload(self.zip_of(**{"users.csv": "0" * 2000}), "oneroster")
        assert "too large" in run.error
        assert tables.MOST_UNPACKED > 1000

    @pytest.mark.parametrize("data", [b"PK\x03\x04 broken", b"sourcedId,role\n", b""])
    def test_no_zip(self, office, data):
        assert office.upload(data, "oneroster").state == "failed"

    def test_of_a_thousand_damaged_ones_each_is_read_or_refused_in_one_sentence(self):
        for data in damaged(bundle(small()), 1_000):
            with contextlib.suppress(ImportFileError):  # and nothing else
                bundle_read(data)

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_a_part_packed_as_no_system_does(self, method):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", method) as archive:
            archive.writestr("users.csv", "sourcedId\n1\n")
        with pytest.raises(ImportFileError, match="damaged"):
            bundle_read(out.getvalue())

    def test_a_cell_that_no_table_holds_is_refused_whichever_file_was_read_before(self, monkeypatch):
        csv.field_size_limit(len("propertyName") - 1)
        try:
            with pytest.raises(ImportFileError, match="damaged"):
                bundle_read(bundle(small()))
        finally:
            csv.field_size_limit(tables.MOST_BYTES)

    def test_characters_that_no_database_keeps(self):
        rows = small()
        rows["users"][0]["givenName"] = "A\0da"
        with pytest.raises(ImportFileError, match="damaged"):
            bundle_read(bundle(rows))

    def test_no_oneroster(self, office):
        run = office.upload(self.zip_of(**{"students.csv": "a,b\n1,2\n"}), "oneroster")
        assert "not a OneRoster bundle" in run.error


def test_queries_do_not_grow_with_the_bundle(send):
    def queries(run):
        with CaptureQueriesContext(connection) as caught:
            run_read(run)
        return len(caught)

    assert queries(send(large(90))) == queries(send(large(30))) < 25
