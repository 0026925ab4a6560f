"""CloudFormation made of the same descriptions as `provision_aws` works by: `provision_aws --template`.

What it holds beyond those: a role with the least rights, gateway endpoints of S3 and DynamoDB and an interface endpoint
of Rekognition for a VPC, so that no picture leaves AWS's own network, and alarms on a topic. The schools' collections
are not in it: the portal makes one when a school enrols its first face.
"""

from typing import Any

from portal.aws.policy import running_policy
from portal.aws.provision_bucket import lifecycle_rules, tls_only
from portal.aws.resources import Bucket, Needs
from portal.aws.tables import Table, index_arguments

Resource = dict[str, Any]
_ACCOUNT = "${AWS::AccountId}"
_HAS_VPC = "HasVpc"
_MINUTE = 60
_RECOGNISING = ("SearchFaces", "SearchUsers", "IndexFaces", "DetectFaces", "CompareFaces")


def template(needs: Needs) -> dict[str, Any]:
    """The whole template as JSON. Every resource that keeps data stays when the stack is deleted."""
    resources: dict[str, Resource] = {
        "Alarms": {"Type": "AWS::SNS::Topic", "Properties": {"KmsMasterKeyId": "alias/aws/sns"}}
    }
    for use in needs.tables:
        resources |= _table(use.table)
    if needs.bucket:
        resources |= _bucket(needs.bucket)
    resources |= _alarms_of_rekognition(needs)
    resources |= _role(needs)
    resources |= _endpoints(needs)
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Smart Attendance: what its settings need at AWS, as provision_aws --template prints it",
        "Parameters": _parameters(),
        "Conditions": {
            _HAS_VPC: {"Fn::Not": [{"Fn::Equals": [{"Ref": "Vpc"}, ""]}]},
        },
        "Resources": resources,
        "Outputs": {
            "PortalRole": {"Value": {"Fn::GetAtt": ["PortalRole", "Arn"]}},
            "Alarms": {"Value": {"Ref": "Alarms"}},
        },
    }


def _parameters() -> dict[str, Any]:
    told = {
        "Vpc": "The VPC of webs and workers; empty: no endpoints",
        "RouteTables": "Its route tables, with commas between them",
        "Subnets": "Its subnets, with commas between them, for the endpoint of Rekognition",
        "Callers": "The security groups of webs and workers, with commas between them",
    }
    given = {name: {"Type": "String", "Default": "", "Description": words} for name, words in told.items()}
    # A list of groups cannot be empty; this one is never looked at without a VPC.
    given["Callers"] |= {"Type": "CommaDelimitedList", "Default": "sg-00000000000000000"}
    return given


def logical(name: str) -> str:
    """The name of a resource in the template: letters and digits alone."""
    return "".join(part.capitalize() for part in "".join(c if c.isalnum() else " " for c in name).split())


def _table(table: Table) -> dict[str, Resource]:
    given = table.create_arguments()
    properties: dict[str, Any] = {
        "TableName": table.name,
        "BillingMode": given["BillingMode"],
        "AttributeDefinitions": given["AttributeDefinitions"],
        "KeySchema": given["KeySchema"],
        "DeletionProtectionEnabled": given["DeletionProtectionEnabled"],
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    if table.indexes:
        properties["GlobalSecondaryIndexes"] = [index_arguments(index) for index in table.indexes]
    if table.ttl:
        properties["TimeToLiveSpecification"] = {"AttributeName": table.ttl, "Enabled": True}
    name = f"Table{logical(table.name)}"
    where = [{"Name": "TableName", "Value": {"Ref": name}}]
    return {
        name: _kept({"Type": "AWS::DynamoDB::Table", "Properties": properties}),
        f"{name}Reads": _alarm("AWS/DynamoDB", "ReadThrottleEvents", where, "Reads of a table are throttled"),
        f"{name}Writes": _alarm("AWS/DynamoDB", "WriteThrottleEvents", where, "Writes to a table are throttled"),
    }


def _alarms_of_rekognition(needs: Needs) -> dict[str, Resource]:
    """Of each call that recognises: that the quota is met, and that Amazon answers with faults of its own."""
    found: dict[str, Resource] = {}
    for action in (*needs.face_actions, *needs.liveness_actions):
        call = action.partition(":")[2]
        if not call.startswith(_RECOGNISING):
            continue
        where = [{"Name": "Operation", "Value": call}]
        for metric, words in (("ThrottledCount", "meets its quota"), ("ServerErrorCount", "fails at Amazon's side")):
            found[f"{call}{metric}"] = _alarm("AWS/Rekognition", metric, where, f"{call} {words}")
    return found


def _bucket(bucket: Bucket) -> dict[str, Resource]:
    kms = (
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": bucket.kms_key} if bucket.kms_key else {"SSEAlgorithm": "AES256"}
    )
    properties = {
        "BucketName": bucket.name,
        "PublicAccessBlockConfiguration": dict.fromkeys(
            ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
        ),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": kms, "BucketKeyEnabled": bool(bucket.kms_key)}
            ]
        },
        "LifecycleConfiguration": {"Rules": [_lifecycle(rule) for rule in lifecycle_rules(bucket)]},
    }
    policy = {"Version": "2012-10-17", "Statement": [tls_only(bucket)]}
    return {
        "Pictures": _kept({"Type": "AWS::S3::Bucket", "Properties": properties}),
        "PicturesPolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {"Bucket": {"Ref": "Pictures"}, "PolicyDocument": policy},
        },
    }


