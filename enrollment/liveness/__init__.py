"""Liveness checks, chosen by `LIVENESS_CHECK`."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accounts.models import Institution
    from enrollment.domain.liveness import LivenessCheck


def liveness_for(institution: "Institution") -> "LivenessCheck":
    """The institution's liveness check, from `LIVENESS_CHECK`: {"BACKEND": "dotted.path", "OPTIONS": {...}}.

    Raises ImproperlyConfigured for a backend or an option that does not exist.
    """
    from accounts.adapters import build_adapter

    return build_adapter("LIVENESS_CHECK", institution)
