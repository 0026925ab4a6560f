"""The pages of photos in bulk, for administrators alone (strangers and other roles: the access table)."""

import json
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts.jobs import jobs_resume
from enrollment.batches import directory
from enrollment.batches.enrolling import photo_batch_enrol
from enrollment.batches.selectors import SHOWN
from enrollment.models import BatchPhoto, Consent, FacePhoto, PhotoBatch
from tests.conftest import make_student
from tests.enrollment.batches.conftest import zipped
from tests.enrollment.orl import as_bytes, as_file, face

pytestmark = pytest.mark.django_db
State = BatchPhoto.State


@pytest.fixture
def office(sign_in, ada):
    return sign_in(ada)


def at(name, **of):
    return reverse(name, kwargs={"institution": "riverside", **of})


def page(client, batch, **options):
    response = client.get(at("photo_batch", batch_id=batch.pk), options)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def said(response):
    return " ".join(str(message) for message in response.context["messages"])


def act(client, name, item, **data):
    return client.post(at(name, item_id=item.pk), data, follow=True)


class TestBatches:
    def test_none_yet_says_what_to_do(self, office):
        html = office.get(at("photos")).content.decode()
        assert "No photos have been added in bulk yet" in html
        assert at("photo_batch_new") in html

    def test_faces_off_leads_to_the_settings(self, office, riverside):
        riverside.faces_enabled = False
        riverside.save()
        assert "Face recognition is off" in office.get(at("photos")).content.decode()
        assert "switched off" in said(office.post(at("photo_batch_new"), follow=True))
        assert not PhotoBatch.objects.exists()

    def test_a_new_one_leads_to_its_page(self, office):
        response = office.post(at("photo_batch_new"), follow=True)
        batch = PhotoBatch.objects.get()
        assert response.redirect_chain[-1][0] == at("photo_batch", batch_id=batch.pk)
        assert "Drop photos, folders or a ZIP file here" in response.content.decode()
        assert batch.name in office.get(at("photos")).content.decode()

    def test_from_manage(self, office):
        assert at("photos") in office.get(at("manage")).content.decode()


class TestFiles:
    def send(self, client, batch, name, data=None, as_name=None):
        data = as_bytes(face(1)) if data is None else data
        body = {"file": SimpleUploadedFile(name.rpartition("/")[2], data), "name": as_name or name}
        response = client.post(at("photo_batch_files", batch_id=batch.pk), body)
        return response.status_code, json.loads(response.content)

    def test_one_a_request(self, office, batch, sam):
        status, told = self.send(office, batch, "10A/R-001.jpg")
        assert (status, told) == (
            201,
            {"name": "10A/R-001.jpg", "state": "matched", "detail": "Sam Field, by roll number"},
        )
        status, told = self.send(office, batch, "x.jpg", b"no photo")
        assert (status, told["state"], told["detail"]) == (201, "refused", "Not a photo.")

    def test_before_it_is_enrolled_nothing_is_said_of_the_time_it_takes(self, office, batch, receive, sam):
        receive(sam.roll_number + ".jpg")
        assert "minutes left" not in page(office, batch)

    def test_what_arrived_is_known_after_the_page_is_loaded_again(self, office, batch, sam):
        data = as_bytes(face(1))
        self.send(office, batch, "R-001.jpg", data)
        response = office.get(at("photo_batch_files", batch_id=batch.pk))
        assert response.json() == {"arrived": [["R-001.jpg", len(data)]]}

    def test_a_large_school_is_not_read_again_for_each_file(self, office, batch, sam, sita, monkeypatch):
        monkeypatch.setattr(directory, "LARGE", 1)
        reads = []
        real = directory.directory_of
        monkeypatch.setattr(directory, "directory_of", lambda school: reads.append(school) or real(school))
        assert self.send(office, batch, "R-001.jpg")[1]["state"] == "matched"
        assert self.send(office, batch, "R-002.jpg", as_bytes(face(2)))[1]["state"] == "matched"
        assert len(reads) == 1

    def test_a_zip_becomes_a_job(self, office, batch, sam):
        data = zipped([("R-001.jpg", as_bytes(face(1)))]).getvalue()
        status, told = self.send(office, batch, "photos.zip", data)
        assert (status, told["state"]) == (202, "archive")
        html = page(office, batch)
        assert "Unpacking photos" in html
        jobs_resume()
        assert "Enrol 1 photo" in page(office, batch)

    def test_a_list(self, office, batch, sam):
        self.send(office, batch, "IMG_1.jpg")
        status, _told = self.send(office, batch, "list.csv", b"file,roll number\nIMG_1.jpg,R-001")
        assert (status, batch.items.get().student) == (201, sam)

    @pytest.mark.parametrize("name", ["bad.zip", "bad.csv"])
    def test_what_cannot_be_read_is_said(self, office, batch, name):
        status, told = self.send(office, batch, name, b"\0")
        assert (status, bool(told["detail"])) == (422, True)

    def test_nothing_sent(self, office, batch):
        response = office.post(at("photo_batch_files", batch_id=batch.pk), {"name": "x"})
        assert (response.status_code, response.json()) == (400, {"error": "no_file"})

    def test_a_full_disk_is_to_be_tried_again(self, office, batch, sam, monkeypatch):
        def full(*args, **kwargs):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("django.core.files.storage.FileSystemStorage._save", full)
        status, told = self.send(office, batch, "R-001.jpg")
        assert (status, told["error"]) == (503, "picture_not_stored")

    def test_a_small_picture_is_shown_and_not_kept_by_caches(self, office, receive, sam):
        item = receive("R-001.jpg", data=as_bytes(face(1).resize((1200, 1400))))
        response = office.get(at("batch_photo_picture", item_id=item.pk))
        assert response["Cache-Control"] == "private, no-store"
        assert len(b"".join(response)) < 20_000
        assert office.get(at("batch_photo_picture", item_id=uuid4())).status_code == 404

    def test_no_picture_where_nothing_was_kept(self, office, receive, sam):
        Consent.objects.update(withdrawn_at=timezone.now())
        assert office.get(at("batch_photo_picture", item_id=receive("R-001.jpg").pk)).status_code == 404


