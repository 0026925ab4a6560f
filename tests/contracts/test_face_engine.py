"""One contract for every face engine: what it enrols, refuses, recognises and forgets, on real faces (AT&T/ORL)."""

from contextlib import ExitStack
from functools import partial
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.test import override_settings
from PIL import Image, ImageEnhance, ImageFilter

from attendance.demo.orl import enlarged, orl_photo, with_border
from enrollment.domain.faces import EnrollmentRefused, ManyFaces, Refusal, Unsupported
from enrollment.faces import faces_for
from enrollment.repositories import face_ids_for
from tests.aws.fixtures import talking_to
from tests.conftest import make_riverside, make_student, rows_kept
from tests.contracts.conftest import at_once
from tests.enrollment.faces.conftest import tiles

LOCAL = "enrollment.faces.local.engine.LocalFaceEngine"
REKOGNITION = "enrollment.faces.rekognition.engine.RekognitionFaceEngine"
ENGINES = {
    "local": {"BACKEND": LOCAL},
    "rekognition": {"BACKEND": REKOGNITION},
    "rekognition_users": {"BACKEND": REKOGNITION, "OPTIONS": {"users": True}},
    "rekognition_detects": {"BACKEND": REKOGNITION, "OPTIONS": {"detector": "rekognition"}},
}
EACH = ["local", *(pytest.param(name, marks=pytest.mark.aws_local) for name in ENGINES if name != "local")]
PEOPLE = range(1, 7)
OPERATIONS = (
    "CreateUser", "AssociateFaces", "DisassociateFaces", "DeleteUser", "DeleteFaces", "ListUsers",
    "SearchFacesByImage", "SearchUsersByImage", "IndexFaces",
)  # fmt: skip
NO_QUOTA = dict.fromkeys(OPERATIONS, 1000)


@pytest.fixture(params=EACH)
def backend(request, settings):
    """The engine under test, by name. Rekognition is the one on this machine, without a quota."""
    settings.FACE_ENGINE = ENGINES[request.param]
    if request.param != "local":
        request.getfixturevalue("local_rekognition")
        cache.clear()
        settings.AWS_RATES = NO_QUOTA
    return request.param


@pytest.fixture(scope="class", params=EACH)
def enrolled(request, django_db_setup, django_db_blocker):
    """Each engine with Riverside's six students enrolled once: for a class of tests that only identify."""
    with ExitStack() as stack:
        stack.enter_context(override_settings(FACE_ENGINE=ENGINES[request.param], AWS_RATES=NO_QUOTA))
        if request.param != "local":
            server = request.getfixturevalue("rekognition_server")
            server.reset()
            cache.clear()
            stack.enter_context(talking_to(rekognition=server.url))
        stack.enter_context(django_db_blocker.unblock())
        stack.enter_context(rows_kept())
        riverside = make_riverside()
        students = enroll_students(riverside, enroller(faces_for(riverside)))
        yield SimpleNamespace(backend=request.param, riverside=riverside, students=students)


@pytest.fixture
def engine(backend, riverside):
    return faces_for(riverside)


@pytest.fixture
def mapping(backend, riverside):
    return face_ids_for(riverside)


@pytest.fixture
def enroll(engine):
    """Enrols a person's photo as a student's: `enroll(student, person, number)`."""
    return enroller(engine)


def enroller(engine):
    def enroll_(student, person, number=1, **options):
        return engine.enroll(orl_photo(person, number), student_id=student.pk, **options)

    return enroll_


@pytest.fixture
def students(riverside, enroll):
    return enroll_students(riverside, enroll)


def enroll_students(riverside, enroll):
    """Six people with two photos each."""
    students = [make_student(riverside, f"Pupil {n}", f"P-{n:03}") for n in PEOPLE]
    for person, student in zip(PEOPLE, students, strict=True):
        for number in (1, 2):
            enroll(student, person, number)
    return students


@pytest.fixture
def refused(engine, mapping):
    """The error that an engine raises for a photo; nothing is kept of it."""

    def refused_(student, image):
        before = mapping.for_student(student.pk)
        with pytest.raises(EnrollmentRefused) as caught:
            engine.enroll(image, student_id=student.pk)
        assert mapping.for_student(student.pk) == before
        assert not caught.value.retryable
        return caught.value

    return refused_


def best(seen):
    return [face.matches[0].student_id if face.matches else None for face in seen]


