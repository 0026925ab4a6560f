"""Service for the files of refused enrolment photos: deleted after some days; the row keeps the reason."""

import logging
from datetime import timedelta

from django.utils import timezone

from enrollment.errors import ErasureUnfinished
from enrollment.files import files_delete
from enrollment.models import FacePhoto

logger = logging.getLogger(__name__)
REFUSED_KEPT = timedelta(days=3)  # long enough for the office to see why, and to take another one


def refused_pictures_delete() -> int:
    """Delete the files of photos that were refused days ago; returns the number of photos.

    The file first: after a crash the row still tells its name. An unavailable storage is asked again by the next call.
    """
    refused = FacePhoto.objects.filter(state=FacePhoto.State.REFUSED, created_at__lt=timezone.now() - REFUSED_KEPT)
    deleted = 0
    for photo in refused.exclude(picture=""):
        try:
            files_delete([str(file.name) for file in (photo.picture, photo.portrait) if file])
        except ErasureUnfinished:
            continue
        refused.filter(pk=photo.pk).update(picture="", portrait="")
        deleted += 1
    return deleted
