"""The page of the office's day: its lists in their order, its odd days, its forms, and who may see it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from accounts.models import OutboxMail, User
from accounts.outbox import mails_send_due
from attendance.domain.statuses import Status
from attendance.lessons.substitutes import lesson_assign_substitute, read_takers
from attendance.models import DayOff, DeskEntry, Excuse, RegisterReminder
from attendance.office.page import read_office_day
from attendance.office.people import Contact
from attendance.register.sessions import session_close, session_open
from attendance.repositories import marks_for
from enrollment.models import AccessRecord, Group, GroupPlace, Guardian, Guardianship
from tests.attendance.byhand import mark_set
from tests.conftest import make_student

pytestmark = pytest.mark.django_db


def words(answer):
    return " ".join(strip_tags(answer.content.decode()).split())


@pytest.fixture
def day(earlier, lesson, sam, sita, tess):
    """Sam was there in the first lesson and is missing in this one; Sita was not seen at all."""
    session_open(session=earlier, by=tess.user)
    mark_set(session=earlier, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    session_close(session=earlier, by=tess.user)
    session_close(session=session_open(session=lesson, by=tess.user), by=tess.user)
    return lesson


@pytest.fixture
def family(sam):
    """Sam's mother, and a father whom nobody may call."""
    for name, relation, phone, may in (("Mrs Field", "mother", "07700 900142", True), ("Mr Gone", "", "0700", False)):
        guardian = Guardian.objects.create(institution=sam.institution, name=name, phone=phone)
        Guardianship.objects.create(
            institution=sam.institution, guardian=guardian, student=sam, relation=relation, may_contact=may
        )


def test_who_was_here_comes_first_with_whom_to_call(day, family, sam, sita, riverside):
    group = Group.objects.create(institution=riverside, name="10B")
    GroupPlace.objects.create(institution=riverside, group=group, student=sam)
    first, second = read_office_day(riverside).without_reason
    assert (first.student, first.group, second.student) == (sam, "10B", sita)
    assert first.contacts == (Contact("Mrs Field", "mother", "07700 900142"),)
    assert (first.day.was_here, second.day.was_here) == (True, False)


