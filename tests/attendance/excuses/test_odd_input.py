"""Odd words in every field of the forms of families: a sentence or a stored reason, never an error of the portal's."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from attendance.models import Dispute, Excuse

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]
ODD = ["\x00", "７", "7" * 5000, "👩‍👧 \u202eevil", "-1", "<script>", "9999-12-31", "0001-01-01", "25:61", "x" * 20_000]


@pytest.mark.parametrize("odd", ODD)
def test_a_reason(client, sam, today, odd):
    client.force_login(sam.user)
    good = {"kind": "illness", "first_day": str(today), "last_day": "", "begins": "", "ends": "", "note": ""}
    for field in good:
        before = Excuse.objects.count()
        answer = client.post("/riverside/me/excuses/", {**good, field: odd})
        assert answer.status_code in (200, 302), field
        assert Excuse.objects.count() - before == (answer.status_code == 302), field


@pytest.mark.parametrize("odd", ODD)
def test_an_objection_and_its_decision(client, closed, dispute, sam, tess, odd):
    client.force_login(sam.user)
    page = f"/riverside/me/lessons/{closed.pk}/dispute/"
    assert client.post(page, {"note": odd}).status_code in (200, 302)
    client.force_login(tess.user)
    good = {"verb": "keep", "answer": "No", "version": 1, "next": "/riverside/today/"}
    for field in ("verb", "version"):
        sent = {**good, field: odd}
        assert client.post(f"/riverside/disputes/{dispute.pk}/decide/", sent).status_code in (302, 400), field
    answer = client.post(f"/riverside/disputes/{dispute.pk}/decide/", {**good, "next": odd})
    assert answer.url == "/riverside/decisions/"


@pytest.mark.parametrize("next_", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"])
def test_a_decision_leads_nowhere_else(client, dispute, tess, next_):
    client.force_login(tess.user)
    sent = {"verb": "keep", "answer": "No", "next": next_}
    assert client.post(f"/riverside/disputes/{dispute.pk}/decide/", sent).url == "/riverside/decisions/"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "a\x00b.pdf", "x" * 400 + ".pdf", "𝔟𝔢𝔣𝔲𝔫𝔡.pdf", "con.jpg"])
def test_a_file_of_any_name(client, sam, today, name):
    client.force_login(sam.user)
    upload = SimpleUploadedFile("a.jpg", b"%PDF-1.4 nothing")
    upload.name = name or "a"
    sent = {"kind": "illness", "first_day": str(today), "document": upload}
    answer = client.post("/riverside/me/excuses/", sent)
    assert answer.status_code == 200
    assert not Excuse.objects.exists()


@pytest.fixture
def dispute(closed, sam):
    from attendance.disputes.disputing import dispute_send

    dispute_send(student=sam, session=closed, note="I was there", by=sam.user)
    return Dispute.objects.get()
