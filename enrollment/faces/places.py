"""Places where enrolled faces are kept: an engine's vectors with their mapping, as the settings were at the time.

What is erased is erased where it was enrolled: an engine, a Region, a prefix of names or a mapping that the settings
have replaced since still keeps what it was given.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from accounts.adapters import adapter_backend
from accounts.models import Institution
from enrollment.domain.faces import ErasureReport, FaceEngine, FaceKeeper
from enrollment.models import FacePlace
from enrollment.repositories.base import FaceIdRepository


def current_place(institution: Institution) -> FacePlace:
    """The place in which a face would be enrolled now; its row is written with the first call.

    Raises ImproperlyConfigured as `faces_for` does, and EngineUnavailable.
    """
    described = {
        "engine": settings.FACE_ENGINE["BACKEND"],
        "engine_at": _whereabouts("FACE_ENGINE"),
        "face_ids": settings.FACE_ID_REPOSITORY["BACKEND"],
        "face_ids_at": _whereabouts("FACE_ID_REPOSITORY"),
    }
    key = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
    place, _created = FacePlace.objects.get_or_create(institution=institution, key=key, defaults=described)
    return place


def places_of(institution: Institution) -> list[FacePlace]:
    """Every place that may keep faces of the institution, oldest first; the current one is among them."""
    current_place(institution)
    return list(FacePlace.objects.for_institution(institution).select_related("institution"))


def keeper_at(place: FacePlace) -> FaceKeeper:
    """The keeper of a place's vectors. Raises ImportError if its engine is no longer installed."""
    backend = import_string(place.engine)  # with it may come OpenCV or boto3, which few pages need
    if not hasattr(backend, "keeper"):
        return _EngineAsKeeper(backend(place.institution, **place.engine_at))
    keeper: FaceKeeper = backend.keeper(place.institution, place.engine_at, face_ids_at(place))
    return keeper


def face_ids_at(place: FacePlace) -> FaceIdRepository:
    """The mapping of a place. Raises ImportError as `keeper_at` does."""
    backend = import_string(place.face_ids)
    if not hasattr(backend, "at"):
        repository: FaceIdRepository = backend(place.institution, **place.face_ids_at)
        return repository
    mapping: FaceIdRepository = backend.at(place.institution, place.face_ids_at)
    return mapping


@dataclass(frozen=True, slots=True)
class _EngineAsKeeper:
    """The keeper of an engine that has none of its own: it erases what it is told to, and lists nothing."""

    engine: FaceEngine
    lists_faces: bool = False

    def owns(self, face_id: str) -> bool:
        return True

    def is_underway(self, face_id: str) -> bool:
        return False

    def faces(self) -> dict[str, UUID | None]:
        return {}

    def forget(self, face_ids: Collection[str]) -> ErasureReport:
        return self.engine.forget(face_ids)


def _whereabouts(setting: str) -> Mapping[str, Any]:
    backend, options = adapter_backend(setting)
    told: Mapping[str, Any] = backend.whereabouts(**options) if hasattr(backend, "whereabouts") else options
    return told
