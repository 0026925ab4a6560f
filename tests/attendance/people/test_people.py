"""The office's page of people: students by name or number, page by page, and the ways to everyone else."""

import pytest
from django.urls import reverse

from enrollment.models import Group, GroupPlace, Student
from tests.conftest import make_student

HERE = "people"


@pytest.fixture
def zoe(riverside):
    student = make_student(riverside, "Zoë Łukasz", "R-900")
    for name, is_active in (("10B", True), ("9B", False)):
        group = Group.objects.create(institution=riverside, name=name, is_active=is_active)
        GroupPlace.objects.create(institution=riverside, group=group, student=student)
    return student


def seen(client, **query):
    response = client.get(reverse(HERE, args=["riverside"], query=query))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("text", ["zoe", "LUK zo", "r-900"])
def test_students_are_found_by_name_and_number(sign_in, ada, zoe, sam, text):
    html = seen(sign_in(ada), q=text)
    assert reverse("student", args=["riverside", zoe.pk]) in html
    assert "10B" in html
    assert "9B" not in html
    assert "Sam Field" not in html


def test_everybody_by_name_without_those_who_left(sign_in, ada, zoe, sam):
    Student.objects.filter(pk=sam.pk).update(is_active=False)
    html = seen(sign_in(ada))
    assert "Zoë Łukasz" in html
    assert "Sam Field" not in html


def test_pages(sign_in, ada, riverside):
    Student.objects.bulk_create(
        Student(institution=riverside, name=f"Pat {n:02}", roll_number=f"P-{n}", name_key=f"pat {n:02}")
        for n in range(61)
    )
    client = sign_in(ada)
    assert "Pat 60" not in seen(client)
    assert "Pat 60" in seen(client, page=2, q="pat")


@pytest.mark.parametrize("text", ["%", "'; --", "x" * 500])
def test_odd_words_find_nobody(sign_in, ada, zoe, text):
    assert "No student matches" in seen(sign_in(ada), q=text)


def test_an_empty_school_is_led_to_the_import(sign_in, ada, riverside):
    html = seen(sign_in(ada))
    assert "No students yet" in html
    assert reverse("imports", args=["riverside"]) in html


def test_every_link_opens(sign_in, ada, zoe):
    client = sign_in(ada)
    main = seen(client).partition("<main")[2].partition("</main>")[0]
    for link in [part.partition('"')[0] for part in main.split('href="')[1:]]:
        assert client.get(link, follow=True).status_code == 200, link
