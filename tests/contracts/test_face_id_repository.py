"""One contract for every store of the mapping face id → student."""

from uuid import uuid4

import pytest

from enrollment.repositories import face_ids_for, orm
from enrollment.repositories.dynamodb import DynamoFaceIdRepository
from tests.contracts.conftest import at_once, races


@pytest.fixture
def store(backend, here):
    return face_ids_for(here.institution)


@pytest.fixture
def other_store(backend, there):
    return face_ids_for(there.institution)


class TestFaceIdRepository:
    def test_a_face_leads_to_its_student(self, store, here):
        store.put("face-1", here.students[0])
        store.put("face-2", here.students[1])
        assert store.get_many(["face-1", "face-2"]) == {"face-1": here.students[0], "face-2": here.students[1]}

    def test_unknown_faces_are_left_out(self, store, here):
        store.put("face-1", here.students[0])
        assert store.get_many({"face-1", "face-9"}) == {"face-1": here.students[0]}
        assert store.get_many([]) == {}

    def test_the_same_face_asked_for_twice(self, store, here):
        store.put("face-1", here.students[0])
        assert store.get_many(["face-1", "face-1"]) == {"face-1": here.students[0]}

    @pytest.mark.thorough
    def test_many_faces_in_one_question(self, store, here):
        """More than any store takes in one of its own requests."""
        faces = [f"face-{n}" for n in range(230)]
        for face in faces:
            store.put(face, here.students[0])
        assert len(store.get_many(faces)) == 230
        assert store.for_student(here.students[0]) == faces
        assert store.purge_student(here.students[0]) == 230

    def test_repeating_changes_nothing(self, store, here):
        for face in ("face-1", "face-2", "face-1"):
            store.put(face, here.students[0])
        assert store.for_student(here.students[0]) == ["face-1", "face-2"]

    def test_several_are_put_together(self, store, here):
        store.put("face-1", here.students[0])
        store.put_many({"face-1": here.students[1], "face-2": here.students[0]})
        store.put_many({})
        assert store.get_many(["face-1", "face-2"]) == {"face-1": here.students[1], "face-2": here.students[0]}

    def test_a_face_given_to_somebody_else(self, store, here):
        store.put("face-1", here.students[0])
        store.put("face-1", here.students[1])
        assert store.get_many(["face-1"]) == {"face-1": here.students[1]}
        assert store.for_student(here.students[0]) == []
        assert store.for_student(here.students[1]) == ["face-1"]

    def test_a_student_s_faces_oldest_first(self, store, here):
        for face in ("c", "a", "b"):
            store.put(face, here.students[0])
        assert store.for_student(here.students[0]) == ["c", "a", "b"]
        assert store.for_student(uuid4()) == []

    def test_removed_faces_are_gone(self, store, here):
        for face in ("face-1", "face-2", "face-3"):
            store.put(face, here.students[0])
        store.remove(["face-1", "face-3", "face-9"])
        store.remove([])
        assert store.for_student(here.students[0]) == ["face-2"]
        assert store.get_many(["face-1", "face-2", "face-3"]) == {"face-2": here.students[0]}

    def test_a_purge_takes_all_of_one_student_s(self, store, here):
        for n, student in enumerate([here.students[0]] * 3 + [here.students[1]]):
            store.put(f"face-{n}", student)
        assert store.purge_student(here.students[0]) == 3
        assert store.for_student(here.students[0]) == []
        assert store.get_many([f"face-{n}" for n in range(4)]) == {"face-3": here.students[1]}
        assert store.purge_student(here.students[0]) == 0

    def test_another_institution_sees_and_touches_nothing(self, store, other_store, here, there):
        store.put("face-1", here.students[0])
        assert other_store.get_many(["face-1"]) == {}
        assert other_store.for_student(here.students[0]) == []
        assert other_store.purge_student(here.students[0]) == 0
        other_store.remove(["face-1"])
        assert store.get_many(["face-1"]) == {"face-1": here.students[0]}

    def test_two_institutions_may_have_the_same_face_id(self, store, other_store, here, there):
        store.put("face-1", here.students[0])
        other_store.put("face-1", there.students[0])
        assert store.get_many(["face-1"]) == {"face-1": here.students[0]}
        assert other_store.get_many(["face-1"]) == {"face-1": there.students[0]}
        other_store.remove(["face-1"])
        assert store.for_student(here.students[0]) == ["face-1"]

    def test_a_mapping_is_found_again_where_it_was(self, store, here, there, settings):
        """Its whereabouts are kept with each face, for a time when the settings say something else."""
        store.put("face-1", here.students[0])
        where = type(store).whereabouts()
        settings.AWS_PREFIX, settings.AWS_REGION = "moved", "us-west-2"
        again = type(store).at(here.institution, where)
        assert again.get_many(["face-1"]) == {"face-1": here.students[0]}
        assert type(store).at(there.institution, where).get_many(["face-1"]) == {}
        again.remove(["face-1"])
        assert again.for_student(here.students[0]) == []

    @races
    def test_two_at_once(self, store, here):
        results = at_once(*[lambda student=student: store.put("face-1", student) for student in here.students])
        assert results == [None, None, None]
        [owner] = store.get_many(["face-1"]).values()
        assert [store.for_student(student) for student in here.students].count(["face-1"]) == 1
        assert store.for_student(owner) == ["face-1"]


@pytest.mark.django_db
def test_more_face_ids_than_a_query_takes_are_picked_from_all(here, monkeypatch, django_assert_num_queries):
    monkeypatch.setattr(orm, "MOST_ASKED", 2)
    store = face_ids_for(here.institution)
    for n in range(5):
        store.put(f"face-{n}", here.students[0])
    with django_assert_num_queries(1):
        assert set(store.get_many(["face-0", "face-1", "face-4", "other"])) == {"face-0", "face-1", "face-4"}


@pytest.mark.django_db
def test_whereabouts_of_a_table(settings):
    settings.AWS_REGION, settings.AWS_PREFIX = "eu-west-1", "school"
    assert DynamoFaceIdRepository.whereabouts() == {"region": "eu-west-1", "table": "school-faces"}
    assert DynamoFaceIdRepository.whereabouts(table="own") == {"region": "eu-west-1", "table": "own"}
