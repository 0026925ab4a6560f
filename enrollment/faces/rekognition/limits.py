"""Rekognition's limits, checked before the call: botocore itself checks types and minimum lengths alone.

Charsets, lengths, ranges, enumerations and numbers of ids come from botocore's own model of the service; limits that
the model lacks (the picture's format and its smallest side) are stated here.
"""

import io
import re
from collections.abc import Mapping
from typing import Any

from PIL import Image, UnidentifiedImageError

from enrollment.domain.faces import FaceError
from enrollment.faces.crops import MIN_SIDE

_PICTURES = ("Image", "SourceImage", "TargetImage")


class RekognitionRefused(FaceError):
    """Rekognition refused a call, or would have: a limit is passed, or a resource is missing.

    detail: AWS's name of the error, such as `ResourceNotFoundException`. The same call fails again.
    """

    code = "refused"

    def __init__(self, operation: str, detail: str) -> None:
        super().__init__(f"{operation}: {detail}")
        self.operation = operation
        self.detail = detail


class LimitPassed(RekognitionRefused):
    """A call that was not made, since it would have been refused: a mistake in the portal's own code."""


def require_within_limits(operation: str, shape: Any, arguments: Mapping[str, Any]) -> None:
    """Raises LimitPassed unless the arguments of a call respect all known limits.

    shape: the operation's input as botocore models it.
    """
    pictures = (_picture(name, arguments.get(name, {}).get("Bytes")) for name in _PICTURES)
    if complaint := _structure(shape, arguments) or next(filter(None, pictures), ""):
        raise LimitPassed(operation, complaint)


def _structure(shape: Any, values: Mapping[str, Any]) -> str:
    """The first complaint about a structure's members; empty if there is none."""
    for name, value in values.items():
        if name not in shape.members:
            return f"{name} is unknown"
        if complaint := _complaint(shape.members[name], value):
            return f"{name} {complaint}"
    return ""


def _complaint(shape: Any, value: Any) -> str:
    if shape.type_name == "structure":
        return _structure(shape, value)
    rules = shape.metadata
    if shape.type_name in {"string", "blob", "list"}:
        if not rules.get("min", 0) <= len(value) <= rules.get("max", len(value)):
            return f"has a length of {len(value)}"
        if shape.type_name == "list":
            return next(filter(None, (_complaint(shape.member, item) for item in value)), "")
        return "" if shape.type_name == "blob" else _text(shape, value)
    if not rules.get("min", value) <= value <= rules.get("max", value):
        return f"is {value}"
    return ""


def _text(shape: Any, value: str) -> str:
    pattern = shape.metadata.get("pattern")
    if pattern and not re.fullmatch(pattern, value):
        return f"has another form than {pattern}"
    return f"is {value}" if shape.enum and value not in shape.enum else ""


def _picture(name: str, data: bytes | None) -> str:
    if data is None:
        return ""
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
            smallest = min(image.size)
    except (UnidentifiedImageError, OSError):
        return f"{name} is neither JPEG nor PNG"
    return f"{name} has a side of {smallest} px" if smallest < MIN_SIDE else ""
