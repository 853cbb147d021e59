"""Monitoring schedules, their executions and their alerts, with boto3 against a running server:
every operation, filter, order and page, what is refused and how, and what becomes of slots while
the server is away.

needs: packages
"""

import datetime
import json
import random
import re
import sys
import time

from _endpoint import BUCKET, Fleet, score
from _monitoring import (
    UTC, code_of, create_definition, create_schedule, cron, ended, endpoint_input, event, executions, hour_key, inline,
    instant, iso, job_of, kept_executions, log_of, named, now, put_captures, results_of, until, watched_endpoint)
from _program import probity, run, scenario
from _server import serving

HOUR = datetime.timedelta(hours=1)
HOURLY = "cron(0 * ? * * *)"
ARN = "arn:aws:sagemaker:us-west-2:111122223333"


def loans(n, seed):
    """Rows as captured calls have them: the score, gender, age, income."""
    chance = random.Random(seed)
    rows = []
    for _ in range(n):
        row = [chance.randint(0, 1), chance.randint(18, 80), round(chance.uniform(20, 90), 2)]
        rows.append([score(row), *row])
    return rows


def calls(rows, at):
    return [event(at, ",".join(map(str, row[1:])), str(row[0])) for row in rows]


def baseline(fleet, folder, prefix="base", n=400):
    """Statistics and constraints of good rows, in the bucket."""
    table = folder / "train.csv"
    table.write_text("score,gender,age,income\n" + "".join(",".join(map(str, row)) + "\n" for row in loans(n, 1)))
    probity("baseline", table, "-o", folder / prefix, "-q")
    for name in ("statistics.json", "constraints.json"):
        fleet.put(f"{prefix}/{name}", (folder / prefix / name).read_bytes())
    return prefix


def listed(fleet, **filters):
    pages = fleet.control.get_paginator("list_monitoring_schedules").paginate(**filters)
    return [one["MonitoringScheduleName"] for page in pages for one in page["MonitoringScheduleSummaries"]]


@scenario
def a_schedule_is_shown_as_it_was_asked_for(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "loans")
        begun = datetime.datetime.now(UTC) - datetime.timedelta(seconds=1)
        what = inline("loans", "base", {"a": "b"})
        arn = fleet.control.create_monitoring_schedule(
            MonitoringScheduleName="Hourly-1",
            MonitoringScheduleConfig={"ScheduleConfig": cron(HOURLY), **what},
            Tags=[{"Key": "team", "Value": "risk"}])["MonitoringScheduleArn"]
        assert arn == f"{ARN}:monitoring-schedule/Hourly-1", arn
        shown = fleet.control.describe_monitoring_schedule(MonitoringScheduleName="Hourly-1")
        assert shown["MonitoringScheduleArn"] == arn and shown["MonitoringScheduleStatus"] == "Scheduled", shown
        # What the service adds to a definition that stands inside.
        assert shown["MonitoringType"] == "DataQuality" and shown["EndpointName"] == "loans", shown
        config = shown["MonitoringScheduleConfig"]
        assert config["MonitoringType"] == "DataQuality", config
        inside = config["MonitoringJobDefinition"]
        assert inside.pop("StoppingCondition") == {"MaxRuntimeInSeconds": 3600}, inside
        # botocore reads optional members back as they were sent.
        for member in ("BaselineConfig", "MonitoringOutputConfig", "MonitoringResources", "MonitoringAppSpecification",
                       "Environment", "RoleArn"):
            assert inside[member] == what["MonitoringJobDefinition"][member], (member, inside[member])
        assert config["ScheduleConfig"] == cron(HOURLY), config
        assert "LastMonitoringExecutionSummary" not in shown and "FailureReason" not in shown, shown
        assert begun <= shown["CreationTime"] == shown["LastModifiedTime"], shown
        assert fleet.control.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "risk"}]
        assert not any("Generation" in key for key in shown), shown

        definition = create_definition(fleet, "data_quality", "dq", endpoint_input("loans"), {})
        create_schedule(fleet, "daily", cron("cron(0 12 ? * * *)"), definition)
        shown = fleet.control.describe_monitoring_schedule(MonitoringScheduleName="daily")
        assert shown["MonitoringScheduleConfig"] == {"ScheduleConfig": cron("cron(0 12 ? * * *)"), **definition}, shown
        fleet.control.delete_monitoring_schedule(MonitoringScheduleName="daily")
        assert code_of(fleet.control.describe_monitoring_schedule, MonitoringScheduleName="daily")[0] == "ResourceNotFound"
        # A new one may have the name.
        create_schedule(fleet, "daily", cron("cron(0 12 ? * * *)"), definition)


