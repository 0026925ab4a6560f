"""Personal photo links mailed to a whole group."""

import re
from datetime import timedelta
from email import message_from_string
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.addresses import PortalAddress
from accounts.bounces.reading import bounce_in
from accounts.bounces.recording import bounce_record
from accounts.jobs import JobHandle, job_take_up_next
from accounts.models import Job, OutboxMail
from accounts.outbox import mails_send_due
from enrollment.batches import mailing
from enrollment.batches.links import photo_link_by_token, photo_link_create, photo_link_revoke
from enrollment.batches.mailing import photo_links_send
from enrollment.errors import EnrollmentError
from enrollment.guardians.orders import no_contact_order_record
from enrollment.models import Consent, FacePhoto, Group, GroupPlace, Guardian, Guardianship, PhotoLink
from tests.accounts.bounces.test_reading import report
from tests.conftest import make_student

pytestmark = pytest.mark.django_db
BASE = PortalAddress("https://portal.example/")


@pytest.fixture
def people(riverside):
    """Students of 10A by name: Ann with two parents, Ben without consent, Cid with a photo, Dan without an address."""
    group = Group.objects.create(institution=riverside, name="10A")
    made = {name: make_student(riverside, name, f"R-{n}") for n, name in enumerate(("Ann", "Ben", "Cid", "Dan"), 1)}
    for student in made.values():
        GroupPlace.objects.create(institution=riverside, group=group, student=student)
    for name, email, language in (("Mia", "mia@home.example", "de"), ("Max", "max@home.example", "")):
        guardian = Guardian.objects.create(institution=riverside, name=name, email=email, language=language)
        for child in ("Ann", "Ben", "Cid"):
            Guardianship.objects.create(institution=riverside, student=made[child], guardian=guardian)
    Consent.objects.filter(student=made["Ben"]).delete()
    FacePhoto.objects.create(institution=riverside, student=made["Cid"], state="enrolled")
    return group, made


@pytest.fixture
def send(people, ada):
    def send_(nonce=None):
        return photo_links_send(
            group=people[0], days=7, with_liveness=False, by=ada.user, addresses=BASE, nonce=nonce or uuid4()
        )

    return send_


def token_in(mail):
    return re.search(r"https://portal.example/account/photos/([\w-]+)/", mail.body)[1]


def test_each_family_gets_its_link(people, send, ada, mailoutbox):
    job = send()
    job_take_up_next()
    job.refresh_from_db()
    assert job.state == "done"
    assert job.result == {
        "sent": 1, "waiting": 0, "failed": 0, "without_consent": 1, "with_photo": 1, "without_address": 1,
        "left_out": 0,
    }  # fmt: skip
    assert sorted(mail.to for mail in mailoutbox) == [["max@home.example"], ["mia@home.example"]]
    [link] = PhotoLink.objects.all()
    assert (link.student, link.created_by, link.is_valid) == (people[1]["Ann"], ada.user, True)
    assert {photo_link_by_token(token_in(mail)) for mail in mailoutbox} == {link}
    subjects = {mail.to[0][:3]: mail.subject for mail in mailoutbox}
    assert subjects["max"] == "Photos of Ann for Riverside School"
    assert subjects["mia"] != subjects["max"]  # in German


def test_pressed_twice_it_is_one_job(send, mailoutbox):
    nonce = uuid4()
    assert send(nonce) == send(nonce)
    while job_take_up_next():
        pass
    assert (Job.objects.count(), len(mailoutbox)) == (1, 2)


def test_a_link_made_by_hand_meanwhile_is_not_replaced(people, send, ada, mailoutbox):
    send()
    photo_link_create(student=people[1]["Ann"], days=7, with_liveness=False, by=ada.user)
    job_take_up_next()
    assert (Job.objects.get().result["left_out"], len(mailoutbox)) == (1, 0)


