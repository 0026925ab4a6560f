"""Rows of one school: nobody asks across schools, and no row refers to another school's."""

import pytest
from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import User, person_field
from enrollment.models import Course, Enrollment, FacePhoto, Student, Teaching
from tests.conftest import make_student

pytestmark = pytest.mark.django_db
NOT_A_CHOICE = "That choice is not one of the available choices."


@pytest.fixture
def hari(hilltop):
    return make_student(hilltop, "Hari", "H-001")


def test_a_query_is_bound_to_a_school(riverside, hilltop, sam, hari):
    assert list(Student.objects.for_institution(riverside)) == [sam]
    assert list(Student.objects.for_institution(hilltop)) == [hari]
    assert list(Student.objects.filter(name="Hari").for_institution(riverside)) == []


def test_nobody_asks_for_no_school():
    with pytest.raises(ValueError, match=r"^No institution: refusing to query across schools\.$"):
        Student.objects.for_institution(None)


def test_a_reference_to_another_schools_row_is_refused_in_words_that_tell_nothing(riverside, physics, hari, hugo):
    joining = Enrollment(institution=riverside, course=physics, student=hari)
    with pytest.raises(ValidationError) as caught:
        joining.clean()
    assert caught.value.message_dict == {"student": [NOT_A_CHOICE]}
    with pytest.raises(ValidationError) as caught:
        Teaching(institution=riverside, course=physics, teacher=hugo).clean()
    assert caught.value.message_dict == {"teacher": [NOT_A_CHOICE]}


def test_every_reference_is_looked_at(hilltop, physics, sam):
    """Also one after another: the row is of a third school than both of them."""
    with pytest.raises(ValidationError) as caught:
        Enrollment(institution=hilltop, course=physics, student=sam).clean()
    assert set(caught.value.message_dict) == {"course", "student"}


def test_references_within_the_school_and_empty_ones_are_right(riverside, physics, sam, sita):
    Enrollment(institution=riverside, course=physics, student=sam).clean()
    FacePhoto(institution=riverside, student=sam, looks_like=None).clean()
    FacePhoto(institution=riverside, student=sam, looks_like=sita).clean()
    Enrollment(institution=riverside, course=physics).clean()  # the form says that the field is missing
    Enrollment(course=physics, student=sam).clean()


def test_an_empty_reference_hides_no_wrong_one_behind_it(riverside, sam, hari):
    with pytest.raises(ValidationError) as caught:
        FacePhoto(institution=riverside, student=None, looks_like=hari).clean()
    assert set(caught.value.message_dict) == {"looks_like"}


def test_people_and_schools_are_no_rows_of_a_school(riverside, hanna, hari):
    Student(institution=riverside, name="Nina", user=hanna.user).clean()


def test_what_a_model_checks_itself_is_checked_too(riverside, monkeypatch):
    def refuse(self):
        raise ValidationError("from the base")

    monkeypatch.setattr(models.Model, "clean", refuse)
    with pytest.raises(ValidationError, match="from the base"):
        Course(institution=riverside).clean()


def test_who_did_something_is_forgotten_with_their_account():
    field = person_field(blank=True, verbose_name="by")
    assert (field.null, field.blank, field.verbose_name) == (True, True, "by")
    assert field.remote_field.on_delete is models.SET_NULL
    assert field.remote_field.related_name == "+"
    assert field.remote_field.model == User._meta.label