class TestEnrolling:
    def test_a_good_photo(self, engine, mapping, enroll, sam):
        face = enroll(sam, 1)
        assert face.model == engine.vector_model
        assert face.quality.face_px == face.box.width > 100
        assert 0 <= face.box.left < face.box.left + face.box.width <= 396
        assert mapping.for_student(sam.pk) == [face.face_id]

    def test_no_face(self, refused, sam):
        for image in (Image.new("RGB", (400, 400), (90, 90, 90)), Image.effect_noise((300, 300), 50).convert("RGB")):
            assert refused(sam, image).code == Refusal.NO_FACE

    def test_a_picture_smaller_than_any_engine_takes(self, refused, sam):
        assert refused(sam, Image.new("RGB", (40, 500), (90, 90, 90))).code == Refusal.NO_FACE

    def test_two_faces(self, refused, sam):
        error = refused(sam, tiles([1, 2], factor=2, columns=2))
        assert isinstance(error, ManyFaces)
        assert (error.code, error.count) == (Refusal.MANY_FACES, 2)

    def test_somebody_small_behind_is_neither_in_the_way_nor_enrolled(self, engine, sam):
        picture = Image.new("RGB", (700, 520), (120, 120, 120))
        picture.paste(orl_photo(1, 1), (0, 30))
        picture.paste(enlarged(2, 1, 1.3), (520, 200))
        face = engine.enroll(picture, student_id=sam.pk)
        assert face.box.left < 396
        behind, meant = (engine.identify(orl_photo(person, 3), candidates=None) for person in (2, 1))
        threshold = engine.calibration.accept_threshold
        assert best(meant) == [sam.pk]
        assert not any(match.similarity >= threshold for match in behind[0].matches)

    def test_too_small(self, refused, sam):
        error = refused(sam, with_border(enlarged(1, 1, 0.6), 30))
        assert error.code == Refusal.TOO_SMALL
        assert error.quality.face_px < 48

    def test_blurred(self, refused, sam):
        assert refused(sam, orl_photo(1, 1).filter(ImageFilter.GaussianBlur(7))).code == Refusal.BLURRED

    def test_dark(self, refused, sam):
        assert refused(sam, ImageEnhance.Brightness(orl_photo(1, 1)).enhance(0.15)).code == Refusal.DARK

    def test_bright(self, refused, sam):
        washed = orl_photo(1, 1).point(lambda value: min(255, 200 + value * 0.4))
        assert refused(sam, washed).code == Refusal.BRIGHT

    def test_somebody_else_enrolled_already(self, refused, enroll, sam, sita):
        enroll(sita, 1, 1)
        enroll(sita, 1, 2)
        error = refused(sam, orl_photo(1, 3))
        assert error.code == Refusal.LOOKS_LIKE
        assert [match.student_id for match in error.matches] == [sita.pk]

    def test_a_person_says_that_they_are_two(self, mapping, enroll, sam, sita):
        enroll(sita, 1, 1)
        face = enroll(sam, 1, 2, distinct_from=[sita.pk])
        assert mapping.for_student(sam.pk) == [face.face_id]
        assert len(mapping.for_student(sita.pk)) == 1

    def test_another_photo_of_oneself_is_no_look_alike(self, mapping, enroll, sam):
        faces = [enroll(sam, 1, number).face_id for number in (1, 2, 3)]
        assert mapping.for_student(sam.pk) == faces
        assert len(set(faces)) == 3

    def test_another_school_does_not_matter(self, enroll, hilltop, sam):
        enroll(sam, 1, 1)
        elsewhere = make_student(hilltop, "Somebody", "H-001")
        face = faces_for(hilltop).enroll(orl_photo(1, 1), student_id=elsewhere.pk)
        assert face_ids_for(hilltop).for_student(elsewhere.pk) == [face.face_id]


