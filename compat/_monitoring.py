"""What the drivers of monitors share: captured calls as the service writes them, put where an
endpoint of this server would have put them; definitions and schedules in a few words; and what
became of their runs.
"""

import datetime
import json
import sqlite3
import time
import uuid

from botocore.exceptions import ClientError

from _endpoint import BUCKET, capture
from _server import ACCOUNT, REGION

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"
ANALYZER = f"159807026194.dkr.ecr.{REGION}.amazonaws.com/sagemaker-model-monitor-analyzer"
CLARIFY = f"306415355426.dkr.ecr.{REGION}.amazonaws.com/sagemaker-clarify-processing:1.0"
CAPTURES = "live"
RESULTS = "results"
LOCAL_INPUT = "/opt/ml/processing/input/endpoint"
OVER = ("Completed", "CompletedWithViolations", "Failed", "Stopped")
UTC = datetime.timezone.utc


def until(fn, seconds=60, every=0.1, what="not in time"):
    """The first true answer of `fn`."""
    end = time.monotonic() + seconds
    while True:
        found = fn()
        if found:
            return found
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(every)


def code_of(call, *arguments, **named):
    """The error's code and message, or `("ok", "")`."""
    try:
        call(*arguments, **named)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    return "ok", ""


def iso(at):
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


# Captured calls.

def event(at, given, answered, **metadata):
    """One call: its input and its output, both CSV unless told otherwise as `(data, encoding)`."""
    def side(mode, data, content_type):
        data, encoding = data if isinstance(data, tuple) else (data, "CSV")
        kind = {"CSV": "text/csv", "JSON": "application/json", "BASE64": content_type}[encoding]
        return {"observedContentType": kind, "mode": mode, "data": data, "encoding": encoding}

    data = {}
    if given is not None:
        data["endpointInput"] = side("INPUT", given, "text/csv")
    if answered is not None:
        data["endpointOutput"] = side("OUTPUT", answered, "text/csv; charset=utf-8")
    meta = {"eventId": str(uuid.uuid4()), **metadata, "inferenceTime": iso(at)}
    return {"captureData": data, "eventMetadata": meta, "eventVersion": "0"}


def lines(records):
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records).encode()


def hour_key(endpoint, at, variant="AllTraffic"):
    return f"{CAPTURES}/{endpoint}/{variant}/{at:%Y/%m/%d/%H}"


def put_captures(fleet, endpoint, records, name=None):
    """Files of the service's layout, one for each hour of inference."""
    hours = {}
    for record in records:
        at = instant(record["eventMetadata"]["inferenceTime"])
        hours.setdefault(hour_key(endpoint, at), []).append(record)
    for hour, some in hours.items():
        at = instant(some[0]["eventMetadata"]["inferenceTime"])
        file = name or f"{at:%M-%S}-000-{uuid.uuid4()}"
        fleet.put(f"{hour}/{file}.jsonl", lines(some))


def watched_endpoint(fleet, name, model="loan", destination=CAPTURES):
    """In service and captured, so that it may be watched. Makes the model where there is none."""
    if code_of(fleet.control.describe_model, ModelName=model)[0] != "ok":
        fleet.model(model)
    reason = fleet.endpoint(name, model, **capture(f"s3://{BUCKET}/{destination}"))
    assert reason is None, reason
    return name


# Definitions and schedules.

def endpoint_input(endpoint, **more):
    return {"EndpointInput": {"EndpointName": endpoint, "LocalPath": LOCAL_INPUT, **more}}


def outputs(prefix=RESULTS):
    return {"MonitoringOutputs": [{"S3Output": {
        "S3Uri": f"s3://{BUCKET}/{prefix}", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "Continuous"}}]}


RESOURCES = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}


def uris(statistics=None, constraints=None):
    found = {}
    if constraints:
        found["ConstraintsResource"] = {"S3Uri": f"s3://{BUCKET}/{constraints}"}
    if statistics:
        found["StatisticsResource"] = {"S3Uri": f"s3://{BUCKET}/{statistics}"}
    return found


def inline(endpoint, baseline=None, environment=None, offsets=None, **application):
    """A definition that stands in its schedule: data quality. `baseline` is a folder's prefix."""
    definition = {
        "MonitoringInputs": [endpoint_input(endpoint, **(offsets or {}))],
        "MonitoringOutputConfig": outputs(),
        "MonitoringResources": RESOURCES,
        "MonitoringAppSpecification": {"ImageUri": ANALYZER, **application},
        "RoleArn": ROLE,
    }
    if baseline:
        definition["BaselineConfig"] = uris(f"{baseline}/statistics.json", f"{baseline}/constraints.json")
    if environment:
        definition["Environment"] = environment
    return {"MonitoringJobDefinition": definition}


