"""Access table: the expected status of each address for each visitor, tested by `tests/test_walls.py`.

One line for each method of each address. `at` makes the address's arguments from the world, `send` the posted data.
Seven visitors, in this order: one who is not signed in; Sam, a student of Riverside; Tess, who teaches the lesson; Ada,
Riverside's administrator; Hanna, who administers Hilltop; Fay, Sam's mother; Pia, Riverside's principal. Most lines
name the first five: Fay and Pia are then denied, unless everybody who signs in is answered alike.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import Invitation
from attendance.models import DayOff, DeskEntry, Evacuation, StudentNote, Visitor
from enrollment.models import Group, Guardian, Room, SchoolYear
from tests.attendance.api.client import jpeg

A_MONDAY = "2026-11-30"  # on which the world's weekly lesson is held
VISITORS = ("signed out", "student", "teacher", "admin", "other school's admin", "guardian", "principal")
Answers = tuple[int, ...]
World = Any


@dataclass(frozen=True)
class Access:
    """One request, and what each visitor is answered."""

    name: str  # of the URL pattern; where it has none, its route
    expected: Answers
    method: str = "GET"
    at: Callable[[World], dict[str, Any]] = lambda world: {}
    send: Callable[[World], dict[str, Any]] = lambda world: {}
    is_json: bool = False
    query: str = ""
    path: str = ""  # instead of the name, where an address cannot be made from it

    def __post_init__(self) -> None:
        if len(self.expected) == 5:
            alike = set(self.expected[1:])
            denied = alike.pop() if len(alike) == 1 else 403
            object.__setattr__(self, "expected", (*self.expected, denied, denied))

    @property
    def label(self) -> str:
        return f"{self.name} {self.method}"


# -- Where things are --------------------------------------------------------------------------------------------------


def school(world: World) -> dict[str, Any]:
    return {"institution": "riverside"}


def course(world: World) -> dict[str, Any]:
    return {**school(world), "course_id": world.physics.pk}


def session(world: World) -> dict[str, Any]:
    return {**school(world), "session_id": world.session.pk}


def mark(world: World) -> dict[str, Any]:
    return {**session(world), "student_id": world.sam.pk}


def student(world: World) -> dict[str, Any]:
    return {**school(world), "student_id": world.sam.pk}


def note(world: World) -> dict[str, Any]:
    return {**student(world), "note_id": world.objects[StudentNote].pk}


def other_student(world: World) -> dict[str, Any]:
    """Of Riverside, but not one of the guardian's."""
    return {**school(world), "student_id": world.sita.pk}


def excuse(world: World) -> dict[str, Any]:
    return {**school(world), "excuse_id": world.excuse.pk}


def dispute(world: World) -> dict[str, Any]:
    return {**school(world), "dispute_id": world.dispute.pk}


def nothing_erased(world: World) -> dict[str, Any]:
    return {**school(world), "receipt_id": uuid4()}


def face(world: World) -> dict[str, Any]:
    return {**session(world), "detected_face_id": world.detected_face.pk}


def door(world: World) -> dict[str, Any]:
    return {"school": "riverside"}


def rest_done(world: World) -> dict[str, Any]:
    return {**session(world), "number": 0}


def demo_photo(world: World) -> dict[str, Any]:
    return {**session(world), "number": 1}


def capture(world: World) -> dict[str, Any]:
    return {**school(world), "capture_id": world.capture.pk}


def capture_of_session(world: World) -> dict[str, Any]:
    return {**session(world), "capture_id": world.capture.pk}


def portrait(world: World) -> dict[str, Any]:
    return {**school(world), "photo_id": world.photo.pk}


def weekly(world: World) -> dict[str, Any]:
    return {**course(world), "slot_id": world.slot.pk, "day": A_MONDAY}


def given(world: World) -> dict[str, Any]:
    return {**course(world), "substitution_id": world.given.pk}


def api(of: Callable[[World], dict[str, Any]]) -> Callable[[World], dict[str, Any]]:
    """The same in the API's words."""
    words = {"institution": "school", "detected_face_id": "face_id"}
    return lambda world: {words.get(key, key): value for key, value in of(world).items()}


def job(world: World) -> dict[str, Any]:
    return {**school(world), "job_id": world.job.pk}


def guessed(world: World) -> dict[str, Any]:
    return {"token": "guessed"}


def entry_unknown(world: World) -> dict[str, Any]:
    return {**school(world), "excuse_id": uuid4()}


def evacuation(world: World) -> dict[str, Any]:
    return {**school(world), "evacuation_id": world.objects[Evacuation].pk}


def visitor(world: World) -> dict[str, Any]:
    return {**school(world), "visitor_id": world.objects[Visitor].pk}


def desk_entry(world: World) -> dict[str, Any]:
    return {**school(world), "entry_id": world.objects[DeskEntry].pk}


def a_student(world: World) -> dict[str, Any]:
    return {**school(world), "student_id": world.sam.pk}


def photo_batch(world: World) -> dict[str, Any]:
    return {**school(world), "batch_id": world.batch_photo.batch_id}


def batch_photo(world: World) -> dict[str, Any]:
    return {**school(world), "item_id": world.batch_photo.pk}


def a_photo_file(world: World) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("R-002.jpg", jpeg(), "image/jpeg"), "name": "R-002.jpg"}