class TestIdentifying:
    @pytest.fixture
    def backend(self, enrolled):
        return enrolled.backend

    @pytest.fixture
    def riverside(self, enrolled, db):
        return enrolled.riverside

    @pytest.fixture
    def students(self, enrolled):
        return enrolled.students

    def test_everybody_in_reading_order(self, engine, students):
        seen = engine.identify(tiles(PEOPLE, columns=3), candidates=None)
        assert best(seen) == [student.pk for student in students]
        for face in seen:
            similarities = [match.similarity for match in face.matches]
            assert similarities == sorted(similarities, reverse=True)
            assert len({match.student_id for match in face.matches}) == len(similarities) <= 5
            assert similarities[0] >= engine.calibration.accept_threshold
            assert all(similarity < engine.calibration.accept_threshold for similarity in similarities[1:])
            assert face.elsewhere is None
            assert face.quality.face_px == face.box.width

    def test_candidates_alone_are_named(self, engine, students):
        seen = engine.identify(tiles([1, 2], columns=2), candidates=[students[0].pk])
        assert best(seen)[0] == students[0].pk
        assert {match.student_id for face in seen for match in face.matches} <= {students[0].pk}

    def test_somebody_enrolled_who_is_no_candidate(self, engine, students):
        at_home, elsewhere = engine.identify(tiles([1, 2], columns=2), candidates=[students[0].pk])
        assert elsewhere.elsewhere.student_id == students[1].pk
        assert elsewhere.elsewhere.similarity >= engine.calibration.accept_threshold
        assert at_home.elsewhere is None or at_home.elsewhere.similarity < engine.calibration.accept_threshold

    def test_no_candidates_at_all(self, engine, students):
        (seen,) = engine.identify(orl_photo(1, 7), candidates=[])
        assert seen.matches == ()
        assert seen.elsewhere.student_id == students[0].pk

    def test_candidates_who_are_not_enrolled(self, engine, students, sam):
        (seen,) = engine.identify(orl_photo(1, 7), candidates=[sam.pk])
        assert (seen.matches, seen.elsewhere.student_id) == ((), students[0].pk)

    def test_a_stranger_resembles_nobody(self, engine, students):
        (seen,) = engine.identify(orl_photo(33, 7), candidates=None)
        assert all(match.similarity < engine.calibration.accept_threshold for match in seen.matches)

    def test_no_face_in_the_picture(self, engine, students):
        assert engine.identify(Image.new("RGB", (640, 480), (90, 90, 90)), candidates=None) == []

    def test_another_school_knows_nobody(self, hilltop, students):
        (seen,) = faces_for(hilltop).identify(orl_photo(1, 1), candidates=None)
        assert (seen.matches, seen.elsewhere) == ((), None)


class TestIdentifyingElsewise:
    def test_nobody_enrolled(self, engine):
        (seen,) = engine.identify(orl_photo(1, 1), candidates=[])
        assert (seen.matches, seen.elsewhere) == ((), None)
        assert seen.box.width > 100

    def test_several_threads(self, transactional_db, riverside, backend, students, real_networks):
        calls = [lambda n=n: faces_for(riverside).identify(orl_photo(n, 7), candidates=None) for n in (1, 2, 3, 4)]
        assert [best(seen) for seen in at_once(*calls)] == [[student.pk] for student in students[:4]]


class TestAmong:
    """Anyone who is not among those who may be compared is as if they were not enrolled."""

    def test_is_no_match_and_nobody_elsewhere(self, engine, students):
        allowed = {student.pk for student in students[1:]}
        left, there = engine.identify(tiles([1, 2], columns=2), candidates=allowed, among=allowed)
        assert students[0].pk not in {match.student_id for match in left.matches}
        assert left.elsewhere is None
        assert best([there]) == [students[1].pk]

    def test_nor_is_named_to_a_candidates_side(self, engine, students):
        (seen,) = engine.identify(orl_photo(1, 7), candidates=[students[1].pk], among={students[1].pk, students[2].pk})
        assert seen.elsewhere is None or seen.elsewhere.student_id == students[2].pk

    def test_nor_does_a_new_face_look_like_them(self, mapping, enroll, sam, sita):
        enroll(sita, 1, 1)
        face = enroll(sam, 1, 2, among={sam.pk})
        assert mapping.for_student(sam.pk) == [face.face_id]

    def test_others_are_named_as_ever(self, engine, students):
        everybody = {student.pk for student in students}
        plain = engine.identify(tiles(PEOPLE, columns=3), candidates=None)
        assert engine.identify(tiles(PEOPLE, columns=3), candidates=everybody, among=everybody) == plain


class TestPermit:
    def test_is_asked_before_anything_is_kept(self, engine, mapping, enroll, sam):
        def no() -> None:
            raise PermissionError("withdrawn")

        with pytest.raises(PermissionError):
            enroll(sam, 1, 1, permit=no)
        assert mapping.for_student(sam.pk) == []
        assert best(engine.identify(orl_photo(1, 2), candidates=None)) == [None]

    def test_lets_a_face_in(self, engine, enroll, sam):
        asked = []
        enroll(sam, 1, 1, permit=lambda: asked.append(1))
        assert asked
        assert best(engine.identify(orl_photo(1, 2), candidates=None)) == [sam.pk]


