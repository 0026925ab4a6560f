"""Storage of pictures in a private S3 bucket. Every failure is an OSError, as with a disk."""

import errno
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from botocore.exceptions import ClientError
from django.core.files.base import File
from django.utils.deconstruct import deconstructible
from django.utils.module_loading import import_string
from storages.backends.s3 import S3Storage
from storages.utils import clean_name, get_available_overwrite_name

from portal.aws.clients import asking, client
from portal.aws.errors import VENDOR_ERRORS, error_code, failure_of

MOST_NAMES = 5  # names tried for one file, if other files have taken them
_MISSING = frozenset({"NoSuchKey", "404"})
_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict"})  # the latter: by a write at the same moment
CACHE_CONTROL = "private, no-store"  # unless a signed address says otherwise


@deconstructible(path="portal.aws.storage.PrivatePictureStorage")
class PrivatePictureStorage(S3Storage):
    """django-storages' S3 storage with the portal's client, one request a picture, and the system's errors.

    Options besides its own: `kms_key` (the ARN of a key, or empty: S3's own keys), and `meter`, the dotted path of a
    function called for each paid call with the institution in the file's name, "s3", and AWS's name of the call.

    Raises FileNotFoundError for a missing file, PermissionError if the portal has no access, ConnectionError if S3 is
    unavailable or busy, any other OSError if it refuses. Without an ACL: the bucket's owner owns everything.
    """

    def get_default_settings(self) -> dict[str, Any]:
        return {**super().get_default_settings(), "kms_key": "", "meter": ""}

    # -- Reading --

    def signed_url(self, name: str, *, cache_control: str = CACHE_CONTROL) -> str:
        """An address of the file that is valid for `querystring_expire` seconds, for anyone who has it.

        cache_control: header that the bucket sends to the browser. Counted as one GetObject: the browser's.
        """
        where = {"Bucket": self.bucket_name, "Key": self._key(name), "ResponseCacheControl": cache_control}
        self._count("GetObject", name)
        try:
            return client("s3").generate_presigned_url("get_object", Params=where, ExpiresIn=self.querystring_expire)
        except VENDOR_ERRORS as error:
            raise as_os_error(error, name) from error

    def url(self, name: str, *args: object, **kwargs: object) -> str:
        return self.signed_url(name)

    def _open(self, name: str, mode: str = "rb") -> File:
        """The whole file in memory, by one request: pictures are small, and a check first would cost another."""
        if mode != "rb":
            raise ValueError("Pictures in a bucket are read as bytes, and written by `save`.")
        with self._calling("GetObject", name) as s3:
            answer = s3.get_object(Bucket=self.bucket_name, Key=self._key(name))
            return File(io.BytesIO(answer["Body"].read()), name)

    def exists(self, name: str) -> bool:
        try:
            return self.size(name) >= 0
        except FileNotFoundError:
            return False

    def size(self, name: str) -> int:
        with self._calling("HeadObject", name) as s3:
            return int(s3.head_object(Bucket=self.bucket_name, Key=self._key(name))["ContentLength"])

    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        """Folders and files below a name. A missing one is empty: a bucket has no folders."""
        prefix = f"{self._key(name)}/"
        folders: list[str] = []
        files: list[str] = []
        with self._calling("ListObjectsV2", name) as s3:
            pages = s3.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self.bucket_name, Prefix=prefix, Delimiter="/"):
                folders += [each["Prefix"][len(prefix) : -1] for each in page.get("CommonPrefixes", ())]
                files += [each["Key"][len(prefix) :] for each in page.get("Contents", ()) if each["Key"] != prefix]
        return folders, files

    # -- Writing --

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        """The name itself: the write finds out if it is free, without another request."""
        return str(get_available_overwrite_name(clean_name(name), max_length))

    def _save(self, name: str, content: File) -> str:
        """Write under the name, or under a similar one if it is taken. Never overwrites another file."""
        content.seek(0)
        data = content.read()
        write = uuid4().hex
        for _ in range(MOST_NAMES):
            try:
                self._put(name, data, write)
            except FileExistsError:
                if self._is_by(write, name):
                    return name
                root, dot, ending = name.rpartition(".")
                name = self.get_alternative_name(root, dot + ending)
            else:
                return name
        raise FileExistsError(errno.EEXIST, "No free name", name)

    def _is_by(self, write: str, name: str) -> bool:
        """True if this very write had succeeded already: botocore repeats one whose response was lost."""
        with self._calling("HeadObject", name) as s3:
            head = s3.head_object(Bucket=self.bucket_name, Key=self._key(name))
        return bool(head["Metadata"].get("write") == write)

    def _put(self, name: str, data: bytes, write: str) -> None:
        with self._calling("PutObject", name) as s3:
            s3.put_object(
                Bucket=self.bucket_name,
                Key=self._key(name),
                Body=data,
                ContentType="image/jpeg",
                CacheControl=CACHE_CONTROL,
                IfNoneMatch="*",
                Metadata={"write": write},
                **encryption(self.kms_key),
            )

    def delete(self, name: str) -> None:
        """Delete the file; a missing one is no error. Deleting costs nothing at AWS and is not counted."""
        with self._calling("", name) as s3:
            s3.delete_object(Bucket=self.bucket_name, Key=self._key(name))

    # -- Steps --

    def _key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))

    @contextmanager
    def _calling(self, operation: str, name: str) -> Iterator[Any]:
        """Context of one call of the operation, which is counted: S3's client. boto3's exceptions become OSError."""
        try:
            with asking("s3") as s3:
                self._count(operation, name)
                yield s3
        except VENDOR_ERRORS as error:
            raise as_os_error(error, name) from error

    def _count(self, operation: str, name: str) -> None:
        institution = institution_in(name)
        if operation and self.meter and institution:
            meter: Callable[[UUID, str, str], None] = import_string(self.meter)
            meter(institution, "s3", operation)


def institution_in(name: str) -> UUID | None:
    """The institution that owns the file: the first id in its name, `captures/<institution>/…`."""
    for part in name.split("/"):
        try:
            return UUID(part)
        except ValueError:
            continue
    return None


def encryption(kms_key: str) -> dict[str, Any]:
    """Encryption arguments of `put_object`: by the KMS key with this ARN, or by S3's own keys if it is empty."""
    if not kms_key:
        return {"ServerSideEncryption": "AES256"}
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key, "BucketKeyEnabled": True}


def as_os_error(error: Exception, name: str) -> OSError:
    """The OSError for a boto3 exception. It names the file and AWS's code, and holds no credentials."""
    failure = failure_of(error)
    if isinstance(error, ClientError) and error_code(error) in _MISSING:
        return FileNotFoundError(errno.ENOENT, f"Not in the bucket ({failure.detail})", name)
    if failure.detail in _TAKEN:
        return FileExistsError(errno.EEXIST, f"The name is taken ({failure.detail})", name)
    if failure.code == "denied":
        return PermissionError(errno.EACCES, f"S3 does not allow it ({failure.detail})", name)
    if failure.retryable:
        return ConnectionError(errno.EAGAIN, f"S3 is {failure.code} ({failure.detail})", name)
    return OSError(errno.EIO, f"S3 refused ({failure.detail})", name)