@pytest.mark.parametrize("dies_after", [0, 1, 2])
def test_resumed_it_mails_everybody_once(send, mailoutbox, monkeypatch, dies_after):
    real, calls = mailing.mail_try_now, []

    def die(mail):
        if len(calls) == dies_after:
            raise KeyboardInterrupt  # as if the process were killed, between two mails or after the last
        calls.append(mail)
        return real(mail)

    send()
    with monkeypatch.context() as patch:
        patch.setattr(mailing, "mail_try_now", die)
        patch.setattr(JobHandle, "checkpoint", lambda job, state: die(None))
        with pytest.raises(KeyboardInterrupt):
            job_take_up_next()
    Job.objects.update(lease_until=timezone.now() - timedelta(minutes=5))
    job_take_up_next()
    assert sorted(mail.to[0][:3] for mail in mailoutbox) == ["max", "mia"]
    assert Job.objects.get().result["sent"] == 1
    [link] = PhotoLink.objects.all()
    assert {photo_link_by_token(token_in(mail)) for mail in mailoutbox} == {link}


def test_a_mail_that_does_not_leave_leaves_no_link(send, smtp, people):
    smtp.recipients |= dict.fromkeys(("mia@home.example", "max@home.example"), "550 No such user")
    send()
    job_take_up_next()
    assert Job.objects.get().result["failed"] == 1
    assert not PhotoLink.objects.get().is_valid


def test_one_that_reaches_a_parent_stays(send, smtp):
    smtp.recipients["mia@home.example"] = "550 No such user"
    send()
    job_take_up_next()
    assert Job.objects.get().result["sent"] == 1
    assert PhotoLink.objects.get().is_valid


def test_mails_that_come_back_are_shown_and_the_last_one_ends_the_link(send, mailoutbox, client, ada):
    send()
    job_take_up_next()
    client.force_login(ada.user)
    for mail, is_valid in zip(mailoutbox, (True, False), strict=True):
        bounce = bounce_in(message_from_string(report(returned=mail.message().as_string())))
        for _time in range(2):
            assert bounce_record(bounce).to == mail.to[0]
        page = " ".join(client.get(reverse("photo_links", args=["riverside"])).content.decode().split())
        assert f"<bdi>{mail.to[0]}</bdi>: There is no such address." in page
        assert PhotoLink.objects.get().is_valid is is_valid
        assert ("not delivered" in page) is not is_valid


def test_a_link_that_reached_one_parent_is_said_to_be_taken_back_not_lost(send, smtp, client, ada):
    smtp.recipients["max@home.example"] = "550 No such user"
    send()
    job_take_up_next()
    photo_link_revoke(link=PhotoLink.objects.get())
    client.force_login(ada.user)
    page = " ".join(client.get(reverse("photo_links", args=["riverside"])).content.decode().split())
    assert "<bdi>max@home.example</bdi>:" in page
    assert "taken back" in page
    assert "not delivered" not in page


def test_refused_for_now_it_leaves_later_with_the_same_link(send, smtp, client, ada):
    smtp.answers["max@home.example"] = smtp.answers["mia@home.example"] = "451 Try again later"
    job = send()
    job_take_up_next()
    job.refresh_from_db()
    assert (job.result["waiting"], smtp.received) == (1, [])
    client.force_login(ada.user)
    page = client.get(reverse("photo_links", args=["riverside"]), {"job": job.pk}).content.decode()
    assert "1 link has not left yet and is tried again by itself." in " ".join(page.split())
    smtp.answers.clear()
    OutboxMail.objects.update(due_at=timezone.now())
    assert mails_send_due() == 2
    [link] = PhotoLink.objects.all()
    assert link.is_valid
    for message in smtp.received:
        text = message.get_payload(0).get_payload(decode=True).decode()
        assert photo_link_by_token(re.search(r"photos/([\w-]+)/", text)[1]) == link


