"""The API's addresses, under `/api/`. The school is called `school` here: the tenancy middleware knows no tokens."""

from django.urls import path

from attendance.api import base, captures, courses, imports, marks, own, sessions, statements

SESSION = "<slug:school>/sessions/<uuid:session_id>/"
IMPORT = "<slug:school>/imports/<uuid:run_id>/"
MARK = SESSION + "marks/<uuid:student_id>/"

urlpatterns = [
    path("<slug:school>/courses/", courses.CoursesView.as_view(), name="api_courses"),
    path("<slug:school>/sessions/", sessions.SessionsView.as_view(), name="api_sessions"),
    path(SESSION, sessions.SessionView.as_view(), name="api_session"),
    path(SESSION + "open/", sessions.SessionOpenView.as_view(), name="api_session_open"),
    path(SESSION + "close/", sessions.SessionCloseView.as_view(), name="api_session_close"),
    path(SESSION + "reopen/", sessions.SessionReopenView.as_view(), name="api_session_reopen"),
    path(SESSION + "captures/", captures.CapturesView.as_view(), name="api_captures"),
    path(SESSION + "marks/", marks.MarksView.as_view(), name="api_marks"),
    path(MARK, marks.MarkView.as_view(), name="api_mark"),
    path(MARK + "undo/", marks.MarkUndoView.as_view(), name="api_mark_undo"),
    path(MARK + "correction/", marks.MarkCorrectionView.as_view(), name="api_mark_correction"),
    path(MARK + "audit/", marks.MarkAuditView.as_view(), name="api_mark_audit"),
    path(SESSION + "faces/<uuid:face_id>/decision/", captures.DecisionView.as_view(), name="api_decision"),
    path("<slug:school>/captures/<uuid:capture_id>/", captures.CaptureView.as_view(), name="api_capture"),
    path(
        "<slug:school>/captures/<uuid:capture_id>/retry/", captures.CaptureRetryView.as_view(), name="api_capture_retry"
    ),
    path("<slug:school>/imports/", imports.ImportsView.as_view(), name="api_imports"),
    path(IMPORT, imports.ImportView.as_view(), name="api_import"),
    path(IMPORT + "decide/", imports.ImportDecideView.as_view(), name="api_import_decide"),
    path(IMPORT + "apply/", imports.ImportApplyView.as_view(), name="api_import_apply"),
    path(IMPORT + "remove/", imports.ImportRemoveView.as_view(), name="api_import_remove"),
    path(IMPORT + "undo/", imports.ImportUndoView.as_view(), name="api_import_undo"),
    path("<slug:school>/me/check-in/", own.OwnCheckInView.as_view(), name="api_me_check_in"),
    path("<slug:school>/me/marks/", own.OwnMarksView.as_view(), name="api_me_marks"),
    path("<slug:school>/me/excuses/", statements.OwnExcusesView.as_view(), name="api_me_excuses"),
    path("<slug:school>/me/disputes/", statements.OwnDisputesView.as_view(), name="api_me_disputes"),
    path("<slug:school>/me/rates/", own.OwnRatesView.as_view(), name="api_me_rates"),
]
nowhere = base.NowhereView.as_view()
