"""The API's addresses, under `/api/`. The school is called `school` here: the tenancy middleware knows no tokens."""

from django.urls import path

from attendance import api, api_own

SESSION = "<slug:school>/sessions/<uuid:session_id>/"
MARK = SESSION + "marks/<uuid:student_id>/"

urlpatterns = [
    path("<slug:school>/sessions/", api.SessionsView.as_view(), name="api_sessions"),
    path(SESSION, api.SessionView.as_view(), name="api_session"),
    path(SESSION + "open/", api.SessionOpenView.as_view(), name="api_session_open"),
    path(SESSION + "close/", api.SessionCloseView.as_view(), name="api_session_close"),
    path(SESSION + "reopen/", api.SessionReopenView.as_view(), name="api_session_reopen"),
    path(SESSION + "captures/", api.CapturesView.as_view(), name="api_captures"),
    path(SESSION + "marks/", api.MarksView.as_view(), name="api_marks"),
    path(MARK, api.MarkView.as_view(), name="api_mark"),
    path(MARK + "undo/", api.MarkUndoView.as_view(), name="api_mark_undo"),
    path(MARK + "correction/", api.MarkCorrectionView.as_view(), name="api_mark_correction"),
    path(MARK + "audit/", api.MarkAuditView.as_view(), name="api_mark_audit"),
    path(SESSION + "faces/<uuid:face_id>/decision/", api.DecisionView.as_view(), name="api_decision"),
    path("<slug:school>/captures/<uuid:capture_id>/", api.CaptureView.as_view(), name="api_capture"),
    path("<slug:school>/captures/<uuid:capture_id>/retry/", api.CaptureRetryView.as_view(), name="api_capture_retry"),
    path("<slug:school>/me/check-in/", api_own.OwnCheckInView.as_view(), name="api_me_check_in"),
    path("<slug:school>/me/marks/", api_own.OwnMarksView.as_view(), name="api_me_marks"),
    path("<slug:school>/me/rates/", api_own.OwnRatesView.as_view(), name="api_me_rates"),
]
nowhere = api.NowhereView.as_view()
