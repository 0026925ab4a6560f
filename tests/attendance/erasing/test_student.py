"""A student's data is erased from every store of either mode, read again, and a signed receipt is left."""

import json

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.files.base import ContentFile
from django.utils import timezone

from accounts.erasure_journal import STUDENT, erasures_since
from accounts.jobs import jobs_resume
from accounts.models import Job, Membership, User
from attendance.erasing import student as erasing
from attendance.erasing.errors import NoReceipt, ReceiptChanged
from attendance.erasing.receipts import is_genuine, receipt_text, receipt_verify
from attendance.erasing.student import erasure_continue, student_erase
from attendance.models import Kiosk, LivenessAttempt, RosterEntry, Verdict
from attendance.repositories import marks_for
from enrollment.domain.faces import EngineUnavailable
from enrollment.models import (
    BatchPhoto,
    Consent,
    ConsentForm,
    ConsentRequest,
    ErasureReceipt,
    ErasureScope,
    FacePhoto,
    Guardian,
    Guardianship,
    ImportChange,
    ImportRun,
    LookAlike,
    PhotoBatch,
    Student,
)
from enrollment.services.photos import face_photo_add
from tests.attendance.erasing.world import a_capture, a_face, files, items_with, rows_with, vectors
from tests.enrollment.orl import as_file, face

pytestmark = [pytest.mark.thorough, pytest.mark.django_db(transaction=True)]
S = ErasureScope


@pytest.fixture
def full(marked, tess, ada, sam, sita):
    """Sam has left something in every place that there is; Sita has photos and marks too."""
    school = marked.institution
    Student.objects.filter(pk=sam.pk).update(email="sam.field@example.org")
    sam.refresh_from_db()
    for student, person in ((sam, 1), (sita, 2)):
        for number in (1, 2):
            assert (
                face_photo_add(student=student, upload=as_file(face(person, number)), added_by=None).state == "enrolled"
            )
    shown = a_face(a_capture(marked, tess), sam, candidates=[[str(sam.pk), 0.9]])
    other = a_face(a_capture(marked, tess), sita, candidates=[[str(sita.pk), 0.9], [str(sam.pk), 0.2]])
    Verdict.objects.create(
        institution=school, capture=shown.capture, detected_face=shown, engine="e", model="m", kind="right",
        decided_at=timezone.now(),
    )  # fmt: skip
    Verdict.objects.create(
        institution=school, capture=other.capture, student=sam, engine="e", model="m", kind="missed",
        decided_at=timezone.now(),
    )  # fmt: skip
    kiosk = Kiosk.objects.create(institution=school, name="Door", room="12")
    LivenessAttempt.objects.create(
        institution=school, kiosk=kiosk, session=marked, student=sam, kind="turns", expires_at=timezone.now()
    )
    first, second = sorted([sam, sita], key=lambda student: student.pk)
    LookAlike.objects.create(institution=school, first=first, second=second)
    _papers(school, sam, sita)
    _copies(school, sam, ada)
    return school


def _papers(school, sam, sita):
    """Guardians and requests for consent: Petra Field is Sam's alone, Gita Rao both students'."""
    petra = Guardian.objects.create(institution=school, name="Petra Field", email="petra@example.org")
    gita = Guardian.objects.create(institution=school, name="Gita Rao")
    for guardian, student in ((petra, sam), (gita, sam), (gita, sita)):
        Guardianship.objects.create(institution=school, guardian=guardian, student=student)
    form = ConsentForm.objects.create(institution=school, version="1")
    ConsentRequest.objects.create(
        institution=school, student=sam, guardian=petra, form=form, email=petra.email, token_hash="h",
        expires_at=timezone.now(),
    )  # fmt: skip


def _copies(school, sam, ada):
    """A photo in a batch, an import with its file, an entry of the admin's log."""
    batch = PhotoBatch.objects.create(institution=school, name="Photo day")
    item = BatchPhoto(institution=school, batch=batch, file_name="Sam Field.jpg", file_hash="1", student=sam)
    item.picture.save("photo.jpg", ContentFile(b"a picture"), save=True)
    run = ImportRun(institution=school, kind="students", file_name="students.csv", state="applied")
    run.summary = {"new": [{"name": "Sam Field"}], "written": 1}
    run.file.save("students.csv", ContentFile(b"Sam Field"), save=True)
    ImportChange.objects.create(
        institution=school, run=run, number=1, action="add", model="enrollment.Student", row_id=str(sam.pk),
        after={"name": "Sam Field"},
    )  # fmt: skip
    LogEntry.objects.log_actions(ada.user.pk, [sam], CHANGE, "Changed.", single_object=True)


def erased(sam, ada, scope):
    receipt = student_erase(student=sam, scope=scope, reason="By letter", by=ada.user)
    jobs_resume()
    receipt.refresh_from_db()
    assert receipt.is_done, receipt.job.error or receipt.job.words
    return receipt


