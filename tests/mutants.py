"""Mutation runs: which changes of the code would no test notice? `make mutants`; its results are in docs/mutation.md.

mutmut changes one thing of a function at a time and runs the tests that call it. Each module is tried with the tests
that are about it alone, in a copy of the repository under `var/mutants`, one after another and at the lowest priority.

    .venv/bin/python -m tests.mutants                                 every module of MODULES
    .venv/bin/python -m tests.mutants attendance/domain/joint.py      this one
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "var" / "mutants"
PACKAGES = ["accounts", "enrollment", "attendance"]
ALSO = ["portal", "templates", "locale", "manage.py", ".env.example"]

# Each module with the tests that are about it, the most valuable first.
MODULES: dict[str, list[str]] = {
    "attendance/domain/decision.py": [
        "tests/attendance/domain/test_exact_limits.py",
        "tests/attendance/domain/test_decision.py",
    ],
    "attendance/domain/joint.py": ["tests/attendance/domain/test_joint.py"],
    "enrollment/faces/consent.py": ["tests/enrollment/faces/test_consent.py"],
    "enrollment/faces/door.py": ["tests/enrollment/faces/test_door.py"],
    "accounts/tenancy.py": ["tests/accounts/test_tenancy.py"],
    "accounts/access.py": ["tests/accounts/test_access.py"],
    "attendance/lessons/access.py": ["tests/attendance/lessons/test_access.py"],
    "enrollment/services/erasure.py": ["tests/enrollment/test_erasure_places.py"],
    "enrollment/faces/rekognition/erasure.py": ["tests/enrollment/faces/rekognition/test_engine.py"],
    "enrollment/repositories/orm.py": ["tests/contracts/test_face_id_repository.py", "-k", "orm"],
    "enrollment/repositories/dynamodb.py": ["tests/contracts/test_face_id_repository.py", "-k", "moto"],
    "attendance/repositories/orm.py": ["tests/contracts/test_attendance_repository.py", "-k", "orm"],
    "attendance/domain/marks.py": ["tests/attendance/domain"],
    "attendance/domain/statuses.py": ["tests/attendance/domain"],
    "attendance/domain/hours.py": ["tests/attendance/domain"],
}
SETTINGS = """
[tool.mutmut]
source_paths = {packages}
only_mutate = ["{module}"]
also_copy = {also}
pytest_add_cli_args_test_selection = {tests}
pytest_add_cli_args = ["--reuse-db", "--hypothesis-seed=0", "--hypothesis-profile=mutants", "-p", "no:cacheprovider"]
"""


def main(wanted: list[str]) -> None:
    if unknown := set(wanted) - set(MODULES):
        sys.exit(f"MODULES in {Path(__file__).name} names no tests for {', '.join(sorted(unknown))}.")
    os.nice(19)
    for module in wanted or MODULES:
        tried(module, MODULES[module])


def tried(module: str, tests: list[str]) -> None:
    """Run the mutants of one module and print how many there were, and those that no test noticed."""
    folder = WORK / module.replace("/", ".").removesuffix(".py")
    copied(folder)
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as config:
        config.write(SETTINGS.format(packages=PACKAGES, module=module, also=json.dumps(ALSO), tests=json.dumps(tests)))
    environment = {**os.environ, "DEMO": "false", "DATA_DIR": str(folder / "data")}
    ran = mutmut(folder, environment, "run", "--max-children", "1")
    (folder / "run.log").write_text(ran.stdout + ran.stderr, "utf-8")
    if ran.returncode:
        sys.exit(f"{module}: mutmut failed; see {folder / 'run.log'}")
    every = mutmut(folder, environment, "results", "--all", "true").stdout.split("\n")
    found = [line.strip() for line in every if ": " in line]
    left = [line for line in found if not line.endswith(": killed")]
    sys.stdout.write(f"{module}: {len(found)} mutants, {len(found) - len(left)} killed\n")
    for line in left:
        shown = mutmut(folder, environment, "show", line.partition(":")[0]).stdout
        sys.stdout.write(f"  {line}\n{shown}\n")
    sys.stdout.flush()


def mutmut(folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def copied(folder: Path) -> None:
    """A fresh copy of the files that git knows, and of the translations made from them."""
    shutil.rmtree(folder, ignore_errors=True)
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\n"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "data").mkdir()


if __name__ == "__main__":
    main(sys.argv[1:])
