from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = _("People and faces")

    def ready(self) -> None:
        from enrollment.batches import enrolling, unpacking  # noqa: F401 - register their kinds of jobs
        from enrollment.batches.withdrawing import batch_photos_forget
        from enrollment.signals import face_withdrawn

        face_withdrawn.connect(batch_photos_forget, dispatch_uid="batches")
