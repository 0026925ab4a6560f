"""Pictures in a bucket of the local S3, for the tests of the storage and of the pages that show them."""

BUCKET = "school-pictures"
COUNTED = []  # the calls that the storage reported


def count(institution, service, operation):
    COUNTED.append((institution, service, operation))


def in_bucket(settings, **options):
    """Pictures go to the bucket from now on."""
    COUNTED.clear()
    everything = {"bucket_name": BUCKET, "meter": "tests.aws.pictures.count", "querystring_expire": 60, **options}
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": "portal.aws.storage.PrivatePictureStorage", "OPTIONS": everything},
    }
