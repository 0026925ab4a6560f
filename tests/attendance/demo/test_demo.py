"""The demo school, seeded once for this file: its class photos, its history, and the commands that work on it."""

import io
import json
from collections import Counter
from datetime import timedelta
from importlib import metadata
from unittest import mock
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import override_settings
from django.utils import timezone
from PIL import Image

from accounts.models import Institution, Membership, User
from accounts.selectors import membership_at
from attendance.captures.taking import capture_take
from attendance.demo import orl, school
from attendance.demo.history import UNFINISHED, demo_physics, lesson_now
from attendance.demo.pictures import AT_THE_DOOR, CLASS, LATECOMER, STRANGERS, STUDENTS, demo_class_photos
from attendance.domain.decision import Outcome, Reason
from attendance.domain.marks import DayTally
from attendance.domain.statuses import Source, Status
from attendance.lessons.selectors import current_session, sessions_left_open, sessions_of_day, sessions_visible_to
from attendance.models import Capture, ClassSession
from attendance.register.page import read_register
from attendance.register.sessions import session_close, session_open
from attendance.repositories import marks_for
from enrollment.models import FacePhoto, FaceVector, Student

pytestmark = [pytest.mark.thorough, pytest.mark.django_db, pytest.mark.xdist_group("demo")]


def run(command, *arguments, **options):
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, **options)
    return out.getvalue()


def tables():
    """Every row of every table, as the database has it."""
    return {
        model._meta.label: sorted(map(str, model._base_manager.values_list()))
        for model in apps.get_models(include_auto_created=True)
    }


@pytest.fixture(scope="module")
def seeded(django_db_setup, django_db_blocker, tmp_path_factory):
    """The demo school in the database, until this file's tests are done. Each test's own changes are rolled back."""
    media = tmp_path_factory.mktemp("pictures")
    with django_db_blocker.unblock(), override_settings(DEMO=True, MEDIA_ROOT=media), transaction.atomic():
        printed = run("seed_demo")
        yield printed
        transaction.set_rollback(True)


@pytest.fixture
def riverside(seeded):
    return Institution.objects.get(slug="riverside")


@pytest.fixture
def teacher(riverside):
    return membership_at(User.objects.get(email=school.TEACHER.email), "riverside")


@pytest.fixture
def now(riverside):
    """The lesson of now, its register not yet open."""
    return lesson_now(demo_physics(), after_closing=True)


@pytest.fixture
def students(riverside):
    """The students by the number of their face in the set."""
    by_roll = {student.roll_number: student for student in Student.objects.for_institution(riverside)}
    return {each.person: by_roll[each.roll_number] for each in school.RIVERSIDE_STUDENTS if each.person}


@pytest.fixture
def photos(tmp_path):
    """The paths of the two class photos."""
    paths = [tmp_path / f"{n}.jpg" for n in (1, 2)]
    for path, (_, data) in zip(paths, demo_class_photos(), strict=True):
        path.write_bytes(data)
    return [str(path) for path in paths]


def take(lesson, teacher, data):
    lesson = session_open(session=lesson, by=teacher.user)
    return capture_take(
        session=lesson, upload=io.BytesIO(data), nonce=uuid4(), kind=Capture.Kind.PHOTO, by=teacher.user
    )


class TestFaces:
    def test_they_come_from_the_installed_wheel_without_its_code(self):
        photo = orl.orl_photo(40, 10)
        assert photo.mode == "RGB"
        assert photo.size == (92 * 3 + 120, 112 * 3 + 120)
        assert photo.getpixel((0, 200)) == photo.getpixel((59, 200)) == photo.getpixel((60, 200))

    def test_without_the_wheel_the_error_says_what_to_install(self):
        orl._files.cache_clear()
        missing = mock.patch.object(orl.metadata, "files", side_effect=metadata.PackageNotFoundError)
        with missing, pytest.raises(orl.DemoFacesMissing, match=r"requirements-demo\.txt"):
            orl.orl_photo(1, 1)

    def test_an_unknown_photo_is_refused(self):
        with pytest.raises(ValueError, match="no 41/1"):
            orl.orl_photo(41, 1)

    def test_class_photos_are_the_same_each_time(self):
        assert demo_class_photos() == demo_class_photos()