def invitation(world: World) -> dict[str, Any]:
    return {**school(world), "invitation_id": world.objects[Invitation].pk}


def step(world: World) -> dict[str, Any]:
    return {**school(world), "step": "photos"}


def day_off(world: World) -> dict[str, Any]:
    return {**school(world), "day_off_id": world.objects[DayOff].pk}


def year(world: World) -> dict[str, Any]:
    return {**school(world), "year_id": world.objects[SchoolYear].pk}


def group(world: World) -> dict[str, Any]:
    return {**school(world), "group_id": world.objects[Group].pk}


def guardian(world: World) -> dict[str, Any]:
    return {**school(world), "guardian_id": world.objects[Guardian].pk}


def guardian_and_student(world: World) -> dict[str, Any]:
    return {**guardian(world), "student_id": world.sam.pk}


def room(world: World) -> dict[str, Any]:
    return {**school(world), "room_id": world.objects[Room].pk}


def no_change(world: World) -> dict[str, Any]:
    return {**school(world), "change_id": uuid4()}


def no_terms(world: World) -> dict[str, Any]:
    return {"terms-TOTAL_FORMS": 0, "terms-INITIAL_FORMS": 0}


def no_hours(world: World) -> dict[str, Any]:
    return {"hours-TOTAL_FORMS": 0, "hours-INITIAL_FORMS": 0}


def an_import(world: World) -> dict[str, Any]:
    return {**school(world), "run_id": world.import_run.pk}


def a_picture(world: World) -> dict[str, Any]:
    return {"picture": SimpleUploadedFile("class.jpg", jpeg(), "image/jpeg"), "nonce": str(uuid4())}


# -- Everywhere --------------------------------------------------------------------------------------------------------

PUBLIC = (200,) * 5
SIGNED_IN = (302, 200, 200, 200, 200)
OPERATORS = (302, 404, 404, 404, 404)
FOR_GUESTS = (200, 302, 302, 302, 302)

NOWHERE = (404,) * 5  # pages of allauth that the portal does not offer, and guessed links

OUTSIDE_SCHOOLS = [
    Access("health", PUBLIC),
    Access("calendar_feed", PUBLIC, at=lambda world: {"token": world.feed}),
    Access("calendar_feed", (404,) * 5, at=lambda world: {"token": "guessed"}),
    Access("kiosk", PUBLIC, at=door),
    Access("kiosk", PUBLIC, "POST", at=door, send=lambda world: {"code": "0000 0000"}),
    Access("consent_answer", NOWHERE, at=lambda world: {**door(world), "token": "guessed"}),
    Access("consent_answer", NOWHERE, "POST", at=lambda world: {**door(world), "token": "guessed"}),
    Access("kiosk_now", (404,) * 5, at=door),  # to whom is no paired tablet
    Access("kiosk_frame", (404,) * 5, "POST", at=door, send=a_picture),
    Access("kiosk_check_begin", (404,) * 5, "POST", at=door, send=a_picture),
    Access("kiosk_check", (404,) * 5, "POST", at=lambda world: {**door(world), "attempt_id": uuid4()}, send=a_picture),
    # No mail has told of an absence in the world: `tests/attendance/telling/` has some.
    Access("absence_reply", NOWHERE, at=lambda world: {**door(world), "token": "guessed"}),
    Access("absence_reply", NOWHERE, "POST", at=lambda world: {**door(world), "token": "guessed"}),
    Access("absence_stop", NOWHERE, at=lambda world: {**door(world), "token": "guessed"}),
    Access("absence_stop", NOWHERE, "POST", at=lambda world: {**door(world), "token": "guessed"}),
    # Nobody has such a link in the world: `tests/enrollment/batches/test_links.py` has.
    Access("own_photos", NOWHERE, at=guessed),
    Access("own_photo_take", NOWHERE, "POST", at=guessed, send=a_picture),
    Access("own_check_begin", NOWHERE, "POST", at=guessed),
    Access("own_check", NOWHERE, "POST", at=guessed),
    Access("own_photos_finish", NOWHERE, "POST", at=guessed),
    Access("favicon", (302,) * 5),
    Access("service_worker", PUBLIC),
    Access("offline", PUBLIC),
    Access("manifest", PUBLIC),
    Access("share", (302, 200, 200, 200, 200, 200, 200)),
    Access("share", (302,) * 5, "POST"),
    Access("home", (302,) * 5),
    Access("language", (302,) * 5, "POST", send=lambda world: {"language": "de"}),
    Access("account_login", FOR_GUESTS),
    Access("account_logout", (302, 200, 200, 200, 200)),
    Access("account_logout", (302,) * 5, "POST"),
    Access("account_inactive", PUBLIC),
    Access("account_signup", NOWHERE),
    Access("account_signup", NOWHERE, "POST"),
    Access("account_reauthenticate", NOWHERE),
    Access("account_email", NOWHERE),
    Access("account_email_verification_sent", PUBLIC),
    Access("account_confirm_email", PUBLIC, at=lambda world: {"key": "no-such-key"}),
    Access("account_change_password", SIGNED_IN),
    Access("account_set_password", NOWHERE),
    Access("account_reset_password", PUBLIC),
    Access("account_reset_password_done", PUBLIC),
    Access("account_reset_password_from_key", PUBLIC, at=lambda world: {"uidb36": "0", "key": "no-such-key"}),
    Access("account_reset_password_from_key_done", PUBLIC),
    Access("invitation", NOWHERE, at=lambda world: {"token": "guessed"}),
    Access("invitation_accept", (302, 404, 404, 404, 404), "POST", at=lambda world: {"invitation_id": uuid4()}),
    Access("invitation_decline", (302, 404, 404, 404, 404), "POST", at=lambda world: {"invitation_id": uuid4()}),
    # Pages of the portal's operator, who is none of the five: `tests/accounts/schools/` tries them.
    Access("schools", OPERATORS),
    Access("portal_state", OPERATORS),
    Access("school_erasures", OPERATORS),
    Access("school_erasure", OPERATORS, at=lambda world: {"receipt_id": world.sam.pk}),
    Access("school_erasure_resume", OPERATORS, "POST", at=lambda world: {"receipt_id": world.sam.pk}),
    Access("school_erasure_file", OPERATORS, at=lambda world: {"receipt_id": world.sam.pk}),
    Access("school_erase", OPERATORS, at=lambda world: {"school": "riverside"}),
    Access("school_erase", OPERATORS, "POST", at=lambda world: {"school": "riverside"}),
    Access("school_new", OPERATORS),
    Access("school_new", OPERATORS, "POST"),
    Access("test_mail", OPERATORS, "POST"),
    Access("tokens", SIGNED_IN),
    Access("tokens", SIGNED_IN, "POST", send=lambda world: {"name": "Timetable", "scope": "read", "days": 30}),
    # Nobody has one in the world: `tests/accounts/tokens/` has.
    Access("token_revoke", (302, 404, 404, 404, 404), "POST", at=lambda world: {"token_id": uuid4()}),
    Access("account_confirm_login_code", NOWHERE),
    Access("account_request_reauthentication_code", NOWHERE),
    Access("account_confirm_reauthentication_code", NOWHERE),
]

