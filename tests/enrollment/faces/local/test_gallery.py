"""The gallery: what the database knows, in every process, and what is left after a crash."""

import threading
from uuid import uuid4

import numpy as np
import pytest
from django.db import connection

from enrollment.domain.faces import Quality
from enrollment.faces.local import gallery as module
from enrollment.faces.local.arrays import unit
from enrollment.faces.local.gallery import FaceGallery, Kept, TemplateCache
from enrollment.faces.local.scoring import scoring_for
from enrollment.faces.local.weights import EMBEDDER, SECOND
from enrollment.models import FaceId, FaceVector, Gallery
from enrollment.repositories import face_ids_for
from tests.conftest import make_student

pytestmark = pytest.mark.django_db
QUALITY = Quality(80, 1.0, 120, 40, 0.9)


def vector(seed=0):
    return unit(np.random.default_rng(seed).normal(size=128))


def gallery_of(institution):
    return FaceGallery(institution, scoring_for(EMBEDDER.title))


@pytest.fixture
def gallery(riverside):
    return gallery_of(riverside)


def test_what_is_added_is_known(gallery, sam):
    assert gallery.templates().students == ()
    face_id = gallery.add(sam.pk, vector(), QUALITY)
    assert gallery.templates().students == (sam.pk,)
    row = FaceVector.objects.get()
    assert (row.face_id, row.model, row.face_px) == (face_id, EMBEDDER.title, 80)
    assert np.array_equal(np.frombuffer(row.vector, "<f4"), vector())
    assert face_ids_for(gallery.institution).for_student(sam.pk) == [face_id]


def test_several_photos_make_one_template(gallery, sam):
    for seed in range(3):
        gallery.add(sam.pk, vector(seed), QUALITY)
    templates = gallery.templates()
    assert templates.students == (sam.pk,)
    expected = gallery.scoring.template([vector(seed) for seed in range(3)])
    assert np.allclose(templates.matrix[0], expected, atol=1e-6)


def test_what_is_removed_is_forgotten_with_its_mapping(gallery, sam):
    face_id = gallery.add(sam.pk, vector(), QUALITY)
    gallery.templates()
    gallery.remove([face_id, "unknown"])
    assert gallery.templates().students == ()
    assert not FaceVector.objects.exists()
    assert not FaceId.objects.exists()


def test_schools_do_not_see_each_other(gallery, sam, hilltop):
    other = make_student(hilltop, "Hari", "H-001")
    mine, theirs = gallery.add(sam.pk, vector(), QUALITY), gallery_of(hilltop).add(other.pk, vector(), QUALITY)
    assert gallery.templates().students == (sam.pk,)
    gallery.remove([theirs])
    assert FaceVector.objects.filter(face_id=theirs).exists()
    assert gallery_of(hilltop).templates().students == (other.pk,)
    assert mine != theirs


def test_every_change_raises_the_version(gallery, sam):
    versions = [gallery.version()]
    face_id = gallery.add(sam.pk, vector(), QUALITY)
    versions.append(gallery.version())
    gallery.remove([face_id])
    versions.append(gallery.version())
    assert versions == [0, 1, 2]


def test_an_unchanged_gallery_costs_one_small_query(gallery, sam, django_assert_num_queries):
    gallery.add(sam.pk, vector(), QUALITY)
    first = gallery.templates()
    with django_assert_num_queries(1) as asked:
        assert gallery.templates() is first
    assert "version" in asked.captured_queries[0]["sql"]


def test_nobody_is_lost_where_the_second_embedder_comes_or_goes(gallery, riverside, sam, sita):
    both = FaceGallery(riverside, scoring_for(f"{EMBEDDER.title}+{SECOND.title}"))
    gallery.add(sam.pk, vector(1), QUALITY)
    both.add(sita.pk, np.concatenate([vector(2), vector(3), vector(4)]), QUALITY)
    for known in (gallery.templates(), both.templates()):
        assert set(known.students) == {sam.pk, sita.pk}
        assert known.matrix.shape == (2, 128)
        assert known.second is None
    FaceVector.objects.filter(model=EMBEDDER.title).delete()
    assert FaceGallery(riverside, both.scoring)._load().second.shape == (1, 256)


def test_vectors_of_another_model_are_not_compared(gallery, sam):
    gallery.add(sam.pk, vector(), QUALITY)
    FaceVector.objects.update(model="an-older-one")
    Gallery.objects.update(version=99, erased=99)
    assert gallery.templates().students == ()


