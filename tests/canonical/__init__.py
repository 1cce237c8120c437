"""`sigdrift canonical` against the signer of boto3 and the AWS CLI."""
