"""Minimal IAM policies: for the running portal, and for the person who provisions."""

from collections.abc import Iterable
from typing import Any

from portal.aws.addresses import partition
from portal.aws.provision_bucket import bucket_arn
from portal.aws.resources import Bucket, Needs, TableUse

Policy = dict[str, Any]
Statement = dict[str, Any]
ACCOUNT = "ACCOUNT-ID"  # placeholder in a policy until the account is known
# These take no ARN (AWS's service authorization reference): they are allowed everywhere or not at all.
_WITHOUT_ARN = frozenset(
    {
        "rekognition:CompareFaces",
        "rekognition:CreateCollection",
        "rekognition:CreateFaceLivenessSession",
        "rekognition:DetectFaces",
        "rekognition:GetFaceLivenessSessionResults",
        "rekognition:ListCollections",
    }
)
_READS_OF_AN_INDEX = ("dynamodb:Query",)
_TABLE = (
    "dynamodb:CreateTable",
    "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeTable",
    "dynamodb:DescribeTimeToLive",
    "dynamodb:UpdateContinuousBackups",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateTimeToLive",
)
_BUCKET = (
    "s3:CreateBucket",
    "s3:GetBucketOwnershipControls",
    "s3:GetBucketPolicy",
    "s3:GetBucketPublicAccessBlock",
    "s3:GetBucketVersioning",
    "s3:GetEncryptionConfiguration",
    "s3:GetLifecycleConfiguration",
    "s3:ListBucket",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
)


def running_policy(needs: Needs, account: str = ACCOUNT) -> Policy:
    """Policy of the portal's own role while it runs."""
    statements: list[Statement] = []
    for use in needs.tables:
        statements += _table_use(needs, use, account)
    statements += _faces(needs, (*needs.face_actions, *needs.liveness_actions), account)
    if needs.bucket:
        statements += _bucket_use(needs.bucket)
    return _policy(statements)


def provisioning_policy(needs: Needs, account: str = ACCOUNT) -> Policy:
    """Policy of the person who runs `provision_aws`. It opens no picture, mark or face."""
    statements: list[Statement] = []
    if needs.tables:
        tables = [_table_arn(needs, use, account) for use in needs.tables]
        statements.append(_allow("Tables", _TABLE, tables))
    if needs.face_actions:
        statements += _faces(needs, ("rekognition:CreateCollection", "rekognition:DescribeCollection"), account)
    if needs.bucket:
        statements.append(_allow("Bucket", _BUCKET, [bucket_arn(needs.bucket)]))
    return _policy(statements)


def _table_use(needs: Needs, use: TableUse, account: str) -> list[Statement]:
    arn = _table_arn(needs, use, account)
    name = "".join(part.capitalize() for part in use.table.name.replace("_", "-").replace(".", "-").split("-"))
    statements = [_allow(f"Table{name}", use.actions, [arn])]
    if use.table.indexes:
        indexes = [f"{arn}/index/{index.name}" for index in use.table.indexes]
        statements.append(_allow(f"Indexes{name}", _READS_OF_AN_INDEX, indexes))
    return statements


def _table_arn(needs: Needs, use: TableUse, account: str) -> str:
    return f"{_arn(needs, 'dynamodb', account)}:table/{use.table.name}"


def _faces(needs: Needs, actions: Iterable[str], account: str) -> list[Statement]:
    """Statements on collections by their prefix, so that a later school needs no change of the policy."""
    bound = [action for action in actions if action not in _WITHOUT_ARN]
    unbound = [action for action in actions if action in _WITHOUT_ARN]
    collections = f"{_arn(needs, 'rekognition', account)}:collection/{needs.prefix}-*"
    statements = [_allow("Collections", bound, [collections])] if bound else []
    return statements + ([_allow("CallsWithoutResource", unbound, ["*"])] if unbound else [])


def _bucket_use(bucket: Bucket) -> list[Statement]:
    arn = bucket_arn(bucket)
    objects = [f"{arn}/{prefix}*" for prefix in bucket.prefixes]
    statements = [
        _allow("Pictures", ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"], objects),
        # Of the whole bucket: with a condition on the prefix S3 answers 403 for a deleted picture.
        _allow("ListOfPictures", ["s3:ListBucket"], [arn]),
    ]
    if bucket.kms_key:
        statements.append(_allow("PicturesKey", ["kms:Decrypt", "kms:GenerateDataKey"], [bucket.kms_key]))
    return statements


def _arn(needs: Needs, service: str, account: str) -> str:
    return f"arn:{partition(needs.region)}:{service}:{needs.region or 'REGION'}:{account}"


def _allow(sid: str, actions: Iterable[str], resources: list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resources}


def _policy(statements: list[Statement]) -> Policy:
    return {"Version": "2012-10-17", "Statement": statements}
