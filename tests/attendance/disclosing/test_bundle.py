"""A student's complete data as a page and as a bundle: all of it, in a documented form, and nobody else's."""

import io
import json
import re
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from accounts.jobs import job_run, jobs_resume
from accounts.jobs.queue import job_claim_next
from accounts.jobs.running import jobs_expire
from accounts.models import Job
from attendance.disclosing.bundle import bundle_files, bundle_start, bundles_of
from attendance.disclosing.collecting import Collector
from attendance.erasing.student import student_erase
from attendance.excuses.documents import Document, document_store
from attendance.models import (
    CodeTry,
    DeskEntry,
    Dispute,
    Evacuation,
    EvacuationPerson,
    Excuse,
    StudentNote,
)
from attendance.register.sessions import session_open
from attendance.repositories import marks_for
from attendance.repositories.base import StoreUnavailable
from enrollment.access import Act, access_record
from enrollment.models import (
    ConsentForm,
    ConsentRequest,
    ErasureScope,
    FacePhoto,
    Group,
    GroupPlace,
    Guardian,
    Guardianship,
)
from tests.attendance.api.client import jpeg
from tests.attendance.erasing.world import a_capture, a_face, mark
from tests.contracts.marks import by_hand

pytestmark = pytest.mark.django_db(transaction=True)
SCHEMA = (Path(__file__).parents[3] / "docs" / "data-bundle.md").read_text("utf-8")


@pytest.fixture
def full(lesson, tess, ada, sam, sita, own_media):
    """Sam has something of every kind; Sita has a mark."""
    school, session = lesson.institution, session_open(session=lesson, by=tess.user)
    store = marks_for(school)
    store.mark_many([mark(session, sam), mark(session, sita)])
    store.correct(by_hand(session, sam.pk, tess.user.pk, note="=1+1"), expected_version=1)
    petra = Guardian.objects.create(institution=school, name="Petra Field", email="petra@example.org", phone="0123")
    Guardianship.objects.create(institution=school, guardian=petra, student=sam, relation="mother")
    group = Group.objects.create(institution=school, name="8a")
    GroupPlace.objects.create(institution=school, student=sam, group=group)
    ConsentRequest.objects.create(
        institution=school, student=sam, form=ConsentForm.objects.create(institution=school, version="1"),
        email=petra.email, token_hash="h", expires_at=timezone.now(),
    )  # fmt: skip
    photo = FacePhoto(institution=school, student=sam, state="enrolled", face_id="f1", added_by=ada.user)
    photo.picture.save("photo.jpg", io.BytesIO(jpeg()), save=True)
    a_face(a_capture(session, tess), sam)
    said = {"institution": school, "student": sam, "giver": "student", "given_by": sam.user, "note": "I was there"}
    for statement in (
        Excuse(**said, kind="illness", first_day=session.local_date, last_day=session.local_date),
        Dispute(**said, session=session, status="A", version=1, decided_by=tess.user),
    ):
        document_store(statement, Document("letter.jpg", jpeg(), is_pdf=False))
    StudentNote.objects.create(institution=school, student=sam, text="Sits at the back", written_by=tess.user)
    CodeTry.objects.create(institution=school, session=session, student=sam, kind="in")
    now = timezone.now()
    DeskEntry.objects.create(institution=school, student=sam, kind="late", day=now.date(), at=now, reason="bus")
    drill = Evacuation.objects.create(institution=school, is_drill=True, started_at=now)
    EvacuationPerson.objects.create(institution=school, evacuation=drill, subject=sam.pk, student=sam, place="Room 12")
    access_record(Act.STUDENT_SEEN, institution=school, by=tess.user, subject=sam.pk)
    access_record(Act.REGISTER_SEEN, institution=school, by=tess.user, session=session.pk)
    access_record(Act.STUDENT_SEEN, institution=school, by=tess.user, subject=sita.pk)
    return school


def made(student, by, *, own=False):
    job = bundle_start(student=student, by=by.user, own=own)
    jobs_resume()
    job.refresh_from_db()
    assert job.state == "done", job.error or job.words
    return job


def unpacked(job):
    with default_storage.open(bundle_files.path(job)) as file, zipfile.ZipFile(io.BytesIO(file.read())) as bundle:
        return {name: bundle.read(name) for name in bundle.namelist()}


def documented():
    """Names in the second table of the schema: of the whole, and of each."""
    rows = [line.split("|")[1:-1] for line in SCHEMA.splitlines() if line.startswith("| `")]
    table = [(re.findall("`(.+?)`", first), re.findall("`(.+?)`", each)) for first, each in rows if "." not in first]
    return {name for names, _each in table for name in names}, {name for _names, each in table for name in each}


