"""API of pictures and the faces in them."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse
from rest_framework import status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import ScopedRateThrottle

from attendance.api import serializers as shapes
from attendance.api.base import SchoolView, described
from attendance.captures.backlog import capture_retry
from attendance.captures.doubts import detected_face_decide, detected_face_undecide
from attendance.captures.frames import frame_take
from attendance.captures.recognition import Recognition, recognition_of
from attendance.captures.taking import capture_take
from attendance.lessons.access import get_capture_or_404, get_detected_face_or_404
from attendance.models import Capture


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
        """Take a picture and mark the students in it."""
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
        """A picture's state and, once it is done, its faces and the marks that they made and that are still current."""
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
        """Decide who a face is. Repeating it changes nothing; to decide otherwise, DELETE the decision first."""
        session = self.session(session_id)
        detected_face = get_detected_face_or_404(self.school_request, session, face_id)
        student_id = self.body(shapes.DecisionSerializer)["student"]
        mark = detected_face_decide(detected_face=detected_face, student_id=student_id, by=self.school_request.user)
        return Response(shapes.DecidedSerializer({"mark": mark}).data)

    @described(None, status_code=204, name="face_undecide")
    def delete(self, request: Request, school: str, session_id: UUID, face_id: UUID) -> Response:
        """Take the decision about a face back."""
        session = self.session(session_id)
        detected_face = get_detected_face_or_404(self.school_request, session, face_id)
        detected_face_undecide(detected_face=detected_face, by=self.school_request.user)
        return Response(status=status.HTTP_204_NO_CONTENT)
