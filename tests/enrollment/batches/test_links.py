"""Personal photo links: made by the office, used once, by people without an account."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts.link_secrets import hash_of
from enrollment.batches import links
from enrollment.batches.links import photo_link_create, photo_link_revoke
from enrollment.domain.liveness import LivenessUnavailable, Outcome, Reason, Verdict
from enrollment.liveness.turns import HeadTurns
from enrollment.models import Consent, FacePhoto, PhotoLink, Student
from enrollment.services.photos import face_photo_add
from tests.conftest import make_student
from tests.enrollment.orl import as_file, face

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nobody_was_quick():
    cache.clear()


@pytest.fixture
def office(sign_in, ada):
    return sign_in(ada)


@pytest.fixture
def link(sam, ada):
    """A link of Sam's and its secret."""
    return photo_link_create(student=sam, days=7, with_liveness=False, by=ada.user)


def at(name, token):
    return reverse(name, args=[token])


def take(client, token, person=1, number=1):
    return client.post(at("own_photo_take", token), {"picture": as_file(face(person, number))})


class TestTheOffice:
    ADDRESS = "/riverside/photos/links/"

    def test_a_link_is_made_and_shown_once(self, office, sam, ada):
        html = office.post(self.ADDRESS, {"student": "R-001", "days": 7}).content.decode()
        made = PhotoLink.objects.get()
        token = html.partition("/account/photos/")[2].partition("/")[0]
        assert (made.token_hash, made.student, made.created_by) == (hash_of(token), sam, ada.user)
        assert token not in office.get(self.ADDRESS).content.decode()
        assert "Sam Field" in office.get(self.ADDRESS).content.decode()

    def test_the_last_one_alone_is_valid(self, link, sam):
        _second, token = photo_link_create(student=sam, days=7, with_liveness=False, by=None)
        assert [found.is_valid for found in PhotoLink.objects.all()] == [True, False]
        assert token != link[1]

    @pytest.mark.parametrize("sent", [{}, {"student": "nobody", "days": 7}, {"student": "R-001", "days": 5000}])
    def test_bad_input(self, office, sam, sent):
        response = office.post(self.ADDRESS, sent)
        assert (response.status_code, PhotoLink.objects.count()) == (200, 0)
        assert 'class="error"' in response.content.decode()

    def test_without_a_consent_it_is_made_and_said(self, office, sam):
        Consent.objects.update(withdrawn_at=timezone.now())
        html = office.post(self.ADDRESS, {"student": "R-001", "days": 7}).content.decode()
        assert "There is no consent yet." in html

    def test_faces_off(self, office, sam, riverside):
        riverside.faces_enabled = False
        riverside.save()
        assert "switched off" in office.post(self.ADDRESS, {"student": "R-001", "days": 7}).content.decode()

    def test_taken_back(self, office, link, client):
        made, token = link
        office.post(f"{self.ADDRESS}{made.pk}/end/")
        made.refresh_from_db()
        assert not made.is_valid
        assert client.get(at("own_photos", token)).status_code == 410

    def test_another_school_s_link_is_nowhere(self, office, hilltop):
        made, _token = photo_link_create(
            student=make_student(hilltop, "Hal", "H-1"), days=7, with_liveness=False, by=None
        )
        assert office.post(f"{self.ADDRESS}{made.pk}/end/").status_code == 404
        assert PhotoLink.objects.get().is_valid


