"""Alerts of monitors and who is told of them, with boto3, the command and receivers of this driver: an
HTTP server and a mail server. Receivers that are down lose nothing, also when the server is killed.

needs: packages
"""

import contextlib
import hashlib
import hmac
import http.server
import json
import socketserver
import sys
import threading
import time
import urllib.parse
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from _endpoint import BUCKET, ROLE, ROWS, Fleet, csv_of
from _program import probity, run, scenario
from _server import KEY, REGION, SECRET as OF_KEY, serving

def own(server, operation, **document):
    """An operation of Probity's own, signed."""
    body = json.dumps(document)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Probity.{operation}"}
    request = AWSRequest("POST", server.url + "/", data=body, headers=headers)
    SigV4Auth(Credentials(KEY, OF_KEY), "sagemaker", REGION).add_auth(request)
    with urllib.request.urlopen(urllib.request.Request(server.url + "/", body.encode(), dict(request.headers))) as answer:
        return json.load(answer)


ANALYZER = f"159807026194.dkr.ecr.{REGION}.amazonaws.com/sagemaker-model-monitor-analyzer"
SECRET = "a-secret-of-the-receiver"


# Receivers.

class Posts:
    """An HTTP server that keeps what it is sent, and answers with `status`."""

    def __init__(self, port=0, status=200):
        self.got, self.status = [], status
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/hook"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def documents(self):
        return [json.loads(body) for _, body in self.got]

    def events(self):
        return [event for document in self.documents() for event in document["events"]]


class Mails:
    """A mail server that keeps what it is sent."""

    def __init__(self):
        self.got = []
        mails = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                self.wfile.write(b"220 driver\r\n")
                said, in_data = "", False
                for line in self.rfile:
                    line = line.decode()
                    said += line
                    if in_data:
                        if line == ".\r\n":
                            in_data = False
                            mails.got.append(said)
                            self.wfile.write(b"250 taken\r\n")
                    elif line.startswith("DATA"):
                        in_data = True
                        self.wfile.write(b"354 go on\r\n")
                    else:
                        self.wfile.write(b"250 ok\r\n")
                        if line.startswith("QUIT"):
                            return

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.url = f"smtp://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def until(so, seconds=120, what="not in time"):
    end = time.monotonic() + seconds
    while True:
        found = so()
        if found:
            return found
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.2)


# The command.

def alert(server, *arguments, code=0):
    return probity("alert", *arguments, code=code, environment=server.environment())


def as_json(server, *arguments, code=0):
    return json.loads(alert(server, "--output", "json", *arguments, code=code).stdout)


def notifications(server):
    return as_json(server, "notifications", "--limit", "100")


# A monitor that finds what the constraints say, and nothing where they say nothing.

def constraints(income):
    types = {"score": "Fractional", "gender": "Integral", "age": "Integral", "income": income}
    return {"version": 0, "features": [
        {"name": name, "inferred_type": kind, "completeness": 1.0, "num_constraints": {"is_non_negative": True}}
        for name, kind in types.items()], "monitoring_config": {
            "evaluate_constraints": "Enabled", "emit_metrics": "Enabled", "datatype_check_threshold": 0.9,
            "domain_content_threshold": 1.0, "distribution_constraints": {"perform_comparison": "Disabled"}}}


class Monitor:
    """An endpoint with captured calls, and a schedule of it that runs when it is told."""

    def __init__(self, server, name="loans"):
        self.server, self.name = server, name
        self.fleet = Fleet(server)
        self.control = self.fleet.control
        with contextlib.suppress(ClientError):
            self.fleet.model("loan")
        reason = self.fleet.endpoint(name, "loan", DataCaptureConfig={
            "EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": f"s3://{BUCKET}/live",
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]}})
        assert reason is None, reason
        for _ in range(5):
            for row in ROWS:
                self.fleet.ask(name, csv_of([row]))
        self.obey("good")
        self.control.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": "cron(0 0 1 1 ? *)"},
            "MonitoringJobDefinition": {
                "BaselineConfig": {"ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/{name}/constraints.json"}},
                "MonitoringInputs": [{"EndpointInput": {"EndpointName": name, "LocalPath": "/opt/ml/processing/input"}}],
                "MonitoringOutputConfig": {"MonitoringOutputs": [{"S3Output": {
                    "S3Uri": f"s3://{BUCKET}/{name}/results", "LocalPath": "/opt/ml/processing/output"}}]},
                "MonitoringResources": {"ClusterConfig": {
                    "InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}},
                "MonitoringAppSpecification": {"ImageUri": ANALYZER},
                "RoleArn": ROLE}})

    def obey(self, which):
        """Whole numbers are wrong for incomes, from now on or no longer."""
        document = constraints({"bad": "Integral", "good": "Fractional"}[which])
        self.fleet.put(f"{self.name}/constraints.json", json.dumps(document).encode())

    def run(self, which):
        self.obey(which)
        code = 1 if which == "bad" else 0
        probity("monitor", "run", self.name, "--wait", "--window", "-1h..now", code=code,
                environment=self.server.environment())

    def state(self):
        found = self.control.list_monitoring_alerts(MonitoringScheduleName=self.name)["MonitoringAlertSummaries"]
        assert [one["MonitoringAlertName"] for one in found] == ["Default"], found
        return found[0]


