"""What an operator does with monitors from the command line: which server, whose key, schedules, runs,
previews, baselines, roll-ups and imports.

needs: packages
"""

import datetime
import json
import sys

from _endpoint import BUCKET, Fleet, capture, csv_of, score
from _program import probity, run, scenario
from _server import ACCOUNT, serving

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"
IMAGE = "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer"
CLUSTER = {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}
# What is asked, and what the baseline is made of: nothing drifts between them.
CALLS = [[n % 2, 20 + n % 50, 30.5 + n] for n in range(100)]


def as_json(server, *arguments, code=0):
    answer = probity(*arguments, "--output", "json", code=code, environment=server.environment())
    return json.loads(answer.stdout)


@scenario
def the_command_says_where_it_looked_for_a_server(folder):
    nobody = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_SAGEMAKER": ""}
    told = probity("monitor", "list", code=3, environment=nobody).stderr
    assert "no server at http://127.0.0.1:9" in told and "probity serve" in told, told
    told = probity("monitor", "list", "--endpoint-url", "localhost:8420", code=2).stderr
    assert "is no address of a server" in told, told


@scenario
def a_call_without_a_key_says_how_to_get_one(folder):
    with serving(folder) as server:
        without = {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        told = probity("monitor", "list", code=2, environment=without).stderr
        assert "probity env" in told, told
        wrong = {**server.environment(), "AWS_SECRET_ACCESS_KEY": "wrong"}
        told = probity("monitor", "list", code=2, environment=wrong).stderr
        assert "InvalidSignatureException" in told, told


def put_folder(server, folder, prefix):
    for file in folder.iterdir():
        server.client("s3").upload_file(str(file), BUCKET, f"{prefix}/{file.name}")


def monitored(folder, server, name="quality"):
    """An endpoint with captured calls, and a schedule that watches it by a definition of its own."""
    fleet = Fleet(server)
    fleet.endpoint("churn", fleet.model("m"), **capture(f"s3://{BUCKET}/capture"))
    for row in CALLS:
        fleet.ask("churn", csv_of([row]))
    rows = "".join(f"{score(row)},{','.join(map(str, row))}\n" for row in CALLS)
    (folder / "train.csv").write_text("score,sex,age,amount\n" + rows)
    probity("baseline", folder / "train.csv", "-o", folder / "baseline", "--quiet")
    put_folder(server, folder / "baseline", "baseline")
    control = fleet.control
    control.create_data_quality_job_definition(
        JobDefinitionName=name,
        DataQualityBaselineConfig={
            "ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baseline/constraints.json"},
            "StatisticsResource": {"S3Uri": f"s3://{BUCKET}/baseline/statistics.json"},
        },
        DataQualityAppSpecification={"ImageUri": IMAGE},
        DataQualityJobInput={"EndpointInput": {"EndpointName": "churn", "LocalPath": "/opt/ml/processing/input/endpoint"}},
        DataQualityJobOutputConfig={"MonitoringOutputs": [{"S3Output": {
            "S3Uri": f"s3://{BUCKET}/results", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}}]},
        JobResources=CLUSTER, RoleArn=ROLE,
    )
    control.create_monitoring_schedule(
        MonitoringScheduleName=name,
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinitionName": name,
            "MonitoringType": "DataQuality",
        },
    )
    return fleet


def stricter(folder):
    """Constraints that take the amounts for text, which they are not."""
    constraints = json.loads((folder / "baseline" / "constraints.json").read_text())
    for feature in constraints["features"]:
        if feature["name"] == "amount":
            feature["inferred_type"] = "Integral"
            feature["completeness"] = 1.0
    path = folder / "stricter.json"
    path.write_text(json.dumps(constraints))
    return path


RECENT = ("--window", "-1h..now")


