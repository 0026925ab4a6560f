"""The API does what its schema says: calls that schemathesis makes from it, as a teacher, a student, an administrator,
a guardian and a principal.

Both what the schema allows and what it forbids is sent. Each answer has a status, a content type and a shape that the
schema names, and none is a fault of the portal.
"""

from contextlib import suppress
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import override_settings
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, openapi
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from portal.wsgi import application
from tests.attendance.api.client import token_of
from tests.conftest import rows_kept
from tests.test_walls import make_world, with_its_files

EXAMPLES = 10  # of each operation, for each visitor, with allowed and with forbidden values
SEED = 20261130
CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]


@pytest.fixture(scope="module")
def module_world(module_rows, tmp_path_factory):
    engine = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
    with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("pictures"), FACE_ENGINE=engine):
        yield make_world()


@pytest.fixture
def connections_kept():
    """The test's transaction outlives the calls, as with Django's own client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def world(module_world, db, connections_kept):
    return with_its_files(module_world)


def operations():
    """The operations of the schema as it is served."""
    schema = openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
    schema.app = application
    found = [result.ok() for result in schema.get_all_operations()]
    return [operation for operation in found if operation.path.startswith("/api/{school}/")]


@pytest.mark.thorough
@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("who", ["teacher", "student", "admin", "guardian", "principal"])
def test_each_answer_is_one_that_the_schema_names(who, mode, world):
    header = token_of(SimpleNamespace(user=world.visitors[who]))
    known = {
        "school": "riverside", "session_id": str(world.session.pk), "student_id": str(world.sam.pk),
        "capture_id": str(world.capture.pk), "face_id": str(world.detected_face.pk),
        "course": str(world.physics.pk), "student": str(world.sam.pk), "expected_version": 0,
        "run_id": str(world.import_run.pk),
    }  # fmt: skip
    faults = []
    for operation in operations():
        with suppress(Unsatisfiable):  # nothing that is forbidden can be sent there
            called(operation, mode, known, {"Authorization": header["HTTP_AUTHORIZATION"]}, faults)
    assert faults == [], "\n\n".join(faults)


def called(operation, mode, known, headers, faults):
    @seed(SEED)
    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(mode), somewhere=st.sampled_from(["anywhere", "known address", "known"]))
    def call(case, somewhere):
        also = [checks.negative_data_rejection] if somewhere == "anywhere" else []
        if somewhere != "anywhere":  # an address that exists, so that the call gets further than to 404
            case.path_parameters = {name: known[name] for name in case.path_parameters}
        if somewhere == "known" and isinstance(case.body, dict):
            case.body = {name: known.get(name, value) for name, value in case.body.items()}
        cache.clear()
        with rows_kept():
            response = case.call(headers=headers)
        try:
            case.validate_response(response, checks=CHECKS + also)
        except BaseExceptionGroup as found:
            faults.extend(f"{operation.label}: {each}" for each in found.exceptions)

    call()
