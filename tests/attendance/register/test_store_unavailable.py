"""Pages while the stores in DynamoDB are unavailable: one clear sentence, and nothing lost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from attendance.captures.backlog import captures_resume
from attendance.captures.doubts import detected_face_decide
from attendance.domain.statuses import Status
from attendance.models import Capture, ClassSession
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from attendance.upkeep import closings_resume
from enrollment.errors import ErasureUnfinished
from enrollment.models import Consent
from enrollment.services.consents import consent_withdraw
from portal.aws import clients
from tests.attendance.api.client import jpeg, token_of
from tests.aws.servers import free_port
from tests.engines import face

SENTENCE = "The register cannot be read or changed at the moment."
HTMX = {"HX-Request": "true"}


@pytest.fixture
def nobody_there(aws_endpoint, monkeypatch):
    """DynamoDB's address is one where nothing listens, and clients do not insist."""
    monkeypatch.setattr(clients, "RETRIES", {"mode": "standard", "total_max_attempts": 1})
    aws_endpoint("dynamodb", f"http://127.0.0.1:{free_port()}")


@pytest.fixture
def store_unavailable(nobody_there, settings):
    """The store of marks is unavailable from here on, until `back` is called."""
    at_hand = settings.ATTENDANCE_REPOSITORY
    settings.ATTENDANCE_REPOSITORY = {
        "BACKEND": "attendance.repositories.dynamodb.DynamoAttendanceRepository",
        "OPTIONS": {},
    }

    def back():
        settings.ATTENDANCE_REPOSITORY = at_hand

    return back


@pytest.fixture
def at(riverside, register):
    return lambda name, **more: reverse(name, args=[riverside.slug, register.pk, *more.values()])


def test_the_register_s_page_says_so(store_unavailable, sign_in, tess, at):
    answer = sign_in(tess).get(at("session"))
    assert answer.status_code == 503
    assert SENTENCE in answer.content.decode()
    assert int(answer["Retry-After"]) > 0
    assert f'href="{at("session")}"' in answer.content.decode()  # the way to try again


def test_a_mark_by_hand_by_htmx_is_a_toast_over_the_page_as_it_is(store_unavailable, sign_in, tess, sam, at):
    answer = sign_in(tess).post(at("mark", student=sam.pk), {"status": "P", "version": 0}, headers=HTMX)
    assert (answer.status_code, answer["HX-Reswap"]) == (200, "none")
    assert SENTENCE in answer.content.decode()
    assert 'id="toast"' in answer.content.decode()


def test_a_mark_by_hand_without_script_is_a_page(store_unavailable, sign_in, tess, sam, at):
    answer = sign_in(tess).post(at("mark", student=sam.pk), {"status": "P", "version": 0})
    assert answer.status_code == 503
    assert SENTENCE in answer.content.decode()
    assert f'href="{at("mark", student=sam.pk)}"' not in answer.content.decode()  # it takes no GET


def test_the_api_has_the_same_sentence(store_unavailable, client, tess, riverside, register):
    answer = client.get(f"/api/{riverside.slug}/sessions/{register.pk}/", **token_of(tess))
    assert answer.status_code == 503
    assert answer.json()["code"] == "unreachable"
    assert SENTENCE in answer.json()["detail"]


def test_the_webcam_has_the_same_sentence(script, store_unavailable, sign_in, tess, sam, at):
    script.sees(face((sam.pk, 0.9)))
    picture = SimpleUploadedFile("frame.jpg", jpeg(), "image/jpeg")
    answer = sign_in(tess).post(at("frame"), {"picture": picture, "nonce": uuid4()})
    assert answer.status_code == 503
    assert SENTENCE in answer.json()["detail"]


def test_a_photo_waits_and_marks_when_the_store_is_back(script, store_unavailable, take, register, sam):
    script.sees(face((sam.pk, 0.9))).sees(face((sam.pk, 0.9)))
    capture = take().capture
    assert (capture.state, capture.reason) == (Capture.State.WAITING, "store_unreachable")
    store_unavailable()
    Capture.objects.update(retry_at=timezone.now())
    assert captures_resume() == 1
    assert marks_for(register.institution).for_session(register.pk)[sam.pk].status.attended


def test_a_closing_ends_when_the_store_is_back(store_unavailable, register, tess, sam, sita):
    with pytest.raises(StoreUnavailable):
        session_close(session=register, by=tess.user)
    register.refresh_from_db()
    assert register.state == ClassSession.State.CLOSING
    ClassSession.objects.filter(pk=register.pk).update(closed_at=timezone.now() - timedelta(minutes=5))
    assert closings_resume() == 0  # still unavailable: said in the log, and the next one's turn
    store_unavailable()
    assert closings_resume() == 1
    store = marks_for(register.institution)
    assert {mark.status for mark in store.for_session(register.pk).values()} == {Status.ABSENT}
    assert store.day_tally(register.local_date).counts == {Status.ABSENT: 2}


def test_a_decision_that_could_not_mark_can_be_made_again_otherwise(script, take, request, tess, sam, sita):
    script.sees(face((sam.pk, 0.4)))
    [doubt] = take().detected_faces
    back = request.getfixturevalue("store_unavailable")
    with pytest.raises(StoreUnavailable):
        detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user)
    back()
    assert detected_face_decide(detected_face=doubt, student_id=sita.pk, by=tess.user).student_id == sita.pk


def test_consent_is_withdrawn_even_if_the_mapping_is_unavailable(nobody_there, settings, ada, sam):
    """The erasure waits, which is said as an erasure that waits."""
    settings.FACE_ID_REPOSITORY = {"BACKEND": "enrollment.repositories.dynamodb.DynamoFaceIdRepository", "OPTIONS": {}}
    with pytest.raises(ErasureUnfinished) as waits:
        consent_withdraw(student=sam, by=ada.user)
    assert (waits.value.code, waits.value.retryable) == ("erasure_waiting", True)
    assert not Consent.objects.filter(student=sam, withdrawn_at=None).exists()
