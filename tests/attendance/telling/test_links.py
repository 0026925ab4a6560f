"""The page behind a notice's link: a reason without signing in, and the mails stopped by one click."""

import re

import pytest
from django.test import Client

from attendance.models import AbsenceNotice, Excuse
from enrollment.guardians.orders import no_contact_order_record
from enrollment.models import Guardian, Guardianship


@pytest.fixture
def links(closed, lesson, fay, told):
    """The paths of a mail that left: to give a reason, and to stop the mails."""
    closed(lesson)
    [mail] = told()
    reply, stop = re.findall(r"https?://[^/]+(/riverside/absence/\S+)", mail.body)
    return reply, stop


@pytest.fixture
def anyone():
    return Client(enforce_csrf_checks=True)


def notice():
    return AbsenceNotice.objects.get()


class TestAReason:
    def test_waits_for_the_school(self, client, links, sam, fay):
        html = client.get(links[0]).content.decode()
        assert "Sam" in html
        assert "Field" not in html
        answer = {"notices": str(notice().pk), "kind": "illness", "note": "Fever"}
        html = client.post(links[0], answer, follow=True).content.decode()
        assert "Thank you" in html
        excuse = Excuse.objects.get()
        assert (excuse.student, excuse.guardian, excuse.state, excuse.note) == (sam, fay, "waiting", "Fever")
        assert excuse.session == notice().session
        assert notice().replied_at is not None

    def test_is_given_once(self, client, links):
        answer = {"notices": str(notice().pk), "kind": "illness"}
        for _click in range(2):
            client.post(links[0], answer)
        assert Excuse.objects.count() == 1

    def test_for_nothing_says_so_and_keeps_what_was_typed(self, client, links):
        html = client.post(links[0], {"kind": "family", "note": "A wedding"}).content.decode()
        assert "Tick the lessons" in html
        assert "A wedding" in html
        assert not Excuse.objects.exists()

    def test_is_not_taken_of_who_is_kept_away_since(self, client, links, fay, ada):
        no_contact_order_record(relation=Guardianship.objects.get(guardian=fay), reason="Court", by=ada.user)
        response = client.post(links[0], {"notices": str(notice().pk), "kind": "illness"})
        assert response.status_code == 410
        assert "Sam" not in response.content.decode()
        assert not Excuse.objects.exists()

    def test_needs_our_own_page(self, anyone, links):
        assert anyone.post(links[0], {"notices": str(notice().pk), "kind": "illness"}).status_code == 403


class TestStopping:
    def test_by_a_mail_program_without_cookies(self, anyone, links):
        response = anyone.post(links[1], {"List-Unsubscribe": "One-Click"})
        assert response.status_code == 200
        assert Guardian.objects.get().notices_off_at is not None

    def test_looking_changes_nothing(self, client, links):
        client.get(links[1])
        assert Guardian.objects.get().notices_off_at is None

    def test_can_be_taken_back(self, client, links):
        client.post(links[1])
        client.post(links[1], {"again": "yes"})
        assert Guardian.objects.get().notices_off_at is None


@pytest.mark.parametrize("change", [lambda path: path[:-3] + "x/", lambda path: path.replace("riverside", "hilltop")])
def test_a_link_that_is_not_of_this_school_or_was_changed_is_not_there(client, links, hilltop, change):
    assert client.get(change(links[0])).status_code == 404
