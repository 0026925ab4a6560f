"""The family's page: the exact words, two equal answers, changed and withdrawn by the same link."""

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.addresses import PortalAddress
from accounts.jobs import jobs_resume
from accounts.outbox import mails_send_due
from enrollment.consenting.asking import consent_links_send
from enrollment.consenting.wording import consent_form_save
from enrollment.models import Consent, ConsentRequest, FacePhoto, FaceVector, Guardian, Student
from enrollment.services.photos import face_photo_add
from tests.enrollment.consenting.conftest import link_in, make_guardian
from tests.enrollment.consenting.test_answers import is_searchable, state_of

pytestmark = pytest.mark.django_db


def send(ada, student):
    consent_links_send(
        institution=ada.institution, students=[student.pk], by=ada.user, addresses=PortalAddress("http://testserver"),
        nonce=uuid4(),
    )  # fmt: skip
    jobs_resume()


@pytest.fixture
def link(ada, nina, consent_form):
    """Mira's link."""
    send(ada, nina)
    return link_in(mail.outbox[0])


def fields_of(page):
    """The hidden fields of the page's form."""
    return dict(re.findall(r'type="hidden" name="(form|seen|language)" value="([^"]*)"', page.content.decode()))


def reply(client, link, said, **fields):
    return client.post(link, {**fields_of(client.get(link)), "answer": said, **fields}, follow=True)


class TestThePage:
    def test_needs_no_account_and_shows_the_words(self, client, link):
        page = client.get(link).content.decode()
        assert "May we?" in page
        assert "You answer as Mira Novak." in page
        assert "Nina Novak" in page
        assert "Manage" not in page

    def test_has_two_equal_buttons(self, client, link):
        buttons = re.findall(r'<button class="([^"]*)" name="answer"', client.get(link).content.decode())
        assert buttons == ["btn btn-quiet", "btn btn-quiet"]

    def test_is_in_the_language_that_is_chosen(self, client, link, mira):
        page = client.get(f"{link}?language=de").content.decode()
        assert "Dürfen wir?" in page
        assert "Ich willige ein" in page
        assert '<html lang="de"' in page

    def test_begins_in_the_guardians_own(self, client, link, mira):
        Guardian.objects.filter(pk=mira.pk).update(language="de")
        assert "Dürfen wir?" in client.get(link).content.decode()

    def test_is_kept_nowhere_and_told_to_nobody(self, client, link):
        response = client.get(link)
        assert "no-store" in response.headers["Cache-Control"]
        assert response.headers["X-Robots-Tag"] == "noindex"
        assert 'name="referrer" content="same-origin"' in response.content.decode()

    def test_notes_when_it_was_opened_first(self, client, link):
        client.get(link)
        first = ConsentRequest.objects.get(guardian__name="Mira Novak").opened_at
        client.get(link)
        assert ConsentRequest.objects.get(guardian__name="Mira Novak").opened_at == first
        assert ConsentRequest.objects.get(guardian__name="Omar Novak").opened_at is None

    def test_of_a_guessed_secret_or_another_school_does_not_exist(self, client, link, hilltop):
        assert client.get("/riverside/consent/guessed/").status_code == 404
        assert client.get(link.replace("riverside", "hilltop")).status_code == 404

    def test_takes_no_answer_from_another_site(self, link):
        strict = Client(enforce_csrf_checks=True)
        assert strict.post(link, {"answer": "yes"}).status_code == 403
        assert not Consent.objects.filter(medium="online").exists()


