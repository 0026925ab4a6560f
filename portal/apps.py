from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    """App around the other three: settings, addresses, shared pages and scripts, shared parts of the AWS adapters."""

    name = "portal"

    def ready(self) -> None:
        """Register the checks of the settings."""
        from portal import checks  # noqa: F401


class PortalAdminConfig(AdminConfig):
    """Django admin with the portal's own site: entered by membership, not by a staff flag."""

    default_site = "portal.admin_site.SchoolAdminSite"