# -- A school's pages: who is not signed in is sent to sign in, strangers find nothing ---------------------------------

STAFF = (302, 403, 200, 200, 404)
STAFF_ACT = (302, 403, 302, 302, 404)
ADMIN = (302, 403, 403, 200, 404)
OFFICE = (302, 403, 403, 200, 404)
OFFICE_ACT = (302, 403, 403, 302, 404)

ADMINS = (302, 403, 403, 200, 404)
ADMINS_ACT = (302, 403, 403, 302, 404)

PHOTOS = [
    Access("photos", ADMINS, at=school),
    Access("photo_batch_new", ADMINS_ACT, "POST", at=school),
    Access("photo_students", ADMINS, at=school, query="?student=sam"),
    Access("photo_station", ADMINS, at=school),
    Access("station_of_group", ADMINS, at=lambda world: {**school(world), "group_id": world.group.pk}),
    Access("station_of_course", ADMINS, at=course),
    Access("station_take", ADMINS, "POST", at=a_student, send=a_picture),
    Access("photo_links", ADMINS, at=school),
    Access("photo_links", ADMINS, "POST", at=school, send=lambda world: {"student": "R-002", "days": 7}),
    Access("photo_links_mail", ADMINS, "POST", at=school, send=lambda world: {"group": "", "days": 7}),
    Access("photo_link_end", ADMINS_ACT, "POST", at=lambda world: {**school(world), "link_id": world.photo_link.pk}),
    Access("batch_photo_other", (302, 403, 403, 404, 404), at=batch_photo),  # it resembles nobody
    Access("photo_batch", ADMINS, at=photo_batch),
    Access("photo_batch_files", ADMINS, at=photo_batch),
    Access("photo_batch_files", (302, 403, 403, 201, 404), "POST", at=photo_batch, send=a_photo_file),
    Access("photo_batch_start", ADMINS_ACT, "POST", at=photo_batch),
    Access("photo_batch_stop", ADMINS_ACT, "POST", at=photo_batch),
    Access("photo_batch_clear", ADMINS_ACT, "POST", at=photo_batch),
    Access("photo_batch_remove", ADMINS_ACT, "POST", at=photo_batch),
    Access("batch_photo_picture", ADMINS, at=batch_photo),
    Access("batch_photo_faces", ADMINS_ACT, at=batch_photo),  # it shows one face: back to the report
    Access("batch_photo_faces", ADMINS_ACT, "POST", at=batch_photo, send=lambda world: {"number": 1, "of": 2}),
    Access("batch_photo_assign", ADMINS_ACT, "POST", at=batch_photo, send=lambda world: {"student": "R-002"}),
    Access("batch_photo_remove", ADMINS_ACT, "POST", at=batch_photo),
    Access("batch_photo_replace", ADMINS_ACT, "POST", at=batch_photo, send=a_picture),
    Access("batch_photo_different", ADMINS_ACT, "POST", at=batch_photo),
    Access("batch_photo_same", ADMINS_ACT, "POST", at=batch_photo),
]
ADMINS = (302, 403, 403, 200, 404)
ADMINS_ACT = (302, 403, 403, 302, 404)

