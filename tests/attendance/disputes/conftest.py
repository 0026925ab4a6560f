"""Fixtures of the tests of disputes: Sam was not seen, and says that he was there."""

import pytest

from attendance.disputes.disputing import dispute_send
from attendance.register.sessions import session_close


@pytest.fixture
def closed(register, tess):
    """The register, closed: Sam and Sita were not seen."""
    return session_close(session=register, by=tess.user)


@pytest.fixture
def dispute(closed, sam):
    return dispute_send(student=sam, session=closed, note=" I sat at the back ", by=sam.user)
