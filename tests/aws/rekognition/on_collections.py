"""Operations on collections themselves."""

import time

from tests.aws.rekognition.operations import Call, operation
from tests.aws.rekognition.paging import page_of
from tests.aws.rekognition.store import MODEL_VERSION, Collection
from tests.aws.rekognition.wire import Document, ServiceError

ACCOUNT = "123456789012"


@operation("CreateCollection")
def create_collection(call: Call) -> Document:
    name = call.request["CollectionId"]
    if (call.region, name) in call.store.collections:
        raise ServiceError("ResourceAlreadyExistsException", f"The collection id: {name} already exists")
    call.store.collections[call.region, name] = Collection(name, time.time(), call.region)
    # As in Amazon's own examples: without the "arn:" that every other ARN begins with.
    return {
        "StatusCode": 200,
        "CollectionArn": f"aws:rekognition:{call.region}:{ACCOUNT}:collection/{name}",
        "FaceModelVersion": MODEL_VERSION,
    }


@operation("DeleteCollection")
def delete_collection(call: Call) -> Document:
    del call.store.collections[call.region, call.collection.collection_id]
    return {"StatusCode": 200}


@operation("DescribeCollection")
def describe_collection(call: Call) -> Document:
    collection = call.collection
    return {
        "FaceCount": len(collection.faces),
        "UserCount": len(collection.users),
        "FaceModelVersion": MODEL_VERSION,
        "CollectionARN": f"arn:aws:rekognition:{collection.region}:{ACCOUNT}:collection/{collection.collection_id}",
        "CreationTimestamp": collection.created,
    }


@operation("ListCollections")
def list_collections(call: Call) -> Document:
    names, more = page_of(
        sorted(name for region, name in call.store.collections if region == call.region), call.request, most=1000
    )
    return {"CollectionIds": list(names), "FaceModelVersions": [MODEL_VERSION] * len(names), **more}