DAY = [
    Access("office", ADMINS, at=school),
    Access("register_remind", ADMINS_ACT, "POST", at=session),
    Access("office_live", ADMINS, at=school),
    Access("desk_students", ADMINS, at=school),
    Access("office_low", ADMINS, at=school),
    Access("trends", (302, 403, 403, 200, 404, 403, 200), at=school),
    Access("desk_late", ADMINS_ACT, "POST", at=school, send=lambda world: {"late-who": "R-002"}),
    Access("desk_leaving", ADMINS_ACT, "POST", at=school, send=lambda world: {"leaving-who": "R-002"}),
    Access("desk_reason", ADMINS_ACT, "POST", at=student, send=lambda world: {"kind": "illness"}),
    Access("desk_reason_undo", (302, 403, 403, 404, 404), "POST", at=entry_unknown),  # the world's is a guardian's
    Access("desk_back", (302, 403, 403, 404, 404), "POST", at=desk_entry),  # the world's is an arrival
    Access("desk_undo", ADMINS_ACT, "POST", at=desk_entry),
]

STAFF_POST = (302, 403, 200, 200, 404)
EVACUATION = [
    Access("evacuation", STAFF, at=school),
    Access("evacuation_start", STAFF_ACT, "POST", at=school, send=lambda world: {"key": str(uuid4())}),
    Access("evacuation_ticks", STAFF_POST, at=evacuation),
    Access("evacuation_ticks", STAFF_POST, "POST", at=evacuation, send=lambda world: {"subject": world.sam.pk}),
    Access("evacuation_end", STAFF_ACT, "POST", at=evacuation),
    Access("evacuation_report", (302, 403, 200, 200, 404, 403, 200), at=evacuation),
    Access("visitor_new", STAFF_ACT, "POST", at=school, send=lambda world: {"name": "Ms Guest"}),
    Access("visitor_out", STAFF_ACT, "POST", at=visitor),
]

