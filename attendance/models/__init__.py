"""The schema: lessons, the pictures taken in them, the faces seen there, and the register."""

from attendance.models.calendar import CalendarFeed, DayOff, Substitution
from attendance.models.captures import Capture, DetectedFace, capture_path, upright_path
from attendance.models.checkin import CodeDisplay, CodeTry
from attendance.models.evacuation import Evacuation, EvacuationPerson, Visitor
from attendance.models.kiosk import Kiosk, LivenessAttempt
from attendance.models.lessons import ClassSession, TimetableSlot, Weekday
from attendance.models.notes import StudentNote
from attendance.models.office import DeskEntry, DeskMark, RegisterReminder
from attendance.models.register import MarkFields, MarkRow, MarkVersion, RosterEntry, SessionSummary
from attendance.models.register_events import RegisterEvent, RegisterVersion
from attendance.models.statements import Dispute, Excuse, ExcusedMark, Statement, document_path
from attendance.models.status_codes import StatusCode
from attendance.models.telling import AbsenceNotice, NoticePolicy, ToldRegister
from attendance.models.verdicts import Verdict
