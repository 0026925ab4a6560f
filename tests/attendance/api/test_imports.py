"""API of imports, for administrators."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.jobs import jobs_resume
from enrollment.models import Student
from tests.attendance.api.client import refusal
from tests.attendance.mark_imports.conftest import HEAD, MONDAY, held, lesson_at
from tests.enrollment.importing.test_students import ADA, BEN, table


@pytest.fixture
def upload(api, ada):
    mine = api(ada)

    def upload_(text, kind="students"):
        file = SimpleUploadedFile("students.csv", text.encode())
        return mine._checked(mine.client.post(mine.root + "imports/", {"kind": kind, "file": file}, **mine.headers))

    return upload_


def test_from_upload_to_undo(api, ada, upload):
    answer = upload(table(ADA, BEN, "R-9;;;;;;;"))
    assert answer.status_code == 201
    body = answer.json()
    assert body["counts"] == {"new": 2, "change": 0, "same": 0, "left_out": 1}
    assert body["left_out"][0]["reason"] == "First name and last name are both empty."
    at = f"imports/{body['id']}/"
    assert api(ada).post(at + "apply/").status_code == 202
    jobs_resume()
    assert api(ada).get(at).json()["state"] == "applied"
    assert Student.objects.count() == 2
    assert api(ada).post(at + "undo/").status_code == 202
    jobs_resume()
    assert api(ada).get(at).json()["state"] == "undone"
    assert not Student.objects.exists()
    assert [each["id"] for each in api(ada).get("imports/").json()] == [body["id"]]


def test_removal_names_the_number_that_was_seen(api, ada, upload):
    first = upload(table(ADA, BEN)).json()["id"]
    api(ada).post(f"imports/{first}/apply/")
    jobs_resume()
    body = upload(table(ADA)).json()
    assert body["absent"] == 1
    api(ada).post(f"imports/{body['id']}/remove/", absent=7)
    jobs_resume()
    assert Student.objects.filter(is_active=True).count() == 2
    api(ada).post(f"imports/{body['id']}/remove/", absent=1)
    jobs_resume()
    assert Student.objects.filter(is_active=True).count() == 1


def test_what_the_page_would_ask_is_asked_and_answered(api, ada, upload, physics, tess):
    lesson_at(physics, MONDAY)
    held(physics, MONDAY + timedelta(weeks=1), tess.user)
    rows = ["R-001;PHY-10B;2026-03-02;;here!;;", "R-001;PHY-10B;2026-03-09;;P;;", "R-002;PHY-10B;2026-03-03;;P;;"]
    body = upload(HEAD + "\n".join(rows) + "\n", "marks").json()
    asked = {each["key"]: [choice["answer"] for choice in each["choices"]] for each in body["decisions"]}
    assert asked == {"contradictions": ["keep", "replace"], "lessons": ["keep", "add"]}
    unknown = next(word for word in body["words"] if not word["answer"])
    assert unknown["text"] == "here!"
    assert {"answer": "P", "label": "P · present"} in body["meanings"]
    answers = {"contradictions": "replace", "lessons": "add", unknown["key"]: "P"}
    body = api(ada).post(f"imports/{body['id']}/decide/", answers=answers).json()
    assert body["counts"] == {"new": 2, "change": 1, "same": 0, "left_out": 0}
    assert [each["answer"] for each in body["decisions"]] == ["replace", "add"]
    api(ada).post(f"imports/{body['id']}/apply/")
    jobs_resume()
    assert api(ada).get(f"imports/{body['id']}/").json()["state"] == "applied"
    assert refusal(api(ada).post(f"imports/{body['id']}/decide/", answers=answers)) == (409, "not_open")


def test_columns_dates_and_cells_are_put_right(api, ada, upload):
    text = (
        "Nr;Vorname;Rufname;Geburtsdatum\nR-1;Ada;Obi;03/04/2011\nR-2;Ben;Cole;03/05/2011\nR-2;Cleo;Dunn;03/06/2011\n"
    )
    body = upload(text).json()
    at = f"imports/{body['id']}/decide/"
    number = {column["header"]: column["number"] for column in body["columns"]}
    columns = {number["Nr"]: "roll_number", number["Rufname"]: "family_name"}
    body = api(ada).post(at, columns=columns).json()
    assert [each["option"] for each in body["questions"]] == ["order:birth_date"]
    assert {choice["answer"] for choice in body["questions"][0]["choices"]} == {"dmy", "mdy"}
    body = api(ada).post(at, orders={"birth_date": "dmy"}).json()
    assert [(row["number"], row["field"]) for row in body["left_out"]] == [(4, "roll_number")]
    body = api(ada).post(at, corrections={"4": {"roll_number": " R-3 "}}).json()
    assert body["counts"]["new"] == 3
    wrong = [
        {"columns": {"99": ""}},
        {"columns": {"9" * 5000: ""}},
        {"columns": {"x": ""}},
        {"columns": {"0": "shoe size"}},
        {"orders": {"a": "b"}},
    ]
    for sent in [*wrong, {"corrections": {"a": {}}}, {"corrections": {"1": {"shoe size": "4"}}}, {"answers": ["a"]}]:
        assert api(ada).post(at, **sent).status_code == 400


def test_refusals(api, ada, upload):
    assert upload("", kind="no such kind").status_code == 400
    bad = upload("").json()
    assert (bad["state"], bool(bad["error"])) == ("failed", True)
    assert refusal(api(ada).post(f"imports/{bad['id']}/apply/")) == (409, "not_ready")
    assert refusal(api(ada).post(f"imports/{bad['id']}/undo/")) == (409, "not_applied")


def test_only_for_administrators_of_the_school(api, ada, tess, hanna, upload):
    at = f"imports/{upload(table(ADA)).json()['id']}/"
    assert [api(who).get(at).status_code for who in (None, tess, hanna)] == [401, 403, 404]
