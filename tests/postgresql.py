"""The tests on PostgreSQL instead of SQLite, in a temporary cluster that ends with them.

.venv/bin/python -m tests.postgresql                                     those of PARTS
.venv/bin/python -m tests.postgresql tests/enrollment/consenting -k …     these, with pytest's own options
"""

import os
import subprocess
import sys

from tests.aws.postgres import Postgres, PostgresMissing

# What writes under locks, folds and sorts names, counts, or bundles rows: where two databases may differ.
PARTS = [
    "tests/accounts/jobs",
    "tests/accounts/test_names.py",
    "tests/attendance/captures",
    "tests/attendance/erasing",
    "tests/attendance/register",
    "tests/contracts",
    "tests/enrollment/batches",
    "tests/enrollment/consenting",
    "tests/enrollment/importing",
    "tests/enrollment/test_consent_gate.py",
    "tests/enrollment/test_erasure.py",
]


def main(arguments: list[str]) -> int:
    try:
        postgres = Postgres.start()
    except PostgresMissing as error:
        sys.stdout.write(f"{error}\n")
        return 0
    environment = {**os.environ, "DATABASE_URL": postgres.url}
    command = [sys.executable, "-m", "pytest", "-q", *(arguments or PARTS)]
    try:
        return subprocess.run(command, env=environment, check=False).returncode
    finally:
        postgres.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
