"""`provision_aws`: what the settings need comes into being, differences are said and made good, nothing is lost."""

import json
from dataclasses import replace
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from portal.aws import provision
from portal.aws.clients import client, forget_clients
from portal.aws.provision import Difference, ProvisioningFailed, bring_about, compare, wait_until
from portal.aws.provision_bucket import BucketProvisioner
from portal.aws.provision_table import TableProvisioner
from portal.aws.resources import Bucket
from portal.aws.tables import Index, Table

KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
TABLE = Table(
    "things",
    "pk",
    "sk",
    indexes=(Index("by_owner", "owner_pk", "at", included=("status",)), Index("by_day", "day_pk")),
    ttl="exp",
)
BUCKET = Bucket("school-pictures", "eu-west-1", expiry=(("captures/", 8),), prefixes=("captures/", "faces/"))


def run(*options):
    """The command's exit code and what it wrote, line by line."""
    out = StringIO()
    try:
        call_command("provision_aws", *options, stdout=out, stderr=StringIO())
    except CommandError as error:
        return error.returncode, [*out.getvalue().splitlines(), str(error)]
    return 0, out.getvalue().splitlines()


@pytest.fixture
def local_aws(all_on_aws, local_dynamodb, local_s3, local_rekognition):
    """Empty servers for all of it."""


class TestTheCommand:
    def test_says_that_nothing_is_needed(self, db):
        for options in ([], ["--check"], ["--policy"]):
            assert run(*options) == (0, ["The settings use nothing of AWS, so there is nothing to provision."])

    def test_creates_everything_and_is_clean_afterwards(self, local_aws, riverside):
        code, lines = run("--check")
        assert code == 1
        assert [line.partition(": ")[2] for line in lines[:4]] == ["It does not exist."] * 4
        assert lines[-1] == "4 resources are not as the settings need."
        assert client("dynamodb").list_tables()["TableNames"] == []  # a check changes nothing

        code, lines = run()
        assert code == 0
        assert [line.split()[0] for line in lines[:4]] == ["table", "table", "bucket", "collection"]
        assert all(": created" in line for line in lines[:4])

        for options in (["--check"], []):
            code, lines = run(*options)
            assert code == 0
            assert all(line.endswith(": as it should be.") for line in lines[:4])

    def test_schools_with_faces_have_a_collection_each(self, local_aws, riverside, hilltop):
        hilltop.faces_enabled = False
        hilltop.save()
        run()
        assert client("rekognition").list_collections()["CollectionIds"] == [f"attendance-{riverside.pk}"]
        hilltop.faces_enabled = True
        hilltop.save()
        assert run("--check")[1][-1] == "1 resource is not as the settings need."
        run()
        assert run("--check")[0] == 0

    def test_no_school_can_keep_pictures_for_longer_than_the_bucket(self, local_aws, riverside):
        run()
        rules = client("s3").get_bucket_lifecycle_configuration(Bucket="school-pictures")["Rules"]
        [days] = [rule["Expiration"]["Days"] for rule in rules if rule["Filter"]["Prefix"].endswith("captures/")]
        riverside.photo_retention_days = days - 1  # raised long after provisioning
        riverside.full_clean()
        riverside.photo_retention_days = days
        with pytest.raises(ValidationError):
            riverside.full_clean()
        assert run("--check")[0] == 0

    @pytest.mark.parametrize("region", ["eu-west-3", "cn-north-1", "af-south-1"])
    def test_a_region_without_rekognition_is_said_once(self, local_aws, settings, monkeypatch, riverside, region):
        monkeypatch.delenv("AWS_ENDPOINT_URL_REKOGNITION")
        settings.AWS_REGION, settings.AWS_ENDPOINTS = region, {**settings.AWS_ENDPOINTS, "rekognition": ""}
        code, lines = run("--check")
        assert code == 1
        assert f"Rekognition in {region}: It is not offered there" in lines[3]
        assert "collection" not in "".join(lines[:4])

    def test_a_server_of_one_s_own_is_anywhere(self, local_aws, settings, riverside):
        settings.AWS_REGION = "eu-west-3"
        forget_clients()
        assert any(line.startswith("collection ") for line in run("--check")[1])

    def test_only_what_the_settings_use(self, settings, db, local_s3):
        settings.PICTURES_BUCKET = "school-pictures"
        code, lines = run()
        assert (code, len(lines)) == (0, 2)
        assert lines[0].startswith("bucket school-pictures: created")

    def test_goes_on_where_one_service_refuses(self, local_aws, local_rekognition, riverside):
        local_rekognition.fault("DescribeCollection", "AccessDeniedException", 9)
        code, lines = run()
        assert code == 1
        assert "bucket school-pictures: created" in lines[2]
        assert "AWS did not answer as hoped (AccessDeniedException)" in lines[3]

    def test_without_credentials_each_line_says_so(self, local_aws, monkeypatch):
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        forget_clients()
        code, lines = run("--check")
        assert code == 1
        assert all("NoCredentialsError" in line for line in lines[:3])


