"""Class photos past their retention. The marks and the boxes stay, the picture does not, and so no crop of it."""

import logging
from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Institution
from attendance.captures.pictures import delete_picture
from attendance.models import Capture

logger = logging.getLogger(__name__)
_FINISHED = Q(state__in=[Capture.State.DONE, Capture.State.FAILED])
_RECOGNITION_MAY_TAKE = timedelta(days=1)


def pictures_expired() -> QuerySet[Capture]:
    """Captures of every school whose picture is past its retention. Schools that keep them equally long go together.

    The clock starts when the lesson ends, or with the picture if that was later. A picture that is still to be
    recognised is given a day at least; without it there is nothing left to wait for.
    """
    now, over = timezone.now(), Q(pk__in=[])
    for days in Institution.objects.order_by().values_list("photo_retention_days", flat=True).distinct():
        limit = now - timedelta(days=days)
        over |= Q(institution__photo_retention_days=days, taken_at__lt=limit, session__ends_at__lt=limit)
    expired = Capture.objects.filter(over).exclude(picture="")
    return expired.filter(_FINISHED | Q(taken_at__lt=now - _RECOGNITION_MAY_TAKE))


def pictures_delete(captures: QuerySet[Capture]) -> int:
    """Delete the pictures of these captures; returns their number. One that cannot be deleted now is tried again."""
    deleted = 0
    for capture in captures:
        try:
            delete_picture(capture)
        except OSError:
            logger.exception("The picture of capture %s could not be deleted; it is tried again", capture.pk)
            continue
        row = Capture.objects.filter(pk=capture.pk)
        row.exclude(_FINISHED).update(state=Capture.State.FAILED, reason="expired", lease_until=None, retry_at=None)
        row.update(picture="")
        deleted += 1
    return deleted