class TestTheReport:
    @pytest.fixture
    def settled(self, batch, receive, sam, sita, riverside, no_face_file):
        """A batch with something of everything."""
        make_student(riverside, "Tara Lin", "R-003")
        without = make_student(riverside, "Nora Quist", "R-004")
        without.consents.update(withdrawn_at=timezone.now())
        receive("R-001.jpg", 1)
        receive("R-002.jpg", data=no_face_file().read())
        receive("R-003.jpg", 1, 2)
        receive("R-004.jpg", 4)
        receive("IMG_5.jpg", 5)
        receive("notes.txt", data=b"hello")
        receive("again.jpg", 1)
        photo_batch_enrol(batch=batch, by=None)
        jobs_resume()
        return batch

    def test_everything_has_its_way_to_settle_it(self, office, settled):
        html = page(office, settled)
        for words in (
            "Same person?", "Whose photo is this?", "No face found", "Files that were not read", "No consent",
            "Put aside", "Enrolled", "1 photo was deleted straight away",
        ):  # fmt: skip
            assert words in html
        for name in ("same", "different", "replace", "remove", "assign"):
            assert f"/{name}/" in html
        assert "Enrol 1 photo" not in html

    def test_it_is_there_later_and_takes_few_queries(self, office, settled, django_assert_max_num_queries):
        with django_assert_max_num_queries(14):
            html = page(office, settled)
        assert html.count("Sam Field") >= 2

    def test_figures_for_htmx(self, office, settled):
        response = office.get(at("photo_batch", batch_id=settled.pk), headers={"HX-Request": "true"})
        html = response.content.decode()
        assert "<h1" not in html
        assert "<strong>5</strong>" in html
        assert response["HX-Refresh"] == "true"  # the job has ended: the whole page is to be loaded again

    def test_while_it_is_enrolled_one_line_follows_it(self, office, batch, receive, sam):
        receive("R-001.jpg")
        office.post(at("photo_batch_start", batch_id=batch.pk))
        html = page(office, batch)
        assert "You can leave this page." in html
        assert at("photo_batch_stop", batch_id=batch.pk) in html
        assert html.count("<progress") == 1  # of the upload
        assert "HX-Refresh" not in office.get(at("photo_batch", batch_id=batch.pk), headers={"HX-Request": "true"})

    def test_the_two_buttons(self, office, settled):
        item = settled.items.get(state=State.HELD)
        assert "Tara Lin: enrolled" in said(act(office, "batch_photo_different", item))
        assert "decided already" in said(act(office, "batch_photo_same", item))

    def test_the_same_person(self, office, settled):
        item = settled.items.get(state=State.HELD)
        assert "Sam Field: enrolled" in said(act(office, "batch_photo_same", item))

    def test_a_new_photo(self, office, settled):
        item = settled.items.get(file_name="R-002.jpg")
        assert "Choose a photo" in said(act(office, "batch_photo_replace", item))
        assert "no_face" not in said(act(office, "batch_photo_replace", item, picture=as_file(face(2))))
        item.refresh_from_db()
        assert item.state == State.ENROLLED

    def test_the_rest_of_a_section_on_demand(self, office, batch, receive, sam):
        for n in range(SHOWN + 2):
            BatchPhoto.objects.create(
                institution=batch.institution, batch=batch, file_name=f"IMG_{n}.jpg", file_hash=str(n), reason="no_name"
            )
        assert f"Show all {SHOWN + 2}" in page(office, batch)
        assert page(office, batch, show="unmatched").count("/assign/") == SHOWN + 2
        assert page(office, batch, show="nothing like it").count("/assign/") == SHOWN

    def test_names_are_text(self, office, receive, batch, sam):
        receive("<script>alert(1)</script>.jpg")
        assert "<script>alert" not in page(office, batch)


