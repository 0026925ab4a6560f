"""Enrolling a batch as a job: what each photo leads to, and that stopping or dying in between loses nothing."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.jobs import JobHandle, job_take_up_next, jobs_resume
from accounts.jobs import handle as handle_module
from accounts.jobs.queue import job_claim_next
from accounts.models import Job
from enrollment.batches import enrolling
from enrollment.batches.enrolling import photo_batch_enrol, photo_batch_pause
from enrollment.batches.expiring import FILES_KEPT, REPORTS_KEPT, batches_expire
from enrollment.batches.outcomes import batch_photo_words
from enrollment.batches.receiving import photo_batch_create
from enrollment.batches.selectors import figures_of, report_of
from enrollment.batches.settling import (
    batch_photo_assign,
    batch_photo_different,
    batch_photo_remove,
    batch_photo_replace,
    batch_photo_same,
    photo_batch_delete,
    photo_batch_discard,
)
from enrollment.errors import EnrollmentError
from enrollment.models import BatchPhoto, Consent, FacePhoto, FaceVector, LookAlike, PhotoBatch
from enrollment.services.consents import consent_withdraw
from enrollment.services.photos import face_photo_add
from tests.conftest import make_student
from tests.enrollment.orl import as_bytes, as_file, face

State = BatchPhoto.State
pytestmark = pytest.mark.django_db


def enrol(batch, by=None):
    photo_batch_enrol(batch=batch, by=by)
    return jobs_resume()


def states(batch):
    return {item.file_name: item.state for item in batch.items.all()}


@pytest.fixture
def three(riverside, sam, sita):
    """Sam, Sita and Theo's daughter Tara, who all consented."""
    return sam, sita, make_student(riverside, "Tara Lin", "R-003")


class TestAJob:
    def test_matched_photos_are_enrolled_and_the_files_that_waited_are_gone(self, batch, receive, three, files_of):
        for n in (1, 2, 3):
            receive(f"R-00{n}.jpg", n)
        receive("IMG_9.jpg", 4)
        assert enrol(batch) == 1
        batch.refresh_from_db()
        assert (batch.state, batch.job.state, batch.job.result) == (PhotoBatch.State.DONE, "done", {"photos": 3})
        assert FacePhoto.objects.filter(state="enrolled").count() == FaceVector.objects.count() == 3
        assert len(files_of()) == 3 * 2 + 1  # photo and portrait each, and the one of nobody
        figures = figures_of(batch)
        assert (figures.total, figures.enrolled, figures.needs_you, figures.waiting) == (4, 3, 1, 0)

    def test_each_outcome_is_told(self, batch, receive, three, no_face_file):
        receive("R-001.jpg", 1)
        receive("R-002.jpg", data=no_face_file().read())
        receive("R-003.jpg", 1, 2)  # Sam's face under Tara's number
        enrol(batch)
        assert states(batch) == {"R-001.jpg": "enrolled", "R-002.jpg": "refused", "R-003.jpg": "held"}
        report = report_of(batch)
        assert {key: section.n for key, section in report.items()} == {"enrolled": 1, "no_face": 1, "held": 1}
        assert report["no_face"].lines[0].words == "No face"
        [pair] = report["held"].lines
        assert (pair.other, bool(pair.portrait), pair.item.photo.likeness) == (three[0], True, "very")

    def test_nothing_that_nobody_said_to_enrol(self, batch, receive, three):
        receive("R-001.jpg", 1)
        photo_batch_enrol(batch=batch, by=None)
        receive("R-002.jpg", 2)
        jobs_resume()
        assert states(batch) == {"R-001.jpg": "enrolled", "R-002.jpg": "matched"}

    def test_nothing_matched_is_said(self, batch, receive):
        receive("IMG_1.jpg")
        with pytest.raises(EnrollmentError, match="No photo is matched"):
            photo_batch_enrol(batch=batch, by=None)

    def test_pressed_twice_it_is_one_job(self, batch, receive, three):
        receive("R-001.jpg", 1)
        photo_batch_enrol(batch=batch, by=None)
        photo_batch_enrol(batch=batch, by=None)
        assert Job.objects.count() == 1

    def test_a_consent_that_ended_after_the_button(self, batch, receive, three, files_of):
        receive("R-001.jpg", 1)
        photo_batch_enrol(batch=batch, by=None)
        Consent.objects.filter(student=three[0]).update(withdrawn_at=timezone.now())
        jobs_resume()
        item = batch.items.get()
        assert (item.state, item.reason, item.photo, files_of()) == (State.REMOVED, "no_consent", None, [])
        assert not FaceVector.objects.exists()

    def test_a_photo_that_is_enrolled_already_is_the_same_one(self, batch, receive, three):
        earlier = face_photo_add(student=three[0], upload=as_file(face(1)), added_by=None)
        receive("R-001.jpg", 1)
        enrol(batch)
        assert batch.items.get().photo == earlier
        assert FaceVector.objects.count() == 1

    def test_a_file_that_is_gone_is_said(self, batch, receive, three):
        item = receive("R-001.jpg", 1)
        default_storage.delete(item.picture.name)
        enrol(batch)
        item.refresh_from_db()
        assert (item.state, item.reason, bool(batch_photo_words(item))) == (State.REFUSED, "broken", True)

    def test_an_engine_that_is_away_is_waited_for(self, batch, receive, three, engine_unavailable):
        receive("R-001.jpg", 1)
        enrol(batch)
        batch.refresh_from_db()
        assert (batch.job.state, states(batch)) == ("waiting", {"R-001.jpg": "queued"})
        engine_unavailable()
        Job.objects.update(due_at=timezone.now())
        jobs_resume()
        assert states(batch) == {"R-001.jpg": "enrolled"}


