"""Shapes of the API's requests and responses, without any decision."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from attendance.captures.recognition import Recognition
from attendance.domain.decision import Outcome, Reason
from attendance.domain.statuses import SETTABLE, Source, Status
from attendance.models import Capture, ClassSession, DetectedFace
from attendance.register.labels import capture_words
from attendance.register.page import forget_withdrawn
from enrollment.models import Course, Student

STATUSES = [(status.value, status.name.lower().replace("_", " ")) for status in Status]
SETTABLE_STATUSES = [(value, name) for value, name in STATUSES if value in SETTABLE]  # those that a person can set


class RefusalSerializer(serializers.Serializer):
    """A refusal. `code` is for machines and does not change; `detail` is one sentence for people."""

    code = serializers.CharField()
    detail = serializers.CharField()
    fields = serializers.DictField(required=False, help_text="Errors by field.")  # type: ignore[assignment]


class EvidenceSerializer(serializers.Serializer):
    """The face that made a mark: its number in the capture, its similarity, and the threshold that it had to reach."""

    capture_id = serializers.UUIDField()
    face = serializers.IntegerField()
    similarity = serializers.FloatField()
    threshold = serializers.FloatField()
    engine = serializers.CharField()
    model = serializers.CharField()


class MarkSerializer(serializers.Serializer):
    """One version of a mark. `status` N is a mark that was taken back."""

    session_id = serializers.UUIDField()
    course_id = serializers.UUIDField()
    student_id = serializers.UUIDField()
    held_at = serializers.DateTimeField(help_text="When the session began.")
    status = serializers.ChoiceField(choices=STATUSES)
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=[(source.value, source.name.lower()) for source in Source]
    )
    marked_at = serializers.DateTimeField()
    actor_id = serializers.UUIDField(allow_null=True, help_text="The person who marked; null for a machine.")
    minutes_late = serializers.IntegerField()
    note = serializers.CharField()
    code = serializers.CharField(help_text="The school's own code; empty for the status's default.")
    left_at = serializers.DateTimeField(allow_null=True, help_text="When somebody left early, if that is known.")
    evidence = EvidenceSerializer(allow_null=True)
    version = serializers.IntegerField()


class MarkConflictSerializer(RefusalSerializer):
    """A conflict with the present state; for `mark_changed`, `current` is the mark as it is now."""

    current = MarkSerializer(allow_null=True, required=False)


class MarkWriteSerializer(serializers.Serializer):
    """A status for a student, over the version that was seen (0: no mark)."""

    status = serializers.ChoiceField(choices=SETTABLE_STATUSES)
    expected_version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)
    code = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=3,
        help_text="The school's own code; empty for the status's default.",
    )
    minutes_late = serializers.IntegerField(required=False, default=None, allow_null=True, min_value=0, max_value=600)
    left_at = serializers.DateTimeField(required=False, default=None, allow_null=True, help_text="Within the lesson.")
    note = serializers.CharField(required=False, default=None, allow_null=True, allow_blank=True, max_length=200)
    made_at = serializers.DateTimeField(
        required=False,
        default=None,
        allow_null=True,
        help_text="When a device without a connection was told so. Believed within the lesson only.",
    )


class CorrectionSerializer(serializers.Serializer):
    """The right content of a mark of a closed register, the reason, and the version that was seen (0: no mark).

    code: one of the school's own, of this status's kind; empty for the kind's default.
    """

    status = serializers.ChoiceField(choices=SETTABLE_STATUSES)
    code = serializers.CharField(required=False, default="", allow_blank=True, max_length=3)
    minutes_late = serializers.IntegerField(required=False, default=0, min_value=0, max_value=600)
    reason = serializers.CharField(max_length=200, allow_blank=True)
    expected_version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class ReopenSerializer(serializers.Serializer):
    """The reason; needed only after the school's days for corrections."""

    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)


class UndoSerializer(serializers.Serializer):
    """The version of the mark to undo."""

    expected_version = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class StudentSerializer(serializers.ModelSerializer[Student]):
    class Meta:
        model = Student
        fields = ["id", "name", "roll_number"]


class RegisterRowSerializer(serializers.Serializer):
    """A student of the register and the mark, if there is one."""

    student = StudentSerializer()
    mark = MarkSerializer(allow_null=True)


class CourseSerializer(serializers.ModelSerializer[Course]):
    class Meta:
        model = Course
        fields = ["id", "code", "name"]


class SessionSerializer(serializers.ModelSerializer[ClassSession]):
    """A class session. Times carry the school's own offset."""

    course = CourseSerializer()
    opened_by = serializers.CharField(source="opened_by.name", default=None, allow_null=True)
    closed_by = serializers.CharField(source="closed_by.name", default=None, allow_null=True)

    class Meta:
        model = ClassSession
        fields = [
            "id", "course", "local_date", "starts_at", "ends_at", "room", "state",
            "opened_by", "opened_at", "closed_by", "closed_at",
        ]  # fmt: skip
        read_only_fields = fields


class CountsSerializer(serializers.Serializer):
    """Counts of the register: students here, `away` (absent or excused) and not known; faces and pictures that wait."""

    expected = serializers.IntegerField()
    here = serializers.IntegerField()
    away = serializers.IntegerField()
    missing = serializers.IntegerField()
    to_confirm = serializers.IntegerField()
    not_recognized = serializers.IntegerField()
    pictures_waiting = serializers.IntegerField()


class RegisterSerializer(serializers.Serializer):
    """A session with its counts."""

    session = SessionSerializer()
    counts = CountsSerializer()


class AdhocSerializer(serializers.Serializer):
    """The course whose lesson begins now."""

    course = serializers.UUIDField()


