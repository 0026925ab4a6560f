"""Photos of a lesson and consent: who may not be searched for is found by no photo, before it, after it, meanwhile."""

import threading
from functools import partial

import pytest
from django.db import connection

from accounts.models import Institution
from attendance.captures import recognition
from attendance.captures.doubts import detected_face_decide, detected_face_undecide, guest_add_by_face
from attendance.captures.recognition import MOST_TRIES
from attendance.demo.pictures import Tile, compose
from attendance.domain.decision import Outcome, Reason
from attendance.domain.statuses import Source, Status
from attendance.models import Capture, DetectedFace
from attendance.register.page import read_register
from attendance.repositories import marks_for
from attendance.repositories.dynamodb import DynamoAttendanceRepository
from attendance.repositories.orm import OrmAttendanceRepository
from enrollment.faces.local.engine import LocalFaceEngine
from enrollment.models import Consent, Student
from enrollment.services.consents import consent_withdraw
from enrollment.services.photos import face_photo_add
from tests.conftest import make_student
from tests.contracts.conftest import ensure_tables
from tests.engines import face
from tests.enrollment.orl import as_bytes, as_file
from tests.enrollment.orl import face as orl_face


def without_consent(student):
    Consent.objects.filter(student=student).delete()


def withdraw(student):
    consent_withdraw(student=student, by=None)


def leave(student):
    Student.objects.filter(pk=student.pk).update(is_active=False)


ENDS = pytest.mark.parametrize("end", [withdraw, leave])


def mark_of(session, student):
    return marks_for(session.institution).for_session(session.pk).get(student.pk)


def names(student):
    """True if the machine names the student for any face of any photo."""
    faces = DetectedFace.objects.all()
    told = [faces.filter(student=student), faces.filter(candidates__icontains=str(student.pk))]
    return any(rows.exists() for rows in told)


def decide(detected_face, student, tess):
    detected_face = DetectedFace.objects.get(pk=detected_face.pk)
    return detected_face_decide(detected_face=detected_face, student_id=student.pk, by=tess.user)


