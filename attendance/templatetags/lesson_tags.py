"""What a page of a lesson asks about its visitor."""

from django import template

from accounts.models import Membership
from attendance.models import ClassSession
from enrollment.selectors import courses_of

register = template.Library()


@register.simple_tag
def teaches(membership: Membership, session: ClassSession) -> bool:
    """Whether the member works with the whole course, and does not only take this lesson for somebody else."""
    return courses_of(membership).filter(pk=session.course_id).exists()
