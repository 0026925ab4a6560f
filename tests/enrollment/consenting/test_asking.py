"""Asking by link: who gets a mail, in which language, how often; and that no click sends one twice."""

import smtplib
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from accounts.addresses import PortalAddress
from accounts.bounces.reading import Bounce
from accounts.bounces.recording import bounce_record
from accounts.jobs import JobHandle, jobs_resume
from accounts.link_secrets import hash_of
from accounts.mail import MailLabel
from accounts.models import Job, OutboxMail
from accounts.outbox import mails_expire, mails_send_due
from enrollment.consenting import asking
from enrollment.consenting.asking import MOST_MAILS, consent_links_send
from enrollment.consenting.recipients import recipients_of
from enrollment.errors import EnrollmentError
from enrollment.guardians.orders import no_contact_order_record
from enrollment.models import Consent, ConsentRequest, Guardian, Student
from enrollment.selectors import waits_for_parents
from tests.enrollment.consenting.conftest import link_in, make_guardian
from tests.enrollment.consenting.test_answers import NO, answer

pytestmark = pytest.mark.django_db
PAGE = "/riverside/consents/"


@pytest.fixture
def send(ada, consent_form):
    """Sends the link about students and lets the worker do its job; returns the job."""

    def start(*students, nonce=None):
        job = consent_links_send(
            institution=ada.institution, students=[student.pk for student in students], by=ada.user,
            addresses=PortalAddress("https://portal.example"), nonce=nonce or uuid4(),
        )  # fmt: skip
        jobs_resume()
        job.refresh_from_db()
        return job

    return start


def later(**fields):
    ConsentRequest.objects.update(sent_at=timezone.now() - timedelta(days=3), **fields)


class TestRecipients:
    def test_are_all_guardians_who_decide(self, nina):
        assert [each.email for each in recipients_of(nina)] == ["mira@example.org", "omar@example.org"]

    @pytest.mark.parametrize("relation", [{"may_consent": False}, {"may_contact": False}])
    def test_are_none_of_the_others(self, nina, relation):
        nina.guardianships.update(**relation)
        assert recipients_of(nina) == []

    def test_are_asked_once_at_one_address(self, nina):
        Guardian.objects.update(email="Family@example.org")
        assert [each.email for each in recipients_of(nina)] == ["family@example.org"]

    def test_is_the_adult_student_alone(self, nina):
        nina.birth_date = date(2000, 1, 1)
        assert recipients_of(nina) == []
        nina.email = "nina@example.org"
        assert [(each.email, each.guardian) for each in recipients_of(nina)] == [("nina@example.org", None)]


class TestTheMail:
    def test_goes_to_each_guardian_with_a_link_of_their_own(self, send, nina, mira):
        job = send(nina)
        assert job.result == {"sent": 2, "waiting": 0, "failed": 0, "left_out": 0, "without_address": 0}
        assert [message.to for message in mail.outbox] == [["mira@example.org"], ["omar@example.org"]]
        links = [link_in(message) for message in mail.outbox]
        assert len(set(links)) == 2
        assert links[0].startswith("https://portal.example/riverside/consent/")
        request = ConsentRequest.objects.get(guardian=mira)
        assert request.token_hash == hash_of(links[0].split("/")[-2])
        assert (request.times_sent, request.mail_error, request.state) == (1, "", "pending")

    def test_is_in_the_guardians_language_with_the_schools_name(self, send, nina, mira):
        Guardian.objects.filter(pk=mira.pk).update(language="de")
        send(nina)
        german, english = mail.outbox
        assert german.subject == "Riverside School bittet um Ihre Einwilligung: Nina Novak"
        assert english.subject == "Riverside School asks for your consent: Nina Novak"
        assert "Guten Tag" in german.body
        assert "Hello Omar Novak" in english.body
        [(html, kind)] = german.alternatives
        assert kind == "text/html"
        assert link_in(german) in html

    def test_is_in_the_schools_language_otherwise(self, send, nina, riverside):
        riverside.language = "de"
        riverside.save()
        send(nina)
        assert "bittet" in mail.outbox[0].subject

    def test_keeps_no_secret(self, send, nina):
        send(nina)
        token = link_in(mail.outbox[0]).split("/")[-2]
        stored = [str(value) for row in ConsentRequest.objects.values() for value in row.values()]
        stored += [str(row) for row in Job.objects.values()]
        assert not any(token in value for value in stored)

    def test_of_two_lines_has_one_subject(self, send, nina, riverside):
        riverside.name = "A\nB"
        riverside.save()
        send(nina)
        assert mail.outbox[0].subject.startswith("A B ")

    def test_is_not_sent_about_somebody_without_an_address_or_who_left(self, send, nina, sam):
        Student.objects.filter(pk=nina.pk).update(is_active=False)
        assert send(nina, sam).result["without_address"] == 1
        assert mail.outbox == []

    def test_is_not_sent_without_a_form(self, ada, nina):
        with pytest.raises(EnrollmentError) as caught:
            consent_links_send(
                institution=ada.institution, students=[nina.pk], by=ada.user,
                addresses=PortalAddress("https://portal.example"), nonce=uuid4(),
            )  # fmt: skip
        assert caught.value.code == "no_form"

    def test_is_not_sent_about_another_schools_student(self, send, hilltop):
        stranger = Student.objects.create(institution=hilltop, name="Other", roll_number="1")
        make_guardian(stranger, "Parent", "parent@example.org")
        send(stranger)
        assert mail.outbox == []