PAGES = [
    Access("institution", (302, 302, 302, 302, 404, 302, 302), at=school),
    Access("today", STAFF, at=school),
    Access("adhoc", STAFF_ACT, "POST", at=school, send=lambda world: {"course": world.physics.pk}),
    Access("courses", STAFF, at=school),
    Access("course", STAFF, at=course),
    Access("lesson", STAFF, at=weekly),
    Access("lesson", STAFF_ACT, "POST", at=weekly, send=lambda world: {"do": "cancel"}),
    Access("lesson_plan", STAFF, at=session),
    Access("lesson_plan", (302, 403, 400, 400, 404), "POST", at=session),
    Access("reports", (302, 403, 200, 200, 404, 403, 302), at=school),
    Access("people", ADMINS, at=school),
    Access("course_attendance", STAFF, at=course),
    Access("group_attendance", (302, 403, 404, 200, 404), at=group),
    Access("course_file", STAFF, at=lambda world: {**course(world), "form": "csv"}),
    Access("course_file", STAFF_ACT, "POST", at=lambda world: {**course(world), "form": "csv"}),
    Access("group_file", (302, 403, 404, 200, 404), at=lambda world: {**group(world), "form": "csv"}),
    Access("group_file", (302, 403, 404, 302, 404), "POST", at=lambda world: {**group(world), "form": "csv"}),
    # Nobody has asked for a large file in the world: `tests/attendance/papers/` has some.
    Access("export", (302, 403, 404, 404, 404), at=lambda world: {**school(world), "job_id": uuid4()}),
    Access("export_file", (302, 403, 404, 404, 404), at=lambda world: {**school(world), "job_id": uuid4()}),
    Access("letters_make", ADMINS_ACT, "POST", at=school),
    Access("letters", (302, 403, 403, 404, 404), at=lambda world: {**school(world), "job_id": uuid4()}),
    Access("letters_file", (302, 403, 403, 404, 404), at=lambda world: {**school(world), "job_id": uuid4()}),
    Access("letter_pdf", (302, 403, 404, 200, 404), at=student),
    Access("student", STAFF, at=student),
    Access(
        "note_new", STAFF_ACT, "POST", at=student, send=lambda world: {"text": "Sits in front", "audience": "staff"}
    ),
    Access("note_remove", (302, 403, 403, 302, 404), "POST", at=note),
    Access("student_day", STAFF, at=lambda world: {**student(world), "day": A_MONDAY}),
    Access("mark_cell", STAFF, at=mark),
    Access(
        "mark_cell",
        (302, 403, 400, 400, 404),
        "POST",
        at=mark,
        send=lambda world: {"status": "P", "version": 0},
    ),
    Access("lesson_new", STAFF, at=course),
    Access("lesson_new", STAFF, "POST", at=course),
    Access("substitute", STAFF_ACT, "POST", at=course),
    Access("substitute_end", STAFF_ACT, "POST", at=given),
    Access("course_calendar", STAFF, at=course),
    Access("calendar", STAFF, at=school),
    Access("calendar_address", STAFF, "POST", at=school),
    Access("calendar_off", STAFF_ACT, "POST", at=school),
    Access("calendar_import", (302, 403, 403, 200, 404), at=school),
    Access("calendar_import", (302, 403, 403, 200, 404), "POST", at=school),
    Access("calendar_import_confirm", (302, 403, 403, 302, 404), "POST", at=school),
    Access("session", STAFF, at=session),
    Access("register_pdf", STAFF, at=session),
    Access("blank_pdf", STAFF, at=session),
    Access("session_open", STAFF_ACT, "POST", at=session),
    Access("session_close", STAFF, at=session),
    Access("session_close", STAFF_ACT, "POST", at=session),
    Access("session_reopen", STAFF_ACT, "POST", at=session),
    Access("session_give_up", STAFF_ACT, "POST", at=session),
    Access("roster_follow", STAFF_ACT, "POST", at=session),
    Access("late_decide", STAFF_ACT, "POST", at=session, send=lambda world: {"counts": "no"}),
    Access("photo", STAFF_ACT, "POST", at=session, send=a_picture),
    Access("live", STAFF, at=session),
    Access("board", STAFF, at=session),
    Access("capture_retry", STAFF_ACT, "POST", at=capture_of_session),
    Access("demo_photo", (302, 403, 404, 404, 404), "POST", at=demo_photo),
    Access("webcam", STAFF, at=session),
    Access("shots", STAFF, at=session),
    Access("shots", STAFF, "POST", at=session, send=a_picture),
    Access("frame", STAFF, "POST", at=session, send=a_picture),
    Access("code", STAFF, at=session),
    Access("code_now", STAFF, "POST", at=session),
    Access("code_stop", STAFF_ACT, "POST", at=session),
    Access("check_in", (302, 200, 403, 403, 404), at=school),
    Access("check_in", (302, 200, 403, 403, 404), "POST", at=school, send=lambda world: {"code": "000000"}),
    Access("mark", STAFF_ACT, "POST", at=mark, send=lambda world: {"status": "P", "version": 0}),
    Access("mark_history", STAFF, at=mark),
    Access("mark_correct", STAFF, "POST", at=mark, send=lambda world: {"status": "P", "reason": "Seen", "version": 0}),
    Access("undo", STAFF_ACT, "POST", at=mark, send=lambda world: {"version": 1}),
    # Nobody is marked in the world: `tests/attendance/history/test_why.py` has a mark to explain.
    Access("mark_why", (302, 403, 404, 404, 404), at=mark),
    Access("mark_photo", (302, 403, 404, 404, 404), at=mark),
    Access("rest", STAFF_ACT, "POST", at=session, send=lambda world: {"status": "P"}),
    Access("rest_undo", STAFF_ACT, "POST", at=rest_done),
    Access("guests", STAFF, at=session, query="?q=sam"),
    Access("guests", STAFF_ACT, "POST", at=session, send=lambda world: {"student": world.sam.pk}),
    Access("guest_remove", STAFF_ACT, "POST", at=mark),
    Access("decide", STAFF, at=face),
    Access("decide", STAFF_ACT, "POST", at=face, send=lambda world: {"student": world.sam.pk}),
    Access("undecide", STAFF_ACT, "POST", at=face),
    Access("capture", STAFF, at=capture),
    Access("capture_picture", STAFF, at=capture),
    Access("capture_delete", STAFF_ACT, "POST", at=capture),
    Access("portrait", STAFF, at=portrait),
    Access("my_attendance", (302, 200, 403, 403, 404), at=school),
    Access("figures", (302, 403, 403, 200, 404, 403, 200), at=school),
    Access("children", (302, 403, 403, 403, 404, 302, 403), at=school),
    Access("notice_choice", (302, 403, 403, 403, 404, 200, 403), at=school),
    Access("notice_choice", (302, 403, 403, 403, 404, 302, 403), "POST", at=school),
    Access("child", (302, 403, 403, 403, 404, 200, 403), at=student),
    Access("child", (302, 403, 403, 403, 404, 404, 403), at=other_student),
    Access("child_mark", (302, 403, 403, 403, 404, 404, 403), at=mark),
    Access("my_excuses", (302, 200, 403, 403, 404), at=school),
    Access("my_excuses", (302, 200, 403, 403, 404), "POST", at=school),
    Access("child_excuses", (302, 403, 403, 403, 404, 200, 403), at=student),
    Access("child_excuses", (302, 403, 403, 403, 404, 404, 403), at=other_student),
    Access("excuse_withdraw", (302, 302, 404, 404, 404, 404, 404), "POST", at=excuse),
    Access("excuse_document", (302, 200, 404, 200, 404, 404, 404), at=excuse),
    Access("excuse_decide", (302, 403, 404, 302, 404), "POST", at=excuse, send=lambda world: {"verb": "accept"}),
    Access("student_excuses", (302, 403, 404, 200, 404), at=student),
    Access("decisions", STAFF, at=school),
    Access("search", (302, 403, 200, 200, 404, 403, 200), at=school, query="?q=pat"),
    Access("my_dispute", (302, 200, 403, 403, 404), at=session),
    Access("my_dispute", (302, 200, 403, 403, 404), "POST", at=session),
    Access("child_dispute", (302, 403, 403, 403, 404, 200, 403), at=mark),
    Access("dispute_withdraw", (302, 302, 404, 404, 404, 404, 404), "POST", at=dispute),
    Access("dispute_document", (302, 200, 200, 200, 404, 404, 404), at=dispute),
    Access("dispute_faces", STAFF, at=dispute),
    Access("dispute_decide", STAFF_ACT, "POST", at=dispute, send=lambda world: {"verb": "keep", "answer": "No"}),
    Access("my_mark", (302, 404, 403, 403, 404), at=session),
    Access("my_mark_photo", (302, 404, 403, 403, 404), at=session),
    Access("roster", (302, 403, 403, 200, 404), at=course),
    Access("roster", (302, 403, 403, 302, 404), "POST", at=course),
    Access("manage", (302, 403, 403, 200, 404), at=school),
    Access("access_log", ADMIN, at=school),
    Access("access_log_file", ADMIN, at=school),
    Access("student_data", ADMIN, at=student),
    Access("student_data", (302, 403, 403, 302, 404), "POST", at=student),
    Access("my_data", (302, 200, 403, 403, 404), at=school),
    Access("my_data", (302, 302, 403, 403, 404), "POST", at=school),
    # Nobody has asked for a bundle in the world: `tests/attendance/disclosing/` has some.
    Access("student_bundle", (302, 403, 403, 404, 404), at=lambda world: {**student(world), "job_id": uuid4()}),
    Access("my_bundle", (302, 404, 403, 403, 404), at=lambda world: {**school(world), "job_id": uuid4()}),
    Access("privacy", (302, 200, 200, 200, 404, 200, 200), at=school),
    Access("dpia", ADMIN, at=school),
    Access("erasures", ADMIN, at=school),
    Access("erasure_verify", ADMIN, at=school),
    Access("erasure_verify", ADMIN, "POST", at=school),
    Access("student_erase", ADMIN, at=student),
    Access("student_erase", ADMIN, "POST", at=student),
    # Nothing was erased in the world: `tests/attendance/erasing/` has receipts.
    Access("erasure", (302, 403, 403, 404, 404), at=nothing_erased),
    Access("erasure_resume", (302, 403, 403, 404, 404), "POST", at=nothing_erased),
    Access("erasure_file", (302, 403, 403, 404, 404), at=nothing_erased),
    Access("setup", ADMINS, at=school),
    Access("setup_faces", ADMINS, at=school),
    Access("setup_faces", ADMINS_ACT, "POST", at=school, send=lambda world: {"law": "", "enabled": "yes"}),
    Access("setup_skip", ADMINS_ACT, "POST", at=step),
    Access("setup_end", ADMINS_ACT, "POST", at=school),
    Access("course_new", ADMINS, at=school),
    Access("course_new", ADMINS, "POST", at=school, send=no_hours),
    Access("holidays", ADMINS, at=school),
    Access("holidays", ADMINS, "POST", at=school),
    Access("holidays_suggest", ADMINS_ACT, "POST", at=school),
    Access("holiday_remove", ADMINS_ACT, "POST", at=day_off),
    Access("years", ADMINS, at=school),
    Access("year_new", ADMINS, at=school),
    Access("year_new", ADMINS, "POST", at=school, send=no_terms),
    Access("year", ADMINS, at=year),
    Access("year", ADMINS, "POST", at=year, send=no_terms),
    Access("year_remove", ADMINS_ACT, "POST", at=year),
    Access("year_change", ADMINS, at=school),
    Access("year_change", ADMINS, "POST", at=school),
    # Nobody changed the year in the world: `tests/enrollment/structure/test_promoting.py` has a change.
    Access("year_change_go_on", (302, 403, 403, 404, 404), "POST", at=no_change),
    Access("year_change_undo", (302, 403, 403, 404, 404), "POST", at=no_change),
    Access("groups", ADMINS, at=school),
    Access("groups", ADMINS, "POST", at=school),
    Access("group", ADMINS, at=group),
    Access("group", ADMINS, "POST", at=group),
    Access("group_remove", ADMINS_ACT, "POST", at=group),
    Access("group_add", ADMINS_ACT, "POST", at=group),
    Access("group_take_out", ADMINS_ACT, "POST", at=lambda world: {**group(world), "student_id": world.sam.pk}),
    Access("group_course_add", ADMINS_ACT, "POST", at=group),
    Access("group_course_remove", ADMINS_ACT, "POST", at=lambda world: {**group(world), "course_id": world.physics.pk}),
    Access("telling", ADMINS, at=school),
    Access("telling", ADMINS, "POST", at=school),
    Access("guardians", ADMINS, at=school),
    Access("guardians_invite", ADMINS_ACT, "POST", at=school),
    Access("guardian", ADMINS, at=guardian),
    Access("guardian_invite", ADMINS_ACT, "POST", at=guardian),
    Access("guardian_end", ADMINS_ACT, "POST", at=guardian),
    Access("order_record", ADMINS_ACT, "POST", at=guardian_and_student, send=lambda world: {"reason": "Court"}),
    # No order stands in the world: `tests/enrollment/guardians/` has some.
    Access(
        "order_lift", (302, 403, 403, 404, 404), "POST", at=guardian_and_student, send=lambda world: {"reason": "C"}
    ),
    Access("rooms", ADMINS, at=school),
    Access("rooms", ADMINS, "POST", at=school),
    Access("room_remove", ADMINS_ACT, "POST", at=room),
    Access("members", ADMINS, at=school),
    Access("members", ADMINS, "POST", at=school),
    Access("members_send", ADMINS_ACT, "POST", at=school),
    Access("member_send_again", ADMINS_ACT, "POST", at=invitation),
    Access("member_readdress", ADMINS_ACT, "POST", at=invitation),
    Access("member_take_back", ADMINS_ACT, "POST", at=invitation),
    Access("costs", (302, 403, 403, 200, 404), at=school),
    Access("imports", OFFICE, at=school),
    Access("imports", OFFICE, "POST", at=school),
    Access("import_template", OFFICE, at=lambda world: {**school(world), "kind": "students"}),
    Access("import", OFFICE, at=an_import),
    Access("import_decide", OFFICE_ACT, "POST", at=an_import),
    Access("import_apply", OFFICE_ACT, "POST", at=an_import),
    Access("import_remove", OFFICE_ACT, "POST", at=an_import),
    Access("import_undo", OFFICE_ACT, "POST", at=an_import),
    Access("import_discard", OFFICE_ACT, "POST", at=an_import),
    Access("import_rows", OFFICE, at=lambda world: {**an_import(world), "step": "new"}),
    Access("import_absent", OFFICE, at=an_import),
    Access("import_left_out", OFFICE, at=an_import),
    Access("job", (302, 403, 403, 200, 404), at=job),
    Access("job_stop", (302, 403, 403, 302, 404), "POST", at=job),
    *PHOTOS,
    *DAY,
    *EVACUATION,
    Access("calibration", (302, 403, 403, 200, 404), at=school),
    Access("readiness", STAFF, at=school),
    Access("look_alikes", (302, 403, 403, 200, 404), at=school),
    # Nobody is confused with anybody in the world: `tests/enrollment/readying/` has pairs.
    Access("look_alike_decide", (302, 403, 403, 404, 404), "POST", at=portrait),
    Access("look_alike_picture", (302, 403, 403, 404, 404), at=portrait),
    Access("consents", (302, 403, 403, 200, 404), at=school),
    Access("consents_csv", (302, 403, 403, 200, 404), at=school),
    Access("consents_paper", (302, 403, 403, 302, 404), at=school),  # first the wording
    Access("consents_paper", (302, 403, 403, 302, 404), "POST", at=school),
    Access("consent_wording", (302, 403, 403, 200, 404), at=school),
    Access("consent_wording", (302, 403, 403, 200, 404), "POST", at=school),
    Access("consent_preview", (302, 403, 403, 302, 404), at=school),
    Access("consents_send", (302, 403, 403, 302, 404), "POST", at=school),
    Access("consents_print", (302, 403, 403, 302, 404), at=school),
    Access("consents_print", (302, 403, 403, 302, 404), "POST", at=school),
    Access("photo_day", (302, 403, 403, 200, 404), at=school),
    Access("consent_student", (302, 403, 403, 200, 404), at=student),
    Access("consents_told", ADMINS_ACT, "POST", at=school),
    Access("consent_told", (302, 403, 403, 404, 404), "POST", at=student),  # of nobody
    Access("practice", ADMINS, at=school),
    Access("practice", ADMINS_ACT, "POST", at=school),
    Access("practice_open", ADMINS_ACT, "POST", at=school),
    Access("practice_end", ADMINS_ACT, "POST", at=school),
    Access("setup_guide", ADMINS, at=school),
    Access("consent_address", (302, 403, 403, 404, 404), "POST", at=student),  # about nobody who decides
    Access("consent_end", (302, 403, 403, 200, 404), at=student),
    Access("consent_end", (302, 403, 403, 302, 404), "POST", at=student),
    Access("calibration_threshold", (302, 403, 403, 302, 404), at=school),  # nothing to adopt: back, saying so
    Access("calibration_threshold", (302, 403, 403, 302, 404), "POST", at=school),
    Access("calibration_own", (302, 403, 403, 302, 404), "POST", at=school),
]

