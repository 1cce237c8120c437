"""Makes an IAM user with an access key, and a bucket, in an AWS emulator. Runs in the environment `clients`."""

import json
import sys

import boto3

order = json.load(sys.stdin)


def client(service):
    return boto3.client(
        service,
        region_name=order["region"],
        endpoint_url=order["endpoint"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


iam = client("iam")
iam.create_user(UserName="tester")
everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
iam.put_user_policy(UserName="tester", PolicyName="all", PolicyDocument=json.dumps(everything))
key = iam.create_access_key(UserName="tester")["AccessKey"]
if order["with_bucket"]:
    client("s3").create_bucket(
        Bucket=order["bucket"], CreateBucketConfiguration={"LocationConstraint": order["region"]}
    )
print(json.dumps({"key_id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}))
