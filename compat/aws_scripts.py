"""Script processors: the SDK's ScriptProcessor with a script of the user's own, as a local process
behind the walls of this machine's kernel. What such a script may do, what it may not, and how it ends.

needs: packages
"""
import contextlib
import functools
import io
import json
import os
import pathlib
import shutil
import sys
import time

os.environ["SAGEMAKER_SUPPRESS_V2_WARNING"] = "1"

import boto3
import sagemaker
from botocore.exceptions import ClientError
from sagemaker.processing import ProcessingInput, ProcessingOutput, ScriptProcessor

from _program import Skip, probity, run, scenario
from _server import ACCOUNT, KEY, REGION, SECRET, serving

IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/our-sklearn:1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"
BUCKET = "scripts"
# In the server's environment, and in a file beside its own: no script may see either.
ENVIRONMENT_SECRET = "kept-in-the-environment-of-the-server"
OUTSIDE_SECRET = "kept-in-a-file-of-the-operator"
RUNNING = contextlib.ExitStack()
FINAL = ("Completed", "Failed", "Stopped")


class Rig:
    """A server that runs local processes, and a session of the SDK with it."""

    def __init__(self, server, folder):
        self.server, self.folder = server, folder
        self.s3, self.sagemaker = server.client("s3"), server.client("sagemaker")
        self.logs = server.client("logs")
        self.s3.create_bucket(Bucket=BUCKET)
        boto = boto3.Session(aws_access_key_id=KEY, aws_secret_access_key=SECRET, region_name=REGION)
        with environment(server.environment()):
            self.session = sagemaker.Session(boto_session=boto, sagemaker_client=self.sagemaker, default_bucket=BUCKET)
            self.session.s3_client, self.session.s3_resource = self.s3, boto.resource("s3", endpoint_url=server.url)

    def processor(self, name, **more):
        return ScriptProcessor(
            role=ROLE, image_uri=IMAGE, command=["python3"], instance_count=1, instance_type="ml.m5.large",
            base_job_name=name, sagemaker_session=self.session, **more)

    def run(self, name, text, wait=True, seconds=None, **more):
        """Runs the script; the processor, and what the SDK printed of its log."""
        script = self.folder / f"{name}.py"
        script.write_text(text)
        printed = io.StringIO()
        limits = {"max_runtime_in_seconds": seconds} if seconds else {}
        processor = self.processor(name, **limits)
        with environment(self.server.environment()), contextlib.redirect_stdout(printed):
            with contextlib.suppress(sagemaker.exceptions.UnexpectedStatusException):
                processor.run(code=str(script), wait=wait, logs=wait, **more)
        return processor.latest_job.job_name, printed.getvalue()

    def describe(self, job):
        return self.sagemaker.describe_processing_job(ProcessingJobName=job)

    def ended(self, job, seconds=60):
        return until(lambda: (lambda found: found if found["ProcessingJobStatus"] in FINAL else None)(self.describe(job)), seconds)

    def lines(self, job):
        streams = self.logs.describe_log_streams(
            logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=job)["logStreams"]
        events = [self.logs.get_log_events(
            logGroupName="/aws/sagemaker/ProcessingJobs", logStreamName=stream["logStreamName"], startFromHead=True)["events"]
            for stream in streams]
        return [event["message"] for page in events for event in page]

    def text(self, key):
        return self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read().decode()

    def keys(self, prefix):
        return [found["Key"] for found in self.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


@contextlib.contextmanager
def environment(variables):
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@functools.cache
def rig():
    """The one server of most scenarios; it ends with this driver."""
    if "--allow-unisolated" in probity("doctor").stdout:
        raise Skip("this kernel isolates no process")
    folder = pathlib.Path(os.environ["PROBITY_SCRATCH"]).resolve() / "server"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "operator.txt").write_text(OUTSIDE_SECRET)
    (folder / "sdk.yaml").write_text(
        'SchemaVersion: "1.0"\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n')
    os.environ["SAGEMAKER_USER_CONFIG_OVERRIDE"] = str(folder / "sdk.yaml")
    extra = {"SERVER_ONLY": ENVIRONMENT_SECRET}
    return Rig(RUNNING.enter_context(serving(folder, "--allow-local-processes", environment=extra)), folder)


def until(fn, seconds=60, every=0.2):
    end = time.monotonic() + seconds
    while True:
        found = fn()
        if found:
            return found
        assert time.monotonic() < end, "not in time"
        time.sleep(every)


def output(prefix, place="/opt/ml/processing/output", mode="EndOfJob"):
    return ProcessingOutput(output_name="result", source=place, destination=f"s3://{BUCKET}/{prefix}", s3_upload_mode=mode)


