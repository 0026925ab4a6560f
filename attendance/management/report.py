"""A register for the output of commands: as a document for machines and as lines for people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from attendance.domain.decision import Outcome
from attendance.models import Capture, ClassSession, DetectedFace
from attendance.register.labels import similarity_words
from attendance.register.page import Doubt, Row, read_register

UNKNOWN = "Person not recognized"
ELSEWHERE = "Enrolled, but not on this register"
NO_CONSENT = "no consent: never searched for, mark by hand"
NOT_SEEN = "not seen"


@dataclass(frozen=True, slots=True)
class PhotoResult:
    """Result of one photo file. seconds: from reading the file until its marks are stored."""

    file: str
    capture: Capture | None = None
    faces: int = 0
    seconds: float = 0.0
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {"file": self.file, "faces": self.faces, "seconds": round(self.seconds, 3), "error": self.error or None}


def register_document(session: ClassSession, photos: list[PhotoResult]) -> dict[str, Any]:
    """The photos and the present register: present, doubtful, unknown, missing. Similarities as measured."""
    register = read_register(session)
    files = {photo.capture.pk: photo.file for photo in photos if photo.capture}
    return {
        "institution": session.institution.slug,
        "session": str(session.pk),
        "course": session.course.name,
        "date": session.local_date.isoformat(),
        "photos": [photo.as_dict() for photo in photos],
        "present": [_present(row, files) for row in register.here],
        "doubtful": [_doubtful(doubt, files) for doubt in register.doubts],
        "unknown": [_unknown(detected_face, files) for detected_face in register.unknown],
        "missing": [_missing(row) for row in register.missing],
        "away": [_person(row) | {"status": row.status.name.lower()} for row in register.away],
    }


def _person(row: Row) -> dict[str, Any]:
    return {"student": str(row.student.pk), "name": row.student.name, "roll_number": row.student.roll_number}


def _present(row: Row, files: dict[UUID, str]) -> dict[str, Any]:
    evidence = row.mark.evidence if row.mark else None
    return _person(row) | {
        "status": row.status.name.lower(),
        "by": row.mark.source.value if row.mark else None,
        "similarity": round(evidence.similarity, 4) if evidence else None,
        "threshold": evidence.threshold if evidence else None,
        "photo": files.get(evidence.capture_id) if evidence else None,
        "face": evidence.face if evidence else None,
    }


def _doubtful(doubt: Doubt, files: dict[UUID, str]) -> dict[str, Any]:
    candidates = [_person(c.row) | {"similarity": round(c.similarity, 4)} for c in doubt.candidates]
    return _face(doubt.detected_face, files) | {"why": doubt.detected_face.reason, "candidates": candidates}


def _unknown(detected_face: DetectedFace, files: dict[UUID, str]) -> dict[str, Any]:
    says = ELSEWHERE if detected_face.outcome == Outcome.ELSEWHERE else UNKNOWN
    return _face(detected_face, files) | {"says": says}


def _missing(row: Row) -> dict[str, Any]:
    return _person(row) | {"why": NOT_SEEN if getattr(row.student, "consented", 0) else NO_CONSENT}


def _face(detected_face: DetectedFace, files: dict[UUID, str]) -> dict[str, Any]:
    box = [detected_face.left, detected_face.top, detected_face.width, detected_face.height]
    return {"photo": files.get(detected_face.capture_id), "face": detected_face.number, "box": box}


def register_lines(document: dict[str, Any]) -> Iterator[str]:
    """The document as lines of text, in the order in which they need attention."""
    for photo in document["photos"]:
        outcome = photo["error"] or f"{photo['faces']} faces in {photo['seconds']:.2f} s"
        yield f"{photo['file']}: {outcome}"
    expected = sum(len(document[part]) for part in ("present", "missing", "away"))
    yield ""
    yield f"{document['course']}, {document['date']}: {len(document['present'])} of {expected} here"
    yield from _section("Here", [_here_line(person) for person in document["present"]])
    yield from _section("Who is this?", [_doubt_line(doubt) for doubt in document["doubtful"]])
    yield from _section("Not enrolled, or not on this register", [_unknown_line(u) for u in document["unknown"]])
    yield from _section("Not here yet", [f"{_name(p)}  {p['why']}" for p in document["missing"]])
    yield from _section("Away", [f"{_name(p)}  {p['status']}" for p in document["away"]])


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield f"{title} ({len(lines)})"
        yield from (f"  {line}" for line in lines)


def _name(person: dict[str, Any]) -> str:
    return f"{person['roll_number']:<10} {person['name']}"


def _here_line(person: dict[str, Any]) -> str:
    score = similarity_words(person["similarity"]) if person["similarity"] is not None else "by hand"
    return f"{_name(person)}  {person['status']}, {score}"


def _doubt_line(doubt: dict[str, Any]) -> str:
    candidates = " or ".join(f"{c['name']} ({similarity_words(c['similarity'])})" for c in doubt["candidates"])
    return f"face {doubt['face']} of {_photo(doubt)}: {candidates}?"


def _unknown_line(unknown: dict[str, Any]) -> str:
    return f"face {unknown['face']} of {_photo(unknown)}: {unknown['says']}"


def _photo(face: dict[str, Any]) -> str:
    return face["photo"] or "an earlier photo"
