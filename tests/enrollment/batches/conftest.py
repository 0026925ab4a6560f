import io
import zipfile

import pytest

from accounts.jobs import jobs_resume
from enrollment.batches.directory import directory_of
from enrollment.batches.receiving import Incoming, batch_photo_receive, photo_batch_create
from tests.enrollment.orl import as_bytes, face


@pytest.fixture
def batch(riverside, ada):
    return photo_batch_create(institution=riverside, by=ada.user)


@pytest.fixture
def receive(batch):
    """Receives one file into the batch; `person` is whose face is on it."""

    def take(name, person=1, number=1, *, data=None, into=batch):
        data = as_bytes(face(person, number)) if data is None else data
        directory = directory_of(into.institution)
        return batch_photo_receive(batch=into, incoming=Incoming(name, data), directory=directory)

    return take


@pytest.fixture
def work():
    """Runs every job that is due."""
    return jobs_resume


def zipped(files, *, compression=zipfile.ZIP_STORED):
    """A ZIP file of these names and contents, as an open file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in files:
            archive.writestr(name, data)
    out.seek(0)
    return out
