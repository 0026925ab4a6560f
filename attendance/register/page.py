"""The register as a page shows it, read in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Institution, User
from attendance.domain.decision import NOBODY, Outcome, Reason
from attendance.domain.marks import Mark, is_unknown
from attendance.domain.statuses import Status, minutes_after
from attendance.lessons.selectors import captures_of, detected_faces_of, is_guest_in, roster_students
from attendance.models import Capture, ClassSession, DetectedFace, Excuse
from attendance.register.expected import absences_expected
from attendance.register.labels import is_likely
from attendance.register.late import late_by_machine
from attendance.register.names import called
from attendance.register.roster import RosterChanges, roster_changes
from attendance.register.status_codes import SchoolStatuses, ShownStatus, statuses_of
from attendance.repositories import marks_for
from enrollment.models import Student
from enrollment.selectors import portraits_of, students_with_consent

NOT_HERE = (Status.NONE, Status.ABSENT)
PEOPLE = ("student", "decided_student", "decided_by")  # named in a face's line on the page


@dataclass(frozen=True, slots=True)
class Row:
    """One student of the register. `face` is the face that marked them, while its picture exists.

    expected: the known reason for an absence of somebody who is not marked, or absent, in an open register.
    """

    student: Student
    portrait: UUID | None
    mark: Mark | None
    said: ShownStatus
    actor: str
    face: DetectedFace | None
    is_guest: bool = False
    expected: Excuse | None = None

    @property
    def status(self) -> Status:
        return self.mark.status if self.mark else Status.NONE

    @property
    def version(self) -> int:
        return self.mark.version if self.mark else 0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A student whom a doubtful face may be. is_likely: see `labels.is_likely`, by the capture's thresholds."""

    row: Row
    similarity: float
    is_likely: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """A face that a person has to decide, with the students it may be, the most similar first."""

    detected_face: DetectedFace
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo of the lesson that was recognised. faces: those found in it."""

    capture: Capture
    faces: tuple[DetectedFace, ...]


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Pictures that show nobody yet: those that are worked at or wait, and photos that were given up."""

    waiting: tuple[Capture, ...]
    failed: tuple[Capture, ...]

    @property
    def waiting_photos(self) -> list[Capture]:
        """Waiting photos that a person took."""
        return [capture for capture in self.waiting if capture.kind == Capture.Kind.PHOTO]

    @property
    def waiting_frames(self) -> int:
        """Number of waiting frames of a webcam."""
        return len(self.waiting) - len(self.waiting_photos)


@dataclass(frozen=True, slots=True)
class Register(Unfinished):
    """Everything on a session's page, in the order in which it needs attention."""

    session: ClassSession
    rows: tuple[Row, ...]
    doubts: tuple[Doubt, ...]
    unknown: tuple[DetectedFace, ...]
    decided: tuple[DetectedFace, ...]
    photos: tuple[Photo, ...]
    names: Mapping[UUID, str]
    codes: SchoolStatuses
    changes: RosterChanges

    @property
    def main(self) -> Photo | None:
        """The photo that is shown large: the last one that shows a face, of those that still exist if there are any."""
        with_faces = [photo for photo in self.photos if photo.faces]
        shown = [photo for photo in with_faces if photo.capture.picture] or with_faces
        return shown[-1] if shown else None

    @property
    def here(self) -> list[Row]:
        return [row for row in self.rows if row.status.attended]

    @property
    def away(self) -> list[Row]:
        """Those a person has marked absent or excused, and after closing all who were not there."""
        return [row for row in self.rows if not row.status.attended and not self._is_missing(row)]

    @property
    def missing(self) -> list[Row]:
        """Those about whom nothing is known yet."""
        return [row for row in self.rows if self._is_missing(row)]

    @property
    def shares(self) -> list[tuple[str, int]]:
        """Parts of the bar above the register: numbers of students present, late, to be confirmed, and excused."""
        late, excused = self.late_here, sum(row.status is Status.EXCUSED for row in self.away)
        asked = min(len(self.doubts), len(self.missing))
        return [("P", len(self.here) - late), ("L", late), ("Q", asked), ("E", excused)]

    @property
    def late_here(self) -> int:
        """Number of those here who are late."""
        return sum(row.status is Status.LATE for row in self.here)

    @property
    def late(self) -> list[Row]:
        """Those whom a clock made late, while nobody has said whether that counts in this lesson."""
        if not self.session.is_open or self.session.late_counts is not None:
            return []
        return [row for row in self.rows if late_by_machine(row.mark)]

    @property
    def late_kept(self) -> int:
        """Number of those whom a clock made late, once somebody has said that late counts: one act turns them."""
        if not (self.session.is_open and self.session.late_counts):
            return 0
        return sum(late_by_machine(row.mark) for row in self.rows)

    @property
    def minutes_since(self) -> int:
        """Whole minutes since the lesson began."""
        return minutes_after(seen_at=timezone.now(), starts_at=self.session.starts_at)

    @property
    def is_empty(self) -> bool:
        """True while nothing was said in an open register: its opening can be taken back."""
        has_pictures = self.photos or self.waiting or self.failed or self.decided or self.unknown or self.doubts
        return self.session.is_open and not has_pictures and not any(row.mark or row.is_guest for row in self.rows)

    def _is_missing(self, row: Row) -> bool:
        return is_unknown(row.mark, is_open=self.session.is_open)


