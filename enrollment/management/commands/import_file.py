"""Command that imports a file, for nightly runs."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.jobs import jobs_resume
from accounts.models import Institution
from enrollment.importing.checking import run_read
from enrollment.importing.errors import ImportFileError
from enrollment.importing.kinds import all_kinds
from enrollment.importing.runs import (
    import_apply,
    import_choose,
    import_create,
    import_discard,
    import_remove,
    may_remove,
)
from enrollment.importing.tables import MOST_BYTES
from enrollment.importing.values import ORDERS
from enrollment.models import ImportRun

LEFT_OUT, TOO_MANY = 2, 3  # exit codes, beside 1: nothing was imported


class Command(BaseCommand):
    help = (
        "Shows what a file would change at a school; with --apply, imports it. Ends with 0 if all went well, 1 if the "
        "file cannot be imported, 2 if rows were left out, 3 if more would be removed than --remove-absent allows."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("school", help="the school's short name in addresses")
        parser.add_argument("kind", choices=[kind.name for kind in all_kinds()])
        self.add_file_arguments(parser)
        parser.add_argument(
            "--remove-absent", type=int, metavar="MOST", help="then remove what is not in the file, if at most so many"
        )
        parser.add_argument("--org", default="", help="sourcedId of the school in a OneRoster bundle of several")

    def add_file_arguments(self, parser: CommandParser) -> None:
        """Add the arguments about the file itself."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--apply", action="store_true", help="write the changes")
        parser.add_argument("--encoding", default="", help="of a text file that is not UTF-8, such as cp1252")
        parser.add_argument("--sheet", default="", help="of a spreadsheet")
        parser.add_argument("--dates", choices=ORDERS, help="order of day, month and year where it is ambiguous")

    def handle(self, *args: Any, **options: Any) -> None:
        school = Institution.objects.filter(slug=options["school"]).first()
        if school is None:
            raise CommandError(f"There is no school of the name {options['school']}.")
        run = self._checked(school, options)
        self._say(run)
        if not options["apply"]:
            import_discard(run=run)
        elif run.summary["changes"]:
            run = self._done(import_apply(run=run, by=None))
            self.stdout.write(f"Imported: {run.summary['written']} records were written.")
        if options["apply"] and options["remove_absent"] is not None:
            self._remove(run, options["remove_absent"])
        if run.summary["counts"]["left_out"]:
            raise CommandError(f"{run.summary['counts']['left_out']} rows were left out.", returncode=LEFT_OUT)

    def _checked(self, school: Institution, options: dict[str, Any]) -> ImportRun:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
            run = import_create(institution=school, kind=options["kind"], name=path.name, data=data, by=None)
        except (OSError, ImportFileError) as error:
            raise CommandError(str(error)) from error
        run = self._settled(run)
        chosen = {name: options[name] for name in ("encoding", "sheet", "org") if options[name]}
        if chosen:
            run = self._settled(import_choose(run=run, columns={}, options=chosen, by=None))
        if options["dates"]:
            asked = [question["option"] for question in run.summary.get("questions", [])]
            orders = {each.removeprefix("order:"): options["dates"] for each in asked if each.startswith("order:")}
            run = self._settled(import_choose(run=run, columns={}, options={"orders": orders}, by=None))
        if answers := self.answers(school, options):
            run = self._settled(import_choose(run=run, columns={}, options={"answers": answers}, by=None))
        if run.state != ImportRun.State.PREVIEWED:
            said = [run.error, *(question["sentence"] for question in run.summary.get("questions", []))]
            said += [f"No column goes to “{label}”." for label in run.summary.get("missing", [])]
            import_discard(run=run)
            raise CommandError(" ".join(each for each in said if each))
        return run

    def answers(self, school: Institution, options: dict[str, Any]) -> dict[str, str]:
        """Answers to questions about the file, by their keys, as the options give them."""
        return {}

    def _settled(self, run: ImportRun) -> ImportRun:
        """The run after the job that checks a large file, if there is one."""
        if run.job and not run.job.is_ended:
            jobs_resume()
        return ImportRun.objects.select_related("institution", "job").get(pk=run.pk)

    def _done(self, run: ImportRun) -> ImportRun:
        jobs_resume()
        run = ImportRun.objects.select_related("institution", "job").get(pk=run.pk)
        if run.state != ImportRun.State.APPLIED:
            raise CommandError(run.job.error if run.job and run.job.error else "A worker is still at it.")
        return run

    def _say(self, run: ImportRun) -> None:
        counts = run.summary["counts"]
        self.stdout.write(
            f"{counts['new']} new, {counts['change']} changed, {counts['same']} unchanged, {counts['left_out']} left "
            f"out; {run.summary['absent']} of {run.summary['of']} are not in the file."
        )
        for row in run.summary["left_out"]:
            self.stdout.write(
                f"  {row['where']} row {row['number']}, {row['name']}: {row['problem']['sentence']}".strip()
            )

    def _remove(self, run: ImportRun, most: int) -> None:
        plan = run_read(run).plan
        if plan is None or not plan.absent or not may_remove(run):
            return
        if len(plan.absent) > most:
            said = f"{len(plan.absent)} are not in the file, and at most {most} may be removed: nobody was."
            raise CommandError(said, returncode=TOO_MANY)
        self._done(import_remove(run=run, seen=plan.absent_fingerprint, by=None))
        self.stdout.write(f"Removed: {len(plan.absent)}.")
