from django.contrib.admin.apps import AdminConfig


class PortalAdminConfig(AdminConfig):
    """Django admin with the portal's own site: entered by membership, not by a staff flag."""

    default_site = "portal.admin_site.SchoolAdminSite"

    def ready(self) -> None:
        """Register the checks of the settings too."""
        super().ready()
        from portal import checks  # noqa: F401
