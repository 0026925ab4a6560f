"""Files that arrive in a batch: matched, kept only with a consent, and never twice."""

import errno
import io

import pytest
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from enrollment.batches import receiving
from enrollment.batches.directory import directory_of
from enrollment.batches.outcomes import batch_photo_told, batch_photo_words
from enrollment.batches.receiving import batch_manifest_receive, photo_batch_create
from enrollment.batches.selectors import figures_of
from enrollment.batches.unpacking import photo_archive_receive
from enrollment.errors import EnrollmentError
from enrollment.models import BatchPhoto, Consent, FacePhoto, PhotoBatch, Student
from enrollment.services.consents import consent_withdraw
from tests.enrollment.batches.conftest import zipped
from tests.enrollment.orl import as_bytes, face

State = BatchPhoto.State
SAVE = "django.core.files.storage.FileSystemStorage.save"
pytestmark = pytest.mark.django_db


def test_a_photo_is_matched_and_kept_and_nothing_is_enrolled(receive, sam, files_of):
    item = receive("R-001.jpg")
    assert (item.state, item.student, item.matched_by) == (State.MATCHED, sam, "roll_number")
    assert batch_photo_told(item) == "Sam Field, by roll number"
    assert len(files_of()) == 1
    assert not FacePhoto.objects.exists()


def test_a_photo_of_nobody_waits_to_be_matched(receive, sam, files_of):
    item = receive("IMG_4711.jpg")
    assert (item.state, item.reason) == (State.UNMATCHED, "no_name")
    assert batch_photo_words(item)
    assert len(files_of()) == 1


def test_without_a_consent_nothing_is_kept(receive, sam, files_of):
    Consent.objects.update(withdrawn_at=timezone.now())
    item = receive("R-001.jpg")
    assert (item.state, item.reason, item.student) == (State.REMOVED, "no_consent", sam)
    assert "deleted at once" in batch_photo_words(item)
    assert files_of() == []


def test_a_consent_that_ends_deletes_what_waits(receive, sam, ada, files_of):
    receive("R-001.jpg")
    consent_withdraw(student=sam, by=ada.user)
    assert (BatchPhoto.objects.get().state, files_of()) == (State.REMOVED, [])


def test_leavers_and_other_schools_are_nobody(receive, sam, hilltop):
    Student.objects.create(institution=hilltop, name="Sam Field", roll_number="R-009")
    assert receive("R-009.jpg").reason == "unknown_roll_number"
    Student.objects.filter(pk=sam.pk).update(is_active=False)
    assert receive("R-001.jpg", 2).reason == "unknown_roll_number"


def test_the_same_file_sent_again_is_one(receive, sam, files_of):
    first, second = receive("R-001.jpg"), receive("R-001.jpg")
    assert first.pk == second.pk
    assert BatchPhoto.objects.count() == len(files_of()) == 1


def test_the_same_picture_under_another_name_is_put_aside(receive, sam, files_of):
    receive("R-001.jpg")
    twin = receive("R-001 copy.jpg")
    assert (twin.state, twin.reason) == (State.REMOVED, "duplicate")
    assert receive("R-001 copy.jpg").pk == twin.pk
    assert len(files_of()) == 1


def test_the_same_picture_with_other_metadata_is_the_same(receive, sam):
    receive("R-001.jpg")
    assert receive("x.jpg", data=as_bytes(face(1), comment=b"from a phone")).reason == "duplicate"


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "not_a_picture"), (b"GIF89a" + bytes(40), "wrong_format"), (b"hello", "not_a_picture")]
)
def test_what_is_no_photo_is_refused_with_a_sentence(receive, sam, data, reason, files_of):
    item = receive("R-001.jpg", data=data)
    assert (item.state, item.reason, item.student) == (State.REFUSED, reason, None)
    assert batch_photo_words(item)
    assert receive("R-001.jpg", data=data).pk == item.pk
    assert files_of() == []


def test_too_large(receive, sam, settings):
    settings.PICTURE_MAX_BYTES = 1000
    item = receive("R-001.jpg")
    assert (item.reason, "MB" in batch_photo_words(item)) == ("too_large", True)


def test_names_are_stored_in_one_line_and_never_too_long(receive, sam):
    item = receive("a\0b\n" + "x" * 400 + "/R-001.jpg")
    assert item.file_name.endswith("/R-001.jpg")
    assert len(item.file_name) == 255
    assert item.student == sam


def test_a_full_disk_keeps_nothing_and_the_file_can_be_sent_again(receive, sam, monkeypatch, files_of):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.files.storage.FileSystemStorage._save", full)
        with pytest.raises(EnrollmentError) as caught:
            receive("R-001.jpg")
    assert (caught.value.code, caught.value.retryable) == ("picture_not_stored", True)
    assert (BatchPhoto.objects.count(), files_of()) == (0, [])
    assert receive("R-001.jpg").state == State.MATCHED