class TestStoppedAndKilled:
    @pytest.fixture
    def queued(self, batch, receive, three):
        for n in (1, 2, 3):
            receive(f"R-00{n}.jpg", n)
        return photo_batch_enrol(batch=batch, by=None)

    @pytest.fixture(autouse=True)
    def one_by_one(self, monkeypatch):
        monkeypatch.setattr(enrolling, "BLOCK", 1)

    def test_stopped_and_continued(self, queued, monkeypatch):
        real, seen = enrolling._enrol_block, []

        def then_stop(block, job):
            real(block, job)
            seen.append(block[0][0].file_name)
            if len(seen) == 1:
                photo_batch_pause(batch=PhotoBatch.objects.select_related("job").get())

        monkeypatch.setattr(enrolling, "_enrol_block", then_stop)
        monkeypatch.setattr(handle_module, "EVERY", 0.0)
        jobs_resume()
        assert (Job.objects.get().state, seen) == ("cancelled", ["R-001.jpg"])
        assert figures_of(queued).queued == 2
        assert enrol(queued) == 1
        assert set(states(queued).values()) == {"enrolled"}
        assert seen == ["R-001.jpg", "R-002.jpg", "R-003.jpg"]

    def test_what_a_dead_process_left_is_continued_and_nothing_is_done_twice(self, queued, monkeypatch):
        class Died(BaseException):
            pass

        real, seen = enrolling._settle_together, []

        def dies(outcomes):
            seen.append(outcomes)
            if len(seen) == 2:
                raise Died  # enrolled, and not written down
            real(outcomes)

        job = job_claim_next()
        with monkeypatch.context() as patch:
            patch.setattr(enrolling, "_settle_together", dies)
            with pytest.raises(Died):
                enrolling.photos_enrol_run(JobHandle(job))
        assert sorted(states(queued).values()) == ["enrolled", "queued", "queued"]
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert job_take_up_next()
        assert set(states(queued).values()) == {"enrolled"}
        assert FaceVector.objects.count() == FacePhoto.objects.count() == 3

    def test_more_that_is_queued_meanwhile_is_enrolled_too(self, queued, receive, three, monkeypatch):
        real, seen = enrolling._enrol_block, []

        def then_more(block, job):
            real(block, job)
            seen.append(block[0][0].file_name)
            if len(seen) == 3:
                receive("R-001 left.jpg", 1, 2)
                photo_batch_enrol(batch=queued, by=None)

        monkeypatch.setattr(enrolling, "_enrol_block", then_more)
        jobs_resume()
        assert seen[-1] == "R-001 left.jpg"
        assert Job.objects.count() == 1

    def test_one_that_is_removed_meanwhile_is_not_enrolled(self, queued, files_of):
        batch_photo_remove(item=queued.items.first())
        jobs_resume()
        assert sorted(states(queued).values()) == ["enrolled", "enrolled", "removed"]

    def test_a_busy_batch_is_not_deleted(self, queued):
        with pytest.raises(EnrollmentError, match="Stop it first"):
            photo_batch_delete(batch=queued)


