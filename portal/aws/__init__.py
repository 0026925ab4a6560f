"""What every AWS adapter shares: clients, errors, the calls' pace, and descriptions of what has to exist.

Imports no app. boto3 is imported here and in the adapters' own modules alone, and only where a setting chooses them.
"""
