import atexit

from django.apps import AppConfig
from django.core.signals import request_finished
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("School")

    def ready(self) -> None:
        """Paid calls that were counted in memory are written when a request or a task ends, and when the process does.

        The signals know no other way in; nothing else in the portal hangs on one.
        """
        from django_tasks.signals import task_finished

        from accounts.metering import calls_flush, calls_flush_due

        request_finished.connect(calls_flush_due, dispatch_uid="paid_calls")
        task_finished.connect(calls_flush_due, dispatch_uid="paid_calls")
        atexit.register(calls_flush)
