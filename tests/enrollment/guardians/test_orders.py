"""No-contact orders: no view, no mail, no question from that moment, in all places; on record; refusals hold."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Role
from enrollment.batches.links import photo_link_create
from enrollment.consenting.recipients import recipients_of
from enrollment.errors import EnrollmentError
from enrollment.guardians.orders import no_contact_order_lift, no_contact_order_record
from enrollment.guardians.selectors import children_of
from enrollment.models import AccessRecord, Consent, Guardian, Guardianship, NoContactOrder, consent_state
from tests.conftest import make_member


@pytest.fixture
def account(riverside, fay):
    member = make_member(riverside, "Fay", Role.GUARDIAN)
    Guardian.objects.filter(pk=fay.pk).update(user=member.user)
    return member


@pytest.fixture
def order(relation, ada):
    return no_contact_order_record(relation=relation, reason="Family court, 2 May", by=ada.user)


class TestAnOrder:
    def test_closes_the_view_at_once(self, client, account, relation, ada, sam):
        client.force_login(account.user)
        page = reverse("child", args=["riverside", sam.pk])
        assert client.get(page).status_code == 200
        no_contact_order_record(relation=relation, reason="Family court", by=ada.user)
        assert client.get(page).status_code == 404

    def test_ends_the_questions(self, sam, order, fred):
        assert [each.email for each in recipients_of(sam)] == ["fred@example.org"]

    def test_ends_the_links_for_photos_of_the_student(self, client, sam, sita, relation, ada):
        """Such a link is the student's, and may lie in this guardian's mailbox."""
        token = photo_link_create(student=sam, days=7, with_liveness=False, by=ada.user)[1]
        other, _token = photo_link_create(student=sita, days=7, with_liveness=False, by=ada.user)
        page = reverse("own_photos", args=[token])
        assert client.get(page).status_code == 200
        no_contact_order_record(relation=relation, reason="Family court", by=ada.user)
        assert "Sam" not in client.get(page).content.decode()
        other.refresh_from_db()
        assert other.is_valid

    def test_concerns_one_student_alone(self, riverside, account, fay, order, sita):
        Guardianship.objects.create(institution=riverside, guardian=fay, student=sita)
        assert list(children_of(account.user, riverside)) == [sita]

    def test_leaves_the_other_guardian_alone(self, riverside, fred, order, sam):
        assert Guardianship.objects.get(guardian=fred).is_open

    def test_says_who_when_and_why(self, order, ada, sam, relation, django_capture_on_commit_callbacks):
        assert (order.made_by_name, order.reason) == ("Ada", "Family court, 2 May")
        assert order.made_at is not None

    def test_is_in_the_access_log(self, relation, ada, sam, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            no_contact_order_record(relation=relation, reason="Family court", by=ada.user)
        assert AccessRecord.objects.filter(subject=sam.pk, verb="order_recorded").count() == 1

    def test_needs_a_reason(self, relation, ada):
        with pytest.raises(ValidationError):
            no_contact_order_record(relation=relation, reason="  ", by=ada.user)

    def test_is_recorded_once(self, order, relation, ada):
        again = no_contact_order_record(relation=relation, reason="Again", by=ada.user)
        assert again == order

    def test_holds_for_the_same_person_imported_again(self, riverside, order, fay, sam):
        fay.delete()
        again = Guardian.objects.create(institution=riverside, name="F. Field", email="FAY@example.org")
        Guardianship.objects.create(institution=riverside, guardian=again, student=sam)
        assert not Guardianship.objects.get(guardian=again).is_open

    def test_holds_for_another_row_of_the_same_account(self, riverside, account, order, sam):
        again = Guardian.objects.create(institution=riverside, name="F. Field", user=account.user)
        Guardianship.objects.create(institution=riverside, guardian=again, student=sam)
        assert not children_of(account.user, riverside).exists()

    def test_without_an_address_concerns_nobody_else_without_one(self, riverside, fay, fred, relation, ada, sam):
        Guardian.objects.update(email="")
        no_contact_order_record(relation=Guardianship.objects.get(pk=relation.pk), reason="Court", by=ada.user)
        assert Guardianship.objects.get(guardian=fred).is_open

    def test_keeps_a_refusal_in_force(self, riverside, fay, fred, sam, relation, ada):
        Consent.objects.create(
            institution=riverside, student=sam, guardian=fay, given_by="Fay", wording="w", answer="refused"
        )
        no_contact_order_record(relation=relation, reason="Family court", by=ada.user)
        state = type(sam).objects.annotate(state=consent_state()).get(pk=sam.pk).state
        assert state == "refused"


class TestLifting:
    def test_opens_again_and_stays_on_record(self, order, ada, relation):
        no_contact_order_lift(order=order, reason="Lifted by the court", by=ada.user)
        assert Guardianship.objects.get(pk=relation.pk).is_open
        kept = NoContactOrder.objects.get()
        assert (kept.reason, kept.lifted_reason, kept.lifted_by_name) == (
            "Family court, 2 May", "Lifted by the court", "Ada",
        )  # fmt: skip

    def test_needs_a_reason(self, order, ada, relation):
        with pytest.raises(ValidationError):
            no_contact_order_lift(order=order, reason="", by=ada.user)
        assert not Guardianship.objects.get(pk=relation.pk).is_open

    def test_happens_once(self, order, ada):
        no_contact_order_lift(order=order, reason="Lifted", by=ada.user)
        with pytest.raises(EnrollmentError) as refused:
            no_contact_order_lift(order=order, reason="Lifted", by=ada.user)
        assert refused.value.code == "order_lifted"


class TestThePage:
    def test_records_and_lifts(self, sign_in, ada, fay, sam, relation):
        client, address = sign_in(ada), reverse("order_record", args=["riverside", fay.pk, sam.pk])
        html = client.post(address, {"reason": "Family court"}, follow=True).content.decode()
        assert "In force" in html
        client.post(reverse("order_lift", args=["riverside", fay.pk, sam.pk]), {"reason": "Over"})
        assert Guardianship.objects.get(pk=relation.pk).is_open

    def test_without_a_reason_says_so(self, sign_in, ada, fay, sam, relation):
        response = sign_in(ada).post(reverse("order_record", args=["riverside", fay.pk, sam.pk]), {"reason": ""})
        assert "Please give a reason" in response.content.decode()
        assert Guardianship.objects.get(pk=relation.pk).is_open

    def test_of_a_student_who_is_not_theirs_is_not_there(self, sign_in, ada, fay, sita):
        address = reverse("order_record", args=["riverside", fay.pk, sita.pk])
        assert sign_in(ada).post(address, {"reason": "Court"}).status_code == 404