class TestBundle:
    def test_has_everything_about_the_student(self, full, sam, ada):
        files = unpacked(made(sam, ada))
        data = json.loads(files["data.json"])
        assert data["student"]["name"] == "Sam Field"
        assert [version["status"] for version in data["marks"][0]["versions"]] == ["P", "A"]
        assert data["marks"][0]["versions"][1]["marked_by"] == "Tess"
        assert data["guardians"][0]["phone"] == "0123"
        assert [each["name"] for each in data["groups"]] == ["8a"]
        assert {each["act"] for each in data["access"]} == {"student_seen", "register_seen"}
        assert all(data[name] for name in data if name not in ("erasures", "version"))
        for kind in ("photos", "excuses", "disputes"):
            assert files[data[kind][0]["file"]].startswith(b"\xff\xd8")

    def test_has_nothing_about_anybody_else(self, full, sam, sita, ada):
        files = unpacked(made(sam, ada))
        everything = b"".join(files.values()).decode("utf-8", "replace")
        assert "Sita" not in everything
        assert str(sita.pk) not in everything
        assert sum(name.startswith("photos/") for name in files) == 1

    def test_the_students_own_names_no_colleague_and_has_no_address(self, full, sam):
        job = bundle_start(student=sam, by=sam.user, own=True)
        jobs_resume()
        text = unpacked(job)["data.json"].decode()
        assert "Petra Field" in text
        assert not [word for word in ("Tess", "Ada", "petra@", "0123") if word in text]
        assert "Sits at the back" not in text

    def test_is_as_documented(self, full, sam, ada):
        data = json.loads(unpacked(made(sam, ada))["data.json"])
        whole, each = documented()
        assert set(data) == whole
        kinds = [row for value in data.values() for row in (value if isinstance(value, list) else [value])]
        used = {name for row in kinds if isinstance(row, dict) for name in row}
        used |= {name for row in data["marks"] for version in row["versions"] for name in version}
        assert used <= each
        assert each - used <= {"confirmed_look_alike", "scope", "asked_at", "ended_at"}

    def test_no_cell_is_a_formula(self, full, sam, ada):
        assert b"'=1+1" in unpacked(made(sam, ada))["marks.csv"]

    def test_is_made_again_after_a_crash_and_waits_for_the_store(self, full, sam, ada, monkeypatch):
        job = bundle_start(student=sam, by=ada.user, own=False)
        assert bundle_start(student=sam, by=ada.user, own=False) == job
        with monkeypatch.context() as patch:
            unavailable = StoreUnavailable("unreachable", "Away.")
            patch.setattr(Collector, "everything", lambda self: (_ for _ in ()).throw(unavailable))
            job_run(job=job_claim_next())
        assert Job.objects.get().state == "waiting"
        Job.objects.update(due_at=timezone.now(), state="running", lease_until=timezone.now())
        jobs_resume()
        assert "data.json" in unpacked(job)

    def test_a_photo_whose_file_is_gone_is_left_out(self, full, sam, ada):
        default_storage.delete(FacePhoto.objects.get().picture.name)
        assert not [name for name in unpacked(made(sam, ada)) if name.startswith("photos/")]

    def test_of_a_student_who_is_gone_fails_with_a_sentence(self, full, sam, ada):
        job = bundle_start(student=sam, by=ada.user, own=False)
        sam.delete()
        jobs_resume()
        job.refresh_from_db()
        assert (job.state, job.error) == ("failed", "This student is no longer on record.")

    def test_is_deleted_after_a_day_and_with_the_student(self, full, sam, ada):
        job = made(sam, ada)
        assert bundle_files.delete_old() == 0
        Job.objects.update(ended_at=timezone.now() - timedelta(hours=25))
        assert bundle_files.delete_old() == 1
        again = made(sam, ada)
        receipt = student_erase(student=sam, scope=ErasureScope.EVERYTHING, reason="", by=ada.user)
        jobs_resume()
        assert not default_storage.exists(bundle_files.path(again))
        receipt.refresh_from_db()
        assert {step["part"]: step["found"] for step in receipt.steps}["bundles"] == 1
        Job.objects.update(ended_at=timezone.now() - timedelta(days=31))
        jobs_expire()
        assert not bundles_of(full, sam.pk).exists()
        assert job != again


class TestPages:
    def test_an_administrator_sees_it_and_downloads_it(self, full, sam, ada, sign_in):
        client, page = sign_in(ada), reverse("student_data", args=["riverside", sam.pk])
        html = client.get(page).content.decode()
        for words in ("Petra Field", "petra@example.org", "8a", "Physics 10B", "bsent", "Tess", "Make the download"):
            assert words in html, words
        assert client.post(page).url == page
        assert "Waiting to start" in client.get(page).content.decode()
        jobs_resume()
        job = Job.objects.get()
        file = reverse("student_bundle", args=["riverside", sam.pk, job.pk])
        assert file in client.get(page).content.decode()
        response = client.get(file)
        assert response["Content-Type"] == "application/zip"
        assert zipfile.is_zipfile(io.BytesIO(b"".join(response.streaming_content)))
        acts = [each["act"] for each in Collector(sam, own=False).access()]
        assert acts[0] == "data_downloaded"
        assert acts.count("data_seen") == 3

    def test_a_student_sees_their_own(self, full, sam, client):
        client.force_login(sam.user)
        page = reverse("my_data", args=["riverside"])
        html = client.get(page).content.decode()
        assert "My data" in html
        assert not [word for word in ("petra@", "Tess") if word in html]
        client.post(page)
        jobs_resume()
        file = reverse("my_bundle", args=["riverside", Job.objects.get().pk])
        assert file in client.get(page).content.decode()
        assert client.get(file).status_code == 200

    def test_a_bundle_is_its_makers_alone(self, full, sam, sita, ada, hanna, client):
        job = made(sam, ada)
        client.force_login(sam.user)
        assert client.get(reverse("my_bundle", args=["riverside", job.pk])).status_code == 404
        client.force_login(ada.user)
        assert client.get(reverse("student_bundle", args=["riverside", sita.pk, job.pk])).status_code == 404
        client.force_login(hanna.user)
        for school in ("riverside", "hilltop"):
            assert client.get(reverse("student_bundle", args=[school, sam.pk, job.pk])).status_code == 404
