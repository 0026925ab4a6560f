"""First marks a second through the DynamoDB store and through a bare boto3 loop, side by side in one run.

    python bench/marks.py

Both write to the same table of ministack, which runs beside them on this machine: thirty marks of a session at a time,
each a conditional put of an item with the same attributes, by the same number of threads. The bare loop does nothing
else. The store also reads the register first, judges what stands there, notes the course's month, makes items of marks
and returns what took effect. Rounds alternate, the table grows for both alike; figures are medians over the rounds, the
ratio that of each pair of rounds.

    store_per_second, raw_per_second    marks
    store_over_raw                      their ratio; 1.0: the store costs nothing
    repeat_per_second                   the same sessions again: nothing new in them, as a webcam sends it
    correct_per_second                  corrections, one after another: a reading and a transaction each
    write_units_a_mark                  as the server reckons them, the note of the month included
"""

import json
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

FOLDER = tempfile.TemporaryDirectory(prefix="bench-marks-")
os.environ.update(
    SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=FOLDER.name, DEMO="false",
    DJANGO_SETTINGS_MODULE="portal.settings", AWS_REGION="eu-west-1", AWS_PREFIX="bench",
    AWS_EC2_METADATA_DISABLED="true",
)  # fmt: skip
ROUNDS = 9
SESSIONS, STUDENTS = 10, 30  # a round
CORRECTIONS = 60


def main() -> None:
    import django

    from tests.aws.servers import CREDENTIALS, Ministack

    with Ministack.start() as server:
        os.environ |= {**CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB": server.url}
        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(json.dumps(measured()))


def measured() -> dict[str, object]:
    from django.conf import settings

    from accounts.models import Institution
    from accounts.pending import pending
    from attendance.repositories.dynamodb import DynamoAttendanceRepository
    from portal.aws.clients import client

    [table] = DynamoAttendanceRepository.tables()
    client("dynamodb").create_table(**table.create_arguments())
    store = DynamoAttendanceRepository(Institution.objects.create(slug="bench", name="Bench"))
    pool = ThreadPoolExecutor(settings.AWS_THREADS)
    through_the_store(store, sessions())  # both warm: threads and connections
    bare_loop(store, pool, sessions())
    taken: dict[str, list[float]] = {"store": [], "raw": [], "repeat": []}
    units = 0.0
    for number in range(ROUNDS):
        print(f"round {number + 1} of {ROUNDS}", file=sys.stderr)
        work = sessions()
        pending.take()
        taken["store"].append(seconds(lambda work=work: through_the_store(store, work)))
        units += sum(n for key, n in pending.take().items() if key.operation == "WriteUnits")
        taken["raw"].append(seconds(lambda: bare_loop(store, pool, sessions())))
        taken["repeat"].append(seconds(lambda work=work: through_the_store(store, work, expected=0)))
    marks = SESSIONS * STUDENTS
    speed = {f"{name}_per_second": round(marks / statistics.median(times), 1) for name, times in taken.items()}
    ratios = [raw / own for own, raw in zip(taken["store"], taken["raw"], strict=True)]
    return {
        **speed,
        "store_over_raw": round(statistics.median(ratios), 3),
        "store_over_raw_lowest": round(min(ratios), 3),
        "correct_per_second": round(CORRECTIONS / seconds(lambda: corrections(store)), 1),
        "write_units_a_mark": round(units / ROUNDS / marks, 2),
        "threads": settings.AWS_THREADS,
        "data_sets": [f"{marks} first marks a round, {ROUNDS} rounds, ministack on the same machine"],
    }


def sessions() -> list[list]:
    """New sessions of a new course with their marks, as a machine made them."""
    from attendance.repositories.base import Evidence, Mark
    from attendance.statuses import Source, Status

    course, students = uuid4(), [uuid4() for _ in range(STUDENTS)]
    held_at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    why = Evidence(uuid4(), 1, 0.6137, 0.38, "local", "sface-2021dec/centre-1")
    return [
        [
            Mark(session, course, student, held_at + timedelta(days=n), Status.PRESENT, Source.PHOTO,
                 held_at + timedelta(days=n, minutes=3), evidence=replace(why, face=face))
            for face, student in enumerate(students, 1)
        ]
        for n, session in enumerate(uuid4() for _ in range(SESSIONS))
    ]  # fmt: skip


def through_the_store(store, work: list[list], *, expected: int = STUDENTS) -> None:
    for marks in work:
        assert len(store.mark_many(marks)) == expected


def bare_loop(store, pool: ThreadPoolExecutor, work: list[list]) -> None:
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
                        "bar": {"N": str(why.bar)},
                        "eng": {"S": why.engine},
                        "mod": {"S": why.model},
                    }
                },
            },
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    for marks in work:
        list(pool.map(put, marks))


def corrections(store) -> None:
    """A person's marks, each over the one before it."""
    from attendance.statuses import Source, Status

    [mark, *_rest] = sessions()[0]
    for version in range(CORRECTIONS):
        by_hand = replace(mark, status=Status.LATE, source=Source.HAND, evidence=None, actor_id=uuid4())
        assert store.correct(by_hand, expected_version=version).version == version + 1


def seconds(call) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
