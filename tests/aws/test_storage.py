"""Pictures in a bucket: private, encrypted, never overwritten; signed addresses; a storage that is unavailable."""

import io
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.files import private_file
from attendance.captures.errors import PictureNotStored
from attendance.captures.taking import capture_take
from attendance.models import Capture
from attendance.register.sessions import session_open
from enrollment.errors import EnrollmentError, ErasureUnfinished
from enrollment.files import orphaned_files_delete
from enrollment.models import FacePhoto, FaceVector
from enrollment.services import consents, erasure, photos
from portal.aws.clients import client
from portal.aws.storage import PrivatePictureStorage, institution_in
from tests import engines
from tests.attendance.api.client import jpeg
from tests.aws.pictures import BUCKET, COUNTED, in_bucket
from tests.aws.servers import free_port
from tests.enrollment.orl import as_file, face

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture
def no_bucket(local_s3, settings):
    in_bucket(settings, bucket_name="nobodys-bucket")


@pytest.fixture
def dead_s3(aws_endpoint, settings, monkeypatch):
    """An endpoint at which nobody listens."""
    monkeypatch.setattr("portal.aws.clients.RETRIES", {"mode": "standard", "total_max_attempts": 1})
    aws_endpoint("s3", f"http://127.0.0.1:{free_port()}")
    in_bucket(settings)


