"""`probity env --tls` in a shell, and then what a notebook does that names no address: a bare
`sagemaker.Session()`, its default bucket, its role, uploads over HTTPS.

needs: packages
"""
import os
import subprocess
import sys
import urllib.error
import urllib.request

from _program import program, run, scenario
from _server import ACCOUNT, REGION, serving

HOME = {"HOME", "PATH", "PYTHONPATH", "LANG"}

NOTEBOOK = r"""
import hashlib, io, os, warnings
warnings.simplefilter("ignore")
import boto3, sagemaker
from boto3.s3.transfer import TransferConfig
from sagemaker.s3 import S3Downloader, S3Uploader

session = sagemaker.Session()
print("account", session.account_id() if hasattr(session, "account_id") else boto3.client("sts").get_caller_identity()["Account"])
bucket = session.default_bucket()
print("bucket", bucket)
boto3.client("iam").get_role(RoleName="Governor")
print("role", session.get_caller_identity_arn())
print("expanded", session.expand_role("Governor"))
open("data.csv", "w").write("1,2\n3,4\n")
uri = session.upload_data("data.csv", key_prefix="tls")
print("uploaded", uri, S3Downloader.read_file(uri, sagemaker_session=session).split())
s3 = boto3.client("s3")
print("scheme", s3.meta.endpoint_url)
# A body of which nobody knows the checksum before it is sent has it in a trailer.
sent = {}
def note(request, **_):
    names = ("x-amz-content-sha256", "content-encoding")
    sent.update({name: getattr(value, "decode", lambda: value)() for name in names for value in [request.headers.get(name)]})
s3.meta.events.register("before-send.s3.PutObject", note)
body = os.urandom(300_000)
s3.put_object(Bucket=bucket, Key="tls/trailer", Body=io.BytesIO(body))
assert s3.get_object(Bucket=bucket, Key="tls/trailer")["Body"].read() == body
print("sent", sent)
large = os.urandom(20 << 20)
s3.upload_fileobj(io.BytesIO(large), bucket, "tls/large", Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=6 << 20))
head = s3.head_object(Bucket=bucket, Key="tls/large")
assert head["ContentLength"] == len(large) and head["ETag"].endswith('-4"'), head
got = io.BytesIO()
s3.download_fileobj(bucket, "tls/large", got)
assert hashlib.sha256(got.getvalue()).digest() == hashlib.sha256(large).digest()
print("large ok")
client = boto3.client("sagemaker")
client.create_model(ModelName="over-tls", ExecutionRoleArn=session.expand_role("Governor"), PrimaryContainer={"Image": "any:1"})
print("models", [model["ModelName"] for model in client.list_models()["Models"]])
"""


def shell(folder, text, home):
    """Runs it as a user with a home of its own, who has no settings of AWS."""
    clean = {name: value for name, value in os.environ.items() if name in HOME}
    clean.update(HOME=str(home), SAGEMAKER_SUPPRESS_V2_WARNING="1", PROBITY=program(), PYTHON=sys.executable)
    finished = subprocess.run(["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=clean, capture_output=True, text=True, timeout=300)
    assert finished.returncode == 0, f"exit code {finished.returncode}\n{finished.stdout[-1500:]}\n{finished.stderr[-3000:]}"
    return finished.stdout, finished.stderr


@scenario
def a_bare_session_works_over_tls(folder):
    home = folder / "home"
    home.mkdir()
    (folder / "notebook.py").write_text(NOTEBOOK)
    with serving(folder) as server:
        said, _ = shell(folder, """
shown=$("$PROBITY" env --tls --data data)
eval "$shown"
"$PYTHON" notebook.py
""", home)
        assert f"account {ACCOUNT}" in said, said
        assert f"bucket sagemaker-{REGION}-{ACCOUNT}" in said, said
        assert f"role arn:aws:iam::{ACCOUNT}:" in said, said
        assert f"expanded arn:aws:iam::{ACCOUNT}:role/" in said, said
        assert f"uploaded s3://sagemaker-{REGION}-{ACCOUNT}/tls/data.csv ['1,2', '3,4']" in said, said
        assert f"scheme {server.url.replace('http:', 'https:')}" in said, said
        assert "'STREAMING-UNSIGNED-PAYLOAD-TRAILER'" in said and "'aws-chunked'" in said, said
        assert "large ok" in said and "models ['over-tls']" in said, said
        # Plain HTTP goes on beside it, on the same port.
        assert [m["ModelName"] for m in server.client("sagemaker").list_models()["Models"]] == ["over-tls"]
        with urllib.request.urlopen(server.url + "/healthz", timeout=10) as answer:
            assert answer.status == 200


@scenario
def a_certificate_that_nobody_vouches_for_is_not_taken(folder):
    with serving(folder) as server:
        try:
            urllib.request.urlopen(server.url.replace("http:", "https:") + "/healthz", timeout=10)
        except urllib.error.URLError as error:
            assert "CERTIFICATE_VERIFY_FAILED" in str(error.reason), error
        else:
            raise AssertionError("a client without the authority took it")
        with urllib.request.urlopen(server.url + "/healthz", timeout=10) as answer:
            assert answer.status == 200


@scenario
def an_endpoints_file_of_the_users_own_is_kept(folder):
    models = folder / "home" / ".aws" / "models"
    models.mkdir(parents=True)
    (models / "endpoints.json").write_text('{"mine": true}')
    with serving(folder):
        _, complained = shell(folder, 'shown=$("$PROBITY" env --tls --data data); eval "$shown"', folder / "home")
        assert "keeping your" in complained, complained
    assert (models / "endpoints.json").read_text() == '{"mine": true}'


@scenario
def the_exports_are_the_same_again_and_the_authority_stays(folder):
    home = folder / "home"
    home.mkdir()
    with serving(folder):
        first, _ = shell(folder, '"$PROBITY" env --tls --data data', home)
        authority = (folder / "data" / "tls" / "ca.pem").read_bytes()
        second, _ = shell(folder, '"$PROBITY" env --tls --data data', home)
        assert first == second
    with serving(folder):
        shell(folder, '"$PROBITY" env --tls --data data', home)
        assert (folder / "data" / "tls" / "ca.pem").read_bytes() == authority
    assert not (home / ".aws").exists(), "printing exports changes nothing"


if __name__ == "__main__":
    sys.exit(run())
