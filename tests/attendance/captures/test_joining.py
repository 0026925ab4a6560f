"""Several photos of a lesson are read together: nobody is asked about twice, and a person's word outlives a photo."""

import time
from datetime import timedelta
from io import BytesIO
from uuid import uuid4

import pytest
from django.utils import timezone

from attendance.captures.doubts import detected_face_decide, detected_face_undecide
from attendance.captures.taking import capture_take
from attendance.demo.pictures import Tile, compose
from attendance.domain.decision import Outcome, Reason
from attendance.domain.statuses import Status
from attendance.models import Capture, ClassSession, DetectedFace
from attendance.register.page import read_register
from attendance.register.sessions import session_open
from attendance.repositories import marks_for
from enrollment.services.consents import consent_withdraw
from enrollment.services.photos import face_photo_add
from tests.attendance.api.client import jpeg
from tests.attendance.byhand import mark_set
from tests.contracts.conftest import at_once
from tests.engines import JoiningEngine, face
from tests.enrollment.orl import as_bytes, as_file
from tests.enrollment.orl import face as orl_face


@pytest.fixture
def joining(script, settings):
    settings.FACE_ENGINE = {"BACKEND": "tests.engines.JoiningEngine", "OPTIONS": {}}
    return script


def sees(script, *faces, same=()):
    """Script the faces of the next photo; same: for each the earlier faces of the same person."""
    script.answers = [list(faces)]
    script.same = [[*same, *[()] * (len(faces) - len(same))]]


def status_of(session, student):
    mark = marks_for(session.institution).for_session(session.pk).get(student.pk)
    return mark.status if mark else Status.NONE


def doubts(session):
    return [doubt.detected_face for doubt in read_register(session).doubts]


class TestOnRealFaces:
    @pytest.fixture
    def students(self, sam, sita):
        for person, student in ((1, sam), (2, sita)):
            for number in (1, 2):
                upload = as_file(orl_face(person, number))
                face_photo_add(student=student, upload=upload, added_by=None)
        return sam, sita

    def show(self, take, *tiles):
        return list(take(data=as_bytes(compose(tiles, per_row=4, factor=2))).detected_faces)

    def test_a_stranger_in_two_photos_is_listed_once(self, students, take, register):
        first = self.show(take, Tile(1, 4), Tile(3, 4))
        second = self.show(take, Tile(3, 5), Tile(2, 4))
        assert [seen.same_as for seen in second] == [first[1], None]
        assert read_register(register).unknown == (first[1],)

    def test_a_doubt_is_answered_by_a_better_photo(self, students, take, register, sam):
        blurred = self.show(take, Tile(1, 5, blur=9.0))[0]
        assert blurred.outcome == Outcome.ASK
        assert doubts(register) == [blurred]
        clear = self.show(take, Tile(1, 6))[0]
        blurred.refresh_from_db()
        assert (clear.outcome, clear.student_id) == (Outcome.MARK, sam.pk)
        assert blurred.same_as in (clear, None)
        assert doubts(register) == []

    @pytest.mark.thorough
    def test_the_same_doubt_in_two_photos_is_asked_once(self, students, take, register):
        first = self.show(take, Tile(1, 5, blur=9.0), Tile(3, 4))[0]
        again = self.show(take, Tile(3, 5), Tile(1, 5, blur=9.0))[1]
        [asked] = doubts(register)
        assert asked in (first, again)  # the same picture twice: either stands for both

    def test_nobody_stays_nobody(self, students, take, register, sam, tess):
        first = self.show(take, Tile(1, 4))[0]
        detected_face_decide(detected_face=first, student_id=None, by=tess.user)
        again = self.show(take, Tile(1, 6))[0]
        assert (again.outcome, again.same_as) == (Outcome.UNKNOWN, first)
        assert status_of(register, sam) is Status.NONE

    def test_a_photo_whose_file_is_gone_is_left_out(self, students, take, register):
        first = self.show(take, Tile(3, 4))[0]
        first.capture.picture.storage.delete(first.capture.picture.name)
        assert self.show(take, Tile(3, 5))[0].same_as is None

    def test_a_stranger_whose_second_face_is_poor_is_listed_once(self, students, take, register):
        first = self.show(take, Tile(3, 4))[0]
        poor = self.show(take, Tile(1, 4), Tile(3, 8, blur=6))[1]
        assert poor.same_as == first
        assert read_register(register).unknown == (first,)

    @pytest.mark.thorough
    def test_a_stranger_is_compared_with_the_marked_and_stays_one(self, students, take, register):
        self.show(take, Tile(1, 4), Tile(2, 4))
        stranger = self.show(take, Tile(3, 4))[0]
        assert read_register(register).unknown == (stranger,)

    def test_a_webcam_frame_is_judged_alone(self, students, take):
        self.show(take, Tile(3, 4))
        data = as_bytes(compose([Tile(3, 5)], per_row=1, factor=2))
        [seen] = take(data=data, kind=Capture.Kind.WEBCAM).detected_faces
        assert seen.same_as is None


