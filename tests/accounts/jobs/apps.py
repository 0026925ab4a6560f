from django.apps import AppConfig


class TestJobsConfig(AppConfig):
    """An app that registers its kinds of jobs as the portal's own do, for servers and workers of the tests."""

    name = "tests.accounts.jobs"
    label = "test_jobs"

    def ready(self) -> None:
        from tests.accounts.jobs import kinds  # noqa: F401