class TestOnce:
    def test_a_double_click_is_one_job(self, send, nina):
        nonce = uuid4()
        assert send(nina, nonce=nonce) == send(nina, nonce=nonce)
        assert len(mail.outbox) == 2

    @pytest.mark.parametrize("dies_after", [0, 1, 2])
    def test_a_job_that_dies_sends_each_once_when_it_is_resumed(self, send, nina, monkeypatch, dies_after):
        real, calls = asking.mail_try_now, []

        def die(message):
            if len(calls) == dies_after:
                raise KeyboardInterrupt  # as if the process were killed right after the mail had left
            calls.append(message)
            return real(message)

        with monkeypatch.context() as patch:
            patch.setattr(asking, "mail_try_now", die)
            patch.setattr(JobHandle, "checkpoint", lambda job, state: die(None))
            with pytest.raises(KeyboardInterrupt):
                send(nina)
        Job.objects.update(lease_until=timezone.now() - timedelta(minutes=5))
        jobs_resume()
        assert sorted(message.to[0] for message in mail.outbox) == ["mira@example.org", "omar@example.org"]
        assert Job.objects.get().result["sent"] == 2
        assert set(ConsentRequest.objects.values_list("mail_error", "times_sent")) == {("", 1)}

    def test_what_a_dead_job_has_queued_leaves_by_the_worker(self, send, nina, monkeypatch):
        def die(message):
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(asking, "mail_try_now", die)
            with pytest.raises(KeyboardInterrupt):
                send(nina)
        [request] = ConsentRequest.objects.all()
        assert request.mail_error == "The e-mail has not left yet."
        assert mails_send_due() == 1
        request.refresh_from_db()
        assert (request.mail_error, len(mail.outbox)) == ("", 1)

    def test_mails_leave_outside_transactions(self, send, nina, monkeypatch, transactional_db):
        from django.db import connection

        real, inside = mail.EmailMessage.send, []

        def look(message, *args, **kwargs):
            inside.append(connection.in_atomic_block)
            return real(message, *args, **kwargs)

        monkeypatch.setattr(mail.EmailMessage, "send", look)
        send(nina)
        assert inside == [False, False]


@pytest.fixture
def refused_for_now(smtp):
    smtp.answers |= dict.fromkeys(("mira@example.org", "omar@example.org"), "451 Try again later")
    return smtp


def tried_again(smtp):
    smtp.answers.clear()
    OutboxMail.objects.filter(state="waiting").update(due_at=timezone.now())
    mails_send_due()
    return smtp


