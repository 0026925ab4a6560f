"""The addresses of imports."""

from django.urls import path

from enrollment.importing.views import files, rows

RUN = "<slug:institution>/imports/<uuid:run_id>/"

urlpatterns = [
    path("<slug:institution>/imports/", files.imports, name="imports"),
    path("<slug:institution>/imports/templates/<slug:kind>.csv", files.template, name="import_template"),
    path(RUN, files.import_page, name="import"),
    path(RUN + "decide/", files.decide, name="import_decide"),
    path(RUN + "apply/", files.apply, name="import_apply"),
    path(RUN + "remove/", files.remove, name="import_remove"),
    path(RUN + "undo/", files.undo, name="import_undo"),
    path(RUN + "discard/", files.discard, name="import_discard"),
    path(RUN + "rows/<slug:step>/", rows.rows, name="import_rows"),
    path(RUN + "absent/", rows.absent, name="import_absent"),
    path(RUN + "left-out.csv", rows.left_out, name="import_left_out"),
]
