"""The register on paper: what it says of each student, who closed it, what was corrected since; an empty one."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from attendance.domain.statuses import Status
from attendance.models import ClassSession, RosterEntry, StatusCode
from attendance.papers.register import blank_paper, register_paper
from attendance.papers.typesetting import pdf_of
from attendance.register.corrections import Correction, mark_correct
from attendance.register.marks import MarkInput, mark_say
from attendance.register.sessions import session_close
from enrollment.models import AccessRecord, Student
from tests.attendance.papers.reading import pages_of, size_of
from tests.engines import face

pytestmark = pytest.mark.django_db


@pytest.fixture
def marked(script, take, register, sam, sita, tess):
    """Sam is in the class photo, Sita is marked late by hand; the register is open."""
    script.sees(face((sam.pk, 0.9)))
    take()
    late = MarkInput(Status.LATE, minutes_late=6)
    mark_say(session=register, student_id=sita.pk, word=late, by=tess.user, expected_version=0)
    return register


def url(name, session):
    return reverse(name, args=["riverside", session.pk])


def pdf(client, who, session, name="register_pdf", query=""):
    client.force_login(who.user)
    answer = client.get(url(name, session) + query)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "private, no-store"
    return answer.content


def test_it_says_each_mark_in_letter_and_word_and_how_it_came_about(marked, client, tess):
    [page] = pages_of(pdf(client, tess, marked))
    for words in ("Riverside", "Register · Physics", "2 of 2 here", "1 present", "1 late", "Sam Field", "class photo"):
        assert words in page
    assert "6 minutes · marked by hand" in page
    assert "page 1 of 1" in page
    assert "Not closed yet" in page


def test_what_is_not_present_is_framed(marked):
    rows = {row["name"]["text"]: (row["letter"], row["framed"]) for row in register_paper(marked)["rows"]}
    assert rows == {"Sam Field": ("P", False), "Sita Rao": ("L", True)}


def test_it_says_who_closed_it_and_whose_mark_was_corrected_since(marked, tess, ada, sita):
    session = session_close(session=marked, by=tess.user)
    assert "corrected" not in register_paper(session)["foot"]
    absent = Correction(Status.ABSENT, "went home")
    mark_correct(session=session, student_id=sita.pk, correction=absent, by=ada.user, expected_version=1)
    paper = register_paper(session)
    assert paper["warning"] == ""
    assert "by \u2068Tess\u2069" in paper["foot"]
    assert "corrected since: " in paper["foot"]
    assert "Sita Rao" in paper["foot"]
    assert "\u2068Ada\u2069" in paper["rows"][1]["how"]  # the page's head names Tess alone


def test_the_school_s_own_codes_come_with_their_key(marked, riverside, tess, sita):
    assert register_paper(marked)["key"] == []
    StatusCode.objects.create(institution=riverside, code="M", label="medical", kind="E")
    assert "M medical" in register_paper(marked)["key"]


def test_before_it_is_opened_and_on_request_it_is_empty_with_boxes_to_tick(lesson, client, tess):
    for name in ("register_pdf", "blank_pdf"):
        [page] = pages_of(pdf(client, tess, lesson, name))
        assert "Sita Rao" in page
        assert "P present · L late · A absent · E excused" in page.replace("  ", " ")
    assert blank_paper(lesson)["letters"] == ["P", "L", "A", "E"]


def test_a_cancelled_lesson_says_so(lesson):
    ClassSession.objects.filter(pk=lesson.pk).update(state=ClassSession.State.CANCELLED, reason="Sports day")
    lesson.refresh_from_db()
    assert register_paper(lesson)["warning"] == "Cancelled: Sports day"


def test_sixty_students_are_on_two_pages_each_with_the_head_of_the_table(register, riverside):
    RosterEntry.objects.all().delete()
    students = Student.objects.bulk_create(
        Student(institution=riverside, name=f"Student {n:02}", name_key=f"{n:02}", roll_number=f"R{n:02}")
        for n in range(60)
    )
    RosterEntry.objects.bulk_create(
        RosterEntry(institution=riverside, session=register, student=student) for student in students
    )
    made = pdf_of("register", register_paper(register))
    pages = pages_of(made)
    assert [page.count("Roll number") for page in pages] == [1, 1]
    assert "page 2 of 2" in pages[1]
    assert sum(page.count("Student ") for page in pages) == 60
    assert size_of(made) == (210, 297)


def test_names_are_text_in_any_script_and_never_code(register, client, tess, sam, sita):
    for student, name in ((sam, "#set page(fill: red) $x$ *b* <script> \\ @a"), (sita, "Maximilian " * 10)):
        student.name = name
        student.save()
    [page] = pages_of(pdf(client, tess, register))
    assert "#set page(fill: red) $x$ *b* <script> \\ @a" in " ".join(page.split())
    assert "…" in page  # cut to two lines
    assert page.count("Maximilian") < 10


def test_letter_on_request(lesson, client, tess):
    assert size_of(pdf(client, tess, lesson, query="?paper=letter")) == (216, 279)
    assert size_of(pdf(client, tess, lesson, query="?paper=parchment")) == (210, 297)


def test_it_speaks_the_reader_s_language(marked):
    with translation.override("de"):
        paper = register_paper(marked)
    assert paper["heads"][1] == "Name"
    assert paper["total"] == "2 von 2 anwesend"


def test_printing_is_in_the_access_log(marked, client, tess, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        pdf(client, tess, marked)
    record = AccessRecord.objects.get(verb="exported")
    assert record.detail == {"session": str(marked.pk), "format": "pdf"}


def test_the_page_links_to_it(marked, lesson, client, tess):
    client.force_login(tess.user)
    page = client.get(reverse("session", args=["riverside", marked.pk])).content.decode()
    assert url("register_pdf", marked) in page
    assert url("blank_pdf", marked) in page


def test_times_of_other_days_come_with_their_date(marked, tess):
    session = session_close(session=marked, by=tess.user)
    later = timezone.now() + timedelta(days=3)
    ClassSession.objects.filter(pk=session.pk).update(closed_at=later)
    session.refresh_from_db()
    assert f"{timezone.localtime(later).day} " in register_paper(session)["foot"]
