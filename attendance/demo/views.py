"""The demo's class photo, offered on the register instead of a camera."""

from io import BytesIO
from uuid import uuid4

from django.conf import settings
from django.http import Http404

from accounts.http import SchoolRequest
from attendance.captures.taking import capture_take
from attendance.captures.toasts import photo_toast
from attendance.demo.pictures import demo_class_photos
from attendance.models import Capture, ClassSession
from attendance.register.frame import register_action
from attendance.register.toasts import Toast


@register_action
def demo_photo(request: SchoolRequest, session: ClassSession, number: int) -> Toast:
    """Take the demo school's own class photo, like any other photo. Exists in the demo and in practice schools only."""
    if not (settings.DEMO or session.institution.practice_of_id):
        raise Http404
    photos = demo_class_photos()
    if not 1 <= number <= len(photos):
        raise Http404
    picture = BytesIO(photos[number - 1][1])
    recognition = capture_take(session=session, upload=picture, nonce=uuid4(), kind=Capture.Kind.PHOTO, by=request.user)
    return photo_toast(recognition)