def _lifecycle(rule: dict[str, Any]) -> dict[str, Any]:
    """A lifecycle rule of S3's API as CloudFormation writes it."""
    told: dict[str, Any] = {"Id": rule["ID"], "Status": rule["Status"]}
    if prefix := rule["Filter"]["Prefix"]:
        told["Prefix"] = prefix
    if "Expiration" in rule:
        told["ExpirationInDays"] = rule["Expiration"]["Days"]
    if "AbortIncompleteMultipartUpload" in rule:
        told["AbortIncompleteMultipartUpload"] = rule["AbortIncompleteMultipartUpload"]
    return told


def _role(needs: Needs) -> dict[str, Resource]:
    """The role of webs and workers on EC2 or ECS, with the policy that `provision_aws --policy` prints."""
    services = ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]
    trust = {"Effect": "Allow", "Principal": {"Service": services}, "Action": "sts:AssumeRole"}
    document = _with_account(running_policy(needs, _ACCOUNT))
    properties = {
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [{"PolicyName": "portal", "PolicyDocument": document}],
    }
    return {"PortalRole": {"Type": "AWS::IAM::Role", "Properties": properties}}


def _with_account(value: Any) -> Any:
    """The policy with the account's number put in by CloudFormation."""
    if isinstance(value, dict):
        return {name: _with_account(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_account(each) for each in value]
    return {"Fn::Sub": value} if isinstance(value, str) and _ACCOUNT in value else value


def _endpoints(needs: Needs) -> dict[str, Resource]:
    """Endpoints in the VPC: calls of S3, DynamoDB and Rekognition do not pass the internet."""
    gateways = [name for name, is_used in (("dynamodb", needs.tables), ("s3", needs.bucket)) if is_used]
    found = {f"Endpoint{logical(name)}": _gateway(name) for name in gateways}
    if needs.face_actions or needs.liveness_actions:
        found["EndpointRekognition"] = _interface("rekognition")
    return found


def _gateway(service: str) -> Resource:
    """A gateway endpoint, which costs nothing. Without a policy of its own: images and packages come by S3 too, and
    what the portal may do its role says."""
    route_tables = {"Fn::Split": [",", {"Ref": "RouteTables"}]}
    return _endpoint(service, {"VpcEndpointType": "Gateway", "RouteTableIds": route_tables})


def _interface(service: str) -> Resource:
    properties = {
        "VpcEndpointType": "Interface",
        "PrivateDnsEnabled": True,
        "SubnetIds": {"Fn::Split": [",", {"Ref": "Subnets"}]},
        "SecurityGroupIds": {"Ref": "Callers"},
    }
    return _endpoint(service, properties)


def _endpoint(service: str, properties: dict[str, Any]) -> Resource:
    name = {"Fn::Sub": f"com.amazonaws.${{AWS::Region}}.{service}"}
    return {
        "Type": "AWS::EC2::VPCEndpoint",
        "Condition": _HAS_VPC,
        "Properties": {"VpcId": {"Ref": "Vpc"}, "ServiceName": name, **properties},
    }


def _alarm(namespace: str, metric: str, where: list[dict[str, Any]], words: str) -> Resource:
    properties = {
        "AlarmDescription": words,
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": where,
        "Statistic": "Sum",
        "Period": _MINUTE,
        "EvaluationPeriods": 5,
        "DatapointsToAlarm": 2,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [{"Ref": "Alarms"}],
    }
    return {"Type": "AWS::CloudWatch::Alarm", "Properties": properties}


def _kept(resource: Resource) -> Resource:
    return {**resource, "DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
