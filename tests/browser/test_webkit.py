"""The teacher's main path in WebKit, where there is one: the engine of every browser on an iPhone."""

import pytest

from tests.browser.main_path import walk
from tests.browser.webkit import WEBKIT, webkit

pytestmark = pytest.mark.skipif(
    not WEBKIT, reason="No WebKit on this machine: install Debian's packages webkit2gtk-driver and xvfb."
)


def test_a_photo_becomes_a_register_and_is_closed(school, tmp_path):
    with webkit(tmp_path) as page:
        walk(page, school, tmp_path)
