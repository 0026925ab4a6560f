"""Mutation runs: which changes of the code would no test notice? `make mutants`; its results are in docs/mutation.md.

mutmut changes one thing of a function at a time; `tests/mutants_at_once.py` runs the tests that call it. Each module is
tried with the tests that are about it alone, in a copy of the repository under `var/mutants`, one after another and at
the lowest priority.

    .venv/bin/python -m tests.mutants                                 every module of MODULES
    .venv/bin/python -m tests.mutants attendance/domain/joint.py      this one
    .venv/bin/python -m tests.mutants --again …                       of these, what the last run left
    .venv/bin/python -m tests.mutants --sample=60 …                   of each so many at most, always the same ones
"""

import ast
import difflib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
AGAIN, SAMPLE = "--again", "--sample="
SEED = 20261130
PLUGIN = "tests.mutants_at_once"
NOW, TOLD = "now.json", "told.json"  # outcomes of this run, and of all
OPTIONS = ["--hypothesis-seed=0", "--hypothesis-profile=mutants", "-p", "no:cacheprovider"]
WORK = ROOT / "var" / "mutants"
PACKAGES = ["accounts", "enrollment", "attendance"]
ALSO = ["portal", "templates", "locale", "manage.py", ".env.example"]

_STORE = [
    *(f"tests/contracts/test_attendance_{name}.py" for name in ("repository", "summaries", "retention", "registers")),
    "tests/contracts/test_cursors_and_retention.py",
]
_FACE_IDS = "tests/contracts/test_face_id_repository.py"
_OUTAGES = "tests/contracts/test_dynamodb_outages.py"
_WRITES = "tests/contracts/test_dynamodb_writes.py"
_ORM = ["-k", "not ministack and not moto"]
_NOT_ORM = ["-k", "not ministack and not orm"]  # on moto, in this process
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
    "enrollment/repositories/orm.py": [_FACE_IDS, *_ORM],
    "enrollment/repositories/dynamodb.py": [_FACE_IDS, _OUTAGES, *_NOT_ORM],
    **{
        f"attendance/repositories/{name}.py": [*_STORE, *_ORM]
        for name in ("orm", "orm_registers", "orm_summaries", "cursors", "retention")
    },
    **{
        f"attendance/repositories/{name}.py": [*_STORE, _OUTAGES, _WRITES, *_NOT_ORM]
        for name in ("dynamodb", "dynamodb_items", "dynamodb_registers", "dynamodb_summaries", "dynamodb_writes")
    },
    "attendance/repositories/announcing.py": ["tests/attendance/register/test_live.py"],
    **{
        f"attendance/domain/{name}.py": [f"tests/attendance/domain/test_{name}.py"]
        for name in (
            "evacuation",
            "excuses",
            "hours",
            "marks",
            "patterns",
            "rates",
            "setup",
            "statuses",
            "telling",
            "trends",
        )
    },
    "attendance/domain/day.py": [
        "tests/attendance/domain/test_day.py",
        "tests/attendance/domain/test_day_whole.py",
    ],
    "attendance/domain/desk.py": ["tests/attendance/domain/test_day.py"],
    "attendance/domain/england.py": ["tests/attendance/domain/test_rates.py"],
}
SETTINGS = """
[tool.mutmut]
source_paths = {packages}
only_mutate = ["{module}"]
also_copy = {also}
pytest_add_cli_args_test_selection = {tests}
"""


def main(arguments: list[str]) -> None:
    wanted = [argument for argument in arguments if argument != AGAIN and not argument.startswith(SAMPLE)]
    most = next((int(argument.removeprefix(SAMPLE)) for argument in arguments if argument.startswith(SAMPLE)), None)
    if unknown := set(wanted) - set(MODULES):
        sys.exit(f"MODULES in {Path(__file__).name} names no tests for {', '.join(sorted(unknown))}.")
    os.nice(19)
    for module in wanted or MODULES:
        if AGAIN in arguments:
            try_again(module)
        else:
            try_all(module, most)


def try_all(module: str, most: int | None = None) -> None:
    """Run the mutants of one module, `most` of them if given, and print how many there were and those that no test
    noticed."""
    folder = folder_of(module)
    shutil.rmtree(folder, ignore_errors=True)
    copy(module, folder)
    names = made(module)
    run(module, random.Random(SEED).sample(names, min(most, len(names))) if most else names)
    tell(module, len(names))


