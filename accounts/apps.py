import atexit

from django.apps import AppConfig
from django.core.signals import request_finished
from django.db.backends.signals import connection_created
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("School")

    def ready(self) -> None:
        """Write the paid calls counted in memory at the end of each request and process. A worker does it itself.

        These moments are announced by signals alone; nothing else in the portal depends on one.
        """
        import accounts.invitations.sending  # noqa: F401 - lets workers know the kind of job
        from accounts.metering import calls_flush, calls_flush_due
        from accounts.row_security import connection_prepare

        connection_created.connect(connection_prepare, dispatch_uid="row_security")
        request_finished.connect(calls_flush_due, dispatch_uid="paid_calls")
        atexit.register(calls_flush)
