"""Template filter for the visitor's rights on the page of a lesson."""

from django import template

from accounts.models import Membership
from attendance.models import ClassSession
from enrollment.selectors import courses_of

register = template.Library()


@register.simple_tag
def teaches(membership: Membership, session: ClassSession) -> bool:
    """Return whether the member works with the whole course, and does not only take this lesson as a substitute."""
    return courses_of(membership).filter(pk=session.course_id).exists()
