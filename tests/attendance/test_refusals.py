"""A service's refusal that no view foresaw is a sentence, never a 500."""

import pytest
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.urls import reverse
from django_htmx.middleware import HtmxMiddleware

from accounts.errors import AccountError
from accounts.models import Invitation, Membership, Role, User
from attendance.errors import AttendanceError, SessionClosed
from attendance.middleware import RefusalMiddleware
from enrollment.errors import EnrollmentError
from tests.contracts.conftest import at_once

REFUSALS = [AccountError("last_admin", "Nobody else."), SessionClosed(), EnrollmentError("no_consent", "No consent.")]


def answered(request, error):
    def view(request):
        return RefusalMiddleware(HttpResponse).process_exception(request, error)

    return HtmxMiddleware(view)(request)


@pytest.mark.django_db
@pytest.mark.parametrize("error", REFUSALS)
def test_a_page_and_a_toast_with_the_sentence(rf, error, tess):
    for headers, status in (({}, 409), ({"HX-Request": "true"}, 200)):
        request = rf.post("/riverside/", headers=headers)
        request.user, request.membership, request.institution = tess.user, tess, tess.institution
        answer = answered(request, error)
        assert (answer.status_code, str(error) in answer.content.decode()) == (status, True)
        assert answer.headers.get("HX-Reswap") == ("none" if headers else None)


def test_what_is_no_refusal_stays_a_fault(rf):
    assert answered(rf.get("/"), ValueError("ours")) is None
    assert issubclass(SessionClosed, AttendanceError)


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_remove_each_other_at_once(sign_in, ada, riverside):
    user = User.objects.create_user("adam@riverside.example", "a much better password", name="Adam")
    adam = Membership.objects.create(institution=riverside, user=user, role=Role.ADMIN)

    def removes(one, other):
        page = type(sign_in(one))()
        page.force_login(one.user)
        return lambda: page.post(reverse("admin:accounts_membership_delete", args=[other.pk]), {"post": "yes"})

    answers = at_once(removes(ada, adam), removes(adam, ada))
    assert {answer.status_code for answer in answers} <= {302, 403, 404}
    assert Membership.objects.filter(institution=riverside, role=Role.ADMIN).count() == 1


@pytest.mark.django_db(transaction=True)
def test_an_invitation_that_was_answered_while_it_is_taken_back(sign_in, ada, riverside):
    office = sign_in(ada)
    made = {"email": "nina@example.org", "name": "Nina", "role": "teacher"}
    office.post(reverse("admin:accounts_invitation_add"), made)
    post = {"action": "take_back", "_selected_action": [Invitation.objects.get().pk]}
    answers = at_once(*[lambda: office.post(reverse("admin:accounts_invitation_changelist"), post)] * 2)
    assert {answer.status_code for answer in answers} == {302}
    said = [str(message) for answer in answers for message in get_messages(answer.wsgi_request)]
    assert "1 invitation taken back." in said