class PageQuerySerializer(serializers.Serializer):
    """The cursor of the page, and the number of rows on it."""

    cursor = serializers.CharField(required=False, max_length=500)
    limit = serializers.IntegerField(required=False, default=100, min_value=1, max_value=200)


class DayQuerySerializer(PageQuerySerializer):
    """The day of the sessions, in the school's own calendar; default: today."""

    date = serializers.DateField(required=False)


class SessionPageSerializer(serializers.Serializer):
    """Sessions, earliest first, and the cursor of the next page (null: no more)."""

    sessions = SessionSerializer(many=True)
    cursor = serializers.CharField(allow_null=True)


class CourseSizeSerializer(CourseSerializer):
    """A course with the number of its active students, and of those with an enrolled photo."""

    size = serializers.IntegerField()
    ready = serializers.IntegerField()

    class Meta(CourseSerializer.Meta):
        fields = [*CourseSerializer.Meta.fields, "size", "ready"]


class CoursePageSerializer(serializers.Serializer):
    """Courses by name, and the cursor of the next page (null: no more)."""

    courses = CourseSizeSerializer(many=True)
    cursor = serializers.CharField(allow_null=True)


class HistoryQuerySerializer(serializers.Serializer):
    """The cursor of the page, and the number of marks on it."""

    cursor = serializers.CharField(required=False, max_length=200)
    limit = serializers.IntegerField(required=False, default=20, min_value=1, max_value=200)


class PictureSerializer(serializers.Serializer):
    """A picture, and a UUID of the sender's own that makes sending it twice harmless."""

    picture = serializers.FileField(allow_empty_file=True)
    nonce = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Capture.Kind.choices, default=Capture.Kind.PHOTO)
    taken_at = serializers.DateTimeField(
        required=False,
        default=None,
        allow_null=True,
        help_text="When a photo was taken by a device that had no connection then. Believed within the lesson only.",
    )


class BoxSerializer(serializers.Serializer):
    """A face's rectangle in pixels of the upright picture."""

    left = serializers.IntegerField()
    top = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class CandidateSerializer(serializers.Serializer):
    """A student whom the face resembles."""

    student_id = serializers.UUIDField()
    similarity = serializers.FloatField()


class FaceSerializer(serializers.ModelSerializer[DetectedFace]):
    """A face in a picture: the machine's decision, and a person's.

    same_as_id: the face of another photo of the lesson that is the same person's, and that is shown in its place.
    """

    box = BoxSerializer(source="*")
    outcome = serializers.ChoiceField(choices=[(outcome.value, outcome.value) for outcome in Outcome])
    reason = serializers.ChoiceField(choices=[(reason.value, reason.value) for reason in Reason])
    student_id = serializers.UUIDField(allow_null=True)
    candidates = serializers.SerializerMethodField()
    decided_student_id = serializers.UUIDField(allow_null=True)
    same_as_id = serializers.UUIDField(allow_null=True)

    class Meta:
        model = DetectedFace
        fields = [
            "id", "number", "box", "outcome", "reason", "student_id", "similarity", "candidates",
            "decided_student_id", "decided_at", "same_as_id",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(CandidateSerializer(many=True))
    def get_candidates(self, detected_face: DetectedFace) -> list[dict[str, Any]]:
        return [{"student_id": pk, "similarity": similarity} for pk, similarity in detected_face.candidates]


class CaptureSerializer(serializers.ModelSerializer[Capture]):
    """A picture's state, and the thresholds by which it was judged.

    While it is `waiting`, `reason` is an error's code, `retry_at` the time of the next try, `detail` both as a sentence
    for people; for one that was given up (`failed`), `detail` says what to do.
    """

    session_id = serializers.UUIDField()
    detail = serializers.SerializerMethodField()

    class Meta:
        model = Capture
        fields = [
            "id", "session_id", "nonce", "kind", "state", "reason", "retry_at", "detail", "width", "height",
            "engine", "model", "accept_threshold", "review_threshold", "seconds", "taken_at", "seen_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_detail(self, capture: Capture) -> str:
        return "" if capture.state == Capture.State.DONE else capture_words(capture)


class RecognitionSerializer(serializers.Serializer):
    """Result of recognising a picture. If it waits (`state`), `reason` says why, and it is tried again by itself.

    A webcam frame that marks nobody and asks nothing new is not kept: its id leads nowhere afterwards.
    """

    capture = CaptureSerializer()
    faces = FaceSerializer(source="detected_faces", many=True)
    marks = MarkSerializer(many=True)

    def to_representation(self, instance: Recognition) -> dict[str, Any]:
        forget_withdrawn(instance.capture.institution, instance.detected_faces)
        return super().to_representation(instance)


class DecisionSerializer(serializers.Serializer):
    """The student whose face it is; null for nobody on this register."""

    student = serializers.UUIDField(allow_null=True)


class DecidedSerializer(serializers.Serializer):
    """The mark that the decision made, or the one that the student had; null where the face is nobody's."""

    mark = MarkSerializer(allow_null=True)


class CheckInCodeSerializer(serializers.Serializer):
    """The check-in code on the projector: six digits; spaces between them are ignored."""

    code = serializers.CharField(max_length=20)


class HistorySerializer(serializers.Serializer):
    """Marks, newest session first, and the cursor of the next page (null: no more)."""

    marks = MarkSerializer(many=True)
    cursor = serializers.CharField(allow_null=True)


class RateSerializer(serializers.Serializer):
    """Attendance of a course and the marks by status.

    total: lessons that count. percent: whole per cent of these, rounded down; null under five of them.
    """

    course = CourseSerializer()
    attended = serializers.IntegerField()
    total = serializers.IntegerField()
    percent = serializers.IntegerField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField())