@scenario
def schedules_are_found_by_every_filter_and_order(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        for name in ("one", "two"):
            watched_endpoint(fleet, name)
        create_definition(fleet, "data_quality", "dq", endpoint_input("two"), {})
        quality = {"ProblemType": "Regression"}
        create_definition(
            fleet, "model_quality", "mq",
            {**endpoint_input("two", InferenceAttribute="0"), "GroundTruthS3Input": {"S3Uri": f"s3://{BUCKET}/labels"}}, quality)
        moments = {}
        for name, what in [("c-first", inline("one")), ("a-second", inline("one")), ("b-third", named("DataQuality", "dq")),
                           ("d-fourth", named("ModelQuality", "mq"))]:
            create_schedule(fleet, name, cron(HOURLY), what)
            moments[name] = fleet.control.describe_monitoring_schedule(MonitoringScheduleName=name)["CreationTime"]
            time.sleep(0.01)
        fleet.control.stop_monitoring_schedule(MonitoringScheduleName="a-second")
        newest_first = ["d-fourth", "b-third", "a-second", "c-first"]
        assert listed(fleet) == newest_first, listed(fleet)
        for expected, filters in [
            (newest_first[::-1], {"SortOrder": "Ascending"}),
            (sorted(moments), {"SortBy": "Name", "SortOrder": "Ascending"}),
            (sorted(moments)[::-1], {"SortBy": "Name", "SortOrder": "Descending"}),
            (["a-second"], {"StatusEquals": "Stopped"}),
            (["d-fourth", "b-third", "c-first"], {"StatusEquals": "Scheduled"}),
            ([], {"StatusEquals": "Failed"}),
            (["d-fourth", "b-third"], {"EndpointName": "two"}),
            (["d-fourth"], {"MonitoringTypeEquals": "ModelQuality"}),
            (["b-third"], {"MonitoringJobDefinitionName": "dq"}),
            (["d-fourth", "c-first"], {"NameContains": "f"}),
            (["d-fourth", "b-third"], {"CreationTimeAfter": moments["b-third"]}),
            (["a-second", "c-first"], {"CreationTimeBefore": moments["b-third"]}),
            (["a-second"], {"LastModifiedTimeAfter": moments["d-fourth"] + datetime.timedelta(milliseconds=1)}),
        ]:
            assert listed(fleet, **filters) == expected, (filters, listed(fleet, **filters))
            pages = listed(fleet, **filters, PaginationConfig={"PageSize": 1})
            assert pages == expected, (filters, pages)
        by_status = listed(fleet, SortBy="Status", SortOrder="Ascending")
        assert sorted(by_status) == sorted(moments) and by_status[-1] == "a-second", by_status
        summary = fleet.control.list_monitoring_schedules(NameContains="b-th")["MonitoringScheduleSummaries"][0]
        assert set(summary) == {"MonitoringScheduleName", "MonitoringScheduleArn", "CreationTime", "LastModifiedTime",
                                "MonitoringScheduleStatus", "EndpointName", "MonitoringJobDefinitionName", "MonitoringType"}, summary
        page = fleet.control.list_monitoring_schedules(MaxResults=1)
        code = code_of(fleet.control.list_monitoring_schedules, MaxResults=1, NextToken=page["NextToken"], EndpointName="one")
        assert code[0] == "ValidationException", code


@scenario
def what_no_schedule_could_follow_is_refused(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        control = fleet.control
        watched_endpoint(fleet, "loans")
        create_schedule(fleet, "there", cron(HOURLY), inline("loans"))

        def refused(code, text, when, what, name="new"):
            found = code_of(create_schedule, fleet, name, when, what)
            assert found[0] == code and text in found[1], f"{found}, not {code} `{text}`"

        refused("ResourceInUse", "there", cron(HOURLY), inline("loans"), "there")
        for expression in ("rate(1 hour)", "cron(0 25 ? * * *)", "cron(* * *)", "hourly", "cron(0 0 ? * * 2020)"):
            refused("ValidationException", expression, cron(expression), inline("loans"))
        refused("ValidationException", "nowhere", cron(HOURLY), inline("nowhere"))
        refused("ValidationException", "nothing", cron(HOURLY), named("DataQuality", "nothing"))
        refused("ValidationException", "not both", cron(HOURLY), {**inline("loans"), **named("DataQuality", "nothing")})
        refused("ValidationException", "needs a MonitoringJobDefinition", cron(HOURLY), {"MonitoringType": "DataQuality"})
        refused("ValidationException", "DataQuality", cron(HOURLY), {**inline("loans"), "MonitoringType": "ModelBias"})
        refused("ValidationException", "required", {"ScheduleExpression": "NOW"}, inline("loans"))
        refused("ValidationException", "24 hours", now("-PT25H"), inline("loans"))
        refused("ValidationException", "before", now("-PT1H", "-PT2H"), inline("loans"))
        refused("ValidationException", "yesterday", now("yesterday"), inline("loans"))
        long = inline("loans")
        long["MonitoringJobDefinition"]["StoppingCondition"] = {"MaxRuntimeInSeconds": 7200}
        refused("ValidationException", "7200", cron(HOURLY), long)
        refused("ValidationException", "monitoringScheduleName", cron(HOURLY), inline("loans"), "under_score")
        assert listed(fleet) == ["there"], listed(fleet)

        arn = f"{ARN}:monitoring-schedule/gone"
        for call in (control.describe_monitoring_schedule, control.start_monitoring_schedule,
                     control.stop_monitoring_schedule, control.delete_monitoring_schedule):
            found = code_of(call, MonitoringScheduleName="gone")
            assert found[0] == "ResourceNotFound" and arn in found[1], found
        config = {"ScheduleConfig": cron(HOURLY), **inline("loans")}
        found = code_of(control.update_monitoring_schedule, MonitoringScheduleName="gone", MonitoringScheduleConfig=config)
        assert found[0] == "ResourceNotFound" and arn in found[1], found
        # An endpoint stays while somebody watches it.
        found = code_of(control.delete_endpoint, EndpointName="loans")
        assert found[0] == "ValidationException" and "there" in found[1], found
        control.delete_monitoring_schedule(MonitoringScheduleName="there")
        control.delete_endpoint(EndpointName="loans")


@scenario
def a_run_of_now_ends_as_the_service_ends_one(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "loans")
        base = baseline(fleet, folder)
        moment = datetime.datetime.now(UTC) - datetime.timedelta(minutes=10)
        bad = loans(200, 2)
        bad[7][2] = "old"
        put_captures(fleet, "loans", calls(bad, moment))
        create_schedule(fleet, "watch", now(), inline("loans", base))
        run_of = ended(fleet, "watch")[0]
        assert run_of["MonitoringExecutionStatus"] == "CompletedWithViolations", run_of
        assert run_of["EndpointName"] == "loans" and run_of["MonitoringType"] == "DataQuality", run_of
        assert run_of["CreationTime"] <= run_of["LastModifiedTime"] and "FailureReason" not in run_of, run_of
        job = job_of(fleet, run_of)
        assert job["ProcessingJobStatus"] == "Completed", job
        # 0.995 of the ages are integers; nothing else is amiss.
        assert job["ExitMessage"] == "CompletedWithViolations: Job completed successfully with 1 violations.", job
        slot = run_of["ScheduledTime"].astimezone(UTC)
        assert re.fullmatch(rf"data-quality-monitoring-{slot:%Y%m%d%H%M}-[0-9a-f]{{24}}", job["ProcessingJobName"]), job
        assert job["MonitoringScheduleArn"] == f"{ARN}:monitoring-schedule/watch", job
        output = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
        assert output == f"s3://{BUCKET}/results/loans/watch/{slot:%Y/%m/%d/%H}", output
        inputs = {one["InputName"]: one["S3Input"]["S3Uri"] for one in job["ProcessingInputs"]}
        assert f"s3://{BUCKET}/{hour_key('loans', moment)}" in inputs.values(), inputs
        environment = job["Environment"]
        for name, value in {
            "sagemaker_endpoint_name": "loans", "sagemaker_monitoring_schedule_name": "watch",
            "publish_cloudwatch_metrics": "Enabled",
            "dataset_format": '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}',
        }.items():
            assert environment.get(name) == value, (name, environment)
        span = instant(environment["end_time"]) - instant(environment["start_time"])
        # Whole seconds: a window that ends within one takes all of it.
        assert HOUR <= span <= HOUR + datetime.timedelta(seconds=1), environment
        files = results_of(fleet, run_of)
        assert {"statistics.json", "constraints.json", "constraint_violations.json"} <= set(files), set(files)
        violations = json.loads(files["constraint_violations.json"])["violations"]
        assert [(one["feature_name"], one["constraint_check_type"]) for one in violations] == [("age", "data_type_check")], violations
        assert json.loads(files["statistics.json"])["dataset"]["item_count"] == 200
        # Nothing was skipped, lost or late.
        notes = kept_executions(server)[-1]["body"].get("notes", [])
        assert not notes, notes
        said = log_of(server, run_of)
        assert environment["start_time"] in said and job["ExitMessage"] in said, said
        shown = fleet.control.describe_monitoring_schedule(MonitoringScheduleName="watch")
        assert shown["LastMonitoringExecutionSummary"]["ProcessingJobArn"] == run_of["ProcessingJobArn"], shown
        # It ran once, and goes on being there.
        time.sleep(1)
        assert len(executions(fleet, "watch")) == 1 and shown["MonitoringScheduleStatus"] == "Scheduled", shown


@scenario
def a_window_without_records_fails_and_says_why(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "loans")
        create_schedule(fleet, "watch", now("-PT3H", "-PT2H"), inline("loans"))
        run_of = ended(fleet, "watch")[0]
        assert run_of["MonitoringExecutionStatus"] == "Failed", run_of
        # In the words of the issue; the endpoint was not there yet.
        time_of = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
        reason = run_of["FailureReason"]
        assert re.match(rf"NoData: 0 captured records between {time_of} and {time_of}", reason), reason
        # Those that the endpoint answered now are seen by a run of now, though nothing was sent yet.
        fleet.ask("loans", b"1,40,60")
        fleet.ask("loans", b"0,30,50")
        create_schedule(fleet, "see", now(), inline("loans"))
        run_of = ended(fleet, "see")[0]
        assert run_of["MonitoringExecutionStatus"] == "Completed", run_of
        assert json.loads(results_of(fleet, run_of)["statistics.json"])["dataset"]["item_count"] == 2
        fleet.ask("loans", b"1,50,60")
        create_schedule(fleet, "later", now("-PT4H", "-PT3H"), inline("loans"))
        reason = ended(fleet, "later")[0]["FailureReason"]
        assert "the endpoint answered 0 invocations" in reason or "nobody counted" in reason, reason


@scenario
def executions_are_found_by_every_filter_and_order(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        for name in ("one", "two"):
            watched_endpoint(fleet, name)
        moment = datetime.datetime.now(UTC) - datetime.timedelta(minutes=5)
        put_captures(fleet, "one", calls(loans(50, 3), moment))
        definition = create_definition(fleet, "data_quality", "dq", endpoint_input("two"), {})
        made = [("a", inline("one"), now()), ("b", inline("one"), now("-PT9H", "-PT8H")), ("c", definition, now())]
        for name, what, when in made:
            create_schedule(fleet, name, when, what)
            ended(fleet, name)

        def found(**filters):
            return [one["MonitoringScheduleName"] for one in executions(fleet, **filters)]

        first, second, third = executions(fleet)
        assert found() == ["a", "b", "c"], found()
        instant_of = datetime.timedelta(milliseconds=1)
        for expected, filters in [
            (["c", "b", "a"], {"SortOrder": "Descending"}),
            (["a", "b", "c"], {"SortBy": "CreationTime"}),
            (["c", "b", "a"], {"SortBy": "CreationTime", "SortOrder": "Descending"}),
            (["b"], {"MonitoringScheduleName": "b"}),
            (["c"], {"EndpointName": "two"}),
            (["a"], {"StatusEquals": "Completed"}),
            (["b", "c"], {"StatusEquals": "Failed"}),
            ([], {"StatusEquals": "InProgress"}),
            (["c"], {"MonitoringJobDefinitionName": "dq"}),
            (["a", "b", "c"], {"MonitoringTypeEquals": "DataQuality"}),
            ([], {"MonitoringTypeEquals": "ModelBias"}),
            (["b", "c"], {"ScheduledTimeAfter": second["ScheduledTime"]}),
            (["a"], {"ScheduledTimeBefore": second["ScheduledTime"]}),
            (["b", "c"], {"CreationTimeAfter": second["CreationTime"]}),
            (["a"], {"CreationTimeBefore": second["CreationTime"]}),
            (["b", "c"], {"LastModifiedTimeAfter": first["LastModifiedTime"] + instant_of}),
            (["a", "b"], {"LastModifiedTimeBefore": third["LastModifiedTime"]}),
            (["b"], {"ScheduledTimeAfter": second["ScheduledTime"], "ScheduledTimeBefore": third["ScheduledTime"]}),
        ]:
            assert found(**filters) == expected, (filters, found(**filters))
        # Completed before Failed; of equals, any order.
        by_status = found(SortBy="Status")
        assert by_status[0] == "a" and sorted(by_status) == ["a", "b", "c"], by_status
        pages = fleet.control.get_paginator("list_monitoring_executions").paginate(PaginationConfig={"PageSize": 1})
        pages = [page["MonitoringExecutionSummaries"] for page in pages]
        # The newest first, where nobody asks for an order.
        assert [one[0]["MonitoringScheduleName"] for one in pages if one] == ["c", "b", "a"], pages
        assert third["MonitoringJobDefinitionName"] == "dq" and "MonitoringJobDefinitionName" not in first, third
        code = code_of(fleet.control.list_monitoring_executions, StatusEquals="Unheard")
        assert code[0] == "ValidationException", code
        # They stay when their schedule and its endpoint are gone.
        for name, _, _ in made:
            fleet.control.delete_monitoring_schedule(MonitoringScheduleName=name)
        for name in ("one", "two"):
            fleet.control.delete_endpoint(EndpointName=name)
        assert executions(fleet) == [first, second, third]
        # A schedule of the same name does not inherit them.
        watched_endpoint(fleet, "three", destination="other")
        create_schedule(fleet, "a", cron(HOURLY), inline("three"))
        shown = fleet.control.describe_monitoring_schedule(MonitoringScheduleName="a")
        assert "LastMonitoringExecutionSummary" not in shown, shown


@scenario
def an_alert_follows_its_schedules_runs(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        control = fleet.control
        watched_endpoint(fleet, "loans")
        base = baseline(fleet, folder)
        here = datetime.datetime.now(UTC)
        good, bad = loans(200, 4), loans(200, 5)
        bad[3][1] = "women"
        create_schedule(fleet, "watch", cron("cron(0 3 ? * * *)"), inline("loans", base))
        alert = control.list_monitoring_alerts(MonitoringScheduleName="watch")["MonitoringAlertSummaries"]
        assert len(alert) == 1 and alert[0]["AlertStatus"] == "OK", alert
        assert alert[0]["Actions"] == {"ModelDashboardIndicator": {"Enabled": True}}, alert
        name = alert[0]["MonitoringAlertName"]
        assert (alert[0]["DatapointsToAlert"], alert[0]["EvaluationPeriod"]) == (1, 1), alert
        answer = control.update_monitoring_alert(
            MonitoringScheduleName="watch", MonitoringAlertName=name, DatapointsToAlert=2, EvaluationPeriod=3)
        assert answer["MonitoringScheduleArn"] == f"{ARN}:monitoring-schedule/watch", answer
        assert answer["MonitoringAlertName"] == name, answer
        for code, text, numbers in [
            ("ValidationException", "DatapointsToAlert", (3, 2)), ("ValidationException", "valuationPeriod", (1, 101)),
        ]:
            found = code_of(control.update_monitoring_alert, MonitoringScheduleName="watch", MonitoringAlertName=name,
                            DatapointsToAlert=numbers[0], EvaluationPeriod=numbers[1])
            assert found[0] == code and text in found[1], found
        for call, more in [(control.list_monitoring_alerts, {}), (control.list_monitoring_alert_history, {}),
                           (control.update_monitoring_alert,
                            {"MonitoringAlertName": name, "DatapointsToAlert": 1, "EvaluationPeriod": 1})]:
            found = code_of(call, MonitoringScheduleName="gone", **more)
            assert found[0] == "ResourceNotFound" and "gone" in found[1], found
        found = code_of(control.update_monitoring_alert, MonitoringScheduleName="watch", MonitoringAlertName="other",
                        DatapointsToAlert=1, EvaluationPeriod=1)
        assert found[0] == "ResourceNotFound", found

        # Each run looks at the hour that it is told: bad, good, bad, bad, good, good, good.
        quality = [False, True, False, False, True, True, True]
        # The oldest first: a run over an older hour than the last one says nothing of now.
        ago = range(len(quality) + 1, 1, -1)
        for hours, is_good in zip(ago, quality):
            put_captures(fleet, "loans", calls(good if is_good else bad, here - hours * HOUR))

        def status():
            return control.list_monitoring_alerts(MonitoringScheduleName="watch")["MonitoringAlertSummaries"][0]["AlertStatus"]

        seen = []
        for hours, is_good in zip(ago, quality):
            window = f"{iso(here - hours * HOUR - HOUR / 2)}..{iso(here - hours * HOUR + HOUR / 2)}"
            probity("monitor", "run", "watch", "--wait", "--window", window, "-q",
                    code=0 if is_good else 1, environment=server.environment())
            seen.append(status())
        # Runs of one hour keep their results apart.
        found = [json.loads(results_of(fleet, one)["constraint_violations.json"])["violations"] for one in executions(fleet, "watch")]
        assert [not one for one in found] == quality, found
        # Two violated ones of the last three.
        assert seen == ["OK", "OK", "InAlert", "InAlert", "InAlert", "OK", "OK"], seen
        history = control.list_monitoring_alert_history(MonitoringScheduleName="watch")["MonitoringAlertHistory"]
        assert [one["AlertStatus"] for one in history] == ["OK", "InAlert"], history
        assert history[0]["CreationTime"] > history[1]["CreationTime"], history
        assert set(history[0]) == {"MonitoringScheduleName", "MonitoringAlertName", "CreationTime", "AlertStatus"}, history

        def changes(**filters):
            pages = control.get_paginator("list_monitoring_alert_history").paginate(**filters, PaginationConfig={"PageSize": 1})
            return [one["AlertStatus"] for page in pages for one in page["MonitoringAlertHistory"]]

        raised, settled = history[1]["CreationTime"], history[0]["CreationTime"]
        for expected, filters in [
            (["OK", "InAlert"], {}),
            (["InAlert", "OK"], {"SortOrder": "Ascending"}),
            (["InAlert"], {"StatusEquals": "InAlert"}),
            (["OK"], {"CreationTimeAfter": settled}),
            (["InAlert"], {"CreationTimeBefore": settled}),
            (["InAlert", "OK"], {"SortBy": "Status", "SortOrder": "Ascending"}),
            (["OK", "InAlert"], {"MonitoringAlertName": name, "MonitoringScheduleName": "watch"}),
            ([], {"CreationTimeBefore": raised}),
        ]:
            assert changes(**filters) == expected, (filters, changes(**filters))


@scenario
def updated_stopped_and_started_schedules_run_what_they_should(folder):
    # Ten minutes a second.
    with serving(folder, "--clock", "2026-03-01T00:00:30Z@600") as server:
        fleet = Fleet(server)
        control = fleet.control
        watched_endpoint(fleet, "loans")
        often, seldom = "cron(0/10 * ? * * *)", "cron(5 * ? * * *)"
        create_schedule(fleet, "watch", cron(often), inline("loans"))
        until(lambda: len(executions(fleet, "watch")) >= 3)
        control.stop_monitoring_schedule(MonitoringScheduleName="watch")
        before = executions(fleet, "watch")
        shown = control.describe_monitoring_schedule(MonitoringScheduleName="watch")
        assert shown["MonitoringScheduleStatus"] == "Stopped", shown
        # Stopped once more is stopped.
        control.stop_monitoring_schedule(MonitoringScheduleName="watch")
        time.sleep(3)
        assert len(executions(fleet, "watch")) == len(before), "it runs though it is stopped"
        # A changed schedule that is stopped stays so.
        config = {"ScheduleConfig": cron(seldom), **inline("loans")}
        control.update_monitoring_schedule(MonitoringScheduleName="watch", MonitoringScheduleConfig=config)
        shown = control.describe_monitoring_schedule(MonitoringScheduleName="watch")
        assert shown["MonitoringScheduleStatus"] == "Stopped", shown
        assert shown["MonitoringScheduleConfig"]["ScheduleConfig"] == cron(seldom), shown
        assert shown["LastModifiedTime"] > shown["CreationTime"], shown
        control.start_monitoring_schedule(MonitoringScheduleName="watch")
        started = control.describe_monitoring_schedule(MonitoringScheduleName="watch")["LastModifiedTime"]
        after = until(lambda: executions(fleet, "watch")[len(before):])
        assert after[0]["ScheduledTime"] > started, "slots of the time when it was stopped are run"
        assert after[0]["ScheduledTime"].minute == 5, after
        # Of a running one, the old slots are void and the new ones are run.
        config = {"ScheduleConfig": cron("20,50 * * * *"), **inline("loans")}
        control.update_monitoring_schedule(MonitoringScheduleName="watch", MonitoringScheduleConfig=config)
        changed = control.describe_monitoring_schedule(MonitoringScheduleName="watch")["LastModifiedTime"]

        def since():
            return [one["ScheduledTime"] for one in executions(fleet, "watch") if one["ScheduledTime"] > changed]

        slots = until(lambda: len(since()) >= 3 and since())
        assert all(slot.minute in (20, 50) and slot.second == 0 for slot in slots), slots
        gaps = {later - earlier for earlier, later in zip(slots, slots[1:])}
        assert gaps == {datetime.timedelta(minutes=30)}, slots
        # Their windows are from one slot to the next.
        windows = [one["body"]["window"] for one in kept_executions(server) if one["cause"] == "slot"][-2:]
        assert windows[0]["endMs"] == windows[1]["startMs"], windows
        control.delete_monitoring_schedule(MonitoringScheduleName="watch")
        count = len(executions(fleet, "watch"))
        time.sleep(4)
        assert len(executions(fleet, "watch")) == count, "a deleted schedule runs"


def downtime(folder, catch_up):
    """The runs of an hourly schedule whose server was killed and away for about five hours, the
    hours between them, and the second server's log."""
    options = ("--catch-up", catch_up)
    # An hour in three seconds: a slot is taken before the next one is due, unless the server is away.
    with serving(folder, "--clock", "2026-03-01T00:50:00Z@1200", *options) as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "loans")
        create_schedule(fleet, "watch", cron(HOURLY), inline("loans"))
        until(lambda: len(executions(fleet, "watch")) >= 2)
        server.process.kill()
        server.process.wait()
    time.sleep(15)
    # The clock has run on meanwhile.
    with serving(folder, *options) as server:
        fleet = Fleet(server)
        until(lambda: len(executions(fleet, "watch")) >= (9 if catch_up == "each" else 5))
        fleet.control.stop_monitoring_schedule(MonitoringScheduleName="watch")
        until(lambda: all(one["status"] in ("Failed", "Completed") for one in kept_executions(server)))
        found = kept_executions(server)
        log = server.log
    assert all(one["revision"] == 0 and one["cause"] == "slot" for one in found), found
    hours = [one["scheduled_ms"] / 3_600_000 for one in found]
    assert hours == sorted(set(hours)), f"doubled: {hours}"
    return found, [later - earlier for earlier, later in zip(hours, hours[1:])], log


@scenario
def slots_that_passed_while_the_server_was_away_are_each_run_once(folder):
    found, gaps, _ = downtime(folder, "each")
    assert set(gaps) == {1.0}, gaps


@scenario
def slots_that_passed_are_skipped_where_the_operator_says_so(folder):
    found, gaps, log = downtime(folder, "skip")
    # One long gap, of the time away, and the last slot of it is run. A busy machine may be late for another slot.
    away = [gap for gap in gaps if gap >= 4]
    assert len(away) == 1 and max(gap for gap in gaps if gap < 4) <= 2, gaps
    assert f"{away[0] - 1:.0f} slots of schedule `watch` were missed and are skipped" in log, (gaps, log[-3000:])
    at = gaps.index(away[0]) + 1
    window = found[at]["body"]["window"]
    assert window["endMs"] - window["startMs"] == 3_600_000, window


SLOW = b"""
import time

def preprocess_handler(inference_record):
    time.sleep(0.5)
    return {"0": 1}
"""


@scenario
def a_run_is_stopped_by_stopping_its_job(folder):
    with serving(folder, "--allow-local-processes", "--allow-unisolated") as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "loans")
        moment = datetime.datetime.now(UTC) - datetime.timedelta(minutes=5)
        put_captures(fleet, "loans", calls(loans(300, 6), moment))
        script = fleet.put("scripts/slow.py", SLOW)
        create_schedule(fleet, "watch", now(), inline("loans", RecordPreprocessorSourceUri=script))

        def running():
            found = executions(fleet, "watch")
            assert not found or found[0]["MonitoringExecutionStatus"] in ("Pending", "InProgress"), (found, server.log[-2000:])
            return found and found[0].get("ProcessingJobArn") and found[0]

        name = until(running)["ProcessingJobArn"].rsplit("/", 1)[1]
        fleet.control.stop_processing_job(ProcessingJobName=name)
        run_of = ended(fleet, "watch")[0]
        assert run_of["MonitoringExecutionStatus"] == "Stopped", run_of
        assert fleet.control.describe_processing_job(ProcessingJobName=name)["ProcessingJobStatus"] == "Stopped"
        # Nobody judged anything, so the alert stays as it is.
        alert = fleet.control.list_monitoring_alerts(MonitoringScheduleName="watch")["MonitoringAlertSummaries"][0]
        assert alert["AlertStatus"] == "OK", alert


if __name__ == "__main__":
    sys.exit(run())
