"""The CloudFormation of the settings: read by cfn-lint, and the same in all that `provision_aws` would make."""

import json
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from attendance.needs import needs_of_aws
from portal.aws.policy import running_policy
from portal.aws.provision_bucket import lifecycle_rules, tls_only
from portal.aws.template import logical, template

LINT = Path(sys.executable).with_name("cfn-lint")


@pytest.fixture
def printed(all_on_aws):
    out = StringIO()
    call_command("provision_aws", "--template", stdout=out)
    return out.getvalue()


def test_cfn_lint_finds_nothing(printed, tmp_path):
    file = tmp_path / "portal.json"
    file.write_text(printed)
    ran = subprocess.run([LINT, "--regions", "eu-west-1", "--", file], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_role_has_what_the_policy_says_and_no_more(all_on_aws):
    needs = needs_of_aws()
    [policy] = template(needs)["Resources"]["PortalRole"]["Properties"]["Policies"]
    text = json.dumps(policy["PolicyDocument"]).replace("${AWS::AccountId}", "1")
    told = json.loads(text, object_hook=lambda each: each.get("Fn::Sub", each))
    assert told == running_policy(needs, "1")
    assert "Scan" not in text


def test_data_outlive_the_stack(all_on_aws):
    resources = template(needs_of_aws())["Resources"]
    kept = [each for each in resources.values() if each["Type"] in ("AWS::DynamoDB::Table", "AWS::S3::Bucket")]
    assert len(kept) == 3
    assert all(each["DeletionPolicy"] == each["UpdateReplacePolicy"] == "Retain" for each in kept)


def test_calls_stay_within_the_vpc_where_one_is_named(all_on_aws):
    resources = template(needs_of_aws())["Resources"]
    endpoints = {name: each for name, each in resources.items() if each["Type"] == "AWS::EC2::VPCEndpoint"}
    assert set(endpoints) == {"EndpointDynamodb", "EndpointS3", "EndpointRekognition"}
    assert all(each["Condition"] == "HasVpc" for each in endpoints.values())


def test_alarms_tell_of_throttling(all_on_aws):
    resources = template(needs_of_aws())["Resources"]
    alarms = {name for name, each in resources.items() if each["Type"] == "AWS::CloudWatch::Alarm"}
    assert {"SearchFacesByImageThrottledCount", "TableAttendanceMarksWrites", "TableAttendanceFacesReads"} <= alarms


def test_tables_and_bucket_are_as_provision_aws_makes_them(all_on_aws):
    needs = needs_of_aws()
    resources = template(needs)["Resources"]
    for use in needs.tables:
        told = resources[f"Table{logical(use.table.name)}"]["Properties"]
        wanted = use.table.create_arguments()
        assert {name: told[name] for name in wanted} == wanted
        assert told["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert told.get("TimeToLiveSpecification", {}).get("AttributeName") == use.table.ttl
    pictures = resources["Pictures"]["Properties"]
    rules = {rule["Id"]: rule for rule in pictures["LifecycleConfiguration"]["Rules"]}
    for rule in lifecycle_rules(needs.bucket):
        assert rules[rule["ID"]].get("ExpirationInDays") == rule.get("Expiration", {}).get("Days")
        assert rules[rule["ID"]].get("Prefix", "") == rule["Filter"]["Prefix"]
    assert resources["PicturesPolicy"]["Properties"]["PolicyDocument"]["Statement"] == [tls_only(needs.bucket)]
