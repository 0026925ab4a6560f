"""Template tags for marks, faces and rates: geometry as SVG attributes, since the policy forbids inline style."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language_bidi

from attendance.domain.statuses import Status
from attendance.models import Capture, DetectedFace
from attendance.register.expected import expected_words
from attendance.register.labels import (
    capture_words,
    doubt_words,
    likeness_word,
    next_try,
    similarity_words,
    status_word,
)
from attendance.register.overlay import FaceOnPhoto, faces_on_photo
from attendance.register.page import Row
from attendance.register.status_codes import SchoolStatuses, ShownStatus
from enrollment.models import Student

register = template.Library()
HIDDEN, SKIPPED = mark_safe(" hidden"), mark_safe(' tabindex="-1"')
STUDENT = "\0"  # in what is kept of a row: no text that anybody typed holds it
register.filter("status_word", status_word)
register.filter("doubt_words", doubt_words)
register.filter("capture_words", capture_words)
register.filter("next_try", next_try)
register.filter("similarity_words", similarity_words)


@register.filter
def likeness(similarity: float | None, capture: Capture) -> str:
    """Similarity of a face of this capture, as a word."""
    return likeness_word(similarity, capture.accept_threshold, capture.review_threshold)


@register.inclusion_tag("attendance/parts/_crop.html")
def crop(detected_face: DetectedFace, size: str = "", label: str = "") -> dict[str, Any]:
    """A face cut out of its photo: an SVG with a view box, so that the browser cuts and the server keeps no copy."""
    photo = detected_face.capture
    side = min(max(detected_face.width, detected_face.height) * 1.3, photo.width, photo.height)
    x = _within(detected_face.left + detected_face.width / 2 - side / 2, photo.width - side)
    y = _within(detected_face.top + detected_face.height / 2 - side / 2, photo.height - side)
    return {"capture": photo, "box": f"{x:.0f} {y:.0f} {side:.0f} {side:.0f}", "size": size, "label": label}


def _within(value: float, most: float) -> float:
    return min(max(value, 0), most)


@register.inclusion_tag("attendance/parts/_bar.html")
def share_bar(counts: Iterable[tuple[str, int]], total: int) -> dict[str, Any]:
    """A bar of shares: `counts` as (status, number) in the order of drawing, of `total`."""
    segments, at = [], 0.0
    for status, number in counts:
        width = 100 * number / total if total else 0
        segments.append({"status": status, "x": f"{at:.2f}", "width": f"{max(width - 0.4, 0):.2f}"})
        at += width
    return {"segments": segments}


@register.simple_tag
def mark_buttons(row: Row, codes: SchoolStatuses, place: str = "mark") -> SafeString:
    """A row's letters; that of leaving early is hidden, for the keyboard alone. place: where the row is, for its ids.

    Rendered here, and alike for all whose mark is the same: a register has two hundred of them.
    """
    alike = _buttons(place, tuple(codes.defaults), row.said, is_expected=row.expected is not None)
    return mark_safe(alike.replace(STUDENT, str(row.student.pk)))  # noqa: S308 - an id, among what was escaped


@lru_cache(maxsize=1024)
def _buttons(place: str, offered: tuple[ShownStatus, ...], said: ShownStatus, *, is_expected: bool) -> str:
    """The letters of a student whose mark says this, `STUDENT` in the place of the id.

    One of them is reached by the tab key, the others by arrows (byhand.js): a class is one stop a student.
    """
    stop = said if said in offered else offered[0]
    return format_html_join(
        "",
        '<button id="{}-{}-{}" class="{}" name="status" value="{}" aria-pressed="{}" aria-label="{}" title="{}"{}{}>{}'
        "</button>",
        (
            _button(place, each, is_pressed=each == said, is_stop=each == stop, is_expected=is_expected)
            for each in offered
        ),
    )


def _button(
    place: str, status: ShownStatus, *, is_pressed: bool, is_stop: bool, is_expected: bool
) -> tuple[object, ...]:
    letter = status.kind.value
    classes = f"{letter} {status.css}" if status.colour else letter
    classes += " likely" if is_expected and status.kind is Status.EXCUSED else ""
    hidden = HIDDEN if status.kind is Status.LEFT_EARLY and not is_pressed else ""
    skipped = "" if is_stop else SKIPPED
    pressed = "true" if is_pressed else "false"
    return place, STUDENT, letter, classes, letter, pressed, status.label, status.label, skipped, hidden, letter


register.filter("expected_words", expected_words)


@register.simple_tag
def faces_drawn(capture: Capture, faces: Sequence[DetectedFace], names: Mapping[UUID, str] | str) -> list[FaceOnPhoto]:
    """The faces of a photo with the places of their names. names: short ones by student; empty where there are none."""
    return faces_on_photo(capture, faces, names if isinstance(names, Mapping) else {})


@register.filter
def called(student: Student, names: Mapping[UUID, str]) -> str:
    """A student's short name, of those of a register."""
    return names.get(student.pk) or first_name(student.name)


@register.filter
def first_name(name: str) -> str:
    """The first part of a name."""
    return name.split()[0] if name.split() else name


@register.filter
def svg(number: float) -> str:
    """A number as an attribute of a drawing: with a point in every language."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


@register.filter
def letter(status: str) -> str:
    """The letter of a status; a question mark where there is none."""
    return "?" if Status(status) is Status.NONE else str(Status(status).value)


@register.simple_tag
def calendar_cell(week: int, weekday: int) -> dict[str, int]:
    """The place of a day in the calendar's grid: 20 units a week, 20 a day, 356 in all.

    text: beginning of the text above it; edge: place of its weekday. Weeks run in the direction of the language.
    """
    x, y = 34 + week * 20, 14 + weekday * 20
    if get_language_bidi():
        return {"x": 339 - x, "y": y, "text": 356 - x, "edge": 356}
    return {"x": x, "y": y, "text": x, "edge": 0}
