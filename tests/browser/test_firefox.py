"""The teacher's main path in Firefox, where there is one."""

import pytest

from tests.browser.firefox import FIREFOX, firefox
from tests.browser.main_path import walk

pytestmark = pytest.mark.skipif(not FIREFOX, reason="No Firefox on this machine: install Debian's package firefox-esr.")


def test_a_photo_becomes_a_register_and_is_closed(school, tmp_path):
    with firefox(tmp_path) as page:
        walk(page, school, tmp_path)
