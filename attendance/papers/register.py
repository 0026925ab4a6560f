"""A lesson's register as a printed page: taken, still open, or empty to be filled in by hand."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from attendance.domain.marks import Mark
from attendance.domain.statuses import SETTABLE, Source, Status
from attendance.lessons.selectors import PLANNED, captures_of
from attendance.models import Capture, ClassSession, RegisterEvent
from attendance.papers.typesetting import Json, day_words, directed, isolated, paper_size
from attendance.register.page import Row, read_register
from attendance.register.status_codes import SchoolStatuses, ShownStatus
from enrollment.models import Teaching

_NAMED = 3  # corrections in the foot; of further ones their number
_BOXES = 4  # of an empty register's line: present, late, absent, excused


def register_paper(session: ClassSession, wished: str = "") -> Json:
    """The data of `register.typ`. wished: "a4", "letter", or empty for the usual sheet. Raises StoreUnavailable.

    Before the register is opened, an empty one.
    """
    if session.state in PLANNED:
        return blank_paper(session, wished)
    register = read_register(session)
    teachers = _teachers(session)
    photos = captures_of(session).filter(kind=Capture.Kind.PHOTO, state=Capture.State.DONE).count()
    here, rows = len(register.here), register.rows
    return _page(session, register.codes, teachers, wished) | {
        "warning": "" if session.state == ClassSession.State.CLOSED else _("Not closed yet: marks can still change."),
        "total": _("%(here)s of %(all)s here") % {"here": here, "all": len(rows)} if rows else "",
        "counts": counts_words(row.said for row in rows),
        "rows": [_row(row, photos, teachers) for row in rows],
        "foot": _closing_words(session, rows),
    }


def blank_paper(session: ClassSession, wished: str = "") -> Json:
    """The data of `register.typ` for an empty register: each student with boxes to tick."""
    register = read_register(session)
    letters = [said.letter for said in register.codes.defaults[:_BOXES]]
    cancelled = session.state == ClassSession.State.CANCELLED
    reason = f"{_('Cancelled')}: {session.reason}" if session.reason else _("Cancelled")
    return _page(session, register.codes, _teachers(session), wished) | {
        "warning": reason if cancelled else "",
        "letters": letters,
        "key": [_key_words(said) for said in register.codes.offered],
        "rows": [_line(row) for row in register.rows],
    }


def counts_words(said: Iterable[ShownStatus]) -> list[str]:
    """Marks of each status with their number, in the school's words: the five kinds first, then its own."""
    numbers = Counter(said)
    order = sorted(numbers, key=lambda one: (bool(one.code), _place(one.kind), one.code))
    words = {one: _("not marked yet") if one.kind is Status.NONE else one.label for one in order}
    return [f"{numbers[one]} {words[one]}" for one in order]


def _place(kind: Status) -> int:
    return [*SETTABLE, Status.NONE].index(kind)


def _page(session: ClassSession, codes: SchoolStatuses, teachers: Sequence[str], wished: str) -> Json:
    school = session.institution
    starts, ends = (time_format(timezone.localtime(at), "H:i") for at in (session.starts_at, session.ends_at))
    room = _("Room %(room)s") % {"room": session.room} if session.room else ""
    day = f"{date_format(session.local_date, 'l')} {day_words(session.local_date)}"
    return {
        "paper": paper_size(school.time_zone, wished),
        "school": isolated(school.name),
        "title": f"{_('Register')} · {isolated(session.course.name)}",
        "lines": [day, " · ".join(filter(None, [f"{starts}–{ends}", room])), ", ".join(map(isolated, teachers))],
        "warning": "",
        "total": "",
        "counts": [],
        "letters": [],
        "heads": [_("Roll number"), _("Name"), _("Mark"), _("Time"), _("How")],
        "nobody": _("Nobody is on this register"),
        "key": [_key_words(said) for said in codes.offered] if codes.own else [],
        "sign": [_("Signature"), _("Date")],
        "foot": "",
    }


def _key_words(said: ShownStatus) -> str:
    return f"{said.letter} {said.label}"


def _line(row: Row) -> Json:
    return {
        "number": row.student.roll_number,
        "name": directed(row.student.name),
        "guest": _("Guest") if row.is_guest else "",
        "letter": "",
        "word": "",
        "framed": False,
        "time": "",
        "how": "",
    }


