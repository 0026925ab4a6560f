"""Each check speaks where its setting is wrong, and is silent where it is not."""

import re
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError

from portal.checks import RULES

ORM = "attendance.repositories.orm.OrmAttendanceRepository"
DYNAMO = "attendance.repositories.dynamodb.DynamoAttendanceRepository"
REKOGNITION = "enrollment.faces.rekognition.engine.RekognitionFaceEngine"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


def said(*, database=False):
    """The ids of the portal's own messages."""
    tags = ["security", *(["database"] if database else [])]
    found = run_checks(tags=tags, include_deployment_checks=True, databases=["default"] if database else None)
    return {message.id.removeprefix("portal.") for message in found if message.id.startswith("portal.")}


@pytest.fixture(autouse=True)
def no_keys(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def sound(settings):
    """The shipped settings on a real server: HTTPS, a name, a mail server."""
    settings.DEMO = settings.DEBUG = False
    settings.SECURE_SSL_REDIRECT = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = settings.SECURE_HSTS_PRELOAD = True
    settings.SECURE_HSTS_SECONDS = 31_536_000
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.ALLOWED_HOSTS = ["attendance.example.org"]
    return settings


@pytest.fixture
def on_aws(sound, monkeypatch):
    """Everything on AWS, as it should be."""
    sound.AWS_REGION = "eu-west-1"
    sound.FACE_ENGINE = {"BACKEND": REKOGNITION, "OPTIONS": {}}
    sound.FACE_ID_REPOSITORY = {"BACKEND": "enrollment.repositories.dynamodb.DynamoFaceIdRepository", "OPTIONS": {}}
    sound.ATTENDANCE_REPOSITORY = {"BACKEND": DYNAMO, "OPTIONS": {"retention_days": 400}}
    sound.PICTURES_BUCKET = "school-pictures"
    sound.PICTURES_KMS_KEY = KEY
    sound.PICTURE_ORIGINS = ["https://school-pictures.s3.eu-west-1.amazonaws.com"]
    sound.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://x"}}
    monkeypatch.setitem(sound.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    return sound


def test_a_sound_installation_hears_nothing(sound):
    assert said() == set()


def test_on_aws_only_the_reminder_is_left(on_aws):
    assert said() == {"I003"}
    on_aws.SILENCED_SYSTEM_CHECKS = ["portal.I003"]
    call_command("check", deploy=True, fail_level="INFO", tags=["security"])


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("W001", "DEMO", True),
        ("W005", "EMAIL_BACKEND", "django.core.mail.backends.console.EmailBackend"),
        ("W006", "ALLOWED_HOSTS", ["127.0.0.1", "localhost"]),
        ("W007", "ALLOWED_HOSTS", ["attendance.example.org", "*"]),
        ("W013", "AWS_ENDPOINTS", {"dynamodb": "http://10.0.0.7:8000", "s3": "https://s3.example.org"}),
        ("W017", "AWS_RATES", {"SearchFaceByImage": 50}),
        ("W017", "AWS_RATES", {"SearchFacesByImage": 0}),
        ("W017", "AWS_RATES", {"SearchFacesByImage": "50"}),
        ("W022", "ERASURE_JOURNAL", "/nowhere/erasures.jsonl"),
        ("E001", "PICTURES_KMS_KEY", KEY),
        ("E005", "AWS_PREFIX", "school:one"),
        ("E006", "PICTURES_URL_SECONDS", 0),
        ("E007", "AWS_S3_ADDRESSING", "auto"),
        ("E008", "FACE_ENGINE", {"BACKEND": "enrollment.faces.nowhere.Engine"}),
        ("E008", "LIVENESS_CHECK", {"BACKEND": "enrollment.liveness.nowhere.Check"}),
        ("E008", "ATTENDANCE_REPOSITORY", {"BACKEND": ORM, "OPTIONS": {"colour": "green"}}),
    ],
)
def test_one_wrong_setting(sound, rule, name, value):
    setattr(sound, name, value)
    assert said() == {rule}


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [("W018", "DEBUG", True), ("W008", "SECURE_SSL_REDIRECT", False), ("W004", "SECURE_HSTS_SECONDS", 0)],
)
def test_what_django_itself_says(sound, rule, name, value):
    setattr(sound, name, value)
    found = run_checks(tags=["security"], include_deployment_checks=True)
    assert f"security.{rule}" in {message.id for message in found}


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        ("W010", "AWS_REGION", ""),
        ("W012", "CACHES", {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}),
        ("W018", "PICTURES_URL_SECONDS", 3600),
        ("E002", "PICTURES_BUCKET", "school.pictures"),
        ("E003", "PICTURE_ORIGINS", []),
        ("E004", "PICTURES_KMS_KEY", "alias/pictures"),
        ("E004", "PICTURES_KMS_KEY", KEY.replace("eu-west-1", "us-east-1")),
        ("I001", "PICTURES_KMS_KEY", ""),
        ("I002", "ATTENDANCE_REPOSITORY", {"BACKEND": DYNAMO, "OPTIONS": {}}),
    ],
)
def test_one_wrong_setting_on_aws(on_aws, rule, name, value):
    setattr(on_aws, name, value)
    assert said() == {rule, "I003"}


