"""Service that notes a bounce on the row whose mail came back."""

import logging

from django.apps import apps
from django.utils import timezone, translation

from accounts.bounces.reading import Bounce
from accounts.models import Institution, OutboxMail
from accounts.outbox import OUTBOX, mail_came_back
from accounts.tenancy import MailedModel

logger = logging.getLogger(__name__)


def bounce_record(bounce: Bounce) -> MailedModel | OutboxMail | None:
    """Note a bounce where the office sees it; None if there is no such mail, or a newer one was sent since.

    The reason is in the school's language. The same report again changes nothing.
    """
    if bounce.label.kind == OUTBOX:
        return _of_the_outbox(bounce)
    row = _row_of(bounce)
    if row is None or row.came_back_at is not None:
        return row
    newest = type(row)._default_manager.filter(pk=row.pk, times_sent=bounce.label.number)
    if not newest.update(mail_error=_reason(bounce, row.institution), came_back_at=timezone.now()):  # type: ignore[attr-defined]
        return None
    _log(bounce)
    return row


def _of_the_outbox(bounce: Bounce) -> OutboxMail | None:
    mail = OutboxMail.objects.select_related("institution").filter(pk=bounce.label.pk).first()
    if mail and mail_came_back(mail=mail, reason=_reason(bounce, mail.institution)):
        _log(bounce)
    return mail


def _reason(bounce: Bounce, institution: Institution) -> str:
    with translation.override(institution.language):
        return str(bounce.reason)


def _log(bounce: Bounce) -> None:
    logger.info("The mail of %s %s came back: %s", bounce.label.kind, bounce.label.pk, bounce.status)


def _row_of(bounce: Bounce) -> MailedModel | None:
    label = bounce.label
    kinds = {model._meta.model_name: model for model in apps.get_models() if issubclass(model, MailedModel)}
    if label.kind not in kinds:
        return None
    return kinds[label.kind]._default_manager.filter(pk=label.pk, times_sent=label.number).first()
