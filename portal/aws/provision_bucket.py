"""Provisioner of a private bucket: nothing public, one owner, encrypted, TLS only, expiring, without old versions."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from portal.aws.addresses import partition
from portal.aws.clients import client
from portal.aws.errors import error_code
from portal.aws.provision import Difference, wait_until
from portal.aws.resources import Bucket

_CLOSED = {"BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True}
_OURS = "smart-attendance"  # prefix of the portal's own rules and statements; others are left unchanged
_TLS = "SmartAttendanceTlsOnly"  # a statement's name: letters and digits
# S3's errors for a setting that was never made.
_UNSET = frozenset(
    {
        "NoSuchPublicAccessBlockConfiguration",
        "OwnershipControlsNotFoundError",
        "ServerSideEncryptionConfigurationNotFoundError",
        "NoSuchBucketPolicy",
        "NoSuchLifecycleConfiguration",
    }
)


@dataclass(frozen=True, slots=True)
class BucketProvisioner:
    """Implements `Provisioner` for a bucket."""

    bucket: Bucket

    @property
    def label(self) -> str:
        return f"bucket {self.bucket.name}"

    def differences(self) -> list[Difference]:
        try:
            found = client("s3").head_bucket(Bucket=self.bucket.name)
        except ClientError as error:
            return [self._absent(error)]
        return [
            *self._place(found),
            *self._publicity(),
            *self._ownership(),
            *self._encryption(),
            *self._transport(),
            *self._tidying(),
            *self._versions(),
        ]

    # -- Comparing --

    def _absent(self, error: ClientError) -> Difference:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 404:
            return Difference("It does not exist.", "created", self._create)
        if status == 403:
            return Difference(
                "It is somebody else's, or these credentials may not look at it. Choose another name or allow it."
            )
        raise error

    def _place(self, found: dict[str, Any]) -> Iterator[Difference]:
        region = found.get("BucketRegion")
        if region and region != self.bucket.region:
            yield Difference(f"It lies in {region}, the portal in {self.bucket.region}. A bucket cannot be moved.")

    def _setting(self, name: str, key: str, wanted: object, sentence: str, done: str) -> Iterator[Difference]:
        """A setting that is wanted whole, under the same key as it is read."""
        if self._get(name).get(key) != wanted:
            yield Difference(sentence, done, lambda: self._put(name, **{key: wanted}))

    def _publicity(self) -> Iterator[Difference]:
        words = "Public access is not blocked.", "public access blocked"
        return self._setting("public_access_block", "PublicAccessBlockConfiguration", _CLOSED, *words)

    def _ownership(self) -> Iterator[Difference]:
        wanted = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        words = "Objects can have owners and access lists of their own.", "ownership enforced"
        return self._setting("bucket_ownership_controls", "OwnershipControls", wanted, *words)

    def _encryption(self) -> Iterator[Difference]:
        rules = self._get("bucket_encryption").get("ServerSideEncryptionConfiguration", {}).get("Rules") or [{}]
        found = rules[0].get("ApplyServerSideEncryptionByDefault") or {}
        wanted = {"SSEAlgorithm": "AES256"}
        if self.bucket.kms_key:
            wanted = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.bucket.kms_key}
        if found != wanted:
            how = "with the key of PICTURES_KMS_KEY" if self.bucket.kms_key else "with S3's own keys"
            rule = {"ApplyServerSideEncryptionByDefault": wanted, "BucketKeyEnabled": bool(self.bucket.kms_key)}
            yield Difference(
                f"Objects are not encrypted {how} by default.",
                f"encrypted {how}",
                lambda: self._put("bucket_encryption", ServerSideEncryptionConfiguration={"Rules": [rule]}),
            )

    def _transport(self) -> Iterator[Difference]:
        text = self._get("bucket_policy").get("Policy")
        policy = json.loads(text) if text else {"Version": "2012-10-17", "Statement": []}
        wanted = tls_only(self.bucket)
        others = [each for each in _as_list(policy["Statement"]) if each.get("Sid") != _TLS]
        if wanted not in _as_list(policy["Statement"]):
            new = json.dumps({**policy, "Statement": [*others, wanted]})
            yield Difference(
                "It can be reached without TLS.", "TLS required", lambda: self._put("bucket_policy", Policy=new)
            )

    def _tidying(self) -> Iterator[Difference]:
        rules = self._get("bucket_lifecycle_configuration").get("Rules") or []
        wanted = lifecycle_rules(self.bucket)
        found = {rule.get("ID"): rule for rule in rules}
        wrong = [rule for rule in wanted if not _is_such(found.get(rule["ID"]), rule)]
        if wrong:
            others = [rule for rule in rules if rule.get("ID") not in {each["ID"] for each in wanted}]
            new = {"Rules": [*others, *wanted]}
            purposes = [f"rule that {_purpose(rule)}" for rule in wrong]
            yield Difference(
                f"It has no {', and no '.join(purposes)}.",
                f"a {' and a '.join(purposes)} added",
                lambda: self._put("bucket_lifecycle_configuration", LifecycleConfiguration=new),
            )

    def _versions(self) -> Iterator[Difference]:
        if self._get("bucket_versioning").get("Status") == "Enabled":
            yield Difference(
                "Versioning is on, so erased pictures live on as older versions. Suspend it and delete those by hand."
            )

    # -- Mending --

    def _create(self) -> None:
        place = {} if self.bucket.region == "us-east-1" else {"LocationConstraint": self.bucket.region}
        configuration = {"CreateBucketConfiguration": place} if place else {}
        client("s3").create_bucket(Bucket=self.bucket.name, ObjectOwnership="BucketOwnerEnforced", **configuration)
        wait_until(self._exists, f"The bucket {self.bucket.name}")

    def _exists(self) -> bool:
        try:
            client("s3").head_bucket(Bucket=self.bucket.name)
        except ClientError as error:
            if error_code(error) in {"404", "NoSuchBucket"}:
                return False
            raise
        return True

    def _get(self, setting: str) -> dict[str, Any]:
        """A setting of the bucket; empty if it was never made."""
        ask: Callable[..., dict[str, Any]] = getattr(client("s3"), f"get_{setting}")
        try:
            return ask(Bucket=self.bucket.name)
        except ClientError as error:
            if error_code(error) in _UNSET:
                return {}
            raise

    def _put(self, setting: str, **value: Any) -> None:
        getattr(client("s3"), f"put_{setting}")(Bucket=self.bucket.name, **value)


def bucket_arn(bucket: Bucket) -> str:
    """The bucket's ARN, without Region and account, since bucket names are unique in the world."""
    return f"arn:{partition(bucket.region)}:s3:::{bucket.name}"


