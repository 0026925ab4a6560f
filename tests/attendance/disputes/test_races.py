"""Two who decide on one objection at the same moment: one decision, and the mark that belongs to it."""

import pytest

from attendance.disputes import disputing
from attendance.disputes.disputing import dispute_correct, dispute_keep, dispute_withdraw
from attendance.disputes.errors import DisputeDecided
from attendance.domain.statuses import Status
from attendance.models import Dispute
from attendance.register.corrections import Correction, mark_correct
from attendance.register.errors import MarkConflict
from attendance.repositories import marks_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def meanwhile(monkeypatch):
    """Something that happens between a decider's look at the objection and their mark."""
    real = disputing.mark_correct

    def set_(act):
        def slowly(**fields):
            monkeypatch.setattr(disputing, "mark_correct", real)
            act()
            return real(**fields)

        monkeypatch.setattr(disputing, "mark_correct", slowly)

    return set_


def mark_of(session, student):
    return marks_for(session.institution).for_session(session.pk)[student.pk]


def again(dispute):
    return Dispute.objects.select_related("institution", "session__institution").get(pk=dispute.pk)


def test_kept_meanwhile_the_mark_stays(dispute, closed, sam, tess, ada, meanwhile):
    meanwhile(lambda: dispute_keep(dispute=again(dispute), by=ada.user, answer="I called your name"))
    with pytest.raises(DisputeDecided):
        dispute_correct(dispute=dispute, status=Status.PRESENT, by=tess.user, expected_version=1)
    assert mark_of(closed, sam).status is Status.ABSENT
    assert (again(dispute).state, again(dispute).answer) == ("kept", "I called your name")


def test_taken_back_meanwhile_the_mark_stays(dispute, closed, sam, tess, meanwhile):
    meanwhile(lambda: dispute_withdraw(dispute=again(dispute)))
    with pytest.raises(DisputeDecided):
        dispute_correct(dispute=dispute, status=Status.PRESENT, by=tess.user, expected_version=1)
    assert mark_of(closed, sam).status is Status.ABSENT


def test_corrected_alike_by_another_the_mark_is_theirs(dispute, closed, sam, tess, ada, meanwhile):
    meanwhile(lambda: dispute_correct(dispute=again(dispute), status=Status.PRESENT, by=ada.user, expected_version=1))
    with pytest.raises(MarkConflict):
        dispute_correct(dispute=dispute, status=Status.PRESENT, by=tess.user, expected_version=1)
    mark = mark_of(closed, sam)
    assert (mark.status, mark.version, mark.actor_id) == (Status.PRESENT, 2, ada.user.pk)
    assert again(dispute).decided_by == ada.user


def test_by_one_person_in_two_tabs_it_is_one_decision(dispute, closed, sam, tess, meanwhile):
    def correct(row):
        return dispute_correct(dispute=row, status=Status.PRESENT, by=tess.user, expected_version=1)

    meanwhile(lambda: correct(again(dispute)))
    with pytest.raises(DisputeDecided):
        correct(dispute)
    assert (mark_of(closed, sam).status, mark_of(closed, sam).version) == (Status.PRESENT, 2)
    assert again(dispute).written_version == 2


def test_corrected_by_hand_and_kept_meanwhile_the_hand_counts(dispute, closed, sam, tess, ada, meanwhile):
    def act():
        correction = Correction(Status.PRESENT, "Seen on the photo")
        mark_correct(session=closed, student_id=sam.pk, correction=correction, by=ada.user, expected_version=1)
        dispute_keep(dispute=again(dispute), by=ada.user, answer="Corrected already")

    meanwhile(act)
    with pytest.raises(MarkConflict):
        dispute_correct(dispute=dispute, status=Status.PRESENT, by=tess.user, expected_version=1)
    assert mark_of(closed, sam).status is Status.PRESENT
