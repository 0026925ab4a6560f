"""AWS resources required by the current settings, read from the settings, the stores' descriptions and the schools."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.utils.module_loading import import_string

from accounts.adapters import parts_of
from accounts.models import Institution
from enrollment.batches.expiring import FILES_KEPT
from portal.aws.resources import Bucket, Collection, Needs, TableUse

STORES = ("FACE_ID_REPOSITORY", "ATTENDANCE_REPOSITORY")
# Folders of class photos, enrolment photos, photos that wait in a batch; of imported files, bundles of data, families'
# documents and exported papers.
CAPTURES, FACES, BATCHES = "captures/", "faces/", "batches/"
OTHERS = ("imports/", "bundles/", "documents/", "exports/")
FACE_LIVENESS = ("rekognition:CreateFaceLivenessSession", "rekognition:GetFaceLivenessSessionResults")
_AFTER_THE_WORKER = 1  # day: the worker should have deleted a picture before the bucket does so by itself


def needs_of_aws() -> Needs:
    """All AWS resources needed; empty where no setting chooses AWS. Raises ImportError for an unknown backend."""
    return Needs(
        region=settings.AWS_REGION,
        prefix=settings.AWS_PREFIX,
        tables=tuple(_tables()),
        bucket=_bucket(name) if (name := bucket_name()) else None,
        collections=tuple(_collections()) if uses_rekognition() else (),
        face_actions=_face_actions() if uses_rekognition() else (),
        liveness_actions=FACE_LIVENESS if uses_face_liveness() else (),
    )


def uses_rekognition() -> bool:
    """Return whether FACE_ENGINE is the Rekognition engine, or one made from it. Raises ImportError."""
    from enrollment.faces.rekognition.engine import RekognitionFaceEngine

    backend = import_string(settings.FACE_ENGINE["BACKEND"])
    return isinstance(backend, type) and issubclass(backend, RekognitionFaceEngine)


def uses_face_liveness() -> bool:
    """Return whether tablets that nobody watches use Rekognition Face Liveness. Their page needs a right of its own
    (docs/liveness.md). Raises ImportError."""
    from enrollment.liveness.rekognition import RekognitionLiveness

    backend = import_string(settings.LIVENESS_CHECK["BACKEND"])
    return isinstance(backend, type) and issubclass(backend, RekognitionLiveness)


def uses_dynamodb(setting: str) -> bool:
    """Return whether a store of `STORES` keeps its data in tables of DynamoDB. Raises ImportError."""
    return any(hasattr(import_string(part["BACKEND"]), "tables") for part in parts_of(getattr(settings, setting)))


def _tables() -> Iterator[TableUse]:
    for setting in STORES:
        for part in parts_of(getattr(settings, setting)):
            store: Any = import_string(part["BACKEND"])
            if hasattr(store, "tables"):
                for table in store.tables(**part["OPTIONS"]):
                    yield TableUse(table, tuple(store.ACTIONS))


def bucket_name() -> str:
    """The bucket of the pictures, or the one from which they are moved away; empty: none."""
    return str(settings.PICTURES_BUCKET or settings.FORMER_BUCKET)


def _bucket(name: str) -> Bucket:
    return Bucket(
        name=name,
        region=settings.AWS_REGION,
        kms_key=settings.PICTURES_KMS_KEY,
        expiry=(
            (CAPTURES, longest_retention() + _AFTER_THE_WORKER),
            (BATCHES, FILES_KEPT.days + _AFTER_THE_WORKER),
        ),
        prefixes=(CAPTURES, FACES, BATCHES, *OTHERS),
    )


def longest_retention() -> int:
    """Most days that a school may keep class photos.

    Not those that a school has chosen: the bucket would delete pictures too early once a school chooses more. Deleting
    in time is the worker's; the bucket's rule is for what the worker lost sight of.
    """
    validators = Institution._meta.get_field("photo_retention_days").validators
    return min(int(each.limit_value) for each in validators if isinstance(each, MaxValueValidator))


def _collections() -> Iterator[Collection]:
    from enrollment.faces.rekognition.collection import collection_id

    for school in Institution.objects.filter(faces_enabled=True):
        yield Collection(collection_id(school.pk), school.slug)


def _face_actions() -> tuple[str, ...]:
    from enrollment.faces.rekognition.actions import actions

    return actions(**settings.FACE_ENGINE.get("OPTIONS", {}))
