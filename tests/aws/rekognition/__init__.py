"""Amazon Rekognition on this machine: its wire protocol, its limits and errors, and real faces recognised.

`python -m tests.aws.rekognition --port 4570`; boto3 comes here by AWS_ENDPOINT_URL_REKOGNITION. Requests and answers
are both checked against botocore's own model of the service (`wire`), so that neither an adapter nor this server can
drift from it unnoticed; faces are found and compared by the networks of the embedded engine (`pictures`).

What it is not: a measure of how well Rekognition recognises. Its per cents are those of `similarity`.
"""