class TestThePicturesDisagree:
    @pytest.fixture
    def doubt(self, joining, take, register, sam):
        """Sam was marked by a hair; the next photo of the same face looks less like him."""
        sees(joining, face((sam.pk, 0.52)))
        self.marked = take().detected_faces[0]
        sees(joining, face((sam.pk, 0.35)), same=[(0,)])
        return take().detected_faces[0]

    def test_the_mark_stays_and_the_teacher_is_asked(self, doubt, register, sam):
        assert (doubt.outcome, doubt.reason, doubt.same_as) == (Outcome.ASK, Reason.OTHER_PICTURE, self.marked)
        assert status_of(register, sam) is Status.PRESENT
        assert doubts(register) == [doubt]

    def test_not_them_takes_the_mark_back_and_undo_brings_it_again(self, doubt, register, sam, tess):
        detected_face_decide(detected_face=doubt, student_id=None, by=tess.user)
        assert (status_of(register, sam), doubts(register)) == (Status.NONE, [])
        detected_face_undecide(detected_face=DetectedFace.objects.get(pk=doubt.pk), by=tess.user)
        assert (status_of(register, sam), doubts(register)) == (Status.PRESENT, [doubt])

    def test_it_is_them(self, doubt, register, sam, tess):
        detected_face_decide(detected_face=doubt, student_id=sam.pk, by=tess.user)
        assert (status_of(register, sam), doubts(register)) == (Status.PRESENT, [])

    def test_a_persons_mark_answers_it(self, doubt, register, sam, tess):
        mark_set(session=register, student_id=sam.pk, status=Status.LATE, by=tess.user, expected_version=1)
        assert doubts(register) == []

    def test_not_them_at_the_mark_itself(self, doubt, register, sam, tess):
        detected_face_decide(detected_face=self.marked, student_id=None, by=tess.user)
        assert (status_of(register, sam), doubts(register)) == (Status.NONE, [])

    def test_two_photos_that_disagree_ask_once(self, doubt, joining, take, register, sam, tess):
        sees(joining, face((sam.pk, 0.35)), same=[(0,)])
        last = take().detected_faces[0]
        assert last.same_as == self.marked
        assert doubts(register) == [last]
        detected_face_decide(detected_face=last, student_id=None, by=tess.user)
        assert (status_of(register, sam), doubts(register)) == (Status.NONE, [])


