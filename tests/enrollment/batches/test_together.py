"""Photos enrolled together: the outcomes of the same photos one by one, and a consent that ends at any step."""

import pytest
from django.utils import timezone
from PIL import Image

from accounts.jobs import jobs_resume
from enrollment.batches import enrolling
from enrollment.batches.directory import directory_of
from enrollment.batches.enrolling import photo_batch_enrol
from enrollment.batches.receiving import Incoming, batch_photo_receive, photo_batch_create
from enrollment.faces import consent, door
from enrollment.models import AccessRecord, Consent, FaceId, FacePhoto, FaceVector, LookAlike
from enrollment.services import photos_together
from enrollment.services.photos import face_photo_add
from tests.conftest import make_student
from tests.enrollment.orl import as_bytes, as_file, face

pytestmark = [pytest.mark.thorough, pytest.mark.django_db]


def beside(*faces):
    wide = Image.new("RGB", (sum(one.width for one in faces), max(one.height for one in faces)), "#888")
    left = 0
    for one in faces:
        wide.paste(one, (left, 0))
        left += one.width
    return wide


def small(image, factor=0.16):
    room = Image.new("RGB", image.size, "#888")
    room.paste(image.resize((round(image.width * factor), round(image.height * factor))), (60, 60))
    return room


# By file name, in the order in which they are enrolled. The third file of a student is of another person.
PICTURES = [
    ("R-001.jpg", face(1)), ("R-001 left.jpg", face(1, 5)), ("R-001 right.jpg", face(9)),
    ("R-002.jpg", face(2)), ("R-003.jpg", face(2, 4)),  # held: R-002's face
    ("R-004.jpg", beside(face(4), face(5))), ("R-005.jpg", Image.effect_noise((400, 400), 30).convert("RGB")),
    ("R-006.jpg", small(face(6))), ("R-007.jpg", face(7).rotate(90, expand=True)), ("R-008.jpg", face(7, 3)),  # held
    ("R-009.jpg", face(10)), ("R-010.jpg", face(10, 3)),  # as alike, and confirmed to be two people
    ("R-011.jpg", face(11)), ("R-012.jpg", face(12)),
]  # fmt: skip


def school_with(institution):
    """Twelve students, of whom two are confirmed to look alike and one is enrolled."""
    made = {n: make_student(institution, f"Student {n}", f"R-{n:03}") for n in range(1, 13)}
    first, second = sorted((made[9], made[10]), key=lambda student: student.pk)
    LookAlike.objects.create(institution=institution, first=first, second=second)
    face_photo_add(student=made[1], upload=as_file(face(1, 8)), added_by=None)
    return made


def batch_of(institution, pictures, by=None):
    batch, directory = photo_batch_create(institution=institution, by=by), directory_of(institution)
    for name, picture in pictures:
        batch_photo_receive(batch=batch, incoming=Incoming(name, as_bytes(picture, quality=95)), directory=directory)
    photo_batch_enrol(batch=batch, by=by)
    return batch


def withdrawn(institution, roll_number):
    answers = Consent.objects.for_institution(institution).filter(student__roll_number=roll_number)
    assert answers.update(withdrawn_at=timezone.now())


def outcomes(batch):
    """By file: the row's state and reason, whose face it is like, and the size of the face."""
    return {
        item.file_name: (
            item.state, item.reason,
            item.photo and (item.photo.looks_like.roll_number if item.photo.looks_like else None, item.photo.face_px),
        )
        for item in batch.items.select_related("photo__looks_like")
    }  # fmt: skip