def code_of(call, **named):
    try:
        call(**named)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


@scenario
def an_alert_opens_and_closes_as_aws_has_it(folder):
    with serving(folder) as server:
        monitor = Monitor(server)
        control = monitor.control
        made = monitor.state()
        assert (made["AlertStatus"], made["DatapointsToAlert"], made["EvaluationPeriod"]) == ("OK", 1, 1), made
        assert made["Actions"] == {"ModelDashboardIndicator": {"Enabled": True}}, made
        arn = control.update_monitoring_alert(
            MonitoringScheduleName="loans", MonitoringAlertName="Default", DatapointsToAlert=2, EvaluationPeriod=3)
        assert arn["MonitoringScheduleArn"].endswith(":monitoring-schedule/loans"), arn
        states = []
        for which in ("bad", "bad", "good", "good"):
            monitor.run(which)
            states.append(monitor.state()["AlertStatus"])
        assert states == ["OK", "InAlert", "InAlert", "OK"], states

        pages = control.get_paginator("list_monitoring_alert_history").paginate(
            MonitoringScheduleName="loans", PaginationConfig={"PageSize": 1})
        history = [one for page in pages for one in page["MonitoringAlertHistory"]]
        assert [one["AlertStatus"] for one in history] == ["OK", "InAlert"], history
        assert history[0]["CreationTime"] >= history[1]["CreationTime"], history

        def found(**filters):
            return [one["AlertStatus"] for one in control.list_monitoring_alert_history(**filters)["MonitoringAlertHistory"]]
        assert found(StatusEquals="InAlert") == ["InAlert"]
        assert found(SortOrder="Ascending") == ["InAlert", "OK"]
        assert found(SortBy="Status", SortOrder="Ascending") == ["InAlert", "OK"]
        assert found(MonitoringAlertName="Other") == []
        assert found(CreationTimeAfter=history[0]["CreationTime"]) == ["OK"]
        assert found(CreationTimeBefore=history[0]["CreationTime"]) == ["InAlert"]

        named = {"MonitoringScheduleName": "gone"}
        assert code_of(control.list_monitoring_alerts, **named) == "ResourceNotFound"
        assert code_of(control.list_monitoring_alert_history, **named) == "ResourceNotFound"
        update = {"DatapointsToAlert": 1, "EvaluationPeriod": 1}
        assert code_of(control.update_monitoring_alert, MonitoringAlertName="Default", **named, **update) == "ResourceNotFound"
        too_many = {"MonitoringScheduleName": "loans", "MonitoringAlertName": "Default", "DatapointsToAlert": 3, "EvaluationPeriod": 2}
        assert code_of(control.update_monitoring_alert, **too_many) == "ValidationException"


