"""Verdicts on the engine: written with each decision, retracted with it, counted, erased with a student."""

import pytest
from django.core.files.base import ContentFile

from attendance.calibration.report import read_report
from attendance.captures.doubts import detected_face_decide, detected_face_undecide
from attendance.domain.statuses import Source, Status
from attendance.models import Capture, DetectedFace, Verdict
from attendance.register.corrections import Correction, mark_correct
from attendance.register.marks import mark_undo
from attendance.register.rest import marks_set_rest
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from attendance.upkeep import pictures_expire
from enrollment.models import FacePhoto
from tests.attendance.api.client import jpeg
from tests.attendance.byhand import mark_set
from tests.attendance.test_upkeep import grow_old
from tests.conftest import make_student
from tests.engines import face

P, L, A, N = Status.PRESENT, Status.LATE, Status.ABSENT, Status.NONE
RIGHT, WRONG, MISSED = Verdict.Kind.RIGHT, Verdict.Kind.WRONG, Verdict.Kind.MISSED


@pytest.fixture
def see(script, take):
    """Takes a photo in which the engine sees these faces; their detected faces."""

    def see_(*faces, **how):
        script.answers[:] = [list(faces)]
        return list(take(**how).detected_faces)

    return see_


@pytest.fixture
def decide(tess):
    return lambda detected_face, student: detected_face_decide(
        detected_face=detected_face, student_id=student.pk if student else None, by=tess.user
    )


@pytest.fixture
def put(register, tess):
    def put_(student, status):
        current = mark_of(register, student)
        version = current.version if current else 0
        return mark_set(session=register, student_id=student.pk, status=status, by=tess.user, expected_version=version)

    return put_


def enrol(student):
    photo = FacePhoto(institution=student.institution, student=student, state=FacePhoto.State.ENROLLED, face_px=90)
    photo.face_id = f"face of {student.pk}"
    photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
    photo.portrait.save("portrait.jpg", ContentFile(jpeg(160, 160)), save=False)
    photo.save(force_insert=True)
    return student


def mark_of(register, student):
    return marks_for(register.institution).for_session(register.pk).get(student.pk)


def kinds():
    return [(verdict.said, verdict.kind, verdict.similarity) for verdict in Verdict.objects.order_by("decided_at")]


# -- Faces --


def test_a_confirmed_doubt_speaks_for_the_engine(see, decide, sam, sita):
    [detected_face] = see(face((sam.pk, 0.42), (sita.pk, 0.35)))
    decide(detected_face, sam)
    [verdict] = Verdict.objects.all()
    assert kinds() == [("ask", RIGHT, 0.42)]
    assert (verdict.engine, verdict.model, verdict.accept_threshold, verdict.review_threshold) == (
        "scripted",
        "scripted-1",
        0.5,
        0.3,
    )
    assert (verdict.detected_face, verdict.capture, verdict.student) == (detected_face, detected_face.capture, None)


@pytest.mark.parametrize("who", ["sita", None])
def test_the_second_candidate_and_none_of_them_speak_against_it(see, decide, sam, sita, who):
    [detected_face] = see(face((sam.pk, 0.42), (sita.pk, 0.35)))
    decide(detected_face, {"sita": sita, None: None}[who])
    assert kinds() == [("ask", WRONG, 0.42)]


@pytest.mark.parametrize("who", ["sita", None])
def test_not_them(see, decide, register, sam, sita, who):
    [detected_face] = see(face((sam.pk, 0.9)))
    decide(detected_face, {"sita": sita, None: None}[who])
    assert kinds() == [("mark", WRONG, 0.9)]
    assert mark_of(register, sam).status is N


def test_a_stranger_who_is_a_stranger(see, decide):
    [detected_face] = see(face())
    decide(detected_face, None)
    assert kinds() == [("unknown", RIGHT, None)]


def test_a_stranger_who_is_enrolled_was_missed(see, decide, sam):
    [detected_face] = see(face())
    decide(detected_face, enrol(sam))
    assert kinds() == [("unknown", MISSED, None)]


def test_nobody_is_blamed_for_not_knowing_whom_it_may_not_know(see, decide, sam, sita):
    first, second = see(face(), face(at=1))
    decide(first, sam)  # no photo
    enrol(sita).consents.all().delete()
    decide(second, sita)
    assert not Verdict.objects.exists()


def test_somebody_of_another_course(see, decide, riverside, sam):
    other = make_student(riverside, "Other Class", "R-050")
    first, second = see(face(elsewhere=(other.pk, 0.8)), face(elsewhere=(other.pk, 0.7), at=1))
    decide(first, None)
    assert not Verdict.objects.exists(), "whether it is that other one, nobody has said"
    decide(second, sam)
    assert kinds() == [("elsewhere", WRONG, 0.7)]


