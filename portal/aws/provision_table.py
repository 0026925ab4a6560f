"""Provisioner of a DynamoDB table: keys, indexes, time to live, recovery, protection."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from portal.aws.clients import client
from portal.aws.errors import error_code
from portal.aws.provision import Difference, wait_until
from portal.aws.tables import Index, Table, index_arguments

State = dict[str, Any]
_ON = frozenset({"ENABLED", "ENABLING"})


@dataclass(frozen=True, slots=True)
class TableProvisioner:
    """Implements `Provisioner` for a table."""

    table: Table

    @property
    def label(self) -> str:
        return f"table {self.table.name}"

    def differences(self) -> list[Difference]:
        state = self._state()
        if state is None:
            return [Difference("It does not exist.", "created", self._create)]
        return [
            *self._keys(state),
            *self._billing(state),
            *self._indexes(state),
            *self._expiry(),
            *self._recovery(),
            *self._protection(state),
        ]

    # -- Comparing --

    def _keys(self, state: State) -> Iterator[Difference]:
        wanted = self.table.create_arguments()
        if _schema(state) != _schema(wanted):
            yield Difference(
                f"Its key is {_words(state)} where the portal needs {_words(wanted)}. A table's key cannot be changed: "
                "move its items to a table of another name and say that name in the settings."
            )
        types = {each["AttributeName"]: each["AttributeType"] for each in state["AttributeDefinitions"]}
        for each in wanted["AttributeDefinitions"]:
            name = each["AttributeName"]
            if types.get(name, "S") != "S":
                yield Difference(f"The key {name} is not a string (S) but {types[name]}. That cannot be changed.")

    def _billing(self, state: State) -> Iterator[Difference]:
        mode = (state.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED")
        if mode != "PAY_PER_REQUEST":
            yield Difference(
                "It has a fixed capacity, which a school's morning can exceed.",
                "billed by request from now on",
                lambda: self._update(BillingMode="PAY_PER_REQUEST"),
            )

    def _indexes(self, state: State) -> Iterator[Difference]:
        found = {each["IndexName"]: each for each in state.get("GlobalSecondaryIndexes") or []}
        for index in self.table.indexes:
            if index.name not in found:
                yield self._missing(index)
            else:
                yield from _index_differences(index, found[index.name])

    def _missing(self, index: Index) -> Difference:
        return Difference(
            f"The index {index.name} does not exist.", f"index {index.name} created", lambda: self._create_index(index)
        )

    def _expiry(self) -> Iterator[Difference]:
        found = client("dynamodb").describe_time_to_live(TableName=self.table.name)["TimeToLiveDescription"]
        attribute = found.get("AttributeName") if found.get("TimeToLiveStatus") in _ON else None
        wanted = self.table.ttl
        if attribute == wanted:
            return
        if attribute:
            purpose = f"needs {wanted} for that" if wanted else "does not want that"
            yield Difference(f"Items expire by the attribute {attribute}; the portal {purpose}. Switch it off by hand.")
            return
        yield Difference(
            f"Items do not expire: time to live by {wanted} is off.", "time to live switched on", self._expire
        )

    def _recovery(self) -> Iterator[Difference]:
        found = client("dynamodb").describe_continuous_backups(TableName=self.table.name)
        recovery = found["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription") or {}
        if recovery.get("PointInTimeRecoveryStatus") not in _ON:
            yield Difference(
                "Point-in-time recovery is off.", "point-in-time recovery switched on", self._make_recoverable
            )

    def _protection(self, state: State) -> Iterator[Difference]:
        if not state.get("DeletionProtectionEnabled"):
            yield Difference(
                "It is not protected against deletion.",
                "protected against deletion",
                lambda: self._update(DeletionProtectionEnabled=True),
            )

    # -- Mending --

    def _create(self) -> None:
        """Create the table. An answer that is lost makes botocore ask once more: then it exists already."""
        try:
            client("dynamodb").create_table(**self.table.create_arguments())
        except ClientError as error:
            if error_code(error) != "ResourceInUseException":
                raise
        self._wait()

    def _create_index(self, index: Index) -> None:
        keys = [{"AttributeName": key, "AttributeType": "S"} for key in self._all_keys(index)]
        self._update(AttributeDefinitions=keys, GlobalSecondaryIndexUpdates=[{"Create": index_arguments(index)}])

    def _all_keys(self, index: Index) -> list[str]:
        """The keys of the table, of its present indexes and of the new one: AWS requires all of them each time."""
        state = self._state() or {}
        keys = {each["AttributeName"] for each in state.get("AttributeDefinitions") or []}
        return sorted(keys | {key for key in (index.partition_key, index.sort_key) if key})

    def _expire(self) -> None:
        how = {"Enabled": True, "AttributeName": self.table.ttl}
        client("dynamodb").update_time_to_live(TableName=self.table.name, TimeToLiveSpecification=how)

    def _make_recoverable(self) -> None:
        wait_until(self._is_recoverable, f"The recovery of the table {self.table.name}")

    def _is_recoverable(self) -> bool:
        """True if recovery is on. AWS asks to come back later while it prepares a new table's backups."""
        try:
            client("dynamodb").update_continuous_backups(
                TableName=self.table.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
            )
        except ClientError as error:
            if error_code(error) == "ContinuousBackupsUnavailableException":
                return False
            raise
        return True

    def _update(self, **change: Any) -> None:
        client("dynamodb").update_table(TableName=self.table.name, **change)
        self._wait()

    def _wait(self) -> None:
        wait_until(self._is_ready, f"The table {self.table.name}")

    def _is_ready(self) -> bool:
        state = self._state()
        if state is None:
            return False
        parts = [state["TableStatus"], *(each["IndexStatus"] for each in state.get("GlobalSecondaryIndexes") or [])]
        return all(part == "ACTIVE" for part in parts)

    def _state(self) -> State | None:
        try:
            table: State = client("dynamodb").describe_table(TableName=self.table.name)["Table"]
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                return None
            raise
        return table


def _index_differences(index: Index, found: State) -> Iterator[Difference]:
    wanted = index_arguments(index)
    remedy = "Delete the index by hand while nobody works, then run the command again: it is built anew."
    if _schema(found) != _schema(wanted):
        yield Difference(
            f"The key of the index {index.name} is {_words(found)} where the portal needs {_words(wanted)}. {remedy}"
        )
    projection = found.get("Projection") or {}
    if projection.get("ProjectionType") == "ALL":
        return
    lacking = sorted(set(index.included) - set(projection.get("NonKeyAttributes") or []))
    if lacking:
        yield Difference(f"The index {index.name} lacks {', '.join(lacking)}. {remedy}")


def _schema(described: State) -> dict[str, str]:
    return {each["KeyType"]: each["AttributeName"] for each in described["KeySchema"]}


def _words(described: State) -> str:
    schema = _schema(described)
    return " and ".join(schema[kind] for kind in ("HASH", "RANGE") if kind in schema)
