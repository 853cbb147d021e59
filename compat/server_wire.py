"""boto3 against the protocol layer of the server: signatures, checks of requests, the services that
share its port, and what clients that misbehave get.

needs: packages
"""

import datetime
import json
import socket
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import botocore.auth
from botocore.exceptions import ClientError

from _program import run, scenario
from _server import ACCOUNT, KEY, SECRET, serving

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"


def refused(call, code, text=""):
    """The call fails with this code, and a text that holds this."""
    try:
        answer = call()
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, found
        assert text in found["Message"], found
        assert error.response["ResponseMetadata"]["RequestId"], error.response
        return error.response
    raise AssertionError(f"not refused: {answer}")


@scenario
def signatures_are_checked(folder):
    with serving(folder) as server:
        assert server.client("sagemaker").list_models()["Models"] == []
        unknown = server.client("sagemaker", key="AKIANOBODY0000000000")
        response = refused(unknown.list_models, "UnrecognizedClientException", "security token included in the request is invalid")
        assert response["ResponseMetadata"]["HTTPStatusCode"] == 403
        wrong = server.client("sagemaker", secret=SECRET[:-1] + "x")
        refused(wrong.list_models, "InvalidSignatureException", "does not match the signature you provided")
        sts = server.client("sts", key="AKIANOBODY0000000000")
        refused(sts.get_caller_identity, "InvalidClientTokenId")
        # What was tried is in the log, and no secret.
        assert "unknown_key" in server.log and SECRET not in server.log, server.log


@scenario
def an_old_date_is_refused(folder):
    with serving(folder) as server:
        real = botocore.auth.get_current_datetime
        botocore.auth.get_current_datetime = lambda *_, **__: real() - datetime.timedelta(minutes=20)
        try:
            refused(server.client("sagemaker").list_models, "InvalidSignatureException", "Signature expired")
        finally:
            botocore.auth.get_current_datetime = real


@scenario
def requests_are_checked_as_aws_does(folder):
    with serving(folder) as server:
        client = server.client("sagemaker", parameter_validation=False)
        refused(client.create_model, "ValidationException", "Value null at 'modelName' failed to satisfy constraint: Member must not be null")
        refused(
            lambda: client.create_model(ModelName="a_b", ExecutionRoleArn="x", Tags=[{"Key": "k"}]),
            "ValidationException",
            "4 validation errors detected: ",
        )
        refused(lambda: client.list_models(MaxResults=101), "ValidationException", "less than or equal to 100")
        refused(lambda: client.list_models(SortBy="Size"), "ValidationException", "enum value set: [Name, CreationTime]")
        refused(lambda: client.describe_model(ModelName=7), "SerializationException", "NUMBER_VALUE can not be converted to a String")
        refused(lambda: client.describe_model(ModelName="none"), "ValidationException", "Could not find model")
        refused(client.list_domains, "UnknownOperationException", "ListDomains")


@scenario
def services_share_the_port(folder):
    with serving(folder) as server:
        identity = server.client("sts").get_caller_identity()
        assert identity["Account"] == ACCOUNT, identity
        logs = server.client("logs")
        refused(lambda: logs.get_log_events(logGroupName="/g", logStreamName="s"), "ResourceNotFoundException")
        assert logs.describe_log_groups()["logGroups"] == []
        # Waiting for a job, the SDK asks for streams that are not there yet.
        group = "/aws/sagemaker/ProcessingJobs"
        assert logs.describe_log_streams(logGroupName=group, logStreamNamePrefix="x/")["logStreams"] == []
        assert logs.filter_log_events(logGroupName=group)["events"] == []
        scheduler = server.client("scheduler")
        refused(lambda: scheduler.get_schedule(Name="daily"), "ResourceNotFoundException", "daily")
        features = server.client("sagemaker-featurestore-runtime")
        refused(lambda: features.get_record(FeatureGroupName="f", RecordIdentifierValueAsString="1"), "UnknownOperationException")
        refused(lambda: server.client("glue").get_table(DatabaseName="d", Name="t"), "UnknownOperationException")


