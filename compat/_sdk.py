"""The SageMaker SDK's classes of files, without S3: they load a file by uploading it to their
bucket and reading it back, so the bucket is a dictionary here.

Needs the packages of requirements.txt.
"""

from unittest import mock


class Session:
    """The little that the classes ask of a session."""

    default_bucket_prefix = None

    def default_bucket(self):
        return "bucket"


class Bucket:
    """In the place of the SDK's uploader and downloader."""

    def __init__(self):
        self.objects = {}

    def upload_string_as_file_body(self, body, desired_s3_uri=None, **_):
        self.objects[desired_s3_uri] = body
        return desired_s3_uri

    def read_file(self, s3_uri, **_):
        return self.objects[s3_uri]

    def in_place_of_s3(self):
        return mock.patch.multiple("sagemaker.s3", S3Uploader=self, S3Downloader=self)


def load(cls, path):
    return cls.from_file_path(str(path), sagemaker_session=Session())
