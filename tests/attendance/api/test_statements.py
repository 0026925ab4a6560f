"""The API: a student's own excuses and disputes, and nobody else's."""

from attendance.disputes.disputing import dispute_keep, dispute_send
from attendance.excuses.giving import Reason, excuse_give
from attendance.models import Excuse
from attendance.register.sessions import session_close


def test_own_excuses_and_disputes_with_the_answers(api, sam, sita, tess, register):
    closed = session_close(session=register, by=tess.user)
    day = closed.local_date
    for student in (sam, sita):
        excuse_give(student=student, reason=Reason(Excuse.Kind.ILLNESS, day, day, note="A cold"), by=sam.user)
    dispute = dispute_send(student=sam, session=closed, note="I sat at the back", by=sam.user)
    dispute_keep(dispute=dispute, by=tess.user, answer="I called your name")
    [excuse] = api(sam).get("me/excuses/").json()
    assert (excuse["kind"], excuse["first_day"], excuse["state"]) == ("illness", str(day), "waiting")
    [found] = api(sam).get("me/disputes/").json()
    assert (found["session_id"], found["state"], found["answer"]) == (str(closed.pk), "kept", "I called your name")