def found(receipt):
    return {step["part"]: step["found"] for step in receipt.steps}


class TestFaces:
    def test_nothing_of_the_face_is_left_anywhere(self, full, mode, own_media, sam, sita, ada):
        receipt = erased(sam, ada, S.FACES)
        assert found(receipt) == {
            "batch_photos": 1, "class_photos": 1, "vectors": 2, "mappings": 2, "photos": 2, "files": 6, "traces": 6,
            "bundles": 0, "requests": 1,
        }  # fmt: skip
        assert [step["left"] for step in receipt.steps] == [0] * 9
        assert vectors(mode) == 2  # Sita's
        assert items_with(mode, str(sam.pk)) == [] or all(
            "SES#" in json.dumps(i) for i in items_with(mode, str(sam.pk))
        )
        assert len([name for name in files(mode, own_media) if name.startswith("faces/")]) == 4
        assert len([name for name in files(mode, own_media) if name.startswith("captures/")]) == 1
        assert not [name for name in files(mode, own_media) if name.startswith("batches/")]
        assert set(FacePhoto.objects.values_list("student", flat=True)) == {sita.pk}

    def test_the_student_and_the_marks_stay(self, full, mode, sam, ada):
        erased(sam, ada, S.FACES)
        assert Student.objects.filter(pk=sam.pk, is_active=True).exists()
        assert marks_for(full).count_student(sam.pk) == 2 if mode == "embedded" else 1
        consent = Consent.objects.get(student=sam)
        assert (consent.withdrawn_by, consent.withdrawn_at is None) == (ada.user, False)

    def test_marks_go_if_asked(self, full, mode, sam, sita, ada):
        receipt = erased(sam, ada, S.MARKS)
        assert found(receipt)["marks"] >= 1
        assert marks_for(full).count_student(sam.pk) == 0
        assert marks_for(full).count_student(sita.pk) >= 1
        assert items_with(mode, str(sam.pk)) == []


class TestEverything:
    def test_a_search_finds_nobody(self, full, mode, own_media, sam, ada):
        words = [str(sam.pk), sam.pk.hex, "Sam Field", "R-001", "sam.field@", "sam@riverside", "petra"]
        assert len(rows_with(*words)) > 20
        erased(sam, ada, S.EVERYTHING)
        assert rows_with(*words) == []
        assert items_with(mode, *words) == []
        assert not [name for name in files(mode, own_media) if name.startswith(("imports/", "batches/"))]
        assert vectors(mode) == 2

    def test_others_keep_what_is_theirs(self, full, sam, sita, ada, tess):
        erased(sam, ada, S.EVERYTHING)
        assert list(Guardian.objects.values_list("name", flat=True)) == ["Gita Rao"]
        assert list(Student.objects.all()) == [sita]
        assert FacePhoto.objects.filter(student=sita, state="enrolled").count() == 2
        assert RosterEntry.objects.filter(student=sita).count() == 1
        assert set(Membership.objects.values_list("user__name", flat=True)) == {"Ada", "Tess"}
        assert not User.objects.filter(name="Sam").exists()

    def test_a_place_without_a_name_can_stay_in_closed_registers(self, full, mode, marked, sam, ada):
        marked.state = marked.State.CLOSED
        marked.save(update_fields=["state"])
        erased(sam, ada, S.ANONYMOUS)
        words = ["Sam Field", "R-001", "sam.field@", "sam@riverside", "petra"]
        assert rows_with(*words) == []
        assert items_with(mode, str(sam.pk), *words) == []
        left = Student.objects.get(pk=sam.pk)
        assert (left.name, left.is_active, left.user) == ("Former student", False, None)
        assert set(rows_with(str(sam.pk), sam.pk.hex)) == {"Student: id", "RosterEntry: student_id"}


