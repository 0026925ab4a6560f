"""The running cluster, and who comes to it."""

import re
from contextlib import ExitStack

import pytest

from tests.aws.mode import ROOT, manage
from tests.cluster import Cluster, ServersMissing
from tests.visitor import Visitor

OPERATOR, OPERATOR_PASSWORD = "root@portal.example", "correct horse battery"


@pytest.fixture(scope="session")
def cluster(tmp_path_factory):
    """The processes of compose.yaml with the settings that docs/production.md begins with, and its operator."""
    guide = (ROOT / "docs" / "production.md").read_text("utf-8")
    [shown] = re.findall(r"```ini\n(SECRET.*?)```", guide, re.DOTALL)
    settings = dict(re.findall(r"^(\w+)=(.+)$", shown, re.MULTILINE))
    for name in ("DATA_DIR", "DATABASE_URL", "CACHE_URL", "TRUSTED_PROXIES"):
        del settings[name]  # compose.yaml says them
    ours = {"DEMO": "false", "EMAIL_URL": "consolemail://", "DJANGO_SUPERUSER_PASSWORD": OPERATOR_PASSWORD}
    with ExitStack() as running:
        try:
            made = Cluster(tmp_path_factory.mktemp("cluster"), running, **settings | ours)
        except ServersMissing as missing:
            pytest.skip(f"{missing}: `make servers` installs them")
        manage(made.env, "createsuperuser", "--noinput", "--email", OPERATOR, "--name", "Root", quiet=True)
        made.serve()
        yield made


@pytest.fixture
def visitor(cluster):
    return Visitor(cluster.port, cluster.certificate)