def tls_only(bucket: Bucket) -> dict[str, Any]:
    """The bucket policy's statement that refuses every request without TLS."""
    return {
        "Sid": _TLS,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn(bucket), f"{bucket_arn(bucket)}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def lifecycle_rules(bucket: Bucket) -> list[dict[str, Any]]:
    """The portal's own lifecycle rules: overdue pictures expire, and unfinished uploads are aborted."""
    expiring = [
        {
            "ID": f"{_OURS}-expire-{prefix.strip('/')}",
            "Status": "Enabled",
            "Filter": {"Prefix": prefix},
            "Expiration": {"Days": days},
        }
        for prefix, days in bucket.expiry
    ]
    uploads = {
        "ID": f"{_OURS}-unfinished-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    return [*expiring, uploads]


def _is_such(found: dict[str, Any] | None, wanted: dict[str, Any]) -> bool:
    """True if a rule does what is wanted. AWS writes a rule for the whole bucket in more than one way."""
    if found is None:
        return False
    prefix = (found.get("Filter") or {}).get("Prefix") or found.get("Prefix") or ""
    return prefix == wanted["Filter"]["Prefix"] and all(
        found.get(part) == wanted.get(part) for part in ("Status", "Expiration", "AbortIncompleteMultipartUpload")
    )


def _purpose(rule: dict[str, Any]) -> str:
    if "Expiration" in rule:
        return f"deletes what is below {rule['Filter']['Prefix']} after {rule['Expiration']['Days']} days"
    return "ends unfinished uploads after a day"


def _as_list(statements: Any) -> list[Any]:
    return statements if isinstance(statements, list) else [statements]