@pytest.fixture
def forbidden_s3(local_s3, settings, monkeypatch):
    """A bucket in which the portal may do nothing: botocore finds no credentials."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    in_bucket(settings)


FAILURES = {"no_bucket": OSError, "dead_s3": ConnectionError, "forbidden_s3": PermissionError}


@pytest.fixture(params=sorted(FAILURES))
def failure(request):
    """S3 in each state in which it cannot keep a picture; the value is the error that the storage raises."""
    request.getfixturevalue(request.param)
    return FAILURES[request.param]


def keys():
    return [each["Key"] for each in client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", [])]


class TestFiles:
    def test_come_back_as_they_went(self, bucket):
        assert default_storage.save("captures/a.jpg", ContentFile(b"one")) == "captures/a.jpg"
        assert default_storage.open("captures/a.jpg").read() == b"one"
        assert default_storage.size("captures/a.jpg") == 3
        assert default_storage.exists("captures/a.jpg")

    def test_are_encrypted_and_kept_by_nobody_between(self, bucket):
        default_storage.save("a.jpg", ContentFile(b"one"))
        head = client("s3").head_object(Bucket=BUCKET, Key="a.jpg")
        assert (head["ServerSideEncryption"], head["ContentType"]) == ("AES256", "image/jpeg")
        assert head["CacheControl"] == "private, no-store"

    def test_are_encrypted_by_the_schools_own_key(self, bucket, settings):
        in_bucket(settings, kms_key=KEY)
        default_storage.save("a.jpg", ContentFile(b"one"))
        head = client("s3").head_object(Bucket=BUCKET, Key="a.jpg")
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", KEY)

    def test_have_no_acl_of_their_own(self, bucket):
        sent = []
        client("s3").meta.events.register("provide-client-params.s3.PutObject", lambda params, **_: sent.append(params))
        default_storage.save("a.jpg", ContentFile(b"one"))
        assert not any("ACL" in name or "Grant" in name for name in sent[0])

    def test_are_never_overwritten(self, bucket):
        first, second = (default_storage.save("a/b.jpg", ContentFile(text)) for text in (b"one", b"two"))
        assert (first, second[:4], second[-4:]) == ("a/b.jpg", "a/b_", ".jpg")
        assert default_storage.open(first).read() == b"one"
        assert default_storage.open(second).read() == b"two"

    def test_an_answer_lost_on_the_way_makes_no_second_file(self, bucket, monkeypatch):
        put = client("s3").put_object

        def repeated(**arguments):
            put(**arguments)
            return put(**arguments)

        monkeypatch.setattr(client("s3"), "put_object", repeated)
        assert default_storage.save("a.jpg", ContentFile(b"one")) == "a.jpg"
        assert keys() == ["a.jpg"]

    def test_many_at_once_under_one_name_are_all_kept(self, bucket):
        with ThreadPoolExecutor(8) as pool:
            names = list(pool.map(lambda n: default_storage.save("a.jpg", ContentFile(b"%d" % n)), range(8)))
        assert len(set(names)) == 8
        assert [default_storage.open(name).read() for name in names] == [b"%d" % n for n in range(8)]

    def test_that_are_missing(self, bucket):
        assert not default_storage.exists("a.jpg")
        for ask in (default_storage.open, default_storage.size):
            with pytest.raises(FileNotFoundError):
                ask("a.jpg")
        default_storage.delete("a.jpg")  # as on a disk: no error

    def test_are_deleted(self, bucket):
        default_storage.save("a.jpg", ContentFile(b"one"))
        default_storage.delete("a.jpg")
        assert keys() == []

    def test_are_listed_by_folder(self, bucket):
        for name in ("faces/x/1/photo.jpg", "faces/x/1/portrait.jpg", "faces/x/2/photo.jpg", "faces/xy/3/photo.jpg"):
            default_storage.save(name, ContentFile(b"one"))
        assert default_storage.listdir("faces/x") == (["1", "2"], [])
        assert default_storage.listdir("faces/x/1") == ([], ["photo.jpg", "portrait.jpg"])
        assert default_storage.listdir("faces/nobody") == ([], [])

    def test_are_not_written_by_opening_them(self, bucket):
        with pytest.raises(ValueError, match="written by `save`"):
            default_storage.open("a.jpg", "wb")

    def test_stay_below_their_root(self, bucket):
        with pytest.raises(Exception, match=r"\.\."):
            default_storage.save("../a.jpg", ContentFile(b"one"))


class TestAway:
    def test_is_a_systems_error(self, failure):
        for call in (
            lambda: default_storage.save("a.jpg", ContentFile(b"one")),
            lambda: default_storage.open("a.jpg"),
            lambda: default_storage.delete("a.jpg"),
            lambda: default_storage.listdir("faces"),
        ):
            with pytest.raises(failure) as caught:
                call()
            assert not isinstance(caught.value, FileNotFoundError)

    def test_a_class_photo_is_refused_with_a_sentence_and_nothing_is_kept(self, failure, settings, lesson, tess):
        settings.FACE_ENGINE = {"BACKEND": "tests.engines.ScriptedEngine", "OPTIONS": {}}
        engines.SCRIPTS.clear()
        register = session_open(session=lesson, by=tess.user)
        with pytest.raises(PictureNotStored) as refused:
            capture_take(
                session=register, upload=io.BytesIO(jpeg()), nonce=uuid4(), kind=Capture.Kind.PHOTO, by=tess.user
            )
        assert (refused.value.code, refused.value.retryable) == ("picture_not_stored", True)
        assert not Capture.objects.exists()

    def test_an_enrolment_photo_likewise(self, failure, sam):
        with pytest.raises(EnrollmentError) as refused:
            photos.face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
        assert (refused.value.code, refused.value.retryable) == ("picture_not_stored", True)
        assert not FacePhoto.objects.exists()

    def test_a_picture_is_not_taken_for_lost(self, dead_s3, riverside, sam):
        name = f"faces/{riverside.pk}/{uuid4()}/photo.jpg"
        photo = FacePhoto.objects.create(institution=riverside, student=sam, picture=name)
        with pytest.raises(EnrollmentError) as refused:
            photos.face_photo_examine(photo=photo)
        assert (refused.value.code, refused.value.retryable) == ("picture_unreadable", True)

    @pytest.mark.django_db(transaction=True)
    def test_without_its_portrait_a_face_is_not_enrolled(self, bucket, sam, monkeypatch):
        save = PrivatePictureStorage.save

        def all_but_portraits(self, name, content, **options):
            if "portrait" in name:
                raise ConnectionError("away")
            return save(self, name, content, **options)

        with monkeypatch.context() as patch:
            patch.setattr(PrivatePictureStorage, "save", all_but_portraits)
            photo = photos.face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
        assert photo.state == FacePhoto.State.WAITING
        assert not FaceVector.objects.exists()
        assert photos.face_photo_examine(photo=photo).state == FacePhoto.State.ENROLLED
        assert FaceVector.objects.count() == 1

    def test_a_page_says_so(self, dead_s3):
        """The portal itself sends the picture if the storage has no signed addresses."""
        file = SimpleNamespace(name="a.jpg", storage=object(), open=lambda mode: default_storage.open("a.jpg", mode))
        answer = private_file(file)
        assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE


class TestErasure:
    pytestmark = pytest.mark.django_db(transaction=True)

    def test_nothing_is_left_in_the_bucket(self, bucket, sam):
        photo = photos.face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
        assert keys() == [f"faces/{sam.institution_id}/{photo.pk}/{name}.jpg" for name in ("photo", "portrait")]
        receipt = consents.consent_withdraw(student=sam, by=None)
        assert (receipt.files, keys()) == (2, [])

    def test_what_could_not_be_deleted_is_said_and_deleted_later(self, bucket, sam, monkeypatch):
        photos.face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
        with monkeypatch.context() as patch:
            patch.setattr(PrivatePictureStorage, "delete", refuse)
            with pytest.raises(ErasureUnfinished) as unfinished:
                consents.consent_withdraw(student=sam, by=None)
            assert (unfinished.value.code, unfinished.value.retryable) == ("files_waiting", True)
            with pytest.raises(ErasureUnfinished):
                erasure.erasures_resume(institution=sam.institution)
        assert len(keys()) == 2
        erasure.erasures_resume(institution=sam.institution)
        assert keys() == []

    def test_another_schools_files_stay(self, bucket, sam, hilltop):
        photos.face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
        default_storage.save(f"faces/{hilltop.pk}/{uuid4()}/photo.jpg", ContentFile(b"orphan"))
        orphaned_files_delete(sam.institution)
        assert len(keys()) == 3
        orphaned_files_delete(hilltop)
        assert len(keys()) == 2

    def test_a_look_is_paid_for_once_an_hour(self, bucket, riverside):
        for _ in range(3):
            orphaned_files_delete(riverside)
        assert [operation for _, _, operation in COUNTED] == ["ListObjectsV2"]


def refuse(self, name):
    raise ConnectionError("away")


class TestCounting:
    def test_calls_are_counted_for_the_school_whose_file_it_is(self, bucket, riverside):
        name = default_storage.save(f"captures/{riverside.pk}/{uuid4()}.jpg", ContentFile(b"one"))
        default_storage.open(name)
        default_storage.exists(name)
        default_storage.url(name)
        default_storage.delete(name)
        operations = ["PutObject", "GetObject", "HeadObject", "GetObject"]
        assert [(riverside.pk, "s3", operation) for operation in operations] == COUNTED

    def test_a_file_of_nobody_is_counted_for_nobody(self, bucket):
        default_storage.save("a.jpg", ContentFile(b"one"))
        assert COUNTED == []

    def test_the_first_id_is_the_schools(self):
        school, other = uuid4(), uuid4()
        assert institution_in(f"captures/{school}/{other}.jpg") == school
        assert institution_in(f"{school}/faces/{other}/photo.jpg") == school
        assert institution_in("x.jpg") is None
