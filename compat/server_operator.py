"""What an operator does with a server: the first start, users and keys, backup and restore, the
audit log, simulated time, no signatures, ending and ports.

needs: packages
"""
import datetime
import json
import re
import shutil
import signal
import socket
import sqlite3
import sys
import threading
import time
import urllib.request

from botocore import UNSIGNED
from botocore.exceptions import ClientError

from _program import probity, run, scenario
from _server import KEY, SECRET, serving

ROLE = "arn:aws:iam::111122223333:role/Governor"


def data_of(folder):
    return ("--data", folder / "data")


def model(client, name):
    return client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": "any:1"})["ModelArn"]


def code_of(call):
    """The error's code, or `ok`."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


def until(fn, seconds=20, every=0.2):
    end = time.monotonic() + seconds
    while not fn():
        assert time.monotonic() < end, "not in time"
        time.sleep(every)


def exported(text, name):
    return re.search(rf"export {name}='?([^'\s]+)'?", text).group(1)


@scenario
def the_first_start_prints_its_key_once_and_keeps_it(folder):
    nothing = {"PROBITY_ROOT_ACCESS_KEY_ID": "", "PROBITY_ROOT_SECRET_ACCESS_KEY": ""}
    with serving(folder, environment=nothing) as server:
        until(lambda: "AWS_SECRET_ACCESS_KEY" in server.log)
        key, secret = exported(server.log, "AWS_ACCESS_KEY_ID"), exported(server.log, "AWS_SECRET_ACCESS_KEY")
        assert key.startswith("AKIA") and len(key) == 20 and len(secret) == 40
        model(server.client("sagemaker", key, secret), "first")
        shown = probity("env", *data_of(folder)).stdout
        assert exported(shown, "AWS_SECRET_ACCESS_KEY") == secret
    assert server.log.count(secret) == 1, "the secret is in the log again"
    with serving(folder, environment=nothing) as server:
        time.sleep(0.5)
        assert secret not in server.log
        assert len(server.client("sagemaker", key, secret).list_models()["Models"]) == 1
    for name in ("secret.key", "probity.db", "tls/server.key", "tls/ca.key"):
        mode = (folder / "data" / name).stat().st_mode
        assert mode & 0o077 == 0 or name == "probity.db", f"{name} can be read by others: {mode:o}"
    assert (folder / "data").stat().st_mode & 0o077 == 0


@scenario
def a_key_that_the_operator_chose_is_never_shown(folder):
    with serving(folder) as server:
        assert server.client("sts").get_caller_identity()["Arn"].endswith(":user/root")
    assert SECRET not in server.log


@scenario
def users_and_keys_take_effect_on_a_running_server(folder):
    with serving(folder) as server:
        model(server.client("sagemaker"), "shared")
        assert "read-only" in probity("admin", "user", "create", "ann", "--access", "read-only", *data_of(folder)).stdout
        assert probity("admin", "user", "create", "ann", *data_of(folder), code=2).stderr.startswith("error: ")
        probity("admin", "key", "create", "--user", "nobody", *data_of(folder), code=2)
        made = probity("admin", "key", "create", "--user", "ann", *data_of(folder)).stdout
        key, secret = exported(made, "AWS_ACCESS_KEY_ID"), exported(made, "AWS_SECRET_ACCESS_KEY")
        reader = server.client("sagemaker", key, secret)
        assert reader.describe_model(ModelName="shared")["ModelName"] == "shared"
        assert code_of(lambda: model(reader, "mine")) == "AccessDeniedException"
        assert code_of(lambda: reader.delete_model(ModelName="shared")) == "AccessDeniedException"
        objects = server.client("s3", key, secret)
        server.client("s3").create_bucket(Bucket="shared")
        server.client("s3").put_object(Bucket="shared", Key="a", Body=b"x")
        assert objects.get_object(Bucket="shared", Key="a")["Body"].read() == b"x"
        assert code_of(lambda: objects.put_object(Bucket="shared", Key="b", Body=b"x")) == "AccessDenied"
        assert server.client("sts", key, secret).get_caller_identity()["Arn"].endswith(":user/ann")

        listed = probity("admin", "key", "list", *data_of(folder)).stdout
        assert key in listed and secret not in listed, listed
        users = probity("admin", "user", "list", *data_of(folder)).stdout
        assert re.search(r"ann\s+read-only", users) and re.search(r"root\s+administrator", users), users

        probity("admin", "key", "revoke", key, *data_of(folder))
        until(lambda: code_of(reader.list_models) != "ok", 10)
        assert code_of(reader.list_models) == "UnrecognizedClientException", code_of(reader.list_models)

        probity("admin", "user", "create", "ben", *data_of(folder))
        made = probity("admin", "key", "create", "--user", "ben", *data_of(folder)).stdout
        ben = server.client("sagemaker", exported(made, "AWS_ACCESS_KEY_ID"), exported(made, "AWS_SECRET_ACCESS_KEY"))
        model(ben, "of-ben")
        probity("admin", "user", "disable", "ben", *data_of(folder))
        until(lambda: code_of(ben.list_models) != "ok", 10)
        probity("admin", "key", "revoke", "AKIANOSUCHKEY0000000", *data_of(folder), code=2)


@scenario
def a_backup_of_a_running_server_starts_elsewhere_with_the_key_file(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        stop, made = threading.Event(), []

        def load():
            while not stop.is_set():
                made.append(model(client, f"model-{len(made)}"))
                time.sleep(0.02)

        loading = threading.Thread(target=load)
        loading.start()
        until(lambda: len(made) > 5)
        before = len(made)
        copy = folder / "copy.db"
        try:
            probity("admin", "backup", copy, *data_of(folder))
            # A backup is never written over.
            probity("admin", "backup", copy, *data_of(folder), code=2)
        finally:
            stop.set()
            loading.join()
        probity("admin", "restore", copy, *data_of(folder), code=2)
    new = folder / "new"
    (new / "data").mkdir(parents=True)
    shutil.copy(folder / "data" / "secret.key", new / "data" / "secret.key")
    probity("admin", "restore", copy, *data_of(new))
    assert "is whole" in probity("admin", "audit", *data_of(new)).stdout
    with serving(new) as server:
        pages = server.client("sagemaker").get_paginator("list_models").paginate()
        found = {entry["ModelName"] for page in pages for entry in page["Models"]}
        assert {f"model-{n}" for n in range(before)} <= found, sorted(found)
        model(server.client("sagemaker"), "after")
    assert "is whole" in probity("admin", "audit", *data_of(new)).stdout
    (folder / "not-a-backup").write_text("x" * 5000)
    probity("admin", "restore", folder / "not-a-backup", *data_of(folder / "third"), code=2)


@scenario
def an_event_that_was_changed_breaks_the_chain(folder):
    with serving(folder) as server:
        for name in ("one", "two", "three"):
            model(server.client("sagemaker"), name)
    said = probity("admin", "audit", *data_of(folder)).stdout
    assert "is whole" in said, said
    database = sqlite3.connect(folder / "data" / "probity.db")
    seq, = database.execute("select seq from audit_event where change_json like '%two%' or resource_arn like '%two%'").fetchone()
    before = database.execute("select actor from audit_event where seq = ?", (seq,)).fetchone()[0]
    with database:
        database.execute("update audit_event set actor = 'somebody' where seq = ?", (seq,))
    said = probity("admin", "audit", *data_of(folder), code=1).stdout
    assert f"broken at event {seq}" in said, said
    assert "broken" in probity("doctor", *data_of(folder), code=1).stdout
    with database:
        database.execute("update audit_event set actor = ? where seq = ?", (before, seq))
    probity("admin", "audit", *data_of(folder))
    last, = database.execute("select max(seq) from audit_event").fetchone()
    with database:
        database.execute("delete from audit_event where seq = ?", (last,))
    database.close()
    probity("admin", "audit", *data_of(folder), code=1)


@scenario
def simulated_time_is_kept_and_signatures_are_not_of_it(folder):
    with serving(folder, "--clock", "2026-01-01T00:00:00Z@3600") as server:
        client = server.client("sagemaker")
        model(client, "first")
        first = client.describe_model(ModelName="first")["CreationTime"]
        begin = datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone.utc)
        assert begin <= first < begin + datetime.timedelta(days=30), first
        until(lambda: "simulated time: 2026-01-01T00:00:00Z@3600" in server.log)
    with serving(folder) as server:
        client = server.client("sagemaker")
        time.sleep(1)
        model(client, "second")
        second = client.describe_model(ModelName="second")["CreationTime"]
        assert datetime.timedelta(hours=1) < second - first < datetime.timedelta(days=60), (first, second)
    assert "simulated: 2026-01-01T00:00:00Z@3600" in probity("doctor", *data_of(folder)).stdout
    probity("serve", *data_of(folder), "--listen", "127.0.0.1:0", "--clock", "yesterday", code=2)


@scenario
def without_signatures_is_for_loopback_alone(folder):
    said = probity("serve", *data_of(folder), "--listen", "0.0.0.0:0", "--insecure-no-auth", code=2).stderr
    assert "loopback" in said, said
    with serving(folder, "--insecure-no-auth") as server:
        unsigned = server.client("sagemaker", signature_version=UNSIGNED)
        model(unsigned, "unsigned")
        assert len(unsigned.list_models()["Models"]) == 1
        # Whatever key signs is taken, too, and its region counts.
        elsewhere = server.client("sagemaker", "AKIAWHATEVER00000001", "x" * 40, "eu-west-1")
        model(elsewhere, "signed")
        assert [m["ModelName"] for m in elsewhere.list_models()["Models"]] == ["signed"]
        # Who names no region is where a shell with `probity env` is.
        here = server.client("sagemaker", "AKIAWHATEVER00000001", "x" * 40)
        assert [m["ModelName"] for m in here.list_models()["Models"]] == ["unsigned"]
        objects = server.client("s3", signature_version=UNSIGNED)
        objects.create_bucket(Bucket="open")
        objects.put_object(Bucket="open", Key="a/b.txt", Body=b"x" * 100)
        assert objects.get_object(Bucket="open", Key="a/b.txt")["Body"].read() == b"x" * 100
        assert [o["Key"] for o in objects.list_objects_v2(Bucket="open")["Contents"]] == ["a/b.txt"]
        signed = server.client("s3", "AKIAWHATEVER00000001", "x" * 40)
        signed.put_object(Bucket="open", Key="c", Body=b"y")
        assert "WITHOUT SIGNATURES" in server.log


@scenario
def the_account_stands_in_every_arn_and_never_changes(folder):
    with serving(folder, "--account-id", "999988887777") as server:
        assert ":999988887777:" in model(server.client("sagemaker"), "mine")
        assert server.client("sts").get_caller_identity()["Account"] == "999988887777"
    with serving(folder) as server:
        assert ":999988887777:" in model(server.client("sagemaker"), "again")
    said = probity("serve", *data_of(folder), "--listen", "127.0.0.1:0", "--account-id", "111122223333", code=2).stderr
    assert "999988887777" in said, said
    probity("serve", *data_of(folder), "--account-id", "12", code=2)


@scenario
def a_second_server_on_the_folder_is_refused(folder):
    with serving(folder) as server:
        said = probity("serve", *data_of(folder), "--listen", "127.0.0.1:0", code=2).stderr
        assert "another server" in said, said
        assert server.client("sagemaker").list_models()["Models"] == []
        assert server.url in probity("env", *data_of(folder)).stdout, "the note of the running server is gone"
    assert "no server runs" in probity("env", *data_of(folder), code=2).stderr


@scenario
def a_port_that_is_taken_is_told(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        finished = probity("serve", *data_of(folder), "--listen", address, code=3)
    error = finished.stderr.strip().splitlines()[-1]
    assert error.startswith("error: failed to listen at " + address) and "in use" in error, finished


@scenario
def the_doctor_tells_what_is_broken(folder):
    said = probity("doctor", *data_of(folder)).stdout
    assert "is not there yet" in said and "script processors" in said, said
    with serving(folder) as server:
        said = probity("doctor", *data_of(folder), "--endpoint-url", server.url).stdout
        assert "is ready" in said and f"process {server.process.pid}" in said and "is whole" in said, said
    said = probity("doctor", *data_of(folder), "--endpoint-url", server.url, code=1).stdout
    assert "does not answer" in said, said
    (folder / "data" / "secret.key").chmod(0o644)
    said = probity("doctor", *data_of(folder), code=1).stdout
    assert "chmod 600" in said, said


class Model(threading.Thread):
    """A model server that takes its time."""

    def __init__(self, seconds):
        super().__init__(daemon=True)
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        asked = self.asked = threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                asked.set()
                time.sleep(seconds)
                self.send_response(200)
                self.send_header("Content-Type", "text/csv")
                self.send_header("Content-Length", "3")
                self.end_headers()
                self.wfile.write(b"0.5")

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def run(self):
        self.server.serve_forever()


@scenario
def the_end_finishes_requests_and_sends_captures(folder):
    slow = Model(2)
    slow.start()
    with serving(folder) as server:
        sagemaker, runtime = server.client("sagemaker"), server.client("sagemaker-runtime")
        server.client("s3").create_bucket(Bucket="captures")
        sagemaker.create_model(ModelName="slow", ExecutionRoleArn=ROLE, PrimaryContainer={
            "Image": "any:1", "Environment": {"PROBITY_MODEL_URL": slow.url}})
        sagemaker.create_endpoint_config(EndpointConfigName="slow", ProductionVariants=[{
            "VariantName": "AllTraffic", "ModelName": "slow", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}],
            DataCaptureConfig={
                "EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://captures/live",
                "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
                "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]}})
        sagemaker.create_endpoint(EndpointName="slow", EndpointConfigName="slow")
        until(lambda: sagemaker.describe_endpoint(EndpointName="slow")["EndpointStatus"] == "InService")
        answers = []

        def ask():
            answers.append(runtime.invoke_endpoint(EndpointName="slow", ContentType="text/csv", Body=b"1,2")["Body"].read())

        slow.asked.clear()
        asking = threading.Thread(target=ask)
        asking.start()
        assert slow.asked.wait(10)
        began = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        asking.join()
        assert server.process.wait(20) == 0, server.log[-2000:]
        seconds = time.monotonic() - began
        assert seconds < 10, f"it took {seconds:.1f} s to end"
    assert answers == [b"0.5"], answers
    files = list((folder / "data" / "objects" / "captures" / "live").rglob("*.jsonl"))
    assert len(files) == 1, files
    record = json.loads(files[0].read_text())
    assert record["captureData"]["endpointInput"]["data"] == "1,2", record
    assert not (folder / "data" / "server.json").exists()


@scenario
def health_readiness_and_metrics_are_there_without_a_signature(folder):
    with serving(folder) as server:
        for path in ("/healthz", "/readyz"):
            with urllib.request.urlopen(server.url + path, timeout=10) as answer:
                assert answer.status == 200
        model(server.client("sagemaker"), "counted")
        with urllib.request.urlopen(server.url + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
        assert "probity_" in text and "# TYPE" in text, text[:500]


if __name__ == "__main__":
    sys.exit(run())
