"""Pictures move from the folder to a bucket and back, while the portal runs."""

import re
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, storages
from django.core.management import CommandError, call_command

from accounts.files import private_file
from accounts.moving.storage import MovingStorage
from attendance.moving.pictures import PicturesMove
from enrollment.files import files_delete
from portal.aws.clients import client
from portal.aws.storage import PrivatePictureStorage

BUCKET = "moving-pictures"
FILES = {"BACKEND": "django.core.files.storage.FileSystemStorage"}
S3 = {"BACKEND": "portal.aws.storage.PrivatePictureStorage", "OPTIONS": {"bucket_name": BUCKET}}

pytestmark = pytest.mark.aws_local


def move(*arguments):
    out = StringIO()
    call_command("move_pictures", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def both(local_s3, settings, own_media):
    """The settings of a move from the folder to the bucket."""
    place = {"LocationConstraint": settings.AWS_REGION}
    client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
    current = {"BACKEND": "accounts.moving.storage.MovingStorage", "OPTIONS": {"current": S3, "former": FILES}}
    settings.STORAGES = {**settings.STORAGES, "default": current}
    return storages["default"]


@pytest.fixture
def names(riverside, hilltop, both):
    """Files of two schools in the folder: three of the first, one of them a school's document."""
    made = [f"captures/{riverside.pk}/a.jpg", f"faces/{riverside.pk}/1/photo.jpg", f"documents/{riverside.pk}/b.pdf"]
    for name in (*made, f"captures/{hilltop.pk}/c.jpg"):
        both.former.save(name, ContentFile(name.encode() * 100))
    return made


def held(storage, names):
    return {name: storage.open(name).read() for name in names if storage.exists(name)}


def test_there_and_compared_by_counts_and_hashes(names, both):
    said = move("--school", "riverside")
    assert re.search(r"^riverside: 3 written; 3 files in both, hash [0-9a-f]{32}$", said, re.MULTILINE)
    assert held(both.current, names) == held(both.former, names)
    assert "riverside: 0 written" in move("--school", "riverside")
    assert "riverside: 3 files in both" in move("--check", "--school", "riverside")


def test_a_page_finds_a_picture_wherever_it_is(names, both):
    name = names[0]
    assert both.open(name).read() == name.encode() * 100
    assert both.size(name) == len(name) * 100
    new = both.save(names[0].replace("a.jpg", "new.jpg"), ContentFile(b"new"))
    assert both.current.exists(new)
    assert not both.former.exists(new)
    assert set(both.listdir(names[0].rpartition("/")[0])[1]) == {"a.jpg", "new.jpg"}
    with pytest.raises(FileNotFoundError):
        both.open("captures/none.jpg")
    with pytest.raises(FileNotFoundError):
        both.former.listdir("none")


@pytest.mark.parametrize(("moved", "status"), [(False, 200), (True, 302)])
def test_a_view_sends_it_or_leads_to_the_bucket(names, both, moved, status):
    class Field:
        name, storage = names[0], both

        def open(self, mode):
            return both.open(self.name, mode)

    if moved:
        move("--school", "riverside")
    assert private_file(Field()).status_code == status


def test_what_is_erased_is_erased_in_both(names, both, settings):
    move("--school", "riverside")
    files_delete(names)
    assert held(both.current, names) == held(both.former, names) == {}
    assert not (settings.MEDIA_ROOT / names[1].rpartition("/")[0]).exists()


class Erasing(FileSystemStorage):
    """A storage whose file is erased, here and in the target, right after it was read."""

    target: PrivatePictureStorage

    def open(self, name, mode="rb"):
        data = super().open(name, mode).read()
        self.delete(name)
        self.target.delete(name)
        return ContentFile(data)


def test_a_picture_erased_amidst_the_copy_stays_erased(names, both, riverside):
    source = Erasing()
    source.target = both.current
    assert PicturesMove(riverside, source=source, target=both.current).copy(names[0]) == 0
    assert not both.exists(names[0])


def test_what_was_cut_short_is_written_again(names, both):
    both.current.save(names[0], ContentFile(b"half"))
    with pytest.raises(CommandError, match="3 pieces differ"):
        move("--check", "--school", "riverside")
    move("--school", "riverside")
    assert held(both.current, names) == held(both.former, names)


def test_emptied_and_back(names, both, settings, hilltop):
    move()
    before = held(both.current, names)
    assert "3 deleted from the source" in move("--empty-source", "--school", "riverside")
    assert held(both.former, names) == {}
    assert not (settings.MEDIA_ROOT / names[1].rpartition("/")[0]).exists()
    assert both.former.exists(f"captures/{hilltop.pk}/c.jpg")
    back = {"BACKEND": "accounts.moving.storage.MovingStorage", "OPTIONS": {"current": FILES, "former": S3}}
    settings.STORAGES = {**settings.STORAGES, "default": back}
    move("--school", "riverside")
    assert held(FileSystemStorage(), names) == before


def test_without_a_former_place_there_is_nothing_to_move(db):
    with pytest.raises(CommandError, match="PICTURES_FORMER"):
        move()


def test_the_storage_can_be_described_to_migrations():
    made = MovingStorage(current=FILES, former=FILES)
    assert made.deconstruct()[0] == "accounts.moving.storage.MovingStorage"


def test_what_came_after_the_comparison_is_not_emptied(riverside, tmp_path):
    """A web that was not restarted yet stores a photo in the former place; another school's move drops a folder."""
    source, target = (FileSystemStorage(tmp_path / name) for name in ("source", "target"))
    moving, folder = PicturesMove(riverside, source=source, target=target), f"captures/{riverside.pk}"
    for name in ("a.jpg", "late.jpg"):
        source.save(f"{folder}/{name}", ContentFile(b"picture"))
    moving.copy(f"{folder}/a.jpg")
    assert [moving.empty(f"{folder}/{name}") for name in ("a.jpg", "late.jpg")] == [1, 0]
    assert source.listdir(folder) == ([], ["late.jpg"])
    target.save("captures/gone/b.jpg", ContentFile(b"picture"))
    assert moving.empty("captures/gone/b.jpg") == 1
