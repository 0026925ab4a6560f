"""A portal on SQLite with ministack's DynamoDB beside it, for the scripts beside this file that measure stores."""

import json
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # run.py does so for all; called alone it is needed too


def settings_set(name: str) -> tempfile.TemporaryDirectory[str]:
    """Set the environment before Django is imported; returns the folder of the data, which goes with its owner."""
    folder = tempfile.TemporaryDirectory(prefix=f"bench-{name}-")
    os.environ.update(
        SECRET_KEY="bench-" + "0" * 50, DEBUG="false", HTTPS="false", DATA_DIR=folder.name, DEMO="false",
        METER_SECONDS="0",
        DJANGO_SETTINGS_MODULE="portal.settings", AWS_REGION="eu-west-1", AWS_PREFIX="bench",
        AWS_EC2_METADATA_DISABLED="true",
    )  # fmt: skip
    return folder


def measure_and_print(measured: Callable[[], dict[str, object]]) -> None:
    """Run the measurement with the databases' tables in place, and print its figures as JSON."""
    import django

    from tests.aws.servers import CREDENTIALS, Ministack

    with Ministack.start() as server:
        os.environ |= {**CREDENTIALS, "AWS_ENDPOINT_URL_DYNAMODB": server.url}
        django.setup()
        from django.core.management import call_command

        from attendance.repositories.dynamodb import DynamoAttendanceRepository
        from portal.aws.provision import bring_about
        from portal.aws.provision_table import TableProvisioner

        call_command("migrate", verbosity=0)
        [table] = DynamoAttendanceRepository.tables()
        bring_about(TableProvisioner(table))
        print(json.dumps(measured()))
