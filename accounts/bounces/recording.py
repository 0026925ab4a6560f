"""Service that notes a bounce on the row whose mail came back."""

import logging

from django.apps import apps
from django.utils import timezone, translation

from accounts.bounces.reading import Bounce
from accounts.tenancy import MailedModel

logger = logging.getLogger(__name__)


def bounce_record(bounce: Bounce) -> MailedModel | None:
    """Note a bounce where the office sees it; None if there is no such mail, or a newer one was sent since.

    The reason is in the school's language. The same report again changes nothing.
    """
    row = _row_of(bounce)
    if row is None or row.came_back_at is not None:
        return row
    with translation.override(row.institution.language):  # type: ignore[attr-defined]
        reason = str(bounce.reason)
    newest = type(row)._default_manager.filter(pk=row.pk, times_sent=bounce.label.number)
    if not newest.update(mail_error=reason, came_back_at=timezone.now()):
        return None
    logger.info("The mail of %s %s came back: %s", bounce.label.kind, row.pk, bounce.status)
    return row


def _row_of(bounce: Bounce) -> MailedModel | None:
    label = bounce.label
    kinds = {model._meta.model_name: model for model in apps.get_models() if issubclass(model, MailedModel)}
    if label.kind not in kinds:
        return None
    return kinds[label.kind]._default_manager.filter(pk=label.pk, times_sent=label.number).first()
