"""A school's administrator at work on students: forms, pictures, consent, lists, and the index that leads there."""

import csv
import io

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from PIL import Image

from enrollment.faces.places import current_place
from enrollment.models import Consent, Course, Enrollment, FacePhoto, FaceVector, Student
from enrollment.spreadsheets import harmless
from tests.conftest import make_student
from tests.enrollment.orl import as_bytes, as_file, face

pytestmark = pytest.mark.django_db
LIST = "admin:enrollment_student_changelist"


@pytest.fixture
def as_ada(sign_in, ada):
    return sign_in(ada)


def page(student, which="change"):
    return reverse(f"admin:enrollment_student_{which}", args=[student.pk])


def formset(prefix, *lines, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": len(lines), f"{prefix}-INITIAL_FORMS": initial}
    for number, line in enumerate(lines):
        data |= {f"{prefix}-{number}-{field}": value for field, value in line.items()}
    return data


def student_form(*, consents=(), enrollments=(), **fields):
    given = {"name": "Nadia Noor", "roll_number": "R-100", "is_active": "on"}
    return {
        **given,
        **formset("consents", *consents),
        **formset("enrollments", *enrollments),
        **formset("guardianships"),
        **fields,
    }


CONSENT = {"given_by": "Ms Noor", "wording": "Form 3", "given_at_0": "2026-01-05", "given_at_1": "08:00"}


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


class TestForms:
    def test_a_new_student_with_consent_and_course(self, as_ada, ada, physics):
        form = student_form(consents=[CONSENT], enrollments=[{"course": physics.pk}])
        assert as_ada.post(reverse("admin:enrollment_student_add"), form).status_code == 302
        student = Student.objects.get(roll_number="R-100")
        assert student.institution == ada.institution
        assert student.consents.get().recorded_by == ada.user
        assert student.consents.get().institution == ada.institution
        assert list(student.courses.all()) == [physics]

    def test_times_are_the_schools(self, as_ada, ada):
        ada.institution.time_zone = "Asia/Kolkata"
        ada.institution.save()
        as_ada.post(reverse("admin:enrollment_student_add"), student_form(consents=[CONSENT]))
        assert Consent.objects.get().given_at.isoformat() == "2026-01-05T02:30:00+00:00"

    def test_the_same_roll_number(self, as_ada, sam):
        response = as_ada.post(reverse("admin:enrollment_student_add"), student_form(roll_number="R-001"))
        assert "There is a student with this roll number already." in response.content.decode()
        assert Student.objects.count() == 1

    def test_the_same_roll_number_at_another_school(self, as_ada, hilltop):
        make_student(hilltop, "Hari", "R-100")
        assert as_ada.post(reverse("admin:enrollment_student_add"), student_form()).status_code == 302

    def test_a_second_consent(self, as_ada, sam):
        form = student_form(name=sam.name, roll_number=sam.roll_number, consents=[CONSENT])
        response = as_ada.post(page(sam), form)
        assert "Withdraw it before a new one is given" in response.content.decode()
        assert sam.consents.count() == 1

    def test_a_consent_is_not_changed(self, as_ada, sam):
        consent = sam.consents.get()
        line = {**CONSENT, "id": consent.pk, "student": sam.pk, "given_by": "Mallory"}
        form = student_form(name=sam.name, roll_number=sam.roll_number) | formset("consents", line, initial=1)
        as_ada.post(page(sam), form)
        as_ada.post(reverse("admin:enrollment_consent_change", args=[consent.pk]), {**CONSENT, "student": sam.pk})
        consent.refresh_from_db()
        assert consent.given_by == "a parent"

    def test_a_consent_of_tomorrow(self, as_ada, sita):
        Consent.objects.all().delete()
        form = {**CONSENT, "student": sita.pk, "given_at_0": "2099-01-01"}
        response = as_ada.post(reverse("admin:enrollment_consent_add"), form)
        assert "cannot be given in the future" in response.content.decode()

    def test_the_same_course_twice(self, as_ada, physics):
        form = student_form(enrollments=[{"course": physics.pk}, {"course": physics.pk}])
        response = as_ada.post(reverse("admin:enrollment_student_add"), form)
        assert response.status_code == 200
        assert not Student.objects.filter(roll_number="R-100").exists()

    def test_two_people_save_the_same(self, as_ada, monkeypatch):
        def taken(*args, **kwargs):
            raise IntegrityError

        monkeypatch.setattr(Student, "save", taken)
        response = as_ada.post(reverse("admin:enrollment_student_add"), student_form())
        assert response.status_code == 302
        assert "somebody else saved the same" in said(response)[-1]

    def test_an_account_of_a_student_here(self, as_ada, sam, tess):
        text = as_ada.get(page(sam)).content.decode()
        assert f'value="{sam.user_id}"' in text
        assert f'value="{tess.user_id}"' not in text

    def test_whose_marks_or_consent_would_go_is_not_deleted(self, as_ada, sam):
        assert as_ada.post(page(sam, "delete"), {"post": "yes"}).status_code == 403

    def test_one_added_by_mistake_is_deleted(self, as_ada, riverside):
        student = Student.objects.create(institution=riverside, name="Typo", roll_number="X")
        assert as_ada.post(page(student, "delete"), {"post": "yes"}).status_code == 302
        assert not Student.objects.exists()

    def test_names_are_escaped(self, as_ada, sam, face_file):
        sam.name = '<script>alert("x")</script>'
        sam.save()
        as_ada.post(page(sam, "photos"), {"pictures": [face_file(1)]})
        for url in (page(sam), reverse(LIST), page(sam, "withdraw"), reverse("admin:enrollment_facephoto_changelist")):
            assert "<script>alert" not in as_ada.get(url).content.decode()


class TestPictures:
    def send(self, client, student, *uploads):
        return client.post(page(student, "photos"), {"pictures": list(uploads)})

    def test_several_at_once_are_each_answered(self, as_ada, sam, face_file, no_face_file):
        no_face = no_face_file()
        no_face.name = "wall.jpg"
        response = self.send(as_ada, sam, face_file(1, 1), face_file(1, 2), no_face)
        assert response.url == page(sam)
        sentences = said(response)
        assert len(sentences) == 3
        assert [sentence.startswith("face.jpg: Enrolled") for sentence in sentences] == [True, True, False]
        assert sentences[2].startswith("wall.jpg: No face was found")
        assert sam.photos.filter(state=FacePhoto.State.ENROLLED).count() == 2
        assert set(sam.photos.values_list("added_by__name", flat=True)) == {"Ada"}

    def test_a_double_click(self, as_ada, sam, face_file):
        self.send(as_ada, sam, face_file(1))
        self.send(as_ada, sam, face_file(1))
        assert sam.photos.count() == FaceVector.objects.count() == 1

    @pytest.mark.parametrize(
        ("data", "words"),
        [
            (b"", "empty"),
            (b"hello", "not a photo"),
            (as_bytes(face(1))[:9000], "damaged"),
            (as_bytes(face(1), "GIF"), "GIF photos are not accepted"),
            (as_bytes(Image.new("1", (20_000, 20_000)), "PNG"), "million pixels"),
            (as_bytes(Image.new("RGB", (40, 40))), "too small"),
        ],
    )
    def test_bad_files_get_a_sentence_and_leave_nothing(self, data, words, as_ada, sam, files_of):
        response = self.send(as_ada, sam, SimpleUploadedFile("bad.jpg", data, content_type="image/jpeg"))
        (sentence,) = said(response)
        assert words in sentence
        assert not FacePhoto.objects.exists()
        assert not files_of()

    def test_heic_and_turned_pictures(self, as_ada, sam):
        exif = Image.Exif()
        exif[0x0112] = 8
        turned = as_file(face(1, 2).rotate(-90, expand=True), exif=exif)
        self.send(as_ada, sam, as_file(face(1, 1), "a.heic", "HEIF"), turned)
        assert sam.photos.filter(state=FacePhoto.State.ENROLLED).count() == 2

    def test_none_chosen(self, as_ada, sam):
        assert said(self.send(as_ada, sam)) == ["Choose one or several photos first."]

    def test_without_consent(self, as_ada, sam, face_file):
        Consent.objects.all().delete()
        assert "No valid consent is on record" in as_ada.get(page(sam)).content.decode()
        assert "There is no valid consent of Sam Field" in said(self.send(as_ada, sam, face_file(1)))[-1]

    def test_faces_off(self, as_ada, ada, sam, face_file):
        ada.institution.faces_enabled = False
        ada.institution.save()
        assert "switched off" in said(self.send(as_ada, sam, face_file(1)))[-1]
        assert not FacePhoto.objects.exists()

    def test_the_engine_is_unavailable(self, as_ada, sam, face_file, engine_unavailable):
        assert "will be examined later" in said(self.send(as_ada, sam, face_file(1)))[-1]
        photo = sam.photos.get()
        engine_unavailable()
        response = as_ada.post(reverse("admin:enrollment_facephoto_examine", args=[photo.pk]))
        assert said(response)[-1].startswith("Enrolled")

    def test_two_people(self, as_ada, sam, sita, face_file):
        self.send(as_ada, sam, face_file(1, 1))
        assert "Resembles Sam Field" in said(self.send(as_ada, sita, face_file(1, 2)))[-1]
        photo = sita.photos.get()
        assert "Different people" in as_ada.get(page(sita)).content.decode()
        response = as_ada.post(reverse("admin:enrollment_facephoto_two_people", args=[photo.pk]))
        assert said(response)[-1].startswith("Enrolled")
        response = as_ada.post(reverse("admin:enrollment_facephoto_two_people", args=[photo.pk]))
        assert "does not look like anybody else" in said(response)[-1]

    def test_only_forms_change_something(self, as_ada, sam, face_file):
        self.send(as_ada, sam, face_file(1))
        photo = sam.photos.get()
        for which in ("examine", "two_people"):
            assert as_ada.get(reverse(f"admin:enrollment_facephoto_{which}", args=[photo.pk])).status_code == 405
        assert as_ada.get(page(sam, "photos")).status_code == 405

    @pytest.mark.django_db(transaction=True)
    def test_deleting(self, as_ada, sam, face_file, files_of):
        self.send(as_ada, sam, face_file(1))
        url = reverse("admin:enrollment_facephoto_delete", args=[sam.photos.get().pk])
        assert as_ada.get(url).status_code == 200
        assert as_ada.post(url, {"post": "yes"}).status_code == 302
        assert not FacePhoto.objects.exists()
        assert not FaceVector.objects.exists()
        assert not files_of()

    def test_deleting_while_the_engine_is_unavailable(self, as_ada, sam, face_file, engine_unavailable):
        self.send(as_ada, sam, face_file(1))
        place = current_place(sam.institution)
        FacePhoto.objects.update(state=FacePhoto.State.ENROLLED, face_id="f", place=place)
        photo = sam.photos.get()
        response = as_ada.post(reverse("admin:enrollment_facephoto_delete", args=[photo.pk]), {"post": "yes"})
        assert "still to be erased" in said(response)[-1]
        assert FacePhoto.objects.count() == 1

    def test_a_picture_whose_file_is_gone(self, as_ada, sam, face_file):
        self.send(as_ada, sam, face_file(1))
        photo = sam.photos.get()
        photo.picture.storage.delete(photo.picture.name)
        assert as_ada.get(reverse("admin:enrollment_facephoto_picture", args=[photo.pk])).status_code == 404


class TestWithdrawing:
    def test_asks_once_and_erases(self, as_ada, sam, face_file):
        as_ada.post(page(sam, "photos"), {"pictures": [face_file(1)]})
        assert "One photo and all face data are erased" in as_ada.get(page(sam, "withdraw")).content.decode()
        assert Consent.objects.get(student=sam).withdrawn_at is None
        response = as_ada.post(page(sam, "withdraw"), {"confirmed": "yes"})
        assert said(response)[-1] == "Consent withdrawn and face erased: 1 student."
        assert Consent.objects.get(student=sam).withdrawn_at is not None
        assert not FaceVector.objects.exists()

    def test_many(self, as_ada, sam, sita):
        form = {"action": "withdraw_consent", "_selected_action": [sam.pk, sita.pk]}
        assert "these 2 students" in as_ada.post(reverse(LIST), form).content.decode()
        assert Consent.objects.filter(withdrawn_at=None).count() == 2
        as_ada.post(reverse(LIST), {**form, "confirmed": "yes"})
        assert Consent.objects.filter(withdrawn_at=None).count() == 0

    def test_while_the_engine_is_unavailable(self, as_ada, sam, face_file, engine_unavailable):
        as_ada.post(page(sam, "photos"), {"pictures": [face_file(1)]})
        FacePhoto.objects.update(face_id="f", place=current_place(sam.institution))
        response = as_ada.post(page(sam, "withdraw"), {"confirmed": "yes"})
        assert "The consent is withdrawn. The face engine could not be reached" in said(response)[-1]
        assert "erasure is unfinished" in as_ada.get(reverse("admin:index")).content.decode()
        assert "Sam Field" in as_ada.get(reverse(LIST), {"readiness": "erasing"}).content.decode()


class TestLists:
    def test_readiness(self, as_ada, riverside, sam, sita, face_file):
        Student.objects.create(institution=riverside, name="Nora", roll_number="R-003")
        as_ada.post(page(sam, "photos"), {"pictures": [face_file(1)]})
        expected = {"ready": "Sam Field", "no_photo": "Sita Rao", "no_consent": "Nora"}
        for readiness, name in expected.items():
            text = as_ada.get(reverse(LIST), {"readiness": readiness}).content.decode()
            assert [other for other in expected.values() if other in text] == [name]

    def test_a_spreadsheet_runs_nothing(self, as_ada, sam):
        sam.name = '=HYPERLINK("http://evil.example")'
        sam.save()
        response = as_ada.post(reverse(LIST), {"action": "export_csv", "_selected_action": [sam.pk]})
        rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
        assert rows == [
            ["Roll number", "Name", "Readiness", "Photos"],
            ["R-001", "'" + sam.name, "No photo", "0"],
        ]

    @pytest.mark.parametrize("cell", ["=1", "+1", "-1", "@a", "\t=1", "\r=1"])
    def test_formulas(self, cell):
        assert harmless(cell) == "'" + cell

    def test_no_query_for_each_student(self, as_ada, riverside, django_assert_max_num_queries):
        for number in range(30):
            make_student(riverside, f"Student {number}", f"N-{number}")
        with django_assert_max_num_queries(16):
            as_ada.get(reverse(LIST))


class TestCoursesOfAStudent:
    def fill(self, riverside, sam, names):
        for name in names:
            course = Course.objects.create(institution=riverside, name=name, code=f"C-{name}")
            Enrollment.objects.create(institution=riverside, course=course, student=sam)

    def test_many_take_as_many_queries_as_two(self, as_ada, riverside, physics, sam):
        self.fill(riverside, sam, ["Algebra"])
        as_ada.get(page(sam))
        with CaptureQueriesContext(connection) as few:
            as_ada.get(page(sam))
        names = [f"Course {number}" for number in range(30)]
        self.fill(riverside, sam, names)
        with CaptureQueriesContext(connection) as many:
            answer = as_ada.get(page(sam)).content.decode()
        assert len(many) == len(few)
        assert all(f"selected>{name}</option>" in answer for name in [*names, "Algebra", physics.name])

    def test_a_form_that_is_refused_shows_the_chosen_one_and_no_stranger_s(
        self, as_ada, riverside, hilltop, physics, sam
    ):
        other = Course.objects.create(institution=riverside, name="Algebra", code="A")
        strange = Course.objects.create(institution=hilltop, name="Strange", code="S")
        rows = [{"id": sam.enrollments.get().pk, "course": other.pk}, {"course": strange.pk}]
        lines = formset("enrollments", *rows, initial=1) | formset("consents") | formset("guardianships")
        answer = as_ada.post(page(sam), {"name": "", "roll_number": "R-001", **lines}).content.decode()
        assert "selected>Algebra</option>" in answer
        assert "Strange" not in answer


class TestTheIndex:
    def test_says_what_to_do_next(self, as_ada, riverside, sam, sita, face_file, no_face_file):
        Student.objects.create(institution=riverside, name="Nora", roll_number="R-003")
        as_ada.post(page(sam, "photos"), {"pictures": [face_file(1, 1)]})
        as_ada.post(page(sita, "photos"), {"pictures": [face_file(1, 2), no_face_file()]})
        response = as_ada.get(reverse("admin:index"))
        found = [(each["count"], str(each["title"])) for each in response.context["todo"]]
        assert found == [
            (1, "photo looks like somebody else"),
            (1, "student without consent"),
            (1, "student with consent but without a photo"),
            (1, "photo could not be used"),
        ]
        for each in response.context["todo"]:
            assert as_ada.get(each["link"]).status_code == 200

    def test_an_empty_school(self, as_ada):
        assert "There are no students yet." in as_ada.get(reverse("admin:index")).content.decode()

    def test_all_done(self, as_ada, sam, face_file):
        as_ada.post(page(sam, "photos"), {"pictures": [face_file(1)]})
        assert "Nothing is waiting." in as_ada.get(reverse("admin:index")).content.decode()

    def test_faces_off(self, as_ada, ada):
        ada.institution.faces_enabled = False
        ada.institution.save()
        text = as_ada.get(reverse("admin:index")).content.decode()
        assert "Switch it on in the school&#x27;s settings" in text or "Switch it on in the school's settings" in text
