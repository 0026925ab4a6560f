"""What a school's use of paid services comes to: calls by operation and month."""

from uuid import UUID


def calls_count(institution_id: UUID, service: str, operation: str, calls: float = 1) -> None:
    """Count calls of a paid service for an institution's month.

    service: "rekognition", "dynamodb" or "s3". operation: AWS's name, such as `SearchFacesByImage`; for DynamoDB
    `ReadUnits` or `WriteUnits`, with `calls` in capacity units, which is what AWS bills.
    """


def is_spent(institution_id: UUID) -> bool:
    """Whether the institution's monthly cap is reached: no paid call is to be made until the next month."""
    return False