class TestResuming:
    @pytest.mark.parametrize("code", ["class_photos", "vectors", "marks", "record"])
    @pytest.mark.parametrize("when", ["before", "after"])
    def test_continues_after_a_death_at_each_part(self, full, mode, sam, ada, monkeypatch, code, when):
        """The process dies before a part is erased, and after it was, before anybody learns of it."""
        real = erasing._erase_part

        def dying(each, subject):
            if each.code != code:
                return real(each, subject)
            if when == "after":
                each.erase(subject)
            raise SystemExit

        receipt = student_erase(student=sam, scope=S.EVERYTHING, reason="", by=ada.user)
        with monkeypatch.context() as patch:
            patch.setattr(erasing, "_erase_part", dying)
            with pytest.raises(SystemExit):
                jobs_resume()
        before = ErasureReceipt.objects.get().steps
        Job.objects.update(lease_until=timezone.now())
        jobs_resume()
        receipt.refresh_from_db()
        assert receipt.is_done
        assert [step["found"] for step in receipt.steps] == [step["found"] for step in before]
        assert rows_with(str(sam.pk), sam.pk.hex, "Sam Field") == []
        assert items_with(mode, str(sam.pk)) == []

    def test_waits_while_the_engine_is_unavailable(self, full, sam, ada, monkeypatch):
        with monkeypatch.context() as patch:
            unavailable = EngineUnavailable("down", "down")
            patch.setattr("attendance.erasing.parts.keeper_at", lambda place: (_ for _ in ()).throw(unavailable))
            receipt = student_erase(student=sam, scope=S.FACES, reason="", by=ada.user)
            jobs_resume()
        receipt.refresh_from_db()
        assert (receipt.is_done, receipt.job.state, receipt.signature) == (False, "waiting", "")
        Job.objects.update(due_at=timezone.now())
        jobs_resume()
        receipt.refresh_from_db()
        assert receipt.is_done

    def test_what_stays_is_not_called_erased(self, full, sam, ada, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr("attendance.captures.deleting.delete_picture", lambda capture: None)
            patch.setattr("attendance.erasing.parts.files_delete", lambda names: list(names))
            patch.setattr(erasing, "_PAUSE", 0)
            receipt = student_erase(student=sam, scope=S.FACES, reason="", by=ada.user)
            jobs_resume()
        receipt.refresh_from_db()
        assert not receipt.is_done
        assert "still there" in receipt.job.words

    def test_what_the_journal_could_not_be_told_it_is_told_before_anything_goes(
        self, full, sam, ada, tmp_path, settings
    ):
        settings.ERASURE_JOURNAL = journal = tmp_path / "disk" / "erasures.jsonl"
        with pytest.raises(OSError, match="disk"):
            student_erase(student=sam, scope=S.EVERYTHING, reason="", by=ada.user)
        journal.parent.mkdir()
        jobs_resume()
        assert ErasureReceipt.objects.get().is_done
        told = erasures_since(Student.objects.earliest("created_at").created_at, paths=[journal])
        assert (STUDENT, sam.pk, S.EVERYTHING) in {(each.kind, each.subject, each.scope) for each in told}

    def test_is_started_once(self, full, sam, ada):
        first = student_erase(student=sam, scope=S.FACES, reason="", by=ada.user)
        assert student_erase(student=sam, scope=S.EVERYTHING, reason="", by=ada.user) == first
        Job.objects.update(state="failed", ended_at=timezone.now())
        first.refresh_from_db()
        again = erasure_continue(receipt=first, by=ada.user)
        assert Job.objects.count() == 2
        assert erasure_continue(receipt=again, by=ada.user).job_id == again.job_id
        jobs_resume()
        first.refresh_from_db()
        assert first.is_done


class TestReceipt:
    @pytest.fixture
    def receipt(self, full, sam, ada):
        return erased(sam, ada, S.EVERYTHING)

    def test_says_what_was_erased_and_is_genuine(self, receipt, ada):
        statement = receipt_verify(receipt_text(receipt))
        assert statement["student"]["label"] == "Sam Field (R-001)"
        assert (statement["asked_by"], statement["reason"], statement["scope"]) == ("Ada", "By letter", "everything")
        assert statement["backups"] == {"days": None, "until": None}
        assert is_genuine(receipt.document, receipt.signature)

    def test_holds_no_biometric_data_and_no_file_names(self, receipt):
        receipt.refresh_from_db()
        assert receipt.inventory == {}
        assert "faces/" not in receipt_text(receipt)
        assert {key for step in receipt.steps for key in step} == {"part", "found", "left", "read_at"}

    @pytest.mark.parametrize("change", [("Sam Field", "Sam Fold"), ('"left": 0', '"left": 1'), ("everything", "faces")])
    def test_a_changed_one_is_not(self, receipt, change):
        with pytest.raises(ReceiptChanged):
            receipt_verify(receipt_text(receipt).replace(*change, 1))

    @pytest.mark.parametrize(
        "text", ["", "[]", "{}", "x", '{"receipt": 1, "signature": ""}', "[" * 50_000, "9" * 200_000]
    )
    def test_another_text_is_none(self, db, text):
        with pytest.raises(NoReceipt):
            receipt_verify(text)

    def test_survives_a_new_secret_key(self, receipt, settings):
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "n" * 50, [settings.SECRET_KEY]
        assert is_genuine(receipt.document, receipt.signature)
        settings.SECRET_KEY_FALLBACKS = []
        assert not is_genuine(receipt.document, receipt.signature)

    def test_says_until_when_backups_hold_it(self, full, sam, ada, settings):
        settings.BACKUP_RETENTION_DAYS = 14
        backups = erased(sam, ada, S.FACES).document["backups"]
        assert backups["days"] == 14
        assert backups["until"] > timezone.now().date().isoformat()