def try_again(module: str) -> None:
    """Run those alone that the last run left, with code and tests as they are now."""
    folder = folder_of(module)
    left = unnoticed(folder)
    copy(module, folder)
    names = made(module)
    run(module, [name for name in names if name in left])
    tell(module, len(names))


def tell(module: str, number: int) -> None:
    """Print how many mutants there are and were tried, and those that no test noticed."""
    folder = folder_of(module)
    left, total = unnoticed(folder), len(outcomes(folder))
    sources = sources_of((folder / "mutants" / module).read_text("utf-8")) if left else {}
    sys.stdout.write(f"{module}: {number} mutants, {total} tried, {total - len(left)} noticed\n")
    for name, result in left.items():
        lines = changed(sources, name.rpartition(".")[2])
        sys.stdout.write("\n".join([f"  {name}: {result}", *(f"    {line}" for line in lines), ""]))
    sys.stdout.flush()


def sources_of(text: str) -> dict[str, list[str]]:
    """The lines of each function of a file of mutants, without those that define it, by its name."""
    functions = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    return {each.name: ast.unparse(each).split("\n")[1:] for each in functions}


def changed(sources: dict[str, list[str]], name: str) -> list[str]:
    """The lines that a mutant has in the place of others, marked + and -."""
    original = sources[f"{name.rpartition('__mutmut_')[0]}__mutmut_orig"]
    lines = difflib.unified_diff(original, sources[name], lineterm="", n=0)
    return [line for line in lines if line[:1] in ("+", "-") and line[:3] not in ("+++", "---")]


def run(module: str, names: Iterable[str]) -> None:
    """Try these mutants, and write their outcomes beside those of before."""
    folder = folder_of(module)
    before = outcomes(folder)
    (folder / "names").write_text("\n".join(names), "utf-8")
    (folder / NOW).unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", PLUGIN, *OPTIONS, *MODULES[module]]
    told = {"MUTANTS_NAMES": str(folder / "names"), "MUTANTS_TOLD": str(folder / NOW)}
    environment = {**environment_of(folder), **told}
    with (folder / "run.log").open("w", encoding="utf-8") as log:
        done = subprocess.run(command, cwd=folder / "mutants", env=environment, stdout=log, stderr=log, check=False)
    if done.returncode:
        sys.stdout.write(f"The tests failed; see {folder / 'run.log'}\n")
    now = json.loads((folder / NOW).read_text("utf-8")) if (folder / NOW).exists() else {}
    (folder / TOLD).write_text(json.dumps(before | now), "utf-8")


def made(module: str) -> list[str]:
    """Names of the mutants of a module, which are made again."""
    folder = folder_of(module)
    mutmut(folder, "run", "--max-children", "1", "none-of-them")  # makes them, and ends as it finds none of this name
    lines = mutmut(folder, "results", "--all", "true").stdout.split("\n")
    return sorted(line.strip().partition(": ")[0] for line in lines if ": " in line)


def outcomes(folder: Path) -> dict[str, str]:
    """The outcome of each mutant that was tried, by its name."""
    told = folder / TOLD
    return json.loads(told.read_text("utf-8")) if told.exists() else {}


def unnoticed(folder: Path) -> dict[str, str]:
    """Those that survived or ran into no test; and those that ran out of time, which a busy machine may do too."""
    return {name: result for name, result in outcomes(folder).items() if result != "killed"}


def mutmut(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mutmut", *arguments]
    return subprocess.run(command, cwd=folder, env=environment_of(folder), capture_output=True, text=True, check=False)


def environment_of(folder: Path) -> dict[str, str]:
    return {**os.environ, "DEMO": "false", "DATA_DIR": str(folder / "data")}


def folder_of(module: str) -> Path:
    return WORK / module.replace("/", ".").removesuffix(".py")


def copy(module: str, folder: Path) -> None:
    """Copy the files that git knows, with settings for this module."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in listed.stdout.split("\n"):
        if name and (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    shutil.rmtree(folder / "data", ignore_errors=True)  # the database, whose tables may have changed
    (folder / "data").mkdir()
    named = {"packages": PACKAGES, "module": module, "also": json.dumps(ALSO), "tests": json.dumps(MODULES[module])}
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as config:
        config.write(SETTINGS.format(**named))


if __name__ == "__main__":
    main(sys.argv[1:])
