"""The capture log when the server is killed with -9 under load, and when its disk is full: what
was answered is in the capture exactly once, or counted as lost. The standard library only.

needs: nothing
"""

import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.error
import urllib.request

from _program import ROOT, Skip, program, run, scenario

INVOCATIONS = int(os.environ.get("PROBITY_CRASH_INVOCATIONS", "10000"))
THREADS = 8
KILLS = 6
SECONDS_TO_START = 60
BUCKET = "captures"
ENDPOINT = "crash"
ROW = "1.5,0.5,2.5,1,0,3"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Server:
    """One data folder, and the process on it."""

    def __init__(self, data, *options, wrapper=()):
        self.data, self.options, self.wrapper = data, options, wrapper
        self.port = free_port()
        self.process = None

    def start(self):
        log = open(self.data.parent / "server.log", "ab")
        self.process = subprocess.Popen(
            [*self.wrapper, program(), "serve", "--data", str(self.data), "--insecure-no-auth",
             "--listen", f"127.0.0.1:{self.port}", *self.options],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )
        log.close()
        self.wait_until_ready()

    def wait_until_ready(self):
        end = time.monotonic() + SECONDS_TO_START
        while time.monotonic() < end:
            assert self.process.poll() is None, "the server ended:\n" + self.log()
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.02)
        raise AssertionError("the server was not ready in time:\n" + self.log())

    def log(self):
        return (self.data.parent / "server.log").read_text(errors="replace")[-2000:]

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        self.process.terminate()
        code = self.process.wait(60)
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.log()}"

    def call(self, operation, **members):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/", json.dumps(members).encode(),
            {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{operation}"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{operation}: {error.code} {error.read().decode()}") from None

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            return answer.read().decode()


def deploy(server, data):
    """An in-process model of six columns, captured whole."""
    bucket = data / "objects" / BUCKET
    bucket.mkdir(parents=True, exist_ok=True)
    with tarfile.open(bucket / "model.tar.gz", "w:gz") as archive:
        archive.add(ROOT / "golden" / "models" / "xgboost" / "binary.json", "xgboost-model")
    role = "arn:aws:iam::111122223333:role/Tests"
    image = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"
    server.call("CreateModel", ModelName=ENDPOINT, ExecutionRoleArn=role, PrimaryContainer={
        "Image": image, "ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"})
    server.call("CreateEndpointConfig", EndpointConfigName=ENDPOINT, ProductionVariants=[{
        "VariantName": "AllTraffic", "ModelName": ENDPOINT, "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1}], DataCaptureConfig={
            "EnableCapture": True, "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{BUCKET}/live",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]}})
    server.call("CreateEndpoint", EndpointName=ENDPOINT, EndpointConfigName=ENDPOINT)
    end = time.monotonic() + SECONDS_TO_START
    while True:
        endpoint = server.call("DescribeEndpoint", EndpointName=ENDPOINT)
        if endpoint["EndpointStatus"] == "InService":
            return
        assert endpoint["EndpointStatus"] == "Creating", endpoint
        assert time.monotonic() < end, endpoint
        time.sleep(0.05)


class Callers:
    """Threads that ask until `total` invocations were answered; those that fail are asked again
    under a new id, because nobody knows what became of them."""

    def __init__(self, port, total, body=ROW):
        self.port, self.total, self.body = port, total, body
        self.lock = threading.Lock()
        self.answered, self.asked, self.refused = [], 0, []
        self.ended = threading.Event()
        self.threads = [threading.Thread(target=self.work, args=(n,), daemon=True) for n in range(THREADS)]

    def start(self):
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join(600)
            assert not thread.is_alive(), "a caller hangs"

    def next_id(self, thread):
        with self.lock:
            if len(self.answered) >= self.total or self.refused:
                return None
            self.asked += 1
            return f"{thread}-{self.asked}"

    def work(self, thread):
        connection = None
        while (inference := self.next_id(thread)) is not None:
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.request("POST", f"/endpoints/{ENDPOINT}/invocations", self.body, {
                    "Content-Type": "text/csv", "X-Amzn-SageMaker-Inference-Id": inference})
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                # The server is being killed; whether this one was captured is open.
                connection = None
                time.sleep(0.01)
                continue
            with self.lock:
                if answer.status == 200:
                    self.answered.append(inference)
                elif b"not found" not in text:
                    self.refused.append((answer.status, text[:300]))
            if answer.status != 200:
                # Just started: the endpoint is not loaded yet.
                time.sleep(0.02)


