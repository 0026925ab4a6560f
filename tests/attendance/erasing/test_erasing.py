"""A student's marks, and a whole school, can be erased from every store."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Institution, User
from attendance.erasing.errors import ReceiptChanged
from attendance.erasing.marks import student_erase_marks
from attendance.erasing.receipts import receipt_verify
from attendance.models import ClassSession, MarkRow
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from enrollment.models import FaceId, FacePhoto, FaceVector, SchoolErasureReceipt, Student
from enrollment.services.photos import face_photo_add
from tests.attendance.erasing.world import a_capture, a_face, files, items_with, mark
from tests.enrollment.orl import as_file, face

pytestmark = pytest.mark.django_db(transaction=True)


class TestMarks:
    def test_of_one_student_are_erased_with_their_history(self, marked, sam, sita, tess):
        capture = a_capture(marked, tess)
        own = a_face(capture, sam, candidates=[[str(sam.pk), 0.9], [str(sita.pk), 0.2]])
        other = a_face(capture, sita, candidates=[[str(sita.pk), 0.9], [str(sam.pk), 0.2]])
        erased = student_erase_marks(student=sam)
        assert (erased.marks, erased.faces) == (1, 1)
        assert set(marks_for(marked.institution).for_session(marked.pk)) == {sita.pk}
        assert marks_for(marked.institution).audit(marked.pk, sam.pk) == []
        own.refresh_from_db(), other.refresh_from_db()
        assert (own.student, own.candidates) == (None, [])
        assert other.candidates == [[str(sita.pk), 0.9]]
        assert student_erase_marks(student=sam).marks == 0

    def test_the_command(self, marked, sam):
        out = StringIO()
        call_command("erase_marks", "riverside", sam.roll_number, stdout=out)
        assert "1 marks erased" in out.getvalue()
        for wrong in (["riverside"], ["nowhere", "1"], ["riverside", "nobody"], ["riverside", "--expired"]):
            with pytest.raises(CommandError):
                call_command("erase_marks", *wrong)

    def test_those_written_before_a_retention_was_set_are_reached(self, marked, settings):
        ClassSession.objects.update(starts_at=timezone.now() - timedelta(days=40))
        marks_for(marked.institution).purge_sessions([marked.pk])
        marked.refresh_from_db()
        marks_for(marked.institution).mark_many([mark(marked, student) for student in Student.objects.all()])
        options = {"retention_days": 30}
        settings.ATTENDANCE_REPOSITORY = {**settings.ATTENDANCE_REPOSITORY, "OPTIONS": options}
        out = StringIO()
        call_command("erase_marks", "riverside", expired=True, stdout=out)
        assert "2 marks past their time erased" in out.getvalue()
        settings.ATTENDANCE_REPOSITORY = {**settings.ATTENDANCE_REPOSITORY, "OPTIONS": {}}
        assert marks_for(marked.institution).for_session(marked.pk) == {}


class TestSchool:
    @pytest.fixture
    def full(self, marked, tess, sam, sita, hanna):
        face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
        a_face(a_capture(marked, tess), sam)
        session_close(session=marked, by=tess.user)
        return marked.institution

    def left(self, mode, own_media):
        rows = [*FacePhoto.objects.all(), *FaceVector.objects.all(), *FaceId.objects.all(), *MarkRow.objects.all()]
        return [*files(mode, own_media), *rows, *items_with(mode, "")]

    def test_is_erased_from_every_store(self, full, mode, own_media, hilltop):
        assert self.left(mode, own_media)
        out = StringIO()
        call_command("erase_school", "riverside", yes=True, stdout=out)
        assert self.left(mode, own_media) == []
        assert list(Institution.objects.all()) == [hilltop]
        assert set(User.objects.values_list("email", flat=True)) == {"hanna@hilltop.example"}
        assert "2 students, 1 enrolment photos, 1 class photos" in out.getvalue()
        with pytest.raises(CommandError, match="erased already"):
            call_command("erase_school", "riverside", yes=True)

    @pytest.mark.parametrize("step", ["place_empty", "_erase_marks", "files_delete", "_accounts"])
    def test_continues_after_a_crash(self, full, mode, own_media, monkeypatch, step):
        with monkeypatch.context() as patch:
            patch.setattr(f"attendance.erasing.school.{step}", lambda *arguments: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                call_command("erase_school", "riverside", yes=True, stdout=StringIO())
        call_command("erase_school", "riverside", yes=True, stdout=StringIO())
        assert (self.left(mode, own_media), Institution.objects.filter(slug="riverside").count()) == ([], 0)

    def test_leaves_a_signed_receipt_outside_its_rows(self, full, mode, own_media, tmp_path, settings):
        settings.BACKUP_RETENTION_DAYS = 14
        file, out = tmp_path / "receipt.json", StringIO()
        call_command("erase_school", "riverside", yes=True, receipt=str(file), stdout=out)
        assert "Backups from before may hold it until" in out.getvalue()
        statement = receipt_verify(file.read_text())
        assert (statement["kind"], statement["school"]["label"]) == (
            "erasure of a school",
            "riverside: Riverside School",
        )
        steps = {step["part"]: (step["found"], step["left"]) for step in statement["steps"]}
        assert steps.pop("marks")[0] >= 2
        assert steps == {"faces": (1, 0), "files": (3, 0), "students": (2, 0)}
        call_command("verify_receipt", str(file), stdout=out)
        assert "Genuine: erasure of a school, riverside: Riverside School" in out.getvalue()
        with pytest.raises(ReceiptChanged):
            receipt_verify(file.read_text().replace("riverside", "hilltop"))

    def test_what_stays_is_not_called_erased(self, full, mode, monkeypatch):
        default_storage.save(f"batches/{full.pk}/b/photo.jpg", ContentFile(b"without a row"))
        with monkeypatch.context() as patch:
            patch.setattr("attendance.erasing.school.files_delete", lambda names: None)
            with pytest.raises(CommandError, match="Unfinished: files: 1 are still there"):
                call_command("erase_school", "riverside", yes=True, stdout=StringIO())
        assert not SchoolErasureReceipt.objects.get().is_done
        call_command("erase_school", "riverside", yes=True, stdout=StringIO())
        assert SchoolErasureReceipt.objects.get().is_done

    def test_another_word_erases_nothing(self, full, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda prompt: "hilltop")
        with pytest.raises(CommandError, match="nothing was erased"):
            call_command("erase_school", "riverside", stdout=StringIO())
        assert FacePhoto.objects.count() == 1
