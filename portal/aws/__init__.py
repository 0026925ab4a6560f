"""Shared parts of the AWS adapters: clients, errors, the calls' pace, and descriptions of required resources.

Imports no app. boto3 is imported here and in the adapters' own modules alone, and only where a setting chooses them.
"""