class TestStrangers:
    def test_two_who_turn_out_to_be_one_are_listed_and_decided_once(self, joining, take, register, sam, tess):
        sees(joining, face())
        first = take().detected_faces[0]
        sees(joining, face(), same=[()])
        assert len([first, *take().detected_faces]) == len(read_register(register).unknown) == 2
        sees(joining, face(), same=[(0, 1)])
        take()
        [shown] = read_register(register).unknown
        detected_face_decide(detected_face=shown, student_id=sam.pk, by=tess.user)
        assert set(DetectedFace.objects.values_list("decided_student", flat=True)) == {sam.pk}
        assert read_register(register).unknown == ()

    @pytest.mark.django_db(transaction=True)
    def test_six_photos_at_once_list_a_stranger_once(self, script, settings, register, tess):
        settings.FACE_ENGINE = {"BACKEND": "tests.engines.OnePersonEngine", "OPTIONS": {}}
        script.sees(face())
        script.meanwhile = lambda: time.sleep(0.05)  # as long as another one needs to begin

        def shoot():
            upload = BytesIO(jpeg())
            return capture_take(session=register, upload=upload, nonce=uuid4(), kind=Capture.Kind.PHOTO, by=tess.user)

        photos = at_once(*[shoot] * 6)
        assert {photo.capture.state for photo in photos} == {Capture.State.DONE}
        assert len(read_register(register).unknown) == 1

    @pytest.mark.django_db(transaction=True)
    def test_a_photo_whose_process_died_is_not_waited_for_for_ever(self, joining, take, register, monkeypatch):
        monkeypatch.setattr("attendance.captures.joining.TURN", 0.2)
        sees(joining, face())
        dead = take().capture
        Capture.objects.filter(pk=dead.pk).update(
            state=Capture.State.RECOGNISING, lease_until=timezone.now() + timedelta(minutes=1)
        )
        sees(joining, face())
        assert take().capture.state == Capture.State.DONE


class TestAFaceTooPoorToBeRecognised:
    """Of somebody who was marked clearly before: compared with the marked only where a stranger comes up."""

    @pytest.fixture
    def marked(self, joining, take, sam, sita):
        sees(joining, face((sam.pk, 0.9)), face((sita.pk, 0.95), at=1))
        return take().detected_faces

    def test_is_no_stranger(self, joining, marked, take, register, sam):
        sees(joining, face(), same=[(0,)])
        poor = take().detected_faces[0]
        assert joining.compared == [2]
        assert (poor.outcome, poor.same_as) == (Outcome.UNKNOWN, marked[0])
        assert (read_register(register).unknown, doubts(register)) == ((), [])
        assert status_of(register, sam) is Status.PRESENT

    def test_a_stranger_stays_one(self, joining, marked, take, register):
        sees(joining, face(), same=[()])
        stranger = take().detected_faces[0]
        assert read_register(register).unknown == (stranger,)

    def test_each_students_latest_face_is_enough(self, joining, marked, take, sam):
        sees(joining, face((sam.pk, 0.9)))
        take()
        assert joining.compared == []  # nobody is a stranger
        sees(joining, face(), same=[()])
        take()
        assert joining.compared == [2]

    def test_a_stranger_who_was_seen_before_is_not_compared_with_everybody(self, joining, marked, take):
        sees(joining, face(), same=[()])
        take()
        joining.compared.clear()
        sees(joining, face(), same=[(0,)])
        take()
        assert joining.compared == [1]

    def test_not_where_each_comparison_is_paid_for(self, joining, marked, take, monkeypatch):
        monkeypatch.setattr(JoiningEngine, "is_metered", True)
        sees(joining, face())
        take()
        assert joining.compared == []


class TestOnePersonsWordForAllFaces:
    @pytest.fixture
    def pair(self, joining, take, sam):
        """The same doubtful face in two photos."""
        sees(joining, face((sam.pk, 0.35)))
        first = take().detected_faces[0]
        sees(joining, face((sam.pk, 0.4)), same=[(0,)])
        second = take().detected_faces[0]
        first.refresh_from_db()
        return first, second

    def test_it_is_asked_once(self, pair, register):
        assert pair[0].same_as == pair[1]
        assert doubts(register) == [pair[1]]

    def test_the_answer_is_both_faces(self, pair, register, sam, tess):
        detected_face_decide(detected_face=pair[1], student_id=sam.pk, by=tess.user)
        pair[0].refresh_from_db()
        assert pair[0].decided_student == sam
        assert [decided.pk for decided in read_register(register).decided] == [pair[1].pk]
        detected_face_undecide(detected_face=DetectedFace.objects.get(pk=pair[1].pk), by=tess.user)
        pair[0].refresh_from_db()
        assert pair[0].decided_at is None
        assert doubts(register) == [pair[1]]

    def test_a_third_photo_hears_it_too(self, pair, joining, take, register, sam, tess):
        detected_face_decide(detected_face=pair[1], student_id=sam.pk, by=tess.user)
        sees(joining, face((sam.pk, 0.4)), same=[(0,)])
        third = take().detected_faces[0]
        assert (third.same_as, third.decided_student) == (pair[1], sam)
        assert doubts(register) == []

    def test_another_lessons_faces_are_not_looked_at(self, pair, joining, register, tess):
        begin = register.ends_at
        other = ClassSession.objects.create(
            institution=register.institution,
            course=register.course,
            starts_at=begin,
            ends_at=begin + timedelta(hours=1),
        )
        session_open(session=other, by=tess.user)
        sees(joining, face())
        joining.same = []  # would fail if it were asked
        photo = capture_take(session=other, upload=BytesIO(jpeg()), nonce=uuid4(), kind=Capture.Kind.PHOTO, by=None)
        assert photo.detected_faces[0].same_as is None


