"""First marks a second through the DynamoDB store and through a bare boto3 loop, side by side in one run.

    python bench/marks.py

Both write to the same table of ministack, which runs beside them on this machine: thirty marks of a session at a time,
each a conditional put of an item with the same attributes, by the same number of threads. The bare loop does nothing
else. The store also notes the course's month, compares the stored item, makes items of marks, counts units, and returns
the effective marks. The two take turns, session by session, and in turns go first, so that a busy moment falls on both.

    store_per_second, raw_per_second    marks, by the median time of a session
    store_over_raw                      their ratio; 1.0: the store costs nothing
    repeat_per_second                   the same sessions again: nothing new in them, as a webcam sends it
    correct_per_second                  corrections, one after another: a reading and a transaction each
    write_units_a_mark                  as the server counts them, the notes of months included
"""

import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from _ministack import measure_and_print, settings_set

FOLDER = settings_set("marks")
SESSIONS, STUDENTS = 120, 30
A_COURSE = 10  # sessions of it, in one month
CORRECTIONS = 60


def measured() -> dict[str, object]:
    from django.conf import settings

    from accounts.models import Institution
    from accounts.pending import pending
    from attendance.repositories.dynamodb import DynamoAttendanceRepository

    store = DynamoAttendanceRepository(Institution.objects.create(slug="bench", name="Bench"))
    pool = ThreadPoolExecutor(settings.AWS_THREADS)
    contestants = {
        "store": lambda marks: through_the_store(store, marks),
        "raw": lambda marks: bare(store, pool, marks),
    }
    for marks in sessions(4):  # threads and connections
        through_the_store(store, marks)
    taken: dict[str, list[float]] = {"store": [], "raw": [], "repeat": []}
    pending.take()
    pairs = list(zip(sessions(SESSIONS), sessions(SESSIONS), strict=True))
    for number, pair in enumerate(pairs):
        turns = list(zip(contestants, pair, strict=True))
        for name, marks in turns if number % 2 else reversed(turns):
            taken[name].append(seconds(lambda name=name, marks=marks: contestants[name](marks)))
    units = sum(n for key, n in pending.take().items() if key.operation == "WriteUnits")
    for marks, _raw in pairs:
        taken["repeat"].append(seconds(lambda marks=marks: through_the_store(store, marks, expected=0)))
    speed = {name: STUDENTS / statistics.median(times) for name, times in taken.items()}
    return {
        **{f"{name}_per_second": round(value, 1) for name, value in speed.items()},
        "store_over_raw": round(speed["store"] / speed["raw"], 3),
        "correct_per_second": round(CORRECTIONS / seconds(lambda: corrections(store)), 1),
        "write_units_a_mark": round(units / SESSIONS / STUDENTS, 2),
        "threads": settings.AWS_THREADS,
        "data_sets": [f"{SESSIONS} sessions of {STUDENTS} marks each way, ministack on the same machine"],
    }


def sessions(number: int) -> list[list]:
    """New sessions, each with the marks that a machine made in it."""
    from attendance.domain.marks import Evidence, Mark
    from attendance.domain.statuses import Source, Status

    held_at, why = datetime(2026, 3, 2, 9, 0, tzinfo=UTC), Evidence(uuid4(), 1, 0.6137, 0.38, "local", "sface/centre-1")
    students, courses, made = [uuid4() for _ in range(STUDENTS)], [uuid4() for _ in range(number)], []
    for n in range(number):
        at, session, course = held_at + timedelta(days=n % A_COURSE), uuid4(), courses[n // A_COURSE]
        made.append(
            [
                Mark(session, course, student, at, Status.PRESENT, Source.PHOTO, at, evidence=replace(why, face=face))
                for face, student in enumerate(students, 1)
            ]
        )
    return made


def through_the_store(store, marks: list, *, expected: int = STUDENTS) -> None:
    assert len(store.mark_many(marks)) == expected


def bare(store, pool: ThreadPoolExecutor, marks: list) -> None:
    """The same items by boto3 alone."""
    from portal.aws.clients import client

    dynamodb, table, wall = client("dynamodb"), store.table, f"T#{store.institution.pk}#"

    def put(mark) -> None:
        at, why = mark.held_at.isoformat(), mark.evidence
        dynamodb.put_item(
            TableName=table,
            Item={
                "pk": {"S": f"{wall}SES#{mark.session_id}"},
                "sk": {"S": f"STU#{mark.student_id}"},
                "student_pk": {"S": f"{wall}STU#{mark.student_id}"},
                "student_sk": {"S": f"{at}#{mark.session_id}"},
                "course_pk": {"S": f"{wall}CRS#{mark.course_id}#{at[:7]}"},
                "course_sk": {"S": f"{at}#{mark.session_id}#{mark.student_id}"},
                "w": {"S": "0123456789abcdef"},
                "ver": {"N": "1"},
                "st": {"S": mark.status.value},
                "src": {"S": mark.source.value},
                "at": {"S": mark.marked_at.isoformat()},
                "crs": {"S": str(mark.course_id)},
                "why": {
                    "M": {
                        "cap": {"S": str(why.capture_id)},
                        "face": {"N": str(why.face)},
                        "sim": {"N": str(why.similarity)},
                        "threshold": {"N": str(why.threshold)},
                        "eng": {"S": why.engine},
                        "mod": {"S": why.model},
                    }
                },
            },
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    list(pool.map(put, marks))


def corrections(store) -> None:
    """A person's marks, each over the one before it."""
    from attendance.domain.statuses import Source, Status

    [[mark, *_rest]] = sessions(1)
    for version in range(CORRECTIONS):
        by_hand = replace(mark, status=Status.LATE, source=Source.HAND, evidence=None, actor_id=uuid4())
        assert store.correct(by_hand, expected_version=version).version == version + 1


def seconds(call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    measure_and_print(measured)
