"""The admin of one school at a time."""

from unfold.sites import UnfoldAdminSite


class SchoolAdminSite(UnfoldAdminSite):
    """Entered by a school's administrators; shows the one school that they chose."""
