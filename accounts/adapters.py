"""Exchangeable parts, chosen by settings: `{"BACKEND": "dotted.path", "OPTIONS": {...}}`."""

import inspect
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


def build_adapter(setting: str, institution: Any) -> Any:
    """The part that `setting` names, bound to an institution.

    The backend is called with the institution and its options as keyword arguments. Raises ImproperlyConfigured
    where the backend cannot be imported or does not know an option.
    """
    backend, options = adapter_backend(setting)
    return backend(institution, **options)


def adapter_backend(setting: str) -> tuple[Any, dict[str, Any]]:
    """The backend that `setting` names and its options. Raises ImproperlyConfigured, as `build_adapter` does."""
    spec = getattr(settings, setting)
    try:
        backend = import_string(spec["BACKEND"])
    except ImportError as error:
        raise ImproperlyConfigured(f"{setting}: {error}") from error
    options: dict[str, Any] = spec.get("OPTIONS", {})
    known = getattr(backend, "OPTIONS", None) or set(inspect.signature(backend).parameters) - {"institution"}
    if unknown := set(options) - known:
        raise ImproperlyConfigured(
            f"{setting}: {spec['BACKEND']} knows no option {', '.join(sorted(unknown))}; "
            f"it knows {', '.join(sorted(known)) or 'none'}."
        )
    return backend, options