class TestOnRealFaces:
    """Sam (person 1) is enrolled; Sita (person 3) has given no consent and sits in the class all the same."""

    @pytest.fixture(autouse=True)
    def students(self, sam, sita):
        for number in (1, 2):
            face_photo_add(student=sam, upload=as_file(orl_face(1, number)), added_by=None)
        without_consent(sita)

    @pytest.fixture(autouse=True)
    def compared(self, monkeypatch):
        """The numbers of earlier faces that the engine was given with each photo that it compared with any."""
        given, real = [], LocalFaceEngine.identify_together

        def watched(engine, image, earlier, **options):
            given.append(sum(map(len, earlier)))
            return real(engine, image, earlier, **options)

        monkeypatch.setattr(LocalFaceEngine, "identify_together", watched)
        return given

    def show(self, take, *tiles):
        return list(take(data=as_bytes(compose(tiles, per_row=4, factor=2))).detected_faces)

    def test_who_was_named_by_the_teacher_is_not_found_in_the_next_photo(
        self, take, register, compared, sam, sita, tess
    ):
        [first] = self.show(take, Tile(3, 4))
        decide(first, sita, tess)
        [again, other] = self.show(take, Tile(3, 5), Tile(1, 4))
        assert (again.outcome, again.student, again.same_as, again.decided_at) == (Outcome.UNKNOWN, None, None, None)
        assert (other.outcome, other.student_id) == (Outcome.MARK, sam.pk)
        assert compared == []
        assert again in read_register(register).unknown

    def test_nor_who_withdrew_between_two_photos(self, take, register, compared, sam, tess):
        [first] = self.show(take, Tile(1, 4))
        assert (first.outcome, mark_of(register, sam).source) == (Outcome.MARK, Source.PHOTO)
        decide(first, sam, tess)
        withdraw(sam)
        [again] = self.show(take, Tile(1, 6))
        assert (again.outcome, again.student, again.same_as, again.decided_at) == (Outcome.UNKNOWN, None, None, None)
        assert compared == []

    @pytest.mark.thorough
    def test_nor_who_was_asked_about_and_withdrew_then(self, take, compared, sam):
        [first] = self.show(take, Tile(1, 5, blur=9.0))
        assert first.outcome == Outcome.ASK
        withdraw(sam)
        [again] = self.show(take, Tile(1, 6))
        assert (again.outcome, again.student, again.same_as) == (Outcome.UNKNOWN, None, None)
        assert compared == []

    def test_nor_who_has_left(self, take, compared, sam, tess):
        [first] = self.show(take, Tile(1, 4))
        decide(first, sam, tess)
        leave(sam)
        [again] = self.show(take, Tile(1, 6))
        assert (again.outcome, again.student, again.same_as) == (Outcome.UNKNOWN, None, None)
        assert compared == []

    def test_nor_a_guest_without_consent(self, take, compared, riverside, tess):
        guest = make_student(riverside, "Gus Guest", "R-077")
        without_consent(guest)
        [first] = self.show(take, Tile(3, 4))
        guest_add_by_face(detected_face=first, student_id=guest.pk, by=tess.user)
        [again] = self.show(take, Tile(3, 5))
        assert (again.outcome, again.same_as, again.decided_at) == (Outcome.UNKNOWN, None, None)
        assert compared == []

    def test_whom_the_engine_had_joined_unnamed_is_parted_when_named(self, take, register, compared, sita, tess):
        [first] = self.show(take, Tile(3, 4))
        [second] = self.show(take, Tile(3, 5))
        assert second.same_as == first
        decide(first, sita, tess)
        second.refresh_from_db()
        assert (second.same_as, second.decided_at, second.decided_student) == (None, None, None)
        assert read_register(register).unknown == (second,)
        [third] = self.show(take, Tile(3, 6))
        assert (third.same_as, third.decided_at) == (None, None)
        assert compared == [1]  # the second photo's alone: neither face is compared any more

    def test_a_consent_given_later_joins_nothing_of_before(self, take, compared, riverside, sita, tess):
        [first] = self.show(take, Tile(3, 4))
        [second] = self.show(take, Tile(3, 5))
        decide(first, sita, tess)
        Consent.objects.create(institution=riverside, student=sita, given_by="a parent", wording="Form 3")
        [third] = self.show(take, Tile(3, 6))
        assert third.same_as != second

    def test_somebody_elsewhere_who_has_left_is_nobody(self, take, riverside):
        other = make_student(riverside, "Olga Other", "R-078")
        face_photo_add(student=other, upload=as_file(orl_face(2, 1)), added_by=None)
        assert self.show(take, Tile(2, 4))[0].outcome == Outcome.ELSEWHERE
        leave(other)
        [seen] = self.show(take, Tile(2, 4))
        assert (seen.outcome, seen.student) == (Outcome.UNKNOWN, None)


@pytest.fixture
def joining(script, settings):
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.JoiningEngine", "OPTIONS": {}}
    return script


def sees(script, *faces, same=()):
    """The next photo's faces; same: for its faces which earlier ones they are."""
    script.answers = [list(faces)]
    script.same = [[*same, *[()] * (len(faces) - len(same))]] * MOST_TRIES