def read_register(session: ClassSession) -> Register:
    """The register of a session with its faces."""
    captures = list(captures_of(session))
    faces = _with_captures(detected_faces_of(session), session, captures)
    forget_withdrawn(session.institution, faces)
    codes = statuses_of(session.institution)
    rows = _rows(session, faces, codes)
    by_student = {row.student.pk: row for row in rows}
    unfinished = _unfinished(captures)
    return Register(
        session=session,
        rows=tuple(rows),
        doubts=tuple(_doubts(faces, by_student)),
        unknown=tuple(face for face in faces if _is_unknown(face)),
        decided=tuple(_decided(faces)),
        waiting=unfinished.waiting,
        failed=unfinished.failed,
        photos=_photos(session, captures, faces),
        names=called(row.student for row in rows),
        codes=codes,
        changes=roster_changes(session, {row.student.pk for row in rows if row.mark}),
    )


def read_unfinished(session: ClassSession) -> Unfinished:
    """The pictures of a session that show nobody yet. One query."""
    return _unfinished(list(captures_of(session)))


def _unfinished(captures: Sequence[Capture]) -> Unfinished:
    """captures: all of a session, the newest first."""
    last_done = next(iter(_done(captures)), None)
    return Unfinished(
        waiting=tuple(c for c in captures if not c.is_finished),
        failed=tuple(c for c in captures if _is_failure(c, last_done)),
    )


def _done(captures: Iterable[Capture]) -> list[Capture]:
    """The recognised photos among captures."""
    return [c for c in captures if c.kind == Capture.Kind.PHOTO and c.state == Capture.State.DONE]


def _with_captures(
    faces: QuerySet[DetectedFace], session: ClassSession, captures: Iterable[Capture]
) -> list[DetectedFace]:
    """The session's faces, each with its capture, which is built once and not for every face of it."""
    by_id = {capture.pk: capture for capture in captures}
    # A picture that came between the two queries has its faces on the next page.
    rows = faces.select_related(None).select_related(*PEOPLE)
    found = [face for face in rows if face.capture_id in by_id]
    for face in found:
        face.capture = by_id[face.capture_id]
        face.capture.institution = session.institution
    return found


def _photos(session: ClassSession, captures: Iterable[Capture], faces: Iterable[DetectedFace]) -> tuple[Photo, ...]:
    """The lesson's recognised photos, the oldest first."""
    by_capture: dict[UUID, list[DetectedFace]] = defaultdict(list)
    for face in faces:
        by_capture[face.capture_id].append(face)
    done = _done(captures)
    for capture in done:
        capture.session, capture.institution = session, session.institution
    return tuple(Photo(capture, tuple(by_capture[capture.pk])) for capture in reversed(done))


def forget_withdrawn(institution: Institution, faces: Sequence[DetectedFace]) -> None:
    """Take from undecided faces, as they are shown, students without a valid consent and those who left. One query."""
    open_ = [face for face in faces if face.outcome != Outcome.MARK and not face.decided_at]
    named = {pk for face in open_ for pk in face.named_by_engine}
    if not named:
        return
    gone = named - set(students_with_consent(institution, named).order_by().values_list("pk", flat=True))
    for face in open_:
        face.forget_students(gone)


def _is_failure(capture: Capture, photo: Capture | None) -> bool:
    """True if the teacher should know that this photo was given up: until a later one is done."""
    is_failed = capture.kind == Capture.Kind.PHOTO and capture.state == Capture.State.FAILED
    return is_failed and (photo is None or photo.taken_at < capture.taken_at)


@dataclass(frozen=True, slots=True)
class Headcount:
    """The students on a session's roster, and the number of them who are here."""

    students: dict[UUID, Student]
    here: int


def read_headcount(session: ClassSession) -> Headcount:
    """The headcount of a session, for the answer to each frame of a webcam. Two queries."""
    students = {student.pk: student for student in roster_students(session)}
    marks = marks_for(session.institution).for_session(session.pk)
    return Headcount(students, sum(pk in students and mark.status.attended for pk, mark in marks.items()))


