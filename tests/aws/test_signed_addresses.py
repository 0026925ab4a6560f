"""Signed addresses: a visitor with access is redirected to the bucket by one that expires; no one else gets one."""

import os
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen
from uuid import uuid4

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import Http404
from django.urls import reverse

from accounts.files import KEEP_NOTHING, private_file
from attendance.models import Capture
from enrollment.services import photos
from portal.aws.addresses import bucket_origins
from portal.aws.clients import forget_clients
from portal.aws.storage import PrivatePictureStorage
from tests.attendance.api.client import jpeg
from tests.aws.pictures import BUCKET, COUNTED
from tests.enrollment.orl import as_file, face

ROOT = Path(__file__).resolve().parents[2]


class TestAddresses:
    def fetch(self, address):
        with urlopen(address, timeout=5) as answer:  # noqa: S310
            return answer.read(), answer.headers

    def test_lead_to_the_picture_for_a_minute(self, bucket):
        default_storage.save("a.jpg", ContentFile(b"one"))
        data, headers = self.fetch(default_storage.url("a.jpg"))
        assert (data, headers["Content-Type"]) == (b"one", "image/jpeg")
        signed = parse_qs(urlsplit(default_storage.url("a.jpg")).query)
        assert signed["X-Amz-Expires"] == ["60"]
        assert signed["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
        assert signed["response-cache-control"] == ["private, no-store"]

    @pytest.mark.parametrize(
        ("region", "endpoint", "addressing"),
        [
            ("eu-west-1", "", "virtual"),
            ("us-east-1", "", "virtual"),
            ("eu-central-1", "", "path"),
            ("cn-north-1", "", "virtual"),
            ("us-gov-west-1", "", "virtual"),
            ("us-iso-east-1", "", "virtual"),
            ("eusc-de-east-1", "", "virtual"),
            ("eu-west-1", "http://127.0.0.1:4566", "path"),
            ("eu-west-1", "https://s3.example.org", "virtual"),
            ("eu-west-1", "https://s3.example.org:9000/base", "virtual"),
            ("", "https://s3.example.org", "path"),
        ],
    )
    @pytest.mark.parametrize("fips", ["false", "true"])
    @pytest.mark.parametrize("dualstack", ["false", "true"])
    def test_have_the_origin_that_the_content_policy_allows(
        self, region, endpoint, addressing, fips, dualstack, settings, aws_endpoint, monkeypatch
    ):
        monkeypatch.setenv("AWS_USE_FIPS_ENDPOINT", fips)
        monkeypatch.setenv("AWS_USE_DUALSTACK_ENDPOINT", dualstack)
        settings.AWS_REGION, settings.AWS_S3_ADDRESSING = region, addressing
        if endpoint:
            aws_endpoint("s3", endpoint)
        origins = bucket_origins(BUCKET, region=region, endpoint=endpoint, addressing=addressing)
        try:
            address = urlsplit(PrivatePictureStorage(bucket_name=BUCKET).signed_url("a.jpg"))
        except OSError:  # a partition without FIPS, or a server of one's own with it
            assert origins == []
            return
        assert origins == [f"{address.scheme}://{address.netloc}"]

    @pytest.mark.parametrize(
        ("name", "host"),
        [
            ("AWS_USE_DUALSTACK_ENDPOINT", "school-pictures.s3.dualstack.eu-west-1.amazonaws.com"),
            ("AWS_USE_FIPS_ENDPOINT", "school-pictures.s3-fips.eu-west-1.amazonaws.com"),
        ],
    )
    def test_of_amazons_other_endpoints(self, name, host, aws_credentials, monkeypatch):
        monkeypatch.setenv(name, "true")
        assert bucket_origins(BUCKET, region="eu-west-1", endpoint="", addressing="virtual") == [f"https://{host}"]

    def test_of_one_endpoint_for_every_service(self, tmp_path):
        """Read by the settings as boto3 reads it."""
        code = "from django.conf import settings; print(settings.PICTURE_ORIGINS, settings.AWS_ENDPOINTS['dynamodb'])"
        env = {
            "PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path), "SECRET_KEY": "x", "AWS_REGION": "eu-west-1",
            "PICTURES_BUCKET": BUCKET, "AWS_ENDPOINT_URL": "https://all.example.org",
            "DJANGO_SETTINGS_MODULE": "portal.settings",
        }  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=env, check=True, capture_output=True, text=True
        )
        assert done.stdout.split() == ["['https://all.example.org']", "https://all.example.org"]

    def test_nothing_is_allowed_without_a_bucket(self):
        assert bucket_origins("", region="eu-west-1", endpoint="", addressing="virtual") == []


