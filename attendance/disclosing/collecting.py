"""Everything that the portal has of a student, as JSON: its schema is docs/data-bundle.md.

Never vectors: they cannot leave the engine, and tell a person nothing. In a student's own bundle colleagues have no
names and guardians no addresses: those are other people's data.
"""

from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import User
from attendance.domain.marks import Mark
from attendance.models import (
    ClassSession,
    CodeTry,
    DeskEntry,
    DetectedFace,
    Dispute,
    EvacuationPerson,
    Excuse,
    RosterEntry,
    StudentNote,
)
from attendance.register.page import names_of
from attendance.repositories import marks_for
from attendance.repositories.base import MOST_A_PAGE
from enrollment.models import (
    AccessRecord,
    Consent,
    ConsentRequest,
    Course,
    ErasureReceipt,
    FacePhoto,
    GroupPlace,
    Guardianship,
    LookAlike,
    Student,
)

VERSION = 1
Row = dict[str, Any]
_SESSIONS_AT_ONCE = 500


class Collector:
    """Collects one student's data. own: for the student, not for the office."""

    def __init__(self, student: Student, *, own: bool) -> None:
        self.student, self.school, self.own = student, student.institution, own

    def everything(self) -> Row:
        """All of it; marks and the access log without an end."""
        return {
            "version": VERSION,
            "school": {"name": self.school.name, "address": self.school.slug},
            "student": self.person(),
            "guardians": self.guardians(),
            "groups": self.groups(),
            "courses": self.courses(),
            "consents": self.consents(),
            "requests": self.requests(),
            "photos": self.photos(),
            "marks": list(self.marks()),
            "lessons": self.lessons(),
            "faces": self.faces(),
            "check_ins": self.check_ins(),
            "desk": self.desk(),
            "evacuations": self.evacuations(),
            "excuses": self.excuses(),
            "disputes": self.disputes(),
            "notes": self.notes(),
            "access": self.access(),
            "erasures": self.erasures(),
        }

    # -- The person --

    def person(self) -> Row:
        student = self.student
        return {
            "id": student.pk,
            "roll_number": student.roll_number,
            "name": student.name,
            "given_name": student.given_name,
            "family_name": student.family_name,
            "email": student.email,
            "birth_date": student.birth_date,
            "external_id": student.external_id,
            "account": student.user.email if student.user else "",
            "at_school": student.is_active,
            "left_at": student.left_at,
            "created_at": student.created_at,
        }

    def guardians(self) -> list[Row]:
        rows = Guardianship.objects.for_institution(self.school).filter(student=self.student)
        return [
            {"name": row.guardian.name, "relation": row.relation}
            | (
                {}
                if self.own
                else {
                    "email": row.guardian.email,
                    "phone": row.guardian.phone,
                    "may_consent": row.may_consent,
                    "may_contact": row.may_contact,
                }
            )
            for row in rows.select_related("guardian")
        ]

    def groups(self) -> list[Row]:
        places = GroupPlace.objects.for_institution(self.school).filter(student=self.student)
        return [
            {"name": place.group.name, "year": place.group.year.name if place.group.year else ""}
            for place in places.select_related("group__year")
        ]

    def courses(self) -> list[Row]:
        courses = Course.objects.for_institution(self.school).filter(enrollments__student=self.student)
        return [{"code": course.code, "name": course.name} for course in courses]

    # -- The face --

    def consents(self) -> list[Row]:
        answers = Consent.objects.for_institution(self.school).filter(student=self.student)
        return [
            {
                "answer": answer.answer,
                "medium": answer.medium,
                "given_by": answer.given_by,
                "wording": answer.wording,
                "language": answer.language,
                "given_at": answer.given_at,
                "expires_on": answer.expires_on,
                "withdrawn_at": answer.withdrawn_at,
                "recorded_by": self._by(answer.recorded_by),
                "withdrawn_by": self._by(answer.withdrawn_by),
            }
            for answer in answers.select_related("recorded_by", "withdrawn_by")
        ]

    def requests(self) -> list[Row]:
        requests = ConsentRequest.objects.for_institution(self.school).filter(student=self.student)
        return [
            {"state": request.state, "sent_at": request.sent_at, "expires_at": request.expires_at}
            | ({} if self.own else {"email": request.email})
            for request in requests
        ]

    def photos(self) -> list[Row]:
        photos = FacePhoto.objects.for_institution(self.school).filter(student=self.student)
        return [
            {
                "id": photo.pk,
                "file": file_of(photo),
                "state": photo.state,
                "refusal": photo.refusal,
                "likeness": photo.likeness,
                "model": photo.model,
                "has_vector": bool(photo.face_id),
                "learned_from_lesson": photo.cut_from is not None,
                "created_at": photo.created_at,
                "added_by": self._by(photo.added_by),
            }
            for photo in photos.select_related("added_by")
        ]

    def faces(self) -> list[Row]:
        """Faces in class photos that were taken for the student's, and the number of confirmed look-alikes."""
        named = Q(student=self.student) | Q(decided_student=self.student)
        faces = DetectedFace.objects.for_institution(self.school).filter(named).select_related("capture")
        shown = [
            {
                "lesson": face.capture.session_id,
                "taken_at": face.capture.taken_at,
                "similarity": face.similarity,
                "outcome": face.outcome,
                "decided_at": face.decided_at,
                "photo_kept": bool(face.capture.picture),
            }
            for face in faces
        ]
        return [*shown, *({"confirmed_look_alike": True} for _pair in range(self._look_alikes()))]

    def _look_alikes(self) -> int:
        pairs = LookAlike.objects.for_institution(self.school)
        return pairs.filter(Q(first=self.student) | Q(second=self.student)).count()

    # -- Lessons --

    def lessons(self) -> list[Row]:
        """Lessons on whose registers the student has a place."""
        entries = RosterEntry.objects.for_institution(self.school).filter(student=self.student)
        entries = entries.select_related("session__course").order_by("session__starts_at")
        return [
            {
                "id": entry.session_id,
                "course": entry.session.course.name,
                "starts_at": entry.session.starts_at,
                "guest": entry.is_guest,
            }
            for entry in entries
        ]

    def marks(self, *, most: int | None = None) -> Iterator[Row]:
        """Marks by lesson, newest first, each with every version, oldest first. most: as many lessons at most."""
        store = marks_for(self.school)
        for number, session in enumerate(self._sessions_marked()):
            if number == most:
                return
            if versions := store.audit(session, self.student.pk):
                yield self._mark(versions)

    def _sessions_marked(self) -> Iterator[UUID]:
        """Lessons in the order of `for_student`, then those on whose roster the student is and has no standing mark."""
        store, cursor, seen = marks_for(self.school), None, set[UUID]()
        while True:
            page = store.for_student(self.student.pk, cursor=cursor, limit=MOST_A_PAGE)
            for mark in page.marks:
                seen.add(mark.session_id)
                yield mark.session_id
            cursor = page.cursor
            if cursor is None:
                break
        entries = RosterEntry.objects.for_institution(self.school).filter(student=self.student)
        yield from entries.exclude(session__in=seen).values_list("session_id", flat=True)

    def _mark(self, versions: list[Mark]) -> Row:
        last = versions[-1]
        return {
            "lesson": last.session_id,
            "course": self._course_names().get(last.course_id, ""),
            "starts_at": last.held_at,
            "status": last.status.value,
            "versions": [self._version(mark) for mark in versions],
        }

    def _version(self, mark: Mark) -> Row:
        why = mark.evidence
        return {
            "version": mark.version,
            "status": mark.status.value,
            "code": mark.code,
            "source": mark.source.value,
            "marked_at": mark.marked_at,
            "marked_by": self._person(self._name_of(mark.actor_id)),
            "minutes_late": mark.minutes_late,
            "left_at": mark.left_at,
            "note": mark.note,
            "similarity": why.similarity if why else None,
            "threshold": why.threshold if why else None,
            "model": why.model if why else "",
        }

    def check_ins(self) -> list[Row]:
        tries = CodeTry.objects.for_institution(self.school).filter(student=self.student)
        return [{"lesson": each.session_id, "kind": each.kind, "at": each.at} for each in tries]

    def desk(self) -> list[Row]:
        """Late arrivals and early leavings entered by the office, newest first."""
        rows = DeskEntry.objects.for_institution(self.school).filter(student=self.student)
        names = ("kind", "day", "at", "until", "reason", "entered_at", "undone_at")
        return [{name: getattr(row, name) for name in names} for row in rows]

    def evacuations(self) -> list[Row]:
        """The student's place and tick in evacuations and drills, newest first."""
        rows = EvacuationPerson.objects.for_institution(self.school).filter(student=self.student)
        return [
            {"started_at": row.evacuation.started_at, "is_drill": row.evacuation.is_drill, "place": row.place,
             "is_expected": row.is_expected, "seen_at": row.seen_at}
            for row in rows.select_related("evacuation").order_by("-evacuation__started_at")
        ]  # fmt: skip

    def excuses(self) -> list[Row]:
        """Reasons for absences, newest first."""
        rows = Excuse.objects.for_institution(self.school).filter(student=self.student)
        return [
            self._statement(row)
            | {
                "kind": row.kind,
                "first_day": row.first_day,
                "last_day": row.last_day,
                "begins": row.begins,
                "ends": row.ends,
                "lesson": row.session_id,
            }
            for row in rows.select_related("decided_by")
        ]

    def disputes(self) -> list[Row]:
        """Objections to marks, newest first."""
        rows = Dispute.objects.for_institution(self.school).filter(student=self.student)
        return [
            self._statement(row) | {"lesson": row.session_id, "status": row.status, "version": row.version}
            for row in rows.select_related("decided_by")
        ]

    def _statement(self, row: Excuse | Dispute) -> Row:
        return {
            "note": row.note,
            "file": document_file(row),
            "giver": row.giver,
            "created_at": row.created_at,
            "state": row.state,
            "decided_at": row.decided_at,
            "decided_by": self._by(row.decided_by),
            "answer": row.answer,
        } | ({} if self.own else {"given_by": row.given_by_name})

    def notes(self) -> list[Row]:
        """Notes of staff, newest first; in the office's bundle alone, which goes out once somebody has read them."""
        rows = StudentNote.objects.for_institution(self.school).filter(student=self.student)
        return [
            {
                "text": row.text,
                "audience": row.audience,
                "written_at": row.written_at,
                "written_by": self._by(row.written_by),
            }
            for row in ([] if self.own else rows.select_related("written_by"))
        ]

    # -- The portal's own records --

    def access(self, *, most: int | None = None) -> list[Row]:
        """Entries of the access log about the student, newest first; a register's stand for all on its roster."""
        log = AccessRecord.objects.for_institution(self.school).order_by("-at", "-pk")
        found = list(log.filter(subject=self.student.pk)[:most])
        sessions = [str(pk) for pk in self._rostered()]
        for at in range(0, len(sessions), _SESSIONS_AT_ONCE):
            part = sessions[at : at + _SESSIONS_AT_ONCE]
            found += log.filter(subject=None, detail__session__in=part)[:most]
        found.sort(key=lambda record: record.at, reverse=True)
        return [
            {"at": each.at, "act": each.verb, "by": self._person(each.actor_name), "detail": each.detail}
            for each in found[:most]
        ]

    def _rostered(self) -> Iterable[UUID]:
        lessons = ClassSession.objects.for_institution(self.school).filter(roster__student=self.student)
        return lessons.order_by("-starts_at").values_list("pk", flat=True)

    def erasures(self) -> list[Row]:
        receipts = ErasureReceipt.objects.for_institution(self.school).filter(subject=self.student.pk)
        return [{"scope": row.scope, "asked_at": row.asked_at, "ended_at": row.ended_at} for row in receipts]

    # -- Names --

    def _person(self, name: str | None) -> str:
        """A colleague's name for the office; for the student whether it was a person."""
        if not name:
            return ""
        return "a member of the school" if self.own else name

    def _by(self, user: User | None) -> str:
        return self._person(user.name if user else "")

    def _name_of(self, actor: UUID | None) -> str:
        if not hasattr(self, "_names"):
            self._names: dict[UUID | None, str] = {}
        if actor not in self._names:
            self._names[actor] = names_of([actor]).get(actor, "") if actor else ""
        return self._names[actor]

    def _course_names(self) -> dict[UUID, str]:
        if not hasattr(self, "_courses"):
            rows = Course.objects.for_institution(self.school).values_list("pk", "name")
            self._courses: dict[UUID, str] = dict(rows)
        return self._courses


def file_of(photo: FacePhoto) -> str:
    """Name of a photo in the bundle; empty where its file is gone."""
    return f"photos/{photo.pk}.jpg" if photo.picture else ""


def document_file(statement: Excuse | Dispute) -> str:
    """Name of a document in the bundle; empty where there is none."""
    return str(statement.document.name).replace(f"/{statement.institution_id}", "") if statement.document else ""


def statements_of(student: Student) -> list[Excuse | Dispute]:
    """The student's reasons and objections that came with a document."""
    rows = [model.objects.for_institution(student.institution).filter(student=student) for model in (Excuse, Dispute)]
    return [row for found in rows for row in found.exclude(document="")]
