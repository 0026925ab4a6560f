"""Command that creates the required AWS resources, or reports differences, or prints policies or CloudFormation."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance.needs import needs_of_aws
from portal.aws.addresses import is_without_rekognition
from portal.aws.policy import ACCOUNT, provisioning_policy, running_policy
from portal.aws.provision import Outcome, Provisioner, ProvisioningFailed, bring_about, compare
from portal.aws.provision_bucket import BucketProvisioner
from portal.aws.provision_collection import CollectionProvisioner
from portal.aws.provision_region import RegionProvisioner
from portal.aws.provision_table import TableProvisioner
from portal.aws.resources import Needs
from portal.aws.template import template

Deed = Callable[[Provisioner], Outcome]


class Command(BaseCommand):
    help = "Creates the tables, the bucket and the collections that the settings need at AWS; never deletes anything."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--check", action="store_true", help="change nothing; exit with 1 where anything differs")
        what.add_argument("--policy", action="store_true", help="print the IAM policies that the settings need")
        what.add_argument(
            "--template", action="store_true", help="print the same as CloudFormation, and alarms with it"
        )
        parser.add_argument("--account", default=ACCOUNT, help="the AWS account's number, for the policies' ARNs")

    def handle(self, *args: Any, **options: Any) -> None:
        needs = needs_of_aws()
        if not needs:
            self.stdout.write("The settings use nothing of AWS, so there is nothing to provision.")
        elif options["template"]:
            self.stdout.write(json.dumps(template(needs), indent=2))
        elif options["policy"]:
            self._print_policies(needs, options["account"])
        else:
            self._go_through(needs, compare if options["check"] else bring_about)

    def _go_through(self, needs: Needs, deed: Deed) -> None:
        """Print one line a resource. Raises CommandError, for exit code 1, if a difference remains."""
        left = sum(self._one(provisioner, deed) for provisioner in provisioners(needs))
        if left:
            raise CommandError(f"{left} resource{'s are' if left > 1 else ' is'} not as the settings need.")
        if deed is bring_about:
            self.stdout.write("All is there. `python manage.py provision_aws --policy` prints the rights it needs.")

    def _one(self, provisioner: Provisioner, deed: Deed) -> bool:
        """Report one resource; True if a difference remains."""
        try:
            outcome = deed(provisioner)
        except ProvisioningFailed as error:
            self.stdout.write(f"{provisioner.label}: {error}")
            return True
        said = [", ".join(outcome.done) + "."] if outcome.done else []
        said += [difference.sentence for difference in outcome.left]
        self.stdout.write(f"{provisioner.label}: {' '.join(said) or 'as it should be.'}")
        return bool(outcome.left)

    def _print_policies(self, needs: Needs, account: str) -> None:
        """Print both policies as JSON, for example for `jq .portal`."""
        policies = {"portal": running_policy(needs, account), "provisioning": provisioning_policy(needs, account)}
        self.stdout.write(json.dumps(policies, indent=2))
        if account == ACCOUNT:
            self.stderr.write(f"Put the account's number in the place of {ACCOUNT}, or say --account 123456789012.")


def provisioners(needs: Needs) -> Iterator[Provisioner]:
    """One provisioner for each resource, tables first."""
    for use in needs.tables:
        yield TableProvisioner(use.table)
    if needs.bucket:
        yield BucketProvisioner(needs.bucket)
    if needs.face_actions or needs.liveness_actions:
        yield from _of_rekognition(needs)


def _of_rekognition(needs: Needs) -> Iterator[Provisioner]:
    """The schools' collections; in a Region of Amazon's without Rekognition one line that says so."""
    if needs.region and not settings.AWS_ENDPOINTS["rekognition"] and is_without_rekognition(needs.region):
        yield RegionProvisioner(needs.region)
        return
    for collection in needs.collections:
        yield CollectionProvisioner(collection)
