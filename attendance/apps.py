from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AttendanceConfig(AppConfig):
    name = "attendance"
    verbose_name = _("Lessons")

    def ready(self) -> None:
        """Let workers know the kinds of jobs and mails, and withdrawals reach the class photos."""
        import attendance.disclosing.bundle
        import attendance.erasing.closing
        import attendance.erasing.student
        import attendance.lessons.importing
        import attendance.mark_imports.kind
        import attendance.moving.marks
        import attendance.moving.pictures
        import attendance.office.reminders
        import attendance.papers.exporting
        import attendance.papers.letters
        import attendance.practice.trying
        import attendance.telling.mailing  # noqa: F401
        from attendance.captures.withdrawing import face_forget
        from enrollment.signals import face_withdrawn

        face_withdrawn.connect(face_forget, dispatch_uid="captures")
