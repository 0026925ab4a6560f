"""Exchangeable parts, chosen by settings: `{"BACKEND": "dotted.path", "OPTIONS": {...}}`."""

import inspect
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string


def build_adapter(setting: str, institution: Any) -> Any:
    """The part that `setting` names, bound to an institution.

    The backend is called with the institution and its options as keyword arguments. Raises ImproperlyConfigured
    where the backend cannot be imported or does not know an option.
    """
    return adapter_of(getattr(settings, setting), institution, setting=setting)


def adapter_of(spec: Mapping[str, Any], institution: Any, *, setting: str) -> Any:
    """As `build_adapter`, of the part that is described so. setting: named by errors."""
    backend, options = backend_of(spec, setting=setting)
    return backend(institution, **options)


def adapter_backend(setting: str) -> tuple[Any, dict[str, Any]]:
    """The backend that `setting` names and its options. Raises ImproperlyConfigured, as `build_adapter` does."""
    return backend_of(getattr(settings, setting), setting=setting)


def parts_of(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The stores that a description names: one, or the two that are kept alike while one is moved to the other."""
    options = spec.get("OPTIONS", {})
    both = [options[name] for name in ("first", "second") if name in options]
    return [{"BACKEND": part["BACKEND"], "OPTIONS": part.get("OPTIONS", {})} for part in both or [spec]]


def is_same_store(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True unless these are surely two stores: an option that one leaves out may be what the other says."""
    shared = (one["OPTIONS"].keys() & other["OPTIONS"].keys()) - {"retention_days"}
    return one["BACKEND"] == other["BACKEND"] and all(one["OPTIONS"][name] == other["OPTIONS"][name] for name in shared)


def backend_of(spec: Mapping[str, Any], *, setting: str) -> tuple[Any, dict[str, Any]]:
    """The backend that is described so and its options. Raises ImproperlyConfigured, as `build_adapter` does."""
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