def ok_in_namespace():
    """Without a namespace there is no /opt/ml, and a script that names it fails with that reason."""
    if "without a /opt/ml" in probity("doctor").stdout:
        raise Skip("this kernel gives no user namespace, so there is no /opt/ml/processing")


@scenario
def a_script_reads_its_inputs_and_its_outputs_are_uploaded(folder):
    it = rig()
    ok_in_namespace()
    it.s3.put_object(Bucket=BUCKET, Key="in/a.csv", Body=b"1\n2\n")
    it.s3.put_object(Bucket=BUCKET, Key="in/deep/b.csv", Body=b"3\n")
    job, printed = it.run("adds", """
import json, pathlib, sys
total = sum(int(line) for file in pathlib.Path("/opt/ml/processing/input").glob("data/**/*.csv") for line in file.read_text().split())
print("adding up with", sys.argv[1:], flush=True)
out = pathlib.Path("/opt/ml/processing/output/deep"); out.mkdir(parents=True)
(out / "sum.json").write_text(json.dumps(total))
config = json.load(open("/opt/ml/config/processingjobconfig.json"))
print("entry point", config["AppSpecification"]["ContainerEntrypoint"])
pathlib.Path("/opt/ml/output/message").write_text("added up")
pathlib.Path("/tmp", "mine").write_text("x")
""", inputs=[ProcessingInput(source=f"s3://{BUCKET}/in/", destination="/opt/ml/processing/input/data")],
        outputs=[output("out/adds")], arguments=["--by", "one more"])
    assert "adding up with ['--by', 'one more']" in printed, printed
    assert "entry point ['python3', '/opt/ml/processing/input/code/adds.py']" in printed, printed
    found = it.describe(job)
    assert found["ProcessingJobStatus"] == "Completed" and found["ExitMessage"] == "added up", found
    assert it.keys("out/adds/") == ["out/adds/deep/sum.json"] and it.text("out/adds/deep/sum.json") == "6"
    assert not pathlib.Path("/tmp", "mine").exists(), "the script has the /tmp of the machine"
    left = list((it.server.data / "jobs").iterdir())
    assert left == [], f"folders of ended jobs are left: {left}"


@scenario
def a_failing_script_fails_the_job_with_its_last_lines(folder):
    it = rig()
    job, printed = it.run("breaks", """
import sys
print("line one", flush=True)
sys.exit("the third column is missing")
""", outputs=[output("out/breaks")])
    found = it.describe(job)
    assert found["ProcessingJobStatus"] == "Failed", found
    assert "the third column is missing" in found["FailureReason"] and "exit code 1" in found["FailureReason"], found
    assert "line one" in printed and it.keys("out/breaks") == [], printed


@scenario
def a_command_that_is_not_there_is_named(folder):
    it = rig()
    it.sagemaker.create_processing_job(ProcessingJobName="no-command", RoleArn=ROLE, AppSpecification={
        "ImageUri": IMAGE, "ContainerEntrypoint": ["no-such-program"]}, ProcessingResources={
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}})
    found = it.ended("no-command")
    assert found["ProcessingJobStatus"] == "Failed" and "no-such-program" in found["FailureReason"], found


@scenario
def log_lines_arrive_and_continuous_outputs_are_uploaded_while_the_script_runs_and_stop_ends_it(folder):
    it = rig()
    ok_in_namespace()
    job, _ = it.run("waits", """
import os, pathlib, subprocess, time
pathlib.Path("/opt/ml/processing/output/early.txt").write_text("early")
subprocess.Popen(["python3", "-c", "import time; time.sleep(9191)"])
print("begun", flush=True)
time.sleep(9191)
""", wait=False, outputs=[output("out/waits", mode="Continuous")])
    until(lambda: "begun" in it.lines(job))
    until(lambda: it.keys("out/waits") == ["out/waits/early.txt"])
    assert it.describe(job)["ProcessingJobStatus"] == "InProgress"
    began = time.monotonic()
    it.sagemaker.stop_processing_job(ProcessingJobName=job)
    found = it.ended(job)
    assert found["ProcessingJobStatus"] == "Stopped", found
    assert time.monotonic() - began < 20, time.monotonic() - began
    assert running("9191") == [], running("9191")


def running(word):
    found = []
    for process in pathlib.Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                if word in line:
                    found.append(line)
    return found