class TestTriedAgain:
    """A mail that the server refuses for now leaves later by itself, read again before it does."""

    def test_it_leaves_with_a_link_that_works(self, send, nina, mira, refused_for_now, client, sign_in, ada):
        assert send(nina).result["waiting"] == 2
        request = ConsentRequest.objects.get(guardian=mira)
        assert request.mail_error == "The mail server refused the e-mail. It is tried again by itself."
        page = sign_in(ada).get(f"{PAGE}?state=pending&job={Job.objects.get().pk}").content.decode()
        assert "2 have not left yet and are tried again by themselves." in " ".join(page.split())
        assert tried_again(refused_for_now).addresses == ["mira@example.org", "omar@example.org"]
        request.refresh_from_db()
        assert (request.mail_error, request.times_sent) == ("", 1)
        text = refused_for_now.received[0].get_payload(0).get_payload(decode=True).decode()
        link = next(line for line in text.splitlines() if line.startswith("http"))
        assert client.get(link).status_code == 200

    @pytest.mark.parametrize("change", ["barred", "no_contact", "address", "left", "faces_off", "answered", "erased"])
    def test_not_to_somebody_who_is_not_to_be_asked_any_more(self, send, nina, riverside, ada, refused_for_now, change):
        send(nina)
        if change == "barred":
            for relation in nina.guardianships.all():
                no_contact_order_record(relation=relation, reason="Court", by=ada.user)
        elif change == "no_contact":
            nina.guardianships.update(may_contact=False)
        elif change == "address":
            Guardian.objects.update(email="other@example.org")
        elif change == "left":
            Student.objects.filter(pk=nina.pk).update(is_active=False)
        elif change == "faces_off":
            type(riverside).objects.update(faces_enabled=False)
        elif change == "answered":
            ConsentRequest.objects.update(state="answered")
        else:
            nina.delete()
        assert tried_again(refused_for_now).received == []
        assert set(OutboxMail.objects.values_list("state", flat=True)) == {"dropped"}
        assert set(ConsentRequest.objects.values_list("times_sent", flat=True)) <= {0}

    def test_sent_again_by_hand_the_first_is_dropped(self, send, nina, refused_for_now):
        send(nina)
        refused_for_now.answers.clear()
        assert send(nina).result["sent"] == 2
        tried_again(refused_for_now)
        assert sorted(refused_for_now.addresses) == ["mira@example.org", "omar@example.org"]

    def test_what_never_left_does_not_use_up_the_limit(self, send, nina, refused_for_now):
        for _ in range(MOST_MAILS + 1):
            send(nina)
        refused_for_now.answers.clear()
        assert send(nina).result["sent"] == 2
        tried_again(refused_for_now)
        assert sorted(refused_for_now.addresses) == ["mira@example.org", "omar@example.org"]
        assert set(ConsentRequest.objects.values_list("times_sent", flat=True)) == {1}

    def test_sent_again_while_it_is_leaving_is_left_out(self, send, nina, refused_for_now):
        send(nina)
        OutboxMail.objects.update(state="sending", lease_until=timezone.now() + timedelta(minutes=5))
        assert send(nina).result["left_out"] == 2

    def test_one_that_may_have_left_says_so_and_counts(self, send, nina, refused_for_now):
        send(nina)
        OutboxMail.objects.update(state="sending", lease_until=timezone.now() - timedelta(minutes=5))
        mails_expire()
        [told] = set(ConsentRequest.objects.values_list("mail_error", "times_sent"))
        assert told == ("It is not known whether the e-mail left. Send it again if nobody answers.", 1)

    def test_in_england_nobody_is_told_before_it_has_left(self, send, nina, refused_for_now):
        """A parent counts as told by a mail that left, not by one that waits."""
        waiting = Student.objects.filter(waits_for_parents(), pk=nina.pk)
        send(nina)
        assert waiting.exists()
        tried_again(refused_for_now)
        assert not waiting.exists()


class TestAgain:
    def test_too_soon_is_left_out(self, send, nina):
        send(nina)
        assert send(nina).result["left_out"] == 2
        assert len(mail.outbox) == 2

    def test_later_makes_a_new_link_and_ends_the_old_one(self, send, nina, client):
        send(nina)
        old = link_in(mail.outbox[0])
        later()
        send(nina)
        assert ConsentRequest.objects.count() == 2
        assert client.get(old).status_code == 404
        assert client.get(link_in(mail.outbox[2])).status_code == 200

    def test_has_a_limit(self, send, nina):
        send(nina)
        later(times_sent=MOST_MAILS)
        assert send(nina).result["left_out"] == 2

    def test_after_its_time_a_new_request_begins(self, send, nina):
        send(nina)
        later(times_sent=MOST_MAILS, expires_at=timezone.now() - timedelta(days=1))
        assert send(nina).result["sent"] == 2
        assert ConsentRequest.objects.filter(state="revoked").count() == 2

    def test_one_that_failed_may_be_sent_at_once(self, send, nina):
        send(nina)
        ConsentRequest.objects.update(mail_error="The mail server refused this address.")
        assert send(nina).result["sent"] == 2


