"""England: no face is used before each parent was told; and how that is noted."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from enrollment.consenting.rows import rows_of, with_answers
from enrollment.consenting.telling import parent_settle, parents_told
from enrollment.domain.consents import adult_since, is_adult
from enrollment.errors import EnrollmentError
from enrollment.faces.consent import require_enrollable, searchable
from enrollment.guardians.orders import no_contact_order_record
from enrollment.models import AccessRecord, Consent, ConsentRequest, Guardianship, Student
from tests.enrollment.consenting.test_answers import answer

pytestmark = pytest.mark.django_db
PAGE = "/riverside/consents/"
TODAY = date(2026, 11, 30)


@pytest.fixture
def agreed(nina, mira, riverside):
    """Nina, to whose face Mira agreed in writing; nobody has told Omar."""
    riverside.law = "england"
    riverside.save()
    answer(nina, Consent.Answer.GRANTED, guardian=mira)
    return nina


def relation(student, name):
    return Guardianship.objects.get(student=student, guardian__name=name)


def row(student):
    found = with_answers(Student.objects.filter(pk=student.pk))
    return rows_of(student.institution, found)[0]


def request_to(student, guardian, form, **fields):
    return ConsentRequest.objects.create(
        institution=student.institution, student=student, guardian=guardian, form=form, email=guardian.email,
        token_hash="x", expires_at=timezone.now() + timedelta(days=9), sent_at=timezone.now(), **fields,
    )  # fmt: skip


class TestTheGate:
    def test_waits_until_each_parent_was_told(self, agreed, riverside):
        assert agreed.pk not in searchable(riverside)
        with pytest.raises(EnrollmentError) as caught:
            require_enrollable(agreed)
        assert caught.value.code == "parents_not_told"
        assert "Not every parent of Nina Novak" in str(caught.value)

    def test_elsewhere_one_consent_is_enough(self, agreed, riverside):
        riverside.law = ""
        riverside.save()
        assert agreed.pk in searchable(riverside)

    @pytest.mark.parametrize(
        ("fields", "opens"),
        [
            ({}, True),
            ({"mail_error": "There is no such address.", "came_back_at": timezone.now()}, False),
            ({"state": "revoked"}, True),  # one that ran out had been read or not, but told
        ],
    )
    def test_opens_by_a_mail_that_arrived(self, agreed, omar, riverside, consent_form, fields, opens):
        request_to(agreed, omar, consent_form, **fields)
        assert (agreed.pk in searchable(riverside)) is opens
        assert row(agreed).waits is not opens

    @pytest.mark.parametrize(
        "fields", [{"told_on": TODAY}, {"untold_because": "not_found"}, {"untold_because": "welfare"}]
    )
    def test_opens_by_hand(self, agreed, riverside, fields):
        Guardianship.objects.filter(pk=relation(agreed, "Omar Novak").pk).update(**fields)
        assert agreed.pk in searchable(riverside)
        assert not row(agreed).waits
        require_enrollable(agreed)

    def test_opens_by_the_other_parents_answer(self, agreed, omar, riverside):
        answer(agreed, Consent.Answer.GRANTED, guardian=omar, given_by="Omar Novak")
        assert agreed.pk in searchable(riverside)

    def test_does_not_wait_for_one_without_a_say_or_who_is_kept_away(self, agreed, riverside, ada):
        omar = relation(agreed, "Omar Novak")
        Guardianship.objects.filter(pk=omar.pk).update(may_consent=False)
        assert agreed.pk in searchable(riverside)
        Guardianship.objects.filter(pk=omar.pk).update(may_consent=True)
        no_contact_order_record(relation=omar, reason="court", by=ada.user)
        assert agreed.pk in searchable(riverside)
        assert not row(agreed).waits

    def test_does_not_wait_for_an_adults_parents(self, agreed, riverside):
        Student.objects.filter(pk=agreed.pk).update(birth_date=date(2000, 1, 1))
        assert agreed.pk in searchable(riverside)

    def test_a_corrected_address_tells_nobody_by_the_wrong_mail(
        self, agreed, omar, riverside, consent_form, sign_in, ada
    ):
        request_to(agreed, omar, consent_form)
        sign_in(ada).post(f"{PAGE}students/{agreed.pk}/address/", {"person": omar.pk, "email": "right@example.org"})
        assert agreed.pk not in searchable(riverside)


@pytest.mark.parametrize("today", [date(2026, 2, 28), date(2026, 3, 1), date(2028, 2, 29), date(2026, 11, 30)])
@pytest.mark.parametrize("days", range(-3, 4))
def test_the_last_birthday_of_an_adult(today, days):
    born = adult_since(today) + timedelta(days=days)
    assert is_adult(born, today) == (born <= adult_since(today))


class TestThePages:
    @pytest.fixture
    def client_(self, sign_in, ada):
        return sign_in(ada)

    def test_say_who_is_waited_for(self, client_, agreed, consent_form):
        page = client_.get(f"{PAGE}?state=granted").content.decode()
        assert "waits: a parent is not told" in page
        assert "Tell each parent first" in page
        assert "No: a parent is not told" in client_.get(f"{PAGE}photo-day/").content.decode()
        page = client_.get(f"{PAGE}students/{agreed.pk}/").content.decode()
        assert "Parents told first" in page
        assert page.count("not told yet") == 1

    def test_note_one_parent(self, client_, agreed, omar, riverside):
        url = f"{PAGE}students/{agreed.pk}/told/"
        tomorrow = timezone.localdate() + timedelta(days=1)
        page = client_.post(url, {"guardian": omar.pk, "told_on": tomorrow}, follow=True).content.decode()
        assert "This day has not come yet" in page
        page = client_.post(url, {"guardian": omar.pk, "because": "not_found"}, follow=True).content.decode()
        assert "not waited for" in page
        assert agreed.pk in searchable(riverside)
        client_.post(url, {"guardian": omar.pk, "told_on": "", "because": ""})  # taken back
        assert agreed.pk not in searchable(riverside)
        assert client_.post(url, {"guardian": agreed.pk}).status_code == 404
        assert client_.post(url, {"guardian": "x"}).status_code == 404

    def test_note_a_letter_to_all_of_a_group(
        self, client_, agreed, group, riverside, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            page = client_.post(
                f"{PAGE}told/", {"group": group.pk, "told_on": timezone.localdate()}, follow=True
            ).content.decode()
        assert "2 parents noted as told." in page
        assert agreed.pk in searchable(riverside)
        assert AccessRecord.objects.filter(verb="parents_told", subject=agreed.pk).count() == 1

    @pytest.mark.parametrize(
        ("posted", "said"), [({}, "required"), ({"told_on": "2026-01-05"}, "Choose students first")]
    )
    def test_ask_for_what_is_missing(self, client_, agreed, posted, said):
        assert said in client_.post(f"{PAGE}told/", posted, follow=True).content.decode()
        assert not Guardianship.objects.exclude(told_on=None).exists()

    def test_of_another_school_note_nothing(self, sign_in, hanna, agreed, omar):
        url = f"/hilltop/consents/students/{agreed.pk}/told/"
        assert sign_in(hanna).post(url, {"guardian": omar.pk, "told_on": "2026-01-05"}).status_code == 404


def test_a_parent_who_may_not_be_contacted_is_not_noted_as_told(agreed, ada):
    omar = relation(agreed, "Omar Novak")
    no_contact_order_record(relation=omar, reason="court", by=ada.user)
    parents_told(students=[agreed], on=TODAY, by=ada.user)
    with pytest.raises(LookupError):
        parent_settle(student=agreed, guardian=omar.guardian_id, on=TODAY, because="", by=ada.user)
    omar.refresh_from_db()
    assert omar.told_on is None
