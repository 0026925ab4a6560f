"""Template tags for file choosers of pictures: what they offer, and the same in words."""

from django import template
from django.conf import settings
from django.utils.translation import gettext as _

from enrollment.decoding import CHOOSER, format_names

register = template.Library()


@register.simple_tag
def picture_types() -> str:
    """The `accept` attribute of a file chooser: the types of the accepted formats."""
    return CHOOSER


@register.simple_tag
def picture_formats() -> str:
    """The accepted formats and the largest size, in words."""
    most = settings.PICTURE_MAX_BYTES // 1_000_000
    return _("%(formats)s, up to %(most)d MB each.") % {"formats": format_names(), "most": most}
