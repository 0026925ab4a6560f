"""Provisioner of a Rekognition collection, which has no settings: it exists or not."""

from dataclasses import dataclass

from botocore.exceptions import ClientError

from portal.aws.clients import client
from portal.aws.errors import error_code
from portal.aws.provision import Difference
from portal.aws.resources import Collection


@dataclass(frozen=True, slots=True)
class CollectionProvisioner:
    """Implements `Provisioner` for a collection."""

    collection: Collection

    @property
    def label(self) -> str:
        return f"collection {self.collection.name} ({self.collection.school})"

    def differences(self) -> list[Difference]:
        try:
            client("rekognition").describe_collection(CollectionId=self.collection.name)
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            return [Difference("It does not exist.", "created", self._create)]
        return []

    def _create(self) -> None:
        """Create the collection, even if the portal does so at the same moment with the school's first photo."""
        try:
            client("rekognition").create_collection(CollectionId=self.collection.name)
        except ClientError as error:
            if error_code(error) != "ResourceAlreadyExistsException":
                raise
