"""The addresses of papers and exports."""

from django.urls import path

from attendance.papers.views import exports, letters, registers

SESSION = "<slug:institution>/sessions/<uuid:session_id>/"
LETTERS = "<slug:institution>/letters/"
EXPORT = "<slug:institution>/exports/<uuid:job_id>/"

urlpatterns = [
    path(SESSION + "register.pdf", registers.register_pdf, name="register_pdf"),
    path(SESSION + "empty.pdf", registers.blank_pdf, name="blank_pdf"),
    path("<slug:institution>/courses/<uuid:course_id>/attendance.<slug:form>", exports.course_file, name="course_file"),
    path("<slug:institution>/groups/<uuid:group_id>/attendance.<slug:form>", exports.group_file, name="group_file"),
    path("<slug:institution>/students/<uuid:student_id>/letter.pdf", letters.letter_pdf, name="letter_pdf"),
    path(LETTERS, letters.letters_make, name="letters_make"),
    path(LETTERS + "<uuid:job_id>/", letters.letters, name="letters"),
    path(LETTERS + "<uuid:job_id>/file/", letters.letters_file, name="letters_file"),
    path(EXPORT, exports.export, name="export"),
    path(EXPORT + "file/", exports.export_file, name="export_file"),
]