class TestFailures:
    def test_are_shown_and_do_not_count_towards_the_limit(self, send, nina, monkeypatch, sign_in, ada):
        def refuse(self, fail_silently=False):
            raise smtplib.SMTPRecipientsRefused({})

        monkeypatch.setattr(mail.EmailMessage, "send", refuse)
        assert send(nina).result["failed"] == 2
        assert set(ConsentRequest.objects.values_list("times_sent", flat=True)) == {0}
        page = sign_in(ada).get(f"{PAGE}?state=pending").content.decode()
        assert "The mail server refused this address." in page
        assert "not delivered" in page

    def test_in_a_row_stop_the_job(self, send, riverside, settings):
        students = [Student.objects.create(institution=riverside, name=f"S {n}", roll_number=f"{n}") for n in range(7)]
        for student in students:
            make_guardian(student, f"Parent of {student.name}", f"p{student.roll_number}@example.org")
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        job = send(*students)
        assert job.state == Job.State.FAILED
        assert "Check the mail server" in job.error
        assert ConsentRequest.objects.count() == 5


class TestTakenBack:
    @pytest.fixture
    def paused(self, monkeypatch, sign_in, ada, group, nina, consent_form):
        """Ada's browser after a click on "Send link", within the pause; and the job's address."""
        monkeypatch.setattr(asking, "UNDO_FOR", timedelta(seconds=30))
        client = sign_in(ada)
        return client, client.post(f"{PAGE}send/", {"group": group.pk}).url

    def test_within_the_pause_no_mail_leaves(self, paused):
        client, address = paused
        jobs_resume()
        assert mail.outbox == []
        page = client.get(address).content.decode()
        assert "The e-mails leave in half a minute." in page
        assert "Undo" in page
        page = client.post(f"{address}stop/", follow=True).content.decode()
        assert "Taken back. Nothing was done." in page
        Job.objects.update(due_at=timezone.now())
        jobs_resume()
        assert mail.outbox == []
        assert not ConsentRequest.objects.exists()

    def test_after_the_pause_they_leave(self, paused):
        Job.objects.update(due_at=timezone.now())
        jobs_resume()
        assert len(mail.outbox) == 2


class TestFacesOff:
    def test_no_link_is_sent(self, sign_in, ada, group, nina, consent_form, riverside):
        riverside.faces_enabled = False
        riverside.save()
        client = sign_in(ada)
        page = client.get(f"{PAGE}?group={group.pk}").content.decode()
        assert "Face recognition is off, so no links are sent." in page
        assert "Send link to" not in page
        page = client.post(f"{PAGE}send/", {"group": group.pk}, follow=True).content.decode()
        assert "Face recognition is off here" in page
        jobs_resume()
        assert mail.outbox == []

    def test_none_leaves_after_they_were_switched_off(self, send, nina, riverside, ada, monkeypatch):
        monkeypatch.setattr(asking, "UNDO_FOR", timedelta(seconds=30))
        send(nina)
        type(riverside).objects.update(faces_enabled=False)
        Job.objects.update(due_at=timezone.now())
        jobs_resume()
        assert mail.outbox == []


class TestCameBack:
    def bounced(self, request, status="5.1.1"):
        bounce_record(Bounce(MailLabel("consentrequest", request.pk, request.times_sent), status))

    def test_is_told_apart_and_mended_in_the_row(self, send, nina, mira, sign_in, ada):
        send(nina)
        self.bounced(ConsentRequest.objects.get(guardian=mira))
        client = sign_in(ada)
        assert ConsentRequest.objects.get(guardian=mira).came_back_at
        ConsentRequest.objects.exclude(guardian=mira).update(sent_at=timezone.now() - timedelta(hours=1))
        page = client.get(f"{PAGE}?state=pending").content.decode()
        assert "came back" in page
        assert "mira@example.org: There is no such address." in page
        assert page.count(f"mend-{nina.pk}-{mira.pk}") == 3  # its form, the field, the button
        assert page.count("E-mail address of") == 1  # Omar's mail arrived
        url = f"{PAGE}students/{nina.pk}/address/"
        response = client.post(url, {"person": mira.pk, "email": "Mira.N@example.org", "at": "state=pending"})
        assert response.headers["Location"] == f"{PAGE}?state=pending"
        mira.refresh_from_db()
        assert mira.email == "Mira.N@example.org"
        assert "E-mail address of" not in client.get(f"{PAGE}?state=pending").content.decode()

    def test_the_link_to_the_wrong_address_ends(self, send, nina, mira, client, sign_in, ada):
        send(nina)
        wrong = link_in(mail.outbox[0])
        sign_in(ada).post(f"{PAGE}students/{nina.pk}/address/", {"person": mira.pk, "email": "new@example.org"})
        assert client.get(wrong).status_code == 410
        assert send(nina).result["sent"] == 1  # at once, to the new address
        assert mail.outbox[-1].to == ["new@example.org"]

    def test_an_address_that_is_none_keeps_the_old_one(self, nina, mira, sign_in, ada, consent_form):
        for email in ("no", ""):
            url = f"{PAGE}students/{nina.pk}/address/"
            page = sign_in(ada).post(url, {"person": mira.pk, "email": email}, follow=True).content.decode()
            assert "valid email" in page or "blank" in page
        mira.refresh_from_db()
        assert mira.email == "mira@example.org"

    def test_an_adult_students_own_address_is_added(self, nina, sign_in, ada, consent_form):
        Student.objects.filter(pk=nina.pk).update(birth_date=date(2000, 1, 1))
        client = sign_in(ada)
        assert f"mend-{nina.pk}-{nina.pk}" in client.get(f"{PAGE}?state=pending").content.decode()
        client.post(f"{PAGE}students/{nina.pk}/address/", {"person": nina.pk, "email": "nina@example.org"})
        nina.refresh_from_db()
        assert nina.email == "nina@example.org"

    def test_one_who_does_not_decide_and_another_schools_student_are_404(self, nina, mira, sign_in, ada, hanna):
        nina.guardianships.filter(guardian=mira).update(may_consent=False)
        posted = {"person": mira.pk, "email": "x@example.org"}
        assert sign_in(ada).post(f"{PAGE}students/{nina.pk}/address/", posted).status_code == 404
        assert sign_in(hanna).post(f"/hilltop/consents/students/{nina.pk}/address/", posted).status_code == 404