@pytest.mark.parametrize("size", [3, 8])
def test_together_as_one_by_one(riverside, hilltop, monkeypatch, size):
    school_with(riverside)
    school_with(hilltop)
    with monkeypatch.context() as patch:
        patch.setattr(enrolling, "face_photos_add_new", lambda **given: {})
        one_by_one = batch_of(riverside, PICTURES)
        withdrawn(riverside, "R-012")
        jobs_resume()
    monkeypatch.setattr(enrolling, "BLOCK", size)
    together = batch_of(hilltop, PICTURES)
    withdrawn(hilltop, "R-012")
    jobs_resume()
    expected = outcomes(one_by_one)
    assert outcomes(together) == expected
    assert {(state, reason) for state, reason, _photo in expected.values()} == {
        ("enrolled", ""), ("held", "looks_like"), ("refused", "unlike"), ("refused", "many_faces"),
        ("refused", "no_face"), ("refused", "too_small"), ("removed", "no_consent"),
    }  # fmt: skip
    counts = [
        [rows.objects.for_institution(school).count() for rows in (FacePhoto, FaceVector, FaceId)]
        for school in (riverside, hilltop)
    ]
    assert counts[0] == counts[1]


FOUR = [(f"R-00{n}.jpg", face(n)) for n in (1, 2, 3, 4)]


@pytest.fixture
def four(riverside, ada):
    """Four students, and a batch with a photo of each that is about to be enrolled."""
    students = [make_student(riverside, f"Student {n}", f"R-00{n}") for n in (1, 2, 3, 4)]
    return students, batch_of(riverside, FOUR, ada.user)


@pytest.mark.parametrize(
    ("module", "step"),
    [
        (photos_together, "_files_kept"),
        (photos_together, "_examined"),
        (door, "look_alikes_by_student"),
        (photos_together, "_enrolled_written"),
        (photos_together, "_still_searchable"),
    ],
)
def test_a_consent_that_ends_at_a_step(four, monkeypatch, files_of, module, step, django_capture_on_commit_callbacks):
    students, batch = four
    real = getattr(module, step)

    def ends(*given):
        Consent.objects.filter(student=students[1]).update(withdrawn_at=timezone.now())
        return real(*given)

    monkeypatch.setattr(module, step, ends)
    with django_capture_on_commit_callbacks(execute=True):
        jobs_resume()
    states = {item.file_name: (item.state, item.reason) for item in batch.items.all()}
    assert states.pop("R-002.jpg") == ("removed", "no_consent")
    assert set(states.values()) == {("enrolled", "")}
    for rows in (FacePhoto, FaceId):
        assert not rows.objects.filter(student=students[1]).exists()
    assert FaceVector.objects.count() == FaceId.objects.count() == 3
    assert len(files_of()) == 3 * 2


def test_the_gate_is_asked_as_often_for_four_as_for_one(four, monkeypatch):
    asked, real = [], consent.searchable

    def counted(institution, among=None):
        asked.append(among)
        return real(institution, among)

    monkeypatch.setattr(consent, "searchable", counted)  # `searchable_held` asks it
    jobs_resume()
    assert [len(among) for among in asked] == [4] * 5  # rows, files, before and with the vectors, outcomes


def test_each_photo_is_in_the_access_log(four, ada, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        jobs_resume()
    records = AccessRecord.objects.filter(verb="photo_added")
    assert {(record.actor, record.subject, record.detail["photo"]) for record in records} == {
        (ada.user, photo.student_id, str(photo.pk)) for photo in FacePhoto.objects.all()
    }


def test_a_portrait_that_cannot_be_stored_leaves_no_face(four, monkeypatch):
    def full(*given):
        raise OSError("disk full")

    monkeypatch.setattr(photos_together, "portrait_of", full)
    jobs_resume()
    assert FaceVector.objects.count() == FaceId.objects.count() == 4  # enrolled one by one afterwards
    assert set(four[1].items.values_list("state", flat=True)) == {"enrolled"}


def test_a_photo_added_elsewhere_at_this_moment_is_the_same_one(four, monkeypatch):
    students, batch = four
    real = photos_together.searchable_held

    def elsewhere(institution, among):
        monkeypatch.setattr(photos_together, "searchable_held", real)
        FacePhoto.objects.create(
            institution=institution, student=students[0],
            pk=photos_together.photo_id(students[0], batch.items.get(student=students[0]).file_hash),
        )  # fmt: skip
        return real(institution, among)

    monkeypatch.setattr(photos_together, "searchable_held", elsewhere)
    jobs_resume()
    assert FacePhoto.objects.filter(state="enrolled").count() == FaceVector.objects.count() == 4
