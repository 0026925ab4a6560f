"""The command that puts a folder of photos into a batch."""

import os

import pytest
from django.core.management import CommandError, call_command

from accounts.jobs import jobs_resume
from enrollment.models import BatchPhoto, FacePhoto, PhotoBatch
from tests.enrollment.orl import as_bytes, face

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path):
    photos = tmp_path / "photos"
    (photos / "10A").mkdir(parents=True)
    (photos / "10A" / "R-001.jpg").write_bytes(as_bytes(face(1)))
    (photos / "IMG_2.jpg").write_bytes(as_bytes(face(2)))
    (photos / ".DS_Store").write_bytes(b"x")
    (photos / "notes.txt").write_bytes(b"hello")
    (photos / "list.csv").write_text("file,roll number\nIMG_2.jpg,R-002\n")
    os.symlink("/etc/hostname", photos / "link.jpg")
    return photos


def run(capsys, *options):
    call_command("enroll_photos", "riverside", *map(str, options))
    return capsys.readouterr().out


def test_a_folder_is_received_and_nothing_enrolled(folder, sam, sita, capsys):
    said = run(capsys, folder)
    assert {item.file_name: item.state for item in BatchPhoto.objects.all()} == {
        "10A/R-001.jpg": "matched",
        "IMG_2.jpg": "unmatched",
        "notes.txt": "refused",
    }
    assert "IMG_2.jpg: No name or roll number in the file name" in said
    assert f"/riverside/photos/batches/{PhotoBatch.objects.get().pk}/" in said
    assert jobs_resume() == 0


def test_the_same_folder_again_is_the_same_batch(folder, sam, sita, capsys):
    run(capsys, folder)
    run(capsys, folder, "--manifest", folder / "list.csv")
    assert (PhotoBatch.objects.count(), BatchPhoto.objects.count()) == (1, 3)
    assert BatchPhoto.objects.get(file_name="IMG_2.jpg").student == sita


def test_enrolled_by_the_worker(folder, sam, sita, capsys):
    run(capsys, folder, "--manifest", folder / "list.csv", "--enrol")
    assert jobs_resume() == 1
    assert FacePhoto.objects.filter(state="enrolled").count() == 2


@pytest.mark.parametrize(
    "wrong", [["nowhere", "."], ["riverside", "/no/such/folder"], ["riverside", ".", "--manifest", "/no/list.csv"]]
)
def test_what_is_wrong_is_said(riverside, wrong):
    with pytest.raises(CommandError):
        call_command("enroll_photos", *wrong)


def test_faces_off_and_nothing_matched(folder, riverside, sam):
    riverside.faces_enabled = False
    riverside.save()
    with pytest.raises(CommandError, match="switched off"):
        call_command("enroll_photos", "riverside", str(folder))
    riverside.faces_enabled = True
    riverside.save()
    (folder / "10A" / "R-001.jpg").unlink()
    with pytest.raises(CommandError, match="No photo is matched"):
        call_command("enroll_photos", "riverside", str(folder), "--enrol")
