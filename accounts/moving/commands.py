"""Base of the commands that move something: a job a school, run here and now, resumed if one died."""

import json
import time
from typing import Any, ClassVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.adapters import is_same_store, parts_of
from accounts.jobs import job_start
from accounts.jobs.queue import job_claim
from accounts.jobs.running import job_run
from accounts.models import Institution, Job
from accounts.moving.running import Step

_NAP = 0.5
_BOTH = "Let the settings name both, the target first, and run the command without --from and --to (docs/growing.md)."
_TAKEN = "Another process has it, or had it: then it is taken over within two minutes."


class MoveCommand(BaseCommand):
    """Base of `move_marks`, `move_face_ids` and `move_pictures`. things: what is counted, as a person says it."""

    kind: ClassVar[str]
    things: ClassVar[str]

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--school", metavar="SLUG", help="one school; without it all of them")
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="copy nothing; exit with 1 where the stores differ")
        what.add_argument(
            "--empty-source", action="store_true", help="compare, and if nothing differs delete all from the source"
        )
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers")

    def places(self, options: dict[str, Any]) -> dict[str, Any]:
        """The job's parameters: from where to where. Raises CommandError."""
        raise NotImplementedError

    def is_same(self, source: Any, target: Any) -> bool:
        """True unless these are surely two stores."""
        return bool(source == target)

    def is_in_use(self, store: Any) -> bool:
        """True if the portal's settings name this store."""
        raise NotImplementedError

    def is_read(self, target: Any) -> bool:
        """True if it is the store that the portal reads, of two that its settings may name."""
        return False

    def handle(self, *args: Any, **options: Any) -> None:
        places, steps = self.places(options), _steps(options)
        self._refuse(places["source"], places["target"], steps)
        different = sum(self._one(school, {**places, "steps": steps}, options) for school in _schools(options))
        if different and Step.EMPTY in steps:
            raise CommandError(f"{different} pieces differ, and nothing was deleted there. {_BOTH}")
        if different:
            raise CommandError(f"{different} pieces differ. Run the command again without --check.")

    def _refuse(self, source: Any, target: Any, steps: list[str]) -> None:
        """Raise CommandError where the move would delete what the portal works with."""
        if self.is_same(source, target):
            raise CommandError("Source and target are the same store.")
        if Step.EMPTY in steps and self.is_in_use(source):
            raise CommandError("The settings still name the source. Let them name the target alone, then empty it.")
        if Step.COPY in steps and self.is_read(target):
            # What the source lacks counts as erased there, and is deleted from the target.
            raise CommandError(f"The portal reads the target: what is new in it would be deleted. {_BOTH}")

    def _one(self, school: Institution, parameters: dict[str, Any], options: dict[str, Any]) -> int:
        """Move one school; the number of pieces that differ."""
        job = self._job(school, parameters)
        if options["queue"]:
            self.stdout.write(f"{school.slug}: waits for a worker")
            return 0
        self._run(job)
        if job.state != Job.State.DONE:
            raise CommandError(f"{school.slug}: {job.error or job.words or job.get_state_display()}")
        self.stdout.write(f"{school.slug}: {self._told(job.result)}")
        return int(job.result["different"])

    def _job(self, school: Institution, parameters: dict[str, Any]) -> Job:
        """The school's move that is not at its end, or a new one."""
        held = Job.objects.filter(institution=school, kind=self.kind, ended_at=None).first()
        if held is None:
            return job_start(institution=school, kind=self.kind, by=None, parameters=parameters)
        if held.parameters != parameters:
            raise CommandError(f"{school.slug}: another move is under way since {held.created_at:%Y-%m-%d %H:%M}.")
        self.stdout.write(f"{school.slug}: goes on where it was")
        return held

    def _run(self, job: Job) -> None:
        """Run the job to its end, by itself or by watching the process that has it."""
        told = ""
        while not job.is_ended:
            is_due = job.due_at <= timezone.now()  # an unavailable store is not asked again at once
            if is_due and (mine := job_claim(job)):
                job_run(job=mine)
            else:
                words = _TAKEN if is_due else job.words
                if words != told:
                    self.stdout.write(told := words)
                time.sleep(_NAP)
            job.refresh_from_db()

    def _told(self, result: dict[str, Any]) -> str:
        source, target = result["source"], result["target"]
        words = f"{result['written']} written; " if Step.COPY in result["done"] else ""
        if result["different"]:
            some = ", ".join(result["differing"])
            return f"{words}{source[0]} {self.things} here and {target[0]} there, {result['different']} differ: {some}"
        words += f"{source[0]} {self.things} in both, hash {source[1]}"
        return f"{words}; {result['deleted']} deleted from the source" if Step.EMPTY in result["done"] else words


class StoreMoveCommand(MoveCommand):
    """Base of moves between stores that settings name. setting: theirs. short: short names of its stores."""

    setting: ClassVar[str]
    short: ClassVar[dict[str, str]]

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        for name in ("from", "to"):
            words = f"{' or '.join(self.short)}, or a dotted path; without it what the settings name"
            parser.add_argument(f"--{name}", help=words)
            parser.add_argument(f"--{name}-options", default="{}", metavar="JSON")

    def places(self, options: dict[str, Any]) -> dict[str, Any]:
        return {"source": self._store(options, "from", 0), "target": self._store(options, "to", 1)}

    def _store(self, options: dict[str, Any], name: str, number: int) -> dict[str, Any]:
        if (chosen := options[name]) is None:
            named = parts_of(getattr(settings, self.setting))
            if number >= len(named):
                raise CommandError(f"{self.setting} names one store: say --{name}.")
            return named[number]
        try:
            store_options = json.loads(options[f"{name}_options"])
        except json.JSONDecodeError as error:
            raise CommandError(f"--{name}-options: {error}") from error
        return {"BACKEND": self.short.get(chosen, chosen), "OPTIONS": store_options}

    def is_same(self, source: Any, target: Any) -> bool:
        return is_same_store(source, target)

    def is_read(self, target: Any) -> bool:
        return is_same_store(target, parts_of(getattr(settings, self.setting))[0])

    def is_in_use(self, store: Any) -> bool:
        return any(is_same_store(store, part) for part in parts_of(getattr(settings, self.setting)))


def _schools(options: dict[str, Any]) -> list[Institution]:
    schools = Institution.objects.order_by("slug")
    if options["school"] and not (schools := schools.filter(slug=options["school"])):
        raise CommandError(f"There is no school “{options['school']}”.")
    return list(schools)


def _steps(options: dict[str, Any]) -> list[str]:
    if options["empty_source"]:
        return [Step.COMPARE, Step.EMPTY]
    return [Step.COMPARE] if options["check"] else [Step.COPY, Step.COMPARE]
