"""Descriptions of DynamoDB tables, stated by their stores, created and compared by `provision_aws`."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index. included: attributes besides the keys; empty: the keys alone."""

    name: str
    partition_key: str
    sort_key: str | None = None
    included: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table, billed by request. All keys are strings. ttl: the attribute with an item's expiry time, if any."""

    name: str
    partition_key: str
    sort_key: str | None = None
    indexes: tuple[Index, ...] = ()
    ttl: str | None = None

    def create_arguments(self) -> dict[str, Any]:
        """Keyword arguments of `create_table`: encrypted at rest by default, protected against deletion."""
        keys = {self.partition_key, self.sort_key}
        keys |= {key for index in self.indexes for key in (index.partition_key, index.sort_key)}
        arguments: dict[str, Any] = {
            "TableName": self.name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in sorted(keys - {None})],  # type: ignore[type-var]
            "KeySchema": _key_schema(self.partition_key, self.sort_key),
            "DeletionProtectionEnabled": True,
        }
        if self.indexes:
            arguments["GlobalSecondaryIndexes"] = [index_arguments(index) for index in self.indexes]
        return arguments


def index_arguments(index: Index) -> dict[str, Any]:
    """An index as an argument of `create_table` and `update_table`."""
    projection: dict[str, Any] = {"ProjectionType": "KEYS_ONLY"}
    if index.included:
        projection = {"ProjectionType": "INCLUDE", "NonKeyAttributes": list(index.included)}
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.partition_key, index.sort_key),
        "Projection": projection,
    }


def _key_schema(partition_key: str, sort_key: str | None) -> list[dict[str, str]]:
    schema = [{"AttributeName": partition_key, "KeyType": "HASH"}]
    if sort_key:
        schema.append({"AttributeName": sort_key, "KeyType": "RANGE"})
    return schema
