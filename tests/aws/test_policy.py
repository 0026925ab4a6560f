"""The IAM policies hold what the settings need and nothing else."""

import json
import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import botocore.session
import pytest
from django.core.management import call_command

from attendance.erasing.school import FOLDERS
from attendance.needs import FACE_LIVENESS, needs_of_aws
from enrollment.faces.rekognition.actions import actions
from portal.aws.policy import provisioning_policy, running_policy
from portal.aws.resources import Needs, TableUse
from portal.aws.tables import Index, Table

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TABLE = Table("things", "pk", "sk", indexes=(Index("by_owner", "owner_pk", "at"), Index("by_day", "day_pk")))


def every(policy, part):
    return [each for statement in policy["Statement"] for each in statement[part]]


class TestPolicies:
    @pytest.fixture
    def needs(self, all_on_aws, riverside):
        return needs_of_aws()

    def test_are_printed_as_json(self, all_on_aws):
        out = StringIO()
        call_command("provision_aws", "--policy", "--account", "123456789012", stdout=out)
        assert set(json.loads(out.getvalue())) == {"portal", "provisioning"}
        assert "ACCOUNT-ID" not in out.getvalue()

    def test_say_where_the_account_belongs(self, all_on_aws):
        out, err = StringIO(), StringIO()
        call_command("provision_aws", "--policy", stdout=out, stderr=err)
        assert "arn:aws:dynamodb:eu-west-1:ACCOUNT-ID:table/attendance-marks" in out.getvalue()
        assert "--account 123456789012" in err.getvalue()

    def test_allow_nothing_at_large(self, needs):
        for policy in (running_policy(needs), provisioning_policy(needs)):
            assert not [action for action in every(policy, "Action") if "*" in action]
            assert "dynamodb:Scan" not in every(policy, "Action")
            assert not [action for action in every(policy, "Action") if "Delete" in action and "Bucket" in action]
            for statement in policy["Statement"]:
                if "*" in statement["Resource"]:
                    assert set(statement["Action"]) <= {
                        "rekognition:CompareFaces",
                        "rekognition:CreateCollection",
                        "rekognition:DetectFaces",
                        "rekognition:ListCollections",
                    }

    def test_what_takes_no_address_is_allowed_without_one(self, needs):
        """On a collection's address AWS would never allow it."""
        [everywhere] = [s for s in running_policy(needs)["Statement"] if s["Resource"] == ["*"]]
        assert {"rekognition:CompareFaces", "rekognition:CreateCollection"} <= set(everywhere["Action"])

    def test_the_portal_cannot_change_what_holds_its_data(self, needs):
        forbidden = re.compile(
            r"(Create|Update|Delete)(Table|Bucket)|Put(Bucket|Lifecycle|Encryption)|DeleteCollection"
        )
        assert not [action for action in every(running_policy(needs), "Action") if forbidden.search(action)]

    def test_who_provisions_opens_nothing(self, needs):
        opening = re.compile(r"Object|Item|Query|Search|IndexFaces|ListFaces")
        found = [action for action in every(provisioning_policy(needs), "Action") if opening.search(action)]
        assert found == []

    def test_files_lie_below_their_prefixes(self, needs):
        [pictures] = [s for s in running_policy(needs)["Statement"] if s["Sid"] == "Pictures"]
        assert sorted(pictures["Resource"]) == sorted(f"arn:aws:s3:::school-pictures/{name}/*" for name in FOLDERS)

    def test_the_key_only_where_one_is_set(self, needs):
        assert not [action for action in every(running_policy(needs), "Action") if action.startswith("kms:")]
        keyed = running_policy(replace(needs, bucket=replace(needs.bucket, kms_key=KEY)))
        assert keyed["Statement"][-1]["Resource"] == [KEY]

    def test_of_one_service_alone(self):
        needs = Needs("cn-north-1", "school", tables=(TableUse(TABLE, ("dynamodb:Query",)),))
        policy = running_policy(needs, "123456789012")
        arn = "arn:aws-cn:dynamodb:cn-north-1:123456789012:table/things"
        assert every(policy, "Resource") == [arn, f"{arn}/index/by_owner", f"{arn}/index/by_day"]

    def test_the_engine_makes_no_call_that_they_leave_out(self):
        """Read from the engine's source: AWS's names of the operations it calls."""
        operations = set(client_operations())
        source = "".join(
            path.read_text("utf-8")
            for path in Path("enrollment").rglob("*.py")
            if "rekognition" in path.as_posix() and path.name != "actions.py"
        )
        called = {name for name in re.findall(r'"([A-Z][A-Za-z]+)"', source) if name in operations}
        granted = {*actions(detector="rekognition", users=True), *actions(), *FACE_LIVENESS}
        assert len(called) > 8
        assert {f"rekognition:{name}" for name in called} == granted

    def test_options_ask_for_what_they_use(self):
        assert "rekognition:DetectFaces" not in actions()
        assert "rekognition:DetectFaces" in actions(detector="rekognition")
        assert "rekognition:SearchFacesByImage" not in actions(users=True)
        assert "rekognition:SearchUsersByImage" in actions(users=True, accept_threshold=90.0)


def client_operations():
    return botocore.session.get_session().get_service_model("rekognition").operation_names