@scenario
def receivers_are_told_in_their_own_words(folder):
    hook, chat, pager, mails = Posts(), Posts(), Posts(status=202), Mails()
    secret = folder / "secret.txt"
    secret.write_text(SECRET + "\n")
    with serving(folder) as server:
        monitor = Monitor(server)
        alert(server, "channel", "add", "hook", "--webhook", hook.url, "--signing-secret", f"@{secret}")
        alert(server, "channel", "add", "chat", "--slack", chat.url)
        alert(server, "channel", "add", "pager", "--pager-duty", "routingkey1", "--events-url", pager.url)
        alert(server, "channel", "add", "mail", "--email", "a@example.org,b@example.org", "--from", "probity@example.org",
              "--smtp", mails.url)
        listed = as_json(server, "channel", "list")
        assert [one["ChannelName"] for one in listed] == ["chat", "hook", "mail", "pager"], listed
        assert SECRET not in str(listed) and "routingkey1" not in str(listed), listed
        for name in ("hook", "chat", "pager", "mail"):
            assert "took the test" in alert(server, "test", name).stdout

        monitor.run("bad")
        monitor.run("good")
        until(lambda: len(hook.got) == 3 and len(chat.got) == 3 and len(pager.got) == 4 and len(mails.got) == 3,
              what=lambda: notifications(server))
        for headers, body in hook.got:
            signed = headers["x-probity-timestamp"].encode() + b"." + body
            expected = hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
            assert headers["x-probity-signature"] == f"sha256={expected}", headers
            assert abs(time.time() - int(headers["x-probity-timestamp"])) < 120, headers
        test, raised, over = hook.events()
        assert test["kind"] == "test" and test["state"] == "OK", test
        assert (raised["state"], over["state"]) == ("InAlert", "OK"), (raised, over)
        assert raised["execution"]["endpoint"] == "loans" and raised["execution"]["violationCount"] == 1, raised
        assert "income" in raised["text"] and "Expected data type: Integral" in raised["text"], raised["text"]
        assert "s3://bucket/loans/results" in raised["text"], raised["text"]
        # What was captured is not told.
        assert "50.5" not in json.dumps(raised), raised
        assert "1 violation" in chat.documents()[1]["text"], chat.documents()[1]
        actions = [(one["event_action"], one["dedup_key"]) for one in pager.documents()]
        assert [action for action, _ in actions] == ["trigger", "resolve", "trigger", "resolve"], actions
        assert actions[2][1] == actions[3][1] != actions[0][1], actions
        assert "RCPT TO:<b@example.org>" in mails.got[1] and "Subject: Alert: 1 violation" in mails.got[1], mails.got[1]
        log = server.log
    assert SECRET not in log and "routingkey1" not in log
    database = (folder / "data" / "probity.db").read_bytes()
    assert SECRET.encode() not in database and b"routingkey1" not in database


@scenario
def a_receiver_that_is_down_loses_nothing_when_the_server_is_killed(folder):
    hook = Posts()
    port = hook.port
    hook.close()
    with serving(folder) as server:
        monitor = Monitor(server)
        alert(server, "channel", "add", "hook", "--webhook", hook.url)
        monitor.run("bad")
        monitor.run("good")
        monitor.run("bad")
        tried = until(lambda: [one for one in notifications(server) if one["Attempts"] > 0])
        assert tried[0]["Status"] == "Waiting" and "cannot be reached" in tried[0]["LastError"], tried
        server.process.kill()
        server.process.wait()
    hook = Posts(port=port)
    with serving(folder) as server:
        until(lambda: len(hook.events()) >= 3, what=lambda: notifications(server))
        events = hook.events()
        # At least once, in order, and a repetition has the id of the first.
        ids = list(dict.fromkeys(event["id"] for event in events))
        states = [next(event["state"] for event in events if event["id"] == one) for one in ids]
        assert states == ["InAlert", "OK", "InAlert"], states
        assert all(one["Status"] == "Sent" for one in notifications(server))
        shown = as_json(server, "list", code=1)
        assert shown[0]["AlertStatus"] == "InAlert", shown


@scenario
def dead_letters_are_kept_and_tried_again(folder):
    hook = Posts(status=410)
    with serving(folder) as server:
        alert(server, "channel", "add", "hook", "--webhook", hook.url)
        failed = alert(server, "test", "hook", code=3).stderr
        assert "status 410" in failed, failed
        dead = as_json(server, "dead")
        assert len(dead) == 1 and dead[0]["Status"] == "Dead", dead
        hook.status = 200
        alert(server, "retry", dead[0]["NotificationId"])
        until(lambda: notifications(server)[0]["Status"] == "Sent")
        assert as_json(server, "dead") == []
        alert(server, "channel", "remove", "hook")
        assert as_json(server, "channel", "list") == []
        alert(server, "test", "hook", code=2)