@scenario
def metrics_go_in_and_come_out(folder):
    now = datetime.datetime.now(datetime.timezone.utc)
    with serving(folder) as server:
        client = server.client("cloudwatch")
        # Over ten kilobytes botocore compresses the body.
        data = [
            {
                "MetricName": "drift",
                "Dimensions": [{"Name": "feature", "Value": f"f{number:04}"}],
                "Timestamp": now,
                "Value": number / 4,
            }
            for number in range(200)
        ]
        client.put_metric_data(Namespace="probity/test", MetricData=data)
        pages = client.get_paginator("list_metrics").paginate(Namespace="probity/test")
        assert sum(len(page["Metrics"]) for page in pages) == 200
        found = client.get_metric_statistics(
            Namespace="probity/test",
            MetricName="drift",
            Dimensions=[{"Name": "feature", "Value": "f0010"}],
            StartTime=now - datetime.timedelta(hours=1),
            EndTime=now + datetime.timedelta(hours=1),
            Period=7200,
            Statistics=["Maximum"],
        )
        assert sorted(point["Maximum"] for point in found["Datapoints"])[-1] == 2.5, found
        metric = {"Namespace": "probity/test", "MetricName": "drift", "Dimensions": [{"Name": "feature", "Value": "f0004"}]}
        results = client.get_metric_data(
            MetricDataQueries=[{"Id": "a", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}}],
            StartTime=now - datetime.timedelta(hours=1),
            EndTime=now + datetime.timedelta(hours=1),
        )["MetricDataResults"]
        assert results[0]["Values"] == [1.0], results


@scenario
def probes_answer_without_a_signature(folder):
    with serving(folder) as server:
        for path, text in (("/healthz", b"ok\n"), ("/readyz", b"ready\n")):
            with urllib.request.urlopen(server.url + path, timeout=30) as answer:
                assert answer.read() == text
        server.client("sagemaker").list_models()
        with urllib.request.urlopen(server.url + "/metrics", timeout=30) as answer:
            assert b"probity_requests_total" in answer.read()
        page = urllib.request.Request(server.url + "/", headers={"Accept": "text/html"})
        with urllib.request.urlopen(page, timeout=30) as answer:
            assert answer.url.startswith(f"{server.url}/login"), answer.url


@scenario
def clients_that_misbehave_are_refused_and_others_served(folder):
    with serving(folder) as server:
        host, port = server.url.removeprefix("http://").split(":")

        def raw(content, wait=30):
            with socket.create_connection((host, int(port)), timeout=wait) as connection:
                connection.sendall(content)
                answer = b""
                try:
                    while part := connection.recv(65536):
                        answer += part
                except (ConnectionResetError, socket.timeout):
                    pass
                return answer

        head = "POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: SageMaker.ListModels\r\nConnection: close\r\n"
        large = "Content-Length: 999999999999\r\n\r\n"
        stranger = raw(f"{head}{large}".encode())
        assert b" 403 " in stranger.splitlines()[0], stranger
        known = f"Authorization: AWS4-HMAC-SHA256 Credential={KEY}/20261127/us-west-2/sagemaker/aws4_request, SignedHeaders=host, Signature=00\r\n"
        refusal = raw(f"{head}{known}{large}".encode())
        assert b" 413 " in refusal.splitlines()[0], refusal
        deep = '{"a":' * 50_000
        assert b" 403 " in raw(f"{head}Content-Length: {len(deep)}\r\n\r\n{deep}".encode()).splitlines()[0]
        assert b" 200 " not in raw(b"\x16\x03\x01\x02\x00\x01\r\n\r\n")
        slow = [socket.create_connection((host, int(port))) for _ in range(200)]
        for connection in slow:
            connection.sendall(b"GET / HTTP/1.1\r\nHost:")
        begun = time.monotonic()
        client = server.client("sagemaker", max_pool_connections=8)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: client.list_models(), range(100)))
        assert time.monotonic() - begun < 20, "slow clients hold others up"
        for connection in slow:
            connection.close()
        signed_wrongly = json.dumps({"NameContains": KEY})
        assert SECRET.encode() not in raw(f"{head}Content-Length: {len(signed_wrongly)}\r\n\r\n{signed_wrongly}".encode())


if __name__ == "__main__":
    sys.exit(run())
