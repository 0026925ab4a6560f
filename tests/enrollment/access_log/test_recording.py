"""Acts are recorded where they happen: in bulk once, never failing the request, with one query at most."""

import logging

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance.domain.statuses import Status
from attendance.register.corrections import Correction, mark_correct
from attendance.register.sessions import session_close, session_open
from attendance.repositories import marks_for
from enrollment.access import IN_WORDS, Act, access_record, accesses_record
from enrollment.models import AccessRecord, Consent, FacePhoto, Student
from enrollment.services.consents import AnswerInput, consent_answer, consent_withdraw
from enrollment.services.photos import face_photo_delete
from tests.attendance.erasing.world import a_capture, a_face, mark
from tests.enrollment.orl import as_file, face

pytestmark = pytest.mark.django_db(transaction=True)


def acts():
    return [(record.verb, record.actor_name, record.subject) for record in AccessRecord.objects.order_by("pk")]


class TestWriting:
    def test_one_query(self, riverside, sam, ada):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            access_record(Act.STUDENT_SEEN, institution=riverside, by=ada.user, subject=sam.pk)
        assert len([query for query in queries if query["sql"].startswith("INSERT")]) == 1
        assert not [query for query in queries if query["sql"].startswith("SELECT")]

    def test_of_many_students_one_query(self, riverside, sam, sita, ada):
        with CaptureQueriesContext(connection) as queries:
            accesses_record(Act.PHOTO_ADDED, institution=riverside, by=ada.user, subjects=[sam.pk, sita.pk])
        assert len([query for query in queries if "INSERT" in query["sql"]]) == 1
        assert AccessRecord.objects.count() == 2

    def test_a_fault_does_not_reach_the_caller(self, riverside, ada, monkeypatch, caplog):
        def broken(row, **options):
            raise DatabaseError("full")

        monkeypatch.setattr(AccessRecord, "save_base", broken)
        with transaction.atomic():
            access_record(Act.STUDENT_SEEN, institution=riverside, by=ada.user)
            riverside.name = "Renamed"
            riverside.save()
        riverside.refresh_from_db()
        assert riverside.name == "Renamed"
        assert "could not be written" in caplog.text
        assert caplog.records[-1].levelno == logging.ERROR

    def test_what_was_rolled_back_is_not_recorded(self, riverside, ada):
        with transaction.atomic():
            access_record(Act.STUDENT_SEEN, institution=riverside, by=ada.user)
            transaction.set_rollback(True)
        assert acts() == []

    def test_the_name_stays_when_the_account_goes(self, riverside, ada):
        access_record(Act.EXPORTED, institution=riverside, by=ada.user, what="students")
        ada.user.delete()
        assert acts() == [("exported", "Ada", None)]

    def test_an_entry_is_never_changed_or_deleted(self, riverside, ada):
        access_record(Act.EXPORTED, institution=riverside, by=ada.user)
        record = AccessRecord.objects.get()
        for act in (record.save, record.delete):
            with pytest.raises(TypeError):
                act()

    def test_every_act_has_words(self):
        assert set(IN_WORDS) == set(Act)


class TestRegister:
    @pytest.fixture
    def register(self, lesson, tess):
        return session_open(session=lesson, by=tess.user)

    def test_opening_it_is_one_entry_for_all_students(self, register, tess, sign_in, own_media):
        page = sign_in(tess).get(reverse("session", args=["riverside", register.pk]))
        assert page.status_code == 200
        record = AccessRecord.objects.get()
        assert (record.verb, record.subject, record.detail) == ("register_seen", None, {"session": str(register.pk)})

    def test_a_class_photo_and_the_reason_of_a_mark(self, register, sam, tess, sign_in, own_media):
        capture, client = a_capture(register, tess), sign_in(tess)
        a_face(capture, sam)
        marks_for(register.institution).mark_many([mark(register, sam)])
        client.get(reverse("capture", args=["riverside", capture.pk]))
        picture = reverse("capture_picture", args=["riverside", capture.pk])
        client.get(picture, headers={"Sec-Fetch-Dest": "image"})
        client.get(picture)
        client.get(reverse("mark_why", args=["riverside", register.pk, sam.pk]))
        assert acts() == [
            ("class_photo_seen", "Tess", None),
            ("class_photo_seen", "Tess", None),
            ("photo_seen", "Tess", sam.pk),
        ]

    def test_a_correction(self, register, sam, tess):
        session_close(session=register, by=tess.user)
        register.refresh_from_db()
        version = marks_for(register.institution).for_session(register.pk)[sam.pk].version
        mark_correct(
            session=register, student_id=sam.pk, correction=Correction(Status.PRESENT, "Was there"), by=tess.user,
            expected_version=version,
        )  # fmt: skip
        assert acts() == [("mark_corrected", "Tess", sam.pk)]


