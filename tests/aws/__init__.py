"""AWS on this machine: a Rekognition of our own, ministack for DynamoDB and S3, and the tests that use them.

`python -m tests.aws` (`make aws-local`) runs both servers for developers. Nothing here needs an account or the network.
"""