def test_deciding_twice_is_one_verdict(see, decide, sam):
    [detected_face] = see(face((sam.pk, 0.42)))
    decide(detected_face, sam)
    decide(detected_face, sam)
    assert Verdict.objects.count() == 1


def test_undoing_takes_the_verdict_back(see, decide, tess, sam, sita):
    [detected_face] = see(face((sam.pk, 0.42), (sita.pk, 0.35)))
    decide(detected_face, None)
    detected_face_undecide(detected_face=detected_face, by=tess.user)
    assert not Verdict.objects.exists()
    decide(detected_face, sam)
    assert kinds() == [("ask", RIGHT, 0.42)]


def test_a_refused_decision_says_nothing(see, decide, riverside, sam):
    [detected_face] = see(face((sam.pk, 0.42)))
    with pytest.raises(Exception, match="not on this register"):
        decide(detected_face, make_student(riverside, "Other Class", "R-050"))
    assert not Verdict.objects.exists()


# -- A mark that is contradicted on the register --


def test_a_mark_of_the_machine_s_set_to_absent_speaks_against_it(see, put, sam):
    [detected_face] = see(face((sam.pk, 0.9)))
    put(sam, A)
    [verdict] = Verdict.objects.all()
    assert kinds() == [("mark", WRONG, 0.9)]
    assert (verdict.detected_face, verdict.detected_face.decided_at) == (detected_face, None)


def test_so_does_one_that_is_taken_back(see, register, tess, sam):
    see(face((sam.pk, 0.9)))
    mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=1)
    assert kinds() == [("mark", WRONG, 0.9)]
    mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=2)
    assert not Verdict.objects.exists(), "the mark holds again"


@pytest.mark.parametrize("status", [P, L, Status.LEFT_EARLY, Status.EXCUSED])
def test_who_was_there_or_is_excused_is_no_contradiction(see, put, sam, status):
    see(face((sam.pk, 0.9)))
    put(sam, status)
    assert not Verdict.objects.exists()


@pytest.mark.parametrize(("then", "left"), [(L, 0), (Status.EXCUSED, 1), (A, 1)])
def test_what_is_said_next(see, put, sam, then, left):
    see(face((sam.pk, 0.9)))
    put(sam, A)
    put(sam, then)
    assert Verdict.objects.count() == left


def test_absent_who_was_absent_anyway(see, put, register, tess, sam):
    see(face((sam.pk, 0.4)))
    put(sam, A)
    assert not Verdict.objects.exists(), "the machine had only asked"


def test_taking_back_by_one_face_says_nothing_of_the_other_photo(see, decide, sam):
    [first] = see(face((sam.pk, 0.9)))
    see(face((sam.pk, 0.8)))
    decide(first, None)
    assert kinds() == [("mark", WRONG, 0.9)]


def test_an_absence_speaks_against_every_photo(see, put, sam):
    see(face((sam.pk, 0.9)))
    see(face((sam.pk, 0.8)))
    put(sam, A)
    assert sorted(kinds()) == [("mark", WRONG, 0.8), ("mark", WRONG, 0.9)]


def test_so_does_a_correction_of_a_closed_register(see, register, tess, sam):
    see(face((sam.pk, 0.9)))
    session_close(session=register, by=tess.user)
    for version, (status, said) in enumerate([(A, [("mark", WRONG, 0.9)]), (P, [])], start=1):
        mark_correct(
            session=register, student_id=sam.pk, correction=Correction(status, "Not there"), by=tess.user,
            expected_version=version,
        )  # fmt: skip
        assert kinds() == said


# -- The wrong mark comes back --


def test_undoing_not_them_brings_the_machine_s_mark_back(see, decide, register, tess, sam, sita):
    [detected_face] = see(face((sam.pk, 0.9)))
    decide(detected_face, sita)
    detected_face_undecide(detected_face=detected_face, by=tess.user)
    mark = mark_of(register, sam)
    assert (mark.status, mark.source, mark.evidence.face) == (P, Source.PHOTO, 1)
    assert mark_of(register, sita).status is N


def test_not_a_mark_that_a_teacher_had_taken_back_before(see, decide, register, tess, sam, sita):
    [detected_face] = see(face((sam.pk, 0.9)))
    mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=1)
    decide(detected_face, sita)
    detected_face_undecide(detected_face=detected_face, by=tess.user)
    assert mark_of(register, sam).status is N


def test_not_over_what_was_said_since(see, decide, register, put, tess, sam, sita):
    [detected_face] = see(face((sam.pk, 0.9)))
    decide(detected_face, sita)
    put(sam, A)
    detected_face_undecide(detected_face=detected_face, by=tess.user)
    assert mark_of(register, sam).status is A