class TestPages:
    @pytest.fixture
    def capture(self, bucket, riverside, lesson):
        name = default_storage.save(f"captures/{riverside.pk}/{uuid4()}.jpg", ContentFile(jpeg()))
        return Capture.objects.create(
            institution=riverside, session=lesson, nonce=uuid4(), kind="photo", picture=name, width=640, height=480
        )

    def address(self, capture):
        return reverse("capture_picture", args=[capture.institution.slug, capture.pk])

    def test_who_may_see_it_is_sent_to_the_bucket(self, capture, sign_in, tess):
        answer = sign_in(tess).get(self.address(capture))
        assert answer.status_code == HTTPStatus.FOUND
        assert answer["Cache-Control"] == "private, max-age=30"
        with urlopen(answer["Location"], timeout=5) as picture:  # noqa: S310
            assert picture.read() == jpeg()
            assert picture.headers["Cache-Control"].startswith("private")

    def test_who_may_not_gets_no_address(self, capture, sign_in, theo, hanna):
        for stranger in (theo, hanna):
            answer = sign_in(stranger).get(self.address(capture))
            assert answer.status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
            assert "Location" not in answer
        assert [(capture.institution_id, "s3", "PutObject")] == COUNTED

    def test_a_deleted_one_is_not_found(self, capture, sign_in, tess):
        Capture.objects.update(picture="")
        assert sign_in(tess).get(self.address(capture)).status_code == HTTPStatus.NOT_FOUND

    def test_what_must_not_be_kept_is_not_kept(self, capture):
        answer = private_file(capture.picture, cache_control=KEEP_NOTHING)
        assert answer["Cache-Control"] == "private, no-store"
        assert "response-cache-control=private%2C%20no-store" in answer["Location"]

    def test_the_admins_pictures_likewise(self, bucket, client, ada, sam):
        photo = photos.face_photo_add(student=sam, upload=as_file(face(1)), added_by=None)
        client.force_login(ada.user)
        answer = client.get(reverse("admin:enrollment_facephoto_portrait", args=[photo.pk]))
        assert answer.status_code == HTTPStatus.FOUND
        assert answer["Cache-Control"].startswith("private, no-store")
        with urlopen(answer["Location"], timeout=5) as picture:  # noqa: S310
            assert picture.read()[:2] == b"\xff\xd8"

    def test_without_credentials_a_page_says_try_again(self, capture, sign_in, tess, monkeypatch):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        forget_clients()
        answer = sign_in(tess).get(self.address(capture))
        assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
        assert "Try again later" in answer.content.decode()


class TestOnADisk:
    def test_pictures_are_sent_as_ever(self, settings, tmp_path, riverside, lesson, sign_in, tess):
        settings.MEDIA_ROOT = tmp_path
        name = default_storage.save(f"captures/{riverside.pk}/{uuid4()}.jpg", ContentFile(jpeg()))
        answer = private_file(Capture(picture=name).picture)
        assert b"".join(answer.streaming_content) == jpeg()
        assert answer["Cache-Control"] == "private, max-age=60, must-revalidate"
        default_storage.delete(name)
        with pytest.raises(Http404):
            private_file(Capture(picture=name).picture)


def test_an_unknown_name_gives_no_address_to_anybody_later(bucket):
    """A signed address of a picture that is gone leads nowhere."""
    with pytest.raises(HTTPError):
        urlopen(default_storage.url("captures/gone.jpg"), timeout=5)  # noqa: S310
