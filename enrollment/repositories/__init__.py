"""The store of face ids, chosen by `FACE_ID_REPOSITORY`."""

from accounts.adapters import build_adapter
from accounts.models import Institution
from enrollment.repositories.base import FaceIdRepository


def face_ids_for(institution: Institution) -> FaceIdRepository:
    """The institution's mapping of face ids to students."""
    return build_adapter("FACE_ID_REPOSITORY", institution)