def captured(data):
    """The inference ids of every delivered record, in order of files."""
    ids = []
    for path in sorted((data / "objects" / BUCKET / "live").rglob("*.jsonl")):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            assert set(record["captureData"]) == {"endpointInput", "endpointOutput"}, line
            assert record["captureData"]["endpointInput"]["data"] == ROW, line
            ids.append(record["eventMetadata"]["inferenceId"])
    return ids


def segments(data):
    return sorted(path.name for path in (data / "capture").glob("*.json*"))


@scenario
def every_answered_invocation_is_captured_once_though_the_server_is_killed(folder):
    data = folder / "data"
    data.mkdir()
    server = Server(data)
    server.start()
    deploy(server, data)
    callers = Callers(server.port, INVOCATIONS)
    callers.start()
    chance = random.Random(5)
    kills = 0
    # Between two kills, at least part of the invocations; at random moments among them.
    marks = sorted(chance.randrange(INVOCATIONS * 95 // 100) for _ in range(KILLS))
    for mark in marks:
        while len(callers.answered) < mark and any(thread.is_alive() for thread in callers.threads):
            time.sleep(0.001)
        time.sleep(chance.random() * 0.05)
        server.kill()
        kills += 1
        server.start()
    callers.join()
    assert not callers.refused, callers.refused[:3]
    assert len(callers.answered) >= INVOCATIONS and kills == KILLS
    # At the end once more, and a start that recovers, and one that finds nothing left.
    server.kill()
    for _ in range(2):
        server.start()
        server.stop()
        ids = captured(data)
        repeated = len(ids) - len(set(ids))
        missing = set(callers.answered) - set(ids)
        assert not missing, f"{len(missing)} of {len(callers.answered)} answered ones are missing: {sorted(missing)[:5]}"
        assert repeated == 0, f"{repeated} records are there twice"
        assert segments(data) == [], segments(data)
    unanswered = len(set(ids) - set(callers.answered))
    print(f"# {len(callers.answered)} answered, {len(ids)} captured ({unanswered} of them cut off before "
          f"their answer), {kills + 1} kills", flush=True)


def lost(server):
    text = server.metrics()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith("probity_capture_lost_total"))


@scenario
def beyond_the_limit_invocations_go_on_and_the_loss_is_counted(folder):
    data = folder / "data"
    data.mkdir()
    server = Server(data, "--capture-max-bytes", "20000")
    server.start()
    deploy(server, data)
    callers = Callers(server.port, 300)
    callers.start()
    callers.join()
    assert len(callers.answered) >= 300 and not callers.refused, callers.refused[:3]
    counted = lost(server)
    server.stop()
    ids = captured(data)
    assert 0 < len(ids) < 300 and len(ids) == len(set(ids))
    assert len(ids) + counted == len(callers.answered), (len(ids), counted, len(callers.answered))


@scenario
def on_a_full_disk_invocations_go_on_and_capture_resumes_with_space(folder):
    if sys.platform != "linux":
        raise Skip("needs a small file system of Linux")
    data = folder / "data"
    small = data / "capture"
    small.mkdir(parents=True)
    # The capture folder alone is small: the database and the objects have room.
    script = f'mount -t tmpfs -o size=256k,mode=0700 tmpfs "{small}" && exec "$@"'
    wrapper = ["unshare", "--map-root-user", "--mount", "sh", "-c", script, "sh"]
    tried = subprocess.run([*wrapper, "true"], capture_output=True)
    if tried.returncode:
        raise Skip(f"no mount in a namespace: {tried.stderr.decode().strip()[:100]}")
    server = Server(data, wrapper=wrapper)
    server.start()
    deploy(server, data)
    first = Callers(server.port, 1500)
    first.start()
    first.join()
    assert not first.refused, first.refused[:3]
    counted = lost(server)
    assert counted > 0, "1500 records fitted into 256 KiB"
    # The segment is delivered by age, which makes space.
    end = time.monotonic() + 150
    while True:
        before = lost(server)
        again = Callers(server.port, 20)
        again.start()
        again.join()
        assert not again.refused, again.refused[:3]
        if lost(server) == before:
            break
        first.answered += again.answered
        assert time.monotonic() < end, "capture does not resume"
        time.sleep(2)
    counted = lost(server)
    first.answered += again.answered
    server.stop()
    ids = captured(data)
    assert len(ids) + counted == len(first.answered), (len(ids), counted, len(first.answered))


if __name__ == "__main__":
    sys.exit(run())