@pytest.mark.parametrize("change", ["barred", "withdrawn", "used", "left", "address"])
def test_what_no_longer_holds_is_not_mailed(people, send, smtp, ada, change):
    """Read again when the mail leaves: here after the mail server refused it for a while."""
    smtp.answers["max@home.example"] = smtp.answers["mia@home.example"] = "451 Try again later"
    send()
    job_take_up_next()
    if change == "barred":
        for relation in people[1]["Ann"].guardianships.all():
            no_contact_order_record(relation=relation, reason="Court", by=ada.user)
    elif change == "withdrawn":
        Consent.objects.all().delete()
    elif change == "used":
        PhotoLink.objects.update(used_at=timezone.now())
    elif change == "left":
        people[1]["Ann"].is_active = False
        people[1]["Ann"].save()
    else:
        Guardian.objects.update(email="other@home.example")
    smtp.answers.clear()
    OutboxMail.objects.update(due_at=timezone.now())
    mails_send_due()
    assert smtp.received == []
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {"dropped"}
    assert not PhotoLink.objects.get().is_valid


def test_a_mail_server_that_is_away_ends_it(send, settings, monkeypatch):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    monkeypatch.setattr(mailing, "MOST_FAILURES", 1)
    send()
    job_take_up_next()
    assert "Check the mail server" in Job.objects.get().error


@pytest.mark.parametrize("code", ["faces_off", "nobody", "too_many"])
def test_refused(code, people, send, riverside, monkeypatch):
    if code == "faces_off":
        riverside.faces_enabled = people[0].institution.faces_enabled = False
    elif code == "nobody":
        GroupPlace.objects.all().delete()
    else:
        monkeypatch.setattr(mailing, "MOST", 3)
    with pytest.raises(EnrollmentError) as caught:
        send()
    assert (caught.value.code, Job.objects.count()) == (code, 0)


class TestThePage:
    def test_a_group_is_chosen_and_the_counts_are_shown(self, client, ada, people, mailoutbox):
        client.force_login(ada.user)
        page = client.get(reverse("photo_links", args=["riverside"])).content.decode()
        nonce = re.search(r'name="nonce" value="([^"]+)"', page)[1]
        sent = {"group": people[0].pk, "days": 14, "nonce": nonce}
        answer = client.post(reverse("photo_links_mail", args=["riverside"]), sent)
        job = Job.objects.get()
        assert answer.url == reverse("job", args=["riverside", job.pk])
        job_take_up_next()
        page = client.get(reverse("photo_links", args=["riverside"]), {"job": job.pk}).content.decode()
        assert " ".join(page.split()).count("1 link was sent") == 1
        assert "testserver/account/photos/" in mailoutbox[0].body

    def test_without_a_group_it_asks_for_one(self, client, ada, people):
        client.force_login(ada.user)
        answer = client.post(reverse("photo_links_mail", args=["riverside"]), {"days": 7, "nonce": uuid4()})
        assert "This field is required." in answer.content.decode()
        assert not Job.objects.exists()

    def test_another_schools_group_is_none(self, client, ada, people, hilltop):
        client.force_login(ada.user)
        theirs = Group.objects.create(institution=hilltop, name="1A")
        sent = {"group": theirs.pk, "days": 7, "nonce": uuid4()}
        client.post(reverse("photo_links_mail", args=["riverside"]), sent)
        assert not Job.objects.exists()

    def test_a_job_of_another_kind_has_no_counts(self, client, ada, people):
        client.force_login(ada.user)
        for job in (uuid4(), "nonsense"):
            assert client.get(reverse("photo_links", args=["riverside"]), {"job": job}).context["sent"] is None


def test_in_england_none_goes_out_before_each_parent_was_told(people, send, riverside, mailoutbox):
    riverside.law = "england"
    riverside.save()
    job = send()
    job_take_up_next()
    job.refresh_from_db()
    assert job.result["sent"] == 0
    assert mailoutbox == []