class TestEarlierFaces:
    """The engine would find each of them again."""

    @ENDS
    @pytest.mark.parametrize(
        "earlier",
        [
            pytest.param(lambda sam, sita: face((sam.pk, 0.52)), id="marked weakly"),
            pytest.param(lambda sam, sita: face((sam.pk, 0.35)), id="asked about"),
            pytest.param(lambda sam, sita: face((sita.pk, 0.42), (sam.pk, 0.41)), id="one of two"),
        ],
    )
    def test_not_who_may_be_somebody_who_ended_it(self, joining, take, sam, sita, earlier, end):
        sees(joining, earlier(sam, sita))
        take()
        end(sam)
        sees(joining, face(), same=[(0,)])
        [seen] = take().detected_faces
        assert (seen.outcome, seen.same_as, joining.compared) == (Outcome.UNKNOWN, None, [])

    def test_a_persons_word_counts_alone(self, joining, take, sam, sita, tess):
        """The teacher said that it is Sita: that the machine had thought of Sam does not matter any more."""
        sees(joining, face((sam.pk, 0.42), (sita.pk, 0.41)))
        first = take().detected_faces[0]
        decide(first, sita, tess)
        withdraw(sam)
        sees(joining, face(), same=[(0,)])
        assert take().detected_faces[0].same_as == first

    def test_named_while_the_engine_works(self, joining, take, register, sam, sita, tess):
        without_consent(sita)
        sees(joining, face())
        first = take().detected_faces[0]
        sees(joining, face(), same=[(0,)])
        joining.meanwhile = once(joining, lambda: decide(first, sita, tess))
        [seen] = take().detected_faces
        assert (seen.same_as, seen.decided_at) == (None, None)
        assert read_register(register).unknown == (seen,)

    def test_decided_while_the_engine_works(self, joining, take, sam, tess):
        """A student with a consent: the photo hears of it."""
        sees(joining, face((sam.pk, 0.35)))
        first = take().detected_faces[0]
        sees(joining, face((sam.pk, 0.4)), same=[(0,)])
        joining.meanwhile = once(joining, lambda: decide(first, sam, tess))
        [seen] = take().detected_faces
        assert (seen.same_as, seen.decided_student) == (first, sam)

    def test_deleted_while_the_engine_works(self, joining, take):
        sees(joining, face())
        first = take().detected_faces[0]
        sees(joining, face(), same=[(0,)])
        joining.meanwhile = once(joining, lambda: first.capture.delete())
        assert take().detected_faces[0].same_as is None

    def test_all_that_hangs_together_is_parted(self, joining, take, register, sita, tess):
        without_consent(sita)
        sees(joining, face())
        first = take().detected_faces[0]
        sees(joining, face(), same=[(0,)])
        second = take().detected_faces[0]
        third = take().detected_faces[0]
        DetectedFace.objects.filter(pk=third.pk).update(same_as=second)
        decide(third, sita, tess)
        rows = DetectedFace.objects.exclude(pk=third.pk)
        assert {(row.same_as, row.decided_at, row.may_be_joined) for row in rows} == {(None, None, False)}
        assert set(read_register(register).unknown) == {first, second}

    def test_a_wrong_mark_is_taken_back_even_if_the_faces_are_parted(self, joining, take, register, sam, sita, tess):
        without_consent(sita)
        sees(joining, face((sam.pk, 0.52)))
        take()
        sees(joining, face((sam.pk, 0.35)), same=[(0,)])
        doubt = take().detected_faces[0]
        assert doubt.reason == Reason.OTHER_PICTURE
        decide(doubt, sita, tess)
        assert mark_of(register, sam).status is Status.NONE
        assert mark_of(register, sita).source is Source.CONFIRMED
        detected_face_undecide(detected_face=DetectedFace.objects.get(pk=doubt.pk), by=tess.user)
        assert mark_of(register, sita).status is Status.NONE


def before(monkeypatch, owner, name, act):
    """Let something happen right before a step, the first time that it is taken."""
    real, due = getattr(owner, name), [act]

    def step(*args, **kwargs):
        if due:
            due.pop()()
        return real(*args, **kwargs)

    monkeypatch.setattr(owner, name, step)


def once(script, act):
    def first_time():
        script.meanwhile = lambda: None
        act()

    return first_time


