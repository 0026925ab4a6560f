"""The addresses of photos in bulk."""

from django.urls import path

from enrollment.batches.views import files, pages, settling

BATCH = "<slug:institution>/photos/batches/<uuid:batch_id>/"
ITEM = "<slug:institution>/photos/items/<uuid:item_id>/"

urlpatterns = [
    path("<slug:institution>/photos/", pages.photos, name="photos"),
    path("<slug:institution>/photos/new/", pages.photo_batch_new, name="photo_batch_new"),
    path("<slug:institution>/photos/students/", files.photo_students, name="photo_students"),
    path(BATCH, pages.photo_batch, name="photo_batch"),
    path(BATCH + "files/", files.photo_batch_files, name="photo_batch_files"),
    path(BATCH + "enrol/", pages.photo_batch_start, name="photo_batch_start"),
    path(BATCH + "stop/", pages.photo_batch_stop, name="photo_batch_stop"),
    path(BATCH + "clear/", pages.photo_batch_clear, name="photo_batch_clear"),
    path(BATCH + "delete/", pages.photo_batch_remove, name="photo_batch_remove"),
    path(ITEM + "picture/", files.batch_photo_picture, name="batch_photo_picture"),
    path(ITEM + "assign/", settling.assign, name="batch_photo_assign"),
    path(ITEM + "remove/", settling.remove, name="batch_photo_remove"),
    path(ITEM + "replace/", settling.replace, name="batch_photo_replace"),
    path(ITEM + "different/", settling.different, name="batch_photo_different"),
    path(ITEM + "same/", settling.same, name="batch_photo_same"),
]
