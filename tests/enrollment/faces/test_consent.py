"""The consent gate by itself: who may be compared, who may be enrolled, and the sentence if not."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import Institution
from enrollment.errors import EnrollmentError
from enrollment.faces.consent import require_enrollable, searchable, searchable_held
from enrollment.models import Consent, FacePhoto, Student
from tests.conftest import make_student

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 14, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def hari(hilltop):
    return make_student(hilltop, "Hari", "H-001")


def withdraw(student):
    student.consents.update(withdrawn_at=timezone.now())


def expire(student):
    consent = student.consents.get()
    consent.expires_on = timezone.localdate() - timedelta(days=2)
    consent.save()


def refuse(student):
    Consent.objects.create(
        institution=student.institution, student=student, given_by="the other parent", answer=Consent.Answer.REFUSED
    )


def leave(student):
    Student.objects.filter(pk=student.pk).update(is_active=False)


def be_erased(student):
    FacePhoto.objects.create(institution=student.institution, student=student, state=FacePhoto.State.WITHDRAWN)


ENDS = pytest.mark.parametrize(
    ("end", "code", "sentence"),
    [
        (withdraw, "no_consent", "There is no valid consent of {sam}. Record the consent, then add the photo."),
        (expire, "no_consent", "There is no valid consent of {sam}. Record the consent, then add the photo."),
        (refuse, "no_consent", "There is no valid consent of {sam}. Record the consent, then add the photo."),
        (leave, "no_consent", "There is no valid consent of {sam}. Record the consent, then add the photo."),
        (
            be_erased,
            "being_erased",
            "Photos of {sam} from an earlier consent are still being erased. Add new ones when that is done.",
        ),
    ],
)
GATES = pytest.mark.parametrize("gate", [searchable, searchable_held])


class TestSearchable:
    @GATES
    def test_students_of_the_school_alone_and_only_those_asked_for(self, gate, riverside, hilltop, sam, sita, hari):
        everybody = {sam.pk, sita.pk, hari.pk, uuid4()}
        with transaction.atomic():
            assert gate(riverside, everybody) == {sam.pk, sita.pk}
            assert gate(riverside, {sam.pk}) == {sam.pk}
            assert gate(riverside, set()) == set()
            assert gate(hilltop, everybody) == {hari.pk}

    def test_all_of_the_school(self, riverside, sam, sita, hari):
        assert searchable(riverside) == {sam.pk, sita.pk}

    @GATES
    @ENDS
    def test_nobody_whose_consent_does_not_hold(self, gate, end, code, sentence, riverside, sam, sita):
        end(sam)
        with transaction.atomic():
            assert gate(riverside, {sam.pk, sita.pk}) == {sita.pk}

    @GATES
    def test_nobody_of_a_school_that_has_faces_off(self, gate, riverside, sam):
        """Also if somebody else has switched it off since this process read the school."""
        with transaction.atomic():
            Institution.objects.update(faces_enabled=False)
            assert gate(riverside, {sam.pk}) == set()
            Institution.objects.update(faces_enabled=True)
            riverside.faces_enabled = False
            assert gate(riverside, {sam.pk}) == set()

    def test_a_photo_in_use_hinders_nothing(self, riverside, sam):
        FacePhoto.objects.create(institution=riverside, student=sam, state=FacePhoto.State.ENROLLED)
        assert searchable(riverside) == {sam.pk}


class TestHeld:
    """SQLite, which has one writer, locks no rows: what PostgreSQL would be asked is read instead."""

    @pytest.fixture
    def asked(self, monkeypatch):
        for feature in ("has_select_for_update", "has_select_for_update_of", "has_select_for_no_key_update"):
            monkeypatch.setattr(connection.features, feature, True)
        asked = []

        def without_locks(execute, sql, params, many, context):
            query, _for, lock = sql.partition(" FOR ")
            asked.append((query, lock, params))
            return execute(query, params, many, context)

        with transaction.atomic(), connection.execute_wrapper(without_locks):
            yield asked

    def test_the_students_and_the_consents_in_one_order_before_the_gate_is_asked(self, riverside, sam, sita, asked):
        """A student first, as everyone who records an answer does."""
        assert searchable_held(riverside, {sam.pk}) == {sam.pk}
        (students, held, _), (consents, held_too, _), (gate, not_held, _) = asked
        assert (held, held_too, not_held) == (
            'NO KEY UPDATE OF "enrollment_student"', 'NO KEY UPDATE OF "enrollment_consent"', "",
        )  # fmt: skip
        assert consents.endswith('ORDER BY "enrollment_consent"."id" ASC')
        assert students.endswith('ORDER BY "enrollment_student"."id" ASC')
        assert 'SELECT "enrollment_student"."id"' in gate

    def test_of_the_school_those_alone_who_are_asked_for_and_at_the_school(self, riverside, sam, sita, hari, asked):
        gone = [sita, make_student(riverside, "Nora", "R-003")]
        for student in gone:
            withdraw(student)
            leave(student)
        asked.clear()
        searchable_held(riverside, {sam.pk, hari.pk, *(student.pk for student in gone)})
        rows = []
        for query, _lock, params in asked[:2]:
            with connection.cursor() as cursor:
                cursor.execute(query, params)
                rows.append(len(cursor.fetchall()))
        assert rows == [1, 1]
        asked.clear()
        assert searchable_held(riverside, set()) == set()
        assert asked == []  # of nobody nothing is asked


class TestEnrollable:
    def test_a_student_whose_consent_holds(self, sam):
        require_enrollable(sam)

    @ENDS
    def test_the_reason_if_not(self, end, code, sentence, sam):
        end(sam)
        with pytest.raises(EnrollmentError) as refused:
            require_enrollable(sam)
        assert (refused.value.code, str(refused.value)) == (code, sentence.format(sam=sam))
        assert refused.value.retryable is (code == "being_erased")

    @pytest.mark.parametrize("is_known", [True, False])
    def test_faces_that_are_off_are_the_first_reason(self, is_known, sam, hilltop):
        withdraw(sam)
        Institution.objects.exclude(pk=hilltop.pk).update(faces_enabled=False)
        sam.institution.faces_enabled = not is_known
        with pytest.raises(EnrollmentError) as refused:
            require_enrollable(sam)
        assert refused.value.code == "faces_off"
        assert str(refused.value) == (
            "Taking attendance by face is switched off. Switch it on in the school's settings first."
        )

    def test_another_school_has_faces_off(self, sam, hilltop):
        withdraw(sam)
        Institution.objects.filter(pk=hilltop.pk).update(faces_enabled=False)
        with pytest.raises(EnrollmentError) as refused:
            require_enrollable(sam)
        assert refused.value.code == "no_consent"

    def test_an_erasure_of_somebody_without_a_consent_is_no_reason_to_wait(self, sam):
        be_erased(sam)
        withdraw(sam)
        with pytest.raises(EnrollmentError) as refused:
            require_enrollable(sam)
        assert refused.value.code == "no_consent"

    def test_somebody_elses_erasure_is_none_of_theirs(self, sam, sita):
        be_erased(sita)
        require_enrollable(sam)
        withdraw(sam)
        with pytest.raises(EnrollmentError) as refused:
            require_enrollable(sam)
        assert refused.value.code == "no_consent"


class TestPhotosOfBefore:
    @pytest.fixture
    def consented(self, sam):
        sam.consents.update(given_at=NOW)
        return sam

    def is_refused(self, student, photographed_at):
        sentence = f"This photo of {student} was taken before the consent was given. Delete it and add a newer one."
        try:
            require_enrollable(student, photographed_at)
        except EnrollmentError as error:
            return (error.code, str(error)) == ("before_consent", sentence)
        return False

    def test_from_the_moment_of_the_consent_on(self, consented):
        assert self.is_refused(consented, NOW - HOUR)
        assert not self.is_refused(consented, NOW)
        assert not self.is_refused(consented, NOW + HOUR)

    def test_up_to_the_end_of_an_earlier_one(self, consented, riverside):
        Consent.objects.create(
            institution=riverside, student=consented, given_by="a parent", given_at=NOW, withdrawn_at=NOW + HOUR
        )
        assert self.is_refused(consented, NOW + HOUR)
        assert not self.is_refused(consented, NOW + 2 * HOUR)

    def test_a_refusal_that_was_taken_back_ended_no_consent(self, consented, riverside):
        Consent.objects.create(
            institution=riverside, student=consented, given_by="the other parent", given_at=NOW - HOUR,
            answer=Consent.Answer.REFUSED, withdrawn_at=NOW + HOUR,
        )  # fmt: skip
        assert not self.is_refused(consented, NOW)

    def test_nobody_elses_consent_counts(self, consented, sita):
        sita.consents.update(given_at=NOW - 2 * HOUR)
        assert self.is_refused(consented, NOW - HOUR)
        sita.consents.update(withdrawn_at=NOW + HOUR)
        assert not self.is_refused(consented, NOW)

    def test_one_that_has_expired_covers_its_own_time_alone(self, consented, riverside):
        day = timedelta(days=1)
        Consent.objects.create(
            institution=riverside, student=consented, given_by="the other parent", given_at=NOW - 2 * day,
            expires_on=(NOW - day).date(),
        )  # fmt: skip
        assert not self.is_refused(consented, NOW - day)
        assert self.is_refused(consented, NOW - HOUR)
        assert self.is_refused(consented, NOW - 3 * day)
