"""The embedded engine: what it enrols, refuses, recognises and forgets, on real faces."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ImproperlyConfigured
from PIL import Image, ImageEnhance, ImageFilter

from attendance.demo.orl import enlarged, orl_photo, with_border
from enrollment.domain.faces import LooksLike, ManyFaces, NoFace, PoorQuality, Refusal, Unlike
from enrollment.faces import faces_for
from enrollment.faces.local.engine import LocalFaceEngine
from enrollment.models import FaceId, FaceVector, Gallery
from tests.conftest import make_student
from tests.enrollment.faces.conftest import tiles

pytestmark = pytest.mark.django_db


@pytest.fixture
def students(riverside, engine):
    """Eight people with three photos each."""
    students = [make_student(riverside, f"Pupil {n}", f"P-{n:03}") for n in range(1, 9)]
    for person, student in enumerate(students, 1):
        for number in (1, 2, 3):
            engine.enroll(orl_photo(person, number), student_id=student.pk)
    return students


def refused(engine, student, image):
    with pytest.raises((NoFace, ManyFaces, PoorQuality, LooksLike, Unlike)) as caught:
        engine.enroll(image, student_id=student.pk)
    assert not FaceVector.objects.filter(face_id__in=FaceId.objects.filter(student=student).values("face_id")).exists()
    return caught.value


def dark(image, share):
    return ImageEnhance.Brightness(image).enhance(share)


class TestEnrolling:
    def test_a_good_photo(self, engine, sam):
        face = engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert face.model == engine.vector_model
        assert face.quality.face_px == face.box.width > 100
        assert FaceVector.objects.get().face_id == face.face_id
        assert FaceId.objects.get().student_id == sam.pk
        assert Gallery.objects.get().version == 1

    @pytest.mark.thorough
    def test_every_photo_of_the_set_is_good(self, model):
        from attendance.evaluation.photos import refusal

        codes = [refusal(model.analyse(orl_photo(person, 1))) for person in range(1, 41)]
        assert codes == [None] * 40

    def test_no_face(self, engine, sam):
        for image in (Image.new("RGB", (400, 400), (90, 90, 90)), Image.effect_noise((300, 300), 50).convert("RGB")):
            assert refused(engine, sam, image).code == Refusal.NO_FACE

    def test_two_faces(self, engine, sam):
        error = refused(engine, sam, tiles([1, 2], factor=2, columns=2))
        assert (error.code, error.count) == (Refusal.MANY_FACES, 2)

    def test_somebody_small_behind_does_not_matter(self, engine, sam):
        picture = Image.new("RGB", (700, 520), (120, 120, 120))
        picture.paste(orl_photo(1, 1), (0, 30))
        picture.paste(enlarged(2, 1, 1.3), (520, 200))
        assert len(engine.model.analyse(picture)) == 2
        face = engine.enroll(picture, student_id=sam.pk)
        assert face.box.left < 396

    def test_too_small(self, engine, sam):
        error = refused(engine, sam, with_border(enlarged(1, 1, 0.6), 30))
        assert error.code == Refusal.TOO_SMALL
        assert error.quality.face_px < 48

    def test_blurred(self, engine, sam):
        error = refused(engine, sam, orl_photo(1, 1).filter(ImageFilter.GaussianBlur(7)))
        assert error.code == Refusal.BLURRED

    def test_dark(self, engine, sam):
        assert refused(engine, sam, dark(orl_photo(1, 1), 0.15)).code == Refusal.DARK

    def test_bright(self, engine, sam):
        washed = orl_photo(1, 1).point(lambda value: min(255, 200 + value * 0.4))
        assert refused(engine, sam, washed).code == Refusal.BRIGHT

    def test_somebody_else_enrolled_already(self, engine, sam, sita):
        engine.enroll(orl_photo(1, 1), student_id=sita.pk)
        error = refused(engine, sam, orl_photo(1, 2))
        assert error.code == Refusal.LOOKS_LIKE
        assert [match.student_id for match in error.matches] == [sita.pk]

    def test_a_person_says_that_they_are_two(self, engine, sam, sita):
        engine.enroll(orl_photo(1, 1), student_id=sita.pk)
        engine.enroll(orl_photo(1, 2), student_id=sam.pk, distinct_from=[sita.pk])
        assert FaceVector.objects.count() == 2

    def test_a_second_photo_of_oneself_is_no_look_alike(self, engine, sam):
        for number in (1, 2, 3):
            engine.enroll(orl_photo(1, number), student_id=sam.pk)
        assert FaceVector.objects.count() == 3

    @pytest.mark.parametrize("own", [1, 2])
    def test_somebody_else_among_ones_own_photos(self, engine, sam, own):
        for number in range(1, own + 1):
            engine.enroll(orl_photo(1, number), student_id=sam.pk)
        with pytest.raises(Unlike):
            engine.enroll(orl_photo(2, 1), student_id=sam.pk)
        assert FaceVector.objects.count() == own

    def test_the_wrong_photo_first(self, engine, sam):
        wrong = engine.enroll(orl_photo(2, 1), student_id=sam.pk)
        with pytest.raises(Unlike):
            engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        engine.forget([wrong.face_id])
        engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert FaceVector.objects.count() == 1

    @pytest.mark.thorough
    def test_forty_people_do_not_look_like_each_other(self, engine, riverside):
        for person in range(1, 41):
            student = make_student(riverside, f"Pupil {person}", f"P-{person:03}")
            engine.enroll(orl_photo(person, 1), student_id=student.pk)
        assert FaceVector.objects.count() == 40


class TestIdentifying:
    def test_everybody_in_reading_order(self, engine, students):
        seen = engine.identify(tiles(range(1, 9), columns=4), candidates=None)
        assert [face.matches[0].student_id for face in seen] == [student.pk for student in students]
        for face in seen:
            assert face.matches[0].similarity > engine.calibration.accept_threshold > face.matches[1].similarity
            assert len(face.matches) == 5
            assert face.elsewhere is None

    def test_somebody_enrolled_who_is_no_candidate(self, engine, students):
        seen = engine.identify(tiles([1, 2], columns=2), candidates=[students[0].pk])
        assert [match.student_id for match in seen[1].matches] == [students[0].pk]
        assert seen[1].elsewhere.student_id == students[1].pk
        assert seen[1].elsewhere.similarity > engine.calibration.accept_threshold
        assert seen[0].elsewhere.similarity < engine.calibration.accept_threshold

    def test_a_stranger_resembles_nobody(self, engine, students):
        (seen,) = engine.identify(orl_photo(33, 7), candidates=None)
        assert seen.matches[0].similarity < engine.calibration.accept_threshold

    def test_nobody_enrolled(self, engine):
        (seen,) = engine.identify(orl_photo(1, 1), candidates=[])
        assert (seen.matches, seen.elsewhere) == ((), None)

    def test_another_school_knows_nobody(self, hilltop, students):
        (seen,) = LocalFaceEngine(hilltop).identify(orl_photo(1, 1), candidates=None)
        assert seen.matches == ()

    @pytest.mark.thorough
    def test_several_threads(self, real_networks, engine, students, monkeypatch):
        templates = engine.gallery.templates()
        monkeypatch.setattr(type(engine.gallery), "templates", lambda _self: templates)  # one database connection
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda n: engine.identify(orl_photo(n, 7), candidates=None), [1, 2, 3, 4] * 2))
        assert [seen[0].matches[0].student_id for seen in found] == [student.pk for student in students[:4]] * 2


class TestForgetting:
    def test_gone_at_once(self, engine, sam):
        face = engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        assert engine.identify(orl_photo(1, 2), candidates=None)[0].matches
        report = engine.forget([face.face_id])
        assert (report.erased, report.remaining) == ((face.face_id,), ())
        assert engine.identify(orl_photo(1, 2), candidates=None)[0].matches == ()
        assert not FaceVector.objects.exists()

    def test_unknown_ids_count_as_erased(self, engine):
        assert engine.forget(["nobody", "knows"]).erased == ("nobody", "knows")

    def test_another_schools_face_stays(self, engine, hilltop, sam):
        face = engine.enroll(orl_photo(1, 1), student_id=sam.pk)
        LocalFaceEngine(hilltop).forget([face.face_id])
        assert FaceVector.objects.exists()


class TestSettings:
    BACKEND = "enrollment.faces.local.engine.LocalFaceEngine"

    def test_chosen_by_settings(self, settings, riverside):
        settings.FACE_ENGINE = {"BACKEND": self.BACKEND, "OPTIONS": {"accept_threshold": 0.45, "threads": 1}}
        engine = faces_for(riverside)
        assert isinstance(engine, LocalFaceEngine)
        assert engine.calibration.accept_threshold == 0.45

    def test_an_unknown_option_is_refused(self, settings, riverside):
        settings.FACE_ENGINE = {"BACKEND": self.BACKEND, "OPTIONS": {"threshold_marks": 0.45}}
        with pytest.raises(ImproperlyConfigured, match="threshold_marks"):
            faces_for(riverside)

    def test_an_unknown_backend_is_refused(self, settings, riverside):
        settings.FACE_ENGINE = {"BACKEND": "enrollment.faces.nowhere.Engine"}
        with pytest.raises(ImproperlyConfigured):
            faces_for(riverside)


class TestWarmingUp:
    def test_a_web_process_has_its_networks_before_the_first_picture(self):
        from enrollment.faces import warm_up
        from enrollment.faces.local import networks

        warm_up()
        assert networks._loaded

    def test_an_engine_that_cannot_load_does_not_keep_the_portal_from_starting(self, settings, caplog):
        from enrollment.faces import warm_up

        settings.FACE_ENGINE = {
            "BACKEND": "enrollment.faces.local.engine.LocalFaceEngine",
            "OPTIONS": {"weights_folder": "/nowhere"},
        }
        warm_up()
        assert "could not be loaded beforehand" in caplog.text