class TestMending:
    def test_a_resource_is_compared_again_after_each_round(self):
        world = {"exists": False, "set": False}

        class Two:
            label = "thing"

            def differences(self):
                if not world["exists"]:
                    return [Difference("It is missing.", "created", lambda: world.update(exists=True))]
                return [] if world["set"] else [Difference("It is off.", "set", lambda: world.update(set=True))]

        assert compare(Two()).left[0].sentence == "It is missing."
        assert world == {"exists": False, "set": False}
        outcome = bring_about(Two())
        assert (outcome.done, outcome.left) == (("created", "set"), ())

    def test_a_server_that_keeps_nothing_is_asked_once_and_reported(self):
        asked = []

        class Forgetful:
            label = "thing"

            def differences(self):
                return [Difference("It is off.", "set", lambda: asked.append(1))]

        outcome = bring_about(Forgetful())
        assert (outcome.done, [each.sentence for each in outcome.left]) == ((), ["It is off."])
        assert asked == [1]

    def test_what_never_becomes_ready_is_said(self, monkeypatch):
        monkeypatch.setattr(provision, "PATIENCE", 0.0)
        with pytest.raises(TimeoutError, match="The table x was not ready after 0 seconds"):
            wait_until(lambda: False, "The table x")


@pytest.fixture
def table(local_dynamodb):
    """The table as it should be, on an empty server."""
    assert bring_about(TableProvisioner(TABLE)).left == ()
    return TABLE


def said(described):
    return [difference.sentence for difference in compare(TableProvisioner(described)).left]