class TestComparingFaces:
    """An engine says whether it can; one that cannot says so aloud instead of finding nothing."""

    def test_what_it_declares_it_does(self, engine, enroll, sam):
        enroll(sam, 1, 1)
        together = partial(engine.identify_together, orl_photo(1, 7), [[orl_photo(1, 5)], [orl_photo(2, 5)]])
        if not engine.compares_faces:
            with pytest.raises(Unsupported):
                together(candidates=None)
            return
        (seen,) = together(candidates=None)
        assert (seen.same_as, best([seen.observation])) == ((0,), [sam.pk])

    def test_those_not_among_are_left_out_there_too(self, engine, enroll, sam, sita):
        if not engine.compares_faces:
            pytest.skip("sees each picture alone")
        enroll(sam, 1, 1)
        (seen,) = engine.identify_together(orl_photo(1, 7), [[orl_photo(1, 5)]], candidates=[sita.pk], among=[sita.pk])
        assert (seen.observation.matches, seen.observation.elsewhere) == ((), None)


class TestForgetting:
    def test_gone_at_once(self, engine, mapping, enroll, sam):
        face = enroll(sam, 1, 1)
        assert best(engine.identify(orl_photo(1, 2), candidates=None)) == [sam.pk]
        report = engine.forget([face.face_id])
        assert (report.erased, report.remaining) == ((face.face_id,), ())
        assert best(engine.identify(orl_photo(1, 2), candidates=None)) == [None]
        assert mapping.for_student(sam.pk) == []

    def test_the_students_other_photos_stay(self, engine, mapping, enroll, sam):
        first, second = enroll(sam, 1, 1), enroll(sam, 1, 2)
        engine.forget([first.face_id])
        assert mapping.for_student(sam.pk) == [second.face_id]
        assert best(engine.identify(orl_photo(1, 7), candidates=None)) == [sam.pk]

    def test_everybody_elses_faces_stay(self, engine, mapping, students):
        engine.forget(mapping.for_student(students[0].pk))
        gone, there = engine.identify(tiles([1, 2], columns=2), candidates=None)
        assert students[0].pk not in {match.student_id for match in gone.matches}
        assert best([there]) == [students[1].pk]

    def test_unknown_ids_count_as_erased(self, engine, enroll, sam):
        face = enroll(sam, 1, 1)
        unknown = ["nobody", "0" * 32, "12345678-1234-1234-1234-123456789012"]
        report = engine.forget([*unknown, face.face_id])
        assert (report.erased, report.remaining) == ((*unknown, face.face_id), ())

    def test_nothing_to_forget(self, engine):
        assert engine.forget([]).erased == ()

    def test_twice(self, engine, enroll, sam):
        face = enroll(sam, 1, 1)
        assert engine.forget([face.face_id]) == engine.forget([face.face_id])

    def test_enrolled_again(self, engine, mapping, enroll, sam):
        engine.forget([enroll(sam, 1, 1).face_id])
        face = enroll(sam, 1, 1)
        assert mapping.for_student(sam.pk) == [face.face_id]
        assert best(engine.identify(orl_photo(1, 2), candidates=None)) == [sam.pk]

    def test_another_schools_face_stays(self, engine, mapping, hilltop, enroll, sam):
        face = enroll(sam, 1, 1)
        faces_for(hilltop).forget([face.face_id])
        assert mapping.for_student(sam.pk) == [face.face_id]
        assert best(engine.identify(orl_photo(1, 2), candidates=None)) == [sam.pk]


class TestCalibration:
    def test_the_thresholds_are_in_order_and_say_whence_they_are(self, engine, riverside, enroll, sam):
        enroll(sam, 1)
        calibration = engine.calibration
        assert 0 < calibration.review_threshold <= calibration.accept_threshold <= 100
        assert calibration.margin >= 0
        assert calibration.source
        assert calibration.model == faces_for(riverside).calibration.model

    def test_a_school_that_moves_its_thresholds(self, settings, backend, riverside):
        moved = {**ENGINES[backend].get("OPTIONS", {}), "accept_threshold": 0.9, "review_threshold": 0.8}
        settings.FACE_ENGINE = {**ENGINES[backend], "OPTIONS": moved}
        calibration = faces_for(riverside).calibration
        assert (calibration.accept_threshold, calibration.review_threshold, calibration.source) == (
            0.9,
            0.8,
            "settings",
        )

    def test_it_says_whether_it_costs(self, backend, engine):
        assert engine.is_metered == (backend != "local")
