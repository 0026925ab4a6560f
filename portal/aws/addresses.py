"""Web addresses of buckets and facts about Regions, as botocore has them. boto3 is imported only where AWS is used."""

from typing import Any
from urllib.parse import urlsplit

# Partitions of the Regions whose names begin so, the longest first.
_PARTITIONS = (
    ("us-isob-", "aws-iso-b"),
    ("us-iso-", "aws-iso"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("cn-", "aws-cn"),
)
# Names need no rights: an address is signed here, and nobody is asked.
_NOBODY = {"aws_access_key_id": "nobody", "aws_secret_access_key": "nobody"}


def bucket_origins(bucket: str, *, region: str, endpoint: str, addressing: str) -> list[str]:
    """Scheme and host of a bucket's signed addresses, as a content security policy names them; none without a bucket.

    endpoint: a server other than Amazon's own, or empty. addressing: `virtual` or `path`. botocore makes the address,
    so dual-stack and FIPS endpoints, of the environment or a profile, are what its calls use too:
    `https://bucket.s3.eu-west-1.amazonaws.com`. Empty where there is no such address.
    """
    if not bucket or not (region or endpoint):
        return []
    import boto3
    from botocore.exceptions import BotoCoreError

    try:
        client = boto3.session.Session().client(
            "s3",
            region_name=region or "us-east-1",
            endpoint_url=endpoint or None,
            config=s3_config(addressing=addressing),
            **_NOBODY,
        )
        address = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a"})
    except (BotoCoreError, ValueError):
        return []
    parts = urlsplit(address)
    return [f"{parts.scheme}://{parts.netloc}"]


def s3_config(*, addressing: str, **more: Any) -> Any:
    """botocore's settings for S3: the present signature, and hosts that are named alike in every Region.

    Unless told, botocore signs addresses in the old way, which neither newer Regions nor encryption by a key accept.
    """
    from botocore.config import Config

    style = {"addressing_style": addressing, "us_east_1_regional_endpoint": "regional"}
    return Config(signature_version="s3v4", s3=style, **more)


def is_without_rekognition(region: str) -> bool:
    """True for a Region in which botocore's release knows of no Rekognition."""
    import boto3

    session = boto3.session.Session()
    found = [session.get_available_regions("rekognition", each) for each in session.get_available_partitions()]
    return region not in {each for regions in found for each in regions}


def partition(region: str) -> str:
    """The partition of a Region, as in an ARN: `aws`, or `aws-cn`, `aws-us-gov` and others with rules of their own."""
    return next((name for begin, name in _PARTITIONS if region.startswith(begin)), "aws")
