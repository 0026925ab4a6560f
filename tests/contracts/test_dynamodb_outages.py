"""The DynamoDB stores' errors, counts and Regions, on DynamoDB as moto imitates it in this process."""

from datetime import datetime

import pytest

from accounts.pending import pending
from attendance.repositories import dynamodb as marks
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from enrollment.repositories import dynamodb as faces
from enrollment.repositories import face_ids_for
from enrollment.repositories.base import FaceIdsUnavailable
from portal.aws.clients import client
from portal.aws.errors import Failure
from tests.contracts.marks import mark_of

SENTENCES = {
    marks: "The register cannot be read or changed at the moment. Nothing is lost: try again in a minute.",
    faces: "The list of whose face is whose cannot be read now. Try again in a minute, or mark by hand.",
}
ERRORS = {marks: StoreUnavailable, faces: FaceIdsUnavailable}
LOGGED = {marks: "The table of marks: throttled (slow down)", faces: "The table of face ids: throttled (slow down)"}


@pytest.fixture
def counted(stores_on_moto, here):
    def services():
        return {key.service for key in pending.take() if key.institution_id == here.institution.pk}

    services()
    return services


@pytest.mark.parametrize("store", [marks, faces], ids=["marks", "faces"])
@pytest.mark.parametrize("retryable", [True, False])
def test_a_failure_is_told_with_its_code_and_sentence(store, retryable, caplog):
    error = store._unavailable(Failure("throttled", retryable, "slow down"))
    assert type(error) is ERRORS[store]
    assert (error.code, error.retryable, str(error)) == ("throttled", retryable, SENTENCES[store])
    assert caplog.messages == [LOGGED[store]]


@pytest.mark.django_db
class TestOnMoto:
    """Not in a transaction of their own: moto is asked by one thread at a time."""

    def test_calls_are_counted_for_the_school(self, counted, here):
        face_ids_for(here.institution).put("face-1", here.students[0])
        assert counted() == {"dynamodb"}
        marks_for(here.institution).mark_many([mark_of(here.lesson(), here.students[0])])
        assert counted() == {"dynamodb"}

    def test_a_table_that_is_not_there(self, stores_on_moto, here, settings):
        settings.AWS_PREFIX = "elsewhere"
        with pytest.raises(FaceIdsUnavailable):
            face_ids_for(here.institution).get_many(["face-1"])
        with pytest.raises(StoreUnavailable):
            marks_for(here.institution).for_session(here.lesson().pk)

    def test_a_mapping_is_asked_in_its_own_region(self, stores_on_moto, here):
        where = {**faces.DynamoFaceIdRepository.whereabouts(), "region": "us-west-2"}
        with pytest.raises(FaceIdsUnavailable):
            faces.DynamoFaceIdRepository.at(here.institution, where).get_many(["face-1"])

    def test_the_order_of_faces_is_by_one_clock(self, stores_on_moto, here, settings):
        """UTC, whatever zone a server is set to."""
        face_ids_for(here.institution).put("face-1", here.students[0])
        [item] = client("dynamodb").scan(TableName="contracts-faces")["Items"]
        since = datetime.fromisoformat(item["since"]["S"])
        assert since.utcoffset() is not None
        assert item["since"]["S"].endswith("+00:00")
