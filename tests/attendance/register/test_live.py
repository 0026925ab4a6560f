"""Open pages see each other's marks: the version changes with what a register is drawn from, and with nothing else."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from attendance.captures.backlog import capture_resume
from attendance.captures.doubts import detected_face_decide, detected_face_undecide
from attendance.captures.recognition import capture_discard
from attendance.domain.statuses import Source, Status
from attendance.models import Capture, DetectedFace, RegisterVersion
from attendance.register.board import short_names
from attendance.register.errors import MarkConflict
from attendance.register.live import others_here, register_version
from attendance.register.marks import mark_undo, new_mark
from attendance.register.page import read_register
from attendance.register.sessions import session_close, session_reopen
from attendance.repositories import marks_for
from enrollment.models import Teaching
from tests.attendance.byhand import mark_set
from tests.conftest import make_student
from tests.engines import face

HTMX = {"HX-Request": "true"}


@pytest.fixture
def version(register):
    return lambda: register_version(register.pk)


@pytest.fixture
def ask(client, register):
    """Asks as a page does; with the tag that it knows."""

    def live(person, etag="", name="live"):
        client.force_login(person.user)
        headers = {**HTMX, "If-None-Match": etag} if etag else HTMX
        return client.get(reverse(name, args=["riverside", register.pk]), headers=headers)

    return live


def mark(register, student, person, status=Status.PRESENT, version=0):
    return mark_set(session=register, student_id=student.pk, status=status, by=person.user, expected_version=version)


def test_a_version_changes_with_every_mark_and_stays_otherwise(register, version, sam, tess):
    before = version()
    assert version() == before
    mark(register, sam, tess)
    marked = version()
    mark(register, sam, tess, version=1)  # the same again: nothing is written
    assert version() == marked != before
    mark_undo(session=register, student_id=sam.pk, by=tess.user, expected_version=1)
    assert version() not in (before, marked)


def test_what_a_store_refuses_changes_nothing(register, version, sam, tess):
    mark(register, sam, tess)
    before = version()
    with pytest.raises(MarkConflict):
        mark(register, sam, tess, Status.ABSENT, version=0)
    seen = new_mark(register, sam.pk, status=Status.LATE, source=Source.PHOTO, at=timezone.now())
    assert marks_for(register.institution).mark_many([seen]) == []
    assert version() == before


def test_a_photo_changes_it_when_it_comes_waits_and_is_done(script, register, version, take, sam):
    seen = [version()]
    script.is_unavailable()
    capture = take().capture
    seen.append(version())
    Capture.objects.update(retry_at=timezone.now() + timedelta(minutes=1))
    seen.append(version())
    script.answers[:] = [[face((sam.pk, 0.9))]]
    capture_resume(capture=Capture.objects.get(pk=capture.pk))
    seen.append(version())
    assert len(set(seen)) == 4


def test_deciding_a_face_and_taking_it_back_change_it(script, register, version, take, sam, sita, tess):
    script.sees(face((sam.pk, 0.4)))
    take()
    seen = [version()]
    detected_face_decide(detected_face=DetectedFace.objects.get(), student_id=None, by=tess.user)
    seen.append(version())
    detected_face_undecide(detected_face=DetectedFace.objects.get(), by=tess.user)
    assert version() == seen[0] != seen[1], "back to what it was: nothing of it is shown"


def test_closing_reopening_and_a_guest_change_it(register, version, tess, riverside):
    seen = [version()]
    session_close(session=register, by=tess.user)
    seen.append(version())
    session_reopen(session=register, by=tess.user)
    seen.append(version())
    guest = make_student(riverside, "Guest", "R-9")
    register.roster.create(institution=riverside, student=guest)
    assert len({*seen, version()}) == 4


def test_registers_and_schools_do_not_mix(register, version, sam, tess, hilltop):
    before = version()
    elsewhere = replace(
        new_mark(register, sam.pk, status=Status.PRESENT, source=Source.HAND, at=timezone.now()), actor_id=tess.user.pk
    )
    RegisterVersion.objects.create(institution=hilltop, session_id=register.pk, number=7)
    assert version() == before
    marks_for(register.institution).correct(elsewhere, expected_version=0)
    assert RegisterVersion.objects.for_institution(hilltop).get().number == 7
    assert RegisterVersion.objects.for_institution(register.institution).get().number == 1


def test_each_write_raises_the_number_by_one(register, sam, sita, tess):
    numbers = RegisterVersion.objects.for_institution(register.institution).values_list("number", flat=True)
    for n, student in enumerate((sam, sita), 1):
        mark(register, student, tess)
        assert list(numbers.all()) == [n]
    mark(register, sam, tess, Status.LATE, version=1)
    assert list(numbers.all()) == [3]


def test_a_first_write_that_another_process_overtakes(register, sam, tess, monkeypatch):
    """Its row exists by the time that ours is made: both writes count."""
    real, overtaken = QuerySet.update, []

    def update(rows, **fields):
        if rows.model is not RegisterVersion or overtaken:
            return real(rows, **fields)
        overtaken.append(
            RegisterVersion.objects.create(institution=register.institution, session_id=register.pk, number=1)
        )
        return 0

    monkeypatch.setattr(QuerySet, "update", update)
    mark(register, sam, tess)
    assert RegisterVersion.objects.get(session_id=register.pk).number == 2


def test_a_version_is_one_query_however_many_photos(script, register, take, sam, tess, django_assert_num_queries):
    script.sees(face((sam.pk, 0.4)), face(at=1))
    for _ in range(4):
        take()
    mark(register, sam, tess)
    with django_assert_num_queries(1):
        register_version(register.pk)


# -- The answer --------------------------------------------------------------------------------------------------------


def test_asking_again_is_304_until_something_changes(ask, register, sam, tess):
    first = ask(tess)
    assert first.status_code == 200
    assert "Sam Field" in first.content.decode()
    assert "no-store" in first["Cache-Control"]
    again = ask(tess, first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    mark(register, sam, tess)
    changed = ask(tess, first["ETag"])
    assert changed.status_code == 200
    assert "1 of 2 here" in changed.content.decode()
    assert ask(tess, changed["ETag"]).status_code == 304


def test_asking_costs_few_queries(client, register, ask, tess, django_assert_num_queries):
    headers = {"If-None-Match": ask(tess)["ETag"]}
    with django_assert_num_queries(4):  # browser session, user, membership, version
        answer = client.get(reverse("live", args=["riverside", register.pk]), headers=headers)
    assert answer.status_code == 304


def test_a_tag_is_its_persons_own_and_a_stranger_leaves_no_name(ask, register, tess, theo, ada):
    etag = ask(tess)["ETag"]
    assert ask(theo, etag).status_code == 404, "no teacher of this course"
    assert ask(ada, etag).status_code == 200, "may see it, and is shown it"
    assert others_here(register.pk, tess.user) == ("Ada",)


def test_anyone_who_may_see_it_no_more_is_shown_no_change(ask, physics, register, sam, tess, ada):
    etag = ask(tess)["ETag"]
    Teaching.objects.filter(course=physics).delete()
    mark(register, sam, ada)
    assert ask(tess, etag).status_code == 404


def test_a_drawn_register_holds_nobodys_token(ask, tess):
    assert "csrfmiddlewaretoken" not in ask(tess).content.decode()


def test_anyone_else_who_has_it_open_is_said_to_both_and_forgotten(ask, register, physics, riverside, tess, theo, ada):
    Teaching.objects.create(institution=riverside, course=physics, teacher=theo)
    assert "open too" not in ask(tess).content.decode()
    assert "Tess has this register open too" in ask(theo).content.decode()
    assert "Theo has this register open too" in ask(tess).content.decode()
    assert "Tess, Theo have this register open too" in ask(ada).content.decode()
    assert others_here(register.pk, tess.user) == ("Ada", "Theo")
    cache.clear()
    assert others_here(register.pk, tess.user) == ()


def test_somebody_who_comes_makes_the_others_pages_ask_once(ask, tess, ada):
    etag = ask(tess)["ETag"]
    ask(ada)
    changed = ask(tess, etag)
    assert changed.status_code == 200
    assert ask(tess, changed["ETag"]).status_code == 304


def test_the_closed_register_is_drawn_for_each_role(ask, register, tess):
    session_close(session=register, by=tess.user)
    assert "Reopen" in ask(tess).content.decode()


def test_somebody_signed_out_is_told_where_to_sign_in(client, register):
    answer = client.get(reverse("live", args=["riverside", register.pk]), headers=HTMX)
    assert answer["HX-Redirect"].startswith(reverse("account_login"))


# -- Only what the page does not show yet ------------------------------------------------------------------------------


@pytest.fixture
def shown(client, register):
    """The tag that a page of the register bears, asked for or drawn after an act."""

    def of(answer):
        found = re.search(r'id="register" data-tag="([0-9a-f.]+)"', answer.content.decode())
        return f'"{found[1]}"'

    def tag(person, act=None):
        client.force_login(person.user)
        address = reverse("session", args=["riverside", register.pk])
        return of(client.post(address + act[0], act[1], headers=HTMX) if act else client.get(address))

    return tag


def test_a_page_just_drawn_is_not_drawn_again(ask, shown, tess, ada):
    answer = ask(tess, shown(tess))
    assert (answer.status_code, 'id="register"' in answer.content.decode()) == (200, False)
    assert 'id="others" hidden' in answer.content.decode(), "who else is there it does not know yet"
    assert ask(tess, answer["ETag"]).status_code == 304


def test_nor_is_what_ones_own_act_has_drawn(ask, register, shown, sam, tess):
    known = ask(tess)["ETag"]
    act = (f"marks/{sam.pk}/", {"status": "P", "version": 0})
    assert 'id="register"' not in ask(tess, shown(tess, act)).content.decode()
    changed = ask(tess, known).content.decode()
    assert ('id="register"' in changed, "1 of 2 here" in changed) == (True, True), "a second page is told of it"


@pytest.mark.parametrize("after", [None, ("open/", {})])
def test_a_change_while_the_page_is_drawn_is_asked_for_again(ask, register, shown, sam, tess, ada, after, monkeypatch):
    def read(session):
        found = read_register(session)
        mark(register, sam, ada)  # somebody else, once everything was read
        return found

    monkeypatch.setattr("attendance.register.frame.read_register", read)
    tag = shown(tess, after)
    monkeypatch.undo()
    assert "1 of 2 here" in ask(tess, tag).content.decode()


def test_while_photos_are_worked_at_only_their_note_is_drawn(script, ask, shown, take, tess):
    known = ask(tess, shown(tess))["ETag"]
    script.is_unavailable()
    take()
    answer = ask(tess, known)
    page = answer.content.decode()
    assert ("Try again now" in page, 'id="register"' in page, "Sam Field" in page) == (True, False, False)
    assert '<form id="give-up" hidden></form>' in page, "the opening of the register cannot be taken back any more"
    assert ask(tess, answer["ETag"]).status_code == 304
    Capture.objects.update(state=Capture.State.RECOGNISING)
    page = ask(tess, answer["ETag"]).content.decode()
    assert ("Looking for faces" in page, 'id="register"' in page) == (True, False)


def test_the_whole_is_drawn_once_the_photo_is_done_or_gone(script, ask, take, sam, tess):
    script.is_unavailable()
    capture = take().capture
    known = ask(tess)["ETag"]
    script.answers[:] = [[face((sam.pk, 0.9))]]
    capture_resume(capture=Capture.objects.get(pk=capture.pk))
    answer = ask(tess, known)
    assert "1 of 2 here" in answer.content.decode()
    script.is_unavailable()
    capture = take().capture
    known = ask(tess, answer["ETag"])["ETag"]
    capture_discard(capture=Capture.objects.get(pk=capture.pk))
    assert 'id="register"' in ask(tess, known).content.decode()


def test_a_photo_that_is_given_up_stands_beside_those_that_wait(script, ask, take, tess):
    script.is_unavailable()
    capture = take().capture
    take()
    known = ask(tess)["ETag"]
    Capture.objects.filter(pk=capture.pk).update(state=Capture.State.FAILED)
    page = ask(tess, known).content.decode()
    assert 'id="register"' in page, "it is finished, and with it more may have changed"


def test_somebody_who_comes_costs_no_drawing(ask, tess, ada):
    known = ask(tess)["ETag"]
    ask(ada)
    page = ask(tess, known).content.decode()
    assert ("Ada has this register open too" in page, 'id="register"' in page) == (True, False)


def test_what_changed_is_shown_to_nobody_who_may_see_it_no_more(script, ask, physics, take, tess):
    known = ask(tess)["ETag"]
    script.is_unavailable()
    take()
    Teaching.objects.filter(course=physics).delete()
    assert ask(tess, known).status_code == 404


def test_a_tag_that_a_proxy_made_weak_is_known(ask, tess):
    assert ask(tess, f"W/{ask(tess)['ETag']}").status_code == 304


# -- The projector -----------------------------------------------------------------------------------------------------


def test_the_projector_names_nobody_who_is_not_here(client, ask, register, sam, sita, tess):
    mark(register, sam, tess)
    mark(register, sita, tess, Status.ABSENT)
    page = ask(tess, name="board").content.decode()
    assert "Sam" in page
    assert "Field" not in page
    assert "Sita" not in page
    assert "<button" not in page
    hidden = client.get(reverse("board", args=["riverside", register.pk]) + "?names=0")
    assert "Sam" not in hidden.content.decode()
    assert "Show first names" in hidden.content.decode()


def test_the_projector_asks_likewise(ask, register, sam, tess):
    etag = ask(tess, name="board")["ETag"]
    assert ask(tess, etag, "board").status_code == 304
    mark(register, sam, tess)
    assert ask(tess, etag, "board").status_code == 200


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["Ada Lovelace", "Alan Turing"], ("Ada", "Alan")),
        (["Ada Lovelace", "Ada Byron", "Ada"], ("Ada L.", "Ada B.", "Ada")),
        (["", "சிவா குமார்"], ("", "சிவா")),
    ],
)
def test_first_names_and_who_shares_one(names, short):
    assert short_names(names) == short
