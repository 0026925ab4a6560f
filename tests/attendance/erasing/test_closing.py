"""A whole school erased by its operator: asked for on a page, done by a job, with a signed receipt."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.jobs import jobs_resume
from accounts.models import Institution, Job, User
from attendance.erasing import school as erasing
from attendance.erasing.closing import school_erase_ask
from attendance.erasing.receipts import receipt_verify
from attendance.models import MarkRow
from enrollment.errors import ErasureUnfinished
from enrollment.models import SchoolErasureReceipt, Student
from tests.conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)
ASK = "/schools/riverside/erase/"


@pytest.fixture
def mode():
    """The embedded stores: those of AWS are tried with the command."""
    return "embedded"


@pytest.fixture
def operator(own_media):
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.org", PASSWORD, name="Root"))
    return client


def text(response):
    return response.content.decode()


def test_from_the_question_to_the_receipt(marked, operator, hilltop, ada, sign_in):
    page = text(operator.get(ASK))
    assert "Riverside School" in page
    assert "Students</dt><dd>2" in page
    response = operator.post(ASK, {"slug": " riverside/ "}, follow=True)
    receipt = SchoolErasureReceipt.objects.get()
    address = f"/schools/erased/{receipt.pk}/"
    assert response.redirect_chain[-1][0] == address
    assert "Waiting to start" in text(response)
    assert sign_in(ada).get("/riverside/today/").status_code == 404  # closed at once
    assert "Being erased" in text(operator.get("/schools/"))
    jobs_resume()
    assert list(Institution.objects.all()) == [hilltop]
    assert not MarkRow.objects.exists()
    page = text(operator.get(address))
    assert "Done. Every place was read again and nothing was left." in page
    assert "asked" not in page or "Root" in page
    signed = operator.get(f"{address}receipt.json")
    statement = receipt_verify(text(signed))
    assert (statement["asked_by"], statement["school"]["label"]) == ("Root", "riverside: Riverside School")
    assert {step["left"] for step in statement["steps"]} == {0}
    assert "riverside: Riverside School" in text(operator.get("/schools/erased/"))
    assert operator.get(ASK).status_code == 404  # it is gone


@pytest.mark.parametrize("typed", ["", "hilltop", "Riverside School"])
def test_another_word_erases_nothing(marked, operator, typed):
    page = text(operator.post(ASK, {"slug": typed}))
    assert "Nothing was erased" in page or "required" in page
    assert not SchoolErasureReceipt.objects.exists()
    assert Institution.objects.get(slug="riverside").closing_at is None


def test_a_double_click_is_one_erasure(marked, operator):
    for _ in range(2):
        operator.post(ASK, {"slug": "riverside"})
    assert (SchoolErasureReceipt.objects.count(), Job.objects.count()) == (1, 1)


def test_an_outage_is_waited_for(marked, operator, monkeypatch):
    def away(place):
        raise ErasureUnfinished("engine_away", "The face service cannot be reached.", retryable=True)

    with monkeypatch.context() as patch:
        patch.setattr(erasing, "places_of", lambda school: [object()])
        patch.setattr(erasing, "keeper_at", away)
        operator.post(ASK, {"slug": "riverside"})
        jobs_resume()
    receipt = SchoolErasureReceipt.objects.get()
    assert "cannot be reached" in text(operator.get(f"/schools/erased/{receipt.pk}/"))
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    jobs_resume()
    assert SchoolErasureReceipt.objects.get().is_done


def test_one_that_failed_is_continued(marked, operator, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(erasing, "_delete_files", lambda school: 1 / 0)
        operator.post(ASK, {"slug": "riverside"})
        jobs_resume()
    address = f"/schools/erased/{SchoolErasureReceipt.objects.get().pk}/"
    assert "This erasure is unfinished." in text(operator.get(address))
    assert operator.get(f"{address}receipt.json").status_code == 404
    operator.post(f"{address}continue/")
    jobs_resume()
    assert SchoolErasureReceipt.objects.get().is_done
    assert not Student.objects.filter(institution__slug="riverside").exists()
    operator.post(f"{address}continue/")  # nothing is left to continue
    assert SchoolErasureReceipt.objects.count() == 1


def test_the_job_gives_way_between_students(marked, operator, ada, monkeypatch):
    receipt = school_erase_ask(institution=marked.institution, by=ada.user)
    seen = []
    real = erasing.student_erase_faces

    def erase(*, student):
        seen.append(student)
        return real(student=student)

    monkeypatch.setattr(erasing, "student_erase_faces", erase)
    from accounts.jobs import job_take_up_next

    job_take_up_next(is_stopping=lambda: bool(seen))
    assert len(seen) == 1
    assert Job.objects.get().state == Job.State.WAITING
    jobs_resume()
    receipt.refresh_from_db()
    assert receipt.is_done


def test_a_changed_receipt_is_called_so(marked, operator):
    operator.post(ASK, {"slug": "riverside"})
    jobs_resume()
    receipt = SchoolErasureReceipt.objects.get()
    receipt.document = json.loads(json.dumps(receipt.document).replace("riverside", "lakeside"))
    receipt.save()
    assert "does not fit" in text(operator.get(f"/schools/erased/{receipt.pk}/"))
