"""Service for batches that nobody settles: waiting photos are deleted after a month, reports after half a year."""

from datetime import timedelta

from django.utils import timezone

from enrollment.batches.receiving import batch_photo_file_delete
from enrollment.errors import ErasureUnfinished
from enrollment.files import files_delete
from enrollment.models import BatchPhoto, PhotoBatch

FILES_KEPT = timedelta(days=30)
REPORTS_KEPT = timedelta(days=180)
State = BatchPhoto.State


def batches_expire() -> int:
    """Delete waiting photos and reports whose time is over; returns the number of photos.

    An unavailable storage is asked again by the next call.
    """
    now = timezone.now()
    waiting = BatchPhoto.objects.filter(created_at__lt=now - FILES_KEPT).exclude(picture="")
    deleted = 0
    for item in waiting:
        BatchPhoto.objects.filter(pk=item.pk, state__in=[State.UNMATCHED, State.MATCHED, State.QUEUED]).update(
            state=State.REMOVED, reason="expired"
        )
        batch_photo_file_delete(item=item)
        deleted += 1
    for batch in PhotoBatch.objects.filter(created_at__lt=now - REPORTS_KEPT):
        try:
            files_delete([str(name) for name in batch.items.exclude(picture="").values_list("picture", flat=True)])
        except ErasureUnfinished:
            continue
        batch.delete()
    return deleted