def test_a_process_that_died_before_the_file_was_stored_loses_nothing(receive, sam, monkeypatch, files_of):
    with monkeypatch.context() as patch:
        patch.setattr(SAVE, lambda *args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            receive("R-001.jpg")
    assert files_of() == []
    item = receive("R-001.jpg")
    assert (item.state, len(files_of())) == (State.MATCHED, 1)


def test_a_full_batch_says_so(receive, sam, monkeypatch):
    receive("R-001.jpg")
    monkeypatch.setattr(receiving, "MOST_IN_A_BATCH", 1)
    with pytest.raises(EnrollmentError, match="Start another one"):
        receive("R-002.jpg", 2)


def test_no_batch_where_faces_are_off(riverside):
    riverside.faces_enabled = False
    with pytest.raises(EnrollmentError, match="switched off"):
        photo_batch_create(institution=riverside, by=None)


class TestLists:
    def listed(self, batch, text):
        upload = SimpleUploadedFile("list.csv", text.encode())
        return batch_manifest_receive(batch=batch, upload=upload, directory=directory_of(batch.institution))

    def test_it_matches_what_is_there_and_what_comes(self, batch, receive, sam, sita):
        there = receive("IMG_1.jpg")
        assert self.listed(batch, "file,roll number\nIMG_1.jpg,R-001\nIMG_2.jpg,R-002") == 2
        there.refresh_from_db()
        assert (there.student, there.matched_by) == (sam, "manifest")
        assert receive("IMG_2.jpg", 2).student == sita

    def test_it_goes_before_names_and_not_before_a_person(self, batch, receive, sam, sita):
        by_name, by_hand = receive("R-001.jpg"), receive("R-002.jpg", 2)
        BatchPhoto.objects.filter(pk=by_hand.pk).update(matched_by="person")
        self.listed(batch, "R-001.jpg,R-002\nR-002.jpg,R-001")
        by_name.refresh_from_db()
        by_hand.refresh_from_db()
        assert (by_name.student, by_hand.student) == (sita, sita)

    def test_whom_it_names_without_a_consent_is_deleted(self, batch, receive, sam, files_of):
        Consent.objects.update(withdrawn_at=timezone.now())
        item = receive("IMG_1.jpg")
        assert len(files_of()) == 1
        self.listed(batch, "IMG_1.jpg,R-001")
        item.refresh_from_db()
        assert (item.state, item.reason, files_of()) == (State.REMOVED, "no_consent", [])


class TestZips:
    def take(self, batch, files, by=None):
        data = zipped(files).getvalue()
        return photo_archive_receive(batch=batch, upload=SimpleUploadedFile("photos.zip", data), by=by)

    def test_it_is_unpacked_as_a_job(self, batch, work, sam, sita, files_of):
        self.take(batch, [
            ("10A/R-001.jpg", as_bytes(face(1))), ("10A/IMG_2.jpg", as_bytes(face(2))), ("notes.txt", b"hello"),
            ("list.csv", b"file,roll number\n10A/IMG_2.jpg,R-002\n"), ("__MACOSX/10A/._R-001.jpg", b"x"),
            ("again.jpg", as_bytes(face(1))), ("more.zip", b"PK"), ("../up.jpg", as_bytes(face(3))),
        ])  # fmt: skip
        assert PhotoBatch.objects.get().state == PhotoBatch.State.RECEIVING
        assert work() == 1
        became = {item.file_name: (item.state, item.reason or item.matched_by) for item in batch.items.all()}
        assert became == {
            "10A/R-001.jpg": (State.MATCHED, "roll_number"),
            "10A/IMG_2.jpg": (State.MATCHED, "manifest"),
            "notes.txt": (State.REFUSED, "not_a_picture"),
            "again.jpg": (State.REMOVED, "duplicate"),
            "more.zip": (State.REFUSED, "nested_archive"),
            "../up.jpg": (State.REFUSED, "unsafe_path"),
        }
        batch.refresh_from_db()
        assert (batch.skipped, batch.state, batch.job.state) == (1, PhotoBatch.State.MATCHING, "done")
        assert len(files_of()) == 2  # the ZIP itself is gone
        assert figures_of(batch).matched == 2

    def test_it_is_resumed_where_it_stopped(self, batch, sam, sita, monkeypatch, work):
        job = self.take(batch, [("R-001.jpg", as_bytes(face(1))), ("R-002.jpg", as_bytes(face(2)))])
        real = FileSystemStorage.save
        calls = iter([1, 0])

        def full_once(storage, name, content, **options):
            if not next(calls, 1):
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(storage, name, content, **options)

        monkeypatch.setattr(SAVE, full_once)
        assert work() == 1
        job.refresh_from_db()
        assert (job.state, job.checkpoint) == ("waiting", {"next": 1})
        job.due_at = timezone.now()
        job.save()
        assert work() == 1
        assert batch.items.filter(state=State.MATCHED).count() == 2

    def test_what_is_refused_at_once_leaves_nothing(self, batch, files_of):
        for data in (b"no zip", zipped([("a.jpg", bytes(9_000_000))], compression=8).getvalue()):
            with pytest.raises(EnrollmentError):
                photo_archive_receive(batch=batch, upload=SimpleUploadedFile("a.zip", data), by=None)
        assert files_of() == []

    def test_a_broken_list_fails_with_its_sentence(self, batch, work):
        job = self.take(batch, [("list.csv", b"a.jpg,R-1\na.jpg,R-2"), ("a.jpg", b"x")])
        work()
        job.refresh_from_db()
        assert (job.state, "two students" in job.error) == ("failed", True)

    def test_a_batch_that_was_deleted_meanwhile(self, batch, work, files_of):
        job = self.take(batch, [("a.jpg", b"x")])
        batch.delete()
        work()
        job.refresh_from_db()
        assert job.state == "done"


def test_reading_is_bounded(batch):
    """A list is read up to the bound of a photo, whatever is sent."""
    with pytest.raises(EnrollmentError):
        batch_manifest_receive(
            batch=batch, upload=io.BytesIO(b"a" * 3_000_000), directory=directory_of(batch.institution)
        )
