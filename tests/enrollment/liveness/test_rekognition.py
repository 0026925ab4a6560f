"""Rekognition Face Liveness against the local server: what is asked for on the wire, and what the answers come to."""

import base64
import io

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from PIL import Image

from attendance.demo.orl import orl_photo
from attendance.needs import FACE_LIVENESS, needs_of_aws
from enrollment.domain.liveness import LivenessUnavailable, Outcome, Reason
from enrollment.liveness import liveness_for
from enrollment.liveness.rekognition import RekognitionLiveness

pytestmark = pytest.mark.django_db
BOX = {"Left": 0.2, "Top": 0.15, "Width": 0.6, "Height": 0.6}


@pytest.fixture
def server(local_rekognition, settings):
    settings.LIVENESS_CHECK = {"BACKEND": "enrollment.liveness.rekognition.RekognitionLiveness", "OPTIONS": {}}
    settings.AWS_RATES = {"CreateFaceLivenessSession": 1000, "GetFaceLivenessSessionResults": 1000}
    cache.clear()
    return local_rekognition


@pytest.fixture
def check(server, riverside):
    return liveness_for(riverside)


def picture():
    out = io.BytesIO()
    orl_photo(1, 1).save(out, "JPEG")
    return base64.b64encode(out.getvalue()).decode()


def test_a_session_that_amazon_is_confident_of_is_live_and_brings_its_picture(server, check):
    challenge = check.challenge()
    assert (challenge.kind, challenge.steps, challenge.seconds) == ("rekognition", (), 180)
    server.liveness(confidence=97.5, picture=picture(), box=BOX)
    verdict = check.judge(challenge, [])
    assert (verdict.outcome, verdict.reason, verdict.evidence) == (Outcome.LIVE, Reason.FOLLOWED, {"confidence": 97.5})
    assert isinstance(verdict.picture, Image.Image)
    assert server.calls() == {"CreateFaceLivenessSession": 1, "GetFaceLivenessSessionResults": 1}


@pytest.mark.parametrize(("confidence", "outcome"), [(89.9, Outcome.NOT_LIVE), (90.0, Outcome.LIVE)])
def test_the_threshold_decides(server, check, confidence, outcome):
    challenge = check.challenge()
    server.liveness(confidence=confidence, picture=picture(), box=BOX)
    assert check.judge(challenge, []).outcome is outcome


@pytest.mark.parametrize("status", ["IN_PROGRESS", "FAILED", "EXPIRED"])
def test_a_session_that_was_not_seen_through_is_undecided(server, check, status):
    challenge = check.challenge()
    server.liveness(status=status)
    assert check.judge(challenge, []).reason is Reason.NOT_DONE


def test_a_session_that_nobody_used_or_that_is_gone_is_undecided(server, check):
    challenge = check.challenge()
    assert check.judge(challenge, []).outcome is Outcome.UNDECIDED
    server.reset()
    assert check.judge(challenge, []).reason is Reason.NOT_DONE


def test_a_live_session_without_its_picture_marks_nobody(server, check):
    challenge = check.challenge()
    server.liveness(confidence=99.0)
    assert check.judge(challenge, []).outcome is Outcome.UNDECIDED


def test_each_challenge_is_a_session_of_its_own(check):
    assert check.challenge().reference != check.challenge().reference


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("InternalServerError", True), ("AccessDeniedException", None)],
)
def test_obstacles_are_ours_not_the_vendor_s(server, check, code, retryable):
    server.fault("CreateFaceLivenessSession", code, times=50)
    with pytest.raises(LivenessUnavailable) as raised:
        check.challenge()
    assert retryable is None or raised.value.retryable is retryable


def test_a_challenge_that_amazon_does_not_know_is_refused_when_the_portal_starts(riverside):
    with pytest.raises(ImproperlyConfigured, match="FaceMovementChallenge"):
        RekognitionLiveness(riverside, challenge="Dance")


def test_the_rights_are_asked_for_where_it_is_chosen(server, settings):
    assert needs_of_aws().liveness_actions == FACE_LIVENESS
    settings.LIVENESS_CHECK = {"BACKEND": "enrollment.liveness.turns.HeadTurns"}
    assert not needs_of_aws().liveness_actions