class TestClassPhotos:
    def test_thirty_of_thirty_are_named_and_the_strangers_are_not(self, now, teacher, students):
        taken = take(now, teacher, demo_class_photos()[0][1])
        outcomes = [(seen.outcome, seen.student_id) for seen in taken.detected_faces]
        expected = [
            (Outcome.MARK, students[tile.person].pk) if tile.person in STUDENTS else (Outcome.UNKNOWN, None)
            for tile in CLASS
        ]
        assert len(STUDENTS) == 30
        assert outcomes == expected
        assert len(taken.marks) == 30
        assert {mark.status for mark in taken.marks} == {Status.PRESENT}

    def test_the_second_holds_a_doubt_to_decide(self, now, teacher, students):
        taken = take(now, teacher, demo_class_photos()[1][1])
        doubts = [seen for seen in taken.detected_faces if seen.outcome == Outcome.ASK]
        assert [(d.reason, d.student_id) for d in doubts] == [(Reason.BELOW_THRESHOLD, students[LATECOMER].pk)]
        assert taken.capture.review_threshold + 0.01 < doubts[0].similarity < taken.capture.accept_threshold - 0.01
        assert len(taken.marks) == len(AT_THE_DOOR) - 2

    def test_the_doubt_is_still_there_after_the_first_photo(self, now, teacher, students):
        for _, data in demo_class_photos():
            take(now, teacher, data)
        now.refresh_from_db()
        register = read_register(now)
        assert len(register.here) == 30
        assert [doubt.detected_face.student_id for doubt in register.doubts] == [students[LATECOMER].pk]
        assert len(register.unknown) == len(STRANGERS)  # one of them is in both photos
        assert [row.student.name for row in register.missing] == [students[LATECOMER].name, "Denise Wolf"]


class TestSeeding:
    def test_twice_changes_nothing(self, seeded):
        before = tables()
        run("seed_demo")
        assert tables() == before

    def test_it_prints_the_logins_last(self, seeded):
        lines = seeded.strip().splitlines()[-1 - len(school.LOGINS) :]
        assert "http://127.0.0.1:8000" in lines[0]
        assert school.PASSWORD in lines[0]
        assert [line.split()[0] for line in lines[1:]] == [login.email for login in school.LOGINS]

    def test_the_logins_work(self, seeded, client):
        for login in school.LOGINS:
            user = User.objects.get(email=login.email)
            assert user.check_password(school.PASSWORD)
            assert Membership.objects.get(user=user).role == login.role

    @override_settings(DEMO=False)
    def test_it_is_refused_where_there_is_no_demo(self, seeded):
        before = tables()
        with pytest.raises(CommandError, match="DEMO=true"):
            run("seed_demo")
        assert tables() == before

    def test_faces_are_enrolled_but_nobodys_without_consent(self, riverside, students):
        photos = FacePhoto.objects.for_institution(riverside)
        enrolled = photos.filter(state=FacePhoto.State.ENROLLED)
        held = photos.filter(state=FacePhoto.State.HELD)
        assert photos.count() == enrolled.count() + held.count() == 31 * 3
        assert FaceVector.objects.for_institution(riverside).count() == enrolled.count()
        for student in students.values():
            assert enrolled.filter(student=student).count() >= 2

    def test_a_few_look_alikes_wait_for_the_office(self, riverside, seeded):
        held = FacePhoto.objects.for_institution(riverside).filter(state=FacePhoto.State.HELD)
        assert 1 <= held.count() <= 4
        assert f"{held.count()} of the photos look like somebody else" in seeded

    def test_somebody_without_consent_is_on_the_roster(self, riverside):
        denise = Student.objects.get(institution=riverside, name="Denise Wolf")
        assert not denise.consents.exists()
        assert denise.enrollments.filter(course=demo_physics()).exists()

    def test_a_withdrawn_consent_is_not_given_again(self, riverside, students):
        consent = students[5].consents.get()
        consent.withdrawn_at = timezone.now()
        consent.save()
        run("seed_demo")
        assert not students[5].consents.filter(withdrawn_at=None).exists()

    def test_the_schools_are_apart(self, seeded):
        hilltop = membership_at(User.objects.get(email=school.HILLTOP_ADMIN.email), "hilltop")
        assert membership_at(hilltop.user, "riverside") is None
        assert not sessions_visible_to(hilltop).exists()


