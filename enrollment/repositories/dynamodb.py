"""The mapping of face ids to students in DynamoDB: a table of its own.

    pk          T#<institution>#FACE#<face id>
    student_pk  T#<institution>#STU#<student>     index by_student
    since       when it became this student's     index by_student, its order

Reads by face id are consistent: a gallery loaded before a new face is visible would miss it.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar, Self
from uuid import UUID

from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.metering import calls_count
from accounts.models import Institution
from enrollment.repositories.base import FaceIdsUnavailable
from portal.aws.clients import region_of
from portal.aws.dynamodb import IS_NEW, Calls, ConditionFailed, Item
from portal.aws.errors import Failure
from portal.aws.tables import Index, Table

logger = logging.getLogger(__name__)
_BY_STUDENT = "by_student"


def face_table(name: str) -> Table:
    """The table under this name. The index holds the keys alone, which contain the face id."""
    return Table(name, partition_key="pk", indexes=(Index(_BY_STUDENT, "student_pk", "since"),))


class DynamoFaceIdRepository:
    """Implements `FaceIdRepository` on DynamoDB. table: its name, if not `<AWS_PREFIX>-faces`."""

    ACTIONS: ClassVar[tuple[str, ...]] = (
        "dynamodb:BatchGetItem",
        "dynamodb:BatchWriteItem",
        "dynamodb:PutItem",
        "dynamodb:Query",
    )

    def __init__(self, institution: Institution, *, table: str | None = None) -> None:
        self.institution = institution
        self.table = table or f"{settings.AWS_PREFIX}-faces"
        self._region = ""  # the one of the settings
        self._wall = f"T#{institution.pk}#"

    @classmethod
    def whereabouts(cls, *, table: str | None = None) -> dict[str, str]:
        """Region and table of a mapping with these options."""
        return {"region": region_of("dynamodb"), "table": table or f"{settings.AWS_PREFIX}-faces"}

    @classmethod
    def at(cls, institution: Institution, whereabouts: Mapping[str, str]) -> Self:
        """The mapping that is or was kept there."""
        mapping = cls(institution, table=whereabouts["table"])
        mapping._region = whereabouts["region"]
        return mapping

    @classmethod
    def tables(cls, *, table: str | None = None) -> list[Table]:
        """Tables required by these options."""
        return [face_table(table or f"{settings.AWS_PREFIX}-faces")]

    def put(self, face_id: str, student_id: UUID) -> None:
        since = datetime.now(UTC).isoformat(timespec="microseconds")
        owner = self._student_pk(student_id)
        with self._calls() as calls:
            try:
                item = {**self._key(face_id), "student_pk": owner, "since": since}
                calls.put(item, IS_NEW | Attr("student_pk").ne(owner))
            except ConditionFailed:
                return  # it is this student's already, and keeps its place in the order

    def put_many(self, students: Mapping[str, UUID]) -> None:
        for face_id, student_id in students.items():
            self.put(face_id, student_id)

    def get_many(self, face_ids: Collection[str]) -> dict[str, UUID]:
        with self._calls() as calls:
            items = calls.get_many([self._key(face_id) for face_id in set(face_ids)])
        return {self._face_id(item): UUID(item["student_pk"].rpartition("#")[2]) for item in items}

    def for_student(self, student_id: UUID) -> list[str]:
        with self._calls() as calls:
            return [self._face_id(item) for item in calls.query(self._owned_by(student_id), index=_BY_STUDENT)]

    def remove(self, face_ids: Collection[str]) -> None:
        with self._calls() as calls:
            calls.delete_many([self._key(face_id) for face_id in set(face_ids)])

    def purge_student(self, student_id: UUID) -> int:
        with self._calls() as calls:
            return len(calls.delete_all(_BY_STUDENT, self._owned_by(student_id), key=["pk"]))

    def _calls(self) -> Calls:
        spent = partial(calls_count, self.institution.pk, "dynamodb")
        return Calls(self.table, unavailable=_unavailable, spent=spent, region=self._region)

    def _key(self, face_id: str) -> Item:
        return {"pk": f"{self._wall}FACE#{face_id}"}

    def _owned_by(self, student_id: UUID) -> ConditionBase:
        return Key("student_pk").eq(self._student_pk(student_id))

    def _student_pk(self, student_id: UUID) -> str:
        return f"{self._wall}STU#{student_id}"

    def _face_id(self, item: Item) -> str:
        return str(item["pk"].removeprefix(f"{self._wall}FACE#"))


def _unavailable(failure: Failure) -> FaceIdsUnavailable:
    logger.warning("The table of face ids: %s (%s)", failure.code, failure.detail)
    sentence = _("The list of whose face is whose cannot be read now. Try again in a minute, or mark by hand.")
    return FaceIdsUnavailable(failure.code, sentence, retryable=failure.retryable)
