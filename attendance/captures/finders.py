"""Static files finder for the camera pages' face finder, which is made from the installed OpenCV."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

from attendance.captures.cascade import NAME, cascade_json, cascade_source


class CascadeFinder(BaseFinder):
    """Finds the camera's face finder, and builds it if it is missing or OpenCV was updated."""

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        found = [str(self._folder() / NAME)] if path == NAME else []
        return found if find_all or kwargs.get("all") else (found[0] if found else [])

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        yield NAME, FileSystemStorage(location=self._folder())

    def _folder(self) -> Path:
        """The folder with the built file in it."""
        folder: Path = settings.DATA_DIR / "made"
        source, target = cascade_source(), folder / NAME
        made_of = f"{source.stat().st_size}-{source.stat().st_mtime_ns}" if source else "nothing"
        stamp = target.with_suffix(".from")
        if not target.is_file() or not stamp.is_file() or stamp.read_text("utf-8") != made_of:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write(target, cascade_json(source))
            _write(stamp, made_of)
        return folder


def _write(path: Path, text: str) -> None:
    """Write the whole file or nothing: another process may be writing the same one."""
    beside = path.with_name(f"{path.name}.{id(path)}")
    beside.write_text(text, "utf-8")
    beside.replace(path)
