"""Receipts of erasures: the statement that is signed at the end, and whether one is genuine."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.signing import BadSignature, Signer
from django.utils import timezone

from attendance.erasing.errors import NoReceipt, ReceiptChanged
from enrollment.models import ErasureReceipt, Receipt, SchoolErasureReceipt

_SALT = "attendance.erasing.receipts"
_MOST = 100_000  # characters of a receipt that is checked
_KEYS = {"receipt", "signature"}


class Kind(StrEnum):
    """Kinds of receipts."""

    STUDENT = "erasure of a student"
    SCHOOL = "erasure of a school"


@dataclass(frozen=True, slots=True)
class Backups:
    """Time for which backups hold what was erased. days: for which the operator keeps them; None: not stated."""

    days: int | None
    until: date | None


def backups_of(ended_at: datetime) -> Backups:
    """The backups that may still hold what was erased by then."""
    days: int | None = settings.BACKUP_RETENTION_DAYS
    return Backups(days, None if days is None else (ended_at + timedelta(days=days)).date())


def backups_stated(document: Mapping[str, Any]) -> Backups:
    """The backups as a signed statement tells of them."""
    days, until = document["backups"]["days"], document["backups"]["until"]
    return Backups(days, None if until is None else date.fromisoformat(until))


def receipt_sign(*, receipt: Receipt) -> None:
    """Write down that an erasure has ended, with the signed statement. Once: a later call changes nothing."""
    receipt.ended_at = timezone.now()
    receipt.document = json.loads(json.dumps(_statement(receipt), cls=DjangoJSONEncoder))
    receipt.signature = Signer(salt=_SALT).signature(_text(receipt.document))
    receipt.state, receipt.inventory = Receipt.State.DONE, {}
    rows = type(receipt).objects.filter(pk=receipt.pk, state=Receipt.State.RUNNING)  # type: ignore[attr-defined]
    names = ["ended_at", "document", "signature", "state", "inventory"]
    rows.update(steps=receipt.steps, **{name: getattr(receipt, name) for name in names})


def receipt_text(receipt: Receipt) -> str:
    """The signed receipt as a file, in JSON."""
    return json.dumps({"receipt": receipt.document, "signature": receipt.signature}, indent=2, ensure_ascii=False)


def receipt_verify(text: str) -> Mapping[str, Any]:
    """The statement of a signed receipt. Raises NoReceipt, ReceiptChanged."""
    try:
        signed = json.loads(text) if len(text) <= _MOST else None
    except (ValueError, RecursionError):
        signed = None
    if not isinstance(signed, dict) or signed.keys() != _KEYS or not isinstance(signed["receipt"], dict):
        raise NoReceipt
    if not is_genuine(signed["receipt"], str(signed["signature"])):
        raise ReceiptChanged
    statement: Mapping[str, Any] = signed["receipt"]
    return statement


def is_genuine(document: Mapping[str, Any], signature: str) -> bool:
    """True if this portal signed the statement: with its secret key, or an earlier one that it still accepts."""
    try:
        Signer(salt=_SALT).unsign(f"{_text(document)}:{signature}")
    except BadSignature:
        return False
    return True


def _text(document: Mapping[str, Any]) -> str:
    """The statement in the one form that is signed, whatever the order and spacing in a file."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"))


def _statement(receipt: Receipt) -> dict[str, Any]:
    """The statement of an erasure that has ended."""
    ended_at = receipt.ended_at or timezone.now()
    backups = backups_of(ended_at)
    statement: dict[str, Any] = {
        "id": receipt.pk,
        "asked_by": receipt.asked_by_name,
        "asked_at": receipt.asked_at,
        "ended_at": ended_at,
        "steps": receipt.steps,
        "backups": {"days": backups.days, "until": backups.until},
    }
    if isinstance(receipt, ErasureReceipt):
        school = receipt.institution
        return statement | {
            "kind": Kind.STUDENT,
            "school": {"id": school.pk, "slug": school.slug, "name": school.name},
            "student": {"id": receipt.subject, "label": receipt.label},
            "scope": receipt.scope,
            "reason": receipt.reason,
        }
    assert isinstance(receipt, SchoolErasureReceipt)
    return statement | {"kind": Kind.SCHOOL, "school": {"id": receipt.subject, "label": receipt.label}}