class TestTables:
    def test_are_encrypted_protected_recoverable_and_expire(self, table):
        state = client("dynamodb").describe_table(TableName="things")["Table"]
        assert (state["TableStatus"], state["DeletionProtectionEnabled"]) == ("ACTIVE", True)
        ttl = client("dynamodb").describe_time_to_live(TableName="things")["TimeToLiveDescription"]
        assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "exp")
        backups = client("dynamodb").describe_continuous_backups(TableName="things")["ContinuousBackupsDescription"]
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"

    def test_get_what_an_older_version_of_them_lacks(self, local_dynamodb):
        bring_about(TableProvisioner(replace(TABLE, indexes=(), ttl=None)))
        client("dynamodb").put_item(TableName="things", Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
        outcome = bring_about(TableProvisioner(TABLE))
        assert outcome.left == ()
        assert outcome.done == ("index by_owner created", "index by_day created", "time to live switched on")
        assert said(TABLE) == []
        assert client("dynamodb").get_item(TableName="things", Key={"pk": {"S": "a"}, "sk": {"S": "b"}})["Item"]

    def test_protection_and_recovery_come_back(self, table):
        client("dynamodb").update_table(TableName="things", DeletionProtectionEnabled=False)
        off = {"PointInTimeRecoveryEnabled": False}
        client("dynamodb").update_continuous_backups(TableName="things", PointInTimeRecoverySpecification=off)
        assert said(TABLE) == ["Point-in-time recovery is off.", "It is not protected against deletion."]
        assert bring_about(TableProvisioner(TABLE)).left == ()

    def test_a_fixed_capacity_is_lifted(self, local_dynamodb):
        arguments = Table("things", "pk").create_arguments() | {
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
        }
        client("dynamodb").create_table(**arguments)
        outcome = bring_about(TableProvisioner(Table("things", "pk")))
        assert outcome.left == ()
        assert outcome.done[0] == "billed by request from now on"

    @pytest.mark.parametrize(
        ("wanted", "sentence"),
        [
            (replace(TABLE, sort_key="other"), "Its key is pk and sk where the portal needs pk and other."),
            (replace(TABLE, indexes=(Index("by_day", "pk"),)), "The key of the index by_day is day_pk where"),
            (
                replace(TABLE, indexes=(Index("by_owner", "owner_pk", "at", included=("status", "face")),)),
                "The index by_owner lacks face.",
            ),
            (replace(TABLE, ttl="other"), "Items expire by the attribute exp; the portal needs other"),
            (replace(TABLE, ttl=None), "Items expire by the attribute exp; the portal does not want that."),
        ],
    )
    def test_what_cannot_be_changed_is_said_and_left_alone(self, table, wanted, sentence):
        outcome = bring_about(TableProvisioner(wanted))
        assert outcome.done == ()
        assert len(outcome.left) == 1
        assert outcome.left[0].sentence.startswith(sentence)
        assert said(TABLE) == []

    def test_an_index_may_hold_more_than_is_needed(self, table):
        assert said(replace(TABLE, indexes=(Index("by_owner", "owner_pk", "at"),))) == []


@pytest.fixture
def bucket(local_s3):
    """The bucket as it should be, on an empty server."""
    assert bring_about(BucketProvisioner(BUCKET)).left == ()
    return BUCKET


def wrong(described=BUCKET):
    return [difference.sentence for difference in compare(BucketProvisioner(described)).left]


class TestBuckets:
    def test_are_as_described(self, bucket):
        s3 = client("s3")
        assert all(s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"].values())
        [rule] = s3.get_bucket_encryption(Bucket=bucket.name)["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        [statement] = json.loads(s3.get_bucket_policy(Bucket=bucket.name)["Policy"])["Statement"]
        assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
        assert [rule["Filter"]["Prefix"] for rule in rules if "Expiration" in rule] == ["captures/"]
        assert [rule["AbortIncompleteMultipartUpload"] for rule in rules if "Expiration" not in rule] == [
            {"DaysAfterInitiation": 1}
        ]

    @pytest.mark.parametrize(
        ("undo", "sentence"),
        [
            ("delete_public_access_block", "Public access is not blocked."),
            ("delete_bucket_ownership_controls", "Objects can have owners and access lists of their own."),
            ("delete_bucket_policy", "It can be reached without TLS."),
            (
                "delete_bucket_lifecycle",
                "It has no rule that deletes what is below captures/ after 8 days, and no rule that ends unfinished "
                "uploads after a day.",
            ),
        ],
    )
    def test_what_was_undone_is_said_and_made_good(self, bucket, undo, sentence):
        getattr(client("s3"), undo)(Bucket=bucket.name)
        assert wrong() == [sentence]
        assert bring_about(BucketProvisioner(bucket)).left == ()
        assert wrong() == []

    def test_the_schools_own_key_encrypts(self, bucket):
        keyed = replace(bucket, kms_key=KEY)
        assert wrong(keyed) == ["Objects are not encrypted with the key of PICTURES_KMS_KEY by default."]
        assert bring_about(BucketProvisioner(keyed)).done == ("encrypted with the key of PICTURES_KMS_KEY",)
        assert wrong(keyed) == []

    def test_other_peoples_rules_and_statements_stay(self, bucket):
        s3 = client("s3")
        mine = {"ID": "mine", "Status": "Enabled", "Filter": {"Prefix": "logs/"}, "Expiration": {"Days": 3}}
        rules = s3.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
        s3.put_bucket_lifecycle_configuration(Bucket=bucket.name, LifecycleConfiguration={"Rules": [mine, rules[1]]})
        own = {
            "Sid": "Mine",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteBucket",
            "Resource": f"arn:aws:s3:::{bucket.name}",
        }
        s3.put_bucket_policy(Bucket=bucket.name, Policy=json.dumps({"Version": "2012-10-17", "Statement": own}))
        assert bring_about(BucketProvisioner(bucket)).left == ()
        kept = s3.get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]
        assert sorted(rule["ID"] for rule in kept) == [
            "mine",
            "smart-attendance-expire-captures",
            "smart-attendance-unfinished-uploads",
        ]
        statements = json.loads(s3.get_bucket_policy(Bucket=bucket.name)["Policy"])["Statement"]
        assert [each["Sid"] for each in statements] == ["Mine", "SmartAttendanceTlsOnly"]

    def test_a_longer_retention_lengthens_the_rule(self, bucket):
        longer = replace(bucket, expiry=(("captures/", 40),))
        assert wrong(longer) == ["It has no rule that deletes what is below captures/ after 40 days."]
        assert bring_about(BucketProvisioner(longer)).left == ()
        assert len(client("s3").get_bucket_lifecycle_configuration(Bucket=bucket.name)["Rules"]) == 2

    def test_older_versions_are_a_matter_for_a_person(self, bucket):
        client("s3").put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})
        outcome = bring_about(BucketProvisioner(bucket))
        assert outcome.done == ()
        assert "erased pictures live on" in outcome.left[0].sentence

    def test_a_bucket_elsewhere_is_a_matter_for_a_person(self, bucket):
        elsewhere = replace(bucket, region="eu-central-1")
        assert wrong(elsewhere) == ["It lies in eu-west-1, the portal in eu-central-1. A bucket cannot be moved."]

    def test_somebody_elses_bucket_is_said(self, bucket, monkeypatch):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "nobody")
        forget_clients()
        assert wrong()[0].startswith("It is somebody else's, or these credentials may not look at it.")

    def test_in_the_oldest_region(self, local_s3, settings):
        settings.AWS_REGION = "us-east-1"
        forget_clients()
        assert bring_about(BucketProvisioner(replace(BUCKET, region="us-east-1"))).left == ()

    def test_a_server_that_is_unavailable_is_said(self, aws_endpoint, monkeypatch):
        monkeypatch.setattr("portal.aws.clients.RETRIES", {"mode": "standard", "total_max_attempts": 1})
        aws_endpoint("s3", "http://127.0.0.1:9")
        with pytest.raises(ProvisioningFailed, match="EndpointConnectionError"):
            compare(BucketProvisioner(BUCKET))