class TestSettling:
    @pytest.fixture
    def held(self, batch, receive, three):
        """Sam's face, uploaded under Tara's number, with Sam enrolled."""
        receive("R-001.jpg", 1)
        receive("R-003.jpg", 1, 2)
        enrol(batch)
        return batch.items.get(state=State.HELD)

    def test_different_people(self, held, ada, three):
        batch_photo_different(item=held, by=ada.user)
        held.refresh_from_db()
        assert (held.state, held.photo.state, held.student) == (State.ENROLLED, "enrolled", three[2])
        assert LookAlike.objects.count() == 1
        with pytest.raises(EnrollmentError, match="decided already"):
            batch_photo_different(item=held, by=ada.user)

    def test_the_same_person(self, held, ada, three):
        first = held.photo
        batch_photo_same(item=held, by=ada.user)
        held.refresh_from_db()
        assert (held.state, held.student, held.photo.student) == (State.ENROLLED, three[0], three[0])
        assert not FacePhoto.objects.filter(pk=first.pk).exists()
        assert not LookAlike.objects.exists()

    def test_the_same_person_who_has_withdrawn_since(self, held, ada, three):
        Consent.objects.filter(student=three[0]).update(withdrawn_at=timezone.now())
        with pytest.raises(EnrollmentError) as caught:
            batch_photo_same(item=held, by=ada.user)
        assert caught.value.code == "no_consent"
        held.refresh_from_db()
        assert (held.state, held.student) == (State.HELD, three[2])

    def test_decided_elsewhere_the_report_follows(self, held, ada, batch):
        FacePhoto.objects.filter(pk=held.photo_id).update(state="enrolled")
        assert figures_of(batch).enrolled == 2
        assert "held" not in report_of(batch)

    def test_another_photo_instead(self, batch, receive, three, no_face_file, ada):
        receive("R-001.jpg", data=no_face_file().read())
        enrol(batch)
        item = batch.items.get()
        old = item.photo_id
        batch_photo_replace(item=item, upload=as_file(face(1)), by=ada.user)
        item.refresh_from_db()
        assert (item.state, item.photo.state, item.photo_id != old) == (State.ENROLLED, "enrolled", True)
        assert FacePhoto.objects.count() == 1

    def test_a_photo_by_hand(self, receive, three):
        item = batch_photo_assign(item=receive("IMG_1.jpg"), student=three[1])
        assert (item.state, item.student, item.matched_by) == (State.MATCHED, three[1], "person")
        item = batch_photo_assign(item=item, student=three[0])
        assert item.student == three[0]

    def test_by_hand_to_somebody_without_a_consent(self, receive, three, files_of):
        item = receive("IMG_1.jpg")
        Consent.objects.filter(student=three[1]).update(withdrawn_at=timezone.now())
        item = batch_photo_assign(item=item, student=three[1])
        assert (item.state, item.reason, files_of()) == (State.REMOVED, "no_consent", [])

    def test_what_is_settled_stays(self, batch, receive, three):
        receive("R-001.jpg", 1)
        enrol(batch)
        item = batch.items.get()
        for act in (lambda: batch_photo_assign(item=item, student=three[1]), lambda: batch_photo_remove(item=item)):
            with pytest.raises(EnrollmentError) as caught:
                act()
            assert caught.value.code == "already_settled"

    def test_removed_with_all_that_is_left_of_it(self, held, files_of, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            batch_photo_remove(item=held)
        held.refresh_from_db()
        assert (held.state, held.photo) == (State.REMOVED, None)
        assert FacePhoto.objects.count() == 1
        assert len(files_of()) == 2

    def test_photos_of_nobody_deleted_at_once(self, batch, receive, sam, files_of):
        receive("IMG_1.jpg", 1)
        receive("IMG_2.jpg", 2)
        receive("R-001.jpg", 3)
        assert photo_batch_discard(batch=batch) == 2
        assert len(files_of()) == 1

    def test_a_batch_deleted_leaves_what_is_enrolled(self, batch, receive, sam, files_of):
        receive("R-001.jpg", 1)
        enrol(batch)
        receive("IMG_2.jpg", 2)
        batch.refresh_from_db()
        photo_batch_delete(batch=batch)
        assert (PhotoBatch.objects.count(), FacePhoto.objects.get().state, len(files_of())) == (0, "enrolled", 2)


def test_an_erased_face_leaves_no_photo_in_a_batch(
    batch, receive, three, ada, files_of, django_capture_on_commit_callbacks
):
    receive("R-001.jpg", 1)
    enrol(batch)
    receive("R-001 left.jpg", 1, 2)
    with django_capture_on_commit_callbacks(execute=True):
        consent_withdraw(student=three[0], by=ada.user)
    assert files_of() == []
    assert {item.state for item in batch.items.all()} == {State.ENROLLED, State.REMOVED}


def test_what_nobody_settles_is_deleted_after_a_month_and_the_report_after_half_a_year(batch, receive, sam, files_of):
    item = receive("IMG_1.jpg")
    assert batches_expire() == 0
    BatchPhoto.objects.update(created_at=timezone.now() - FILES_KEPT - timedelta(days=1))
    assert batches_expire() == 1
    item.refresh_from_db()
    assert (item.state, item.reason, files_of()) == (State.REMOVED, "expired", [])
    PhotoBatch.objects.update(created_at=timezone.now() - REPORTS_KEPT - timedelta(days=1))
    batches_expire()
    assert not PhotoBatch.objects.exists()


def test_a_batch_is_its_schools_own(hilltop, receive, sam):
    theirs = photo_batch_create(institution=hilltop, by=None)
    assert receive("R-001.jpg", into=theirs).reason == "unknown_roll_number"
    assert as_bytes(face(1))
