"""The journal of erasures, which a restored backup is told by."""

from uuid import uuid4

from django.utils import timezone

from accounts.erasure_journal import FACES, STUDENT, erasure_note, erasures_since, erasures_take_over


def test_a_machine_that_takes_over_knows_what_the_one_before_erased(tmp_path, settings):
    """Else the next restoring there, of an older backup, would bring back whom the first machine erased."""
    began, sam, sita = timezone.now(), uuid4(), uuid4()
    before = settings.ERASURE_JOURNAL = tmp_path / "before.jsonl"
    erasure_note(STUDENT, school=uuid4(), subject=sam, scope="everything")
    now = settings.ERASURE_JOURNAL = tmp_path / "now.jsonl"
    for _ in range(2):
        erasures_take_over([before, now] if now.exists() else [before])
    erasure_note(FACES, school=uuid4(), subject=sita)
    found = erasures_since(began, paths=[now])
    assert [(each.kind, each.subject, each.scope) for each in found] == [
        (STUDENT, sam, "everything"),
        (FACES, sita, ""),
    ]
    assert len(now.read_text().splitlines()) == 2
    assert now.read_text().startswith(before.read_text())


def test_an_erasure_that_was_noted_twice_is_done_again_once(tmp_path, settings):
    settings.ERASURE_JOURNAL = journal = tmp_path / "journal.jsonl"
    began, school, sam, sita = timezone.now(), uuid4(), uuid4(), uuid4()
    for subject, scope in ((sam, "faces"), (sita, "faces"), (sam, "faces"), (sam, "everything")):
        erasure_note(STUDENT, school=school, subject=subject, scope=scope)
    found = erasures_since(began, paths=[journal, journal])
    assert [(each.subject, each.scope) for each in found] == [(sita, "faces"), (sam, "faces"), (sam, "everything")]
