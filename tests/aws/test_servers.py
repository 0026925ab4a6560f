"""The local servers start, answer, and are gone afterwards; without ministack the sentence says what to run."""

import subprocess
import sys
from urllib.error import HTTPError

import pytest

from portal.aws.clients import client
from tests.aws.servers import ROOT, Ministack, MinistackMissing, free_port, get


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


def run_servers(folder, *arguments, ports=()):
    """`python -m tests.aws` on free ports."""
    first, second = ports or (free_port(), free_port())
    command = [sys.executable, "-m", "tests.aws", "--state", folder, "--rekognition-port", first]
    command += ["--ministack-port", second, *arguments]
    return subprocess.run([str(part) for part in command], cwd=ROOT, capture_output=True, text=True, timeout=120)


def test_a_command_runs_with_the_servers_and_what_it_made_is_kept(ministack, tmp_path):
    asks = "import boto3; c = boto3.client('rekognition', region_name='eu-west-1'); "
    made = run_servers(tmp_path, "--", sys.executable, "-c", asks + "c.create_collection(CollectionId='school')")
    assert made.returncode == 0, made.stderr
    lists = run_servers(tmp_path, "--", sys.executable, "-c", asks + "print(c.list_collections()['CollectionIds'])")
    assert lists.stdout == "['school']\n"
    assert run_servers(tmp_path, "--", "sh", "-c", "exit 3").returncode == 3


def test_a_taken_port_is_said(ministack, tmp_path):
    taken = int(ministack.url.rpartition(":")[2])
    ended = run_servers(tmp_path, "--", "true", ports=(taken, free_port()))
    assert ended.returncode == 1
    assert f"Port {taken} of this machine is taken" in ended.stderr
    assert "Traceback" not in ended.stderr