@scenario
def a_schedule_runs_when_somebody_asks(folder):
    with serving(folder) as server:
        monitored(folder, server)
        listed = as_json(server, "monitor", "list")
        assert [one["MonitoringScheduleName"] for one in listed] == ["quality"], listed
        ended = as_json(server, "monitor", "run", "quality", "--wait", *RECENT)
        assert ended["MonitoringExecutionStatus"] == "Completed", ended
        assert ended["Cause"] == "asked" and ended["ViolationCount"] == 0, ended
        assert ended["WindowEndTime"] - ended["WindowStartTime"] >= 3600, ended
        runs = as_json(server, "monitor", "executions", "quality")
        assert [one["MonitoringExecutionId"] for one in runs] == [ended["MonitoringExecutionId"]], runs
        shown = probity("monitor", "show", "quality", environment=server.environment()).stdout
        assert "cron(0 * ? * * *)" in shown and "Completed" in shown, shown
        probity("monitor", "stop", "quality", environment=server.environment())
        assert as_json(server, "monitor", "list")[0]["MonitoringScheduleStatus"] == "Stopped"
        probity("monitor", "start", "quality", environment=server.environment())
        assert as_json(server, "monitor", "list")[0]["MonitoringScheduleStatus"] == "Scheduled"
        for command in ("run", "executions"):
            told = probity("monitor", command, "nobody", code=2, environment=server.environment()).stderr
            assert "nobody" in told, told
        recent = as_json(server, "monitor", "run", "quality", "--wait", "--from", "-1h")
        assert recent["WindowEndTime"] - recent["WindowStartTime"] >= 3600, recent
        probity("monitor", "run", "quality", "--from", "-1h", *RECENT, code=2, environment=server.environment())


@scenario
def other_constraints_are_tried_and_then_obeyed_with_a_reason(folder):
    with serving(folder) as server:
        monitored(folder, server)
        as_json(server, "monitor", "run", "quality", "--wait", *RECENT)
        tried = as_json(server, "monitor", "preview", "quality", "--constraints", stricter(folder))
        counts = tried["Counts"]
        assert (counts["Executions"], counts["FiredThen"], counts["FireNewly"]) == (1, 0, 1), tried
        [run_] = tried["Executions"]
        assert {found["Subject"] for found in run_["Violations"]} == {"amount"}, run_
        same = as_json(server, "monitor", "preview", "quality", "--constraints", folder / "baseline" / "constraints.json")
        assert same["Counts"]["FireNow"] == 0, same
        told = probity("monitor", "set-constraints", "quality", "--constraints", stricter(folder), code=2,
                       environment=server.environment()).stderr
        assert "--reason" in told, told
        changed = as_json(server, "monitor", "set-constraints", "quality", "--constraints", stricter(folder),
                          "--reason", "amounts are whole since May")
        assert changed["Constraints"]["BeforeSha256"] != changed["Constraints"]["AfterSha256"], changed
        control = server.client("sagemaker")
        config = control.describe_monitoring_schedule(MonitoringScheduleName="quality")["MonitoringScheduleConfig"]
        assert config["MonitoringJobDefinitionName"] == changed["MonitoringJobDefinitionName"] != "quality", config
        control.describe_data_quality_job_definition(JobDefinitionName=config["MonitoringJobDefinitionName"])
        ended = as_json(server, "monitor", "run", "quality", "--wait", *RECENT, code=1)
        assert ended["MonitoringExecutionStatus"] == "CompletedWithViolations", ended
        assert any("amount" in line for line in ended["Violations"]), ended
        # Both runs can be judged again: neither wrote over the other's results.
        runs = as_json(server, "monitor", "preview", "quality", "--constraints", stricter(folder))["Executions"]
        assert not [one for one in runs if one.get("Problem")], runs


