"""Personal photo links mailed to a whole group."""

import re
from uuid import uuid4

import pytest
from django.urls import reverse

from accounts.addresses import PortalAddress
from accounts.jobs import job_take_up_next
from accounts.models import Job
from enrollment.batches import mailing
from enrollment.batches.links import photo_link_by_token, photo_link_create
from enrollment.batches.mailing import photo_links_send
from enrollment.errors import EnrollmentError
from enrollment.models import Consent, FacePhoto, Group, GroupPlace, Guardian, Guardianship, PhotoLink
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
        "sent": 1, "failed": 0, "without_consent": 1, "with_photo": 1, "without_address": 1, "left_out": 0,
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


def test_resumed_it_mails_nobody_twice(people, send, ada, mailoutbox):
    send()
    photo_link_create(student=people[1]["Ann"], days=7, with_liveness=False, by=ada.user)  # its mail may have left
    job_take_up_next()
    assert (Job.objects.get().result["left_out"], len(mailoutbox)) == (1, 0)


def test_a_mail_that_does_not_leave_leaves_no_link(send, monkeypatch):
    monkeypatch.setattr(mailing, "mail_send", lambda mail: "The mail server could not be reached.")
    send()
    job_take_up_next()
    assert Job.objects.get().result["failed"] == 1
    assert not PhotoLink.objects.get().is_valid


def test_a_mail_server_that_is_away_ends_it(send, monkeypatch):
    monkeypatch.setattr(mailing, "mail_send", lambda mail: "The mail server could not be reached.")
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
