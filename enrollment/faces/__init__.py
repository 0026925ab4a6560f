"""Face engines, chosen by `FACE_ENGINE`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import Institution
    from enrollment.faces.base import FaceEngine


def faces_for(institution: "Institution") -> "FaceEngine":
    """The institution's face engine, as `FACE_ENGINE` says: {"BACKEND": "dotted.path", "OPTIONS": {...}}.

    Nothing is imported before the first call: models import `enrollment.faces.base`, and networks are heavy.
    Raises ImproperlyConfigured for a backend or an option that does not exist.
    """
    from accounts.adapters import build_adapter

    engine: FaceEngine = build_adapter("FACE_ENGINE", institution)
    return engine
