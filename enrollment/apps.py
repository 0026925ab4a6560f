from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrollmentConfig(AppConfig):
    name = "enrollment"
    verbose_name = _("People and faces")

    def ready(self) -> None:
        from accounts.invitations.accepting import invitation_accepted
        from enrollment.batches import enrolling, mailing, unpacking  # noqa: F401 - register their kinds of jobs
        from enrollment.batches.withdrawing import batch_photos_forget
        from enrollment.consenting import asking, mails  # noqa: F401 - register their kinds of jobs and mails
        from enrollment.guardians.inviting import guardian_of_invited
        from enrollment.importing import builtin, jobs  # noqa: F401 - register kinds of imports and jobs
        from enrollment.moving import face_ids  # noqa: F401 - registers its kind of job
        from enrollment.signals import face_withdrawn
        from enrollment.structure.teaching import teachings_of_invited

        face_withdrawn.connect(batch_photos_forget, dispatch_uid="batches")
        invitation_accepted.connect(guardian_of_invited, dispatch_uid="guardian_of_invited")
        invitation_accepted.connect(teachings_of_invited, dispatch_uid="teachings_of_invited")