def named(kind, definition):
    return {"MonitoringType": kind, "MonitoringJobDefinitionName": definition}


def now(start="-PT1H", end="PT0H"):
    return {"ScheduleExpression": "NOW", "DataAnalysisStartTime": start, "DataAnalysisEndTime": end}


def cron(expression):
    return {"ScheduleExpression": expression}


def create_schedule(fleet, name, when, what):
    return fleet.control.create_monitoring_schedule(
        MonitoringScheduleName=name, MonitoringScheduleConfig={"ScheduleConfig": when, **what})["MonitoringScheduleArn"]


def create_definition(fleet, kind, name, inputs, application, **more):
    """`kind` as in the operations' names: `data_quality`, `model_quality`, `model_bias`,
    `model_explainability`."""
    camel = kind.title().replace("_", "")
    image = CLARIFY if kind in ("model_bias", "model_explainability") else ANALYZER
    members = {
        f"{camel}AppSpecification": {"ImageUri": image, **application},
        f"{camel}JobInput": inputs,
        f"{camel}JobOutputConfig": outputs(),
        **more,
    }
    call = getattr(fleet.control, f"create_{kind}_job_definition")
    call(JobDefinitionName=name, JobResources=RESOURCES, RoleArn=ROLE, **members)
    return named(camel, name)


# Runs.

def executions(fleet, schedule=None, **filters):
    """All of them, in the order that was asked for; from the oldest slot on unless told."""
    if schedule:
        filters["MonitoringScheduleName"] = schedule
    filters = {"SortBy": "ScheduledTime", "SortOrder": "Ascending", **filters}
    pages = fleet.control.get_paginator("list_monitoring_executions").paginate(**filters, PaginationConfig={"PageSize": 100})
    return [one for page in pages for one in page["MonitoringExecutionSummaries"]]


def ended(fleet, schedule, n=1, seconds=90):
    """The schedule's runs once `n` of them are over."""
    def over():
        found = executions(fleet, schedule)
        return found if sum(one["MonitoringExecutionStatus"] in OVER for one in found) >= n else None

    return until(over, seconds, what=lambda: f"{schedule}: {executions(fleet, schedule)}")


def job_of(fleet, execution):
    name = execution["ProcessingJobArn"].rsplit("/", 1)[1]
    return fleet.control.describe_processing_job(ProcessingJobName=name)


def results_of(fleet, execution):
    """The names and contents of a run's files."""
    uri = job_of(fleet, execution)["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    prefix = uri.split("/", 3)[3]
    listed = fleet.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix + "/").get("Contents", [])
    return {one["Key"][len(prefix) + 1:]: fleet.get(f"s3://{BUCKET}/{one['Key']}") for one in listed}


def log_of(server, execution):
    """What a run's log says."""
    name = execution["ProcessingJobArn"].rsplit("/", 1)[1]
    logs = server.client("logs")
    group = "/aws/sagemaker/ProcessingJobs"
    streams = logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=name + "/")["logStreams"]
    return "\n".join(
        one["message"] for stream in streams for one in logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"], startFromHead=True)["events"])


def rows(server, query, *values):
    """What the server keeps, read beside it."""
    with sqlite3.connect(f"file:{server.data / 'probity.db'}?mode=ro", uri=True, timeout=30) as database:
        database.row_factory = sqlite3.Row
        return [dict(row) for row in database.execute(query, values)]


def kept_executions(server):
    """Every run with what the API does not show: its cause, revision, window and notes."""
    found = rows(server, "select * from monitoring_execution order by schedule, scheduled_ms, revision")
    for one in found:
        one["body"] = json.loads(one["body"])
    return found


class Clock:
    """A simulated one, as the server keeps it in its database: it goes on while no server runs."""

    def __init__(self, server):
        kept = rows(server, "select value from setting where name = 'clock'")[0]["value"].split()
        self.start_ms, self.anchor_ms, self.rate = map(float, kept)

    def now(self):
        ms = self.start_ms + (time.time() * 1000 - self.anchor_ms) * self.rate
        return datetime.datetime.fromtimestamp(ms / 1000, UTC)
