"""Figures for a monitor: of what waits and of what was done; nobody's name in them."""

import re
from datetime import timedelta
from unittest.mock import Mock

import pytest
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import REGISTRY

from accounts.models import Duty, Job
from attendance.repositories import marks_for
from attendance.upkeep import _do
from portal import health_server, metrics
from portal.aws.measuring import measured
from tests.contracts.marks import mark_of


def value(name, **labels):
    """The figure of this process; the queues, which ask the database, are left out."""
    samples = [each for metric in REGISTRY.restricted_registry([name]).collect() for each in metric.samples]
    return next((each.value for each in samples if (each.name, each.labels) == (name, labels)), 0.0)


def asked(path, method="GET"):
    """Status, content type and body of the health server's answer."""
    said = []
    body = health_server.application({"REQUEST_METHOD": method, "PATH_INFO": path}, lambda *told: said.extend(told))
    return said[0], dict(said[1])["Content-Type"], b"".join(body).decode()


@pytest.fixture
def kept_connection(monkeypatch):
    monkeypatch.setattr(metrics, "connection", Mock())  # of the test, which it needs afterwards


@pytest.mark.django_db
@pytest.mark.usefixtures("kept_connection")
class TestAtTheHealthAddress:
    def test_what_waits_and_since_when(self, riverside, django_assert_num_queries):
        Job.objects.create(institution=riverside, kind="x", created_at=timezone.now() - timedelta(minutes=5))
        with django_assert_num_queries(5):
            status, kind, text = asked("/metrics")
        assert (status, kind.split(";")[0]) == ("200 OK", "text/plain")
        assert 'portal_waiting{queue="jobs"} 1.0' in text
        assert 'portal_waiting{queue="captures"} 0.0' in text
        age = float(re.search(r'portal_waiting_oldest_seconds\{queue="jobs"\} (\S+)', text)[1])
        assert 290 < age < 900
        assert "Riverside" not in text

    def test_when_the_last_sweep_ended(self):
        assert re.search(r"^portal_sweep_age_seconds", asked("/metrics")[2], re.MULTILINE) is None
        Duty.objects.create(name="sweep", ended_at=timezone.now() - timedelta(minutes=5))
        age = float(re.search(r"^portal_sweep_age_seconds (\S+)", asked("/metrics")[2], re.MULTILINE)[1])
        assert 290 < age < 900

    def test_nothing_is_changed_by_asking(self):
        assert asked("/metrics", "POST")[0] == "405 Method Not Allowed"
        assert asked("/metrics", "HEAD")[2] == ""

    def test_a_database_that_is_away_is_said(self, monkeypatch):
        monkeypatch.setattr(metrics, "generate_latest", Mock(side_effect=DatabaseError("away")))
        assert asked("/metrics")[0] == "503 Service Unavailable"


def test_pages_of_the_portal_do_not_tell_figures(sign_in, ada):
    assert sign_in(ada).get("/metrics/").status_code == 404


@pytest.mark.django_db
def test_marks_are_counted_as_they_are_written(riverside, lesson, sam):
    before = value("portal_marks_total")
    marks_for(riverside).mark_many([mark_of(lesson, sam.pk)])
    assert value("portal_marks_total") == before + 1


def test_chores_that_go_wrong_are_counted():
    before = value("portal_chore_failures_total", chore="deleted")
    _do({"deleted": lambda: 1 / 0, "frames": lambda: 3})
    assert value("portal_chore_failures_total", chore="deleted") == before + 1
    assert value("portal_chore_seconds_count", chore="frames") >= 1


class TestCallsOfAws:
    @pytest.fixture
    def dynamodb(self):
        import boto3
        from moto import mock_aws

        with mock_aws():
            yield measured(boto3.client("dynamodb", region_name="eu-west-1"))

    def test_answered_and_refused(self, dynamodb):
        named = {"service": "dynamodb", "operation": "DescribeTable"}
        refused, answered = (
            value("portal_aws_calls_total", outcome="refused", **named),
            value("portal_aws_calls_total", outcome="answered", service="dynamodb", operation="ListTables"),
        )
        dynamodb.list_tables()
        with pytest.raises(dynamodb.exceptions.ResourceNotFoundException):
            dynamodb.describe_table(TableName="none")
        assert value("portal_aws_calls_total", outcome="refused", **named) == refused + 1
        again = value("portal_aws_calls_total", outcome="answered", service="dynamodb", operation="ListTables")
        assert again == answered + 1

    def test_each_try_of_a_service_that_is_away(self):
        import boto3
        from botocore.config import Config

        named = {"service": "dynamodb", "operation": "ListTables", "outcome": "unreachable"}
        before = value("portal_aws_calls_total", **named)
        away = measured(
            boto3.client(
                "dynamodb", region_name="eu-west-1", endpoint_url="http://127.0.0.1:9", aws_access_key_id="x",
                aws_secret_access_key="x", config=Config(retries={"mode": "standard", "total_max_attempts": 2}),
            )
        )  # fmt: skip
        with pytest.raises(Exception, match="connect"):
            away.list_tables()
        assert value("portal_aws_calls_total", **named) == before + 2
