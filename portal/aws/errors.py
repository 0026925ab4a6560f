"""Classification of boto3's exceptions: a code, and whether trying again may help."""

from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

VENDOR_ERRORS = (ClientError, BotoCoreError)

_THROTTLED = frozenset(
    {
        "ThrottlingException",
        "Throttling",
        "ThrottledException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "LimitExceededException",
        "SlowDown",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "InvalidAccessKeyId",
    }
)


class NotAsked(BotoCoreError):
    """A call that was not made: the service does not answer, or the request has no time left for it."""

    fmt = "{service} was not asked: {reason}"


@dataclass(frozen=True, slots=True)
class Failure:
    """Reason of a failed call. code: `throttled`, `unreachable`, `denied`, `failing` (AWS's own fault) or `refused`.

    retryable: True if the same call may work later. A denied one may, once an operator has mended the credentials.
    detail: AWS's own code, for the log. It holds no picture and no name.
    """

    code: str
    retryable: bool
    detail: str


def failure_of(error: Exception) -> Failure:
    """The failure behind a boto3 exception (one of VENDOR_ERRORS)."""
    if isinstance(error, ClientError):
        return _of_answer(error_code(error), int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)))
    if isinstance(error, (ConnectionError, HTTPClientError, NotAsked)):
        return Failure("unreachable", True, type(error).__name__)
    # No credentials, no Region, a request that botocore itself refuses: the settings are wrong.
    name = type(error).__name__
    is_credentials = "Credential" in name or "Token" in name
    return Failure("denied", True, name) if is_credentials else Failure("refused", False, name)


def error_code(error: ClientError) -> str:
    """AWS's name of the error, such as `ConditionalCheckFailedException`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _of_answer(code: str, status: int) -> Failure:
    if code in _THROTTLED or status == 429:
        return Failure("throttled", True, code)
    if code in _DENIED or status == 403:
        return Failure("denied", True, code)
    if status >= 500:
        return Failure("failing", True, code)
    return Failure("refused", False, code)
