"""Files of a OneRoster bundle: a ZIP with a manifest and tables."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from django.utils.translation import gettext as _

from enrollment.importing.csv_file import decoded, text_lines
from enrollment.importing.errors import ImportFileError
from enrollment.importing.fields import header_key
from enrollment.importing.reading import refuse_size
from enrollment.importing.tables import MOST_UNPACKED, trimmed
from enrollment.zips import DAMAGED, is_folder, is_packed_oddly

FILES = ("academicSessions", "orgs", "courses", "classes", "users", "roles", "enrollments", "demographics")
MOST_LINES = 500_000
_MOST_PARTS = 500
# Names that systems give to columns beside those of the specification.
_OTHER_NAMES = {
    "datemodified": "dateLastModified",
    "agents": "agentSourcedIds",
    "userid": "userSourcedId",
    "classid": "classSourcedId",
    "schoolid": "schoolSourcedId",
    "dob": "birthDate",
    "terms": "termSourcedIds",
}
_COLUMNS = [
    "sourcedId",
    "status",
    "dateLastModified",
    "title",
    "type",
    "startDate",
    "endDate",
    "parentSourcedId",
    "schoolYear",
    "name",
    "identifier",
    "schoolYearSourcedId",
    "courseCode",
    "grades",
    "orgSourcedId",
    "subjects",
    "subjectCodes",
    "courseSourcedId",
    "classCode",
    "classType",
    "location",
    "schoolSourcedId",
    "termSourcedIds",
    "periods",
    "enabledUser",
    "role",
    "username",
    "userIds",
    "givenName",
    "familyName",
    "middleName",
    "email",
    "sms",
    "phone",
    "agentSourcedIds",
    "password",
    "userMasterIdentifier",
    "preferredGivenName",
    "preferredMiddleName",
    "preferredFamilyName",
    "primaryOrgSourcedId",
    "pronouns",
    "userSourcedId",
    "roleType",
    "beginDate",
    "classSourcedId",
    "primary",
    "birthDate",
]
_KNOWN = {header_key(name).rstrip("s"): name for name in _COLUMNS}


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a file. values: by the specification's names of columns, without empty cells."""

    number: int
    values: Mapping[str, str]

    @property
    def id(self) -> str:
        return self.values.get("sourcedId", "")

    def list(self, name: str) -> list[str]:
        """The parts of a cell that holds several, such as agentSourcedIds; some systems write them as a JSON list."""
        parts = (part.strip(' []"') for part in self.values.get(name, "").split(","))
        return [part for part in parts if part]

    @property
    def is_gone(self) -> bool:
        """True if the sending system deleted it."""
        return header_key(self.values.get("status", "")) in ("tobedeleted", "inactive")


@dataclass(frozen=True, slots=True)
class Bundle:
    """The tables of a bundle. deltas: names of files that hold changes alone."""

    version: str
    tables: Mapping[str, Sequence[Entry]]
    deltas: frozenset[str] = field(default_factory=frozenset)

    def of(self, name: str) -> Sequence[Entry]:
        return self.tables.get(name, ())

    def is_whole(self, name: str) -> bool:
        """True if the file is there and holds everything, so that what is not in it does not exist."""
        return name in self.tables and name not in self.deltas


def bundle_read(data: bytes, *, encoding: str = "") -> Bundle:
    """Read a bundle. Raises ImportFileError, and EncodingUnknown where it is not UTF-8."""
    refuse_size(data)
    texts = {name: decoded(content, encoding)[0] for name, content in _contents(data).items()}
    if any("\0" in text for text in texts.values()):
        raise _broken()
    manifest = _manifest(texts.pop("manifest", ""))
    tables = {name: _entries(name, texts[header_key(name)]) for name in FILES if header_key(name) in texts}
    if not tables.keys() & {"users", "roles", "classes", "enrollments"}:
        raise ImportFileError(
            "no_oneroster", _("This is not a OneRoster bundle: it has neither users nor classes nor enrollments.")
        )
    modes = {name: manifest.get(f"file{header_key(name)}", "") for name in FILES}
    deltas = {name for name in tables if modes[name] == "delta" or (not modes[name] and _has_status(tables[name]))}
    version = manifest.get("onerosterversion", "") or ("1.2" if "roles" in tables else "1.1")
    return Bundle(version, tables, frozenset(deltas))


def _contents(data: bytes) -> dict[str, bytes]:
    """The CSV files by the key of their names, at the root or in one folder. Raises ImportFileError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [part for part in archive.infolist() if not is_folder(part)]
            _refuse_tricks(parts)
            found: dict[str, bytes] = {}
            for part in parts:
                path = PurePosixPath(part.filename)
                if path.suffix.lower() != ".csv" or "__MACOSX" in path.parts:
                    continue
                if header_key(path.stem) in found:
                    said = _("The bundle has the file %(name)s twice.") % {"name": path.name}
                    raise ImportFileError("twice", said)
                found[header_key(path.stem)] = archive.read(part)
    except DAMAGED as error:
        raise _broken() from error
    return found


def _broken() -> ImportFileError:
    return ImportFileError("broken", _("The ZIP is damaged or has a password. Export the bundle again."))


def _refuse_tricks(parts: Sequence[zipfile.ZipInfo]) -> None:
    if sum(part.file_size for part in parts) > MOST_UNPACKED or len(parts) > _MOST_PARTS:
        raise ImportFileError("too_large", _("The bundle is too large when it is unpacked."))
    if any(is_packed_oddly(part) for part in parts):
        raise _broken()
    for part in parts:
        path = PurePosixPath(part.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in part.filename or ":" in part.filename:
            raise ImportFileError("tricks", _("The ZIP has files outside its own folder. Export the bundle again."))


def _manifest(text: str) -> dict[str, str]:
    rows = csv.reader(text_lines(text))
    try:
        return {header_key(row[0]): row[1].strip().lower() for row in rows if len(row) > 1}
    except csv.Error as error:
        raise _broken() from error


def _entries(name: str, text: str) -> list[Entry]:
    lines = csv.reader(text_lines(text), strict=True)
    try:
        headers = [_column(name, header) for header in next(lines, [])]
        found = []
        for number, cells in enumerate(lines, 2):
            if number > MOST_LINES:
                raise ImportFileError("too_many_rows", _("%(file)s.csv has too many rows.") % {"file": name})
            values = {header: text for header, cell in zip(headers, cells, strict=False) if (text := trimmed(cell))}
            if values:
                found.append(Entry(number, values))
    except csv.Error as error:
        said = _("Line %(line)d of %(file)s.csv cannot be read: a quotation mark is missing or out of place.")
        raise ImportFileError("bad_quotes", said % {"line": lines.line_num, "file": name}) from error
    return found


def _column(file: str, header: str) -> str:
    key = header_key(header)
    if file == "demographics" and key == "usersourcedid":
        return "sourcedId"
    if file == "users" and key.rstrip("s") == "orgsourcedid":
        return "orgSourcedIds"  # several; of a role and of a course it is one
    return _OTHER_NAMES.get(key) or _KNOWN.get(key.rstrip("s"), header)


def _has_status(entries: Sequence[Entry]) -> bool:
    """True if every row says whether it was deleted: without a manifest that is how changes look."""
    return bool(entries) and all("status" in entry.values and "dateLastModified" in entry.values for entry in entries)