@pytest.mark.parametrize(("region", "has_it"), [("eu-west-2", True), ("eu-west-3", False), ("eu-north-1", False)])
def test_a_region_without_rekognition(on_aws, region, has_it):
    on_aws.AWS_REGION, on_aws.PICTURES_KMS_KEY = region, ""
    assert said() == {"I001", "I003"} | (set() if has_it else {"W021"})
    on_aws.AWS_ENDPOINTS = {**on_aws.AWS_ENDPOINTS, "rekognition": "https://rekognition.example.org"}
    assert said() == {"I001", "I003"}
    on_aws.FACE_ENGINE = {"BACKEND": "enrollment.faces.local.engine.LocalFaceEngine", "OPTIONS": {}}
    assert "W021" not in said()


def test_pictures_on_a_disk_beside_marks_in_dynamodb(on_aws):
    on_aws.PICTURES_BUCKET = on_aws.PICTURES_KMS_KEY = ""
    assert said() == {"W014", "I003"}


def test_sqlite_beside_aws(on_aws, monkeypatch):
    monkeypatch.setitem(on_aws.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")
    assert said() == {"W015", "I003"}


def test_keys_that_live_long(on_aws, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "long")
    assert said() == {"W011", "I003"}
    monkeypatch.setenv("AWS_SESSION_TOKEN", "short")  # a role's: they end by themselves
    assert said() == {"I003"}


def test_keys_without_aws_are_nobodys_business(sound, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "long")
    assert said() == set()


def test_an_endpoint_on_this_machine_may_be_plain(sound):
    sound.AWS_ENDPOINTS = {"dynamodb": "http://127.0.0.1:4566", "s3": "http://localhost:4566", "rekognition": ""}
    assert said() == set()


def test_a_process_cache_is_enough_without_rekognition(sound):
    sound.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert said() == set()


def test_rates_of_what_the_engine_calls(sound):
    sound.AWS_RATES = {"SearchFacesByImage": 50, "SearchUsersByImage": 5.5, "DetectFaces": 25}
    assert said() == set()


def test_schools_without_a_cap_are_known_to_the_database_alone(on_aws, riverside, hilltop):
    assert said() == {"I003"}
    riverside.monthly_cap = 20
    riverside.save()
    assert said(database=True) == {"W016", "I003"}
    hilltop.faces_enabled = False
    hilltop.save()
    assert said(database=True) == {"I003"}


def test_schools_on_the_embedded_engine_need_no_cap(sound, riverside):
    assert said(database=True) == set()


def test_what_is_impossible_stops_every_command_that_checks(sound):
    sound.PICTURES_KMS_KEY = KEY
    with pytest.raises(SystemCheckError, match=r"portal\.E001"):
        call_command("check")


def test_every_id_is_documented_once_and_in_order():
    text = (Path(__file__).resolve().parent.parent / "docs" / "deployment-checks.md").read_text("utf-8")
    documented = re.findall(r"^\| portal\.(\w+) \|", text, re.MULTILINE)
    assert sorted(documented) == sorted(rule.id for rule in RULES)
    assert len(documented) == len(set(documented))
    assert all(rule.sentence and rule.hint.endswith((".", "}")) for rule in RULES)
