"""The local AWS servers as fixtures, for every test of the portal.

`local_rekognition`, `local_dynamodb` and `local_s3` give a test an empty service, with the process's settings and
boto3 pointed at it. The servers run once in each pytest process and start when a test first wants them.
"""

import os
from contextlib import contextmanager

import pytest
from django.test import override_settings

from portal.aws.clients import forget_clients
from tests.aws.servers import CREDENTIALS, LocalRekognition, Ministack, MinistackMissing

REGION = "eu-west-1"
# boto3 must find these, whatever a developer's own profile says, and nothing else.
_ENVIRONMENT = {
    **CREDENTIALS,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
_OTHERS = ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL")


@pytest.fixture(scope="session")
def rekognition_server():
    """The running Rekognition, shared by a process's tests; most want `local_rekognition`."""
    with LocalRekognition.start() as server:
        yield server


@pytest.fixture(scope="session")
def ministack():
    """The running ministack, shared by a process's tests; most want `local_dynamodb` or `local_s3`."""
    try:
        server = Ministack.start()
    except MinistackMissing as missing:
        pytest.skip(str(missing))
    with server:
        yield server


@contextmanager
def talking_to(**urls):
    """As `aws_endpoint` does for one test, for a fixture that outlives it: `talking_to(rekognition=url)`."""
    with pytest.MonkeyPatch.context() as patch, override_settings(AWS_REGION=REGION, AWS_ENDPOINTS=urls):
        for name in _OTHERS:
            patch.delenv(name, raising=False)
        endpoints = {f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in urls.items()}
        for name, value in {**_ENVIRONMENT, **endpoints}.items():
            patch.setenv(name, value)
        forget_clients()
        yield
    forget_clients()


@pytest.fixture
def aws_credentials(monkeypatch, settings):
    """Dummy credentials and a Region, and no client made with others."""
    for name in _OTHERS:
        monkeypatch.delenv(name, raising=False)
    for name, value in _ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings.AWS_REGION = REGION
    forget_clients()
    yield
    forget_clients()


@pytest.fixture
def aws_endpoint(aws_credentials, monkeypatch, settings):
    """Points a service's clients at a URL: `aws_endpoint("s3", url)`."""

    def point(service, url):
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service.upper()}", url)
        settings.AWS_ENDPOINTS = {**settings.AWS_ENDPOINTS, service: url}
        forget_clients()

    return point


@pytest.fixture
def local_rekognition(rekognition_server, aws_endpoint):
    """An empty Rekognition (`LocalRekognition`: `calls()`, `fault()`, `quota()`, `slow()`) that boto3 talks to."""
    rekognition_server.reset()
    aws_endpoint("rekognition", rekognition_server.url)
    return rekognition_server


@pytest.fixture
def _empty_ministack(ministack):
    """One reset a test, even if it uses both services."""
    ministack.reset()
    return ministack


@pytest.fixture
def local_dynamodb(_empty_ministack, aws_endpoint):
    """An empty DynamoDB that boto3 talks to: a test creates its tables."""
    aws_endpoint("dynamodb", _empty_ministack.url)
    return _empty_ministack


@pytest.fixture
def local_s3(_empty_ministack, aws_endpoint, settings):
    """An empty S3 that boto3 talks to: a test creates its buckets."""
    settings.AWS_S3_ADDRESSING = "path"  # no name of the form bucket.127.0.0.1 exists
    aws_endpoint("s3", _empty_ministack.url)
    return _empty_ministack
