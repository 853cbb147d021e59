"""Labels by every way they can come: put by S3, handed over in the operation, added by the command. A window that
had none when it was due is scored anew once, both runs are listed, and its numbers have AWS's dimensions.

needs: packages
"""

import json
import pathlib
import sqlite3
import sys
import time
import urllib.error
import urllib.request
import uuid

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from _program import probity, run, scenario
from _server import ACCOUNT, KEY, REGION, SECRET, serving

BUCKET = "labels-" + uuid.uuid4().hex[:8]
TRUTH = f"s3://{BUCKET}/truth"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"
EVENTS = 40


def hour(seconds):
    return time.strftime("%Y/%m/%d/%H", time.gmtime(seconds))


def line(at, label):
    return json.dumps({
        "groundTruthData": {"data": str(label), "encoding": "CSV"},
        "eventMetadata": {"eventId": f"id-{at}"},
        "eventVersion": "0",
    }) + "\n"


def watched(server):
    """Transform output captured an hour ago, a schedule that compares it with labels, and a run without any."""
    s3, sm = server.client("s3"), server.client("sagemaker")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    then = time.time() - 3600
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(then))
    records = "".join(f"{at}.5,id-{at},{moment}\n" for at in range(EVENTS))
    s3.put_object(Bucket=BUCKET, Key="transformed/a.csv.out", Body=records.encode())
    manifest = json.dumps([{"prefix": f"s3://{BUCKET}/transformed/"}, "a.csv.out"])
    s3.put_object(Bucket=BUCKET, Key=f"batch/output/{hour(then)}/m.json", Body=manifest.encode())
    sm.create_model_quality_job_definition(
        JobDefinitionName="quality",
        ModelQualityAppSpecification={
            "ImageUri": "x.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer",
            "ProblemType": "Regression",
        },
        ModelQualityJobInput={
            "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": f"s3://{BUCKET}/batch",
                "DatasetFormat": {"Csv": {"Header": False}},
                "LocalPath": "/opt/ml/processing/input",
                "InferenceAttribute": "0",
            },
            "GroundTruthS3Input": {"S3Uri": TRUTH},
        },
        ModelQualityJobOutputConfig={"MonitoringOutputs": [{"S3Output": {
            "S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output",
        }}]},
        JobResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}},
        RoleArn=ROLE,
    )
    sm.create_monitoring_schedule(
        MonitoringScheduleName="watch",
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 0 ? * * *)"},
            "MonitoringJobDefinitionName": "quality",
            "MonitoringType": "ModelQuality",
        },
    )
    begin = int(then) // 3600 * 3600
    span = "..".join(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (begin, begin + 3600))
    probity("monitor", "run", "watch", "--window", span, environment=server.environment())
    first = ended(server, 1)[0]
    assert first["MonitoringExecutionStatus"] == "Failed", first
    assert "label" in first["FailureReason"], first
    return s3


def listed(server):
    answer = probity("monitor", "executions", "watch", "--output", "json", environment=server.environment())
    return json.loads(answer.stdout)


def ended(server, count):
    """The executions by revision, when so many have ended."""
    for _ in range(300):
        found = listed(server)
        if len(found) >= count and all(one["MonitoringExecutionStatus"] not in ("Pending", "InProgress") for one in found):
            assert len(found) == count, found
            return sorted(found, key=lambda one: one["Revision"])
        time.sleep(0.2)
    raise AssertionError(f"not {count} executions: {found}")


def call(server, operation, document):
    """An operation of Probity's own, signed; the status and the answer."""
    body = json.dumps(document)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Probity.{operation}"}
    request = AWSRequest("POST", server.url + "/", data=body, headers=headers)
    SigV4Auth(Credentials(KEY, SECRET), "sagemaker", REGION).add_auth(request)
    try:
        with urllib.request.urlopen(urllib.request.Request(server.url + "/", body.encode(), dict(request.headers))) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def add(server, folder, text):
    (folder / "more.jsonl").write_text(text)
    probity("labels", "add", "--schedule", "watch", folder / "more.jsonl", environment=server.environment())


@scenario
def a_window_without_labels_is_scored_once_they_come_and_by_aws_s_dimensions(folder):
    with serving(folder) as server:
        s3 = watched(server)
        # By S3: as it is documented, twice the same, and one that was wrong first.
        upload = "".join(line(at, at) for at in range(10)) + line(0, 0) + line(1, 7)
        s3.put_object(Bucket=BUCKET, Key=f"truth/{hour(time.time())}/a.jsonl", Body=upload.encode())
        # In the operation; what it adds makes the server look.
        labels = [{"Id": f"id-{at}", "Label": str(at)} for at in range(10, 20)]
        status, answer = call(server, "AddGroundTruthLabels", {"GroundTruthS3Uri": TRUTH, "Labels": labels})
        assert (status, answer["LabelCount"], answer["MonitoringScheduleNames"]) == (200, 10, ["watch"]), answer
        first, second = ended(server, 2)
        assert (first["Revision"], second["Revision"], second["Cause"]) == (0, 1, "late-labels"), second
        assert second["MonitoringExecutionStatus"].startswith("Completed"), second
        join = json.loads(second["Join"])
        told = {name: join[name] for name in ("matched", "unmatched", "duplicate", "conflicting")}
        assert told == {"matched": 20, "unmatched": 20, "duplicate": 1, "conflicting": 1}, join
        names = [one["MonitoringExecutionStatus"] for one in
                 server.client("sagemaker").list_monitoring_executions(MonitoringScheduleName="watch")["MonitoringExecutionSummaries"]]
        assert len(names) == 2, names
        rows = list(sqlite3.connect(next(pathlib.Path(folder).rglob("probity.db"))).execute("select dimensions from metric_point"))
        assert rows and all("Revision" not in row[0] for row in rows), rows

        # By the command, in SageMaker's own lines: one label of forty is too little, two are enough.
        add(server, folder, line(20, 20))
        time.sleep(12)
        assert len(listed(server)) == 2, listed(server)
        add(server, folder, line(21, 21))
        third = ended(server, 3)[-1]
        assert json.loads(third["Join"])["matched"] == 22, third
        rows = list(sqlite3.connect(next(pathlib.Path(folder).rglob("probity.db"))).execute("select dimensions from metric_point"))
        assert any('"Revision":"2"' in row[0].replace(" ", "") for row in rows), rows


@scenario
def labels_go_only_where_a_schedule_reads_them(folder):
    with serving(folder) as server:
        watched(server)
        one = [{"Id": "id-0", "Label": "0"}]
        for place in (f"s3://{BUCKET}/reports", f"s3://{BUCKET}/truth/../reports", "s3://nosuch/truth", f"s3://{BUCKET}"):
            status, answer = call(server, "AddGroundTruthLabels", {"GroundTruthS3Uri": place, "Labels": one})
            assert status == 400 and answer["__type"].endswith("ValidationException"), (place, answer)
        (folder / "none.csv").write_text("id,label\n")
        told = probity("labels", "add", "--schedule", "watch", folder / "none.csv", code=2, environment=server.environment())
        assert "no labels in" in told.stderr, told


if __name__ == "__main__":
    sys.exit(run())