@scenario
def a_baseline_is_made_from_captured_calls(folder):
    with serving(folder) as server:
        fleet = monitored(folder, server)
        as_json(server, "monitor", "run", "quality", "--wait", *RECENT)
        lenient = json.loads((folder / "baseline" / "constraints.json").read_text())
        by_name = {feature["name"]: feature for feature in lenient["features"]}
        by_name["age"]["completeness"] = 0.5
        by_name["amount"]["monitoringConfigOverrides"] = {"distribution_constraints": {"comparison_threshold": 0.4}}
        (folder / "lenient.json").write_text(json.dumps(lenient))
        as_json(server, "monitor", "set-constraints", "quality", "--constraints", folder / "lenient.json", "--reason", "gaps")
        told = probity("monitor", "rebaseline", "quality", "--from", "-1h", environment=server.environment()).stdout
        assert "nothing was applied" in told and "absent" not in told, told
        proposed = as_json(server, "monitor", "rebaseline", "quality", "--from", "-1h")
        assert "Applied" not in proposed and proposed["Diff"]["rows_after"] == len(CALLS), proposed
        assert all(one.get("presence", "both") == "both" for one in proposed["Diff"]["features"]), proposed["Diff"]
        made = fleet.get(f"{proposed['Folder']}/constraints.json")
        made = {feature["name"]: feature for feature in json.loads(made)["features"]}
        assert list(made) == ["score", "sex", "age", "amount"], made
        assert made["age"]["completeness"] == 0.5, made["age"]
        assert made["amount"]["monitoringConfigOverrides"] == by_name["amount"]["monitoringConfigOverrides"], made["amount"]
        told = probity("monitor", "rebaseline", "quality", "--from", "-1h", "--apply", code=2,
                       environment=server.environment()).stderr
        assert "--reason" in told, told
        applied = as_json(server, "monitor", "rebaseline", "quality", "--from", "-1h", "--apply", "--reason", "a new market")
        folder_ = applied["Applied"]["Constraints"]["AfterS3Uri"]
        assert folder_.startswith(f"s3://{BUCKET}/results/baselines/quality/"), applied
        ended = as_json(server, "monitor", "run", "quality", "--wait", *RECENT)
        assert ended["ViolationCount"] == 0, ended


@scenario
def results_are_rolled_up_without_captures(folder):
    with serving(folder) as server:
        monitored(folder, server)
        as_json(server, "monitor", "run", "quality", "--wait", *RECENT)
        merged = probity("monitor", "rollup", "quality", "--from", "-2h", "-o", folder / "rolled",
                         environment=server.environment()).stdout
        assert "amount" in merged, merged
        statistics = json.loads((folder / "rolled" / "statistics.json").read_text())
        assert statistics["dataset"]["item_count"] == len(CALLS), statistics["dataset"]
        probity("monitor", "rollup", "quality", "--from", "2020-01-01", "--to", "2020-01-02", code=2,
                environment=server.environment())


@scenario
def a_day_and_its_week_are_rolled_up_when_they_are_over(folder):
    # A Sunday, so that its week ends with it: 20 minutes of it in a second.
    with serving(folder, "--clock", "2026-03-01T20:00:00Z@1200") as server:
        fleet = monitored(folder, server)
        ended = as_json(server, "monitor", "run", "quality", "--wait", "--window", "-3h..now")
        assert ended["ViolationCount"] == 0, ended
        begun = datetime.datetime.fromtimestamp(ended["WindowStartTime"], datetime.timezone.utc)
        root = "results/churn/quality/rollups"
        day = fleet.get(f"s3://{BUCKET}/{root}/day/{begun:%Y/%m/%d}/statistics.json")
        assert json.loads(day)["dataset"]["item_count"] == len(CALLS), day[:200]
        about = json.loads(fleet.get(f"s3://{BUCKET}/{root}/day/{begun:%Y/%m/%d}/probity.json"))["dataset"]
        assert any("no run with a result looked at" in note for note in about["notes"]), about
        # On a slow machine it is Monday by now, and the week far from over.
        if begun.isoweekday() == 7:
            week = fleet.get(f"s3://{BUCKET}/{root}/week/{begun:%G-W%V}/statistics.json")
            assert json.loads(week)["dataset"]["item_count"] == len(CALLS), week[:200]