class TestThePage:
    def test_sends_about_the_chosen(self, sign_in, ada, group, nina, sam, consent_form):
        client = sign_in(ada)
        response = client.post(f"{PAGE}send/", {"group": group.pk, "student": [nina.pk], "nonce": uuid4()})
        jobs_resume()
        assert len(mail.outbox) == 2
        job = Job.objects.get(kind="consent_links")
        assert response.headers["Location"] == f"/riverside/jobs/{job.pk}/"
        assert mail.outbox[0].body.count("http://testserver/riverside/consent/") == 1
        page = client.get(f"{PAGE}?state=pending&job={job.pk}").content.decode()
        assert "2 e-mails sent." in page

    def test_sends_about_all_without_a_reply_where_none_is_chosen(self, sign_in, ada, group, nina, sam, consent_form):
        make_guardian(sam, "Pa Field", "pa@example.org")
        sign_in(ada).post(f"{PAGE}send/", {"group": group.pk})
        jobs_resume()
        assert {message.to[0] for message in mail.outbox} == {"mira@example.org", "omar@example.org"}

    def test_reminds_those_whose_consent_ends_soon(self, sign_in, ada, nina, sam, consent_form):
        answer(nina, Consent.Answer.GRANTED, expires_on=timezone.localdate() + timedelta(days=9))
        client = sign_in(ada)
        page = client.get(f"{PAGE}?state=ending").content.decode()
        assert "Nina Novak" in page
        assert "Sam Field" not in page
        assert "Send link to 1" in page
        client.post(f"{PAGE}send/", {"state": "ending"})
        jobs_resume()
        assert {message.to[0] for message in mail.outbox} == {"mira@example.org", "omar@example.org"}

    def test_leaves_those_alone_who_refused(self, sign_in, ada, group, nina, consent_form):
        answer(nina, NO)
        page = sign_in(ada).post(f"{PAGE}send/", {"group": group.pk}, follow=True).content.decode()
        assert "no one to ask" in page

    def test_leads_to_the_wording_first(self, sign_in, ada, group):
        response = sign_in(ada).post(f"{PAGE}send/", {"group": group.pk})
        assert response.headers["Location"] == "/riverside/consents/wording/"

    def test_of_another_school_is_404(self, sign_in, hanna, group):
        assert sign_in(hanna).post("/hilltop/consents/send/", {"group": group.pk}).status_code == 404

    def test_shows_no_other_schools_job(self, sign_in, hanna, send, nina):
        job = send(nina)
        page = sign_in(hanna).get(f"/hilltop/consents/?state=pending&job={job.pk}").content.decode()
        assert "e-mails sent" not in page


class TestEveryParent:
    def test_in_england_the_list_names_those_not_informed(self, send, nina, riverside, sign_in, ada):
        riverside.law = "england"
        riverside.save()
        answer(nina, Consent.Answer.GRANTED, guardian=Guardian.objects.get(name="Mira Novak"))
        page = sign_in(ada).get(f"{PAGE}?state=granted").content.decode()
        assert "not informed yet: Omar Novak" in page
        send(nina)
        assert "not informed yet" not in sign_in(ada).get(f"{PAGE}?state=granted").content.decode()
