"""The service as botocore describes it: requests are checked against it, and our own answers too.

botocore itself checks no more than types, required members and minimum lengths before it sends. Here every range,
length, pattern and enumeration counts.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import botocore.session
from botocore.model import OperationModel, Shape

MODEL = botocore.session.get_session().get_service_model("rekognition")
TARGET = MODEL.metadata["targetPrefix"]

Document = dict[str, Any]
Wrong = Callable[[str], NoReturn]

# Errors that any service may answer with and that no operation's model lists.
COMMON_ERRORS = {
    "ExpiredTokenException": 400,
    "IncompleteSignature": 400,
    "InvalidSignatureException": 400,
    "MissingAuthenticationTokenException": 400,
    "SerializationException": 400,
    "UnknownOperationException": 400,
    "UnrecognizedClientException": 400,
    "ServiceUnavailable": 503,
}


class ServiceError(Exception):
    """An answer that is an error. code: one of the operation's modelled errors, or one of COMMON_ERRORS."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ModelDrift(Exception):
    """This server was about to answer what the service's model does not allow: a fault here, not in the caller."""


def operation_of(target: str) -> OperationModel:
    """The operation of a header `X-Amz-Target`. Raises ServiceError."""
    prefix, _, name = target.partition(".")
    if prefix != TARGET or name not in MODEL.operation_names:
        raise ServiceError("UnknownOperationException", f"There is no operation {target!r}.")
    return MODEL.operation_model(name)


def checked_request(operation: OperationModel, document: Any) -> Document:
    """A request as the operation takes it: blobs as bytes, nulls left out. Raises ServiceError."""

    def wrong(why: str) -> NoReturn:
        raise ServiceError("InvalidParameterException", f"Request has invalid parameters: {why}")

    request: Document = _Walk(wrong, decodes=True).value(operation.input_shape, document, operation.name)
    return request


def check_answer(operation: OperationModel, document: Any) -> None:
    """Raises ModelDrift unless the operation may answer this."""
    _Walk(_drift, decodes=False).value(operation.output_shape, document, f"{operation.name}'s answer")


def check_error(operation: OperationModel, error: ServiceError) -> int:
    """The HTTP status of an error. Raises ModelDrift unless the operation may answer with it."""
    status = statuses(operation).get(error.code)
    if status is None:
        _drift(f"{operation.name} never answers {error.code}")
    return status


def statuses(operation: OperationModel) -> dict[str, int]:
    """The HTTP status by code of every error that an operation may answer with."""
    modelled = {shape.name: 500 if _is_fault(shape.name) else 400 for shape in operation.error_shapes}
    return {**COMMON_ERRORS, **modelled}


def _is_fault(name: str) -> bool:
    # Shapes hand on most of a model's traits, but not this one.
    return bool(MODEL._shape_resolver._shape_map[name].get("fault"))


def _drift(why: str) -> NoReturn:
    raise ModelDrift(why)


class _Walk:
    """Goes through a document beside its shape. wrong: what to raise; decodes: whether blobs become bytes."""

    def __init__(self, wrong: Wrong, *, decodes: bool) -> None:
        self.wrong = wrong
        self.decodes = decodes

    def value(self, shape: Shape, value: Any, path: str) -> Any:
        """The value, checked. Kinds of shape that this service has no use for are a KeyError."""
        return {
            "structure": self.structure,
            "list": self.list,
            "map": self.map,
            "string": self.string,
            "boolean": self.boolean,
            "blob": self.blob,
            "integer": self.integer,
            "long": self.integer,
            "float": self.number,
            "double": self.number,
            "timestamp": self.number,
        }[shape.type_name](shape, value, path)

    def structure(self, shape: Shape, value: Any, path: str) -> Document:
        self._is(value, dict, path)
        given = {name: member for name, member in value.items() if member is not None}
        for name in given:
            if name not in shape.members:
                self.wrong(f"{path} has no member {name}")
        for name in shape.required_members:
            if name not in given:
                self.wrong(f"{path} lacks {name}")
        return {name: self.value(shape.members[name], member, f"{path}.{name}") for name, member in given.items()}

    def list(self, shape: Shape, value: Any, path: str) -> list[Any]:
        self._is(value, list, path)
        self._within(shape, len(value), path)
        return [self.value(shape.member, member, f"{path}[{i}]") for i, member in enumerate(value)]

    def map(self, shape: Shape, value: Any, path: str) -> Document:
        self._is(value, dict, path)
        self._within(shape, len(value), path)
        return {
            self.value(shape.key, key, f"{path}.{key}"): self.value(shape.value, member, f"{path}.{key}")
            for key, member in value.items()
        }

    def string(self, shape: Shape, value: Any, path: str) -> str:
        self._is(value, str, path)
        self._within(shape, len(value), path)
        if shape.enum and value not in shape.enum:
            self.wrong(f"{path} is {value!r}, not one of {', '.join(shape.enum)}")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            self.wrong(f"{path} is {value!r}, which does not satisfy {pattern}")
        return str(value)

    def boolean(self, shape: Shape, value: Any, path: str) -> bool:
        self._is(value, bool, path)
        return bool(value)

    def integer(self, shape: Shape, value: Any, path: str) -> int:
        self._is_number(value, int, path)
        self._within(shape, value, path)
        return int(value)

    def number(self, shape: Shape, value: Any, path: str) -> float:
        self._is_number(value, (int, float), path)
        if not math.isfinite(value):
            self.wrong(f"{path} is {value}")
        self._within(shape, value, path)
        return float(value)

    def blob(self, shape: Shape, value: Any, path: str) -> Any:
        self._is(value, str, path)  # in answers too: base64, as it goes over the wire
        try:
            content = base64.b64decode(value, validate=True)
        except binascii.Error:
            self.wrong(f"{path} is not base64")
        if len(content) > shape.metadata.get("max", math.inf):
            if not self.decodes:
                self.wrong(f"{path} has {len(content)} bytes")
            raise ServiceError("ImageTooLargeException", "Image size is too large.")
        self._within(shape, len(content), path)
        return content

    def _is(self, value: Any, kind: type, path: str) -> None:
        if not isinstance(value, kind):
            self.wrong(f"{path} is of type {type(value).__name__}")

    def _is_number(self, value: Any, kind: Any, path: str) -> None:
        if isinstance(value, bool) or not isinstance(value, kind):
            self.wrong(f"{path} is of type {type(value).__name__}")

    def _within(self, shape: Shape, size: float, path: str) -> None:
        traits: Mapping[str, Any] = shape.metadata
        if not traits.get("min", -math.inf) <= size <= traits.get("max", math.inf):
            limits = f"{traits.get('min', 'anything')} to {traits.get('max', 'anything')}"
            self.wrong(f"{path}: {size} is not within {limits}")