def _rows(session: ClassSession, faces: Iterable[DetectedFace], codes: SchoolStatuses) -> list[Row]:
    students = list(roster_students(session).annotate(is_guest=is_guest_in(session)))
    marks = marks_for(session.institution).for_session(session.pk)
    portraits = portraits_of(session.institution, [student.pk for student in students])
    actors = names_of(mark.actor_id for mark in marks.values())
    pictured = {(face.capture_id, face.number): face for face in faces if face.capture.picture}
    expected = absences_expected(session, [student.pk for student in students])
    return [
        Row(
            student=student,
            portrait=portraits.get(student.pk),
            mark=(mark := marks.get(student.pk)),
            said=codes.of_mark(mark),
            is_guest=student.is_guest,
            actor=actors.get(mark.actor_id, "") if mark else "",
            face=pictured.get((mark.evidence.capture_id, mark.evidence.face)) if mark and mark.evidence else None,
            expected=expected.get(student.pk) if mark is None or mark.status in NOT_HERE else None,
        )
        for student in students
    ]


def names_of(user_ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Names of the people who made marks, by user id."""
    people = {pk for pk in user_ids if pk}  # marks of machines have nobody's
    return dict(User.objects.filter(pk__in=people).values_list("pk", "name"))


def _doubts(faces: Sequence[DetectedFace], rows: dict[UUID, Row]) -> Iterable[Doubt]:
    """The open doubts, without those that the register has answered."""
    named: dict[UUID, set[UUID]] = defaultdict(set)
    for face in faces:
        if face.decided_student_id or (face.outcome == Outcome.MARK and face.student_id):
            named[face.capture_id].add(face.decided_student_id or face.student_id)  # type: ignore[arg-type]
    about = {face.same_as_id: face for face in faces if _questions_a_mark(face)}  # of several photos the last one asks
    for face in faces:
        if face.outcome != Outcome.ASK or face.decided_at or is_shown_elsewhere(face):
            continue
        if _questions_a_mark(face) and about[face.same_as_id] != face:
            continue
        candidates = [_candidate(face, rows[pk], score) for pk, score in _scores(face) if pk in rows]
        if not _is_answered(face, candidates, named[face.capture_id]):
            yield Doubt(face, tuple(candidates))


def _candidate(face: DetectedFace, row: Row, similarity: float) -> Candidate:
    capture = face.capture
    return Candidate(row, similarity, is_likely(similarity, capture.accept_threshold, capture.review_threshold))


def _is_answered(face: DetectedFace, candidates: Sequence[Candidate], named: Collection[UUID]) -> bool:
    """True if the register already says who this is: all candidates are here; or the most similar one is, no other face
    in this picture is theirs, and anyone who is not here yet only faintly resembles the face."""
    if face.reason == Reason.OTHER_PICTURE:  # asks whether the machine's own mark is right
        return not any(c.row.student.pk == face.student_id and _is_machines(c.row) for c in candidates)
    not_here = [candidate for candidate in candidates if not candidate.row.status.attended]
    if not not_here:
        return True
    best = candidates[0]
    if face.reason in (Reason.LOOK_ALIKE, Reason.CLOSE_SECOND) or not best.row.status.attended:
        return False
    return best.row.student.pk not in named and not any(candidate.is_likely for candidate in not_here)


def _is_machines(row: Row) -> bool:
    return bool(row.mark and row.mark.source.is_machine and row.status.attended)


def _questions_a_mark(face: DetectedFace) -> bool:
    return face.reason == Reason.OTHER_PICTURE and face.same_as_id is not None and not face.decided_at


def is_shown_elsewhere(face: DetectedFace) -> bool:
    """True if the same person's face in another photo is shown in its place."""
    return face.same_as_id is not None and face.reason != Reason.OTHER_PICTURE


def _decided(faces: Iterable[DetectedFace]) -> list[DetectedFace]:
    """The faces that a person decided, the last one first."""
    decided = [(face.decided_at, face) for face in faces if face.decided_at and not face.same_as_id]
    return [face for _at, face in sorted(decided, key=lambda pair: pair[0], reverse=True)]


def _scores(face: DetectedFace) -> list[tuple[UUID, float]]:
    return [(UUID(pk), score) for pk, score in face.candidates]


def _is_unknown(face: DetectedFace) -> bool:
    """True for a face on a photo that is nobody on this roster, and undecided. Webcam frames only show theirs live."""
    is_open = face.outcome in NOBODY and not face.decided_at and not is_shown_elsewhere(face)
    return is_open and face.capture.kind == Capture.Kind.PHOTO
