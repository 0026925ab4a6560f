"""The addresses of photos in bulk."""

from django.urls import path

from enrollment.batches.views import choosing, files, links, own, pages, settling, station

BATCH = "<slug:institution>/photos/batches/<uuid:batch_id>/"
ITEM = "<slug:institution>/photos/items/<uuid:item_id>/"

urlpatterns = [
    path("<slug:institution>/photos/", pages.photos, name="photos"),
    path("<slug:institution>/photos/new/", pages.photo_batch_new, name="photo_batch_new"),
    path("<slug:institution>/photos/students/", files.photo_students, name="photo_students"),
    path("<slug:institution>/photos/station/", station.station, name="photo_station"),
    path(
        "<slug:institution>/photos/station/groups/<uuid:group_id>/", station.station_of_group, name="station_of_group"
    ),
    path(
        "<slug:institution>/photos/station/courses/<uuid:course_id>/",
        station.station_of_course,
        name="station_of_course",
    ),
    path("<slug:institution>/photos/station/students/<uuid:student_id>/", station.station_take, name="station_take"),
    path("<slug:institution>/photos/links/", links.photo_links, name="photo_links"),
    path("<slug:institution>/photos/links/mail/", links.photo_links_mail, name="photo_links_mail"),
    path("<slug:institution>/photos/links/<uuid:link_id>/end/", links.photo_link_end, name="photo_link_end"),
    # For people without an account: "account" is no school's address.
    path("account/photos/<str:token>/", own.own_photos, name="own_photos"),
    path("account/photos/<str:token>/take/", own.own_photo_take, name="own_photo_take"),
    path("account/photos/<str:token>/check/", own.own_check_begin, name="own_check_begin"),
    path("account/photos/<str:token>/check/frames/", own.own_check, name="own_check"),
    path("account/photos/<str:token>/finish/", own.own_photos_finish, name="own_photos_finish"),
    path(BATCH, pages.photo_batch, name="photo_batch"),
    path(BATCH + "files/", files.photo_batch_files, name="photo_batch_files"),
    path(BATCH + "enrol/", pages.photo_batch_start, name="photo_batch_start"),
    path(BATCH + "stop/", pages.photo_batch_stop, name="photo_batch_stop"),
    path(BATCH + "clear/", pages.photo_batch_clear, name="photo_batch_clear"),
    path(BATCH + "delete/", pages.photo_batch_remove, name="photo_batch_remove"),
    path(ITEM + "picture/", files.batch_photo_picture, name="batch_photo_picture"),
    path(ITEM + "other/", files.batch_photo_other, name="batch_photo_other"),
    path(ITEM + "faces/", choosing.batch_photo_faces, name="batch_photo_faces"),
    path(ITEM + "assign/", settling.assign, name="batch_photo_assign"),
    path(ITEM + "remove/", settling.remove, name="batch_photo_remove"),
    path(ITEM + "replace/", settling.replace, name="batch_photo_replace"),
    path(ITEM + "different/", settling.different, name="batch_photo_different"),
    path(ITEM + "same/", settling.same, name="batch_photo_same"),
]