class TestOpening:
    def test_it_leads_to_the_camera_and_tells_the_consent(self, client, link):
        response = client.get(at("own_photos", link[1]))
        html = response.content.decode()
        assert (response.status_code, "no-store" in response["Cache-Control"]) == (200, True)
        assert "Sam Field" in html
        assert "valid consent" in html
        assert at("own_photo_take", link[1]) in html

    def test_without_a_consent_it_says_whom_to_ask_and_shows_no_camera(self, client, link, riverside):
        riverside.privacy_contact = "Dr Pryce, dpo@riverside.example"
        riverside.save()
        Consent.objects.update(withdrawn_at=timezone.now())
        html = client.get(at("own_photos", link[1])).content.decode()
        assert "no valid consent" in html
        assert "Dr Pryce" in html
        assert "<video" not in html

    def test_with_faces_off(self, client, link, riverside):
        riverside.faces_enabled = False
        riverside.save()
        assert "does not use face recognition" in client.get(at("own_photos", link[1])).content.decode()

    def test_expired(self, client, link):
        PhotoLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        response = client.get(at("own_photos", link[1]))
        assert (response.status_code, "has expired" in response.content.decode()) == (410, True)
        assert take(client, link[1]).status_code == 410

    def test_only_the_secret_opens_it(self, client, link):
        made, _token = link
        for guess in (made.token_hash, str(made.pk), "x" * 43):
            assert client.get(at("own_photos", guess)).status_code == 404
            assert take(client, guess).status_code == 404


class TestTaking:
    def test_pose_by_pose_and_then_never_again(self, client, link, sam):
        answers = [take(client, link[1], 1, number).json() for number in (1, 2, 3)]
        assert [(answer["state"], answer["photos"]) for answer in answers] == [
            ("enrolled", 1),
            ("enrolled", 2),
            ("enrolled", 3),
        ]
        assert set(FacePhoto.objects.values_list("student", "added_by")) == {(sam.pk, None)}
        response = client.post(at("own_photos_finish", link[1]), follow=True)
        assert (response.status_code, "Thank you" in response.content.decode()) == (410, True)
        assert take(client, link[1], 1, 4).json()["error"] == "link_ended"

    def test_earlier_photos_do_not_count(self, client, sam):
        face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
        _link, token = photo_link_create(student=sam, days=7, with_liveness=False, by=None)
        assert 'data-photos="0"' in client.get(at("own_photos", token)).content.decode()
        assert take(client, token, 1, 2).json()["photos"] == 1

    def test_it_is_not_finished_without_a_photo(self, client, link):
        assert client.post(at("own_photos_finish", link[1]), follow=True).status_code == 200
        assert PhotoLink.objects.get().is_valid

    def test_a_consent_that_ended_meanwhile(self, client, link, files_of):
        Consent.objects.update(withdrawn_at=timezone.now())
        assert take(client, link[1]).json()["error"] == "no_consent"
        assert files_of() == []

    def test_whom_a_face_resembles_is_not_told(self, client, link, sita):
        _link, token = photo_link_create(student=sita, days=7, with_liveness=False, by=None)
        take(client, link[1], 1, 1)
        answer = take(client, token, 1, 2).json()
        assert (answer["state"], answer["words"]) == ("held", "")

    def test_leavers_take_none(self, client, link):
        Student.objects.update(is_active=False)
        assert take(client, link[1]).json()["error"] == "link_ended"

    def test_what_is_no_picture(self, client, link):
        assert client.post(at("own_photo_take", link[1])).status_code == 400
        response = client.post(at("own_photo_take", link[1]), {"picture": as_file(face(1), "x.jpg", "GIF")})
        assert (response.status_code, bool(response.json()["detail"])) == (422, True)

    def test_haste_and_numbers_are_bounded(self, client, link, monkeypatch):
        monkeypatch.setattr(links, "MOST_IN_WINDOW", 1)
        take(client, link[1])
        response = take(client, link[1], 1, 2)
        assert (response.status_code, response.json()["error"]) == (429, "too_fast")
        cache.clear()
        monkeypatch.setattr(links, "MOST_SENT", 1)
        response = take(client, link[1], 1, 2)
        assert (response.status_code, response.json()["error"]) == (429, "too_many_pictures")
        assert FacePhoto.objects.count() == 1

    def test_a_link_taken_back_twice_and_after_use(self, link):
        made, _token = link
        links.photo_link_finish(link=made)
        photo_link_revoke(link=made)
        made.refresh_from_db()
        assert (made.used_at is not None, made.revoked_at) == (True, None)


