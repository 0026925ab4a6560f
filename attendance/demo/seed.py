"""The whole demo school, in the order in which its parts need each other."""

from collections.abc import Callable

from attendance.demo import history, people, school
from attendance.models import ClassSession

Say = Callable[[str], None]


def demo_seed(*, with_history: bool, say: Say) -> ClassSession:
    """Put the demo school in place and a lesson in progress. What is there already stays as it is.

    with_history: with the second school, the timetable and a term of past registers. Returns the lesson of now.
    Raises DemoFacesMissing.
    """
    riverside = people.school_create(school.RIVERSIDE)
    people.logins_create(riverside)
    students = people.pupils_create(riverside, school.RIVERSIDE_PUPILS)
    courses = people.courses_create(riverside, students)
    say(f"{riverside}: {len(students)} pupils, {len(courses)} courses")
    people.faces_enrol(riverside, school.RIVERSIDE_PUPILS, say)
    if with_history:
        history.timetable_create(riverside, courses)
        history.history_create(riverside, say)
        say(f"{people.hilltop_create()}: a second school, without faces")
    return history.lesson_now(courses[0], after_closing=True)


def demo_keep_going() -> None:
    """Keep a lesson running in the demo school, so that there is one to try whenever somebody comes."""
    course = history.demo_physics()
    if course:
        history.lesson_now(course, after_closing=False)
