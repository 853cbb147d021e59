"""Evidence of model cards: evaluations that are taken from the reports of real jobs and monitors, and say so
when a newer one is there, when the report is another, or when the model changed.

needs: packages
"""

import datetime
import hashlib
import json
import sys
import time
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from _endpoint import BUCKET, Fleet
from _monitoring import CLARIFY, code_of, create_definition, create_schedule, cron, endpoint_input
from _monitoring import event, put_captures, until, watched_endpoint
from _program import run, scenario
from _server import ACCOUNT, KEY, REGION, SECRET, serving

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"
OUT = f"s3://{BUCKET}/bias"
UTC = datetime.timezone.utc
# As the badge says it; the legend of every document has the words alone.
DIFFERS = "✗ Differs from its report"
STALE = "▲ Stale"


def own(server, operation, **body):
    """An operation that AWS does not have: its answer, or the code and the message of its error."""
    request = AWSRequest("POST", server.url + "/", data=json.dumps(body), headers={
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Probity.{operation}"})
    SigV4Auth(Credentials(KEY, SECRET), "sagemaker", REGION).add_auth(request)
    prepared = urllib.request.Request(server.url + "/", data=request.body, headers=dict(request.headers))
    try:
        with urllib.request.urlopen(prepared, timeout=120) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        found = json.load(error)
        return found["__type"].rsplit("#", 1)[-1], found.get("message") or found.get("Message")


def card(fleet, name="credit", model=None, **more):
    content = {"intended_uses": {"risk_rating": "High"}, "model_overview": {}}
    if model:
        described = fleet.control.describe_model(ModelName=model)
        content["model_overview"] = {
            "model_id": described["ModelArn"], "model_name": model,
            "model_artifact": [described["PrimaryContainer"]["ModelDataUrl"]]}
    return fleet.control.create_model_card(
        ModelCardName=name, Content=json.dumps(content), ModelCardStatus="Draft", **more)["ModelCardArn"]


def content_of(fleet, name="credit"):
    return json.loads(fleet.control.describe_model_card(ModelCardName=name)["Content"])


def evaluation_of(fleet, evaluation, name="credit"):
    found = [one for one in content_of(fleet, name)["evaluation_details"] if one["name"] == evaluation]
    assert len(found) == 1, content_of(fleet, name)
    return found[0]


def evidence(server, name="credit"):
    return own(server, "DescribeModelCardEvidence", ModelCardName=name)


def codes(server, name="credit"):
    """Why the only evaluation is stale."""
    found = evidence(server, name)
    reasons = [one["Code"] for one in found["Evaluations"][0]["Reasons"]]
    assert found["Stale"] == bool(reasons) == found["Evaluations"][0]["Stale"], found
    return reasons


def standing(server, name="credit"):
    found = own(server, "ListModelCardStandings", NameContains=name)["ModelCardStandings"]
    return next(one for one in found if one["ModelCardName"] == name)


def clarify(fleet, name, shift=0):
    """A job that measures the bias of labels, once it is over."""
    rows = "".join(f"{n % (3 + n % 2 * shift) == 0:d},{n % 2},{20 + n % 40}\n" for n in range(300))
    data = fleet.put(f"data/{name}.csv", rows.encode())
    config = fleet.put(f"data/{name}.json", json.dumps({
        "dataset_type": "text/csv", "headers": ["paid", "sex", "age"], "label": "paid",
        "label_values_or_threshold": [1], "facet": [{"name_or_index": "sex", "value_or_threshold": [1]}],
        "methods": {"pre_training_bias": {"methods": "all"}, "report": {"name": "report", "title": "Bias"}},
    }).encode())

    def place(what, uri, path):
        return {"InputName": what, "S3Input": {"S3Uri": uri, "LocalPath": path, "S3DataType": "S3Prefix", "S3InputMode": "File"}}

    fleet.control.create_processing_job(
        ProcessingJobName=name, RoleArn=ROLE, AppSpecification={"ImageUri": CLARIFY},
        ProcessingResources={"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}},
        ProcessingInputs=[place("dataset", data, "/opt/ml/processing/input/data"),
                          place("analysis_config", config, "/opt/ml/processing/input/config")],
        ProcessingOutputConfig={"Outputs": [{"OutputName": "analysis_result", "S3Output": {
            "S3Uri": OUT, "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}}]})

    def over():
        job = fleet.control.describe_processing_job(ProcessingJobName=name)
        return job if job["ProcessingJobStatus"] not in ("InProgress", "Stopping") else None

    job = until(over, 120, what=f"{name} does not end")
    assert job["ProcessingJobStatus"] == "Completed", job
    return job["ProcessingJobArn"]


@scenario
def an_evaluation_is_taken_from_a_report_of_clarify_and_goes_stale_with_it(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.model("loan")
        card(fleet, model="loan")
        job = clarify(fleet, "first")
        bound = own(server, "BindModelCardEvaluation", ModelCardName="credit", EvaluationName="fairness",
                    ProcessingJobName="first")
        report = fleet.get(f"{OUT}/analysis.json")
        assert bound["Sha256"] == hashlib.sha256(report).hexdigest(), bound
        assert bound["Source"] == job and bound["Kind"] == "clarify-bias" and bound["ModelCardVersion"] == 2, bound
        # The numbers are those of the report.
        facets = json.loads(report)["pre_training_bias_metrics"]["facets"]["sex"]
        expected = {one["name"]: one["value"] for one in facets[0]["metrics"] if one["value"] is not None}
        fairness = evaluation_of(fleet, "fairness")
        metrics = {one["name"]: one["value"] for one in fairness["metric_groups"][0]["metric_data"]}
        assert metrics == expected and len(metrics) > 4, (metrics, expected)
        assert fairness["evaluation_job_arn"] == job, fairness
        assert codes(server) == [] and not standing(server)["Stale"]
        shown = own(server, "GetModelCardDocument", ModelCardName="credit", Format="Markdown")
        assert DIFFERS not in shown["Text"] and STALE not in shown["Text"], shown["Text"]
        assert standing(server)["RiskRating"] == "High", standing(server)

        # Another run of the same analysis, which finds something else.
        clarify(fleet, "second", shift=1)
        assert sorted(codes(server)) == ["NewerReport", "ReportChanged"], evidence(server)
        assert standing(server)["StaleEvaluations"] == ["fairness"], standing(server)
        shown = own(server, "GetModelCardDocument", ModelCardName="credit", Format="Markdown")
        assert DIFFERS in shown["Text"] and STALE not in shown["Text"], shown["Text"]
        own(server, "BindModelCardEvaluation", ModelCardName="credit", EvaluationName="fairness", ProcessingJobName="second")
        assert codes(server) == [], evidence(server)
        shown = own(server, "GetModelCardDocument", ModelCardName="credit", Format="Json")
        told = json.loads(shown["Text"])["evidence"][0]
        assert told["verification"] == "Verified" and told["reasons"] == [], told

        # Overwritten by hand, and gone.
        fleet.put("bias/analysis.json", report)
        assert codes(server) == ["ReportChanged"], evidence(server)
        fleet.s3.delete_object(Bucket=BUCKET, Key="bias/analysis.json")
        assert codes(server) == ["ReportMissing"], evidence(server)


@scenario
def an_evaluation_is_stale_when_its_model_is_another(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.model("loan")
        card(fleet, model="loan")
        uri = fleet.put("numbers.json", json.dumps({"metric_groups": [
            {"name": "own", "metric_data": [{"name": "auc", "type": "number", "value": 0.9}]}]}).encode())
        own(server, "BindModelCardEvaluation", ModelCardName="credit", EvaluationName="quality", ReportS3Uri=uri)
        assert codes(server) == []
        fleet.control.delete_model(ModelName="loan")
        assert codes(server) == ["ModelChanged"], evidence(server)
        fleet.model("loan")
        found = evidence(server)["Evaluations"][0]["Reasons"]
        assert [one["Code"] for one in found] == ["ModelChanged"] and "created anew" in found[0]["Message"], found
        own(server, "UnbindModelCardEvaluation", ModelCardName="credit", EvaluationName="quality")
        assert codes(server) == [] and not evidence(server)["Evaluations"][0]["Bound"]
        assert evaluation_of(fleet, "quality")["metric_groups"][0]["metric_data"][0]["value"] == 0.9


def measured_endpoint(fleet):
    """An endpoint with captured calls and labels of the last hour, and a schedule of its quality."""
    watched_endpoint(fleet, "live")
    at = datetime.datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - datetime.timedelta(minutes=40)
    put_captures(fleet, "live", [
        event(at + datetime.timedelta(seconds=n), f"0,{20 + n},50.5", f"{n / 40}", inferenceId=f"id-{n}") for n in range(40)])
    labels = "".join(json.dumps({
        "groundTruthData": {"data": str(n / 40 + 0.1), "encoding": "CSV"},
        "eventMetadata": {"eventId": f"id-{n}"}, "eventVersion": "0"}) + "\n" for n in range(40))
    fleet.put(f"truth/{at:%Y/%m/%d/%H}/labels.jsonl", labels.encode())
    inputs = {**endpoint_input("live", InferenceAttribute="0"), "GroundTruthS3Input": {"S3Uri": f"s3://{BUCKET}/truth"}}
    what = create_definition(fleet, "model_quality", "quality", inputs, {"ProblemType": "Regression"})
    create_schedule(fleet, "quality", cron("cron(0 0 ? * * *)"), what)
    return at.replace(minute=0)


def asked(server, begin):
    """A run of that hour that somebody asks for, once it is over."""
    answer = own(server, "RunMonitoringSchedule", MonitoringScheduleName="quality",
                 StartTime=begin.timestamp(), EndTime=begin.timestamp() + 3600)
    assert isinstance(answer, dict), answer

    def over():
        found = own(server, "DescribeMonitoringExecution", MonitoringExecutionId=answer["MonitoringExecutionId"])
        return found if found["MonitoringExecutionStatus"] not in ("Pending", "InProgress") else None

    found = until(over, 120, what="the run does not end")
    assert found["MonitoringExecutionStatus"].startswith("Completed"), found
    return found


@scenario
def an_evaluation_follows_a_monitor_and_live_sections_show_its_last_run(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        begin = measured_endpoint(fleet)
        card(fleet, model="loan")
        bind = {"ModelCardName": "credit", "EvaluationName": "quality", "MonitoringScheduleName": "quality"}
        code, text = own(server, "BindModelCardEvaluation", **bind)
        assert code == "ValidationException" and "no execution that completed" in text, (code, text)
        live = evidence(server)["LiveSections"]
        assert len(live) == 1 and "Execution" not in live[0] and live[0]["EndpointName"] == "live", live

        first = asked(server, begin)
        bound = own(server, "BindModelCardEvaluation", **bind)
        assert bound["Kind"] == "model-quality-regression" and bound["Follows"] == "quality", bound
        assert first["MonitoringExecutionId"] in bound["Source"], (first, bound)
        metrics = {one["name"]: one["value"] for one in evaluation_of(fleet, "quality")["metric_groups"][0]["metric_data"]}
        assert abs(metrics["mae"] - 0.1) < 1e-9, metrics
        assert codes(server) == [], evidence(server)
        live = evidence(server)["LiveSections"][0]["Execution"]
        shown = {one["name"]: one["value"] for group in json.loads(live["MetricGroups"]) for one in group["metric_data"]}
        assert abs(shown["mae"] - 0.1) < 1e-9, shown

        shown = own(server, "GetModelCardDocument", ModelCardName="credit", Format="Html")
        assert STALE not in shown["Text"] and DIFFERS not in shown["Text"], shown["Text"]

        # At once when the next execution has ended: in the API, in what dashboards read, in exports.
        second = asked(server, begin)
        assert codes(server) == ["NewerExecution"], evidence(server)
        reason = evidence(server)["Evaluations"][0]["Reasons"][0]
        assert second["MonitoringExecutionId"] in reason["Source"], reason
        assert standing(server)["Stale"], standing(server)
        shown = own(server, "GetModelCardDocument", ModelCardName="credit", Format="Html")
        assert STALE in shown["Text"] and DIFFERS not in shown["Text"], shown["Text"]

        # The model's record of the dashboard.
        record = fleet.control.search(Resource="Model")["Results"][0]["Model"]
        assert record["ModelCard"]["ModelCardName"] == "credit" and record["ModelCard"]["RiskRating"] == "High", record
        schedule = record["MonitoringSchedules"][0]
        assert schedule["MonitoringScheduleName"] == "quality" and schedule["MonitoringAlertSummaries"], schedule
        last = schedule["LastMonitoringExecutionSummary"]
        assert last["MonitoringExecutionStatus"].startswith("Completed"), last
        record = fleet.control.search(Resource="Endpoint")["Results"][0]["Endpoint"]
        assert record["MonitoringSchedules"][0]["MonitoringScheduleName"] == "quality", record
        by_model = {"Filters": [{"Name": "ModelId", "Operator": "Equals", "Value": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model/loan"}]}
        found = fleet.control.search(Resource="ModelCard", SearchExpression=by_model)["Results"]
        assert [one["ModelCard"]["ModelCardName"] for one in found] == ["credit"], found
        assert json.loads(found[0]["ModelCard"]["Content"])["evaluation_details"], found


@scenario
def tags_bind_evaluations(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        clarify(fleet, "first")
        tag = {"Key": "probity:bind/fairness", "Value": f"{OUT}/analysis.json"}
        arn = card(fleet, Tags=[tag, {"Key": "team", "Value": "risk"}])
        described = fleet.control.describe_model_card(ModelCardName="credit")
        assert described["ModelCardVersion"] == 1, described
        assert evaluation_of(fleet, "fairness")["metadata"]["probity:report"] == tag["Value"]
        assert codes(server) == []
        # The same again changes nothing; a later report is taken.
        fleet.control.add_tags(ResourceArn=arn, Tags=[tag])
        assert fleet.control.describe_model_card(ModelCardName="credit")["ModelCardVersion"] == 1
        clarify(fleet, "second", shift=1)
        assert codes(server), "a later job has written"
        fleet.control.add_tags(ResourceArn=arn, Tags=[tag])
        assert fleet.control.describe_model_card(ModelCardName="credit")["ModelCardVersion"] == 2
        assert codes(server) == [], evidence(server)
        # What cannot be read is refused, and leaves no tag and no card.
        missing = {"Key": "probity:bind/other", "Value": f"{OUT}/none.json"}
        code, text = code_of(fleet.control.add_tags, ResourceArn=arn, Tags=[missing])
        assert code == "ValidationException" and "no report at" in text, (code, text)
        tags = {one["Key"] for one in fleet.control.list_tags(ResourceArn=arn)["Tags"]}
        assert tags == {"probity:bind/fairness", "team"}, tags
        code, _ = code_of(card, fleet, "never", Tags=[missing])
        assert code == "ValidationException", code
        code, _ = code_of(fleet.control.describe_model_card, ModelCardName="never")
        assert code == "ResourceNotFound", code


@scenario
def a_card_fills_itself_from_a_registered_model(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        clarify(fleet, "first")
        report = fleet.get(f"{OUT}/analysis.json")
        fleet.control.create_model_package_group(ModelPackageGroupName="loans")

        def register(digest):
            return fleet.control.create_model_package(
                ModelPackageGroupName="loans", ModelPackageDescription="a loan model", Task="CLASSIFICATION",
                InferenceSpecification={"Containers": [{"Image": "a/b:1", "ModelDataUrl": f"s3://{BUCKET}/m.tar.gz"}],
                                        "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]},
                ModelMetrics={"Bias": {"Report": {
                    "ContentType": "application/json", "S3Uri": f"{OUT}/analysis.json", "ContentDigest": f"sha256:{digest}"}}},
            )["ModelPackageArn"]

        arn = register(hashlib.sha256(report).hexdigest())
        fleet.control.create_model_card(ModelCardName="older", ModelCardStatus="Draft", Content=json.dumps({
            "model_package_details": {"model_package_group_name": "loans"},
            "business_details": {"line_of_business": "retail"}}))
        filled = own(server, "PreviewModelCard", ModelPackageName=arn)
        content = json.loads(filled["Content"])
        assert content["business_details"] == {"line_of_business": "retail"}, filled
        assert content["model_package_details"]["model_package_version"] == 1, filled
        assert content["evaluation_details"][0]["name"] == "Bias Report", filled
        assert fleet.control.list_model_cards()["ModelCardSummaries"][0]["ModelCardName"] == "older", "nothing is written"
        fleet.control.create_model_card(ModelCardName="credit", Content=filled["Content"], ModelCardStatus="Draft")
        assert codes(server) == [], evidence(server)
        # A newer version of the model is another model.
        time.sleep(0.01)
        arn = register("0" * 64)
        assert codes(server) == ["ModelChanged"], evidence(server)
        filled = own(server, "PreviewModelCard", ModelPackageName=arn)
        assert "evaluation_details" not in json.loads(filled["Content"]), filled
        assert any("hash that was registered" in note for note in filled["Notes"]), filled


@scenario
def what_cannot_be_bound_says_why_and_writes_nothing(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        card(fleet)
        fleet.put("text.json", b"hello")
        fleet.put("other.json", b'{"a": 1}')
        fleet.put("large.json", b" " * (33 << 20))
        bind = {"ModelCardName": "credit", "EvaluationName": "e"}
        for more, told in [
            ({"ReportS3Uri": f"s3://{BUCKET}/none.json"}, "no report at"),
            ({"ReportS3Uri": "s3://nowhere-at-all/none.json"}, "nowhere-at-all"),
            ({"ReportS3Uri": f"s3://{BUCKET}/text.json"}, "no JSON"),
            ({"ReportS3Uri": f"s3://{BUCKET}/other.json"}, "cannot be taken into a card"),
            ({"ReportS3Uri": f"s3://{BUCKET}/large.json"}, "too large"),
            ({"ReportS3Uri": f"s3://{BUCKET}/other.json", "Kind": "novel"}, "novel"),
            ({"ReportS3Uri": f"s3://{BUCKET}/other.json", "ProcessingJobName": "j"}, "Exactly one"),
            ({}, "Exactly one"),
        ]:
            code, text = own(server, "BindModelCardEvaluation", **bind, **more)
            assert code == "ValidationException" and told in text, (more, code, text)
        for more in [{"ProcessingJobName": "never"}, {"MonitoringScheduleName": "never"}]:
            code, text = own(server, "BindModelCardEvaluation", **bind, **more)
            assert code == "ResourceNotFound" and "never" in text, (more, code, text)
        uri = fleet.put("numbers.json", json.dumps({"metric_groups": [{"name": "g", "metric_data": [
            {"name": "n", "type": "number", "value": 1}]}]}).encode())
        code, text = own(server, "BindModelCardEvaluation", **bind, ReportS3Uri=uri, ExpectedVersion=7)
        assert code == "ConflictException", (code, text)
        many = fleet.put("many.json", json.dumps({"metric_groups": [{"name": "g", "metric_data": [
            {"name": f"metric-{n}", "type": "number", "value": n / 7} for n in range(3000)]}]}).encode())
        code, text = own(server, "BindModelCardEvaluation", **bind, ReportS3Uri=many)
        assert code == "ValidationException" and "100000" in text, (code, text)
        described = fleet.control.describe_model_card(ModelCardName="credit")
        assert described["ModelCardVersion"] == 1, described


if __name__ == "__main__":
    sys.exit(run())
