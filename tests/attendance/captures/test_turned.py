"""Pictures on their side: recognised upright, stored upright, and drawn where the camera saw them."""

import io
from uuid import uuid4

import pytest
from PIL import Image

from attendance.captures.answers import frame_answer
from attendance.captures.pictures import delete_picture, stored_image
from attendance.captures.recognition import capture_discard
from attendance.captures.toasts import photo_toast
from attendance.models import Capture
from enrollment.models import Enrollment
from enrollment.pictures import turned
from enrollment.services.photos import face_photo_add
from tests.attendance.api.client import jpeg
from tests.conftest import make_student
from tests.engines import face
from tests.enrollment.faces.conftest import tiles
from tests.enrollment.orl import as_bytes, as_file
from tests.enrollment.orl import face as orl_face

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]


def files(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def classmates(riverside, lesson):
    """Six enrolled students on the roster: the people 1 to 6 of the AT&T/ORL set."""
    found = []
    for person in range(1, 7):
        student = make_student(riverside, f"Pupil {person}", f"P-{person}")
        Enrollment.objects.create(institution=riverside, course=lesson.course, student=student)
        face_photo_add(student=student, upload=as_file(orl_face(person)), added_by=None)
        found.append(student)
    return found


@pytest.mark.parametrize("turns", [1, 2, 3])
@pytest.mark.parametrize("kind", Capture.Kind.values)
def test_all_are_marked_from_a_picture_on_its_side(classmates, take, picture_folder, turns, kind):
    upright = tiles(range(1, 7), columns=3)
    result = take(kind=kind, data=as_bytes(turned(upright, turns)))
    assert {mark.student_id for mark in result.marks} == {student.pk for student in classmates}
    capture = Capture.objects.get(pk=result.capture.pk)
    assert (capture.width, capture.height) == stored_image(capture).size == upright.size
    assert capture.turns == 4 - turns
    assert [name for name in files(picture_folder) if str(capture.pk) in name] == [f"{capture.pk}.upright.jpg"]


def test_boxes_are_drawn_where_the_camera_saw_them(script, take, register, sam):
    script.turns = [1]
    script.sees().sees(face((sam.pk, 0.9)))
    result = take(kind=Capture.Kind.WEBCAM, data=jpeg(400, 300))
    assert script.sizes == [(400, 300), (300, 400)]
    told = frame_answer(register, result)
    assert (told["width"], told["height"]) == (400, 300)
    box = result.detected_faces[0].box
    assert told["faces"][0]["box"] == [400 - box.top - box.height, box.left, box.height, box.width]


def test_it_is_turned_once_however_often_it_is_tried(script, take, register, sam):
    """The engine goes away after the picture was turned: the stored one is upright when it comes back."""
    from attendance.captures.backlog import captures_resume

    script.turns = [1]
    script.sees().is_unavailable()
    capture = take(data=jpeg(400, 300)).capture
    assert (capture.state, capture.turns, capture.width, capture.height) == (Capture.State.WAITING, 1, 300, 400)
    script.answers = []
    script.turns = [1]
    script.sees(face((sam.pk, 0.9)))
    Capture.objects.update(retry_at=None)
    captures_resume()
    capture.refresh_from_db()
    assert (capture.state, capture.turns, capture.width) == (Capture.State.DONE, 1, 300)
    assert stored_image(capture).size == (300, 400)


@pytest.mark.parametrize("step", ["before the row", "before the first file is deleted"])
def test_a_crash_in_between_leaves_no_file_when_it_is_deleted(script, take, picture_folder, step):
    capture = take().capture
    storage, stored = capture.picture.storage, capture.picture.name
    upright = stored.replace(".jpg", ".upright.jpg")
    storage.save(upright, io.BytesIO(jpeg()))
    if step != "before the row":
        capture.picture.name = upright
        Capture.objects.update(picture=upright, turns=1)
    capture_discard(capture=capture)
    assert files(picture_folder) == []


def test_deleting_one_that_is_gone_is_no_error(script, take):
    capture = take().capture
    delete_picture(capture)
    delete_picture(capture)


def test_a_picture_that_cannot_be_stored_upright_waits(script, take, monkeypatch):
    from attendance.captures import recognition
    from attendance.captures.errors import PictureNotStored

    def full(*_args):
        raise PictureNotStored

    monkeypatch.setattr(recognition, "store_upright", full)
    script.turns = [1]
    script.sees()
    capture = take().capture
    assert (capture.state, capture.reason) == (Capture.State.WAITING, "storage_unavailable")


def test_where_no_face_is_found_the_teacher_is_asked(script, take):
    script.sees()
    assert photo_toast(take(uuid4())).text.startswith("No face found. Is the photo on its side?")


def test_an_upright_picture_is_looked_at_once(script, take, sam):
    script.sees(face((sam.pk, 0.9)))
    take()
    assert len(script.sizes) == 1


def test_the_real_one_is_read_from_the_stored_file(classmates, take):
    """A second photo is compared with the faces of the first one where they are in its upright picture."""
    first = take(data=as_bytes(turned(tiles(range(1, 4)), 1)))
    capture = Capture.objects.get(pk=first.capture.pk)
    with capture.picture.open("rb") as file:
        assert Image.open(file).size == tiles(range(1, 4)).size
    for detected in first.detected_faces:
        assert detected.box.left + detected.box.width <= capture.width
        assert detected.box.top + detected.box.height <= capture.height
