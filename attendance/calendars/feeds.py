"""The secret address under which a member's calendar reads their lessons."""

from django.db.models import Q
from django.utils import timezone

from accounts.link_secrets import hash_of, secret_new
from accounts.models import Membership, Role
from accounts.sign_in import may_sign_in
from attendance.lessons.timetable import today_of
from attendance.models import CalendarFeed


def feed_create(*, membership: Membership) -> str:
    """Make a new address for a member's calendar and return its secret; an older one stops working at once.

    The secret is shown once and kept nowhere: the database has its SHA-256, which suffices for 256 random bits.
    """
    token = secret_new()
    CalendarFeed.objects.update_or_create(
        institution=membership.institution,
        membership=membership,
        defaults={"token_hash": hash_of(token), "created_at": timezone.now(), "read_on": None},
    )
    return token


def feed_switch_off(*, membership: Membership) -> None:
    """Let the address stop working. Repeating the call changes nothing."""
    CalendarFeed.objects.for_institution(membership.institution).filter(membership=membership).delete()


def feed_read(*, token: str) -> Membership | None:
    """The member whose calendar has this secret; records the day of the request.

    None unless they are still staff, and for an account of the demo that may no longer sign in.
    """
    staff = {"membership__role__in": [Role.TEACHER, Role.ADMIN], "membership__user__is_active": True}
    feeds = CalendarFeed.objects.filter(token_hash=hash_of(token), **staff)
    feed = feeds.select_related("membership__institution", "membership__user").first()
    if feed is None or not may_sign_in(feed.membership.user):
        return None
    today = today_of(feed.membership.institution)
    if feed.read_on != today:  # one write a day, however often it asks
        CalendarFeed.objects.filter(Q(read_on=None) | Q(read_on__lt=today), pk=feed.pk).update(read_on=today)
    return feed.membership