def test_a_vector_without_mapping_is_nobodys(gallery, sam):
    gallery.add(sam.pk, vector(), QUALITY)
    FaceId.objects.all().delete()
    Gallery.objects.update(version=99, erased=99)
    assert gallery.templates().students == ()


class Killed(BaseException):
    """The process dies here."""


def test_a_crash_before_the_vector_leaves_no_face(gallery, sam, monkeypatch):
    """Killed for good: not even the clean-up runs. The id is in the mapping, to be purged with the student."""

    class Mapping:
        put = staticmethod(face_ids_for(gallery.institution).put)

        @staticmethod
        def remove(_face_ids):
            raise Killed

    monkeypatch.setattr(module, "face_ids_for", lambda _institution: Mapping)
    monkeypatch.setattr(FaceGallery, "_store", lambda *_: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):
        gallery.add(sam.pk, vector(), QUALITY)
    monkeypatch.undo()
    assert not FaceVector.objects.exists()
    assert len(face_ids_for(gallery.institution).for_student(sam.pk)) == 1
    assert gallery.templates().students == ()


def test_a_failure_to_store_takes_the_mapping_back(gallery, sam, monkeypatch):
    monkeypatch.setattr("enrollment.faces.local.gallery.gallery_raised", lambda _school: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        gallery.add(sam.pk, vector(), QUALITY)
    assert not FaceVector.objects.exists()
    assert not FaceId.objects.exists()


def test_a_crash_between_erasing_and_unmapping_can_be_repeated(gallery, sam, monkeypatch):
    face_id = gallery.add(sam.pk, vector(), QUALITY)
    with monkeypatch.context() as patched:
        patched.setattr(module, "face_ids_for", lambda _institution: (_ for _ in ()).throw(Killed))
        with pytest.raises(Killed):
            gallery.remove([face_id])
    assert not FaceVector.objects.exists()
    assert face_ids_for(gallery.institution).for_student(sam.pk) == [face_id]
    gallery.remove([face_id])
    assert not FaceId.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestOtherProcesses:
    """Another thread has a database connection of its own, as another process would."""

    def elsewhere(self, call):
        results = []

        def run():
            try:
                results.append(call())
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return results[0]

    def test_a_face_added_through_another_connection_is_noticed(self, gallery, sam, monkeypatch):
        assert gallery.templates().students == ()
        other_cache = TemplateCache()
        with monkeypatch.context() as patched:
            patched.setattr(module, "_cache", other_cache)  # the other process's own memory
            face_id = self.elsewhere(lambda: gallery_of(gallery.institution).add(sam.pk, vector(), QUALITY))
        assert gallery.templates().students == (sam.pk,)
        with monkeypatch.context() as patched:
            patched.setattr(module, "_cache", other_cache)
            self.elsewhere(lambda: gallery_of(gallery.institution).remove([face_id]))
        assert gallery.templates().students == ()

    def test_many_threads_read_one_gallery(self, gallery, sam):
        gallery.add(sam.pk, vector(), QUALITY)
        results = []

        def run():
            try:
                results.append(gallery_of(gallery.institution).templates().students)
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [(sam.pk,)] * 8


class TestFollowing:
    """A change by another process: what was added is read, and everything only after an erasure."""

    @pytest.fixture(autouse=True)
    def however_small(self, monkeypatch):
        monkeypatch.setattr(module, "FOLLOWED", 99)  # times the students whom it holds

    @pytest.fixture
    def loads(self, monkeypatch):
        """Institutions whose whole gallery was loaded, one entry a time."""
        made, load = [], FaceGallery._load
        monkeypatch.setattr(FaceGallery, "_load", lambda self: (made.append(self.institution), load(self))[1])
        return made

    def test_an_addition_reads_that_student_alone(self, gallery, sam, sita, loads, django_assert_num_queries):
        gallery.add(sam.pk, vector(1), QUALITY)
        known = gallery.templates()
        gallery.add(sita.pk, vector(2), QUALITY)
        with django_assert_num_queries(5) as asked:
            templates = gallery.templates()
        assert set(templates.students) == {sam.pk, sita.pk}
        assert known.students == (sam.pk,)  # who has these still answers from them
        assert len(loads) == 1
        whole = FaceVector.objects.values_list("vector").query
        assert str(whole) not in [query["sql"] for query in asked.captured_queries]

    def test_a_second_photo_replaces_the_student_s_template(self, gallery, sam, sita, loads):
        for student in (sam, sita):
            gallery.add(student.pk, vector(1), QUALITY)
            gallery.templates()
        gallery.add(sam.pk, vector(3), QUALITY)
        followed = gallery.templates()
        row = followed.students.index(sam.pk)
        assert np.allclose(followed.matrix[row], gallery.scoring.template([vector(1), vector(3)]), atol=1e-6)
        assert len(loads) == 1

    def test_an_erasure_loads_everything(self, gallery, sam, sita, loads):
        face_id = gallery.add(sam.pk, vector(1), QUALITY)
        gallery.templates()
        gallery.remove([face_id])
        gallery.add(sita.pk, vector(2), QUALITY)
        assert gallery.templates().students == (sita.pk,)
        assert len(loads) == 2

    def test_a_new_vector_without_mapping_is_nobodys(self, gallery, sam, sita, loads):
        gallery.add(sam.pk, vector(1), QUALITY)
        gallery.templates()
        face_id = gallery.add(sita.pk, vector(2), QUALITY)
        face_ids_for(gallery.institution).remove([face_id])
        assert gallery.templates().students == (sam.pk,)
        assert len(loads) == 1

    def test_very_many_are_loaded_at_once(self, gallery, sam, sita, loads, monkeypatch):
        gallery.add(sam.pk, vector(1), QUALITY)
        gallery.templates()
        monkeypatch.setattr(module, "FOLLOWED", 1)  # as many as it holds: one
        gallery.add_many([Kept(sita.pk, vector(seed), QUALITY) for seed in (2, 3)], lambda students: students)
        assert len(gallery.templates().students) == 2
        assert len(loads) == 2

    def test_a_face_that_its_store_lists_a_moment_late_is_not_missed(self, gallery, sam, sita, loads, monkeypatch):
        gallery.add(sam.pk, vector(1), QUALITY)
        gallery.templates()
        gallery.add(sita.pk, vector(2), QUALITY)
        monkeypatch.setattr("enrollment.repositories.orm.OrmFaceIdRepository.for_student", lambda *_: [])
        assert set(gallery.templates().students) == {sam.pk, sita.pk}
        assert len(loads) == 1

    def test_an_earlier_version_comes_from_a_backup_and_loads_everything(self, gallery, sam, loads):
        gallery.add(sam.pk, vector(1), QUALITY)
        gallery.templates()
        Gallery.objects.update(version=0)
        gallery.templates()
        assert len(loads) == 2

    def test_the_second_embedder_s_templates_come_back_once_all_have_them(self, gallery, riverside, sam, sita):
        both = FaceGallery(riverside, scoring_for(f"{EMBEDDER.title}+{SECOND.title}"))
        old = gallery.add(sam.pk, vector(1), QUALITY)
        assert both.templates().second is None
        both.add(sita.pk, np.concatenate([vector(2), vector(3), vector(4)]), QUALITY)
        assert both.templates().second is None
        both.remove([old])
        assert both.templates().second.shape == (1, 256)
        both.add(sam.pk, np.concatenate([vector(5), vector(6), vector(7)]), QUALITY)
        assert both.templates().second.shape == (2, 256)

    def test_whatever_happens_it_is_as_if_all_were_loaded(self, riverside):
        random = np.random.default_rng(5)
        both = FaceGallery(riverside, scoring_for(f"{EMBEDDER.title}+{SECOND.title}"))
        students, faces = [make_student(riverside, f"S {n}", f"R{n}") for n in range(6)], []
        for step in range(30):
            if faces and random.random() < 0.2:
                both.remove([faces.pop(int(random.integers(len(faces))))])
            else:
                width = 128 if random.random() < 0.15 else 384
                whole = np.concatenate([unit(random.normal(size=128)), unit(random.normal(size=256))])[:width]
                faces.append(both.add(students[int(random.integers(6))].pk, whole, QUALITY))
            followed, loaded = both.templates(), both._load()
            assert followed.students == loaded.students, step
            assert np.allclose(followed.matrix, loaded.matrix, atol=1e-6), step
            assert (followed.second is None) == (loaded.second is None), step
            assert loaded.second is None or np.allclose(followed.second, loaded.second, atol=1e-6), step


class TestCache:
    def test_the_longest_unused_goes_first(self):
        cache, keys = TemplateCache(kept=2), [(uuid4(), "m") for _ in range(3)]
        cache.put(keys[0], 1, "a")
        cache.put(keys[1], 1, "b")
        assert cache.get(keys[0]).templates == "a"
        cache.put(keys[2], 1, "c")
        assert [cache.get(key) and cache.get(key).templates for key in keys] == ["a", None, "c"]
        assert len(cache) == 2
