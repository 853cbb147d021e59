"""S3 as boto3 and the AWS CLI use it, against `probity serve`. Each scenario has a server of its own.

needs: packages
"""

import base64
import concurrent.futures
import datetime
import filecmp
import hashlib
import http.client
import os
import random
import subprocess
import sys
import urllib.parse

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from _program import run, scenario
from _server import ACCOUNT, KEY, REGION, SECRET, serving

BUCKET = "s3-compat"
MIB = 1024 * 1024


class Place:
    """A server with a bucket, and clients of it."""

    def __init__(self, folder):
        self.serving = serving(folder)
        self.server = self.serving.__enter__()
        self.endpoint = self.server.url
        self.objects = self.server.data / "objects" / BUCKET
        self.s3 = self.server.client("s3")
        self.s3.create_bucket(Bucket=BUCKET)

    def __enter__(self):
        return self

    def __exit__(self, *failure):
        self.serving.__exit__(*failure)


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"{found} instead of {code}: {error}"
        return error.response
    raise AssertionError(f"not refused with {code}")


def noise(size, seed=1):
    return random.Random(seed).randbytes(size)


def fetch(url, method="GET", body=None, headers=None):
    """Status and body of a request that no client signed."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    target = parts.path + ("?" + parts.query if parts.query else "")
    connection.request(method, target, body=body, headers=headers or {})
    answer = connection.getresponse()
    return answer.status, answer.read()


@scenario
def objects_with_any_name_and_all_their_headers(folder):
    with Place(folder) as place:
        s3 = place.s3
        for key in ["plain.csv", "a b/c+d%41/ü日本.csv", "x=1/&?#.json", "~!*'()", "..hidden/...x", "a#1"]:
            body = key.encode()
            put = s3.put_object(Bucket=BUCKET, Key=key, Body=body, ContentType="text/csv",
                                CacheControl="no-store", ContentDisposition="attachment",
                                Metadata={"owner": "risk", "note": "a b"})
            assert put["ETag"] == f'"{hashlib.md5(body).hexdigest()}"'
            got = s3.get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")
            assert got["Body"].read() == body
            head = s3.head_object(Bucket=BUCKET, Key=key)
            for answer in (got, head):
                assert answer["ContentType"] == "text/csv" and answer["CacheControl"] == "no-store"
                assert answer["Metadata"] == {"owner": "risk", "note": "a b"}, answer["Metadata"]
                assert answer["ContentLength"] == len(body)
            listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=key)["Contents"]
            assert [entry["Key"] for entry in listed] == [key], listed
            age = datetime.datetime.now(datetime.timezone.utc) - listed[0]["LastModified"]
            assert abs(age.total_seconds()) < 300
        buckets = s3.list_buckets()["Buckets"]
        assert [bucket["Name"] for bucket in buckets] == [BUCKET]
        resource = boto3.resource("s3", endpoint_url=place.endpoint, region_name=REGION,
                                  aws_access_key_id=KEY, aws_secret_access_key=SECRET)
        assert resource.Bucket(BUCKET).creation_date
        assert s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"] is None
        refused("404", s3.head_object, Bucket=BUCKET, Key="nothing")
        refused("404", s3.head_bucket, Bucket="nothing-here")
        refused("NoSuchKey", s3.get_object, Bucket=BUCKET, Key="nothing")
        refused("BucketNotEmpty", s3.delete_bucket, Bucket=BUCKET)


@scenario
def twenty_megabytes_go_up_and_come_down_in_parts(folder):
    data = noise(20 * MIB + 7)
    source, target = folder / "source", folder / "target"
    source.write_bytes(data)
    with Place(folder) as place:
        settings = TransferConfig(multipart_threshold=8 * MIB, max_concurrency=4)
        place.s3.upload_file(str(source), BUCKET, "big.bin", Config=settings,
                             ExtraArgs={"Metadata": {"a": "b"}, "ContentType": "text/csv"})
        head = place.s3.head_object(Bucket=BUCKET, Key="big.bin")
        assert head["ETag"].endswith('-3"') and head["Metadata"] == {"a": "b"}, head
        assert head["ContentType"] == "text/csv"
        place.s3.download_file(BUCKET, "big.bin", str(target), Config=settings)
        assert filecmp.cmp(source, target, shallow=False)
        ranges = [(start, min(start + 3 * MIB, len(data)) - 1) for start in range(0, len(data), 3 * MIB)]

        def part(bounds):
            got = place.s3.get_object(Bucket=BUCKET, Key="big.bin", IfMatch=head["ETag"],
                                      Range="bytes=%d-%d" % bounds)
            return got["Body"].read()

        with concurrent.futures.ThreadPoolExecutor(4) as threads:
            assert b"".join(threads.map(part, ranges)) == data
        second = place.s3.get_object(Bucket=BUCKET, Key="big.bin", PartNumber=2)
        assert second["Body"].read() == data[8 * MIB:16 * MIB] and second["PartsCount"] == 3
        assert not place.s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads")


@scenario
def uploads_in_parts_are_listed_copied_and_aborted(folder):
    with Place(folder) as place:
        s3 = place.s3
        s3.put_object(Bucket=BUCKET, Key="source", Body=noise(6 * MIB))
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="joined", ChecksumAlgorithm="SHA256")["UploadId"]
        first = s3.upload_part_copy(Bucket=BUCKET, Key="joined", UploadId=upload, PartNumber=1,
                                    CopySource={"Bucket": BUCKET, "Key": "source"})["CopyPartResult"]
        second = s3.upload_part(Bucket=BUCKET, Key="joined", UploadId=upload, PartNumber=2, Body=b"tail",
                                ChecksumAlgorithm="SHA256")
        listed = s3.list_parts(Bucket=BUCKET, Key="joined", UploadId=upload)["Parts"]
        assert [(part["PartNumber"], part["Size"]) for part in listed] == [(1, 6 * MIB), (2, 4)]
        assert [u["Key"] for u in s3.list_multipart_uploads(Bucket=BUCKET)["Uploads"]] == ["joined"]
        parts = [{"PartNumber": n, "ETag": part["ETag"], "ChecksumSHA256": part["ChecksumSHA256"]}
                 for n, part in ((1, first), (2, second))]
        refused("InvalidPartOrder", s3.complete_multipart_upload, Bucket=BUCKET, Key="joined", UploadId=upload,
                MultipartUpload={"Parts": parts[::-1]})
        done = s3.complete_multipart_upload(Bucket=BUCKET, Key="joined", UploadId=upload, MultipartUpload={"Parts": parts})
        assert done["ChecksumSHA256"].endswith("-2")
        assert s3.get_object(Bucket=BUCKET, Key="joined", ChecksumMode="ENABLED")["Body"].read() == noise(6 * MIB) + b"tail"
        upload = s3.create_multipart_upload(Bucket=BUCKET, Key="dropped")["UploadId"]
        s3.upload_part(Bucket=BUCKET, Key="dropped", UploadId=upload, PartNumber=1, Body=b"x")
        s3.abort_multipart_upload(Bucket=BUCKET, Key="dropped", UploadId=upload)
        refused("NoSuchUpload", s3.upload_part, Bucket=BUCKET, Key="dropped", UploadId=upload, PartNumber=1, Body=b"x")
        refused("404", s3.head_object, Bucket=BUCKET, Key="dropped")


@scenario
def every_checksum_is_kept_and_a_wrong_one_is_refused(folder):
    with Place(folder) as place:
        s3 = place.s3
        for name in ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"]:
            try:
                put = s3.put_object(Bucket=BUCKET, Key=name, Body=b"hello", ChecksumAlgorithm=name)
            except Exception as error:
                # Some are computed by a library of Amazon's that may not be installed.
                assert "crt" in str(error).lower(), error
                continue
            got = s3.get_object(Bucket=BUCKET, Key=name, ChecksumMode="ENABLED")
            assert got["Body"].read() == b"hello" and got[f"Checksum{name}"] == put[f"Checksum{name}"]
            assert got["ChecksumType"] == "FULL_OBJECT"
        wrong = base64.b64encode(b"\0\0\0\0").decode()
        refused("BadDigest", s3.put_object, Bucket=BUCKET, Key="bad", Body=b"hello", ChecksumCRC32=wrong)
        refused("BadDigest", s3.put_object, Bucket=BUCKET, Key="bad", Body=b"hello",
                ContentMD5=base64.b64encode(bytes(16)).decode())
        refused("404", s3.head_object, Bucket=BUCKET, Key="bad")


@scenario
def presigned_urls_of_both_versions(folder):
    with Place(folder) as place:
        data = noise(100_000)
        place.s3.put_object(Bucket=BUCKET, Key="a b/ü+.bin", Body=data)
        for version in [None, "s3v4", "s3"]:
            client = place.server.client("s3", **({"signature_version": version} if version else {}))
            url = client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "a b/ü+.bin"})
            assert fetch(url) == (200, data), version
            assert fetch(url, headers={"Range": "bytes=1-3"}) == (206, data[1:4])
            changed = url.replace("%2B.bin", "x.bin")
            assert changed != url and fetch(changed)[0] == 403
            url = client.generate_presigned_url("put_object", {"Bucket": BUCKET, "Key": f"put-{version}"})
            assert fetch(url, "PUT", b"text")[0] == 200, version
            assert place.s3.get_object(Bucket=BUCKET, Key=f"put-{version}")["Body"].read() == b"text"
            # Nobody turns a URL for writing one object into a copy of another.
            stolen = fetch(url, "PUT", b"", {"x-amz-copy-source": f"{BUCKET}/put-{version}"})
            assert stolen[0] == 403, stolen
            url = client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": "a b/ü+.bin"}, ExpiresIn=-10)
            assert fetch(url)[0] in (400, 403), version
        url = place.server.client("s3", signature_version="s3v4").generate_presigned_url(
            "get_object", {"Bucket": BUCKET, "Key": "x", "ResponseContentType": "text/html"})
        assert b"NoSuchKey" in fetch(url)[1]


@scenario
def copies_with_and_without_new_metadata(folder):
    with Place(folder) as place:
        s3 = place.s3
        s3.put_object(Bucket=BUCKET, Key="a b", Body=b"text", Metadata={"v": "1"}, ContentType="text/csv", Tagging="t=1")
        source = {"Bucket": BUCKET, "Key": "a b"}
        copied = s3.copy_object(Bucket=BUCKET, Key="copy/ü", CopySource=source)["CopyObjectResult"]
        head = s3.head_object(Bucket=BUCKET, Key="copy/ü")
        assert copied["ETag"] == head["ETag"] and head["Metadata"] == {"v": "1"} and head["ContentType"] == "text/csv"
        assert s3.get_object_tagging(Bucket=BUCKET, Key="copy/ü")["TagSet"] == [{"Key": "t", "Value": "1"}]
        refused("InvalidRequest", s3.copy_object, Bucket=BUCKET, Key="a b", CopySource=source)
        s3.copy_object(Bucket=BUCKET, Key="a b", CopySource=source, MetadataDirective="REPLACE", Metadata={"v": "2"})
        got = s3.get_object(Bucket=BUCKET, Key="a b")
        assert got["Body"].read() == b"text" and got["Metadata"] == {"v": "2"}
        refused("NoSuchKey", s3.copy_object, Bucket=BUCKET, Key="x", CopySource={"Bucket": BUCKET, "Key": "no"})
        refused("PreconditionFailed", s3.copy_object, Bucket=BUCKET, Key="x", CopySource=source, CopySourceIfMatch="0")
        s3.put_object_tagging(Bucket=BUCKET, Key="a b", Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
        assert s3.get_object_tagging(Bucket=BUCKET, Key="a b")["TagSet"] == [{"Key": "k", "Value": "v"}]
        s3.delete_object_tagging(Bucket=BUCKET, Key="a b")
        assert s3.get_object_tagging(Bucket=BUCKET, Key="a b")["TagSet"] == []


@scenario
def conditions_on_writes_and_reads(folder):
    with Place(folder) as place:
        s3 = place.s3
        etag = s3.put_object(Bucket=BUCKET, Key="a", Body=b"1", IfNoneMatch="*")["ETag"]
        refused("PreconditionFailed", s3.put_object, Bucket=BUCKET, Key="a", Body=b"2", IfNoneMatch="*")
        refused("PreconditionFailed", s3.put_object, Bucket=BUCKET, Key="a", Body=b"2", IfMatch='"0"')
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"3", IfMatch=etag)
        refused("PreconditionFailed", s3.get_object, Bucket=BUCKET, Key="a", IfMatch=etag)
        refused("304", s3.get_object, Bucket=BUCKET, Key="a", IfNoneMatch=f'"{hashlib.md5(b"3").hexdigest()}"')
        tomorrow = datetime.datetime.now() + datetime.timedelta(days=1)
        refused("304", s3.head_object, Bucket=BUCKET, Key="a", IfModifiedSince=tomorrow)
        refused("InvalidRange", s3.get_object, Bucket=BUCKET, Key="a", Range="bytes=5-9")

        def racer(number):
            try:
                s3.put_object(Bucket=BUCKET, Key="one-winner", Body=b"%d" % number, IfNoneMatch="*")
                return 1
            except ClientError:
                return 0

        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            assert sum(threads.map(racer, range(8))) == 1


@scenario
def five_thousand_keys_are_listed_in_pages(folder):
    with Place(folder) as place:
        s3 = place.s3
        objects = place.objects
        keys = [f"d{number % 50:02}/k{number:05}.csv" for number in range(5000)] + ["top", "d00", "ä", "d00.x"]
        keys.remove("d00")  # a folder cannot have an object's name
        for key in keys:
            (objects / key).parent.mkdir(parents=True, exist_ok=True)
            (objects / key).write_bytes(b"x")
        pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET))
        found = [entry["Key"] for page in pages for entry in page["Contents"]]
        assert found == sorted(keys, key=str.encode) and len(pages) == 6, len(pages)
        for operation in ["list_objects_v2", "list_objects"]:
            pages = s3.get_paginator(operation).paginate(Bucket=BUCKET, Delimiter="/", PaginationConfig={"PageSize": 7})
            prefixes, tops = [], []
            for page in pages:
                prefixes += [entry["Prefix"] for entry in page.get("CommonPrefixes", [])]
                tops += [entry["Key"] for entry in page.get("Contents", [])]
            assert prefixes == [f"d{number:02}/" for number in range(50)], (operation, prefixes)
            assert tops == ["d00.x", "top", "ä"], (operation, tops)
        pages = s3.get_paginator("list_objects").paginate(Bucket=BUCKET, Prefix="d07/", PaginationConfig={"PageSize": 9})
        found = [entry["Key"] for page in pages for entry in page["Contents"]]
        assert found == sorted(key for key in keys if key.startswith("d07/"))
        after = s3.list_objects_v2(Bucket=BUCKET, StartAfter="d49/k04899.csv", MaxKeys=2)
        assert [entry["Key"] for entry in after["Contents"]] == ["d49/k04949.csv", "d49/k04999.csv"], after
        versions = s3.list_object_versions(Bucket=BUCKET, Prefix="top")["Versions"]
        assert [(entry["Key"], entry["VersionId"]) for entry in versions] == [("top", "null")]


@scenario
def a_thousand_objects_are_deleted_at_once(folder):
    with Place(folder) as place:
        s3 = place.s3
        objects = place.objects
        keys = [f"d/{number}/x" for number in range(999)]
        for key in keys:
            (objects / key).parent.mkdir(parents=True, exist_ok=True)
            (objects / key).write_bytes(b"x")
        answer = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": [{"Key": key} for key in [*keys, "../x"]]})
        assert len(answer["Deleted"]) == 999, len(answer["Deleted"])
        assert [error["Code"] for error in answer["Errors"]] == ["InvalidArgument"]
        assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)
        s3.delete_object(Bucket=BUCKET, Key="never/was")
        s3.delete_bucket(Bucket=BUCKET)
        assert not objects.exists()


@scenario
def wrong_keys_signatures_and_bodies_are_refused(folder):
    with Place(folder) as place:
        place.s3.put_object(Bucket=BUCKET, Key="a", Body=b"secret")
        refused("SignatureDoesNotMatch", place.server.client("s3", secret="x" * 40).get_object, Bucket=BUCKET, Key="a")
        stranger = place.server.client("s3", key="AKIANOBODY")
        refused("InvalidAccessKeyId", stranger.get_object, Bucket=BUCKET, Key="a")
        assert fetch(f"{place.endpoint}/{BUCKET}/a")[0] == 403

        def signed(body, when=None):
            request = AWSRequest("PUT", f"{place.endpoint}/{BUCKET}/b", data=body,
                                 headers={"x-amz-content-sha256": hashlib.sha256(body).hexdigest()})
            credentials = Credentials(KEY, SECRET)
            signer = SigV4Auth(credentials, "s3", REGION)
            signer.add_auth(request)
            return dict(request.headers)

        headers = signed(b"these bytes")
        assert fetch(f"{place.endpoint}/{BUCKET}/b", "PUT", b"these bytes", headers)[0] == 200
        status, body = fetch(f"{place.endpoint}/{BUCKET}/b", "PUT", b"other bytes", headers)
        assert status == 400 and b"XAmzContentSHA256Mismatch" in body, (status, body)
        assert place.s3.get_object(Bucket=BUCKET, Key="b")["Body"].read() == b"these bytes"
        status, body = fetch(f"{place.endpoint}/{BUCKET}/b", "PUT", b"these bytes", {**headers, "x-amz-tagging": "a=b"})
        assert status == 403, (status, body)
        old = {**headers, "X-Amz-Date": "20200101T000000Z"}
        assert fetch(f"{place.endpoint}/{BUCKET}/b", "PUT", b"these bytes", old)[0] == 403
        refused("AccessDenied", place.s3.get_object, Bucket=BUCKET, Key="a", ExpectedBucketOwner="999999999999")
        place.s3.get_object(Bucket=BUCKET, Key="a", ExpectedBucketOwner=ACCOUNT)


@scenario
def keys_that_would_leave_the_bucket_are_refused(folder):
    secret = folder / "secret"
    secret.write_text("hush")
    with Place(folder) as place:
        s3 = place.s3
        for key in ["../../secret", "a/../../../secret", "..", "./a", "a//b", "a/./b"]:
            refused("InvalidArgument", s3.put_object, Bucket=BUCKET, Key=key, Body=b"x")
            refused("InvalidArgument", s3.get_object, Bucket=BUCKET, Key=key)
            refused("InvalidArgument", s3.copy_object, Bucket=BUCKET, Key="x", CopySource={"Bucket": BUCKET, "Key": key})
        refused("KeyTooLongError", s3.put_object, Bucket=BUCKET, Key="k" * 300, Body=b"x")
        for code, ask, words in [
            ("KeyTooLongError", s3.put_object, {"Key": "k" * 1025, "Body": b"x", "Bucket": BUCKET}),
            ("InvalidBucketName", s3.create_bucket, {"Bucket": "UPPER"}),
        ]:
            message = refused(code, ask, **words)["Error"].get("Message", "")
            assert message not in ("", "Unknown"), (code, message)
        for target in ["/../secret", f"/{BUCKET}/%2e%2e/%2e%2e/secret", f"/{BUCKET}/..%2f..%2fsecret", "/%2e%2e/secret"]:
            status, body = fetch(place.endpoint + target)
            assert status in (400, 403) and b"hush" not in body, (target, status, body)
        os.symlink(folder, place.objects / "link")
        refused("NoSuchKey", s3.get_object, Bucket=BUCKET, Key="link/secret")
        assert "Contents" not in s3.list_objects_v2(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"x")
        refused("KeyConflict", s3.put_object, Bucket=BUCKET, Key="a/b", Body=b"x")
    assert secret.read_text() == "hush"


@scenario
def the_command_line_copies_synchronises_lists_and_removes(folder):
    local = folder / "local"
    (local / "sub dir").mkdir(parents=True)
    (local / "a.csv").write_text("1,2\n")
    (local / "sub dir" / "ü+.csv").write_text("3,4\n")
    (local / "big.bin").write_bytes(noise(9 * MIB))
    with Place(folder) as place:
        environment = {**os.environ, **place.server.environment(), "PYTHONIOENCODING": "utf-8", "LC_ALL": "C.UTF-8"}

        def aws(*words):
            command = [sys.executable, "-m", "awscli", *words]
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
            assert done.returncode == 0, (words, done.stdout, done.stderr)
            return done.stdout.decode()

        assert "upload" in aws("s3", "sync", str(local), f"s3://{BUCKET}/tree")
        assert aws("s3", "sync", str(local), f"s3://{BUCKET}/tree") == ""
        listed = aws("s3", "ls", f"s3://{BUCKET}/tree/")
        assert "a.csv" in listed and "PRE sub dir/" in listed, listed
        assert "ü+.csv" in aws("s3", "ls", "--recursive", f"s3://{BUCKET}")
        aws("s3", "cp", f"s3://{BUCKET}/tree/big.bin", str(folder / "back.bin"))
        assert filecmp.cmp(local / "big.bin", folder / "back.bin", shallow=False)
        assert aws("s3", "cp", f"s3://{BUCKET}/tree/a.csv", "-") == "1,2\n"
        aws("s3", "cp", "--recursive", f"s3://{BUCKET}/tree", f"s3://{BUCKET}/other")
        aws("s3", "sync", f"s3://{BUCKET}/other", str(folder / "back"))
        assert (folder / "back" / "sub dir" / "ü+.csv").read_text() == "3,4\n"
        aws("s3", "mv", f"s3://{BUCKET}/other/a.csv", f"s3://{BUCKET}/moved.csv")
        aws("s3", "mb", "s3://second-bucket")
        aws("s3", "rb", "s3://second-bucket")
        aws("s3", "rm", "--recursive", f"s3://{BUCKET}")
        assert aws("s3", "ls", f"s3://{BUCKET}") == ""
        # A client that was not asked for the body of an empty file waited out its next one.
        many = folder / "many"
        many.mkdir()
        for number in range(20):
            (many / f"empty-{number}").touch()
            (many / f"full-{number}").write_text("x")
        environment["AWS_MAX_ATTEMPTS"] = "1"
        aws("s3", "sync", "--cli-read-timeout", "30", str(many), f"s3://{BUCKET}/many")


@scenario
def a_bucket_answers_as_a_private_one_without_versions(folder):
    with Place(folder) as place:
        s3 = place.s3
        s3.put_object(Bucket=BUCKET, Key="folder/", Body=b"")
        s3.put_object(Bucket=BUCKET, Key="folder/a", Body=b"x")
        listed = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        assert listed == ["folder/", "folder/a"], listed
        assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)
        assert s3.get_bucket_acl(Bucket=BUCKET)["Grants"][0]["Permission"] == "FULL_CONTROL"
        assert s3.get_object_acl(Bucket=BUCKET, Key="folder/a")["Owner"]
        assert s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]["BlockPublicAcls"]
        refused("NoSuchBucketPolicy", s3.get_bucket_policy, Bucket=BUCKET)
        refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket=BUCKET)
        refused("NoSuchCORSConfiguration", s3.get_bucket_cors, Bucket=BUCKET)
        refused("NoSuchVersion", s3.get_object, Bucket=BUCKET, Key="folder/a", VersionId="abc")
        refused("NotImplemented", s3.put_bucket_versioning, Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        attributes = s3.get_object_attributes(Bucket=BUCKET, Key="folder/a", ObjectAttributes=["ETag", "ObjectSize", "Checksum"])
        assert attributes["ObjectSize"] == 1 and attributes["Checksum"]["ChecksumCRC32"]
        s3.create_bucket(Bucket=BUCKET)
        refused("BucketAlreadyOwnedByYou", s3.create_bucket, Bucket=BUCKET,
                CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})


if __name__ == "__main__":
    sys.exit(run())