class TestMatchingByHand:
    def test_by_roll_number_or_name(self, office, receive, sam, sita):
        item = receive("IMG_1.jpg")
        assert "matched with Sita Rao" in said(act(office, "batch_photo_assign", item, student="rao sita"))
        assert "matched with Sam Field" in said(act(office, "batch_photo_assign", item, student="R-001 Sam Field"))
        item.refresh_from_db()
        assert item.student == sam

    @pytest.mark.parametrize("typed", ["", "nobody", "x" * 300])
    def test_nobody_is_said(self, office, receive, sam, typed):
        item = receive("IMG_1.jpg")
        assert "IMG_1.jpg" in said(act(office, "batch_photo_assign", item, student=typed))
        item.refresh_from_db()
        assert item.state == State.UNMATCHED

    def test_without_a_consent_it_is_deleted_and_said(self, office, receive, sam):
        item = receive("IMG_1.jpg")
        Consent.objects.update(withdrawn_at=timezone.now())
        assert "deleted at once" in said(act(office, "batch_photo_assign", item, student="R-001"))

    def test_suggestions(self, office, sam, sita, hilltop):
        make_student(hilltop, "Sam Other", "H-1")
        html = office.get(at("photo_students"), {"student": "sam"}).content.decode()
        assert (html.count("<option"), "R-001 Sam Field" in html) == (1, True)
        assert "<option" not in office.get(at("photo_students")).content.decode()

    def test_removed_and_cleared_and_deleted(self, office, receive, batch, sam):
        item = receive("IMG_1.jpg")
        receive("IMG_2.jpg", 2)
        act(office, "batch_photo_remove", item)
        response = office.post(at("photo_batch_clear", batch_id=batch.pk), follow=True)
        assert "1 photo deleted" in said(response)
        response = office.post(at("photo_batch_remove", batch_id=batch.pk), follow=True)
        assert (response.redirect_chain[-1][0], PhotoBatch.objects.count()) == (at("photos"), 0)


class TestStarting:
    def test_enrol_stop_and_continue(self, office, batch, receive, sam):
        receive("R-001.jpg")
        start = at("photo_batch_start", batch_id=batch.pk)
        html = office.post(start, follow=True).content.decode()
        stop = at("photo_batch_stop", batch_id=batch.pk)
        assert stop in html
        office.post(stop)
        assert "Continue with 1 photo" in page(office, batch)
        office.post(start)
        jobs_resume()
        assert FacePhoto.objects.get().state == "enrolled"

    def test_nothing_to_enrol(self, office, batch):
        assert "No photo is matched" in said(office.post(at("photo_batch_start", batch_id=batch.pk), follow=True))

    def test_a_busy_batch_stays(self, office, batch, receive, sam):
        receive("R-001.jpg")
        photo_batch_enrol(batch=batch, by=None)
        response = office.post(at("photo_batch_remove", batch_id=batch.pk), follow=True)
        assert "Stop it first" in said(response)
        assert PhotoBatch.objects.exists()
