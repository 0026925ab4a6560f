"""The form's wording: frozen once answered, replaced by a new version; the text to start from."""

import pytest

from enrollment.consenting.wording import (
    consent_form_save,
    current_form,
    digest_of,
    free_version,
    is_frozen,
    starter_text,
    wording_in,
)
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, ConsentForm
from enrollment.services.consents import AnswerInput, consent_answer

pytestmark = pytest.mark.django_db
PAGE = "/riverside/consents/wording/"


def save(ada, version="Form 1", months=12, **texts):
    return consent_form_save(
        institution=ada.institution, version=version, valid_months=months, texts=texts or {"en": "May we?"}, by=ada.user
    )


def answered(form, student):
    given = AnswerInput(answer=Consent.Answer.GRANTED, given_by="Mira", wording=form.version, form=form)
    return consent_answer(student=student, given=given, recorded_by=None)


class TestVersions:
    def test_are_changed_while_nobody_has_answered(self, ada):
        first = save(ada, en="May we?")
        again = save(ada, en="May we, please?")
        assert (again.pk, ConsentForm.objects.count()) == (first.pk, 1)
        assert wording_in(current_form(ada.institution), "en").text == "May we, please?"

    def test_are_replaced_once_somebody_has(self, ada, nina):
        first = save(ada, en="May we?")
        answer = answered(first, nina)
        second = save(ada, version="Form 2", en="May we, please?")
        answer.refresh_from_db()
        assert current_form(ada.institution) == second
        assert (answer.form, wording_in(answer.form, "en").text, is_frozen(first)) == (first, "May we?", True)

    def test_need_a_name_of_their_own(self, ada, nina):
        answered(save(ada), nina)
        with pytest.raises(EnrollmentError) as caught:
            save(ada, en="Other words")
        assert caught.value.code == "version_taken"
        save(ada, version="Form 2")
        answered(current_form(ada.institution), nina)
        with pytest.raises(EnrollmentError) as caught:
            save(ada, en="Other words")
        assert caught.value.code == "version_taken"
        assert current_form(ada.institution).version == "Form 2"

    def test_have_words(self, ada):
        with pytest.raises(EnrollmentError) as caught:
            save(ada, en="  ")
        assert (caught.value.code, ConsentForm.objects.count()) == ("no_words", 0)

    def test_lose_a_language_that_is_emptied(self, ada):
        save(ada, en="May we?", de="Dürfen wir?")
        save(ada, en="May we?", de="")
        assert [w.language for w in current_form(ada.institution).wordings.all()] == ["en"]

    def test_a_free_name_is_proposed(self, ada):
        first = free_version(ada.institution)
        save(ada, version=first)
        assert free_version(ada.institution) == f"{first} (2)"

    def test_of_two_schools_are_apart(self, ada, hanna):
        save(ada)
        assert current_form(hanna.institution) is None


def test_a_language_that_the_form_lacks_falls_back(consent_form):
    assert wording_in(consent_form, "fr", "de").text == "Dürfen wir?"
    assert wording_in(consent_form, "fr").text in ("May we?", "Dürfen wir?")


def test_other_words_have_another_digest(consent_form):
    assert digest_of(wording_in(consent_form, "en")) != digest_of(wording_in(consent_form, "de"))


class TestTheTextToStartFrom:
    def test_has_the_schools_own_facts(self, riverside):
        riverside.privacy_contact = "Dana Officer, dpo@example.org"
        riverside.photo_retention_days = 5
        text = starter_text(riverside, "en")
        assert "Riverside School" in text
        assert "Dana Officer" in text
        assert "deleted after 5 days" in text
        assert len(text.split("\n\n")) == len(starter_text(riverside, "de").split("\n\n"))

    def test_is_german_too(self, riverside):
        assert "Einwilligung" in starter_text(riverside, "de")

    def test_says_where_faces_are_compared(self, riverside, settings):
        assert "own server" in starter_text(riverside, "en")
        settings.FACE_ENGINE = {"BACKEND": "enrollment.faces.rekognition.engine.RekognitionFaceEngine", "OPTIONS": {}}
        assert "Amazon Web Services" in starter_text(riverside, "en")

    def test_keeps_to_the_law_of_the_place(self, riverside):
        riverside.law, riverside.leaver_retention_days = "illinois", 365
        assert "30 days after the student leaves" in starter_text(riverside, "en")
        riverside.law = "england"
        assert "We inform every parent" in starter_text(riverside, "en")


class TestThePage:
    def test_begins_with_that_text_and_says_that_it_is_no_legal_advice(self, sign_in, ada):
        page = sign_in(ada).get(PAGE).content.decode()
        assert "asks for your consent" in page
        assert "no legal advice" in page
        assert "only if you object" in page

    def test_saves(self, sign_in, ada):
        data = {"version": "Form 1", "valid_months": "12", "text_en": "May we?", "text_de": ""}
        page = sign_in(ada).post(PAGE, data, follow=True)
        assert "Saved as Form 1" in page.content.decode()
        assert current_form(ada.institution).valid_months == 12

    def test_makes_a_new_version_of_an_answered_one(self, sign_in, ada, nina, consent_form):
        answered(consent_form, nina)
        page = sign_in(ada).get(PAGE).content.decode()
        assert "Save as a new version" in page
        data = {"version": "Form 2", "valid_months": "12", "text_en": "New words", "text_de": ""}
        sign_in(ada).post(PAGE, data)
        assert current_form(ada.institution).version == "Form 2"
        assert ConsentForm.objects.count() == 2

    def test_makes_none_where_nothing_has_changed(self, sign_in, ada, nina, consent_form):
        answered(consent_form, nina)
        data = {"version": "Form 2", "valid_months": "12", "text_en": "May we?", "text_de": "Dürfen wir?"}
        page = sign_in(ada).post(PAGE, data, follow=True)
        assert "Nothing has changed" in page.content.decode()
        assert ConsentForm.objects.count() == 1

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({"version": "", "text_en": "x"}, "This field is required"),
            ({"version": "Form 1", "text_en": " ", "text_de": ""}, "at least one language"),
            ({"version": "Form 1", "text_en": "x", "valid_months": "0"}, "greater than or equal to 1"),
        ],
    )
    def test_keeps_what_was_typed_beside_the_error(self, sign_in, ada, data, sentence):
        page = sign_in(ada).post(PAGE, data).content.decode()
        assert sentence in page
        assert ConsentForm.objects.count() == 0

    def test_a_name_that_was_used_is_refused_at_its_field(self, sign_in, ada, nina, consent_form):
        answered(consent_form, nina)
        data = {"version": "Form 1", "valid_months": "12", "text_en": "New words", "text_de": ""}
        page = sign_in(ada).post(PAGE, data).content.decode()
        assert "a name of its own" in page
        assert "New words" in page


def test_the_preview_shows_the_words_and_answers_nothing(sign_in, ada, consent_form):
    client = sign_in(ada)
    page = client.get("/riverside/consents/preview/?language=de").content.decode()
    assert "Dürfen wir?" in page
    assert client.post("/riverside/consents/preview/").status_code == 405