# -- The API -----------------------------------------------------------------------------------------------------------

API_STAFF = (401, 403, 200, 200, 404)
API_STAFF_NEW = (401, 403, 201, 201, 404)
API_OFFICE = (401, 403, 403, 200, 404)
API_OWN = (401, 200, 403, 403, 404)

API = [
    Access("api_schema", (401, 200, 200, 200, 200)),
    Access("api_docs", SIGNED_IN),
    Access("api_docs", SIGNED_IN, query="?script="),
    Access("api_nowhere", (404,) * 5, path="/api/"),
    Access("api_nowhere", (404,) * 5, "POST", path="/api/riverside/nothing/"),
    Access("api_courses", API_STAFF, at=api(school)),
    Access("api_sessions", API_STAFF, at=api(school)),
    Access(
        "api_sessions", API_STAFF_NEW, "POST", at=api(school),
        send=lambda world: {"course": world.physics.pk}, is_json=True,
    ),
    Access("api_session", API_STAFF, at=api(session)),
    Access("api_session_open", API_STAFF, "POST", at=api(session)),
    Access("api_session_close", API_STAFF, "POST", at=api(session)),
    Access("api_session_reopen", API_STAFF, "POST", at=api(session), send=lambda world: {"reason": ""}, is_json=True),
    Access("api_captures", API_STAFF_NEW, "POST", at=api(session), send=a_picture),
    Access("api_capture", API_STAFF, at=api(capture)),
    Access("api_capture_retry", API_STAFF, "POST", at=api(capture)),
    Access("api_marks", API_STAFF, at=api(session)),
    Access(
        "api_mark", API_STAFF, "PUT", at=api(mark),
        send=lambda world: {"status": "P", "expected_version": 0}, is_json=True,
    ),
    Access(
        "api_mark_undo", (401, 403, 409, 409, 404), "POST", at=api(mark),
        send=lambda world: {"expected_version": 0}, is_json=True,
    ),
    Access(
        "api_mark_correction", (401, 403, 409, 409, 404), "PUT", at=api(mark),
        send=lambda world: {"status": "P", "reason": "Seen", "expected_version": 0}, is_json=True,
    ),
    Access("api_mark_audit", API_STAFF, at=api(mark)),
    Access(
        "api_decision", API_STAFF, "PUT", at=api(face), send=lambda world: {"student": world.sam.pk}, is_json=True,
    ),
    Access("api_decision", (401, 403, 204, 204, 404), "DELETE", at=api(face)),
    Access(
        "api_me_check_in", (401, 409, 403, 403, 404), "POST", at=api(school), send=lambda world: {"code": "000000"},
        is_json=True,
    ),
    Access("api_imports", API_OFFICE, at=api(school)),
    Access("api_imports", (401, 403, 403, 400, 404), "POST", at=api(school)),
    Access("api_import", API_OFFICE, at=api(an_import)),
    Access("api_import_decide", API_OFFICE, "POST", at=api(an_import), is_json=True),
    Access("api_import_apply", (401, 403, 403, 202, 404), "POST", at=api(an_import)),
    Access("api_import_remove", (401, 403, 403, 400, 404), "POST", at=api(an_import), is_json=True),
    Access("api_import_undo", (401, 403, 403, 409, 404), "POST", at=api(an_import)),
    Access("api_me_marks", API_OWN, at=api(school)),
    Access("api_me_rates", API_OWN, at=api(school)),
    Access("api_me_excuses", API_OWN, at=api(school)),
    Access("api_me_disputes", API_OWN, at=api(school)),
]  # fmt: skip

