"""After a withdrawn consent nothing of the face is left in any store; what is cut short is finished later."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.erasure_journal import FACES, erasures_since
from enrollment.errors import EnrollmentError, ErasureUnfinished
from enrollment.faces import faces_for
from enrollment.faces.consent import require_enrollable, searchable
from enrollment.models import Consent, FaceId, FacePhoto, FaceVector, LookAlike, Student
from enrollment.readiness import erasures_due
from enrollment.repositories import face_ids_for
from enrollment.services import consents, erasure, photos, reconciliation
from enrollment.services.leavers import leavers_erase
from enrollment.services.refused import REFUSED_KEPT, refused_pictures_delete
from tests.enrollment.orl import face

State = FacePhoto.State
pytestmark = pytest.mark.django_db(transaction=True)  # files go when the transaction is committed


def enrol(student, person, face_file, numbers=(1, 2)):
    return [
        photos.face_photo_add(student=student, upload=face_file(person, number), added_by=None) for number in numbers
    ]


@pytest.fixture
def enrolled(sam, sita, face_file):
    """Sam, with two photos; Sita has two as well."""
    enrol(sam, 1, face_file)
    enrol(sita, 2, face_file)
    return sam


def assert_nothing_left_of(student):
    assert not FacePhoto.objects.filter(student=student).exists()
    assert not FaceId.objects.filter(student=student).exists()
    assert face_ids_for(student.institution).for_student(student.pk) == []
    assert not LookAlike.objects.exists()
    known = set(FacePhoto.objects.values_list("face_id", flat=True))
    assert set(FaceVector.objects.values_list("face_id", flat=True)) == known


def assert_sita_is_untouched(sita, files_of):
    assert sita.photos.count() == FaceVector.objects.count() == FaceId.objects.count() == 2
    assert len(files_of()) == 4
    assert all(str(photo.pk) in " ".join(map(str, files_of())) for photo in sita.photos.all())


class TestWithdrawing:
    def test_every_store_is_empty(self, enrolled, sita, files_of):
        receipt = consents.consent_withdraw(student=enrolled, by=None)
        assert (receipt.vectors, receipt.mappings, receipt.photos, receipt.files) == (2, 2, 2, 4)
        assert_nothing_left_of(enrolled)
        assert_sita_is_untouched(sita, files_of)
        assert enrolled.consents.get().withdrawn_at is not None

    def test_no_empty_folders_are_left(self, enrolled, own_media):
        consents.consent_withdraw(student=enrolled, by=None)
        assert len(list((own_media / "faces" / str(enrolled.institution_id)).iterdir())) == 2

    def test_is_found_no_more(self, enrolled):
        assert self.found(enrolled)
        consents.consent_withdraw(student=enrolled, by=None)
        assert not self.found(enrolled)

    def found(self, student):
        seen = faces_for(student.institution).identify(face(1, 5), candidates=None)
        return any(match.student_id == student.pk for each in seen for match in each.matches)

    def test_twice_is_harmless(self, enrolled):
        consents.consent_withdraw(student=enrolled, by=None)
        receipt = consents.consent_withdraw(student=enrolled, by=None)
        assert (receipt.vectors, receipt.photos, receipt.files) == (0, 0, 0)

    def test_who_is_held_for_looking_like_them_is_free(self, sam, sita, face_file):
        enrol(sam, 1, face_file, [1])
        (held,) = enrol(sita, 1, face_file, [2])
        assert held.state == FacePhoto.State.HELD
        consents.consent_withdraw(student=sam, by=None)
        held.refresh_from_db()
        assert held.looks_like is None
        assert photos.face_photo_examine(photo=held).state == FacePhoto.State.ENROLLED

    def test_pairs_go_too(self, sam, sita, face_file, tess):
        enrol(sam, 1, face_file, [1])
        (held,) = enrol(sita, 1, face_file, [2])
        photos.look_alike_confirm(photo=held, confirmed_by=tess.user)
        consents.consent_withdraw(student=sam, by=None)
        assert_nothing_left_of(sam)


class TestCutShort:
    def test_the_engine_is_unavailable(self, enrolled, sita, engine_unavailable, files_of):
        with pytest.raises(ErasureUnfinished) as caught:
            consents.consent_withdraw(student=enrolled, by=None)
        assert caught.value.retryable
        # From the first step on they are no candidate, even if there is still something to erase.
        assert not Student.objects.with_consent().filter(pk=enrolled.pk).exists()
        assert list(erasures_due(enrolled.institution)) == [enrolled]
        engine_unavailable()
        assert erasure.erasures_resume(institution=enrolled.institution) == 1
        assert_nothing_left_of(enrolled)
        assert_sita_is_untouched(sita, files_of)
        assert not erasures_due(enrolled.institution).exists()

    @pytest.mark.parametrize("step", ["_forget", "_delete_photos", "files_delete"])
    def test_killed_at(self, step, enrolled, sita, files_of, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(erasure, step, lambda *args: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                consents.consent_withdraw(student=enrolled, by=None)
        erasure.erasures_resume(institution=enrolled.institution)
        assert_nothing_left_of(enrolled)
        assert_sita_is_untouched(sita, files_of)

    def test_what_the_journal_could_not_be_told_it_is_told_when_it_is_finished(self, enrolled, tmp_path, settings):
        """A restored backup would bring the face back: the journal could not be written when the consent ended."""
        settings.ERASURE_JOURNAL = journal = tmp_path / "disk" / "erasures.jsonl"
        began = timezone.now()
        with pytest.raises(OSError, match="disk"):
            consents.consent_withdraw(student=enrolled, by=None)
        journal.parent.mkdir()
        erasure.erasures_resume(institution=enrolled.institution)
        assert_nothing_left_of(enrolled)
        assert {(each.kind, each.subject) for each in erasures_since(began, paths=[journal])} == {(FACES, enrolled.pk)}

    def test_another_schools_erasure_is_not_ours(self, enrolled, hilltop):
        Consent.objects.update(withdrawn_at=timezone.now())
        assert erasure.erasures_resume(institution=hilltop) == 0
        assert FacePhoto.objects.count() == 4


class TestConsentedAgainMeanwhile:
    """A consent that is recorded while an erasure is unfinished brings nothing back."""

    @pytest.fixture
    def back(self, enrolled, engine_unavailable):
        """Sam withdrew while the engine was unavailable and consents again; a function that brings the engine back."""
        with pytest.raises(ErasureUnfinished):
            consents.consent_withdraw(student=enrolled, by=None)
        yesterday = timezone.now() - timedelta(days=1)  # as the paper is dated
        consents.consent_record(
            student=enrolled, given_by="Ms Field", wording="Form 3", recorded_by=None, given_at=yesterday
        )
        return engine_unavailable

    def test_nobody_is_compared_with_what_is_still_to_be_erased(self, back, enrolled, sita):
        back()
        assert searchable(enrolled.institution) == {sita.pk}
        assert list(erasures_due(enrolled.institution)) == [enrolled]

    def test_the_old_photos_stay_withdrawn(self, back, enrolled, face_file):
        old = enrolled.photos.first()
        for act in (
            lambda: photos.face_photo_examine(photo=old),
            lambda: photos.face_photo_add(student=enrolled, upload=face_file(1, 3), added_by=None),
        ):
            with pytest.raises(EnrollmentError) as refused:
                act()
            assert (refused.value.code, refused.value.retryable) == ("being_erased", True)
            assert not enrolled.photos.exclude(state=State.WITHDRAWN).exists()
        assert not photos.face_photos_waiting(enrolled.institution).exists()

    def test_it_is_finished_all_the_same_and_new_photos_count(self, back, enrolled, sita, files_of, face_file):
        back()
        assert erasure.erasures_resume(institution=enrolled.institution) == 1
        assert_nothing_left_of(enrolled)
        assert_sita_is_untouched(sita, files_of)
        assert [photo.state for photo in enrol(enrolled, 1, face_file, [3])] == [State.ENROLLED]
        assert searchable(enrolled.institution) == {sita.pk, enrolled.pk}

    def test_the_daily_comparison_finishes_it_too(self, back, enrolled):
        back()
        found, left = reconciliation.faces_reconcile(institution=enrolled.institution, settling=0)
        assert (reconciliation.Sort.WITHOUT_CONSENT in {each.sort for each in found}, left) == (True, 0)
        assert_nothing_left_of(enrolled)

    def test_a_face_photographed_before_the_withdrawal_does_not_count(self, back, enrolled):
        """However early the new consent is dated."""
        back()
        erasure.erasures_resume(institution=enrolled.institution)
        hour = timedelta(hours=1)
        with pytest.raises(EnrollmentError) as refused:
            require_enrollable(enrolled, timezone.now() - hour)
        assert refused.value.code == "before_consent"
        require_enrollable(enrolled, timezone.now() + hour)

    @pytest.mark.parametrize("step", ["_tell_other_rooms", "_forget", "_delete_photos"])
    def test_after_a_kill(self, step, enrolled, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(erasure, step, lambda *args: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                consents.consent_withdraw(student=enrolled, by=None)
        consents.consent_record(student=enrolled, given_by="Ms Field", wording="Form 3", recorded_by=None)
        assert erasure.erasures_resume(institution=enrolled.institution) == 1
        assert_nothing_left_of(enrolled)

    def test_the_office_sees_no_picture_of_it(self, back, enrolled, client, ada):
        client.force_login(ada.user)
        photo = enrolled.photos.first()
        for name in ("picture", "portrait"):
            assert client.get(reverse(f"admin:enrollment_facephoto_{name}", args=[photo.pk])).status_code == 404
        page = client.get(reverse("admin:enrollment_student_change", args=[enrolled.pk])).content.decode()
        assert "Its consent was withdrawn." in page


class TestOnePhotograph:
    def test_deleting_it(self, enrolled, files_of):
        first, second = enrolled.photos.all()
        photos.face_photo_delete(photo=first)
        assert list(enrolled.photos.all()) == [second]
        assert face_ids_for(enrolled.institution).for_student(enrolled.pk) == [second.face_id]
        assert FaceVector.objects.count() == 3
        assert not default_storage.exists(first.picture.name)
        assert not default_storage.exists(first.portrait.name)

    def test_is_kept_while_the_engine_is_unavailable(self, enrolled, engine_unavailable):
        with pytest.raises(ErasureUnfinished):
            photos.face_photo_delete(photo=enrolled.photos.first())
        assert enrolled.photos.count() == 2

    def test_can_be_added_again(self, enrolled, face_file):
        photos.face_photo_delete(photo=enrolled.photos.first())
        assert [photo.state for photo in enrol(enrolled, 1, face_file)] == ["enrolled", "enrolled"]


def test_rolled_back_deletion_keeps_the_files(enrolled, files_of):
    with transaction.atomic():
        erasure._delete_photos(enrolled.photos.all())
        transaction.set_rollback(True)
    assert len(files_of()) == 8
    assert enrolled.photos.count() == 2


class TestLeavers:
    def test_are_erased_after_the_days_that_the_school_says(self, enrolled, sita):
        enrolled.is_active = False
        enrolled.save()
        assert leavers_erase() == 0
        enrolled.refresh_from_db()
        Student.objects.filter(pk=enrolled.pk).update(left_at=enrolled.left_at - timedelta(days=29))
        assert leavers_erase() == 0
        Student.objects.filter(pk=enrolled.pk).update(left_at=enrolled.left_at - timedelta(days=30))
        assert leavers_erase() == 1
        assert_nothing_left_of(enrolled)
        assert not enrolled.consents.filter(withdrawn_at=None).exists()
        assert sita.photos.count() == 2
        assert leavers_erase() == 0

    @pytest.mark.parametrize(("law", "erased"), [("illinois", 1), ("", 0)])
    def test_are_erased_after_the_days_that_the_law_allows(self, enrolled, law, erased):
        school = enrolled.institution
        school.law, school.leaver_retention_days = law, 365
        school.save()
        Student.objects.filter(pk=enrolled.pk).update(is_active=False, left_at=timezone.now() - timedelta(days=30))
        assert leavers_erase() == erased

    def test_who_comes_back_in_time_keeps_everything(self, enrolled):
        Student.objects.filter(pk=enrolled.pk).update(left_at=timezone.now() - timedelta(days=99))
        assert leavers_erase() == 0
        enrolled.refresh_from_db()
        assert (enrolled.left_at, enrolled.photos.count()) == (None, 2)

    def test_an_engine_that_is_unavailable_is_asked_again(self, enrolled, engine_unavailable):
        Student.objects.filter(pk=enrolled.pk).update(is_active=False, left_at=timezone.now() - timedelta(days=99))
        assert (leavers_erase(), enrolled.photos.count()) == (0, 2)
        engine_unavailable()
        assert erasure.erasures_resume(institution=enrolled.institution) == 1
        assert_nothing_left_of(enrolled)


class TestRefusedPhotos:
    @pytest.fixture
    def refused(self, sam, no_face_file):
        photo = photos.face_photo_add(student=sam, upload=no_face_file(), added_by=None)
        assert photo.state == State.REFUSED
        return photo

    def test_keep_their_file_for_some_days_and_their_reason_after(self, refused, files_of):
        assert (refused_pictures_delete(), len(files_of())) == (0, 1)
        FacePhoto.objects.update(created_at=timezone.now() - REFUSED_KEPT)
        assert (refused_pictures_delete(), files_of()) == (1, [])
        refused.refresh_from_db()
        assert (refused.state, refused.refusal, bool(refused.picture)) == (State.REFUSED, "no_face", False)
        assert refused_pictures_delete() == 0

    def test_files_of_others_stay(self, enrolled, files_of):
        FacePhoto.objects.update(created_at=timezone.now() - REFUSED_KEPT)
        assert (refused_pictures_delete(), len(files_of())) == (0, 8)
