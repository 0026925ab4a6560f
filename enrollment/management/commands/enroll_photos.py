"""Command that puts a folder of photos into a batch, matched with a school's students."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.urls import reverse

from accounts.models import Institution
from enrollment.batches.archives import is_hidden
from enrollment.batches.directory import directory_of
from enrollment.batches.enrolling import photo_batch_enrol
from enrollment.batches.outcomes import batch_photo_words
from enrollment.batches.receiving import Incoming, batch_manifest_receive, batch_photo_receive, photo_batch_create
from enrollment.errors import EnrollmentError
from enrollment.models import BatchPhoto, PhotoBatch


class Command(BaseCommand):
    """Receives a folder's photos. The same folder again goes on where the last call ended."""

    help = (
        "Put a folder of photos into a batch and match them with students. An administrator enrols them on the batch's "
        "page; with --enrol the worker does so at once."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("school", metavar="SCHOOL", help="the first part of its web address")
        parser.add_argument("folder", metavar="FOLDER", type=Path, help="read with the folders in it")
        parser.add_argument("--manifest", metavar="FILE", type=Path, help="CSV with the columns file and roll number")
        parser.add_argument("--enrol", action="store_true", help="enrol what is matched, without asking anyone")

    def handle(self, *args: Any, **options: Any) -> None:
        school = Institution.objects.filter(slug=options["school"]).first()
        if school is None:
            raise CommandError(f"There is no school at {options['school']}.")
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder.")
        try:
            batch = self._receive(school, folder, options["manifest"])
            if options["enrol"]:
                photo_batch_enrol(batch=batch, by=None)
        except EnrollmentError as error:
            raise CommandError(str(error)) from error
        self._report(batch)

    def _receive(self, school: Institution, folder: Path, manifest: Path | None) -> PhotoBatch:
        """The folder's batch with all its photos. Raises EnrollmentError, CommandError."""
        name = str(folder.resolve())[-200:]
        batch = PhotoBatch.objects.for_institution(school).filter(name=name).first()
        batch = batch or photo_batch_create(institution=school, by=None, name=name)
        batch.institution = school
        directory = directory_of(school)
        if manifest:
            try:
                with manifest.open("rb") as file:
                    batch_manifest_receive(batch=batch, upload=file, directory=directory)
            except OSError as error:
                raise CommandError(f"{manifest} cannot be read: {error.strerror}.") from error
        for incoming in incoming_of(folder):
            item = batch_photo_receive(batch=batch, incoming=incoming, directory=directory)
            if item.state != BatchPhoto.State.MATCHED:
                self.stdout.write(f"{item.file_name}: {batch_photo_words(item) or item.get_state_display()}")
        return batch

    def _report(self, batch: PhotoBatch) -> None:
        for state, n in sorted(Counter(batch.items.values_list("state", flat=True)).items()):
            self.stdout.write(f"{n:6} {BatchPhoto.State(state).label}")
        page = reverse("photo_batch", args=[batch.institution.slug, batch.pk])
        self.stdout.write(f"The report is at {page}")


def incoming_of(folder: Path) -> Iterator[Incoming]:
    """The folder's files with their paths in it, in order; links are not followed, hidden files and lists left out."""
    for root, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            file = Path(root) / name
            path = file.relative_to(folder).as_posix()
            if is_hidden(path) or file.is_symlink() or name.lower().endswith(".csv"):
                continue
            try:
                with file.open("rb") as opened:
                    yield Incoming(path, opened.read(settings.PICTURE_MAX_BYTES + 1), file.stat().st_size)
            except OSError:
                yield Incoming(path, refusal="broken")
