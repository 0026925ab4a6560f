"""The letter home: a page for each guardian who may be contacted, in their language; for the office and the tutor."""

import pytest
from django.urls import reverse

from attendance.papers.letter import letter_paper
from attendance.papers.typesetting import pdf_of
from attendance.rates.periods import periods_of
from enrollment.models import AccessRecord, Guardian, Guardianship
from tests.attendance.papers.reading import pages_of
from tests.attendance.reports.conftest import hold, now, term  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db


@pytest.fixture
def letters(term, sam, ada, riverside):  # noqa: F811
    def read():
        periods = periods_of(riverside)
        return letter_paper(sam, by=ada, periods=periods, period=periods[0])

    return read


def guardian_of(student, name, **fields):
    language = fields.pop("language", "")
    guardian = Guardian.objects.create(institution=student.institution, name=name, language=language)
    Guardianship.objects.create(institution=student.institution, guardian=guardian, student=student, **fields)


def test_it_says_the_rate_and_lists_absences_without_a_reason(letters):
    [page] = pages_of(pdf_of("letter", letters()))
    words = " ".join(page.split())  # every sort of blank
    assert "Dear parents and guardians," in words
    assert "attended 5 of 7 lessons" in words
    assert "71 %" in words
    assert "at least 90 %" in words
    assert "2 absences" in words
    assert "Physics 10B" in words
    assert "Ada" in words


def test_each_guardian_has_a_page_in_their_language_unless_they_must_not_be_contacted(letters, sam):
    guardian_of(sam, "Fay Field")
    guardian_of(sam, "كريم", language="de")
    guardian_of(sam, "Barred Field", may_contact=False)
    pages = pages_of(pdf_of("letter", letters()))
    assert len(pages) == 2
    assert any("Dear" in page and "Fay Field" in page for page in pages)
    assert any("Guten Tag" in page and "5 von 7 Stunden" in " ".join(page.split()) for page in pages)
    assert not any("Barred" in page for page in pages)


def test_without_anyone_who_may_be_contacted_there_is_no_letter(letters, sam):
    guardian_of(sam, "Barred Field", may_contact=False)
    assert letters()["letters"] == []


def test_only_office_and_tutor_get_it(client, ada, tess, sam, term, django_capture_on_commit_callbacks):  # noqa: F811
    address = reverse("letter_pdf", args=["riverside", sam.pk])
    client.force_login(tess.user)
    assert client.get(address).status_code == 404
    client.force_login(ada.user)
    with django_capture_on_commit_callbacks(execute=True):
        answer = client.get(address)
    assert answer["Content-Type"] == "application/pdf"
    assert AccessRecord.objects.get(verb="exported").subject == sam.pk
    assert sam.name.lower() not in answer["Content-Disposition"].lower()
