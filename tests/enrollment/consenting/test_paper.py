"""Bulk entry of paper answers."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from enrollment.models import Consent, Student
from tests.enrollment.consenting.test_answers import is_searchable

pytestmark = pytest.mark.django_db
PAGE = "/riverside/consents/paper/"


@pytest.fixture
def send(sign_in, ada, consent_form):
    """Posts answers: {student: (letter, giver)}."""

    def post(answers, **fields):
        data = {"save": "1", "version": consent_form.pk, "given_on": "2026-09-03", "medium": "paper", **fields}
        data["student"] = [student.pk for student in answers]
        for student, (letter, giver) in answers.items():
            data[f"answer-{student.pk}"], data[f"giver-{student.pk}"] = letter, giver
        return sign_in(ada).post(PAGE, data, follow=True)

    return post


class TestTheClassList:
    def test_comes_with_the_guardians_filled_in(self, sign_in, ada, group, consent_form):
        page = sign_in(ada).get(f"{PAGE}?group={group.pk}").content.decode()
        assert 'value="Mira Novak"' in page
        assert '<option value="Omar Novak">' in page
        assert "Form 1" in page

    def test_needs_a_wording_first(self, sign_in, ada, group):
        response = sign_in(ada).get(f"{PAGE}?group={group.pk}")
        assert response.headers["Location"] == "/riverside/consents/wording/"

    def test_of_chosen_students_has_these_alone(self, sign_in, ada, group, nina, consent_form):
        page = sign_in(ada).post(PAGE, {"group": group.pk, "student": [nina.pk]}).content.decode()
        assert "Nina Novak" in page
        assert "Sam Field" not in page
        assert not Consent.objects.filter(student=nina).exists()

    def test_of_an_adult_has_their_own_name(self, sign_in, ada, nina, consent_form):
        Student.objects.filter(pk=nina.pk).update(birth_date=date(2000, 1, 1))
        page = sign_in(ada).get(f"{PAGE}?student={nina.pk}").content.decode()
        assert 'value="Nina Novak"' in page
        assert "Mira Novak" not in page


class TestAnswers:
    def test_are_recorded_with_what_was_typed_once(self, send, nina, mira, sam, consent_form, ada):
        page = send({nina: ("G", "Mira Novak"), sam: ("", "")}).content.decode()
        assert "1 consent recorded." in page
        stored = Consent.objects.get(student=nina)
        assert (stored.guardian, stored.form, stored.wording) == (mira, consent_form, "Form 1")
        assert timezone.localtime(stored.given_at).date() == date(2026, 9, 3)
        assert stored.expires_on == date(2027, 9, 3)
        assert (stored.medium, stored.recorded_by, stored.by_student) == ("paper", ada.user, False)
        assert Consent.objects.filter(student=sam).count() == 1

    def test_a_date_of_ones_own_ends_them(self, send, nina):
        send({nina: ("G", "Mira Novak")}, expires_on="2027-07-31")
        assert Consent.objects.get(student=nina).expires_on == date(2027, 7, 31)

    def test_a_refusal_erases_the_face(self, send, sam, face_file, files_of, django_capture_on_commit_callbacks):
        from enrollment.services.photos import face_photo_add

        face_photo_add(student=sam, upload=face_file(1), added_by=None)
        with django_capture_on_commit_callbacks(execute=True):
            page = send({sam: ("R", "Pa Field")}).content.decode()
        assert "1 refusal recorded." in page
        assert "Face data of 1 student erased." in page
        assert files_of() == []

    def test_a_student_who_refuses_is_known_by_the_name(self, send, nina):
        send({nina: ("R", "nina  novak")}, medium="spoken")
        stored = Consent.objects.get(student=nina)
        assert (stored.by_student, stored.medium, stored.answer) == (True, "spoken", "refused")

    def test_sent_twice_are_recorded_once(self, send, nina):
        for _time in range(2):
            send({nina: ("G", "Mira Novak")})
        assert Consent.objects.filter(student=nina).count() == 1

    def test_none_is_no_answer(self, send, nina):
        assert "nothing was recorded" in send({nina: ("", "Mira Novak")}).content.decode()

    def test_without_a_name_is_told_beside_the_row_and_nothing_is_lost(self, send, nina, sam):
        page = send({nina: ("G", ""), sam: ("R", "Pa Field")}).content.decode()
        assert "Who signed?" in page
        assert 'value="Pa Field"' in page
        assert not Consent.objects.filter(student=nina).exists()
        assert is_searchable(sam)

    def test_one_that_cannot_be_stops_no_other(self, send, nina, sam):
        Student.objects.filter(pk=nina.pk).update(birth_date=date(2000, 1, 1))
        page = send({nina: ("G", "Mira Novak"), sam: ("R", "Pa Field")}).content.decode()
        assert "answers in person" in page
        assert "1 refusal recorded." in page
        assert not is_searchable(sam)
        assert f"answer-{sam.pk}" not in page

    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({"given_on": str(timezone.localdate() + timedelta(days=2))}, "cannot be given in the future"),
            ({"given_on": "x"}, "valid date"),
            ({"expires_on": "2026-09-01"}, "before the first"),
            ({"version": "00000000-0000-0000-0000-000000000000"}, "valid choice"),
            ({"medium": "online"}, "valid choice"),
        ],
    )
    def test_with_bad_facts_are_not_recorded(self, send, nina, fields, sentence):
        assert sentence in send({nina: ("G", "Mira Novak")}, **fields).content.decode()
        assert not Consent.objects.filter(student=nina).exists()

    def test_of_another_school_are_not_taken(self, send, hilltop):
        stranger = Student.objects.create(institution=hilltop, name="Other", roll_number="1")
        send({stranger: ("G", "x")})
        assert not Consent.objects.filter(student=stranger).exists()
