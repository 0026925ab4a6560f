"""The addresses of lessons, substitutes and calendars."""

from datetime import date

from django.urls import path, register_converter

from attendance.lessons import views as lessons


class DayConverter:
    """A day as 2026-03-29; an address with anything else does not exist."""

    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return date.fromisoformat(value)

    def to_url(self, value: date | str) -> str:
        return str(value)


register_converter(DayConverter, "day")

COURSE = "<slug:institution>/courses/<uuid:course_id>/"

urlpatterns = [
    path(COURSE + "lessons/new/", lessons.lesson_new, name="lesson_new"),
    path(COURSE + "lessons/<uuid:slot_id>/<day:day>/", lessons.lesson, name="lesson"),
    path("<slug:institution>/sessions/<uuid:session_id>/plan/", lessons.lesson_plan, name="lesson_plan"),
    path(COURSE + "substitutes/", lessons.substitute, name="substitute"),
    path(COURSE + "substitutes/<uuid:substitution_id>/end/", lessons.substitute_end, name="substitute_end"),
]
