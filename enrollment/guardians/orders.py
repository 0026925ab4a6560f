"""Services of no-contact orders: recorded with who, when and why, and in force from that moment in all places."""

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from enrollment.access import Act, access_record
from enrollment.errors import EnrollmentError
from enrollment.guardians.inviting import invitation_end_unless_needed
from enrollment.models import Guardianship, NoContactOrder, PhotoLink


def no_contact_order_record(*, relation: Guardianship, reason: str, by: User) -> NoContactOrder:
    """Keep a guardian from a student: nothing is shown or sent to them, and they are not asked, from now on.

    An order that stands already is returned as it is. Raises ValidationError without a reason.
    """
    guardian = relation.guardian
    order = NoContactOrder(
        institution=relation.institution,
        student=relation.student,
        guardian=guardian,
        guardian_name=guardian.name,
        email=guardian.email.strip().lower(),
        reason=reason.strip(),
        made_by=by,
        made_by_name=by.name,
    )
    order.clean_fields()
    try:
        with transaction.atomic():
            order.save(force_insert=True)
            invitation_end_unless_needed(guardian)
            # A link for photos is the student's: it may lie in this guardian's mailbox, and another is soon made.
            PhotoLink.objects.for_institution(order.institution).filter(student=order.student).revoke()
    except IntegrityError:  # recorded by somebody else at this moment, or by a second click
        return NoContactOrder.objects.get(guardian=guardian, student=relation.student, lifted_at=None)
    access_record(Act.ORDER_RECORDED, institution=order.institution, by=by, subject=order.student_id)
    return order


def no_contact_order_lift(*, order: NoContactOrder, reason: str, by: User) -> None:
    """End an order; it stays on record. Raises EnrollmentError `order_lifted`; ValidationError without a reason."""
    with transaction.atomic():
        locked = NoContactOrder.objects.select_for_update().get(pk=order.pk)
        if locked.lifted_at is not None:
            raise EnrollmentError("order_lifted", _("This order has been lifted already."))
        locked.lifted_reason = NoContactOrder._meta.get_field("reason").clean(reason.strip(), locked)
        locked.lifted_at, locked.lifted_by, locked.lifted_by_name = timezone.now(), by, by.name
        locked.save(update_fields=["lifted_reason", "lifted_at", "lifted_by", "lifted_by_name"])
    access_record(Act.ORDER_LIFTED, institution=order.institution, by=by, subject=order.student_id)
