"""Web addresses of buckets, computed without boto3: the settings need them while they load."""

from urllib.parse import urlsplit


def bucket_origins(bucket: str, *, region: str, endpoint: str, addressing: str) -> list[str]:
    """Scheme and host of a bucket's signed addresses, as a content security policy names them; none without a bucket.

    endpoint: a server other than Amazon's own, or empty. addressing: `virtual` or `path`. As botocore builds them
    (a test compares): `https://bucket.s3.eu-west-1.amazonaws.com`.
    """
    if not bucket or not (region or endpoint):
        return []
    server = urlsplit(endpoint or f"https://s3.{region}.{_domain(region)}")
    host = server.netloc if addressing == "path" else f"{bucket}.{server.netloc}"
    return [f"{server.scheme}://{host}"]


def partition(region: str) -> str:
    """The partition of a Region, as in an ARN: `aws`, `aws-cn` or `aws-us-gov`."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"


def _domain(region: str) -> str:
    return "amazonaws.com.cn" if partition(region) == "aws-cn" else "amazonaws.com"
