"""Letters home for many students as one PDF, made by a job; and their deletion where a student is erased."""

from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse

from accounts.jobs import jobs_resume
from accounts.models import Job
from attendance.disclosing.exports import exports_count, exports_delete, letter_files
from attendance.erasing.student import student_erase
from enrollment.models import AccessRecord, ErasureScope, Guardian, Guardianship
from tests.attendance.papers.reading import pages_of
from tests.attendance.reports.conftest import hold, now, term  # noqa: F401 - fixtures
from tests.conftest import make_student

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client, ada):
    client.force_login(ada.user)
    return client


@pytest.fixture
def make(office, term, django_capture_on_commit_callbacks):  # noqa: F811
    """Has letters made as somebody of the office asks for them; the answer of their page, and the job."""

    def done(**sent):
        with django_capture_on_commit_callbacks(execute=True):
            answer = office.post(reverse("letters_make", args=["riverside"]), sent)
            jobs_resume()
        return office.get(answer.url), Job.objects.filter(kind="letters").order_by("created_at").last()

    return done


def file_of(office, job):
    return b"".join(office.get(reverse("letters_file", args=["riverside", job.pk])).streaming_content)


def guardian_of(student, name, **fields):
    guardian = Guardian.objects.create(institution=student.institution, name=name, language=fields.pop("language", ""))
    Guardianship.objects.create(institution=student.institution, guardian=guardian, student=student, **fields)


def test_letters_of_those_ticked_and_of_nobody_else(
    make, office, sam, sita, hilltop, django_capture_on_commit_callbacks
):
    guardian_of(sam, "Fay Field")
    guardian_of(sam, "كريم", language="de")
    guardian_of(sita, "Barred Rao", may_contact=False)
    theirs = make_student(hilltop, "Hari", "H-1")
    page, job = make(student=[sam.pk, sita.pk, theirs.pk, "nobody"])
    shown = page.content.decode()
    assert "2 letters" in " ".join(shown.split())
    assert "Sita Rao" in shown  # no letter
    with django_capture_on_commit_callbacks(execute=True):
        pages = pages_of(file_of(office, job))
    assert [("Fay" in each, "Guten Tag" in each) for each in pages] == [(True, False), (False, True)]
    assert [row.subject for row in AccessRecord.objects.filter(verb="exported")] == [sam.pk]


def test_all_whose_attendance_is_low(make, sam):
    _page, job = make(who="low")
    assert job.parameters["students"] == [str(sam.pk)]
    assert job.result["letters"] == 1


def test_more_than_one_file_holds_are_refused_in_a_sentence(office, term):  # noqa: F811
    address = reverse("letters_make", args=["riverside"])
    answer = office.post(address, {"student": [str(uuid4()) for _ in range(401)]}, follow=True)
    assert "401 students are more than one file holds (400). Tick some of them." in answer.content.decode()
    assert not Job.objects.exists()


def test_nobody_is_ticked(make, office):
    page, job = make(who="ticked")
    assert job is None
    assert "Tick the students whose families get a letter." in page.content.decode()


def test_a_second_click_makes_no_second_file(office, term, sam):  # noqa: F811
    for _click in range(2):
        office.post(reverse("letters_make", args=["riverside"]), {"student": [sam.pk]})
    assert Job.objects.filter(kind="letters").count() == 1


def test_letters_are_for_the_one_who_asked(make, client, sam, tess, hanna):
    _page, job = make(student=[sam.pk])
    for who, code in ((tess, 403), (hanna, 404)):
        client.force_login(who.user)
        for name in ("letters", "letters_file"):
            assert client.get(reverse(name, args=["riverside", job.pk])).status_code == code


def test_they_go_with_the_erasure_of_a_student(make, office, sam, sita, ada, settings):
    _page, job = make(student=[sam.pk])
    assert default_storage.exists(letter_files.path(job))
    receipt = student_erase(student=sam, scope=ErasureScope.MARKS, reason="asked", by=ada.user)
    jobs_resume()
    receipt.refresh_from_db()
    assert receipt.is_done
    assert {step["part"]: step["found"] for step in receipt.steps}["exports"] == 1
    assert not default_storage.exists(letter_files.path(job))
    assert office.get(reverse("letters_file", args=["riverside", job.pk])).status_code == 404


def test_a_file_that_is_being_made_counts_until_it_is_deleted(riverside, hilltop, ada):
    job = Job.objects.create(institution=riverside, kind="letters", started_by=ada.user, parameters={"students": []})
    Job.objects.filter(pk=job.pk).update(state=Job.State.RUNNING)
    assert (exports_count(riverside), exports_count(hilltop)) == (1, 0)
    with letter_files.writing(job) as file:
        file.write(b"%PDF")
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE)
    assert exports_count(riverside) == 1
    exports_delete(riverside)
    assert exports_count(riverside) == 0
