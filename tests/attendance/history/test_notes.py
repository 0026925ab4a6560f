"""The forms whose words a student reads beside their mark, each of which says so."""

import pytest
from django.urls import reverse

from attendance.domain.statuses import Status
from attendance.register.sessions import session_close
from tests.attendance.byhand import mark_set

pytestmark = pytest.mark.django_db
SENTENCE = "The student can read this."


def test_on_the_open_register(register, sign_in, tess):
    assert SENTENCE in sign_in(tess).get(reverse("session", args=["riverside", register.pk])).content.decode()


@pytest.mark.parametrize("name", ["mark_history", "mark_cell"])
def test_where_a_mark_is_corrected(name, register, sign_in, tess, sam):
    mark_set(session=register, student_id=sam.pk, status=Status.PRESENT, by=tess.user, expected_version=0)
    session_close(session=register, by=tess.user)
    page = sign_in(tess).get(reverse(name, args=["riverside", register.pk, sam.pk]))
    assert SENTENCE in page.content.decode()


def test_the_student_reads_the_reason_of_a_correction(register, sign_in, tess, sam):
    session_close(session=register, by=tess.user)
    client, address = sign_in(tess), reverse("mark_correct", args=["riverside", register.pk, sam.pk])
    client.post(address, {"status": "P", "reason": "Sat behind the pillar", "version": 1})
    page = sign_in(sam).get(reverse("my_mark", args=["riverside", register.pk]))
    assert "Sat behind the pillar" in page.content.decode()