class TestHistory:
    def test_a_lesson_is_running_now_and_is_the_one_that_is_offered(self, teacher, now):
        assert now.starts_at <= timezone.now() < now.ends_at
        today = list(sessions_of_day(teacher, now.local_date))
        assert current_session(today) == now

    def test_one_register_was_left_open(self, teacher, now):
        left = list(sessions_left_open(teacher, before=now.local_date))
        assert [session.course.code for session in left] == ["CHE-10A"]
        assert len(read_register(left[0]).missing) >= UNFINISHED

    def test_every_closed_register_has_a_mark_for_each_student(self, riverside):
        closed = ClassSession.objects.for_institution(riverside).filter(state=ClassSession.State.CLOSED)
        assert closed.count() > 100
        store = marks_for(riverside)
        for session in closed[:10]:
            assert set(store.for_session(session.pk)) == set(session.roster.values_list("student_id", flat=True))

    def test_a_past_day_s_tally_is_what_its_registers_say(self, riverside):
        store = marks_for(riverside)
        day = ClassSession.objects.filter(institution=riverside, state=ClassSession.State.CLOSED).last().local_date
        closed = ClassSession.objects.filter(institution=riverside, local_date=day, state=ClassSession.State.CLOSED)
        said = Counter(mark.status for session in closed for mark in store.for_session(session.pk).values())
        assert store.day_tally(day) == DayTally(sessions=len(closed), counts=dict(said))

    def test_the_student_has_a_term_to_look_at(self, riverside):
        student = Student.objects.get(institution=riverside, user__email=school.STUDENT.email)
        marks = marks_for(riverside).for_student(student.pk, limit=200).marks
        assert len({mark.course_id for mark in marks}) == 3
        assert {Status.PRESENT, Status.LATE, Status.ABSENT} <= {mark.status for mark in marks}
        page = marks_for(riverside).for_student(student.pk, limit=50)
        assert {Source.PHOTO, Source.HAND} <= {mark.source for mark in page.marks}

    @pytest.mark.parametrize("later", [timedelta(days=1, hours=3), timedelta(days=9, hours=14)])
    def test_on_a_later_day_there_is_a_lesson_again(self, teacher, now, later):
        moment = timezone.now() + later
        with mock.patch("django.utils.timezone.now", return_value=moment):
            run("seed_demo")
            lesson = lesson_now(demo_physics(), after_closing=True)
            assert lesson.starts_at <= moment < lesson.ends_at
            assert current_session(list(sessions_of_day(teacher, lesson.local_date))) == lesson
            before = tables()
            run("seed_demo")
            assert tables() == before

    def test_a_lesson_that_nobody_opens_moves_along(self, now):
        moment = timezone.now() + timedelta(minutes=6)
        with mock.patch("django.utils.timezone.now", return_value=moment):
            assert lesson_now(demo_physics(), after_closing=False) == now
        now.refresh_from_db()
        assert moment - timedelta(minutes=1) < now.starts_at <= moment

    def test_an_open_lesson_stays_where_it_is(self, now, teacher):
        session_open(session=now, by=teacher.user)
        moment = timezone.now() + timedelta(minutes=20)
        with mock.patch("django.utils.timezone.now", return_value=moment):
            assert lesson_now(demo_physics(), after_closing=True).starts_at == now.starts_at

    def test_after_closing_the_next_one_begins_only_when_asked_for(self, now, teacher):
        session_close(session=session_open(session=now, by=teacher.user), by=teacher.user)
        assert lesson_now(demo_physics(), after_closing=False) == now
        assert lesson_now(demo_physics(), after_closing=True) != now


