"""Provisioner of a Region's services, which nobody can create: they are offered there or not."""

from dataclasses import dataclass

from portal.aws.addresses import is_without_rekognition
from portal.aws.provision import Difference


@dataclass(frozen=True, slots=True)
class RegionProvisioner:
    """Implements `Provisioner` for Rekognition in a Region."""

    region: str

    @property
    def label(self) -> str:
        return f"Rekognition in {self.region}"

    def differences(self) -> list[Difference]:
        if not is_without_rekognition(self.region):
            return []
        return [
            Difference(
                "It is not offered there, as far as the installed boto3 knows. Choose another AWS_REGION, or the "
                "embedded engine."
            )
        ]
