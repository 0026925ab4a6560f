"""The school's own thresholds, in the unit of the engine that it has."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from attendance.demo.orl import orl_photo
from attendance.register.labels import similarity_words
from enrollment.faces import faces_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(sign_in, ada, riverside):
    """Sends the school's form with these thresholds; returns the errors by field."""
    client = sign_in(ada)

    def send_(mark="", ask="", **changes):
        given = {
            "name": riverside.name,
            "time_zone": "UTC",
            "language": "en",
            "name_order": "given",
            "grace_minutes": 5,
            "photo_retention_days": 7,
            "log_retention_days": 730,
            "leaver_retention_days": 30,
            "attendance_threshold": 90,
            "chronic_percent": 10,
            "streak_days": 3,
            **changes,
        }
        url = reverse("admin:accounts_institution_change", args=[riverside.pk])
        response = client.post(url, {**given, "faces_enabled": "on", "accept_threshold": mark, "review_threshold": ask})
        riverside.refresh_from_db()
        return {} if response.status_code == 302 else dict(response.context["adminform"].form.errors)

    return send_


@pytest.fixture
def rekognition(local_rekognition, settings):
    cache.clear()
    settings.FACE_ENGINE = {"BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine"}
    return local_rekognition


@pytest.mark.parametrize(
    ("law", "days", "errors"),
    [("illinois", 31, ["leaver_retention_days"]), ("illinois", 30, []), ("england", 90, [])],
)
def test_days_after_leaving_are_those_of_the_law(send, riverside, law, days, errors):
    assert list(send(law=law, leaver_retention_days=days)) == errors
    assert riverside.leaver_retention_days == (30 if errors else days)


def test_a_cosine(send, riverside):
    assert send("0.5", "0.4") == {}
    assert (riverside.accept_threshold, riverside.thresholds_model) == (0.5, faces_for(riverside).calibration.model)


@pytest.mark.parametrize("wrong", ["95", "1.01", "-0.1"])
def test_no_cosine(send, riverside, wrong):
    assert list(send(mark=wrong)) == ["accept_threshold"]
    assert (riverside.accept_threshold, riverside.thresholds_model) == (None, "")


def test_a_per_cent(send, rekognition, riverside, sam):
    faces_for(riverside).enroll(orl_photo(1, 1), student_id=sam.pk)
    assert send("99", "85.5") == {}
    assert (riverside.accept_threshold, riverside.review_threshold, riverside.thresholds_model) == (
        99,
        85.5,
        "rekognition-7.0",
    )


@pytest.mark.parametrize("wrong", ["0.38", "101"])
def test_no_per_cent(send, rekognition, riverside, wrong):
    """A cosine used as a per cent would mark every face as a student's."""
    assert list(send(mark=wrong)) == ["accept_threshold"]
    assert riverside.accept_threshold is None


def test_an_engine_that_is_unavailable_keeps_the_thresholds_as_they_are(send, rekognition, riverside):
    rekognition.fault("DescribeCollection", "AccessDeniedException")
    assert list(send("99", "85")) == ["__all__"]
    assert riverside.accept_threshold is None


def test_taking_thresholds_back_asks_nobody(send, rekognition, riverside):
    riverside.accept_threshold, riverside.thresholds_model = 99, "rekognition-7.0"
    riverside.save()
    assert send() == {}
    assert (riverside.accept_threshold, riverside.thresholds_model) == (None, "")
    assert rekognition.calls() == {}


def test_similarities_are_shown_in_their_unit():
    assert [similarity_words(value) for value in (0.384, 1.0, 99.512, 100.0, None)] == [
        "0.38",
        "1.00",
        "99.5 %",
        "100.0 %",
        "",
    ]
