"""The portal's settings with the tests' kinds of jobs, for `test_jobs.py`."""

from portal.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.accounts.jobs.apps.TestJobsConfig"]  # noqa: F405
