"""Two servers on one PostgreSQL and one bucket folder: jobs and slots of monitors when one of them is
killed, resources and endpoints seen by both.

needs: packages
"""
import contextlib
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from botocore.exceptions import BotoCoreError, ClientError

from _endpoint import Fleet
from _monitoring import OVER, create_schedule, cron, executions, inline, instant, results_of, watched_endpoint
from _program import ROOT, Skip, probity, run, scenario
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
        killed = time.time()
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
            # A script may end in the moment before its server is killed, which then could not say so.
            noted = [at for at in ended if not killed - 5 < at < killed + 1] or ended
            assert len(noted) == 1, f"{name} ended {len(ended)} times: {moments}"
            assert 1 <= len(began) <= 2, f"{name}: {moments}"
            if len(began) == 2:
                twice.append(name)
                # The first was over, with its server, before the second began.
                assert began[1] - began[0] > 5, f"{name} ran twice at once: {moments}"
        assert twice, "the killed server ran nothing: the scenario shows nothing"
        assert len(twice) <= os.cpu_count(), twice


def captured_between(folder, start, end):
    """The records of both servers' files."""
    files = (folder / "objects" / "bucket" / "live").rglob("*.jsonl")
    records = (json.loads(line) for file in files for line in file.read_text().splitlines())
    return sum(start <= instant(record["eventMetadata"]["inferenceTime"]) < end for record in records)


@scenario
def every_slot_of_a_monitor_is_run_once_and_sees_the_calls_of_both_servers(folder):
    # An hour in four seconds; the clock is the database's, so both have the same.
    clock = ("--clock", "2026-05-01T00:30:00Z@900")
    with two_servers(folder, *clock) as (one, two):
        fleet = Fleet(one)
        watched_endpoint(fleet, "loans")
        schedules = [f"watch-{n}" for n in range(4)]
        for name in schedules:
            create_schedule(fleet, name, cron("cron(0 * ? * * *)"), inline("loans"))
        runtimes = [server.client("sagemaker-runtime") for server in (one, two)]

        def ask(runtime, n):
            try:
                runtime.invoke_endpoint(EndpointName="loans", ContentType="text/csv", Body=b"1,40,60", InferenceId=f"call-{n}")
            except (ClientError, BotoCoreError):
                return False
            return True

        until(lambda: ask(runtimes[1], "first"), 30)
        there = Fleet(two)
        n = 0
        while len(executions(there, "watch-0")) < 3:
            ask(runtimes[n % 2], n)
            n += 1
            time.sleep(0.1)
        # Before one is killed, every call of either was seen by every schedule once.
        for name in schedules:
            until(lambda: sum(run["MonitoringExecutionStatus"] in OVER for run in executions(there, name)) >= 3)
        for name in schedules:
            first = [run for run in executions(there, name) if run["MonitoringExecutionStatus"] == "Completed"]
            assert len(first) >= 2, executions(there, name)
            for run in first:
                count = json.loads(results_of(there, run)["statistics.json"])["dataset"]["item_count"]
                end = run["ScheduledTime"]
                called = captured_between(folder, end - datetime.timedelta(hours=1), end)
                assert count == called > 0, (name, run, count, called)
        one.process.kill()
        one.process.wait()
        killed = len(executions(there, "watch-0"))
        while len(executions(there, "watch-0")) < killed + 4:
            ask(runtimes[1], n)
            n += 1
            time.sleep(0.1)
        for name in schedules:
            there.control.stop_monitoring_schedule(MonitoringScheduleName=name)

        def over():
            return all(run["MonitoringExecutionStatus"] in OVER for run in executions(there))

        # The lease of a silent worker is 30 seconds.
        until(over, 120, 1)
        for name in schedules:
            slots = [run["ScheduledTime"].timestamp() / 3600 for run in executions(there, name)]
            gaps = {later - earlier for earlier, later in zip(slots, slots[1:])}
            assert gaps == {1.0}, f"{name}: {slots}"
            failed = [run["FailureReason"] for run in executions(there, name, StatusEquals="Failed")]
            # A window whose calls only the killed server captured has none until it starts again.
            assert all(reason.startswith("NoData") for reason in failed), failed
        # The window in which it died says that calls of it may be missing.
        told = probity("monitor", "executions", "watch-0", "--limit", "20", "--output", "json", environment=two.environment()).stdout
        assert "was not seen since" in told, told[-3000:]


if __name__ == "__main__":
    sys.exit(run())
