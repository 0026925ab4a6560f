"""A guardian's own choice: soon or once a day, by the mail's link and on their page."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import OutboxMail, Role
from attendance.models import NoticePolicy
from attendance.telling.planning import absences_tell
from enrollment.models import Guardian, Guardianship
from tests.attendance.telling.conftest import make_guardian
from tests.conftest import make_lesson, make_member

pytestmark = pytest.mark.django_db
PAGE = "/riverside/children/e-mails/"


@pytest.fixture
def account(riverside, fay):
    """Fay's account."""
    member = make_member(riverside, "Fay", Role.GUARDIAN)
    Guardian.objects.filter(pk=fay.pk).update(user=member.user)
    return member


def mode_of(guardian):
    guardian.refresh_from_db()
    return guardian.notice_mode


def is_off(guardian):
    guardian.refresh_from_db()
    return guardian.notices_off_at is not None


def far_digest():
    """The school's daily mail comes two hours from now, outside the quiet hours of the tests."""
    hour = (timezone.localtime().hour + 2) % 24
    NoticePolicy.objects.update(digest_at=f"{hour:02}:00")


class TestTheTime:
    @pytest.mark.parametrize(
        ("school", "own", "is_at_once"),
        [
            ("at_once", "", True),
            ("digest", "", False),
            ("digest", "at_once", True),
            ("at_once", "digest", False),
        ],
    )
    def test_is_the_guardians_else_the_schools(self, closed, lesson, fay, policy, school, own, is_at_once):
        far_digest()
        NoticePolicy.objects.update(mode=school)
        Guardian.objects.update(notice_mode=own)
        closed(lesson)
        absences_tell()
        assert OutboxMail.objects.get().key.count(".") == (3 if is_at_once else 2)  # of one student's day, or the day's

    def test_is_each_guardians_of_the_same_student(self, closed, lesson, fay, sam, policy):
        make_guardian(sam, "Fred Field", "fred@example.org", notice_mode="digest")
        closed(lesson)
        absences_tell()
        assert dict(OutboxMail.objects.values_list("to", "key"))["fred@example.org"].count(".") == 2
        assert dict(OutboxMail.objects.values_list("to", "key"))["fay@example.org"].count(".") == 3

    def test_of_a_day_only_the_first_comes_at_once(self, closed, lesson, physics, fay, told):
        Guardian.objects.update(notice_mode="at_once")
        closed(lesson)
        told()
        closed(make_lesson(physics))
        absences_tell()
        assert OutboxMail.objects.get(state="waiting").key.count(".") == 2


class TestByTheLink:
    @pytest.fixture
    def link(self, closed, lesson, fay, told):
        closed(lesson)
        [mail] = told()
        return re.findall(r"https?://[^/]+(/riverside/absence/\S+)", mail.body)[1]

    def test_it_is_changed_without_signing_in(self, link, fay, client):
        page = client.post(link, {"when": "yes", "mode": "digest"}).content.decode()
        assert "Saved." in page
        assert (mode_of(fay), is_off(fay)) == ("digest", False)
        client.post(link, {"when": "yes", "mode": ""})
        assert mode_of(fay) == ""

    def test_looking_shows_the_choice_and_the_schools(self, link, fay, client):
        Guardian.objects.update(notice_mode="digest")
        page = client.get(link).content.decode()
        assert re.search(r'value="digest"[^>]*checked', page)
        assert "As the school does: Soon after the lesson" in page
        assert "Nothing is sent between" in page
        assert (mode_of(fay), is_off(fay)) == ("digest", False)

    @pytest.mark.parametrize("mode", ["weekly", "\x00", "x" * 5000])
    def test_another_word_changes_nothing(self, link, fay, client, mode):
        page = client.post(link, {"when": "yes", "mode": mode})
        assert page.status_code == 200
        assert (mode_of(fay), is_off(fay)) == ("", False)

    def test_it_is_in_the_guardians_language(self, link, fay, client):
        Guardian.objects.update(language="de")
        assert "Wie die Schule" in client.get(link).content.decode()

    def test_everything_to_this_mailbox_stops(self, link, fay, sita, client):
        """Another row with the same address, as an import of each child makes one."""
        twin = make_guardian(sita, "F. Field", "Fay@Example.org")
        other = make_guardian(sita, "Gita", "gita@example.org")
        client.post(link, {"List-Unsubscribe": "One-Click"})
        assert [is_off(each) for each in (fay, twin, other)] == [True, True, False]

    def test_not_at_another_school(self, link, hilltop, client):
        theirs = Guardian.objects.create(institution=hilltop, name="Fay Field", email="fay@example.org")
        client.post(link, {"List-Unsubscribe": "One-Click"})
        assert not is_off(theirs)


def test_one_mailbox_reads_of_an_absence_once(closed, lesson, fay, sam, told):
    make_guardian(sam, "Fay F. Field", "FAY@example.org")
    closed(lesson)
    assert len(told()) == 1


def test_the_row_that_wants_the_mails_gets_them(closed, lesson, fay, sam, told):
    Guardian.objects.update(notices_off_at=timezone.now())
    make_guardian(sam, "Fay F. Field", "FAY@example.org")
    closed(lesson)
    assert len(told()) == 1


class TestTheirPage:
    def test_changes_it(self, sign_in, account, fay, policy):
        client = sign_in(account)
        assert client.post(PAGE, {"when": "yes", "mode": "digest"}).url == PAGE
        assert mode_of(fay) == "digest"
        client.post(PAGE, {"stop": "yes"})
        assert is_off(fay)
        assert "You get no more e-mails" in client.get(PAGE).content.decode()
        client.post(PAGE, {"again": "yes"})
        assert not is_off(fay)

    def test_is_linked_from_the_childs(self, sign_in, account, sam):
        assert PAGE in sign_in(account).get(f"/riverside/children/{sam.pk}/").content.decode()

    def test_changes_nobody_elses(self, sign_in, account, fay, sam, hilltop):
        fred = make_guardian(sam, "Fred Field", "fred@example.org")
        theirs = Guardian.objects.create(institution=hilltop, name="Fay", email="fay@hill.example", user=account.user)
        sign_in(account).post(PAGE, {"when": "yes", "mode": "digest"})
        assert [mode_of(each) for each in (fay, fred, theirs)] == ["digest", "", ""]

    def test_needs_our_own_form(self, account, fay):
        client = Client(enforce_csrf_checks=True)
        client.force_login(account.user)
        assert client.post(PAGE, {"stop": "yes"}).status_code == 403
        assert not is_off(fay)

    def test_says_so_where_the_school_sends_none(self, sign_in, account):
        assert "At the moment the school sends no such e-mails." in sign_in(account).get(PAGE).content.decode()

    def test_is_a_teachers_too_who_is_a_guardian(self, sign_in, tess, fay):
        Guardian.objects.filter(pk=fay.pk).update(user=tess.user)
        sign_in(tess).post(PAGE, {"when": "yes", "mode": "digest"})
        assert mode_of(fay) == "digest"

    def test_is_no_other_members(self, sign_in, tess, fay):
        assert sign_in(tess).post(PAGE, {"when": "yes", "mode": "digest"}).status_code == 403

    def test_ends_with_the_access(self, sign_in, account, fay, ada):
        from enrollment.guardians.inviting import guardian_access_end

        fay.refresh_from_db()
        guardian_access_end(guardian=fay)
        assert sign_in(account).post(PAGE, {"stop": "yes"}).status_code == 404
        assert not Guardianship.objects.filter(guardian__notices_off_at__isnull=False).exists()