@scenario
def the_time_limit_ends_a_script_with_all_its_children(folder):
    it = rig()
    began = time.monotonic()
    job, _ = it.run("slow", """
import signal, subprocess, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen(["setsid", "python3", "-c", "import time; time.sleep(9292)"])
print("stubborn", flush=True)
time.sleep(9292)
""", wait=False, seconds=2)
    found = it.ended(job)
    assert found["ProcessingJobStatus"] == "Stopped", found
    assert "MaxRuntimeInSeconds" in found.get("ExitMessage", "") + found.get("FailureReason", ""), found
    assert time.monotonic() - began < 30 and running("9292") == [], running("9292")


PRY = """
import ctypes, glob, json, os, pathlib, subprocess, sys
data, outside, secrets, server = sys.argv[1], sys.argv[2], sys.argv[3].split(","), sys.argv[4]
seen, tried = [], {}
def look(what, fn):
    try:
        found = fn()
    except BaseException as error:
        tried[what] = "%s: %s" % (type(error).__name__, error)
        return
    tried[what] = repr(found)[:200]
    text = found if isinstance(found, bytes) else repr(found).encode()
    if any(secret.encode() in text for secret in secrets):
        seen.append(what)
def read(path):
    look("read " + path, lambda: open(path, "rb").read(100000000))
def folder(path):
    look("list " + path, lambda: os.listdir(path))
for name in ("secret.key", "probity.db", "probity.db-wal", "server.json", "server.lock", "tls/ca.key", "tls/server.key", "objects/scripts/private.txt"):
    read(data + "/" + name)
    read("/proc/1/root" + data + "/" + name)
    read("/proc/%s/root%s/%s" % (server, data, name))
for place in (data, data + "/jobs", data + "/objects", data + "/capture", "/proc/%s/fd" % server, "/root", "/home", os.path.dirname(data)):
    folder(place)
read(outside)
for process in ["self", "1", str(os.getppid()), server] + glob.glob("/proc/[0-9]*"):
    read("/proc/%s/environ" % process.rsplit("/", 1)[-1])
look("environment", lambda: dict(os.environ))
look("write into the data folder", lambda: open(data + "/written", "w").write("x"))
look("write beside it", lambda: open(os.path.dirname(data) + "/written", "w").write("x"))
look("kill the server", lambda: os.kill(int(server), 9))
libc = ctypes.CDLL(None, use_errno=True)
def call(name, *arguments):
    def run():
        if getattr(libc, name)(*arguments) != 0:
            raise OSError(ctypes.get_errno(), name)
        return "DONE"
    return run
look("umount the data folder", call("umount2", data.encode(), 2))
look("umount /opt", call("umount2", b"/opt", 2))
look("mount proc", call("mount", b"proc", b"/tmp", b"proc", 0, None))
look("mount the root again", call("mount", b"/", b"/tmp", None, 4096, None))
look("a new namespace", call("unshare", 0x10020000))
look("umount from a new namespace", call("umount2", data.encode(), 2))
look("hard link", lambda: os.link(data + "/secret.key", os.path.join("/tmp", "linked")))
look("chroot", lambda: os.chroot("/proc/%s/root" % server))
for name in ("secret.key", "probity.db"):
    read(data + "/" + name)
# What the server uploads when the script has ended must not lead elsewhere.
out = pathlib.Path("/opt/ml/processing/output")
os.symlink(data + "/secret.key", out / "link.key")
os.symlink(data, out / "link-folder")
os.mkfifo(out / "pipe")
(out / "tried.json").write_text(json.dumps({"seen": seen, "tried": tried}))
os.rmdir("/opt/ml/processing/swapped")
os.symlink(data, "/opt/ml/processing/swapped")
os.rmdir("/opt/ml/processing/above/below")
os.rmdir("/opt/ml/processing/above")
os.symlink(data, "/opt/ml/processing/above")
os.rmdir("/opt/ml/output")
os.symlink(data + "/messages", "/opt/ml/output")
"""


