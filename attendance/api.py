"""The API of attendance: the same services as the pages, nothing decided here."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions, status
from rest_framework.parsers import BaseParser, JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView

from accounts.http import SchoolRequest
from accounts.middleware import enter
from accounts.models import Membership, Role
from accounts.selectors import membership_at
from attendance import serializers as shapes
from attendance.access import (
    get_capture_or_404,
    get_course_or_404,
    get_session_or_404,
    get_sighting_or_404,
)
from attendance.models import Capture, ClassSession
from attendance.register import Register, read_register
from attendance.repositories import marks_for
from attendance.selectors import on_roster, sessions_of_day
from attendance.services.backlog import capture_retry
from attendance.services.captures import Recognition, capture_take, recognition_of
from attendance.services.corrections import Correction, mark_correct
from attendance.services.marks import Word, mark_say, mark_undo, sighting_decide, sighting_undecide
from attendance.services.sessions import session_close, session_open, session_reopen, session_start_adhoc
from attendance.services.webcam import frame_take
from attendance.statuses import Status

_OVERHEAD = 100_000  # bytes of a multipart request besides its picture


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"

    def __init__(self) -> None:
        super().__init__(_("The request is too large. Send a smaller one."))


class HasRole(BasePermission):
    """Members of the school in the address whose role the view names."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        membership: Membership | None = getattr(request, "membership", None)
        return bool(membership and isinstance(view, SchoolView) and membership.role in view.roles)


class SchoolView(APIView):
    """A view under `/api/<school>/`. Who does not belong to the school learns nothing of it: 404, like a typing error.

    It resolves the membership as the tenancy middleware does for pages, which knows no tokens.
    """

    permission_classes = [HasRole]
    parser_classes: list[type[BaseParser]] = [JSONParser]
    roles: tuple[Role, ...] = (Role.TEACHER, Role.ADMIN)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.user.is_authenticated:
            membership = membership_at(request.user, kwargs["school"])
            if membership is None:
                raise Http404
            enter(self.school_request, membership)
        super().initial(request, *args, **kwargs)
        self._refuse_large(request)

    def _refuse_large(self, request: Request) -> None:
        """Judge the size before anything is read: a picture is otherwise written to disk first."""
        largest = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if MultiPartParser in self.parser_classes:
            largest = settings.PICTURE_MAX_BYTES + _OVERHEAD
        if int(request.META.get("CONTENT_LENGTH") or 0) > largest:
            raise TooLarge

    @property
    def school_request(self) -> SchoolRequest:
        """The request as the helpers of the pages know it: it answers to the same names."""
        return cast(SchoolRequest, self.request)

    def session(self, session_id: UUID) -> ClassSession:
        """A session of the visitor's courses. Raises Http404."""
        return get_session_or_404(self.school_request, session_id)

    def body(self, shape: type[Any]) -> dict[str, Any]:
        """The request's body, checked. Raises ValidationError (400)."""
        try:
            data = self.request.data
        except RecursionError as error:  # ten thousand brackets
            raise exceptions.ParseError from error
        return _checked(shape, data)

    def query(self, shape: type[Any]) -> dict[str, Any]:
        """The request's query, checked. Raises ValidationError (400)."""
        return _checked(shape, self.request.query_params)


def _checked(shape: type[Any], data: Any) -> dict[str, Any]:
    serializer = shape(data=data)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def described(answer: Any, *, request: Any = None, code: int = 200, name: str = "", **more: Any) -> Any:
    """The schema of an endpoint: what it takes and gives, and what everything may be refused with."""
    refusal = shapes.RefusalSerializer
    responses = {
        code: answer,
        400: refusal,
        401: refusal,
        403: refusal,
        404: refusal,
        409: shapes.MarkConflictSerializer,
        429: OpenApiResponse(refusal, description="Too many requests; `Retry-After` says for how many seconds."),
    }
    more.setdefault("responses", responses)
    return extend_schema(request=request, operation_id=name or None, **more)


# -- Sessions ---------------------------------------------------------------------------------------------------------


def register_answer(session: ClassSession, *, code: int = 200) -> Response:
    """A session with its counts."""
    register = read_register(session)
    data = {"session": register.session, "counts": _counts(register)}
    return Response(shapes.RegisterSerializer(data).data, status=code)


def _counts(register: Register) -> dict[str, int]:
    return {
        "expected": len(register.rows),
        "here": len(register.here),
        "away": len(register.away),
        "missing": len(register.missing),
        "to_confirm": len(register.doubts),
        "not_recognized": len(register.unknown),
        "pictures_waiting": len(register.waiting),
    }