class TestTakeAttendance:
    def test_it_prints_the_register(self, now, photos):
        printed = run("take_attendance", *photos, institution="riverside", session=str(now.pk))
        assert "30 of 32 here" in printed
        assert f"face 32 of {photos[0]}: Person not recognized" in printed
        assert "Carlo Neri (0.3" in printed
        assert "no consent: never searched for, mark by hand" in printed
        assert "32 faces in" in printed

    def test_it_prints_json(self, now, photos, students):
        document = json.loads(run("take_attendance", *photos, institution="riverside", session=str(now.pk), json=True))
        assert [(photo["faces"], photo["error"]) for photo in document["photos"]] == [(32, None), (8, None)]
        assert all(photo["seconds"] > 0 for photo in document["photos"])
        assert {person["student"] for person in document["present"]} == {str(students[n].pk) for n in STUDENTS}
        assert all(person["similarity"] >= person["threshold"] for person in document["present"])
        assert {person["photo"] for person in document["present"]} == {photos[0]}
        (doubt,) = document["doubtful"]
        assert doubt["photo"] == photos[1]
        assert doubt["candidates"][0]["name"] == students[LATECOMER].name
        assert [face["says"] for face in document["unknown"]] == ["Person not recognized"] * 2
        assert [person["name"] for person in document["missing"]] == ["Carlo Neri", "Denise Wolf"]

    def test_the_same_photo_again_changes_nothing(self, now, photos):
        first = json.loads(run("take_attendance", photos[0], institution="riverside", session=str(now.pk), json=True))
        again = json.loads(run("take_attendance", photos[0], institution="riverside", session=str(now.pk), json=True))
        assert again["present"] == first["present"]
        assert Capture.objects.filter(session=now).count() == 1

    def test_it_is_taken_by_the_courses_teacher_or_by_whom_is_named(self, now, photos):
        run("take_attendance", photos[0], institution="riverside", session=str(now.pk))
        assert ClassSession.objects.get(pk=now.pk).opened_by.email == school.TEACHER.email
        run("take_attendance", photos[1], institution="riverside", session=str(now.pk), email=school.ADMIN.email)
        assert Capture.objects.filter(taken_by__email=school.ADMIN.email, session=now).count() == 1

    def test_an_unreadable_photo_does_not_keep_the_others_from_being_taken(self, now, photos, tmp_path, capsys):
        broken = tmp_path / "notes.txt"
        broken.write_text("not a picture")
        missing = str(tmp_path / "gone.jpg")
        cut_off = tmp_path / "cut off.avif"  # its decoder raises RuntimeError
        Image.effect_noise((300, 300), 50).convert("RGB").save(cut_off)
        cut_off.write_bytes(cut_off.read_bytes()[:-2000])
        out = io.StringIO()
        with pytest.raises(CommandError, match="3 of 4 photos could not be taken"):
            call_command(
                "take_attendance",
                str(broken),
                missing,
                str(cut_off),
                photos[0],
                institution="riverside",
                session=str(now.pk),
                json=True,
                stdout=out,
            )
        document = json.loads(out.getvalue())
        assert "not a photo that can be read" in document["photos"][0]["error"]
        assert "No such file" in document["photos"][1]["error"]
        assert "photo" in document["photos"][2]["error"]
        assert len(document["present"]) == 30

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"institution": "nowhere"}, "no school with the address “nowhere”"),
            ({"institution": "hilltop"}, "Hilltop School has no lesson"),
            ({"session": str(uuid4())}, "Riverside School has no lesson"),
            ({"email": school.STUDENT.email}, "does not work with Physics 10B"),
            ({"email": school.HILLTOP_ADMIN.email}, "does not work with Physics 10B"),
        ],
    )
    def test_it_says_what_is_wrong(self, now, photos, changes, says):
        options = {"institution": "riverside", "session": str(now.pk)} | changes
        with pytest.raises(CommandError, match=says):
            run("take_attendance", photos[0], **options)
        assert not Capture.objects.filter(session=now).exists()

    def test_a_session_that_is_no_uuid_is_refused(self, now, photos):
        with pytest.raises(CommandError, match="--session"):
            run("take_attendance", photos[0], "--institution=riverside", "--session=7")

    def test_a_closed_register_stays_closed(self, now, teacher, photos):
        session_close(session=session_open(session=now, by=teacher.user), by=teacher.user)
        with pytest.raises(CommandError, match="Reopen it"):
            run("take_attendance", photos[0], institution="riverside", session=str(now.pk))

    def test_faces_switched_off(self, riverside, now, photos):
        riverside.faces_enabled = False
        riverside.save()
        with pytest.raises(CommandError, match="Mark by hand"):
            run("take_attendance", photos[0], institution="riverside", session=str(now.pk))


class TestDemo:
    def test_it_runs_the_main_job_and_prints_the_register(self, seeded, tmp_path):
        with override_settings(DATA_DIR=tmp_path):
            printed = run("demo")
        assert "30 of 32 here" in printed
        assert (tmp_path / "the-class.jpg").exists()

    @override_settings(DEMO=False)
    def test_it_is_refused_where_there_is_no_demo(self):
        with pytest.raises(CommandError, match="make demo"):
            run("demo")


class TestUpkeep:
    def test_once(self, seeded):
        assert run("upkeep") == ""

    def test_it_says_what_it_did(self, seeded, now):
        with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=7)):
            assert "lessons planned: " in run("upkeep")
