"""Photos shared from a phone: the registers that are offered for them, and the manifest that says where they go."""

import pytest
from django.urls import reverse

from accounts.models import Membership, Role
from attendance.register.sessions import session_close
from attendance.today.sharing import registers_for_photos

SHARE = "/share.html"


def test_the_lesson_of_now_and_what_is_open(lesson, tess, theo):
    assert registers_for_photos(tess.user) == [lesson]
    assert registers_for_photos(theo.user) == [], "another teacher's course"


def test_an_open_register_is_offered_and_a_closed_one_is_not(register, tess, sign_in):
    page = sign_in(tess).get(SHARE).content.decode()
    assert f'data-page="{reverse("session", args=["riverside", register.pk])}"' in page
    assert 'data-open=""' in page
    session_close(session=register, by=tess.user)
    page = sign_in(tess).get(SHARE).content.decode()
    assert "data-page" not in page
    assert "No register is open" in page


def test_one_that_is_not_open_yet_is_opened_by_the_choice(lesson, tess, sign_in):
    page = sign_in(tess).get(SHARE).content.decode()
    assert f'data-open="{reverse("session_open", args=["riverside", lesson.pk])}"' in page
    assert "Opens the register" in page


def test_of_all_schools_that_take_photos(register, riverside, tess, hilltop):
    Membership.objects.create(institution=hilltop, user=tess.user, role=Role.TEACHER)
    assert registers_for_photos(tess.user) == [register]
    riverside.faces_enabled = False
    riverside.save()
    assert registers_for_photos(tess.user) == []


def test_a_post_that_no_service_worker_took_keeps_nothing(client, sign_in, tess, register):
    answer = sign_in(tess).post(SHARE, {"photos": "x"})
    assert (answer.status_code, answer.url) == (302, SHARE)
    assert not register.captures.exists()


def test_a_stranger_signs_in_first(client, db):
    assert client.get(SHARE).url == f"/account/login/?next={SHARE}"


@pytest.mark.django_db
def test_the_manifest_names_start_icons_and_share_target(client):
    app = client.get("/manifest.webmanifest").json()
    assert (app["start_url"], app["display"], app["dir"]) == ("/", "standalone", "ltr")
    assert {icon.get("purpose") for icon in app["icons"]} == {None, "any", "maskable"}
    assert app["share_target"]["action"] == SHARE
    assert app["share_target"]["params"]["files"] == [{"name": "photos", "accept": ["image/*"]}]
    german = client.get("/manifest.webmanifest", headers={"Accept-Language": "de"}).json()
    assert german["lang"] == "de"
    assert client.get("/manifest.webmanifest", headers={"Accept-Language": "ar"}).json()["dir"] == "rtl"
