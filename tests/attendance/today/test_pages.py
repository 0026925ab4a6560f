"""Today, courses, captures, portraits, my attendance: who sees what."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Membership, Role
from attendance.domain.statuses import Status
from attendance.models import ClassSession, TimetableSlot
from attendance.register.sessions import session_close
from enrollment.models import Course, Enrollment, FacePhoto
from tests.attendance.api.client import jpeg
from tests.attendance.byhand import mark_set
from tests.conftest import make_student
from tests.engines import face


def url(name, *args):
    return reverse(name, args=["riverside", *args])


def test_the_start_leads_each_role_to_its_work(sign_in, tess, sam, ada):
    for person, page in ((tess, "today"), (ada, "setup"), (sam, "my_attendance")):
        assert sign_in(person).get(url("institution")).url == url(page)


def test_home_leads_to_the_only_school_and_offers_several(client, sign_in, tess, hilltop):
    assert client.get(reverse("home")).status_code == 302
    assert sign_in(tess).get(reverse("home")).url == url("institution")
    Membership.objects.create(institution=hilltop, user=tess.user, role=Role.TEACHER)
    page = sign_in(tess).get(reverse("home"))
    assert b"Riverside School" in page.content
    assert b"Hilltop School" in page.content


def test_today_shows_the_lesson_of_now_first(sign_in, tess, lesson):
    page = sign_in(tess).get(url("today")).content.decode()
    assert "Physics 10B" in page
    assert "Open register" in page


def test_today_puts_the_timetable_in_place(sign_in, tess, riverside, physics):
    today = timezone.localdate(timezone=riverside.zone)
    TimetableSlot.objects.create(
        institution=riverside, course=physics, weekday=today.weekday(), starts="23:00", ends="23:50", first_day=today
    )
    assert b"23:00" in sign_in(tess).get(url("today")).content
    assert ClassSession.objects.count() == 1


def test_a_teacher_without_lessons_is_told_what_to_do(sign_in, theo, lesson):
    page = sign_in(theo).get(url("today")).content.decode()
    assert "No lesson today" in page
    assert "Physics" not in page, "another teacher's course"


def test_yesterdays_open_register_is_offered(sign_in, tess, register):
    yesterday = timezone.now() - timedelta(days=1)
    register.starts_at, register.ends_at = yesterday, yesterday + timedelta(minutes=50)
    register.save()
    page = sign_in(tess).get(url("today")).content.decode()
    assert "Not closed yet" in page
    assert "Finish" in page


def test_an_administrator_sees_what_is_missing(sign_in, ada, sam, sita):
    page = sign_in(ada).get(url("today")).content.decode()
    assert "without an enrolled photo" in page


def test_a_lesson_out_of_the_timetable_begins_at_once(sign_in, tess, physics):
    client = sign_in(tess)
    first = client.post(url("adhoc"), {"course": physics.pk})
    again = client.post(url("adhoc"), {"course": physics.pk})
    session = ClassSession.objects.get()
    assert session.is_open
    assert first.url == again.url == url("session", session.pk)


def test_many_courses_are_begun_by_one_tap_each(sign_in, ada, riverside, physics):
    assert "Find a course" not in sign_in(ada).get(url("today")).content.decode()
    many = [Course(institution=riverside, name=f"Course {n}", code=f"C{n}") for n in range(12)]
    Course.objects.bulk_create(many)
    page = sign_in(ada).get(url("today")).content.decode()
    assert "Find a course" in page
    for course in (*many, physics):
        assert f'name="course" value="{course.pk}"' in page


def test_a_lesson_of_another_teachers_course_does_not_begin(sign_in, theo, physics):
    assert sign_in(theo).post(url("adhoc"), {"course": physics.pk}).url == url("today")
    assert not ClassSession.objects.exists()


def fill(institution, lesson, number):
    """So many further courses, each with two students, a photo of each, and a lesson today."""
    for n in range(number):
        course = Course.objects.create(institution=institution, name=f"Course {n:03}", code=f"{uuid4()}")
        for k in range(2):
            student = make_student(institution, f"Student {k}", f"{uuid4()}"[:20])
            Enrollment.objects.create(institution=institution, course=course, student=student)
            state = FacePhoto.State.ENROLLED
            FacePhoto.objects.create(institution=institution, student=student, state=state, picture=f"{uuid4()}.jpg")
        ClassSession.objects.create(
            institution=institution, course=course, room="1", starts_at=lesson.starts_at, ends_at=lesson.ends_at
        )


@pytest.mark.parametrize("name", ["today", "courses"])
def test_an_administrator_s_pages_ask_as_much_for_many_courses_as_for_few(sign_in, ada, riverside, lesson, name):
    browser = sign_in(ada)
    fill(riverside, lesson, 2)
    browser.get(url(name))
    with CaptureQueriesContext(connection) as few:
        browser.get(url(name))
    fill(riverside, lesson, 30)
    with CaptureQueriesContext(connection) as many:
        assert browser.get(url(name)).content.count(b"Course 0") >= 30
    assert len(many) == len(few)
    # Joined, photos, courses and students multiply: counts are sub-queries.
    assert [q["sql"] for q in many if "COUNT(DISTINCT" in q["sql"].upper()] == []


def test_many_courses_come_in_pages(sign_in, ada, riverside, physics):
    browser = sign_in(ada)
    assert b'rel="next"' not in browser.get(url("courses")).content
    Course.objects.bulk_create(
        Course(institution=riverside, name=f"Course {n:03}", name_key=f"course {n:03}", code=f"C-{n}")
        for n in range(120)
    )
    first, last = browser.get(url("courses")).content, browser.get(url("courses") + "?page=2").content
    assert (first.count(b"lesson plain"), last.count(b"lesson plain")) == (100, 21)
    assert b"?page=2" in first
    assert b"Page 2 of 2" in last
    for odd in ("0", "x", "99"):
        assert browser.get(url("courses") + f"?page={odd}").status_code == 200


def test_courses_show_who_is_ready(sign_in, tess, theo, physics):
    assert b"2 students, 0 with an enrolled photo" in sign_in(tess).get(url("courses")).content
    assert b"No course yet" in sign_in(theo).get(url("courses")).content
    page = sign_in(tess).get(url("course", physics.pk)).content.decode()
    assert "Sita Rao" in page
    assert "No photo" in page


@pytest.fixture
def portrait(riverside, sam):
    photo = FacePhoto(institution=riverside, student=sam, state=FacePhoto.State.ENROLLED)
    photo.picture.save("photo.jpg", ContentFile(jpeg()), save=False)
    photo.portrait.save("portrait.jpg", ContentFile(jpeg()), save=False)
    photo.save()
    return photo


def test_portraits_are_for_those_who_teach_the_student(client, sign_in, portrait, physics, tess, theo, ada, sam, hanna):
    address = url("portrait", portrait.pk)
    assert client.get(address).status_code == 302
    answer = sign_in(tess).get(address)
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "private" in answer["Cache-Control"]
    assert sign_in(ada).get(address).status_code == 200
    assert sign_in(theo).get(address).status_code == 404
    assert sign_in(sam).get(address).status_code == 403
    assert sign_in(hanna).get(address).status_code == 404


def test_a_capture_explains_each_face(script, sign_in, take, tess, theo, sam, hanna):
    script.sees(face((sam.pk, 0.9)), face(at=1))
    capture = take().capture
    page = sign_in(tess).get(url("capture", capture.pk)).content.decode()
    assert "similarity 0.90" in page
    assert "Person not recognized" in page
    for name in ("capture", "capture_picture"):
        assert sign_in(theo).get(url(name, capture.pk)).status_code == 404
        assert sign_in(sam).get(url(name, capture.pk)).status_code == 403
        assert sign_in(hanna).get(url(name, capture.pk)).status_code == 404
    assert sign_in(tess).get(url("capture_picture", capture.pk)).status_code == 200


def test_a_deleted_picture_is_gone_and_its_page_stays(script, sign_in, take, tess, sam):
    script.sees(face((sam.pk, 0.9)))
    capture = take().capture
    capture.picture.delete()
    client = sign_in(tess)
    assert client.get(url("capture_picture", capture.pk)).status_code == 404
    assert client.get(url("capture", capture.pk)).status_code == 200


def test_a_register_whose_photo_is_deleted_says_so_and_shows_no_frame(script, sign_in, take, register, tess, sam):
    script.sees(face((sam.pk, 0.9)))
    capture = take().capture
    client = sign_in(tess)
    assert 'class="gone"' not in client.get(url("session", register.pk)).content.decode()
    capture.picture.delete()
    page = client.get(url("session", register.pk)).content.decode()
    assert "This photo has been deleted. Its marks stay." in page
    link, _, _rest = page.partition('class="gone"')[2].partition("</a>")
    assert "Photo of" in link
    assert url("capture", capture.pk) in page
    assert 'class="none"' not in page


def test_a_student_sees_their_own_marks_and_why(sign_in, register, tess, sam):
    mark_set(session=register, student_id=sam.pk, status=Status.LATE, by=tess.user, expected_version=0)
    page = sign_in(sam).get(url("my_attendance")).content.decode()
    assert "0 lessons so far" in page  # it counts once the register is closed
    assert "Marked by hand at" in page
    assert "Tess" in page


def test_a_student_marked_absent_sees_who_closed_the_register(sign_in, register, tess, sam):
    session_close(session=register, by=tess.user)
    page = sign_in(sam).get(url("my_attendance")).content.decode()
    assert "1 lesson so far" in page
    assert "Not seen; register closed" in page


def test_a_student_without_lessons_and_a_wrong_cursor(sign_in, sam):
    client = sign_in(sam)
    assert b"No lesson has been registered yet" in client.get(url("my_attendance")).content
    assert client.get(url("my_attendance") + "?cursor=nonsense").status_code == 400


def test_staff_have_no_attendance_of_their_own_and_accounts_without_student_find_nothing(sign_in, tess, riverside, sam):
    assert sign_in(tess).get(url("my_attendance")).status_code == 403
    sam.user, user = None, sam.user
    sam.save()
    client = sign_in(Membership.objects.get(user=user))
    assert client.get(url("my_attendance")).status_code == 404


def test_what_does_not_exist_and_what_is_not_ours_look_alike(sign_in, hanna, physics):
    client = sign_in(hanna)
    ours, none = client.get("/riverside/today/"), client.get("/no-such-school/today/")
    assert (ours.status_code, len(ours.content)) == (none.status_code, len(none.content)), "only the CSRF token differs"
    assert client.get(url("course", physics.pk)).status_code == client.get(url("course", uuid4())).status_code == 404


def test_health_says_nothing_but_ok(client, db):
    assert client.get("/health/").json() == {"status": "ok"}


def test_every_page_has_the_strict_policy(sign_in, tess, lesson):
    policy = sign_in(tess).get(url("today"))["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_course_that_is_no_longer_taught_disappears(sign_in, tess, physics):
    Course.objects.update(is_active=False)
    assert b"Physics" not in sign_in(tess).get(url("courses")).content
