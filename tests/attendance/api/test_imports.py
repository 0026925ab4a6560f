"""API of imports, for administrators."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.jobs import jobs_resume
from enrollment.models import Student
from tests.attendance.api.client import refusal
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


def test_refusals(api, ada, upload):
    assert upload("", kind="no such kind").status_code == 400
    bad = upload("").json()
    assert (bad["state"], bool(bad["error"])) == ("failed", True)
    assert refusal(api(ada).post(f"imports/{bad['id']}/apply/")) == (409, "not_ready")
    assert refusal(api(ada).post(f"imports/{bad['id']}/undo/")) == (409, "not_applied")


def test_only_for_administrators_of_the_school(api, ada, tess, hanna, upload):
    at = f"imports/{upload(table(ADA)).json()['id']}/"
    assert [api(who).get(at).status_code for who in (None, tess, hanna)] == [401, 403, 404]