def _row(row: Row, photos: int, teachers: Sequence[str]) -> Json:
    mark, said = row.mark, row.said
    return _line(row) | {
        "letter": said.letter,
        "word": _("not marked yet") if said.kind is Status.NONE else said.label,
        "framed": said.kind is not Status.PRESENT or bool(said.code),
        "time": clock(mark.marked_at) if mark and mark.status.attended else "",
        "how": how_words(mark, row.actor, photos, teachers) if mark else "",
    }


def how_words(mark: Mark, actor: str, photos: int, teachers: Sequence[str]) -> str:
    """Origin of a mark, such as "class photo · confirmed by Ms Okafor". photos: of the lesson, that were searched.

    A person is named unless the page's head names them.
    """
    parts = []
    if mark.status is Status.LATE and mark.minutes_late:
        late = mark.minutes_late
        parts.append(ngettext("%(n)s minute", "%(n)s minutes", late) % {"n": late})
    if mark.left_at:
        parts.append(_("left %(time)s") % {"time": clock(mark.left_at)})
    parts.append(_source_words(mark.source, photos))
    if mark.source is Source.CONFIRMED:
        parts.append(_("confirmed by %(name)s") % {"name": isolated(actor)})
    elif mark.source.is_person and actor and actor not in teachers:
        parts.append(isolated(actor))
    parts.append(isolated(mark.note))
    return " · ".join(filter(None, parts))


def _source_words(source: Source, photos: int) -> str:
    if source is Source.CLOSE:
        seen = ngettext("not seen in %(n)s photo", "not seen in %(n)s photos", photos) % {"n": photos}
        return seen if photos else _("not seen")
    return {
        Source.PHOTO: _("class photo"),
        Source.CONFIRMED: _("class photo"),
        Source.WEBCAM: _("webcam"),
        Source.KIOSK: _("door tablet"),
        Source.CODE: _("check-in code"),
        Source.HAND: _("marked by hand"),
        Source.REST: _("marked with the rest"),
        Source.IMPORT: _("imported"),
    }.get(source, "")


def _closing_words(session: ClassSession, rows: Sequence[Row]) -> str:
    """Closing of the register, its reopenings, and the marks corrected since."""
    if session.state != ClassSession.State.CLOSED or session.closed_at is None:
        return ""
    events = list(
        RegisterEvent.objects.for_institution(session.institution).filter(session=session).select_related("by")
    )
    first = next((event.at for event in events if event.kind == RegisterEvent.Kind.CLOSED), session.closed_at)
    by = session.closed_by.name if session.closed_by else ""
    said = _("Closed %(time)s by %(name)s") if by else _("Closed %(time)s")
    parts = [said % {"time": moment(session.closed_at, session), "name": isolated(by)}]
    for event in events:
        if event.kind == RegisterEvent.Kind.REOPENED:
            again = _("reopened %(time)s by %(name)s")
            name = isolated(event.by.name) if event.by else "–"
            parts.append(again % {"time": moment(event.at, session), "name": name})
    corrected = [row for row in rows if row.mark and row.mark.source is not Source.CLOSE and row.mark.marked_at > first]
    return " · ".join([*parts, *_correction_words(session, corrected)])


def _correction_words(session: ClassSession, rows: Sequence[Row]) -> list[str]:
    """The latest corrections by name, and the number of the others."""
    latest = sorted(((row.mark.marked_at, row.student.name) for row in rows if row.mark), reverse=True)
    named = [f"{moment(at, session)} {isolated(name)}" for at, name in latest[:_NAMED]]
    if not named:
        return []
    if more := len(latest) - len(named):
        named.append(ngettext("%(n)s more", "%(n)s more", more) % {"n": more})
    return [_("corrected since: %(marks)s") % {"marks": ", ".join(named)}]


def clock(at: datetime) -> str:
    """The time of day at the school."""
    return time_format(timezone.localtime(at), "H:i")


def moment(at: datetime, session: ClassSession) -> str:
    """The time of day; with its date unless it is the lesson's."""
    local = timezone.localtime(at)
    return clock(at) if local.date() == session.local_date else f"{date_format(local, 'j M')} {clock(at)}"


def _teachers(session: ClassSession) -> list[str]:
    """Names of the person who took the register; before that of the teachers of the course."""
    if session.opened_by:
        return [session.opened_by.name]
    rows = Teaching.objects.for_institution(session.institution).filter(course=session.course)
    return list(rows.order_by("teacher__user__name").values_list("teacher__user__name", flat=True))
