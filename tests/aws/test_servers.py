"""The local servers start, answer, and are gone afterwards; without ministack the sentence says what to run."""

from urllib.error import HTTPError

import pytest

from portal.aws.clients import client
from tests.aws.servers import Ministack, MinistackMissing, get


def test_tables_and_buckets_are_empty_at_the_start_of_each_test(local_dynamodb, local_s3):
    assert client("dynamodb").list_tables()["TableNames"] == []
    client("s3").create_bucket(Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client("s3").put_object(Bucket="pictures", Key="a", Body=b"picture")
    assert client("s3").get_object(Bucket="pictures", Key="a")["Body"].read() == b"picture"


def test_what_the_test_before_made_is_gone(local_s3):
    assert client("s3").list_buckets()["Buckets"] == []


def test_a_bucket_answers_signed_requests_alone(local_s3):
    client("s3").create_bucket(Bucket="pictures", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    client("s3").put_object(Bucket="pictures", Key="a", Body=b"picture")
    signed = client("s3").generate_presigned_url("get_object", Params={"Bucket": "pictures", "Key": "a"}, ExpiresIn=60)
    assert get(signed) == b"picture"
    for url in (signed.partition("?")[0], signed.replace("Signature=", "Signature=0")):
        with pytest.raises(HTTPError, match="403"):
            get(url)


def test_a_stopped_server_answers_no_more(ministack):
    with Ministack.start() as another:
        assert another.url != ministack.url
        get(another.url + "/_ministack/health")
    with pytest.raises(OSError, match="refused"):
        get(another.url + "/_ministack/health")


def test_without_ministack_the_sentence_says_what_to_run(monkeypatch, tmp_path):
    monkeypatch.setenv("MINISTACK", str(tmp_path / "ministack"))
    with pytest.raises(MinistackMissing, match="make aws-local-setup"):
        Ministack.start()