@scenario
def a_bucket_of_monitors_becomes_history(folder):
    with serving(folder) as server:
        fleet = monitored(folder, server)
        as_json(server, "monitor", "run", "quality", "--wait", *RECENT)
        s3, control = fleet.s3, fleet.control
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
        # As it was elsewhere: three hours of another endpoint.
        s3.create_bucket(Bucket="old", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        hours = [datetime.datetime(2026, 3, 1, hour) for hour in (10, 11, 12)]
        result = [key for key in keys if key.startswith("results/churn/quality/") and "/rollups/" not in key]
        lines = next(key for key in keys if key.startswith("capture/"))
        copy = lambda source, key: s3.copy_object(Bucket="old", Key=key, CopySource={"Bucket": BUCKET, "Key": source})
        for hour in hours:
            for key in result:
                copy(key, f"mm/results/fraud/drift/{hour:%Y/%m/%d/%H}/{key.rsplit('/', 1)[1]}")
            copy(lines, f"mm/capture/fraud/AllTraffic/{hour:%Y/%m/%d/%H}/00-00-1.jsonl")
        for name in ("statistics.json", "constraints.json"):
            copy(f"baseline/{name}", f"mm/baseline/{name}")
        s3.put_object(Bucket="old", Key="mm/labels/2026/03/01/10/0000.jsonl", Body=json.dumps(
            {"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "a"}, "eventVersion": "0"}))
        plan = as_json(server, "import", "s3://old/mm", "--dry-run")
        assert [one["EndpointName"] for one in plan["Endpoints"]] == ["fraud"], plan
        [schedule] = plan["Schedules"]
        assert schedule["MonitoringScheduleName"] == "drift" and schedule["ScheduleExpression"] == "cron(0 * ? * * *)", plan
        assert schedule["BaselineStatisticsS3Uri"] == "s3://old/mm/baseline/statistics.json", plan
        assert plan["GroundTruth"] == ["s3://old/mm/labels"], plan
        assert len(as_json(server, "monitor", "list")) == 1, "a dry run wrote something"
        done = as_json(server, "import", "s3://old/mm")["Imported"]
        assert done == {"EndpointsCreated": 1, "SchedulesCreated": 1, "ExecutionsCreated": 3, "Problems": []}, done
        again = as_json(server, "import", "s3://old/mm")["Imported"]
        assert again["ExecutionsCreated"] == again["SchedulesCreated"] == again["EndpointsCreated"] == 0, again
        assert again["Problems"] == [], again
        # A schedule that runs here keeps its own history.
        before = control.list_monitoring_executions(MonitoringScheduleName="quality")["MonitoringExecutionSummaries"]
        tried = as_json(server, "import", "s3://old/mm", "--as", "drift=quality", "--dry-run")["NotImported"]
        refused = as_json(server, "import", "s3://old/mm", "--as", "drift=quality")["Imported"]
        assert refused["ExecutionsCreated"] == 0 and refused["Problems"] == tried, (refused, tried)
        assert "name `quality` is taken by a schedule of endpoint `churn`" in tried[0], tried
        after = control.list_monitoring_executions(MonitoringScheduleName="quality")["MonitoringExecutionSummaries"]
        assert after == before, after
        told = probity("import", "s3://old/mm", "--as", "nope=foo", code=2, environment=server.environment()).stderr
        assert "no results of a schedule `nope`" in told, told
        endpoint = control.describe_endpoint(EndpointName="fraud")
        assert endpoint["EndpointStatus"] == "OutOfService" and "imported" in endpoint["FailureReason"], endpoint
        assert control.describe_monitoring_schedule(MonitoringScheduleName="drift")["MonitoringScheduleStatus"] == "Stopped"
        runs = control.list_monitoring_executions(MonitoringScheduleName="drift")["MonitoringExecutionSummaries"]
        assert [one["ScheduledTime"].replace(tzinfo=None) for one in runs] == hours[::-1], runs
        tried = as_json(server, "monitor", "preview", "drift", "--constraints", stricter(folder))
        assert tried["Counts"]["FireNewly"] == 3, tried
        rolled = probity("monitor", "rollup", "drift", "--from", "2026-03-01", "--to", "2026-03-02", "--output", "json",
                         environment=server.environment())
        assert json.loads(rolled.stdout)["dataset"]["rows"] == 3 * len(CALLS), rolled
        points = server.client("cloudwatch").get_metric_statistics(
            Namespace="aws/sagemaker/Endpoints/data-metrics", MetricName="feature_non_null_amount",
            Dimensions=[{"Name": "Endpoint", "Value": "fraud"}, {"Name": "MonitoringSchedule", "Value": "drift"}],
            StartTime=hours[0] - datetime.timedelta(hours=2), EndTime=hours[-1], Period=3600, Statistics=["Average"])
        assert [point["Average"] for point in points["Datapoints"]] == [1.0] * 3, points


if __name__ == "__main__":
    sys.exit(run())
