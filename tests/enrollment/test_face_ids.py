"""The ORM's own mapping of face ids; the contract of every store is in tests/contracts."""

from uuid import uuid4

from enrollment.repositories import orm


def test_more_faces_than_one_question_takes(monkeypatch, riverside, sam):
    monkeypatch.setattr(orm, "MOST_ASKED", 3)
    store = orm.OrmFaceIdRepository(riverside)
    faces = [uuid4().hex for _ in range(7)]
    for face_id in faces:
        store.put(face_id, sam.pk)
    assert store.get_many([*faces, "unknown"]) == dict.fromkeys(faces, sam.pk)
    assert store.get_many([]) == {}