class TestAnAnswer:
    def test_is_recorded_with_the_words_in_their_language(self, client, link, nina, mira, consent_form):
        page = reply(client, f"{link}?language=de", "yes")
        stored = Consent.objects.get(student=nina)
        assert (stored.guardian, stored.form, stored.language, stored.medium) == (mira, consent_form, "de", "online")
        assert (stored.given_by, stored.wording, stored.recorded_by) == ("Mira Novak", "Form 1", None)
        assert stored.expires_on > timezone.localdate() + timedelta(days=360)
        assert str(stored.pk) in page.content.decode()
        assert is_searchable(nina)

    def test_is_shown_in_the_list(self, client, link, sign_in, ada, nina):
        reply(client, link, "no")
        page = sign_in(ada).get("/riverside/consents/?state=refused").content.decode()
        assert "Mira Novak" in page
        assert "by link" in page

    def test_can_be_changed_both_ways_by_the_same_link(self, client, link, nina):
        reply(client, link, "no")
        assert not is_searchable(nina)
        reply(client, link, "yes")
        assert is_searchable(nina)
        page = reply(client, link, "no").content.decode()
        assert "You withdrew your consent" in page
        assert not is_searchable(nina)
        assert Consent.objects.filter(student=nina).count() == 3

    def test_sent_twice_is_recorded_once(self, client, link, nina):
        fields = fields_of(client.get(link))
        for _time in range(2):
            client.post(link, {**fields, "answer": "yes"})
        assert Consent.objects.filter(student=nina).count() == 1

    def test_of_another_word_changes_nothing(self, client, link, nina):
        assert reply(client, link, "perhaps").status_code == 200
        assert not Consent.objects.filter(student=nina).exists()

    def test_is_receipted_once_by_mail(self, client, link):
        reply(client, f"{link}?language=de", "yes")
        mails_send_due()
        mails_send_due()
        receipts = [message for message in mail.outbox if message.subject.startswith("Ihre Antwort an")]
        assert [message.to for message in receipts] == [["mira@example.org"]]
        assert str(Consent.objects.get(medium="online").pk) in receipts[0].body

    def test_is_receipted_to_nobody_who_decides_no_more(self, client, link, nina):
        reply(client, link, "yes")
        nina.guardianships.update(may_contact=False)
        sent = len(mail.outbox)
        mails_send_due()
        assert len(mail.outbox) == sent

    def test_to_words_that_have_changed_is_not_taken(self, client, link, nina, ada):
        fields = fields_of(client.get(link))
        consent_form_save(
            institution=ada.institution, version="Form 1", valid_months=12, texts={"en": "Really?"}, by=ada.user
        )
        response = client.post(link, {**fields, "answer": "yes"})
        assert response.status_code == 409
        assert "has changed the wording" in response.content.decode()
        assert "Really?" in response.content.decode()
        assert not Consent.objects.filter(student=nina).exists()
        reply(client, link, "yes")
        assert is_searchable(nina)

    def test_that_waits_moves_to_a_new_version(self, client, link, ada, nina):
        omar = link_in(mail.outbox[1])
        reply(client, link, "yes")
        consent_form_save(
            institution=ada.institution, version="Form 2", valid_months=6, texts={"en": "New words"}, by=ada.user
        )
        assert "New words" in client.get(omar).content.decode()
        assert "May we?" in client.get(link).content.decode()

    def test_of_a_second_guardian_holds_if_it_is_no(self, client, link, nina):
        reply(client, link, "yes")
        reply(client, link_in(mail.outbox[1]), "no")
        assert not is_searchable(nina)
        assert state_of(nina) == "refused"


class TestWithdrawal:
    @pytest.mark.django_db(transaction=True)
    def test_erases_the_face_at_once(self, client, ada, sam, consent_form, face_file, files_of):
        face_photo_add(student=sam, upload=face_file(1), added_by=None)
        make_guardian(sam, "Pa Field", "pa@example.org")
        Consent.objects.all().delete()
        send(ada, sam)
        link = link_in(mail.outbox[0])
        reply(client, link, "yes")
        assert FaceVector.objects.count() == 1
        reply(client, link, "no")
        assert not is_searchable(sam)
        assert (FaceVector.objects.count(), FacePhoto.objects.count(), files_of()) == (0, 0, [])


class TestEnded:
    def ended(self, client, link):
        response = client.get(link)
        return response.status_code == 410 and "no longer valid" in response.content.decode()

    def test_after_its_time(self, client, link, nina):
        ConsentRequest.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert self.ended(client, link)
        assert client.post(link, {"answer": "yes"}).status_code == 410
        assert not Consent.objects.filter(student=nina).exists()

    def test_an_answered_one_stays_open_for_the_withdrawal(self, client, link, nina):
        reply(client, link, "yes")
        ConsentRequest.objects.update(expires_at=timezone.now() - timedelta(days=300))
        reply(client, link, "no")
        assert not is_searchable(nina)

    def test_once_revoked(self, client, link):
        ConsentRequest.objects.update(state="revoked")
        assert self.ended(client, link)

    @pytest.mark.parametrize("relation", [{"may_consent": False}, {"may_contact": False}])
    def test_for_a_guardian_who_no_longer_decides(self, client, link, nina, relation):
        nina.guardianships.update(**relation)
        assert self.ended(client, link)

    def test_for_a_student_who_left(self, client, link, nina):
        Student.objects.filter(pk=nina.pk).update(is_active=False)
        assert self.ended(client, link)

    def test_for_parents_of_an_adult_it_takes_no_new_consent(self, client, link, nina):
        Student.objects.filter(pk=nina.pk).update(birth_date=date(2000, 1, 1))
        page = reply(client, link, "yes")
        assert "answers in person" in page.content.decode()
        assert not is_searchable(nina)


def test_an_adult_student_answers_by_their_own_link(client, ada, nina, consent_form):
    Student.objects.filter(pk=nina.pk).update(birth_date=date(2000, 1, 1), email="nina@example.org")
    send(ada, nina)
    [message] = mail.outbox
    assert message.to == ["nina@example.org"]
    assert "You answer for yourself." in client.get(link_in(message)).content.decode()
    reply(client, link_in(message), "yes")
    assert (Consent.objects.get(student=nina).by_student, is_searchable(nina)) == (True, True)
