"""A student's day, opened from a cell of the form group's page: its marks, and who corrects them."""

import pytest
from django.urls import reverse

from attendance.domain.statuses import Status
from attendance.models import ClassSession
from attendance.repositories import marks_for
from enrollment.models import AccessRecord, Course, Enrollment, Group, GroupPlace

pytestmark = pytest.mark.django_db
SHEET = {"hx_request": "true"}


@pytest.fixture
def art(riverside, sam):
    course = Course.objects.create(institution=riverside, code="A", name="Art")
    Enrollment.objects.create(institution=riverside, course=course, student=sam)
    return course


@pytest.fixture
def day(hold, art, sam):
    """Sam was late in physics, absent in art; a third lesson was not taken."""
    return [hold(6, {sam: "L"}), hold(6, {sam: "A"}, course=art, hour=11),
            hold(6, {}, course=art, hour=14, state=ClassSession.State.SCHEDULED)]  # fmt: skip


@pytest.fixture
def group(riverside, sam, tess):
    made = Group.objects.create(institution=riverside, name="10B", tutor=tess)
    GroupPlace.objects.create(institution=riverside, group=made, student=sam)
    return made


def address(student, day):
    return reverse("student_day", args=["riverside", student.pk, day[0].local_date])


def seen(client, student, day, **headers):
    response = client.get(address(student, day), headers=headers)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def cell(session, student):
    return reverse("mark_cell", args=["riverside", session.pk, student.pk])


def test_every_lesson_with_its_mark(sign_in, ada, sam, day):
    html = seen(sign_in(ada), sam, day)
    assert html.index("Physics 10B") < html.index("Art")
    assert "L late" in html
    assert "A absent" in html
    assert "Register not taken" in html
    assert cell(day[0], sam) in html
    assert cell(day[1], sam) in html
    assert cell(day[2], sam) not in html


def test_the_sheet_is_no_whole_page(sign_in, ada, sam, day):
    html = seen(sign_in(ada), sam, day, **SHEET)
    assert "<html" not in html
    assert "data-close" in html


def test_the_tutor_corrects_what_they_teach_and_reads_the_rest(sign_in, tess, sam, day, group, art):
    html = seen(sign_in(tess), sam, day)
    assert cell(day[0], sam) in html
    assert cell(day[1], sam) not in html
    assert "Art" in html
    assert "are corrected by their teachers or by the office" in html
    assert sign_in(tess).post(cell(day[1], sam), {"status": "P", "reason": "x", "version": 1}).status_code == 404


def test_a_teacher_sees_their_own_lessons_alone(sign_in, tess, sam, day):
    html = seen(sign_in(tess), sam, day)
    assert "Physics 10B" in html
    assert "Art" not in html


def test_who_may_not_see_the_student_finds_nothing(sign_in, theo, hanna, sam, day):
    assert [sign_in(member).get(address(sam, day)).status_code for member in (theo, hanna)] == [404, 404]
    assert sign_in(sam.user.memberships.get()).get(address(sam, day)).status_code == 403


def test_it_is_recorded(sign_in, ada, sam, day, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        seen(sign_in(ada), sam, day)
    assert AccessRecord.objects.filter(verb="student_seen", subject=sam.pk, actor=ada.user).exists()


def test_a_day_without_lessons_and_one_that_does_not_exist(sign_in, ada, sam, day):
    client = sign_in(ada)
    at = reverse("student_day", args=["riverside", sam.pk, "2026-08-01"])
    assert "No lesson on this day." in client.get(at).content.decode()
    assert client.get(at.replace("2026-08-01", "2026-13-41")).status_code == 404


def test_the_group_s_cells_lead_there_and_a_correction_is_in_its_figures(sign_in, ada, riverside, sam, day, group):
    client, page = sign_in(ada), reverse("group_attendance", args=["riverside", group.pk])
    html = client.get(page).content.decode()
    assert 'data-cell="/riverside/students/22222222-2222-4222-8222-222222222222/days/2000-01-01/"' in html
    assert f'data-key="{day[0].local_date}"' in html
    assert client.post(cell(day[1], sam), {"status": "P", "reason": "Was here", "version": 1}).status_code == 204
    assert marks_for(riverside).for_session(day[1].pk)[sam.pk].status is Status.PRESENT
    assert client.get(page).context["matrix"].rows[0].number(Status.ABSENT) == 0


def test_a_register_that_was_not_taken_says_so_in_its_cell(sign_in, ada, sam, day):
    html = sign_in(ada).get(cell(day[2], sam)).content.decode()
    assert "This register has not been taken." in html
    assert "mark_history" not in html
    assert "History of this mark" not in html
