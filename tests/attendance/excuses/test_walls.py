"""Excuses and disputes of people whose relation to the student has ended, or who are two people at once."""

import io
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Role
from attendance.disputes.disputing import dispute_send
from attendance.excuses.deleting import documents_delete, documents_expired
from attendance.excuses.documents import read_document
from attendance.excuses.giving import excuse_give
from attendance.models import Dispute, Excuse
from enrollment.guardians.orders import no_contact_order_record
from enrollment.models import Guardian, Guardianship
from tests.attendance.api.client import jpeg
from tests.conftest import make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def fay(riverside, sam):
    """Sam's mother, who has an account."""
    guardian = Guardian.objects.create(
        institution=riverside, name="Fay Field", email="fay@example.org",
        user=make_member(riverside, "Fay", Role.GUARDIAN).user,
    )  # fmt: skip
    Guardianship.objects.create(institution=riverside, student=sam, guardian=guardian)
    return guardian


@pytest.fixture
def document():
    return read_document(io.BytesIO(jpeg()), "Befund Dr. Adler.jpg")


@pytest.fixture
def statements(closed, sam, fay, reason, document):
    """Statements of Fay: a reason and an objection, each with a document."""
    excuse = excuse_give(student=sam, reason=reason(document=document), by=fay.user, guardian=fay)
    dispute = dispute_send(
        student=sam, session=closed, note="He was there", by=fay.user, guardian=fay, document=document
    )
    return {"excuses": excuse, "disputes": dispute}


@pytest.mark.parametrize("kind", ["excuses", "disputes"])
class TestAParentWhomAnOrderKeepsAway:
    @pytest.fixture(autouse=True)
    def barred(self, statements, fay, ada):
        no_contact_order_record(relation=Guardianship.objects.get(guardian=fay), reason="Court", by=ada.user)

    def test_takes_nothing_back(self, kind, statements, client, fay):
        client.force_login(fay.user)
        assert client.post(f"/riverside/{kind}/{statements[kind].pk}/withdraw/").status_code == 404
        statements[kind].refresh_from_db()
        assert statements[kind].is_waiting

    def test_reads_no_document(self, kind, statements, client, fay):
        client.force_login(fay.user)
        assert client.get(f"/riverside/{kind}/{statements[kind].pk}/document/").status_code == 404


@pytest.mark.parametrize("kind", ["excuses", "disputes"])
class TestAMemberOfStaffWhoIsAParent:
    @pytest.fixture
    def parent(self, statements, fay, theo):
        """Theo, who teaches others, is Sam's father, and sent these."""
        Guardian.objects.filter(pk=fay.pk).update(user=theo.user)
        for row in statements.values():
            type(row).objects.filter(pk=row.pk).update(given_by=theo.user)
        return theo

    def test_reads_what_they_sent(self, kind, statements, client, parent):
        client.force_login(parent.user)
        assert client.get(f"/riverside/{kind}/{statements[kind].pk}/document/").status_code == 200

    def test_does_not_decide_on_it(self, kind, statements, client, parent):
        client.force_login(parent.user)
        verb = {"verb": "accept" if kind == "excuses" else "present", "version": 1}
        assert client.post(f"/riverside/{kind}/{statements[kind].pk}/decide/", verb).status_code == 404

    def test_takes_it_back(self, kind, statements, client, parent):
        client.force_login(parent.user)
        assert client.post(f"/riverside/{kind}/{statements[kind].pk}/withdraw/").status_code == 302


@pytest.mark.parametrize("kind", ["excuses", "disputes"])
def test_the_student_reads_what_their_parent_sent_and_does_not_take_it_back(kind, statements, client, sam):
    client.force_login(sam.user)
    assert client.get(f"/riverside/{kind}/{statements[kind].pk}/document/").status_code == 200
    assert client.post(f"/riverside/{kind}/{statements[kind].pk}/withdraw/").status_code == 404


def test_a_parent_is_led_to_no_document_of_the_other_parent(statements, client, riverside, sam):
    account = make_member(riverside, "Fred", Role.GUARDIAN)
    fred = Guardian.objects.create(institution=riverside, name="Fred Field", user=account.user)
    Guardianship.objects.create(institution=riverside, student=sam, guardian=fred)
    client.force_login(account.user)
    assert "Open document" not in client.get(f"/riverside/children/{sam.pk}/excuses/").content.decode()
    assert client.get(f"/riverside/excuses/{statements['excuses'].pk}/document/").status_code == 404


@pytest.mark.parametrize("model", [Excuse, Dispute])
def test_with_a_document_goes_its_name(model, statements):
    """A file's name tells of the illness as well as the file."""
    model.objects.update(created_at=timezone.now() - timedelta(days=100))
    assert documents_delete(documents_expired(model)) == 1
    assert model.objects.get().document_name == ""
