"""What the drivers of endpoints share: a model whose answers are computed here too, a model server
that answers as a scenario says, endpoints in a few words, and the captured records.
"""

import contextlib
import copy
import http.server
import io
import json
import math
import pathlib
import tarfile
import threading
import time

from botocore.exceptions import ClientError

from _program import SECONDS
from _server import ACCOUNT, REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"
BUCKET = "bucket"
LOAN = json.loads((pathlib.Path(__file__).resolve().parent / "models" / "loan.json").read_text())
ROWS = [[0, 40, 50.5], [1, 30, 61.25], [1, 72, 38.0], [0, 19, 75.5]]


def loan(trees=20):
    """The first trees of the loan model: another model with other scores."""
    model = copy.deepcopy(LOAN)
    booster = model["learner"]["gradient_booster"]["model"]
    booster["trees"] = booster["trees"][:trees]
    booster["tree_info"] = booster["tree_info"][:trees]
    booster["iteration_indptr"] = booster["iteration_indptr"][:trees + 1]
    booster["gbtree_model_param"]["num_trees"] = str(trees)
    return model


def score(row, trees=20):
    """The probability that such a model tells, from its file alone."""
    base = float(LOAN["learner"]["learner_model_param"]["base_score"].strip("[]"))
    margin = math.log(base / (1 - base))
    for tree in LOAN["learner"]["gradient_booster"]["model"]["trees"][:trees]:
        node = 0
        while tree["left_children"][node] != -1:
            left = row[tree["split_indices"][node]] < tree["split_conditions"][node]
            node = tree["left_children" if left else "right_children"][node]
        margin += tree["split_conditions"][node]
    return 1 / (1 + math.exp(-margin))


def close(found, expected, tolerance=1e-6):
    found, expected = list(map(float, found)), list(expected)
    assert len(found) == len(expected), f"{len(found)} values, not {len(expected)}: {found[:5]}"
    for one, other in zip(found, expected):
        assert abs(one - other) <= tolerance, f"{found[:5]}, not {expected[:5]}"


def csv_of(rows):
    return "".join(",".join(map(str, row)) + "\n" for row in rows).encode()


def archive(content, name="xgboost-model"):
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return memory.getvalue()


class Fleet:
    """A server's models and endpoints, made in a few words."""

    def __init__(self, server):
        self.server = server
        self.control = server.client("sagemaker")
        self.runtime = server.client("sagemaker-runtime")
        self.s3 = server.client("s3")
        with contextlib.suppress(ClientError):
            self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def put(self, key, body):
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body)
        return f"s3://{BUCKET}/{key}"

    def get(self, uri):
        """The object once it is there."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        end = time.monotonic() + SECONDS / 3
        while True:
            try:
                return self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            except ClientError:
                assert time.monotonic() < end, f"{uri} did not come"
                time.sleep(0.1)

    def model(self, name, trees=20, container=None):
        """`container` in place of an archive of the loan model."""
        if container is None:
            uri = self.put(f"models/{name}.tar.gz", archive(json.dumps(loan(trees)).encode()))
            container = {"Image": "any", "ModelDataUrl": uri}
        self.control.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        return name

    def url_model(self, name, url):
        return self.model(name, container={"Image": "any", "Environment": {"PROBITY_MODEL_URL": url}})

    def config(self, name, *variants, **more):
        """Variants are `(name, model, weight)`, or the name of the only model."""
        variants = [one if isinstance(one, tuple) else ("AllTraffic", one, 1) for one in variants]
        self.control.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[
            {"VariantName": variant, "ModelName": model, "InitialVariantWeight": weight,
             "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
            for variant, model, weight in variants], **more)
        return name

    def endpoint(self, name, *variants, tags=None, **more):
        """In service, or the reason why not."""
        self.config(name, *variants, **more)
        tags = [{"Key": key, "Value": value} for key, value in (tags or {}).items()]
        self.control.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=tags)
        return self.settled(name)

    def settled(self, name):
        end = time.monotonic() + SECONDS / 3
        while True:
            shown = self.control.describe_endpoint(EndpointName=name)
            if shown["EndpointStatus"] not in ("Creating", "Updating"):
                return shown.get("FailureReason")
            assert time.monotonic() < end, shown
            time.sleep(0.1)

    def ask(self, endpoint, body, content_type="text/csv", **more):
        """The answer, with its body as `Text`."""
        if content_type is not None:
            more["ContentType"] = content_type
        answer = self.runtime.invoke_endpoint(EndpointName=endpoint, Body=body, **more)
        answer["Text"] = answer["Body"].read().decode()
        return answer

    def stream(self, endpoint, body, content_type="text/csv", **more):
        """The parts of a streamed answer."""
        answer = self.runtime.invoke_endpoint_with_response_stream(
            EndpointName=endpoint, Body=body, ContentType=content_type, **more)
        return answer, (event["PayloadPart"]["Bytes"] for event in answer["Body"])

    def refused(self, code, text, call, *arguments, **named):
        try:
            answer = call(*arguments, **named)
        except ClientError as error:
            found = error.response["Error"]
            assert found["Code"] == code, f"{found}, not {code}"
            assert text in found["Message"], f"`{found['Message']}` without `{text}`"
            return error.response
        raise AssertionError(f"not refused: {answer}")

    def model_error(self, status, text, call, *arguments, **named):
        """As the model's own refusal is told."""
        told = self.refused("ModelError", text, call, *arguments, **named)
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 424, told
        assert told["OriginalStatusCode"] == status, told
        assert text in told["OriginalMessage"], told
        assert "/aws/sagemaker/Endpoints/" in told["LogStreamArn"], told
        return told


def capture(uri, sampling=100, modes=("Input", "Output"), **types):
    """A `DataCaptureConfig`, as an argument."""
    return {"DataCaptureConfig": {
        "EnableCapture": True, "InitialSamplingPercentage": sampling, "DestinationS3Uri": uri,
        "CaptureOptions": [{"CaptureMode": mode} for mode in modes],
        "CaptureContentTypeHeader": {
            "CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"], **types}}}


def captured(folder):
    """The records below a folder of files, in the order of their files."""
    return [json.loads(line) for file in sorted(folder.rglob("*.jsonl")) for line in file.read_text().splitlines()]


@contextlib.contextmanager
def upstream(answer):
    """A model server on a port of its own. `answer(request)` gives the status, headers, and the
    body: bytes, an iterator of parts that are sent as they come, or None to hang up. `request` has
    `method`, `path`, `headers` (names in lower case) and `body`. Gives its address and the
    requests."""
    asked = []

    class Request:
        pass

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_POST(self):
            request = Request()
            request.method, request.path = self.command, self.path
            request.headers = {name.lower(): value for name, value in self.headers.items()}
            request.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(request)
            status, headers, body = answer(request)
            if body is None:
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            whole = isinstance(body, bytes)
            self.send_header(*(("Content-Length", str(len(body))) if whole else ("Transfer-Encoding", "chunked")))
            self.end_headers()
            if whole:
                self.wfile.write(body)
                return
            for part in body:
                if part is None:
                    self.close_connection = True
                    return
                self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")

        do_GET = do_PUT = do_POST

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_):
            """A client that went away."""

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
