"""The operations, by name: each takes the store, what pictures show, and a checked request, and returns the answer.

They are called under one lock; what a picture shows is looked up before it is taken (`Call.picture`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.aws.rekognition.pictures import SeenPicture
from tests.aws.rekognition.store import Collection, Store
from tests.aws.rekognition.wire import Document


@dataclass(frozen=True, slots=True)
class Call:
    """One call. request: checked; pictures: what is seen in each `Image` of the request, by member; region: of the
    caller's signature."""

    store: Store
    request: Document
    region: str
    pictures: dict[str, SeenPicture] = field(default_factory=dict)

    @property
    def picture(self) -> SeenPicture:
        return self.pictures["Image"]

    @property
    def collection(self) -> Collection:
        """The request's collection. Raises ServiceError."""
        return self.store.collection(self.request["CollectionId"], self.region)


Operation = Callable[[Call], Document]
OPERATIONS: dict[str, Operation] = {}


def operation(name: str) -> Callable[[Operation], Operation]:
    """Registers what answers an operation."""

    def register(function: Operation) -> Operation:
        OPERATIONS[name] = function
        return function

    return register


def load() -> dict[str, Operation]:
    """All operations, by name: their modules register them."""
    from tests.aws.rekognition import on_collections, on_faces, on_liveness, on_users  # noqa: F401

    return OPERATIONS
