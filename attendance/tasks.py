"""Work that waits, as django-tasks queues it: tasks are reminders, the captures themselves say what is to be done."""

from datetime import timedelta

from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

KEPT = timedelta(days=1)


@task()
def capture_take_up() -> bool:
    """Recognise one capture that is due: whichever's turn it is, not the one that waited when this was enqueued.

    The queue gives tasks out by time alone, so that one school's three hundred at 08:00 would go before another's one
    at 08:01. A task is therefore a turn, and `capture_take_up_next` gives turns to schools one after the other.
    Returns whether there was one.
    """
    # Imported here: what puts a capture back enqueues this task.
    from attendance.captures.backlog import capture_take_up_next

    return capture_take_up_next()


def turns_waiting() -> int:
    """How many tasks are ready to be taken by a worker now."""
    return int(DBTaskResult.objects.ready().filter(task_path=capture_take_up.module_path).count())


def tasks_prune() -> int:
    """Delete tasks that were begun a day ago, finished or not: one whose worker was killed says RUNNING for ever."""
    begun = DBTaskResult.objects.exclude(status=TaskResultStatus.READY)
    return int(begun.filter(started_at__lt=timezone.now() - KEPT).delete()[0])