class SessionsView(SchoolView):
    @described(shapes.SessionSerializer(many=True), name="sessions_list", parameters=[shapes.DayQuerySerializer])
    def get(self, request: Request, school: str) -> Response:
        """The day's sessions: a teacher's of the courses they teach, an administrator's all."""
        day = self.query(shapes.DayQuerySerializer).get("date") or timezone.localdate()
        sessions = sessions_of_day(self.school_request.membership, day)
        return Response(shapes.SessionSerializer(sessions, many=True).data)

    @described(shapes.RegisterSerializer, request=shapes.AdhocSerializer, code=201, name="sessions_start")
    def post(self, request: Request, school: str) -> Response:
        """Begin and open a lesson that is not in the timetable."""
        course = get_course_or_404(self.school_request, self.body(shapes.AdhocSerializer)["course"])
        return register_answer(session_start_adhoc(course=course, by=self.school_request.user), code=201)


class SessionView(SchoolView):
    @described(shapes.RegisterSerializer, name="session")
    def get(self, request: Request, school: str, session_id: UUID) -> Response:
        """A session with its counts."""
        return register_answer(self.session(session_id))


class SessionOpenView(SchoolView):
    @described(shapes.RegisterSerializer, name="session_open")
    def post(self, request: Request, school: str, session_id: UUID) -> Response:
        """Open the register. Opening an open one changes nothing."""
        session = self.session(session_id)
        return register_answer(session_open(session=session, by=self.school_request.user))


class SessionCloseView(SchoolView):
    @described(shapes.RegisterSerializer, name="session_close")
    def post(self, request: Request, school: str, session_id: UUID) -> Response:
        """Close the register: whoever has no mark is absent."""
        session = self.session(session_id)
        return register_answer(session_close(session=session, by=self.school_request.user))


class SessionReopenView(SchoolView):
    @described(shapes.RegisterSerializer, request=shapes.ReopenSerializer, name="session_reopen")
    def post(self, request: Request, school: str, session_id: UUID) -> Response:
        """Open a closed register again: after the school's days for corrections an administrator, with a reason."""
        session, reason = self.session(session_id), self.body(shapes.ReopenSerializer)["reason"]
        return register_answer(session_reopen(session=session, by=self.school_request.user, reason=reason))


# -- Pictures and the faces in them -----------------------------------------------------------------------------------


class CapturesView(SchoolView):
    parser_classes = [MultiPartParser]
    throttle_scope = "captures"

    def get_throttles(self) -> list[Any]:
        return [*super().get_throttles(), ScopedRateThrottle()]

    @described(
        None,
        request={"multipart/form-data": shapes.PictureSerializer},
        name="captures_take",
        responses={
            200: OpenApiResponse(shapes.RecognitionSerializer, description="This nonce was sent before."),
            201: shapes.RecognitionSerializer,
            202: OpenApiResponse(shapes.RecognitionSerializer, description="Kept; it will be recognised later."),
            **dict.fromkeys((400, 401, 402, 403, 404, 409, 413, 415, 429), shapes.RefusalSerializer),
        },
    )
    def post(self, request: Request, school: str, session_id: UUID) -> Response:
        """Take a picture and mark whom it shows."""
        session = self.session(session_id)
        sent = self.body(shapes.PictureSerializer)
        picture, nonce, by = sent["picture"], sent["nonce"], self.school_request.user
        if sent["kind"] == Capture.Kind.WEBCAM:
            recognition = frame_take(session=session, upload=picture, nonce=nonce, by=by)
        else:
            kind = Capture.Kind.PHOTO
            recognition = capture_take(
                session=session, upload=picture, nonce=nonce, kind=kind, by=by, taken_at=sent["taken_at"]
            )
        return Response(shapes.RecognitionSerializer(recognition).data, status=_code(recognition))


def _code(recognition: Recognition) -> int:
    if not recognition.capture.is_finished:
        return status.HTTP_202_ACCEPTED
    return status.HTTP_201_CREATED if recognition.is_fresh else status.HTTP_200_OK


class CaptureView(SchoolView):
    @described(shapes.RecognitionSerializer, name="capture")
    def get(self, request: Request, school: str, capture_id: UUID) -> Response:
        """A picture's state and, once it is done, its faces and the marks by it that still hold."""
        capture = get_capture_or_404(self.school_request, capture_id)
        return Response(shapes.RecognitionSerializer(recognition_of(capture)).data)


