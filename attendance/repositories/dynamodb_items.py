"""The register's table in DynamoDB, and marks as its items.

    pk                             sk                         what
    T#<inst>#SES#<session>         STU#<student>              the current mark
    T#<inst>#SES#<session>         AUD#<student>#<version>    a version that it had before
    T#<inst>#SES#<session>         META                       the summary of a closed session
    T#<inst>#DAY#<date>            SHARD#<n>                  a part of a day's counters
    T#<inst>#DAY#<date>            REG#<session>              the marks of a closed session as the office needs them
    T#<inst>#CRS#<course>          REG#<date>#<session>       the same in brief, as a course's term needs them
    T#<inst>#CRS#<course>          MONTH#<yyyy-mm>            a month in which the course has marks

    index        student_pk                       student_sk
    by_student   T#<inst>#STU#<student>           <time>#<session>, or AUD#<time>#<session>#<version>
                 course_pk                        course_sk
    by_course    T#<inst>#CRS#<course>#<yyyy-mm>  <time>#<session>#<student>

The indexes hold whole marks. A mark is below 1 KB, so this costs no more write units than projecting its status alone;
reading marks by BatchGetItem after the index would cost half a unit a mark, while the index reads some ten for one.

Times are ISO 8601 in UTC to the microsecond, all of one width: their order as text is their order in time. Attributes
have short names, since names are paid for too.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from attendance.domain.marks import Closing, Evidence, Mark
from attendance.domain.statuses import Source, Status, may_replace
from portal.aws.dynamodb import Item
from portal.aws.tables import Index, Table

BY_STUDENT, BY_COURSE = "by_student", "by_course"
AUDIT, MARK, META, MONTH, REGISTER, SHARD = "AUD#", "STU#", "META", "MONTH#", "REG#", "SHARD#"
# version, status, source, marked at, by whom, minutes late, note, own code, left at, evidence, course.
_FIELDS = ("ver", "st", "src", "at", "by", "late", "note", "cd", "left", "why", "crs")
_BEFORE_ALL, _AFTER_ALL = "0", ":"  # as text: before and after every time, and after no `AUD#`


def marks_table(name: str) -> Table:
    """The table under this name. `exp`: Unix time in seconds after which DynamoDB deletes an item, within days."""
    return Table(
        name,
        partition_key="pk",
        sort_key="sk",
        indexes=(
            Index(BY_STUDENT, "student_pk", "student_sk", included=_FIELDS),
            Index(BY_COURSE, "course_pk", "course_sk", included=_FIELDS),
        ),
        ttl="exp",
    )


class Keys:
    """The keys of one institution: each begins with its id, so that ids of another one lead nowhere."""

    def __init__(self, institution_id: UUID) -> None:
        self.wall = f"T#{institution_id}#"

    def session(self, session_id: UUID) -> str:
        return f"{self.wall}SES#{session_id}"

    def student(self, student_id: UUID) -> str:
        return f"{self.wall}STU#{student_id}"

    def course(self, course_id: UUID) -> str:
        return f"{self.wall}CRS#{course_id}"

    def course_month(self, course_id: UUID, month: str) -> str:
        return f"{self.course(course_id)}#{month}"

    def day(self, day: date) -> str:
        return f"{self.wall}DAY#{day.isoformat()}"

    def mark(self, session_id: UUID, student_id: UUID) -> Item:
        """The primary key of a mark."""
        return {"pk": self.session(session_id), "sk": f"{MARK}{student_id}"}


def mark_item(keys: Keys, mark: Mark, *, write_id: str, expires: int | None) -> Item:
    """The item of the current mark.

    write_id: names this very write, so that one whose answer was lost is recognised. expires: Unix time in seconds.
    """
    at = instant(mark.held_at)
    item = {
        **keys.mark(mark.session_id, mark.student_id),
        "student_pk": keys.student(mark.student_id),
        "student_sk": f"{at}#{mark.session_id}",
        "course_pk": keys.course_month(mark.course_id, month_of(mark)),
        "course_sk": f"{at}#{mark.session_id}#{mark.student_id}",
        "w": write_id,
        "exp": expires,
        "ver": mark.version,
        "st": mark.status.value,
        "src": mark.source.value,
        "at": instant(mark.marked_at),
        "crs": str(mark.course_id),
        "by": mark.actor_id and str(mark.actor_id),
        "late": mark.minutes_late,
        "note": mark.note,
        "cd": mark.code,
        "left": mark.left_at and instant(mark.left_at),
        "why": mark.evidence and _evidence_fields(mark.evidence),
    }
    return {name: value for name, value in item.items() if value}  # what is empty takes no room


def audit_item(item: Item) -> Item:
    """A mark's item as its audit entry. In the index by_student too, or erasure would miss it."""
    version = int(item["ver"])
    kept = {name: value for name, value in item.items() if name not in ("course_pk", "course_sk", "w")}
    return kept | {
        "sk": audit_sk(_student_id(item), version),
        "student_sk": f"{AUDIT}{item['student_sk']}#{version}",
    }


