"""Printed forms and the list for photo day."""

from datetime import date

import pytest

from enrollment.models import FacePhoto, Guardian, Student
from tests.enrollment.consenting.test_answers import NO, YES, answer

pytestmark = pytest.mark.django_db
PAGE = "/riverside/consents/print/"
PHOTO_DAY = "/riverside/consents/photo-day/"


class TestForms:
    def test_are_one_page_for_each_who_has_not_replied(self, sign_in, ada, group, nina, sam, consent_form):
        page = sign_in(ada).get(f"{PAGE}?group={group.pk}").content.decode()
        assert page.count("<article") == 1
        assert "Nina Novak" in page
        assert "May we?" in page
        assert "Form 1" in page
        assert "Mira Novak, Omar Novak" in page

    def test_are_in_the_familys_language(self, sign_in, ada, nina, consent_form):
        Guardian.objects.filter(name="Mira Novak").update(language="de")
        page = sign_in(ada).get(PAGE).content.decode()
        assert "Dürfen wir?" in page
        assert "Unterschrift und Name" in page

    def test_of_chosen_students_are_printed_whatever_they_said(self, sign_in, ada, nina, sam, consent_form):
        page = sign_in(ada).post(PAGE, {"student": [sam.pk]}).content.decode()
        assert page.count("<article") == 1
        assert "Sam Field" in page

    def test_of_an_adult_are_signed_by_the_student(self, sign_in, ada, nina, consent_form):
        Student.objects.filter(pk=nina.pk).update(birth_date=date(2000, 1, 1))
        page = sign_in(ada).get(PAGE).content.decode()
        assert "Signature of the student" in page
        assert "Mira Novak" not in page

    def test_can_be_blank(self, sign_in, ada, nina, consent_form):
        page = sign_in(ada).get(f"{PAGE}?blank=de").content.decode()
        assert page.count("<article") == 1
        assert "Dürfen wir?" in page
        assert "Nina Novak" not in page

    def test_need_a_wording(self, sign_in, ada, nina):
        assert sign_in(ada).get(PAGE).headers["Location"] == "/riverside/consents/wording/"

    def test_of_nobody_say_so(self, sign_in, ada, sam, consent_form):
        assert "Everyone has replied" in sign_in(ada).get(PAGE).content.decode()

    def test_of_many_are_told_to_be_printed_by_group(self, sign_in, ada, riverside, consent_form, monkeypatch):
        from enrollment.consenting.views import asking

        monkeypatch.setattr(asking, "MOST_PAGES", 2)
        for number in range(3):
            Student.objects.create(institution=riverside, name=f"S {number}", roll_number=f"{number}")
        page = sign_in(ada).get(PAGE).content.decode()
        assert page.count("<article") == 2
        assert "1 more does not fit here" in " ".join(page.split())

    def test_of_another_school_are_404(self, sign_in, hanna, group, consent_form):
        assert sign_in(hanna).get(f"/hilltop/consents/photo-day/?group={group.pk}").status_code == 404


class TestPhotoDay:
    def test_tells_whose_photo_may_be_taken(self, sign_in, ada, group, nina, sam):
        page = " ".join(sign_in(ada).get(f"{PHOTO_DAY}?group={group.pk}").content.decode().split())
        assert "A photo may be taken of 1 of 2." in page
        assert "No: no reply" in page
        answer(nina, YES)
        answer(sam, NO, "other")
        page = " ".join(sign_in(ada).get(f"{PHOTO_DAY}?group={group.pk}").content.decode().split())
        assert "No: no reply" not in page
        assert "<td>No </td>" in page

    def test_counts_the_photos_that_are_enrolled(self, sign_in, ada, sam, riverside):
        for state in (FacePhoto.State.ENROLLED, FacePhoto.State.REFUSED):
            FacePhoto.objects.create(institution=riverside, student=sam, state=state)
        page = sign_in(ada).get(PHOTO_DAY).content.decode()
        assert "<td>1</td>" in page

    def test_costs_the_same_for_many(self, sign_in, ada, riverside, django_assert_max_num_queries):
        Student.objects.bulk_create(
            Student(institution=riverside, name=f"S {number}", roll_number=f"{number}") for number in range(200)
        )
        client = sign_in(ada)
        with django_assert_max_num_queries(6):
            client.get(PHOTO_DAY)

    def test_of_nobody_says_so(self, sign_in, hanna):
        assert "No students here yet" in sign_in(hanna).get("/hilltop/consents/photo-day/").content.decode()