class CaptureRetryView(SchoolView):
    @described(shapes.RecognitionSerializer, name="capture_retry")
    def post(self, request: Request, school: str, capture_id: UUID) -> Response:
        """Try a picture that waits, or was given up, again at once. Any other stays as it is."""
        capture = get_capture_or_404(self.school_request, capture_id)
        recognition = capture_retry(capture=capture)
        code = status.HTTP_200_OK if recognition.capture.is_finished else status.HTTP_202_ACCEPTED
        return Response(shapes.RecognitionSerializer(recognition).data, status=code)


class DecisionView(SchoolView):
    @described(shapes.DecidedSerializer, request=shapes.DecisionSerializer, name="face_decide")
    def put(self, request: Request, school: str, session_id: UUID, face_id: UUID) -> Response:
        """Say who a face is. The same again changes nothing; otherwise it is taken back first."""
        session = self.session(session_id)
        sighting = get_sighting_or_404(self.school_request, session, face_id)
        student_id = self.body(shapes.DecisionSerializer)["student"]
        mark = sighting_decide(sighting=sighting, student_id=student_id, by=self.school_request.user)
        return Response(shapes.DecidedSerializer({"mark": mark}).data)

    @described(None, code=204, name="face_undecide")
    def delete(self, request: Request, school: str, session_id: UUID, face_id: UUID) -> Response:
        """Take back who a face was said to be."""
        session = self.session(session_id)
        sighting = get_sighting_or_404(self.school_request, session, face_id)
        sighting_undecide(sighting=sighting, by=self.school_request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


# -- Marks ------------------------------------------------------------------------------------------------------------


class MarksView(SchoolView):
    @described(shapes.RegisterRowSerializer(many=True), name="marks_list")
    def get(self, request: Request, school: str, session_id: UUID) -> Response:
        """Everybody on the register, by name, with the mark that holds."""
        register = read_register(self.session(session_id))
        return Response(shapes.RegisterRowSerializer(register.rows, many=True).data)


class MarkView(SchoolView):
    @described(shapes.MarkSerializer, request=shapes.MarkWriteSerializer, name="mark_set")
    def put(self, request: Request, school: str, session_id: UUID, student_id: UUID) -> Response:
        """Mark a student by hand, over the version that was seen."""
        session = self.session(session_id)
        sent = self.body(shapes.MarkWriteSerializer)
        word = Word(Status(sent["status"]), note=sent["note"], made_at=sent["made_at"])
        mark = mark_say(
            session=session,
            student_id=student_id,
            word=word,
            by=self.school_request.user,
            expected_version=sent["expected_version"],
        )
        return Response(shapes.MarkSerializer(mark).data)


class MarkUndoView(SchoolView):
    @described(shapes.MarkSerializer, request=shapes.UndoSerializer, name="mark_undo")
    def post(self, request: Request, school: str, session_id: UUID, student_id: UUID) -> Response:
        """Take a mark back to what was there before."""
        session = self.session(session_id)
        version = self.body(shapes.UndoSerializer)["expected_version"]
        mark = mark_undo(session=session, student_id=student_id, by=self.school_request.user, expected_version=version)
        return Response(shapes.MarkSerializer(mark).data)


class MarkCorrectionView(SchoolView):
    @described(shapes.MarkSerializer, request=shapes.CorrectionSerializer, name="mark_correct")
    def put(self, request: Request, school: str, session_id: UUID, student_id: UUID) -> Response:
        """Correct a mark of a closed register, which stays closed."""
        session, sent = self.session(session_id), self.body(shapes.CorrectionSerializer)
        correction = Correction(Status(sent["status"]), sent["reason"], sent["code"], sent["minutes_late"])
        mark = mark_correct(
            session=session,
            student_id=student_id,
            correction=correction,
            by=self.school_request.user,
            expected_version=sent["expected_version"],
        )
        return Response(shapes.MarkSerializer(mark).data)


class MarkAuditView(SchoolView):
    @described(shapes.MarkSerializer(many=True), name="mark_audit")
    def get(self, request: Request, school: str, session_id: UUID, student_id: UUID) -> Response:
        """Every version of a student's mark, oldest first."""
        session = self.session(session_id)
        if not on_roster(session, student_id):
            raise Http404
        versions = marks_for(session.institution).audit(session.pk, student_id)
        return Response(shapes.MarkSerializer(versions, many=True).data)


class NowhereView(APIView):
    """An address under `/api/` that leads nowhere says so as the rest of the API does, not with a page."""

    permission_classes: list[type[BasePermission]] = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404
