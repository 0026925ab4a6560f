"""The practice class: prepared, tried, removed; and nothing of it among the school's own data."""

import pytest
from django.core.files.storage import default_storage

from accounts.jobs import jobs_resume
from accounts.models import Institution, Job, Membership, Role
from attendance.demo import school as plan
from attendance.models import Capture, ClassSession
from attendance.practice import trying
from attendance.practice.trying import practice_lesson, practice_of
from enrollment.models import Course, FacePhoto, Student
from tests.conftest import make_member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_media")]
PAGE = "/riverside/practice/"


@pytest.fixture
def admin(sign_in, ada):
    return sign_in(ada)


@pytest.fixture
def small(monkeypatch):
    """A class of three with one photo each, for speed."""
    monkeypatch.setattr(plan, "YEAR_10", range(3))
    monkeypatch.setattr(trying, "ENROLMENT_PHOTOS", (1,))


def text(response):
    return response.content.decode()


def prepare(client):
    response = client.post(PAGE)
    jobs_resume()
    return response


def test_is_prepared_by_a_job_and_opened(admin, riverside, small, sam):
    assert "Prepare the practice class" in text(admin.get(PAGE))
    job = Job.objects.get(pk=prepare(admin).url.split("/")[-2])
    assert (job.state, job.error) == (Job.State.DONE, "")
    practice = practice_of(riverside)
    assert (practice.slug, practice.name) == ("practice-riverside", "Practice · Riverside School")
    assert Student.objects.for_institution(practice).count() == 3
    enrolled = FacePhoto.objects.for_institution(practice).filter(state=FacePhoto.State.ENROLLED)
    assert enrolled.count() == 3
    assert "The practice class is ready." in text(admin.get(PAGE))
    lesson = admin.post(f"{PAGE}open/")
    assert lesson.url.startswith("/practice-riverside/sessions/")
    page = text(admin.get(lesson.url))
    assert "These students are invented" in page
    assert "/riverside/practice/remove/" in page


def test_leaves_the_schools_own_data_alone(admin, riverside, small, sam):
    before = (Student.objects.for_institution(riverside).count(), Course.objects.for_institution(riverside).count())
    prepare(admin)
    after = (Student.objects.for_institution(riverside).count(), Course.objects.for_institution(riverside).count())
    assert before == after
    assert not FacePhoto.objects.for_institution(riverside).exists()
    assert "invented" not in text(admin.get("/riverside/today/"))


def test_is_removed_with_one_button(admin, riverside, small):
    prepare(admin)
    practice = practice_of(riverside)
    folder = f"faces/{practice.pk}"
    assert default_storage.exists(folder)
    page = text(admin.post(f"{PAGE}remove/", follow=True))
    assert "The practice class is removed." in page
    assert admin.get(f"/{practice.slug}/today/").status_code == 404  # at once
    assert "being removed" in text(admin.get(PAGE))
    assert admin.post(f"{PAGE}open/").url == PAGE
    jobs_resume()
    assert practice_of(riverside) is None
    assert not Student.objects.filter(institution=practice.pk).exists()
    assert default_storage.listdir(folder)[1] == []
    assert Membership.objects.filter(institution=riverside).exists()
    assert "Prepare the practice class" in text(admin.get(PAGE))


def test_goes_on_after_its_worker_was_stopped(admin, riverside, small, monkeypatch):
    calls = []
    real = trying._photos_add

    def die(student, person):
        calls.append(student)
        if len(calls) == 2:
            raise KeyboardInterrupt
        real(student, person)

    with monkeypatch.context() as patch:
        patch.setattr(trying, "_photos_add", die)
        admin.post(PAGE)
        with pytest.raises(KeyboardInterrupt):
            jobs_resume()
    Job.objects.update(lease_until="2020-01-01T00:00Z")
    jobs_resume()
    assert Institution.objects.filter(practice_of=riverside).count() == 1
    assert FacePhoto.objects.filter(institution__practice_of=riverside).count() == 3


def test_two_clicks_are_one_preparation(admin, riverside, small):
    first, second = admin.post(PAGE), admin.post(PAGE)
    assert first.url == second.url
    assert "being prepared" in text(admin.get(PAGE))


def test_a_second_administrator_joins_by_opening_it(admin, riverside, small, sign_in):
    prepare(admin)
    second = make_member(riverside, "Bea", "admin")
    practice = practice_of(riverside)
    client = sign_in(second)
    assert client.get(f"/{practice.slug}/today/").status_code == 404
    assert client.get(client.post(f"{PAGE}open/").url).status_code == 200


def test_there_is_always_a_lesson_on(admin, riverside, small, ada):
    prepare(admin)
    practice = practice_of(riverside)
    lesson = practice_lesson(practice, by=ada.user)
    ClassSession.objects.filter(pk=lesson.pk).update(state=ClassSession.State.CLOSED)
    assert practice_lesson(practice, by=ada.user).pk != lesson.pk


def test_where_the_law_bars_faces_it_is_taken_by_hand(admin, riverside, small):
    Institution.objects.filter(pk=riverside.pk).update(law="new_york", faces_enabled=False)
    prepare(admin)
    assert not practice_of(riverside).faces_enabled
    assert not FacePhoto.objects.exists()


def test_without_its_photos_it_is_not_offered(admin, monkeypatch):
    monkeypatch.setattr("attendance.practice.views.is_possible", lambda: False)
    assert "not installed on this portal" in text(admin.get(PAGE))
    monkeypatch.setattr(trying, "is_possible", lambda: False)
    prepare(admin)
    assert "not installed here" in Job.objects.get().error


def test_a_practice_school_has_none_of_its_own(admin, riverside, small):
    prepare(admin)
    assert admin.get(f"/{practice_of(riverside).slug}/practice/").status_code == 404


def test_a_demo_photo_is_refused_in_a_real_school(sign_in, tess, physics, register, settings):
    settings.DEMO = False
    url = f"/riverside/sessions/{register.pk}/demo-photos/1/"
    assert sign_in(tess).post(url).status_code == 404


@pytest.mark.thorough
def test_the_whole_class_is_recognised_on_its_photo(admin, riverside):
    prepare(admin)
    lesson = admin.post(f"{PAGE}open/").url
    admin.post(f"{lesson}open/")
    admin.post(f"{lesson}demo-photos/1/", follow=True)
    capture = Capture.objects.get()
    assert capture.state == Capture.State.DONE
    assert capture.detected_faces.exclude(student=None).count() == 30


def test_the_guide_is_printed_from_the_set_up(admin, riverside):
    assert "/riverside/setup/guide/" in text(admin.get("/riverside/setup/"))
    page = text(admin.get("/riverside/setup/guide/"))
    assert page.count("Have ready:") == 9
    Institution.objects.update(faces_enabled=False)
    assert text(admin.get("/riverside/setup/guide/")).count("Have ready:") == 7


@pytest.mark.parametrize("change", ["left", "teaches now"])
def test_is_entered_by_the_schools_present_administrators_alone(admin, riverside, ada, change):
    """Its administrators can invite people and send mails in the school's name."""
    practice = Institution.objects.create(slug="practice-riverside", name="Practice", practice_of=riverside)
    Membership.objects.create(institution=practice, user=ada.user, role=Role.ADMIN)
    assert admin.get("/practice-riverside/members/").status_code == 200
    if change == "left":
        ada.delete()
    else:
        Membership.objects.filter(pk=ada.pk).update(role=Role.TEACHER)
    assert admin.get("/practice-riverside/members/").status_code == 404
    assert "practice-riverside" not in text(admin.get("/", follow=True))
