"""The month's budget is used up: nothing is recognised for money any more, everything goes on by hand."""

import io
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils.formats import date_format

from accounts.metering import calls_count
from accounts.models import Institution, PaidCalls
from accounts.pending import pending
from accounts.selectors import billing_month, month_after
from attendance.costs.budget import past_cap
from attendance.costs.errors import CapReached
from attendance.models import Capture
from tests.attendance.api.client import jpeg
from tests.engines import face

pytestmark = pytest.mark.django_db
SENTENCE = "budget for recognising faces is used up"


@pytest.fixture
def metered(settings, script, riverside):
    """Riverside's engine costs money, and Riverside may spend three cents a month."""
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.MeteredEngine", "OPTIONS": {}}
    Institution.objects.filter(pk=riverside.pk).update(monthly_cap="0.03")
    riverside.refresh_from_db()
    return riverside


@pytest.fixture
def past(metered, script, sam):
    """The budget is used up, and the engine would know Sam."""
    use(metered, 30)
    script.sees(face((sam.pk, 0.9)))
    return metered


def use(institution, calls):
    PaidCalls.objects.create(
        institution=institution, month=billing_month(), service="rekognition", operation="DetectFaces", calls=calls
    )


def page(session, name="session"):
    return reverse(name, args=[session.institution.slug, session.pk])


def photo(nonce=None):
    return {"picture": io.BytesIO(jpeg()), "nonce": str(nonce or uuid4())}


class TestAPicture:
    def test_is_refused_before_anything_is_stored(self, past, take, script, picture_folder):
        with pytest.raises(CapReached) as refused:
            take()
        assert refused.value.code == "cap_reached"
        assert not refused.value.retryable
        assert not Capture.objects.exists()
        assert not picture_folder.exists()
        assert script.candidates == []

    def test_says_who_can_help_and_when_the_budget_renews(self, past, take):
        with pytest.raises(CapReached) as refused:
            take()
        said = str(refused.value)
        assert SENTENCE in said
        assert "Mark by hand." in said
        assert "operator can raise it" in said
        assert date_format(month_after(billing_month()), "j F") in said

    def test_is_taken_one_call_earlier(self, metered, take, script, sam):
        use(metered, 29)
        script.sees(face((sam.pk, 0.9)))
        assert len(take().marks) == 1

    def test_is_taken_where_recognition_costs_nothing(self, riverside, take, script, sam, settings):
        Institution.objects.filter(pk=riverside.pk).update(monthly_cap=0)
        script.sees(face((sam.pk, 0.9)))
        assert len(take().marks) == 1

    def test_that_was_taken_before_keeps_its_answer(self, metered, take, script, sam):
        script.sees(face((sam.pk, 0.9)))
        nonce = uuid4()
        first = take(nonce)
        use(metered, 30)
        assert take(nonce).capture == first.capture

    def test_the_one_that_uses_the_rest_is_finished(self, metered, take, script, sam, monkeypatch):
        """Counted while it is recognised: it may overshoot the cap, the next one may not begin."""
        script.sees(face((sam.pk, 0.9)))
        of_script = script.next

        def paid():
            calls_count(metered.pk, "rekognition", "SearchFacesByImage", 40)
            return of_script()

        monkeypatch.setattr(script, "next", paid)
        assert len(take().marks) == 1
        assert pending
        with pytest.raises(CapReached):
            take()

    def test_other_schools_go_on(self, past, hilltop):
        assert past_cap(past)
        assert not past_cap(hilltop)

    def test_it_goes_on_when_the_cap_is_raised(self, past, take):
        Institution.objects.filter(pk=past.pk).update(monthly_cap="0.04")
        assert len(take().marks) == 1


class TestThePages:
    def test_the_register_has_a_sentence_in_place_of_a_camera(self, past, register, sign_in, tess):
        shown = sign_in(tess).get(page(register)).content.decode()
        assert SENTENCE in shown
        assert 'type="file"' not in shown
        assert page(register, "webcam") not in shown
        assert page(register, "session_close") in shown

    def test_the_register_has_its_camera_until_then(self, metered, register, sign_in, tess):
        use(metered, 29)
        shown = sign_in(tess).get(page(register)).content.decode()
        assert SENTENCE not in shown
        assert shown.count('type="file"') == 2

    @pytest.mark.parametrize("state", ["closed", "scheduled"])
    def test_a_register_without_a_camera_says_nothing(self, state, past, register, sign_in, tess):
        type(register).objects.filter(pk=register.pk).update(
            state=state, closed_by=tess.user, closed_at=register.ends_at
        )
        assert SENTENCE not in sign_in(tess).get(page(register)).content.decode()

    def test_one_marks_by_hand(self, past, register, sign_in, tess, sam):
        address = reverse("mark", args=[past.slug, register.pk, sam.pk])
        answer = sign_in(tess).post(address, {"status": "P", "version": 0}, headers={"HX-Request": "true"})
        assert "<strong>1</strong>" in answer.content.decode()
        assert SENTENCE in answer.content.decode()

    def test_a_photo_that_comes_too_late(self, past, register, sign_in, tess):
        answer = sign_in(tess).post(page(register, "photo"), photo(), headers={"HX-Request": "true"})
        assert answer.content.decode().count(SENTENCE) == 3  # as a toast, announced, and in the dock from now on
        assert not Capture.objects.exists()

    def test_the_webcam_has_no_camera(self, past, register, sign_in, tess):
        shown = sign_in(tess).get(page(register, "webcam")).content.decode()
        assert SENTENCE in shown
        assert "<video" not in shown
        assert "webcam.js" not in shown

    def test_a_frame_that_comes_too_late(self, past, register, sign_in, tess):
        answer = sign_in(tess).post(page(register, "frame"), photo())
        assert (answer.status_code, answer.json()["code"]) == (409, "cap_reached")
        assert SENTENCE in answer.json()["detail"]

    def test_the_embedded_engine_asks_nothing(self, script, register, sign_in, tess, django_assert_max_num_queries):
        """If recognition costs nothing the page makes no further query."""
        sign_in(tess)
        with django_assert_max_num_queries(60) as queries:
            sign_in(tess).get(page(register))
        assert not [q for q in queries.captured_queries if "paidcalls" in q["sql"]]


@pytest.mark.parametrize("kind", ["photo", "webcam"])
def test_the_api(kind, past, api, register, tess):
    answer = api(tess).picture(f"sessions/{register.pk}/captures/", uuid4(), kind=kind)
    assert (answer.status_code, answer.json()["code"]) == (402, "cap_reached")
    assert SENTENCE in answer.json()["detail"]