# -- The admin: administrators alone, each of their own school. Its models' pages are generated in `test_walls.py` -----

ADMIN_ONLY = (302, 403, 403, 200, 200)

ADMIN = [
    Access("admin:index", ADMIN_ONLY),
    Access("admin:enter", (302, 403, 403, 302, 404), at=lambda world: {"slug": "riverside"}),
    Access("admin:search", (302, 403, 403, 404, 404)),
    Access("admin:login", (302,) * 5),
    Access("admin:logout", (302, 403, 403, 302, 302)),
    Access("admin:password_change", (302, 403, 403, 302, 302)),
    Access("admin:password_change_done", ADMIN_ONLY),
    Access("admin:autocomplete", (302, 403, 403, 403, 403)),
    Access("admin:jsi18n", ADMIN_ONLY),
    Access("admin:app_list", ADMIN_ONLY, at=lambda world: {"app_label": "attendance"}),
    Access("admin/(?P<url>.*)$", (302, 403, 403, 404, 404), path="/admin/nothing/here/"),
]

ACCESS = [*OUTSIDE_SCHOOLS, *PAGES, *API, *ADMIN]

# What a page of a model in the admin answers, looked at and posted to with an empty form, by the last part of its name
# ("change" of "enrollment_student_change"; None: the redirect from an object's bare address). Any other page counts as
# an object's. One of Riverside's does not exist for Hanna, whether she looks or posts; her own lists do exist.
LIST = (302, 403, 403, 200, 200)
OBJECT = (302, 403, 403, 200, 404)
BARE = (302, 403, 403, 302, 302)  # says nothing: it leads to the object's page, existing or not
MODEL_PAGES: dict[str | None, Answers] = {"changelist": LIST, "add": LIST, None: BARE}