class TestWithdrawnMeanwhile:
    @pytest.fixture(params=["orm", "dynamodb"])
    def store(self, request, settings):
        if request.param == "dynamodb":
            request.getfixturevalue("local_dynamodb")
            path = "attendance.repositories.dynamodb.DynamoAttendanceRepository"
            settings.ATTENDANCE_REPOSITORY = {"BACKEND": path, "OPTIONS": {}}
            ensure_tables()

    @ENDS
    def test_the_mark_is_left_to_the_teacher(self, store, script, take, register, sam, sita, end):
        script.sees(face((sam.pk, 0.9)), face((sita.pk, 0.9), at=1))
        script.meanwhile = once(script, partial(end, sam))
        photo = take()
        assert [mark.student_id for mark in photo.marks] == [sita.pk]
        assert mark_of(register, sam) is None
        assert (photo.capture.state, photo.detected_faces[0].outcome) == (Capture.State.DONE, Outcome.UNKNOWN)
        assert not names(sam)

    def test_between_the_engine_and_the_write(self, store, script, take, register, sam, monkeypatch):
        """The door has looked already: the write asks once more."""
        script.sees(face((sam.pk, 0.9)))
        for repository in (OrmAttendanceRepository, DynamoAttendanceRepository):
            real = repository.together

            def ends_first(store, real=real):
                withdraw(sam)  # again and again: the second time nothing is left to end
                return real(store)

            monkeypatch.setattr(repository, "together", ends_first)
        assert take().marks == ()
        assert mark_of(register, sam) is None
        assert not names(sam)

    @pytest.mark.parametrize("kind", Capture.Kind)
    def test_between_marks_and_faces(self, store, script, take, register, sam, monkeypatch, kind):
        """The mark is of before the withdrawal and stays, with its photo; no face names them any more."""
        script.sees(face((sam.pk, 0.9)))
        before(monkeypatch, recognition, "_finish", partial(withdraw, sam))
        photo = take(kind=kind)
        assert [mark.student_id for mark in photo.marks] == [sam.pk]
        assert mark_of(register, sam).evidence.capture_id == photo.capture.pk
        assert (photo.capture.state, photo.detected_faces[0].outcome) == (Capture.State.DONE, Outcome.UNKNOWN)
        assert not names(sam)

    def test_a_doubt_does_not_name_them(self, script, take, sam):
        script.sees(face((sam.pk, 0.4)))
        script.meanwhile = once(script, partial(withdraw, sam))
        assert take().detected_faces[0].outcome == Outcome.UNKNOWN
        assert not names(sam)

    def test_faces_were_switched_off(self, script, take, register, sam):
        script.sees(face((sam.pk, 0.9)))
        script.meanwhile = lambda: Institution.objects.update(faces_enabled=False)
        assert take().marks == ()
        assert mark_of(register, sam) is None

    def test_while_consents_keep_ending_the_photo_waits(self, script, take, riverside, monkeypatch):
        def somebody_else():
            other = make_student(riverside, "Ever Other", f"R-{Student.objects.count()}")
            script.answers = [[face(elsewhere=(other.pk, 0.9))]]
            return other

        real = OrmAttendanceRepository.together

        def ends_first(repository):
            withdraw(Student.objects.get(pk=script.answers[0][0].elsewhere.student_id))
            somebody_else()
            return real(repository)

        somebody_else()
        monkeypatch.setattr(OrmAttendanceRepository, "together", ends_first)
        capture = take().capture
        assert (capture.state, capture.reason, capture.attempts) == (Capture.State.WAITING, "consents_change", 0)
        assert not DetectedFace.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_who_withdraws_during_the_write_waits_for_it(self, script, take, register, sam, monkeypatch):
        """Either the mark is of before the withdrawal, or it is not written: there is no third way."""
        script.sees(face((sam.pk, 0.9)))
        real, told = OrmAttendanceRepository.mark_many, []

        def in_another_process():
            withdraw(sam)
            told.append("withdrawn")
            connection.close()

        thread = threading.Thread(target=in_another_process)

        def slow(repository, marks):
            if not told:
                thread.start()
                thread.join(timeout=0.5)
                told.append("written")
            return real(repository, marks)

        monkeypatch.setattr(OrmAttendanceRepository, "mark_many", slow)
        assert [mark.student_id for mark in take().marks] == [sam.pk]
        thread.join()
        assert told == ["written", "withdrawn"]
