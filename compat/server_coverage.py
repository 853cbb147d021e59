"""What is between an answered call and a job that must see it: two servers on one PostgreSQL, one that
is killed, captures that were dropped, and captures that are too old.

needs: packages
"""
import json
import os
import re
import sys
import time

from _endpoint import BUCKET, ROLE, ROWS, Fleet, capture, csv_of
from _program import probity, run, scenario
from _server import serving
from server_postgres import two_servers, until

ANALYZER = "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer"
LIVE = f"s3://{BUCKET}/live"


def analyse(fleet, name, location):
    """A baseline of captured records: its statistics, its notes and its report."""
    fleet.control.create_processing_job(
        ProcessingJobName=name, RoleArn=ROLE, AppSpecification={"ImageUri": ANALYZER},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
        ProcessingInputs=[{"InputName": "captures", "S3Input": {
            "S3Uri": location, "LocalPath": "/opt/ml/processing/input/captures", "S3DataType": "S3Prefix", "S3InputMode": "File"}}],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "out", "S3Output": {
            "S3Uri": f"s3://{BUCKET}/results/{name}", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}}]},
        Environment={"dataset_source": "/opt/ml/processing/input/captures", "output_path": "/opt/ml/processing/output",
                     "dataset_format": json.dumps({"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}})})
    job = until(lambda: ended(fleet, name), 120)
    assert job["ProcessingJobStatus"] == "Completed", job
    read = lambda file: fleet.get(f"s3://{BUCKET}/results/{name}/{file}").decode()
    notes = json.loads(read("probity.json"))["dataset"].get("notes", [])
    return json.loads(read("statistics.json"))["dataset"]["item_count"], notes, read("report.html")


def ended(fleet, name):
    job = fleet.control.describe_processing_job(ProcessingJobName=name)
    return job if job["ProcessingJobStatus"] in ("Completed", "Failed", "Stopped") else None


def answers(fleet, endpoint):
    try:
        fleet.ask(endpoint, csv_of(ROWS[:1]))
    except fleet.runtime.exceptions.ClientError:
        return False
    return True


@scenario
def a_job_sees_every_answered_call_of_every_server_and_names_one_that_died(folder):
    with two_servers(folder) as (one, two):
        here, there = Fleet(one), Fleet(two)
        assert here.endpoint("e", here.model("m"), **capture(LIVE)) is None
        calls = 0
        for fleet in (here, there):
            until(lambda: answers(fleet, "e"), 20)
            calls += 1
            for _ in range(19):
                fleet.ask("e", csv_of(ROWS[:1]))
                calls += 1
        # Segments are sent after a minute by themselves.
        begun = time.monotonic()
        count, notes, _ = analyse(here, "both", f"{LIVE}/e")
        assert time.monotonic() - begun < 50, "that was long enough for segments to be sent by their age"
        assert count == calls, f"{count} of {calls} answered calls were seen"
        assert notes == [], notes
        for _ in range(7):
            there.ask("e", csv_of(ROWS[:1]))
        # What it counted is in the store, what it captured is not at its destination.
        time.sleep(3)
        two.process.kill()
        two.process.wait()
        dead = (two.data / "server.id").read_text().strip()
        time.sleep(11)
        count, notes, report = analyse(here, "one", f"{LIVE}/e")
        assert count == calls, count
        said = "\n".join(notes)
        assert re.search(rf"server `{dead}` was not seen since \d{{4}}-.*: its last captures may be missing", said), notes
        assert "was not seen since" in report
        begun = time.monotonic()
        # Nobody waits for the dead.
        analyse(here, "again", f"{LIVE}/e")
        assert time.monotonic() - begun < 20


@scenario
def a_job_says_what_was_dropped_of_the_captures(folder):
    with serving(folder, "--capture-max-bytes", 4000) as server:
        fleet = Fleet(server)
        assert fleet.endpoint("e", fleet.model("m"), **capture(LIVE)) is None
        calls = 300
        body = csv_of(ROWS * 8)
        for _ in range(calls):
            fleet.ask("e", body)
        count, notes, report = analyse(fleet, "job", f"{LIVE}/e")
        said = "\n".join(notes)
        answered, kept = map(int, re.search(r"answered (\d+) invocations .* and captured (\d+) of them", said).groups())
        lost = int(re.search(r"captures of endpoint `e` were lost .*: (\d+) because more than --capture-max-bytes", said)[1])
        assert answered == calls and lost > 0 and kept + lost == calls, notes
        assert count == kept * len(ROWS) * 8, f"{count} rows of {kept} records"
        assert "were lost" in report
        found = probity("doctor", "--data", server.data).stdout
        assert "were lost" in found, found


@scenario
def captures_go_when_they_are_too_old(folder):
    # Ten hours in a second.
    with serving(folder, "--clock", "2026-01-01T00:00:00Z@36000", "--keep-captures", "24h") as server:
        fleet = Fleet(server)
        assert fleet.endpoint("e", fleet.model("m"), **capture(LIVE)) is None
        fleet.ask("e", csv_of(ROWS))
        live = server.data / "objects" / BUCKET / "live" / "e"
        analyse(fleet, "job", f"{LIVE}/e")
        stranger = server.data / "objects" / BUCKET / "live" / "other" / "v" / "2020" / "01" / "01" / "00" / "x.jsonl"
        stranger.parent.mkdir(parents=True)
        stranger.write_text("{}\n")
        # Folders go while they are walked through, which os.walk takes for empty ones.
        until(lambda: not any(name.endswith(".jsonl") for _, _, names in os.walk(live) for name in names), 60)
        # Told once they are gone, and read from the server's output by another thread.
        until(lambda: "captured files of endpoint `e`" in server.log, 60)
        assert stranger.exists()
        assert "whole" in probity("admin", "audit", "--data", server.data).stdout


if __name__ == "__main__":
    sys.exit(run())