# Exceptions: of a page, or of posting to it.
NEVER = (302, 403, 403, 403, 403)
IN_USE = (302, 403, 403, 403, 404)  # may be deleted or changed, but not this one: lessons or marks hang on it
TO_POST = (302, 403, 403, 405, 404)
POSTED = (302, 403, 403, 302, 404)
MODEL_PAGE_EXCEPTIONS: dict[str, Answers] = {
    # The portal's accounts are its operator's, schools are founded and dissolved by them.
    **dict.fromkeys([f"accounts_user_{page}" for page in ("changelist", "add", "change", "delete", "history")], NEVER),
    "accounts_membership_add": NEVER,  # people are invited, and accept
    "accounts_membership_invite": (302, 403, 403, 302, 302),
    "accounts_invitation_change POST": NEVER,
    "accounts_invitation_delete": NEVER,
    "accounts_institution_add": NEVER,
    "accounts_institution_delete": NEVER,
    # A consent is withdrawn, never changed or deleted; a photo comes by its student's page.
    "enrollment_consent_delete": NEVER,
    "enrollment_consent_change POST": NEVER,
    "enrollment_facephoto_add": NEVER,
    "enrollment_facephoto_change POST": NEVER,
    "enrollment_student_delete": IN_USE,
    "enrollment_group_delete": NEVER,  # on the portal's page, which takes its students off the rosters too
    "enrollment_course_delete": IN_USE,
    "attendance_classsession_delete": IN_USE,
    "attendance_classsession_change POST": IN_USE,
    # What was given to a substitute is taken back, never changed or deleted.
    "attendance_substitution_delete": NEVER,
    "attendance_substitution_change POST": NEVER,
    # A door tablet is revoked, never deleted: marks say its name.
    "attendance_kiosk_delete": NEVER,
    "enrollment_student_withdraw POST": POSTED,
    "enrollment_student_photos": TO_POST,
    "enrollment_student_photos POST": POSTED,
    "enrollment_facephoto_examine": TO_POST,
    "enrollment_facephoto_examine POST": POSTED,
    "enrollment_facephoto_two_people": TO_POST,
    "enrollment_facephoto_two_people POST": POSTED,
}
