"""Face engines, chosen by `FACE_ENGINE`."""

import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import Institution
    from enrollment.domain.faces import FaceEngine

logger = logging.getLogger(__name__)


def faces_for(institution: "Institution") -> "FaceEngine":
    """The institution's face engine, as `FACE_ENGINE` says: {"BACKEND": "dotted.path", "OPTIONS": {...}}.

    Nothing is imported before the first call, since networks are heavy.
    Raises ImproperlyConfigured for a backend or an option that does not exist.
    """
    from accounts.adapters import build_adapter

    return build_adapter("FACE_ENGINE", institution)


def warm_up() -> None:
    """Let the engine of `FACE_ENGINE` load its networks, if it has any, before the first picture.

    Takes a second or two; meant for a thread of its own when a web process starts. Errors are logged: the first picture
    meets them again, where they can be answered.
    """
    from django.conf import settings
    from django.utils.module_loading import import_string

    try:
        backend = import_string(settings.FACE_ENGINE["BACKEND"])
        if hasattr(backend, "warm_up"):
            backend.warm_up(**settings.FACE_ENGINE.get("OPTIONS", {}))
    except Exception:
        logger.exception("The face engine could not be loaded beforehand")