def audit_sk(student_id: UUID, version: int) -> str:
    """The sort key of an audit entry: as text in the order of versions."""
    return f"{AUDIT}{student_id}#{version:010d}"


def mark_of(item: Item) -> Mark:
    """The mark in an item of the table or of an index, or in an audit entry."""
    session_id, held_at = _lesson(item)
    return Mark(
        session_id=session_id,
        course_id=UUID(item["crs"]),
        student_id=_student_id(item),
        held_at=held_at,
        status=Status(item["st"]),
        source=Source(item["src"]),
        marked_at=datetime.fromisoformat(item["at"]),
        actor_id=UUID(item["by"]) if "by" in item else None,
        minutes_late=int(item.get("late", 0)),
        note=item.get("note", ""),
        code=item.get("cd", ""),
        left_at=datetime.fromisoformat(item["left"]) if "left" in item else None,
        evidence=_evidence(item["why"]) if "why" in item else None,
        version=int(item["ver"]),
    )


def yields_to(item: Item, mark: Mark) -> bool:
    """True if another mark may replace that of an item (`may_replace`)."""
    return may_replace(status=Status(item["st"]), source=Source(item["src"]), by=mark.source)


def month_of(mark: Mark) -> str:
    return instant(mark.held_at)[:7]


def student_range(*, after: datetime | None, before: tuple[datetime, UUID] | None) -> tuple[str, str]:
    """The sort keys of a student's marks of lessons from `after` on and before a lesson that was shown."""
    if before is None:
        upper = _AFTER_ALL
    else:
        held_at, session_id = before
        # The greatest key below the lesson's own: BETWEEN includes its ends.
        rest = f"#{UUID(int=session_id.int - 1)}" if session_id.int else ""
        upper = f"{instant(held_at)}{rest}"
    return instant(after) if after else _BEFORE_ALL, upper


def course_range(*, first: date, last: date, after: datetime | None) -> tuple[str, str]:
    """The sort keys of a course's marks on these days, both included, and not before `after`."""
    lower = first.isoformat()
    return max(lower, instant(after)) if after else lower, f"{last.isoformat()}~"


def instant(at: datetime) -> str:
    """A time as text: `2026-03-02T09:00:00.000000Z`."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def expiry(lesson: Mark | Closing, retention_days: int | None) -> int | None:
    """Unix time in seconds after which a lesson's marks are not kept; None: they are kept for ever."""
    if retention_days is None:
        return None
    return int((lesson.held_at + timedelta(days=retention_days)).timestamp()) + 1


def with_version(mark: Mark, version: int) -> Mark:
    """The mark as it is stored and read again: with its version, its times in UTC."""
    return replace(
        mark,
        version=version,
        held_at=mark.held_at.astimezone(UTC),
        marked_at=mark.marked_at.astimezone(UTC),
        left_at=mark.left_at.astimezone(UTC) if mark.left_at else None,
    )


def _evidence_fields(why: Evidence) -> Item:
    return {
        "cap": str(why.capture_id),
        "face": why.face,
        "sim": _exact(why.similarity),
        "threshold": _exact(why.threshold),
        "eng": why.engine,
        "mod": why.model,
    }


def _evidence(fields: Item) -> Evidence:
    return Evidence(
        capture_id=UUID(fields["cap"]),
        face=int(fields["face"]),
        similarity=float(fields["sim"]),
        threshold=float(fields["threshold"]),
        engine=fields["eng"],
        model=fields["mod"],
    )


def _exact(value: float) -> Decimal:
    """As exact as Python writes it: DynamoDB keeps 38 digits."""
    return Decimal(repr(float(value)))


def _lesson(item: Item) -> tuple[UUID, datetime]:
    """Session id and beginning, from the item's keys, or from those of the index if the item is from one."""
    if "student_sk" in item:
        at = item["student_sk"].removeprefix(AUDIT).partition("#")[0]
    else:
        at = item["course_sk"].partition("#")[0]
    return UUID(item["pk"].rpartition("#")[2]), datetime.fromisoformat(at)


def _student_id(item: Item) -> UUID:
    """`STU#<student>` or `AUD#<student>#<version>`."""
    return UUID(item["sk"].split("#")[1])
