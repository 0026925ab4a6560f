"""Amazon's list prices with their dates, for estimates. A bill may differ.

Fixed here, not read from an account: discounts, the free tier, taxes, traffic and stored gigabytes are left out, and so
are Rekognition's lower prices after the first million pictures a month, which all schools of an account share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

FREE = Decimal(0)


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Dollars for one call (or unit of capacity) from a day on, in one Region.

    usual: by service, for every operation that is not in `named`, so that an unforeseen one is not free.
    kept_face: dollars for a face in a collection, a month.
    """

    since: date
    region: str
    usual: Mapping[str, Decimal]
    named: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    kept_face: Decimal = FREE

    def of(self, service: str, operation: str) -> Decimal:
        """Dollars for one call. A service that is not in the table costs nothing."""
        return self.named.get((service, operation), self.usual.get(service, FREE))


# Rekognition: $0.001 for each call that looks at a picture or searches a face, while an account makes fewer than a
# million a month; managing a collection is free. https://aws.amazon.com/rekognition/pricing/
_REKOGNITION_FREE = (
    "CreateCollection", "DeleteCollection", "DescribeCollection", "ListCollections",
    "ListFaces", "DeleteFaces", "CreateUser", "DeleteUser", "ListUsers",
)  # fmt: skip
# Face Liveness: $0.015 for each check, up to half a million a month, counted when the session is created; not checked
# again when this was written.
_LIVENESS_CHECK = Decimal("0.015")
# DynamoDB on demand: $0.625 a million write units and $0.125 a million read units, half of what it was before
# November 2024. https://aws.amazon.com/dynamodb/pricing/on-demand/
# S3 Standard: $0.005 a thousand requests that write or list, $0.0004 a thousand that read; deleting is free.
# https://aws.amazon.com/s3/pricing/
_S3_READS = ("GetObject", "HeadObject", "HeadBucket", "GetObjectAttributes")
_S3_FREE = ("DeleteObject", "DeleteObjects")

NOVEMBER_2024 = PriceTable(
    since=date(2024, 11, 1),
    region="us-east-1",
    usual={"rekognition": Decimal("0.001"), "s3": Decimal("0.000005"), "dynamodb": Decimal("0.000000625")},
    named={
        **{("rekognition", operation): FREE for operation in _REKOGNITION_FREE},
        ("rekognition", "CreateFaceLivenessSession"): _LIVENESS_CHECK,
        ("rekognition", "GetFaceLivenessSessionResults"): FREE,
        ("dynamodb", "WriteUnits"): Decimal("0.000000625"),
        ("dynamodb", "ReadUnits"): Decimal("0.000000125"),
        **{("s3", operation): Decimal("0.0000004") for operation in _S3_READS},
        **{("s3", operation): FREE for operation in _S3_FREE},
    },
    kept_face=Decimal("0.00001"),
)
TABLES = (NOVEMBER_2024,)  # oldest first: a new one is added, never put in an old one's place


def prices_of(month: date) -> PriceTable:
    """The prices of a month: the last table in force on its first day, else the first table."""
    return next((table for table in reversed(TABLES) if table.since <= month), TABLES[0])


def dollars_of(month: date, service: str, operation: str, calls: float) -> Decimal:
    """Estimated dollars for so many calls in a month. Not rounded, since many small amounts are summed."""
    return prices_of(month).of(service, operation) * Decimal(str(calls))
