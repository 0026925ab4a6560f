"""Loading of what the first page of a process would wait for, before a balancer finds the process."""

import re
from pathlib import Path

from django.conf import settings
from django.template.loader import get_template
from django.urls import get_resolver, reverse
from django.utils import translation

from portal.templatetags.icons import lucide

ROOMS = ("portal", "attendance/parts", "attendance/today", "attendance/register", "attendance/captures")  # of a lesson
_ICON = re.compile(r'\{% lucide "([a-z0-9-]+)"')


def pages_warm_up() -> None:
    """Load the addresses in every language, the templates of a lesson's pages, and all icons.

    Not all templates: together they hold 12 MB, which a process that nobody asks for reports need not.
    """
    get_resolver().url_patterns  # noqa: B018 - imports the views
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            reverse("account_login")
    folder = Path(settings.BASE_DIR) / "templates"
    for icon in {name for path in folder.rglob("*.html") for name in _ICON.findall(path.read_text("utf-8"))}:
        lucide(icon)
    for path in (path for room in ROOMS for path in (folder / room).rglob("*.html")):
        get_template(str(path.relative_to(folder)))