@scenario
def a_script_sees_nothing_of_the_server_and_publishes_nothing_of_it(folder):
    it = rig()
    ok_in_namespace()
    data = it.server.data
    private = "an-object-that-no-input-names"
    it.s3.put_object(Bucket=BUCKET, Key="private.txt", Body=private.encode())
    (data / "below").mkdir()
    (data / "below" / "operator.txt").write_text(OUTSIDE_SECRET)
    (data / "messages").mkdir()
    (data / "messages" / "message").write_text(OUTSIDE_SECRET)
    # The first bytes of the database say enough; the key file has no words, so its length tells.
    words = [ENVIRONMENT_SECRET, OUTSIDE_SECRET, private, SECRET, "SQLite format", "PRIVATE KEY", "process_id"]
    outputs = [
        output("out/pry"),
        ProcessingOutput(output_name="swapped", source="/opt/ml/processing/swapped", destination=f"s3://{BUCKET}/out/swapped"),
        ProcessingOutput(output_name="below", source="/opt/ml/processing/above/below", destination=f"s3://{BUCKET}/out/below"),
    ]
    job, printed = it.run("pries", PRY, outputs=outputs, arguments=[
        str(data), str(it.folder / "operator.txt"), ",".join(words), str(it.server.process.pid)])
    found = it.describe(job)
    assert it.server.process.poll() is None, "the script ended the server"
    assert it.keys("out/swapped") == [], f"the server published {it.keys('out/swapped')}"
    assert it.keys("out/below") == [], f"the server published {it.keys('out/below')}"
    # Its own arguments hold the words that the script looks for.
    told = {name: value for name, value in found.items() if name != "AppSpecification"}
    assert OUTSIDE_SECRET not in json.dumps(told, default=str), told
    assert [key for key in it.keys("out/pry/") if "link" in key or "pipe" in key] == []
    assert found["ProcessingJobStatus"] == "Completed" and "ExitMessage" not in found, found
    # Who wonders where an output is finds it in the log.
    assert "the link `/opt/ml/processing/swapped` is passed over" in printed, printed


@scenario
def what_a_script_tries_is_refused(folder):
    it = rig()
    ok_in_namespace()
    words = [ENVIRONMENT_SECRET, OUTSIDE_SECRET, SECRET, "SQLite format", "PRIVATE KEY", "process_id"]
    text = PRY[:PRY.index("os.rmdir(")]
    job, printed = it.run("looks", text, outputs=[output("out/looks")], arguments=[
        str(it.server.data), str(it.folder / "operator.txt"), ",".join(words), str(it.server.process.pid)])
    assert it.describe(job)["ProcessingJobStatus"] == "Completed", (it.describe(job), printed)
    report = json.loads(it.text("out/looks/tried.json"))
    assert report["seen"] == [], {what: report["tried"][what] for what in report["seen"]}
    tried = report["tried"]
    opened = {what: said for what, said in tried.items() if "Error: " not in said}
    # An empty folder in place of the server's, and its own environment.
    allowed = {what for what in opened if opened[what] in ("[]", "b''")} | {"environment"}
    # A namespace of its own gives no way back: what it may do there is tried after it.
    allowed.add("a new namespace")
    allowed |= {what for what in opened if what.endswith("/environ") and what.startswith("read /proc/")}
    assert set(opened) <= allowed, {what: opened[what] for what in set(opened) - allowed}
    assert it.keys("out/looks/") == ["out/looks/tried.json"], it.keys("out/looks/")
    assert not (it.server.data / "written").exists() and not (it.folder / "written").exists()


@scenario
def one_job_does_not_see_the_folder_of_another(folder):
    it = rig()
    ok_in_namespace()
    first, _ = it.run("holds", """
import pathlib, time
pathlib.Path("/opt/ml/processing/mine.txt").write_text("of the first job")
print("ready", flush=True)
time.sleep(9393)
""", wait=False)
    until(lambda: "ready" in it.lines(first))
    second, printed = it.run("peeks", """
import glob
found = glob.glob("/opt/ml/**/mine.txt", recursive=True) + glob.glob("/proc/[0-9]*/root" + "/opt/ml/processing/mine.txt")
print("found", found)
""")
    it.sagemaker.stop_processing_job(ProcessingJobName=first)
    assert "found []" in printed, printed
    assert it.ended(first)["ProcessingJobStatus"] == "Stopped"


@scenario
def without_the_flag_an_image_of_ones_own_is_refused_with_those_that_run(folder):
    with serving(folder) as server:
        sagemaker_client = server.client("sagemaker")
        try:
            sagemaker_client.create_processing_job(ProcessingJobName="refused", RoleArn=ROLE, AppSpecification={
                "ImageUri": IMAGE, "ContainerEntrypoint": ["python3", "x.py"]}, ProcessingResources={
                    "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}})
        except ClientError as error:
            found = error.response["Error"]
            assert found["Code"] == "ValidationException", found
            for word in ("sagemaker-model-monitor-analyzer", "sagemaker-clarify-processing", "--allow-local-processes", IMAGE):
                assert word in found["Message"], found
        else:
            raise AssertionError("it was taken")
        assert sagemaker_client.list_processing_jobs()["ProcessingJobSummaries"] == []


if __name__ == "__main__":
    with RUNNING:
        code = run()
    sys.exit(code)
