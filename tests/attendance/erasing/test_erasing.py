"""A student's marks, and a whole school, can be erased from every store."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Institution, User
from attendance.erasing.marks import student_erase_marks
from attendance.models import ClassSession, MarkRow
from attendance.register.sessions import session_close
from attendance.repositories import marks_for
from enrollment.models import FaceId, FacePhoto, FaceVector, Student
from enrollment.services.photos import face_photo_add
from portal.aws.clients import client
from tests.attendance.erasing.world import a_capture, a_face, mark
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
        files = [path for path in own_media.rglob("*") if path.is_file()]
        rows = [*FacePhoto.objects.all(), *FaceVector.objects.all(), *FaceId.objects.all(), *MarkRow.objects.all()]
        items = []
        if mode == "aws":
            for table in ("county-faces", "county-marks"):
                items += client("dynamodb").scan(TableName=table)["Items"]
            for collection in client("rekognition").list_collections()["CollectionIds"]:
                items += client("rekognition").list_faces(CollectionId=collection)["Faces"]
        return [*files, *rows, *items]

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

    def test_another_word_erases_nothing(self, full, monkeypatch):
        monkeypatch.setattr("builtins.input", lambda prompt: "hilltop")
        with pytest.raises(CommandError, match="nothing was erased"):
            call_command("erase_school", "riverside", stdout=StringIO())
        assert FacePhoto.objects.count() == 1