def test_the_page_says_it_and_the_number_dials(day, family, sign_in, ada, go, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        page = sign_in(ada).get(go("office"))
    assert 'href="tel:07700900142"' in page.content.decode()
    assert "Mr Gone" not in words(page)
    assert "Absent without a reason 2" in words(page)
    assert AccessRecord.objects.filter(verb="day_seen", actor=ada.user).count() == 1


def test_a_register_not_taken_is_not_known_apart_from_absent(earlier, lesson, sam, tess, riverside):
    session_open(session=earlier, by=tess.user)
    for student in earlier.course.students.all():
        mark_set(session=earlier, student_id=student.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    session_close(session=earlier, by=tess.user)
    found = read_office_day(riverside)
    assert (found.here, found.absent, found.unknown, found.missing) == (0, 0, 2, ())  # the grace period runs
    late = read_office_day(riverside, at=timezone.now() + timedelta(minutes=20))
    assert [(line.session, line.students, line.teachers) for line in late.missing] == [(lesson, 2, "Tess")]


def test_everybody_accounted_for_is_one_sentence(register, sign_in, ada, tess, go):
    for student in register.course.students.all():
        mark_set(session=register, student_id=student.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    session_close(session=register, by=tess.user)
    page = words(sign_in(ada).get(go("office")))
    assert "All 2 students are accounted for." in page
    assert "Nobody is missing" in page


def test_nobody_missing_so_far_is_said_with_what_is_awaited(lesson, sign_in, ada, go):
    assert "No absences so far 2 students are not known yet." in words(sign_in(ada).get(go("office")))


def test_a_day_without_school_says_why(riverside, sign_in, ada, go):
    page = sign_in(ada)
    assert "No lessons today" in words(page.get(go("office")))
    today = timezone.localdate(timezone=riverside.zone)
    DayOff.objects.create(institution=riverside, name="Half-term", first_day=today, last_day=today)
    assert "No school today: Half-term" in words(page.get(go("office")))


def test_before_the_first_lesson(lesson, sign_in, ada, go):
    lesson.starts_at = timezone.now() + timedelta(minutes=10)
    lesson.save()
    assert "The first lesson begins at" in words(sign_in(ada).get(go("office")))


class TestDeskForms:
    def test_name_and_enter(self, register, sign_in, ada, sam, go):
        answer = sign_in(ada).post(go("desk_late"), {"late-who": "field"})
        assert answer.url == go("office")
        assert DeskEntry.objects.get().student == sam
        assert "Sam Field: arrival entered." in words(sign_in(ada).get(go("office")))

    def test_a_roll_number_wins_over_parts_of_names(self, register, sign_in, ada, sita, riverside, go):
        make_student(riverside, "R-002 Double", "X-1")
        sign_in(ada).post(go("desk_late"), {"late-who": "r-002"})
        assert DeskEntry.objects.get().student == sita

    def test_several_are_offered_and_one_is_chosen(self, register, sign_in, ada, sam, riverside, go):
        make_student(riverside, "Samira Field", "R-009")
        asked = sign_in(ada).post(go("desk_late"), {"late-who": "sam", "late-reason": "bus"})
        assert asked.status_code == 400
        assert "Several students match." in words(asked)
        assert 'value="bus"' in asked.content.decode()
        sign_in(ada).post(go("desk_late"), {"late-who": "sam", "late-student": sam.pk, "late-reason": "bus"})
        assert (DeskEntry.objects.get().student, DeskEntry.objects.get().reason) == (sam, "bus")

    @pytest.mark.parametrize(
        ("sent", "said"),
        [
            ({"late-who": "nobody at all"}, "No student matches."),
            ({"late-who": ""}, "This field is required."),
            ({"late-who": "field", "late-at": "soon"}, "Type a time"),
            ({"late-who": "field", "late-at": "23:59"}, "This time has not come yet."),
        ],
    )
    def test_what_cannot_be_is_said_and_nothing_is_lost(self, register, sign_in, ada, go, sent, said):
        answer = sign_in(ada).post(go("desk_late"), sent)
        assert (answer.status_code, DeskEntry.objects.count()) == (400, 0)
        assert said in words(answer)
        assert f'value="{sent["late-who"]}"' in answer.content.decode() or not sent["late-who"]

    def test_leaving_with_coming_back(self, register, sign_in, ada, sam, go):
        now = timezone.localtime(timezone=register.institution.zone)
        back = f"{now + timedelta(minutes=30):%H:%M}"
        sign_in(ada).post(go("desk_leaving"), {"leaving-who": "field", "leaving-until": back})
        assert DeskEntry.objects.get().kind == "left"
        assert f"back at {back}" in words(sign_in(ada).get(go("office")))

    def test_a_reason_moves_the_row_and_undo_brings_it_back(self, day, sign_in, ada, sam, go):
        client = sign_in(ada)
        for _time in range(2):
            client.post(go("desk_reason", sam.pk), {"kind": "illness", "note": "his mother rang"})
        page = words(client.get(go("office")))
        assert "Absent without a reason 1" in page
        assert "illness, his mother rang" in page
        assert marks_for(day.institution).for_session(day.pk)[sam.pk].status is Status.EXCUSED
        for _time in range(2):
            client.post(go("desk_reason_undo", Excuse.objects.get().pk))
        assert "Absent without a reason 2" in words(client.get(go("office")))
        assert marks_for(day.institution).for_session(day.pk)[sam.pk].status is Status.ABSENT

    def test_who_writes_is_told_that_the_student_reads_it(self, day, sign_in, ada, sam, go):
        """And the student does: beside the mark of a late arrival, and among the excuses."""
        answer = sign_in(ada).get(go("office"))
        page = answer.content.decode()
        assert words(answer).count("The student can read this.") == 4  # two at the desk, two rows
        assert page.count(f'"is-read-{sam.pk}"') == 2, "a screen reader says it in the field, not behind the buttons"
        sign_in(ada).post(go("desk_reason", sam.pk), {"kind": "illness", "note": "his mother rang"})
        sign_in(ada).post(go("desk_late"), {"late-who": "R-001", "late-reason": "a bus that burned"})
        client = sign_in(sam)
        assert "his mother rang" in words(client.get(go("my_excuses")))
        assert "a bus that burned" in words(client.get(go("my_attendance")))

    def test_only_what_the_office_entered_is_undone_here(self, day, sign_in, ada, sam, go):
        today = timezone.localdate(timezone=day.institution.zone)
        theirs = Excuse.objects.create(
            institution=day.institution, student=sam, first_day=today, last_day=today, kind="illness", giver="guardian"
        )
        assert sign_in(ada).post(go("desk_reason_undo", theirs.pk)).status_code == 404

    def test_a_reason_is_one_of_the_kinds(self, day, sign_in, ada, sam, go):
        sign_in(ada).post(go("desk_reason", sam.pk), {"kind": "whim"})
        assert not Excuse.objects.exists()
        assert "Please choose a reason." in words(sign_in(ada).get(go("office")))

    def test_a_student_of_another_school_is_unknown(self, register, sign_in, ada, hilltop, go):
        theirs = make_student(hilltop, "Hari", "H-1")
        assert sign_in(ada).post(go("desk_reason", theirs.pk), {"kind": "illness"}).status_code == 404
        assert sign_in(ada).post(go("desk_late"), {"late-student": theirs.pk}).status_code == 400
        assert not DeskEntry.objects.exists()


class TestReminders:
    def test_goes_to_the_teacher_once_in_the_quiet_time(self, lesson, sign_in, ada, go, mailoutbox):
        client = sign_in(ada)
        client.post(go("register_remind", lesson.pk))
        client.post(go("register_remind", lesson.pk))
        assert [mail.to for mail in mailoutbox] == [["tess@riverside.example"]]
        assert "Physics 10B" in mailoutbox[0].subject
        assert go("session", lesson.pk) in mailoutbox[0].body
        assert "A reminder was sent a moment ago." in words(client.get(go("office")))

    def test_again_after_the_quiet_time(self, lesson, sign_in, ada, go, mailoutbox):
        sign_in(ada).post(go("register_remind", lesson.pk))
        RegisterReminder.objects.update(sent_at=timezone.now() - timedelta(minutes=16))
        sign_in(ada).post(go("register_remind", lesson.pk))
        assert len(mailoutbox) == 2

    def test_a_substitute_who_has_left_the_portal_is_neither_named_nor_reminded(
        self, lesson, sign_in, ada, tess, theo, go, mailoutbox
    ):
        lesson_assign_substitute(session=lesson, teacher=theo, by=ada.user)
        User.objects.filter(pk=theo.user_id).update(is_active=False)
        takers = read_takers(lesson.institution, [lesson.course_id])
        assert takers.of(lesson.pk, lesson.course_id, lesson.local_date) == "Tess"
        sign_in(ada).post(go("register_remind", lesson.pk))
        assert [mail.to for mail in mailoutbox] == [[tess.user.email]]

    def test_not_for_a_register_taken_meanwhile(self, register, sign_in, ada, tess, go, mailoutbox):
        session_close(session=register, by=tess.user)
        sign_in(ada).post(go("register_remind", register.pk))
        assert mailoutbox == []
        assert not RegisterReminder.objects.exists()

    @pytest.mark.parametrize("change", ["closed", "given away", ""])
    def test_tried_again_it_is_read_again_first(self, register, sign_in, ada, tess, theo, go, smtp, change):
        smtp.answers[tess.user.email] = "451 Try again later"
        sign_in(ada).post(go("register_remind", register.pk))
        assert RegisterReminder.objects.get().error.endswith("It is tried again by itself.")
        if change == "closed":
            session_close(session=register, by=tess.user)
        elif change:
            register.course.teachings.update(teacher=theo)
        smtp.answers.clear()
        OutboxMail.objects.update(due_at=timezone.now())
        mails_send_due()
        assert smtp.addresses == ([] if change else [tess.user.email])
        assert bool(RegisterReminder.objects.get().error) == bool(change)

    def test_clicked_again_the_one_that_waits_is_dropped(self, lesson, sign_in, ada, tess, go, smtp):
        smtp.answers[tess.user.email] = "451 Try again later"
        sign_in(ada).post(go("register_remind", lesson.pk))
        smtp.answers.clear()
        sign_in(ada).post(go("register_remind", lesson.pk))
        OutboxMail.objects.filter(state="waiting").update(due_at=timezone.now())
        mails_send_due()
        assert smtp.addresses == [tess.user.email]

    def test_what_did_not_leave_says_so_and_may_be_tried_at_once(self, lesson, sign_in, ada, go, settings):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
        for _time in range(2):
            sign_in(ada).post(go("register_remind", lesson.pk))
        assert [bool(row.error) for row in RegisterReminder.objects.all()] == [True, True]
        assert "The reminder did not leave." in words(sign_in(ada).get(go("office")))


def test_a_reason_that_a_family_gave_explains_and_says_that_it_waits(day, sam, riverside):
    today = timezone.localdate(timezone=riverside.zone)
    Excuse.objects.create(
        institution=riverside, student=sam, first_day=today, last_day=today, kind="illness", giver="guardian"
    )
    found = read_office_day(riverside)
    assert [line.day.reason for line in found.with_reason] == ["illness (to decide)"]
    Excuse.objects.update(state="refused")
    assert len(read_office_day(riverside).without_reason) == 2


class TestBack:
    def test_one_button_and_the_row_goes(self, register, sign_in, ada, sam, go):
        client = sign_in(ada)
        client.post(go("desk_leaving"), {"leaving-who": "field", "leaving-reason": "dentist"})
        left = DeskEntry.objects.get()
        assert "Is back Sam Field" in words(client.get(go("office")))
        client.post(go("desk_back", left.pk))
        page = words(client.get(go("office")))
        assert "Sam Field is back." in page
        assert "Is back Sam Field" not in page

    def test_not_of_another_school_nor_of_an_arrival(self, register, sign_in, ada, hanna, go):
        sign_in(ada).post(go("desk_late"), {"late-who": "field"})
        sign_in(ada).post(go("desk_leaving"), {"leaving-who": "field"})
        late, left = (DeskEntry.objects.get(kind=kind).pk for kind in ("late", "left"))
        assert sign_in(ada).post(go("desk_back", late)).status_code == 404
        assert sign_in(hanna).post(go("desk_back", left)).status_code == 404
        assert sign_in(hanna).post(reverse("desk_back", args=["hilltop", left])).status_code == 404
