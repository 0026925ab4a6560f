"""The pages of erasures: asking, following, the receipt, checking one. Who may open them: tests/test_walls.py."""

import json
from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from accounts.jobs import jobs_resume
from accounts.models import Job
from attendance.erasing.receipts import receipt_text
from attendance.erasing.student import student_erase
from enrollment.models import ErasureReceipt, ErasureScope, Student

pytestmark = pytest.mark.django_db(transaction=True)


def address(name, *args, school="riverside"):
    return reverse(name, args=[school, *args])


def shown(response):
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.fixture
def receipt(physics, sam, ada):
    receipt = student_erase(student=sam, scope=ErasureScope.EVERYTHING, reason="", by=ada.user)
    jobs_resume()
    receipt.refresh_from_db()
    return receipt


def uploaded(text):
    return {"file": SimpleUploadedFile("receipt.json", text.encode(), "application/json")}


class TestAsking:
    def test_says_what_there_is_and_until_when_backups_hold_it(self, physics, sam, ada, sign_in, settings):
        settings.BACKUP_RETENTION_DAYS = 30
        html = shown(sign_in(ada).get(address("student_erase", sam.pk)))
        assert "Sam Field (R-001)" in html
        assert "may hold the data until" in html
        settings.BACKUP_RETENTION_DAYS = None
        assert "has not stated how long" in shown(sign_in(ada).get(address("student_erase", sam.pk)))

    def test_starts_the_erasure_and_leads_to_its_page(self, physics, sam, ada, sign_in):
        client = sign_in(ada)
        sent = {"scope": "everything", "reason": "By letter", "sure": "on"}
        response = client.post(address("student_erase", sam.pk), sent)
        receipt = ErasureReceipt.objects.get()
        assert response.url == address("erasure", receipt.pk)
        assert (receipt.scope, receipt.reason, receipt.asked_by) == ("everything", "By letter", ada.user)
        assert "Waiting to start" in shown(client.get(response.url))
        jobs_resume()
        html = shown(client.get(response.url))
        assert "Every place was read again" in html
        assert not Student.objects.filter(pk=sam.pk).exists()
        assert "Sam Field" in shown(client.get(address("erasures")))

    @pytest.mark.parametrize("sent", [{"scope": "faces"}, {"scope": "all", "sure": "on"}, {"sure": "on"}])
    def test_an_incomplete_form_erases_nothing(self, physics, sam, ada, sign_in, sent):
        assert 'role="alert"' in shown(sign_in(ada).post(address("student_erase", sam.pk), sent))
        assert ErasureReceipt.objects.count() == 0

    def test_another_schools_student_is_not_found(self, sam, hanna, sign_in):
        response = sign_in(hanna).post(address("student_erase", sam.pk, school="hilltop"), {"sure": "on"})
        assert (response.status_code, ErasureReceipt.objects.count()) == (404, 0)

    def test_the_office_leads_to_it(self, sam, ada, sign_in):
        client = sign_in(ada)
        client.get(reverse("admin:enter", args=["riverside"]))
        page = client.get(reverse("admin:enrollment_student_change", args=[sam.pk])).content.decode()
        assert address("student_erase", sam.pk) in page


class TestReceipt:
    def test_can_be_downloaded_and_checked(self, receipt, ada, sign_in):
        client = sign_in(ada)
        file = client.get(address("erasure_file", receipt.pk))
        assert file["Content-Disposition"].startswith('attachment; filename="erasure-')
        html = shown(client.post(address("erasure_verify"), uploaded(file.content.decode())))
        assert "Genuine" in html
        assert "Sam Field (R-001)" in html

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            (("R-001", "R-002"), "was changed afterwards"),
            (("{", ""), "This is not a receipt"),
            (("", "9" * 100_001), "not"),
        ],
    )
    def test_a_changed_file_is_refused(self, receipt, ada, sign_in, change, sentence):
        text = receipt_text(receipt).replace(*change, 1)
        html = shown(sign_in(ada).post(address("erasure_verify"), uploaded(text)))
        assert sentence in html
        assert "Genuine" not in html

    def test_another_schools_is_refused(self, receipt, hanna, sign_in):
        client = sign_in(hanna)
        html = shown(client.post(address("erasure_verify", school="hilltop"), uploaded(receipt_text(receipt))))
        assert "not one of this school" in html
        assert "Sam Field" not in html
        for name in ("erasure", "erasure_file"):
            assert client.get(address(name, receipt.pk, school="hilltop")).status_code == 404

    def test_a_changed_row_is_shown_as_such(self, receipt, ada, sign_in):
        receipt.document["reason"] = "Another"
        receipt.save()
        assert "The signature does not fit" in shown(sign_in(ada).get(address("erasure", receipt.pk)))

    def test_an_unfinished_one_is_no_file_and_can_be_continued(self, physics, sam, ada, sign_in):
        receipt = student_erase(student=sam, scope=ErasureScope.FACES, reason="", by=ada.user)
        client = sign_in(ada)
        assert client.get(address("erasure_file", receipt.pk)).status_code == 404
        Job.objects.update(state="failed", error="A fault.", ended_at=timezone.now())
        html = shown(client.get(address("erasure", receipt.pk)))
        assert "This erasure is unfinished. A fault." in html
        client.post(address("erasure_resume", receipt.pk))
        jobs_resume()
        receipt.refresh_from_db()
        assert receipt.is_done

    def test_the_command(self, receipt, tmp_path):
        file = tmp_path / "receipt.json"
        file.write_text(receipt_text(receipt))
        out = StringIO()
        call_command("verify_receipt", str(file), stdout=out)
        assert "Genuine: erasure of a student, Sam Field (R-001)" in out.getvalue()
        changed = json.loads(file.read_text())
        changed["receipt"]["scope"] = "faces"
        file.write_text(json.dumps(changed))
        for wrong in (file, tmp_path / "none"):
            with pytest.raises(CommandError):
                call_command("verify_receipt", str(wrong))