class TestOffice:
    @pytest.fixture
    def office(self, ada, sign_in):
        client = sign_in(ada)
        client.get(reverse("admin:enter", args=["riverside"]))
        return client

    def test_a_students_page(self, office, sam):
        office.get(reverse("admin:enrollment_student_change", args=[sam.pk]))
        assert acts() == [("student_seen", "Ada", sam.pk)]

    def test_consents_recorded_refused_and_withdrawn(self, office, riverside, ada):
        student = Student.objects.create(institution=riverside, name="Nia Ode", roll_number="R-009")
        given = AnswerInput(Consent.Answer.GRANTED, "A parent", "1")
        consent_answer(student=student, given=given, recorded_by=ada.user)
        consent_answer(student=student, given=given, recorded_by=ada.user)  # a double click
        refused = AnswerInput(Consent.Answer.REFUSED, "Another parent", "1")
        consent_answer(student=student, given=refused, recorded_by=None)
        consent_withdraw(student=student, by=ada.user)
        assert acts() == [
            ("consent_recorded", "Ada", student.pk),
            ("consent_refused", "", student.pk),
            ("consent_withdrawn", "Ada", student.pk),
        ]

    def test_a_consent_in_the_office(self, office, riverside):
        student = Student.objects.create(institution=riverside, name="Nia Ode", roll_number="R-009")
        sent = {"student": student.pk, "given_by": "A parent", "wording": "1", "given_at_0": "2026-01-01"}
        office.post(reverse("admin:enrollment_consent_add"), {**sent, "given_at_1": "10:00"})
        assert acts() == [("consent_recorded", "Ada", student.pk)]

    def test_lists_of_consents(self, office, sam, sita):
        office.get(reverse("consents_csv", args=["riverside"]))
        office.get(reverse("consent_student", args=["riverside", sam.pk]))
        assert acts() == [("exported", "Ada", None), ("student_seen", "Ada", sam.pk)]

    def test_a_photo_deleted_by_a_person_and_by_the_portal(self, riverside, sam, ada, own_media):
        for by in (ada.user, None):
            photo = FacePhoto.objects.create(institution=riverside, student=sam, state=FacePhoto.State.REFUSED)
            face_photo_delete(photo=photo, by=by)
        assert acts() == [("photo_deleted", "Ada", sam.pk)]

    def test_an_export(self, office, sam, sita):
        sent = {"action": "export_csv", "_selected_action": [str(sam.pk), str(sita.pk)]}
        office.post(reverse("admin:enrollment_student_changelist"), sent)
        record = AccessRecord.objects.get()
        assert (record.verb, record.detail) == ("exported", {"what": "students", "count": 2})

    def test_a_photo_added_opened_and_deleted(self, office, sam, settings, own_media):
        settings.FACE_ENGINE = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
        office.post(reverse("admin:enrollment_student_photos", args=[sam.pk]), {"pictures": as_file(face(1))})
        photo = sam.photos.get()
        office.get(reverse("admin:enrollment_facephoto_picture", args=[photo.pk]), headers={"Sec-Fetch-Dest": "image"})
        office.get(reverse("admin:enrollment_facephoto_picture", args=[photo.pk]))
        office.post(reverse("admin:enrollment_facephoto_delete", args=[photo.pk]), {"post": "yes"})
        assert [act for act in acts() if act[0] != "student_seen"] == [
            ("photo_added", "Ada", sam.pk),
            ("photo_seen", "Ada", sam.pk),
            ("photo_deleted", "Ada", sam.pk),
        ]