@scenario
def silences_and_acknowledgements_have_who_and_why(folder):
    hook = Posts()
    with serving(folder) as server:
        monitor = Monitor(server)
        alert(server, "channel", "add", "hook", "--webhook", hook.url)
        alert(server, "silence", "loans", "--for", "2h", "--why", "we retrain")
        silence = as_json(server, "silences")[0]
        assert (silence["Reason"], silence["CreatedBy"]) == ("we retrain", "root"), silence
        monitor.run("bad")
        assert monitor.state()["AlertStatus"] == "InAlert"
        assert [one["Status"] for one in notifications(server)] == ["Silenced"]
        alert(server, "ack", "loans", "--why", "known")
        shown = as_json(server, "list", "--raised", code=1)[0]
        assert (shown["AcknowledgedBy"], shown["AcknowledgedReason"]) == ("root", "known"), shown
        assert "SilentUntil" in shown, shown
        own(server, "CommentAlert", Subject="monitoring-schedule/loans", Text="the feed was late")
        said = own(server, "ListAlertComments", Subject="monitoring-schedule/loans")["Comments"]
        assert [(one["CreatedBy"], one["Text"]) for one in said] == [("root", "the feed was late")], said
        alert(server, "lift", silence["SilenceId"])
        # What is still so is told.
        until(lambda: len(hook.events()) == 1, 150)
        monitor.run("good")
        until(lambda: len(hook.events()) == 2)
        assert [one["state"] for one in hook.events()] == ["InAlert", "OK"], hook.events()
        history = as_json(server, "history", "loans")
        assert [one["AlertStatus"] for one in history] == ["OK", "InAlert"], history
        assert "violations" in history[1]["Reason"], history


@scenario
def a_digest_tells_a_span_together(folder):
    hook = Posts()
    with serving(folder) as server:
        monitor = Monitor(server)
        alert(server, "channel", "add", "hook", "--webhook", hook.url, "--digest", "15s")
        monitor.run("bad")
        monitor.run("good")
        until(lambda: hook.got)
        message = hook.documents()[0]
        assert [event["state"] for event in message["events"]] == ["InAlert", "OK"], message
        assert message["title"] == "Probity: 1 alert, 1 resolved", message["title"]


@scenario
def commands_run_only_where_they_are_allowed(folder):
    program = ["--command", "/bin/cat"]
    with serving(folder) as server:
        refused = alert(server, "channel", "add", "page", *program, code=2).stderr
        assert "--allow-local-processes" in refused, refused
    with serving(folder, "--allow-local-processes", "--allow-unisolated") as server:
        alert(server, "channel", "add", "page", *program)
        assert "took the test" in alert(server, "test", "page").stdout
        logs = server.client("logs")
        lines = logs.get_log_events(logGroupName="/probity/notifications", logStreamName="page", startFromHead=True)["events"]
        told = json.loads(lines[0]["message"])
        assert told["version"] == 1 and told["events"][0]["kind"] == "test", told
        alert(server, "channel", "add", "fails", "--command", "/bin/false")
        assert "code 1" in alert(server, "test", "fails", code=3).stderr


@scenario
def numbers_leave_the_server(folder):
    cloud, collector = Posts(), Posts()
    variables = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
                 "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": collector.url, "OTEL_EXPORTER_OTLP_HEADERS": "api-key=k"}
    with serving(folder, "--cloudwatch-endpoint-url", cloud.url.removesuffix("/hook"), environment=variables) as server:
        monitor = Monitor(server)
        cloud.status = 503
        monitor.run("good")
        until(lambda: cloud.got and collector.got)
        cloud.status = 200
        until(lambda: len(cloud.got) > 1)
        headers, body = cloud.got[-1]
        form = dict(urllib.parse.parse_qsl(body.decode()))
        assert form["Action"] == "PutMetricData" and form["Namespace"].startswith("aws/sagemaker/Endpoints/"), form
        assert f"/{REGION}/monitoring/aws4_request" in headers["authorization"], headers
        dimensions = {form[f"MetricData.member.1.Dimensions.member.{at}.Name"] for at in (1, 2)}
        assert dimensions == {"Endpoint", "MonitoringSchedule"}, form
        headers, body = collector.got[0]
        assert headers["api-key"] == "k", headers
        metrics = json.loads(body)["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
        assert metrics and all(metric["name"].startswith("feature_") for metric in metrics), metrics[:1]
        page = urllib.request.urlopen(f"{server.url}/metrics").read().decode()
        shown = [line for line in page.splitlines() if line.startswith("probity_monitor_value")]
        assert any('monitoring_schedule="loans"' in line for line in shown), page[-2000:]
        # Counted once the receiver's answer is there, which it gives after it was asked.
        until(lambda: 'probity_export_points_total{to="cloudwatch"}' in urllib.request.urlopen(f"{server.url}/metrics").read().decode())


if __name__ == "__main__":
    sys.exit(run())
