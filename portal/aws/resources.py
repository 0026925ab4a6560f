"""Descriptions of AWS resources, without boto3, so that settings can be checked without it."""

from dataclasses import dataclass

from portal.aws.tables import Table


@dataclass(frozen=True, slots=True)
class Bucket:
    """A private bucket. region: where it is created. kms_key: the ARN of the key that encrypts, or empty: S3's own.

    expiry: (prefix, days) after which files below that prefix are deleted, even if the portal forgot them.
    """

    name: str
    region: str
    kms_key: str = ""
    expiry: tuple[tuple[str, int], ...] = ()
    prefixes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection of faces. school: its owner's name, for the report."""

    name: str
    school: str


@dataclass(frozen=True, slots=True)
class TableUse:
    """A table, and the IAM actions that its store makes on it."""

    table: Table
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Needs:
    """AWS resources required by the current settings. face_actions: IAM actions of the Rekognition engine, if used.

    liveness_actions: those of the Rekognition liveness check, if used.
    """

    region: str
    prefix: str
    tables: tuple[TableUse, ...] = ()
    bucket: Bucket | None = None
    collections: tuple[Collection, ...] = ()
    face_actions: tuple[str, ...] = ()
    liveness_actions: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tables or self.bucket or self.face_actions or self.liveness_actions)
