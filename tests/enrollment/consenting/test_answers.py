"""Answers: what they replace, who may give them, and the state that they make."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import TestCase
from django.utils import timezone

from enrollment.domain.consents import State
from enrollment.errors import EnrollmentError
from enrollment.faces.consent import require_enrollable
from enrollment.models import Consent, FacePhoto, FaceVector, Student, consent_state
from enrollment.services import consents, photos
from enrollment.services.consents import AnswerInput, consent_answer, consent_settle, consent_withdraw

pytestmark = pytest.mark.django_db
Answer = Consent.Answer
YES, NO = Answer.GRANTED, Answer.REFUSED


def answer(student, said, given_by="Mira Novak", **more):
    given = AnswerInput(answer=said, given_by=given_by, wording=more.pop("wording", "Form 1"), **more)
    return consent_answer(student=student, given=given, recorded_by=None)


def state_of(student):
    return State(Student.objects.annotate(state=consent_state()).get(pk=student.pk).state)


def is_searchable(student):
    return Student.objects.with_consent().filter(pk=student.pk).exists()


def yesterday():
    return timezone.localdate() - timedelta(days=1)


def refused(code, call):
    with pytest.raises(EnrollmentError) as caught:
        call()
    assert caught.value.code == code


class TestTheState:
    """Each state, and the gate that agrees with it: only `granted` is let through."""

    def test_nobody_answered(self, nina):
        assert (state_of(nina), is_searchable(nina)) == (State.PENDING, False)

    def test_granted(self, nina):
        answer(nina, YES)
        assert (state_of(nina), is_searchable(nina)) == (State.GRANTED, True)

    def test_refused(self, nina):
        answer(nina, NO)
        assert (state_of(nina), is_searchable(nina)) == (State.REFUSED, False)

    def test_withdrawn_by_the_same_person(self, nina):
        answer(nina, YES)
        assert answer(nina, NO).answer == Answer.WITHDRAWN
        assert (state_of(nina), is_searchable(nina)) == (State.WITHDRAWN, False)

    def test_withdrawn_by_the_office(self, nina):
        answer(nina, YES)
        consent_withdraw(student=nina, by=None)
        assert (state_of(nina), is_searchable(nina)) == (State.WITHDRAWN, False)

    def test_expired(self, nina):
        answer(nina, YES, expires_on=yesterday(), given_at=timezone.now() - timedelta(days=9))
        assert (state_of(nina), is_searchable(nina)) == (State.EXPIRED, False)

    def test_the_last_day_counts(self, nina):
        answer(nina, YES, expires_on=timezone.localdate())
        assert state_of(nina) == State.GRANTED

    def test_renewed(self, nina):
        answer(nina, YES, expires_on=yesterday(), given_at=timezone.now() - timedelta(days=9))
        answer(nina, YES, expires_on=timezone.localdate() + timedelta(days=300))
        assert (state_of(nina), is_searchable(nina)) == (State.GRANTED, True)

    def test_one_of_two_consents_expires(self, nina):
        answer(nina, YES, expires_on=yesterday(), given_at=timezone.now() - timedelta(days=9))
        answer(nina, YES, "Omar Novak")
        assert state_of(nina) == State.GRANTED

    def test_of_two_guardians_the_refusal_holds(self, nina):
        answer(nina, YES)
        answer(nina, NO, "Omar Novak")
        answer(nina, YES)
        assert (state_of(nina), is_searchable(nina)) == (State.REFUSED, False)

    def test_until_the_one_who_refused_agrees(self, nina):
        answer(nina, YES)
        answer(nina, NO, "Omar Novak")
        answer(nina, YES, "Omar Novak")
        assert is_searchable(nina)

    def test_a_withdrawal_holds_against_the_other_guardian(self, nina):
        for giver in ("Mira Novak", "Omar Novak"):
            answer(nina, YES, giver)
        answer(nina, NO, "Omar Novak")
        answer(nina, YES)
        assert (state_of(nina), is_searchable(nina)) == (State.WITHDRAWN, False)

    def test_the_students_own_refusal_in_any_form_holds(self, nina):
        answer(nina, YES)
        answer(nina, NO, "Nina Novak", by_student=True, medium=Consent.Medium.SPOKEN)
        assert (state_of(nina), is_searchable(nina)) == (State.REFUSED, False)

    def test_a_refusal_after_an_expired_consent_is_a_withdrawal(self, nina):
        answer(nina, YES, expires_on=yesterday(), given_at=timezone.now() - timedelta(days=9))
        answer(nina, NO)
        assert state_of(nina) == State.WITHDRAWN


class TestTheRecord:
    def test_keeps_giver_form_medium_and_words(self, nina, mira, consent_form, ada):
        given = AnswerInput(
            answer=YES, given_by="Mira Novak", wording="Form 1", form=consent_form, guardian=mira, language="de",
            medium=Consent.Medium.ONLINE, expires_on=date(2099, 1, 31),
        )  # fmt: skip
        stored = consent_answer(student=nina, given=given, recorded_by=ada.user)
        stored.refresh_from_db()
        assert (stored.guardian, stored.form, stored.language, stored.medium) == (mira, consent_form, "de", "online")
        assert (stored.recorded_by, stored.expires_on) == (ada.user, date(2099, 1, 31))

    def test_an_answer_is_replaced_never_changed(self, nina):
        first = answer(nina, YES)
        answer(nina, NO)
        first.refresh_from_db()
        assert (first.answer, first.withdrawn_at is None, first.replaced_at) == (Answer.GRANTED, False, None)
        assert Consent.objects.filter(student=nina).count() == 2

    def test_a_renewal_is_no_withdrawal(self, nina):
        """Photos from the time of the first consent stay covered until somebody withdraws."""
        taken_at = timezone.now() - timedelta(days=5)
        first = answer(nina, YES, given_at=timezone.now() - timedelta(days=9))
        answer(nina, YES, expires_on=timezone.localdate() + timedelta(days=300))
        first.refresh_from_db()
        assert (first.withdrawn_at, first.replaced_at is None) == (None, False)
        assert list(Consent.objects.covering(taken_at)) == [first]
        require_enrollable(nina, taken_at)
        consent_withdraw(student=nina, by=None)
        answer(nina, YES)
        refused("before_consent", lambda: require_enrollable(nina, taken_at))

    def test_nothing_covers_the_time_between_expiry_and_renewal(self, nina):
        answer(nina, YES, expires_on=yesterday() - timedelta(days=3), given_at=timezone.now() - timedelta(days=9))
        answer(nina, YES)
        between = timezone.now() - timedelta(days=1)
        assert not Consent.objects.covering(between).exists()
        refused("before_consent", lambda: require_enrollable(nina, between))

    def test_the_same_twice_is_one(self, nina):
        assert answer(nina, YES) == answer(nina, YES)
        assert answer(nina, NO) == answer(nina, NO)
        assert Consent.objects.filter(student=nina).count() == 2

    def test_one_guardian_under_two_names_is_one_giver(self, nina, mira):
        answer(nina, YES, guardian=mira)
        answer(nina, NO, "M. Novak", guardian=mira)
        assert Consent.objects.standing().filter(student=nina).count() == 1

    def test_its_last_day_ends_where_the_school_is(self, nina, hilltop):
        nina.institution.time_zone = "America/Chicago"
        nina.institution.save()
        stored = answer(nina, YES, expires_on=date(2099, 7, 31))
        assert stored.expires_at.isoformat() == "2099-08-01T00:00:00-05:00"

    def test_a_name_is_needed(self, nina):
        with pytest.raises(ValidationError):
            answer(nina, YES, "")

    def test_another_schools_guardian_is_none(self, nina, hilltop):
        other = Student.objects.create(institution=hilltop, name="Other", roll_number="1")
        stranger = other.guardians.create(institution=hilltop, name="X", through_defaults={"institution": hilltop})
        with pytest.raises(ValidationError):
            answer(nina, YES, guardian=stranger)

    def test_none_is_from_the_future(self, nina):
        refused("in_future", lambda: answer(nina, YES, given_at=timezone.now() + timedelta(days=1)))


class TestAge:
    @pytest.fixture
    def adult(self, nina):
        nina.birth_date = date(2000, 1, 1)
        nina.save()
        return nina

    def test_an_adult_answers_for_themselves(self, adult):
        refused("is_adult", lambda: answer(adult, YES))
        refused("is_adult", lambda: answer(adult, NO))
        answer(adult, YES, "Nina Novak", by_student=True)
        assert is_searchable(adult)

    def test_an_adults_own_answer_replaces_those_from_before(self, nina):
        answer(nina, NO)
        nina.birth_date = date(2000, 1, 1)
        nina.save()
        answer(nina, YES, "Nina Novak", by_student=True)
        assert is_searchable(nina)

    def test_a_guardian_can_still_withdraw_what_they_gave(self, nina):
        answer(nina, YES)
        nina.birth_date = date(2000, 1, 1)
        nina.save()
        answer(nina, NO)
        assert not is_searchable(nina)

    @pytest.mark.parametrize("law", ["england", "illinois"])
    def test_in_some_places_a_parent_is_needed(self, nina, law):
        nina.institution.law = law
        nina.institution.save()
        refused("parent_needed", lambda: answer(nina, YES, "Nina Novak", by_student=True))
        answer(nina, NO, "Nina Novak", by_student=True)

    def test_elsewhere_a_student_can_agree(self, nina):
        answer(nina, YES, "Nina Novak", by_student=True)
        assert is_searchable(nina)


class TestTheFace:
    @pytest.fixture
    def enrolled(self, sam, face_file):
        photos.face_photo_add(student=sam, upload=face_file(1), added_by=None)
        return sam

    def test_goes_with_a_refusal(self, enrolled, files_of):
        answer(enrolled, NO, "the other parent")
        assert not is_searchable(enrolled)
        with TestCase.captureOnCommitCallbacks(execute=True):
            assert consent_settle(student=enrolled).vectors == 1
        assert (FaceVector.objects.count(), FacePhoto.objects.count(), files_of()) == (0, 0, [])

    def test_stays_with_a_consent(self, enrolled):
        answer(enrolled, YES, "the other parent")
        assert consent_settle(student=enrolled) is None
        assert FaceVector.objects.count() == 1

    def test_is_erased_later_if_the_engine_is_unavailable(self, enrolled, monkeypatch):
        def unavailable(*, student):
            raise consents.ErasureUnfinished("erasure_waiting", "later")

        monkeypatch.setattr(consents, "student_erase_faces", unavailable)
        answer(enrolled, NO, "the other parent")
        assert consent_settle(student=enrolled) is None
        assert not is_searchable(enrolled)