class TestWithRekognition:
    """The same with the engine that compares faces by a paid call each."""

    @pytest.fixture
    def server(self, local_rekognition, settings, register, sam, sita):
        settings.AWS_RATES = dict.fromkeys(("CompareFaces", "SearchFacesByImage", "IndexFaces"), 1000)
        settings.FACE_ENGINE = {"BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine"}
        for person, student in ((1, sam), (2, sita)):
            face_photo_add(student=student, upload=as_file(orl_face(person, 1)), added_by=None)
        local_rekognition.forget_calls()
        return local_rekognition

    def show(self, take, *tiles):
        return list(take(data=as_bytes(compose(tiles, per_row=4, factor=2))).detected_faces)

    def test_a_stranger_in_three_photos_is_listed_once_for_a_call_a_photo(self, server, take, register):
        first = self.show(take, Tile(1, 4), Tile(2, 4), Tile(3, 4))
        assert "CompareFaces" not in server.calls()
        self.show(take, Tile(3, 5), Tile(2, 5))
        assert server.calls()["CompareFaces"] == 1  # marks are not compared again
        self.show(take, Tile(1, 6), Tile(3, 6))
        assert read_register(register).unknown == (first[2],)
        assert server.calls()["CompareFaces"] == 2

    def test_a_stranger_of_whom_a_person_said_nobody_stays_nobody(self, server, take, register, tess):
        first = self.show(take, Tile(3, 4))[0]
        detected_face_decide(detected_face=first, student_id=None, by=tess.user)
        again = self.show(take, Tile(3, 5))[0]
        assert (again.same_as, again.decided_at is not None) == (first, True)
        assert read_register(register).unknown == ()

    POOR = Tile(1, 5, blur=6)  # nobody's by the collection, and by the photo before it Sam's

    def test_a_poor_face_of_somebody_marked_is_no_stranger(self, server, take, register, sam):
        marked = self.show(take, Tile(1, 5), Tile(2, 5))
        assert [seen.outcome for seen in marked] == [Outcome.MARK] * 2
        poor, asked = self.show(take, self.POOR, Tile(2, 5, blur=6))
        assert (poor.outcome, poor.same_as) == (Outcome.UNKNOWN, marked[0])
        assert asked.outcome == Outcome.ASK  # by itself; she is marked already, so nobody is asked
        assert (read_register(register).unknown, doubts(register)) == ((), [])
        assert status_of(register, sam) is Status.PRESENT
        assert server.calls()["CompareFaces"] == 1

    def test_a_stranger_is_compared_with_all_who_were_marked_by_one_call(self, server, take, register):
        self.show(take, Tile(1, 4), Tile(2, 4))
        stranger = self.show(take, Tile(1, 6), Tile(3, 4))[1]
        assert read_register(register).unknown == (stranger,)
        assert server.calls()["CompareFaces"] == 1

    def test_who_withdrew_meanwhile_is_not_compared(self, server, take, register, sam):
        self.show(take, Tile(1, 5))
        consent_withdraw(student=sam, by=None)
        assert self.show(take, self.POOR)[0].same_as is None
        assert "CompareFaces" not in server.calls()

    def test_while_it_is_refused_the_face_is_listed(self, server, take, register):
        self.show(take, Tile(1, 5))
        server.fault("CompareFaces", "AccessDeniedException", times=9)
        poor = self.show(take, self.POOR)[0]
        assert read_register(register).unknown == (poor,)
