"""Troubles of the face engine on this machine, for checks and monitors."""

from accounts.adapters import adapter_backend


def engine_trouble() -> str:
    """A sentence if the files of the engine of `FACE_ENGINE` are missing or damaged; empty if not, or if it has none.

    Raises ImproperlyConfigured as `adapter_backend` does.
    """
    backend, options = adapter_backend("FACE_ENGINE")
    return str(backend.trouble(**options)) if hasattr(backend, "trouble") else ""
