"""Ground truth handed over in requests: by the command from CSV and JSON Lines, and in boto3's words by S3;
windows that waited for it are scored anew.

needs: packages
"""

import json
import sys
import time
import uuid

from _program import probity, run, scenario
from _server import ACCOUNT, serving

BUCKET = "labels-" + uuid.uuid4().hex[:8]
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"


def hour(seconds):
    return time.strftime("%Y/%m/%d/%H", time.gmtime(seconds))


def schedule(server):
    """Transform output captured an hour ago, and a schedule that compares it with labels."""
    s3, sm = server.client("s3"), server.client("sagemaker")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    then = time.time() - 3600
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(then))
    records = "".join(f"{at}.5,id-{at},{moment}\n" for at in range(5))
    s3.put_object(Bucket=BUCKET, Key="transformed/a.csv.out", Body=records.encode())
    manifest = json.dumps([{"prefix": f"s3://{BUCKET}/transformed/"}, "a.csv.out"])
    s3.put_object(Bucket=BUCKET, Key=f"batch/output/{hour(then)}/m.json", Body=manifest.encode())
    sm.create_model_quality_job_definition(
        JobDefinitionName="quality",
        ModelQualityAppSpecification={"ImageUri": "x.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer", "ProblemType": "Regression"},
        ModelQualityJobInput={
            "BatchTransformInput": {
                "DataCapturedDestinationS3Uri": f"s3://{BUCKET}/batch",
                "DatasetFormat": {"Csv": {"Header": False}},
                "LocalPath": "/opt/ml/processing/input",
                "InferenceAttribute": "0",
            },
            "GroundTruthS3Input": {"S3Uri": f"s3://{BUCKET}/truth"},
        },
        ModelQualityJobOutputConfig={"MonitoringOutputs": [{"S3Output": {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output"}}]},
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
    return then


def executions(server, count):
    """The executions, newest first, when so many have ended."""
    for _ in range(300):
        answer = probity("monitor", "executions", "watch", "--output", "json", environment=server.environment())
        found = json.loads(answer.stdout)
        if len(found) == count and all(one["MonitoringExecutionStatus"] not in ("Pending", "InProgress") for one in found):
            return found
        time.sleep(0.2)
    raise AssertionError(f"not {count} executions: {found}")


@scenario
def labels_of_a_file_score_the_windows_that_wait_for_them_anew(folder):
    with serving(folder) as server:
        then = schedule(server)
        begin = int(then) // 3600 * 3600
        span = "..".join(time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)) for at in (begin, begin + 3600))
        probity("monitor", "run", "watch", "--window", span, environment=server.environment())
        first = executions(server, 1)[0]
        assert first["MonitoringExecutionStatus"] == "Failed", first
        (folder / "labels.csv").write_text("id,label\nid-0,0\nid-1,1\nid-2,2\n")
        told = probity("labels", "add", "--schedule", "watch", folder / "labels.csv", environment=server.environment())
        assert told.stdout == "added 3 labels\n", told
        second = executions(server, 2)
        newest = max(second, key=lambda one: one["Revision"])
        assert newest["Cause"] == "late-labels" and newest["Revision"] == 1, newest
        join = json.loads(newest["Join"])
        assert (join["matched"], join["unmatched"]) == (3, 2), join
        lines = '{"id": "id-3", "label": 3}\n{"id": "id-4", "label": "4"}\n'
        place = f"s3://{BUCKET}/truth"
        told = probity("labels", "add", "--ground-truth", place, "-", stdin=lines.encode(), environment=server.environment())
        assert told.stdout == "added 2 labels\n", told
        newest = max(executions(server, 3), key=lambda one: one["Revision"])
        join = json.loads(newest["Join"])
        assert (join["matched"], join["unmatched"]) == (5, 0), join
        s3 = server.client("s3")
        uploaded = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"truth/{hour(time.time())[:10]}")["KeyCount"]
        merged = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"reports/merge/watch/{hour(then)}/part-00000-")["KeyCount"]
        assert uploaded >= 1 and merged == 1, (uploaded, merged)


@scenario
def what_is_no_table_of_labels_is_said_before_anything_is_sent(folder):
    environment = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y"}
    (folder / "labels.csv").write_text("a,b\n1,2\n")
    told = probity("labels", "add", "--schedule", "watch", folder / "labels.csv", code=2, environment=environment).stderr
    assert "has no column `id`" in told, told
    told = probity("labels", "add", folder / "labels.csv", code=2, environment=environment).stderr
    assert "--schedule" in told, told


if __name__ == "__main__":
    sys.exit(run())
