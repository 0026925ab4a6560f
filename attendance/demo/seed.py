"""Seeding of the whole demo school, in the order in which its parts need each other."""

from collections.abc import Callable

from attendance.demo import history, measured, people, school, statements
from attendance.models import ClassSession

Say = Callable[[str], None]


def demo_seed(*, with_history: bool, say: Say) -> ClassSession:
    """Create the demo school with a lesson in progress. Existing parts stay as they are.

    with_history: with the second school, the timetable and a term of past registers. Returns the current lesson.
    Raises DemoFacesMissing.
    """
    riverside = people.school_create(school.RIVERSIDE)
    people.logins_create(riverside)
    students = people.students_create(riverside, school.RIVERSIDE_STUDENTS)
    people.guardian_create(riverside)
    people.year_create(riverside)
    people.form_groups_create(riverside, students)
    courses = people.courses_create(riverside, students)
    say(f"{riverside}: {len(students)} students, {len(courses)} courses")
    people.faces_enrol(riverside, school.RIVERSIDE_STUDENTS, say)
    if with_history:
        history.timetable_create(riverside, courses)
        history.history_create(riverside, say)
        statements.statements_create(riverside)
        measured.example_costs_create(riverside)
        measured.door_create(riverside)
        say(f"{people.hilltop_create()}: a second school, without faces")
    return history.lesson_now(courses[0], after_closing=True)


def demo_keep_going() -> None:
    """Keep a lesson running in the demo school, so that there is always one to try."""
    course = history.demo_physics()
    if course:
        history.lesson_now(course, after_closing=False)
