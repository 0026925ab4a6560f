"""The tests on PostgreSQL instead of SQLite, in a temporary cluster that ends with them.

.venv/bin/python -m tests.postgresql                                     those of PARTS
.venv/bin/python -m tests.postgresql tests/enrollment/consenting -k …     these, with pytest's own options
.venv/bin/python -m tests.postgresql --walled [tests/… -k …]             with row-level security
"""

import os
import subprocess
import sys

from tests.aws.postgres import Postgres, PostgresMissing

# What writes under locks, folds and sorts names, counts, or bundles rows: where two databases may differ.
PARTS = [
    "tests/accounts/invitations",
    "tests/accounts/jobs",
    "tests/accounts/test_names.py",
    "tests/attendance/captures",
    "tests/attendance/erasing",
    "tests/attendance/register",
    "tests/contracts",
    "tests/enrollment/batches",
    "tests/enrollment/consenting",
    "tests/enrollment/importing",
    "tests/enrollment/structure",
    "tests/enrollment/test_consent_gate.py",
    "tests/enrollment/test_erasure.py",
]
# Of these the part of `make test-thorough`: one test of every kind in some two minutes.
SHORT = [
    "tests/accounts/jobs",
    "tests/accounts/test_names.py",
    "tests/attendance/register/test_marks.py",
    "tests/attendance/register/test_roster.py",
    "tests/contracts/test_attendance_repository.py",
    "tests/contracts/test_face_id_repository.py",
    "tests/enrollment/batches/test_receiving.py",
    "tests/enrollment/batches/test_enrolling.py",
    "tests/enrollment/consenting/test_at_once.py",
    "tests/enrollment/consenting/test_answers.py",
    "tests/enrollment/importing/test_applying.py",
    "tests/enrollment/structure/test_promoting.py",
    "tests/enrollment/test_consent_gate.py",
]
# With row-level security: the wall itself, every address by every visitor, and what asks beyond a school.
WALLED = [
    "tests/accounts",
    "tests/attendance/erasing",
    "tests/attendance/kiosk",
    "tests/attendance/practice",
    "tests/attendance/register",
    "tests/attendance/telling",
    "tests/enrollment/consenting",
    "tests/enrollment/guardians",
    "tests/test_row_security.py",
    "tests/test_walls.py",
]
WITHOUT = ["-m", "not thorough and not aws_local", "-k", "not moto and not rekognition"]  # what asks no database


def main(arguments: list[str]) -> int:
    try:
        postgres = Postgres.start()
    except PostgresMissing as error:
        sys.stdout.write(f"{error}\n")
        return 0
    environment = {**os.environ, "DATABASE_URL": postgres.url}
    if arguments[:1] == ["--walled"]:
        environment |= {"DATABASE_URL": postgres.without_rights(), "ROW_SECURITY": "true"}
        # Telling the database whose rows a request sees are two questions more than these tests count.
        counting = "not queries and not asks_the_database_as_often"
        arguments = arguments[1:] or [*WALLED, *WITHOUT[:-1], f"{WITHOUT[-1]} and {counting}"]
    chosen = {"": [*PARTS, *WITHOUT], "--short": [*SHORT, *WITHOUT]}
    tests = chosen.get(" ".join(arguments), arguments)
    command = [sys.executable, "-m", "pytest", "-q", "-n", os.environ.get("JOBS", "auto"), "--dist", "loadfile", *tests]
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        postgres.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