class TestALivingFace:
    @pytest.fixture
    def checked(self, sam, ada):
        return photo_link_create(student=sam, days=7, with_liveness=True, by=ada.user)

    @pytest.fixture
    def verdict(self, monkeypatch):
        """Finding of the check, and the frames it was given."""
        found = {"outcome": Outcome.LIVE, "frames": []}

        def judge(self, challenge, frames):
            found["frames"] = frames
            if isinstance(found["outcome"], Exception):
                raise found["outcome"]
            return Verdict(found["outcome"], Reason.FOLLOWED)

        monkeypatch.setattr(HeadTurns, "judge", judge)
        return found

    def answer(self, client, token, at_=(0, 0)):
        body = {"frames": [as_file(face(1)) for _ in at_], "at": list(at_)}
        return client.post(at("own_check", token), body)

    def begin(self, client, token):
        return client.post(at("own_check_begin", token)).json()["steps"]

    def test_the_check_goes_before_the_photos(self, client, checked, verdict):
        _link, token = checked
        assert "Start check" in client.get(at("own_photos", token)).content.decode()
        assert take(client, token).json()["error"] == "check_first"
        steps = self.begin(client, token)
        assert (steps[0]["pose"], len(steps)) == ("front", 4)
        assert self.answer(client, token).json() == {"is_live": True}
        assert [frame.image.size for frame in verdict["frames"]] == [face(1).size] * 2
        assert take(client, token).json()["state"] == "enrolled"

    def test_it_is_not_passed_with_what_is_not_alive(self, client, checked, verdict):
        verdict["outcome"] = Outcome.NOT_LIVE
        self.begin(client, checked[1])
        assert self.answer(client, checked[1]).json() == {"is_live": False}
        assert take(client, checked[1]).json()["error"] == "check_first"

    def test_each_challenge_counts_once_and_not_for_long(self, client, checked, verdict):
        _link, token = checked
        assert self.answer(client, token).json()["error"] == "check_expired"
        self.begin(client, token)
        self.answer(client, token)
        assert self.answer(client, token).json()["error"] == "check_expired"
        self.begin(client, token)
        PhotoLink.objects.update(challenge={**PhotoLink.objects.get().challenge, "seconds": -1})
        assert self.answer(client, token).json()["error"] == "check_expired"

    def test_frames_from_the_future_and_without_times(self, client, checked, verdict):
        _link, token = checked
        self.begin(client, token)
        assert self.answer(client, token, (0, 9_999_999)).json() == {"is_live": False}
        body = {"frames": [as_file(face(1))], "at": ["soon"]}
        assert client.post(at("own_check", token), body).status_code == 400
        assert client.post(at("own_check", token), {"frames": [as_file(face(1))]}).status_code == 400

    def test_what_is_no_picture(self, client, checked, verdict):
        self.begin(client, checked[1])
        body = {"frames": [as_file(face(1), "x.gif", "GIF")], "at": [0]}
        assert client.post(at("own_check", checked[1]), body).status_code == 422

    def test_a_check_that_is_away(self, client, checked, verdict):
        verdict["outcome"] = LivenessUnavailable("away", "away")
        self.begin(client, checked[1])
        assert self.answer(client, checked[1]).json()["error"] == "check_unavailable"

    def test_a_check_wears_off(self, client, checked, verdict):
        PhotoLink.objects.update(lived_at=timezone.now() - links.CHECKED_FOR)
        assert take(client, checked[1]).json()["error"] == "check_first"

    def test_it_is_not_offered_where_the_check_is_another_one(self, office, sam, monkeypatch):
        assert "First check that a living person" in office.get(TestTheOffice.ADDRESS).content.decode()
        monkeypatch.setattr(links, "liveness_for", lambda institution: object())
        assert "First check that a living person" not in office.get(TestTheOffice.ADDRESS).content.decode()
        made, _token = photo_link_create(student=sam, days=7, with_liveness=True, by=None)
        assert not made.with_liveness


def test_links_go_with_their_student(link, sam):
    made, _token = link
    assert str(sam) in str(made)
    Consent.objects.all().delete()
    sam.delete()
    assert not PhotoLink.objects.exists()