def test_where_the_right_one_cannot_be_marked_the_wrong_mark_stays(see, register, tess, sam, sita, monkeypatch):
    from attendance.captures import doubts
    from attendance.register.errors import MarkConflict

    [detected_face] = see(face((sam.pk, 0.9)))

    def refuse(*args):
        raise MarkConflict(None)

    monkeypatch.setattr(doubts, "_confirm", refuse)
    with pytest.raises(MarkConflict):
        detected_face_decide(detected_face=detected_face, student_id=sita.pk, by=tess.user)
    assert mark_of(register, sam).source is Source.PHOTO
    assert DetectedFace.objects.get().decided_at is None
    assert not Verdict.objects.exists()


# -- Those it did not see --


def test_marked_by_hand_even_if_the_engine_knows_them(see, put, sam, sita):
    see(face((sita.pk, 0.9)))
    put(enrol(sam), P)
    [verdict] = Verdict.objects.all()
    assert (verdict.kind, verdict.said, verdict.similarity, verdict.student, verdict.detected_face) == (
        MISSED, "", None, sam, None,
    )  # fmt: skip
    assert verdict.model == "scripted-1"


@pytest.mark.parametrize("status", [L, A, Status.EXCUSED])
def test_only_who_was_there_in_time_was_missed(see, put, sam, status):
    see(face())
    put(enrol(sam), status)
    assert not Verdict.objects.exists()


def test_without_a_photo_or_with_a_webcam_s_frame_nobody_is_missed(see, put, sam, sita):
    put(enrol(sam), P)
    see(face(), kind=Capture.Kind.WEBCAM)
    put(enrol(sita), P)
    assert not Verdict.objects.exists()


def test_nor_who_was_named_or_asked_about(see, put, sam, sita):
    see(face((sam.pk, 0.9)), face((sita.pk, 0.4), at=1))
    put(enrol(sam), A)
    put(sam, P)
    put(enrol(sita), P)
    assert not Verdict.objects.exists()


def test_nor_by_marking_all_the_rest(see, register, tess, sam, sita):
    see(face())
    enrol(sam)
    marks_set_rest(session=register, status=P, by=tess.user)
    assert not Verdict.objects.exists()


def test_a_slip_is_not_counted(see, put, register, tess, sam):
    see(face())
    put(enrol(sam), P)
    put(sam, A)
    assert not Verdict.objects.exists()
    mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=2)
    assert kinds() == [("", MISSED, None)], "present again"
    mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=3)
    assert not Verdict.objects.exists()


# -- Counting --


def counted(institution):
    """The school's verdicts as calibration reads them: outcome, judgement, similarity."""
    judged = read_report(institution).sample.judged
    return sorted(((each.said, Verdict.Kind(each.judgement), each.similarity) for each in judged), key=str)


def test_counts_of_one_engine_and_school(see, decide, riverside, hilltop, sam, sita):
    first, second, third = see(face((sam.pk, 0.42)), face((sita.pk, 0.35), at=1), face(at=2))
    decide(first, sam)
    decide(second, None)
    decide(third, None)
    assert counted(riverside) == [("ask", RIGHT, 0.42), ("ask", WRONG, 0.35), ("unknown", RIGHT, None)]
    assert counted(hilltop) == []
    Verdict.objects.update(model="scripted-2")
    assert counted(riverside) == [], "similarities of another model cannot be compared"


# -- What is left --


def test_a_verdict_outlives_its_photo(see, decide, riverside, sam):
    [detected_face] = see(face((sam.pk, 0.42)))
    decide(detected_face, sam)
    grow_old(30)
    assert pictures_expire() == 1
    assert len(counted(riverside)) == 1


@pytest.mark.parametrize("erased", ["sam", "sita"])
def test_it_goes_with_a_student_who_was_named_there(see, decide, riverside, sam, sita, erased):
    [detected_face] = see(face((sam.pk, 0.42)))
    decide(detected_face, sita)
    {"sam": sam, "sita": sita}[erased].delete()
    assert not Verdict.objects.exists()


def test_so_does_having_been_missed(see, put, sam):
    see(face())
    put(enrol(sam), P)
    sam.delete()
    assert not Verdict.objects.exists()


def test_it_names_nobody():
    """Anyone who adds a name, a note or a picture to a verdict has to think about erasure."""
    text = {field.name for field in Verdict._meta.concrete_fields if not field.is_relation and field.name != "id"}
    assert text == {
        "engine",
        "model",
        "said",
        "similarity",
        "accept_threshold",
        "review_threshold",
        "kind",
        "decided_at",
    }
