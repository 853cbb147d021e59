"""Two servers on one PostgreSQL and one bucket folder: jobs when one of them is killed, resources
and endpoints seen by both.

needs: packages
"""
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from _program import ROOT, Skip, run, scenario
from _server import serving

ROLE = "arn:aws:iam::111122223333:role/Governor"
BUCKET = "shared"
NOBODY = 65534
JOBS = 20
FINAL = ("Completed", "Failed", "Stopped")
GROUP = "/aws/sagemaker/ProcessingJobs"


def programs():
    found = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    beside = shutil.which("initdb")
    if not found and not beside:
        raise Skip("no PostgreSQL is installed")
    return found[-1].parent if found else pathlib.Path(beside).parent


@contextlib.contextmanager
def postgres():
    """An empty one in a folder of its own, through a socket in it; as `nobody` where this is root."""
    at = programs()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="probity-pg-", dir="/tmp"))
    as_nobody = []
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]

    def call(name, *arguments):
        finished = subprocess.run(
            [*as_nobody, str(at / name), "--pgdata", str(folder / "data"), *arguments],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=120)
        return finished

    made = call("initdb", "--username=probity", "--auth=trust", "--encoding=UTF8", "--no-sync")
    if made.returncode != 0:
        raise Skip(f"initdb failed: {made.stderr.decode()[-200:]}")
    server = subprocess.Popen(
        [*as_nobody, str(at / "postgres"), "-D", str(folder / "data"), "-c", "listen_addresses=",
         "-c", f"unix_socket_directories={folder}", "-c", "fsync=off"],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: (folder / ".s.PGSQL.5432").exists(), 30)
        time.sleep(0.5)
        yield f"postgres://probity@localhost/postgres?host={folder}"
    finally:
        # Fast shutdown.
        server.send_signal(signal.SIGINT)
        server.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def until(fn, seconds=60, every=0.2):
    end = time.monotonic() + seconds
    while True:
        found = fn()
        if found:
            return found
        assert time.monotonic() < end, "not in time"
        time.sleep(every)


@contextlib.contextmanager
def two_servers(folder, *arguments):
    """Both know the same key file and the same buckets."""
    first, second = folder / "one" / "data", folder / "two" / "data"
    for data in (first, second):
        data.mkdir(parents=True)
        (data / "secret.key").write_bytes(bytes(range(32)))
        (data / "secret.key").chmod(0o600)
    (folder / "objects").mkdir()
    for data in (first, second):
        (data / "objects").symlink_to(folder / "objects")
    with postgres() as url:
        with serving(folder / "one", "--database-url", url, *arguments) as one:
            with serving(folder / "two", "--database-url", url, *arguments) as two:
                yield one, two


def job(client, name, text):
    client.create_processing_job(
        ProcessingJobName=name, RoleArn=ROLE,
        AppSpecification={"ImageUri": "ours:1", "ContainerEntrypoint": ["python3", "-c", text]},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}})


@scenario
def what_one_server_writes_the_other_knows(folder):
    with two_servers(folder) as (one, two):
        here, there = one.client("sagemaker"), two.client("sagemaker")
        one.client("s3").create_bucket(Bucket=BUCKET)
        one.client("s3").put_object(Bucket=BUCKET, Key="model.json", Body=(ROOT / "compat" / "models" / "loan.json").read_bytes())
        assert two.client("s3").head_object(Bucket=BUCKET, Key="model.json")["ContentLength"] > 0
        here.create_model(ModelName="loan", ExecutionRoleArn=ROLE, PrimaryContainer={
            "Image": "any:1", "ModelDataUrl": f"s3://{BUCKET}/model.json"})
        there.create_endpoint_config(EndpointConfigName="loan", ProductionVariants=[{
            "VariantName": "AllTraffic", "ModelName": "loan", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}])
        here.create_endpoint(EndpointName="loan", EndpointConfigName="loan")
        until(lambda: there.describe_endpoint(EndpointName="loan")["EndpointStatus"] == "InService")
        answers = set()
        for server in (one, two):
            runtime = server.client("sagemaker-runtime")

            def ask():
                try:
                    return runtime.invoke_endpoint(EndpointName="loan", ContentType="text/csv", Body=b"1,40,60")["Body"].read()
                except runtime.exceptions.ClientError:
                    return None

            answers.add(until(ask, 10))
        assert len(answers) == 1, answers
        there.delete_endpoint(EndpointName="loan")
        runtime = one.client("sagemaker-runtime")

        def gone():
            try:
                runtime.invoke_endpoint(EndpointName="loan", ContentType="text/csv", Body=b"1,40,60")
            except runtime.exceptions.ClientError:
                return True
            return False

        until(gone, 10)


@scenario
def every_job_ends_and_none_runs_twice_at_once_when_a_server_is_killed(folder):
    with two_servers(folder, "--allow-local-processes") as (one, two):
        client = one.client("sagemaker")
        there = two.client("sagemaker")
        names = [f"job-{n}" for n in range(JOBS)]
        for n, name in enumerate(names):
            # Says when it began and ended, by the clock that both servers have.
            job((client, there)[n % 2], name, "import time; print('began', time.time(), flush=True); time.sleep(1.5); print('ended', time.time())")

        def states():
            return {name: there.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] for name in names}

        until(lambda: list(states().values()).count("Completed") >= 3)
        one.process.kill()
        one.process.wait()
        # The lease of a silent worker is 30 seconds.
        until(lambda: all(state in FINAL for state in states().values()), 150, 1)
        assert set(states().values()) == {"Completed"}, states()
        logs = two.client("logs")
        twice = []
        for name in names:
            streams = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=name + "/")["logStreams"]
            lines = []
            for stream in streams:
                lines += [event["message"].split() for event in logs.get_log_events(
                    logGroupName=GROUP, logStreamName=stream["logStreamName"], startFromHead=True)["events"]]
            moments = sorted((float(words[1]), words[0]) for words in lines if words and words[0] in ("began", "ended"))
            began = [at for at, word in moments if word == "began"]
            ended = [at for at, word in moments if word == "ended"]
            assert len(ended) == 1, f"{name} ended {len(ended)} times: {moments}"
            assert 1 <= len(began) <= 2, f"{name}: {moments}"
            if len(began) == 2:
                twice.append(name)
                # The first was over, with its server, before the second began.
                assert began[1] - began[0] > 5, f"{name} ran twice at once: {moments}"
        assert twice, "the killed server ran nothing: the scenario shows nothing"
        assert len(twice) <= os.cpu_count(), twice


if __name__ == "__main__":
    sys.exit(run())
