"""What is captured of an endpoint's calls, of a gateway's, and of batch transforms, with boto3
against a running server; the captured files are read by `probity profile`.

needs: packages
"""

import base64
import contextlib
import datetime
import gzip
import json
import os
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from _endpoint import BUCKET, ROWS, Fleet, archive, capture, captured, close, csv_of, score, upstream
from _program import SECONDS, probity, program, run, scenario
from _server import serving

SCORES = [score(row) for row in ROWS]


def objects(server, *parts):
    """Buckets are folders: what was captured is there once the server has ended."""
    return server.data.joinpath("objects", BUCKET, *parts)


# Endpoints.

@scenario
def a_record_is_as_model_monitor_reads_it(folder):
    begun = time.time()
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"), **capture("s3://bucket/live"))
        shown = fleet.control.describe_endpoint(EndpointName="e")["DataCaptureConfig"]
        assert shown == {"EnableCapture": True, "CaptureStatus": "Started", "CurrentSamplingPercentage": 100,
                         "DestinationS3Uri": "s3://bucket/live", "KmsKeyId": ""}, shown
        csv = fleet.ask("e", csv_of(ROWS), InferenceId="mine", CustomAttributes="trace=1")["Text"]
        fleet.ask("e", json.dumps({"instances": ROWS}), "application/json")
        fleet.ask("e", csv_of(ROWS), Accept="application/jsonlines")
        fleet.ask("e", csv_of(ROWS[:1]), None)
        _, parts = fleet.stream("e", csv_of(ROWS), InferenceId="streamed")
        assert b"".join(parts).decode() == csv
        fleet.model_error(415, "", fleet.ask, "e", b"RIFF", "audio/wav")
    live = objects(server, "live")
    files = [str(file.relative_to(live)) for file in live.rglob("*.jsonl")]
    assert files and all(re.fullmatch(
        r"e/AllTraffic/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", file) for file in files), files
    records = captured(live)
    assert len(records) == 5, records
    first = records[0]
    assert list(first) == ["captureData", "eventMetadata", "eventVersion"] and first["eventVersion"] == "0", first
    assert first["captureData"] == {
        "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": csv_of(ROWS).decode(), "encoding": "CSV"},
        "endpointOutput": {"observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT", "data": csv, "encoding": "CSV"},
    }, first
    meta = first["eventMetadata"]
    assert meta["inferenceId"] == "mine" and meta["customAttributes"] == ["trace=1"], meta
    assert re.fullmatch(r"[0-9a-f-]{36}", meta["eventId"]), meta
    moment = time.strptime(meta["inferenceTime"], "%Y-%m-%dT%H:%M:%SZ")
    assert abs(time.mktime(moment) - time.timezone - begun) < SECONDS, meta
    assert [record["captureData"]["endpointInput"]["encoding"] for record in records] == ["CSV", "JSON", "CSV", "BASE64", "CSV"]
    assert "inferenceId" not in records[1]["eventMetadata"], records[1]
    lines = records[2]["captureData"]["endpointOutput"]
    assert lines["encoding"] == "BASE64" and lines["observedContentType"].startswith("application/jsonlines"), lines
    close(map(json.loads, base64.b64decode(lines["data"]).splitlines()), SCORES)
    unnamed = records[3]["captureData"]["endpointInput"]
    assert unnamed["observedContentType"] is None and base64.b64decode(unnamed["data"]) == csv_of(ROWS[:1]), unnamed
    assert records[4]["captureData"]["endpointOutput"]["data"] == csv, records[4]
    assert records[4]["eventMetadata"]["inferenceId"] == "streamed", records[4]
    assert len({record["eventMetadata"]["eventId"] for record in records}) == 5


@scenario
def captures_are_what_their_configuration_says(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.model("m")
        calls = 200
        for name, more in [
            ("none", capture("s3://bucket/live", 0)),
            ("half", capture("s3://bucket/live", 50)),
            ("input", capture("s3://bucket/live", modes=["Input"])),
            ("output", capture("s3://bucket/live", modes=["Output"])),
            ("both", capture("s3://bucket/live", modes=["InputAndOutput"])),
            ("lines", capture("s3://bucket/live", JsonContentTypes=["application/json", "application/jsonlines"])),
        ]:
            assert fleet.endpoint(name, "m", **more) is None
        bare = capture("s3://bucket/live")
        del bare["DataCaptureConfig"]["CaptureContentTypeHeader"]
        fleet.endpoint("bare", "m", **bare)
        fleet.ask("bare", csv_of(ROWS))
        off = capture("s3://bucket/live")
        off["DataCaptureConfig"]["EnableCapture"] = False
        fleet.endpoint("off", "m", **off)
        assert fleet.control.describe_endpoint(EndpointName="off")["DataCaptureConfig"]["CaptureStatus"] == "Stopped"
        for _ in range(calls):
            for name in ["none", "half"]:
                fleet.ask(name, csv_of(ROWS[:1]))
        for name in ["input", "output", "both", "off"]:
            fleet.ask(name, csv_of(ROWS))
        fleet.ask("lines", "".join(json.dumps(row) + "\n" for row in ROWS), "application/jsonlines")
    of = lambda name: captured(objects(server, "live", name))
    assert of("none") == [] and of("off") == []
    assert 60 < len(of("half")) < 140, len(of("half"))
    sides = {"input": ["endpointInput"], "output": ["endpointOutput"], "both": ["endpointInput", "endpointOutput"]}
    for name, expected in sides.items():
        (record,) = of(name)
        assert list(record["captureData"]) == expected, record
    # Without a list of content types nothing is taken for text.
    (record,) = of("bare")
    assert {side["encoding"] for side in record["captureData"].values()} == {"BASE64"}, record
    assert base64.b64decode(record["captureData"]["endpointInput"]["data"]) == csv_of(ROWS), record
    (record,) = of("lines")
    assert record["captureData"]["endpointInput"]["encoding"] == "JSON", record
    assert record["captureData"]["endpointInput"]["data"].count("\n") == len(ROWS), record


@scenario
def redacted_fields_never_reach_the_disk(folder):
    private = [4242, 40, 50.5]
    with serving(folder, "--capture-redact", "output:score=drop") as server:
        fleet = Fleet(server)
        fleet.model("m")
        tags = {"probity:capture-redact": "0=hash 2=truncate:1 age=drop gender=hash"}
        assert fleet.endpoint("e", "m", tags=tags, **capture("s3://bucket/live")) is None
        for _ in range(2):
            close([fleet.ask("e", csv_of([private]))["Text"]], [score(private)])
        named = dict(zip(["gender", "age", "income"], private))
        fleet.ask("e", json.dumps([named]), "application/json")
    kept = b"".join(file.read_bytes() for file in server.data.joinpath("objects", BUCKET, "live").rglob("*.jsonl"))
    assert kept and b"4242" not in kept, kept
    records = captured(objects(server, "live"))
    cells = [record["captureData"]["endpointInput"]["data"].strip().split(",") for record in records[:2]]
    assert cells[0] == cells[1] and cells[0][1:] == ["", "5"], cells
    (named,) = json.loads(records[2]["captureData"]["endpointInput"]["data"])
    assert named["age"] is None and named["income"] == "5" and named["gender"] == cells[0][0], named


@scenario
def rules_of_redaction_may_come_later(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"), **capture("s3://bucket/live"))
        arn = fleet.control.describe_endpoint(EndpointName="e")["EndpointArn"]

        def tagged(rules):
            fleet.control.add_tags(ResourceArn=arn, Tags=[{"Key": "probity:capture-redact", "Value": rules}])
            time.sleep(3)

        fleet.ask("e", b"1111,2,3\n")
        tagged("0=drop")
        fleet.ask("e", b"2222,2,3\n")
        # What cannot be understood is refused, and changes nothing.
        fleet.refused("ValidationException", "`nonsense` is no rule of redaction", tagged, "nonsense")
        fleet.ask("e", b"3333,2,3\n")
    found = [record["captureData"]["endpointInput"]["data"] for record in captured(objects(server, "live"))]
    assert found == ["1111,2,3\n", ",2,3\n", ",2,3\n"], found


@scenario
def a_call_that_is_under_way_is_answered_and_captured_at_the_end(folder):
    came = threading.Event()

    def answer(request):
        came.set()
        time.sleep(2)
        return 200, {"Content-Type": "text/csv"}, b"0.5\n"

    told = []
    with upstream(answer) as (url, _):
        with serving(folder) as server:
            fleet = Fleet(server)
            fleet.endpoint("e", fleet.url_model("m", url), **capture("s3://bucket/live"))
            caller = threading.Thread(target=lambda: told.append(fleet.ask("e", b"1,2,3")["Text"]))
            caller.start()
            assert came.wait(30)
        caller.join(60)
    assert told == ["0.5\n"], told
    (record,) = captured(objects(server, "live"))
    assert record["captureData"]["endpointOutput"]["data"] == "0.5\n", record


@scenario
def captures_are_read_as_a_dataset(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"), **capture("s3://bucket/live"))
        for row in ROWS * 5:
            fleet.ask("e", csv_of([row]))
    told = json.loads(probity("profile", objects(server, "live"), "--output", "json", "-q").stdout)
    assert told["dataset"]["format"] == "capture" and told["dataset"]["rows"] == 20, told["dataset"]
    # The output's column comes first.
    close([column["mean"] for column in told["columns"]],
          [sum(SCORES) / 4, *(sum(row[at] for row in ROWS) / 4 for at in range(3))])


# The gateway.

@contextlib.contextmanager
def gateway(folder, *arguments):
    """Its address, and ends it gently."""
    log = folder / "gateway.log"
    with open(log, "w") as out:
        process = subprocess.Popen(
            [program(), "gateway", "--data", folder / "gw", "--listen", "127.0.0.1:0", *map(str, arguments)],
            stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, cwd=folder, env=dict(os.environ))
    try:
        end = time.monotonic() + SECONDS
        while not (found := re.search(r"passes (https?://127\.0\.0\.1:\d+) on", log.read_text())):
            assert time.monotonic() < end and process.poll() is None, log.read_text()
            time.sleep(0.05)
        yield found.group(1)
    finally:
        process.terminate()
        process.wait(60)
    assert process.returncode == 0, (process.returncode, log.read_text())
    assert "panicked" not in log.read_text(), log.read_text()


def http(url, body=None, **headers):
    """Status, headers, body: as they came."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(url, data=body, headers=headers)
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read()


@scenario
def a_gateway_passes_everything_and_captures_what_is_answered(folder):
    release = threading.Event()

    def answer(request):
        if request.path.startswith("/health"):
            return 200, {"X-Model": "v1"}, b"fine"
        if request.path == "/echo":
            return 200, {"Content-Type": "text/csv"}, request.body
        if request.body == b"bad":
            return 422, {"Content-Type": "text/plain", "X-Why": "bad"}, b"no number"
        if request.body == b"1,2,3":
            def parts():
                yield b"0."
                yield b"2"
                yield b"5\n" if release.wait(30) else b"late\n"
            return 200, {"Content-Type": "text/csv"}, parts()
        rows = [list(map(float, line.split(","))) for line in request.body.decode().split()]
        return 200, {"Content-Type": "text/csv; charset=utf-8", "X-Model": "v1", "Set-Cookie": "a=b"}, \
            "".join(f"{score(row)}\n" for row in rows).encode()

    out = folder / "captures"
    with upstream(answer) as (url, asked):
        with gateway(folder, "--to", url, "--endpoint-name", "fraud", "--destination", out) as address:
            for row in ROWS * 3:
                status, headers, body = http(
                    f"{address}/invocations?v=2", csv_of([row]), Content_Type="text/csv", Authorization="Bearer own",
                    X_Trace="t 1", X_Amzn_SageMaker_Inference_Id=f"id-{row[1]}", Accept="text/csv")
                assert status == 200, (status, body)
                close([body], [score(row)])
                assert headers["x-model"] == "v1" and headers["set-cookie"] == "a=b", headers
                assert headers["content-type"] == "text/csv; charset=utf-8", headers
            request = asked[-1]
            assert request.path == "/invocations?v=2", request.path
            for name, value in {"authorization": "Bearer own", "x-trace": "t 1", "accept": "text/csv", "content-type": "text/csv"}.items():
                assert request.headers.get(name) == value, request.headers
            large = csv_of(ROWS[:1]) * 300_000
            status, _, body = http(f"{address}/echo", large, Content_Type="text/csv")
            assert status == 200 and body == large and asked[-1].body == large, (status, body[:100])
            assert http(f"{address}/health/deep?x=1")[::2] == (200, b"fine") and asked[-1].method == "GET"
            assert asked[-1].path == "/health/deep?x=1"
            status, headers, body = http(f"{address}/invocations", b"bad", Content_Type="text/csv")
            assert (status, headers["x-why"], body) == (422, "bad", b"no number")
            slow = urllib.request.urlopen(urllib.request.Request(
                f"{address}/invocations", data=b"1,2,3", headers={"Content-Type": "text/csv"}), timeout=60)
            assert slow.read(2) == b"0."
            release.set()
            assert slow.read() == b"25\n"
    files = list((out / "fraud" / "AllTraffic").rglob("*.jsonl"))
    assert files, list(folder.rglob("*"))
    records = captured(out)
    assert len(records) == 13, len(records)
    assert records[0]["eventMetadata"]["inferenceId"] == "id-40", records[0]
    assert records[0]["captureData"]["endpointInput"]["data"] == csv_of(ROWS[:1]).decode()
    assert records[-1]["captureData"]["endpointOutput"]["data"] == "0.25\n", records[-1]
    told = json.loads(probity("profile", out, "--output", "json", "-q").stdout)
    assert told["dataset"]["rows"] == 13 and len(told["columns"]) == 4, told["dataset"]


@scenario
def a_gateway_shows_its_numbers_at_a_port_of_their_own(folder):
    token = folder / "token"
    token.write_text("secret\n")
    with upstream(lambda request: (200, {"Content-Type": "text/csv"}, b"0.5\n")) as (url, _):
        with gateway(folder, "--to", url, "--endpoint-name", "fraud", "--destination", folder / "out",
                     "--metrics-listen", "127.0.0.1:0", "--metrics-token-file", token) as address:
            numbers = re.search(r"Its numbers: (http://\S+)/metrics", (folder / "gateway.log").read_text()).group(1)
            for _ in range(3):
                assert http(f"{address}/invocations", b"1,2,3", Content_Type="text/csv")[0] == 200
            assert http(f"{numbers}/healthz")[::2] == (200, b"ok\n")
            with urllib.request.urlopen(urllib.request.Request(f"{numbers}/healthz", method="HEAD"), timeout=60) as probed:
                assert (probed.status, probed.read()) == (200, b"")
            assert http(f"{numbers}/metrics")[0] == 403
            assert http(f"{numbers}/invocations", b"1,2,3", Authorization="Bearer secret")[0] == 405
            assert http(f"{numbers}/elsewhere")[0] == 404
            status, _, body = http(f"{numbers}/metrics", Authorization="Bearer secret")
            lines = body.decode().splitlines()
            assert status == 200 and "probity_gateway_seconds_count 3" in lines, body
            assert 'probity_gateway_seconds_bucket{le="60"} 3' in lines, body
            assert 'probity_capture_records_total{endpoint="fraud",variant="AllTraffic"} 3' in lines, body


@scenario
def a_gateway_before_a_dead_server_says_so(folder):
    with upstream(lambda request: (200, {}, None)) as (url, _):
        with gateway(folder, "--to", url, "--endpoint-name", "fraud", "--sampling", 0) as address:
            status, _, body = http(f"{address}/invocations", b"1,2,3", Content_Type="text/csv")
            assert status == 502, (status, body)
    assert captured(folder) == []


# Batch transforms.

def transform(fleet, name, source, model="m", content_type="text/csv", kind="S3Prefix", **more):
    """The job's end."""
    inside = {"DataSource": {"S3DataSource": {"S3DataType": kind, "S3Uri": source}}, "ContentType": content_type, "SplitType": "Line"}
    inside.update(more.pop("Input", {}))
    output = {"S3OutputPath": f"s3://bucket/{name}", "Accept": content_type, "AssembleWith": "Line"}
    output.update(more.pop("Output", {}))
    fleet.control.create_transform_job(
        TransformJobName=name, ModelName=model, TransformInput=inside, TransformOutput=output,
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1}, **{"BatchStrategy": "MultiRecord", **more})
    end = time.monotonic() + SECONDS / 3
    while True:
        shown = fleet.control.describe_transform_job(TransformJobName=name)
        if shown["TransformJobStatus"] not in ("InProgress", "Stopping"):
            return shown
        assert time.monotonic() < end, shown
        time.sleep(0.1)


def completed(fleet, name, *arguments, **more):
    shown = transform(fleet, name, *arguments, **more)
    assert shown["TransformJobStatus"] == "Completed", shown
    return shown


@scenario
def a_transform_predicts_joins_and_filters(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.model("m")
        fleet.put("in/a.csv", csv_of(ROWS))
        fleet.put("in/sub/b.csv", csv_of(ROWS[:1]).rstrip())
        completed(fleet, "plain", "s3://bucket/in/")
        close(fleet.get("s3://bucket/plain/a.csv.out").split(), SCORES)
        close(fleet.get("s3://bucket/plain/sub/b.csv.out").split(), SCORES[:1])
        one = completed(fleet, "one", "s3://bucket/in/a.csv", BatchStrategy="SingleRecord")
        assert one["BatchStrategy"] == "SingleRecord"
        assert fleet.get("s3://bucket/one/a.csv.out") == fleet.get("s3://bucket/plain/a.csv.out")

        keyed = [[f"id-{at}", *row] for at, row in enumerate(ROWS)]
        fleet.put("keyed/k.csv", csv_of(keyed))
        completed(fleet, "joined", "s3://bucket/keyed/k.csv", DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input"})
        rows = [line.split(",") for line in fleet.get("s3://bucket/joined/k.csv.out").decode().split()]
        assert [row[:-1] for row in rows] == [list(map(str, row)) for row in keyed], rows
        close([row[-1] for row in rows], SCORES)
        completed(fleet, "picked", "s3://bucket/keyed/k.csv", DataProcessing={
            "InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"})
        rows = [line.split(",") for line in fleet.get("s3://bucket/picked/k.csv.out").decode().split()]
        assert [row[0] for row in rows] == [row[0] for row in keyed] and {len(row) for row in rows} == {2}, rows

        lines = [{"key": at, "features": row} for at, row in enumerate(ROWS)]
        fleet.put("lines/l.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        completed(fleet, "jl", "s3://bucket/lines/l.jsonl", content_type="application/jsonlines", DataProcessing={
            "InputFilter": "$.features", "JoinSource": "Input"})
        joined = [json.loads(line) for line in fleet.get("s3://bucket/jl/l.jsonl.out").splitlines()]
        outputs = [line.pop("SageMakerOutput") for line in joined]
        assert joined == lines, joined
        close([one[0] if isinstance(one, list) else one for one in outputs], SCORES)

        fleet.put("packed/p.csv.gz", gzip.compress(csv_of(ROWS)))
        completed(fleet, "packed-out", "s3://bucket/packed/", Input={"CompressionType": "Gzip"})
        (key,) = [one["Key"] for one in fleet.s3.list_objects_v2(Bucket=BUCKET, Prefix="packed-out/")["Contents"]]
        close(fleet.get(f"s3://bucket/{key}").split(), SCORES)
        fleet.put("list.manifest", json.dumps([{"prefix": "s3://bucket/in/"}, "a.csv"]))
        completed(fleet, "listed", "s3://bucket/list.manifest", kind="ManifestFile")
        close(fleet.get("s3://bucket/listed/a.csv.out").split(), SCORES)


@scenario
def a_captured_transform_numbers_its_records(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.model("m")
        fleet.put("in/a.csv", csv_of(ROWS))
        lines = [{"features": row} for row in ROWS]
        fleet.put("lines/l.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        numbered = {"DestinationS3Uri": "s3://bucket/kept", "GenerateInferenceId": True}
        join = {"JoinSource": "Input"}
        started = completed(fleet, "t", "s3://bucket/in/", DataCaptureConfig=numbered, DataProcessing=join)["TransformStartTime"]
        completed(fleet, "j", "s3://bucket/lines/", content_type="application/jsonlines", DataCaptureConfig=numbered, DataProcessing=join)
        rows = [line.split(",") for line in fleet.get("s3://bucket/t/a.csv.out").decode().split()]
        assert [list(map(float, row[:3])) for row in rows] == ROWS, rows
        close([row[3] for row in rows], SCORES)
        ids = [[cell for cell in row[4:] if re.fullmatch(r"[0-9a-f-]{36}", cell)] for row in rows]
        assert all(len(one) == 1 for one in ids) and len({one[0] for one in ids}) == len(ROWS), rows
        joined = [json.loads(line) for line in fleet.get("s3://bucket/j/l.jsonl.out").splitlines()]
        assert {tuple(sorted(line)) for line in joined} == {
            ("SageMakerInferenceId", "SageMakerInferenceTime", "SageMakerOutput", "features")}, joined
        hour = started.astimezone(datetime.timezone.utc).strftime("%Y/%m/%d/%H")
        found = [one["Key"] for one in fleet.s3.list_objects_v2(Bucket=BUCKET, Prefix="kept/")["Contents"]]
        for side, prefix, name in [("input", "s3://bucket/in/", "a.csv"), ("output", "s3://bucket/t/", "a.csv.out")]:
            manifests = [key for key in found if re.fullmatch(rf"kept/{side}/\d{{4}}/\d\d/\d\d/\d\d/[0-9a-f-]{{36}}\.json", key)]
            assert len(manifests) == 2 and any(hour in key for key in manifests), found
            kept = [json.loads(fleet.get(f"s3://bucket/{key}")) for key in manifests]
            assert [{"prefix": prefix}, name] in kept, kept


@scenario
def a_transform_that_fails_says_why(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.model("m")
        fleet.put("bad/a.csv", b"0,forty,50.5\n")
        fleet.put("in/a.csv", csv_of(ROWS))
        fleet.model("noise", container={"Image": "any", "ModelDataUrl": fleet.put("noise.tar.gz", archive(b"x", "x.txt"))})
        for name, source, text, more in [
            ("bad-data", "s3://bucket/bad/", "a.csv", {}),
            ("bad-filter", "s3://bucket/in/", "InputFilter", {"DataProcessing": {"InputFilter": "$[", "JoinSource": "Input"}}),
            ("bad-model", "s3://bucket/in/", "x.txt", {"model": "noise"}),
            ("bad-type", "s3://bucket/in/", "audio/wav", {"content_type": "audio/wav"}),
        ]:
            shown = transform(fleet, name, source, **more)
            assert shown["TransformJobStatus"] == "Failed" and text in shown["FailureReason"], shown
            assert str(folder) not in shown["FailureReason"], shown["FailureReason"]

        # A model server that fails now and then is asked again.
        calls = []

        def answer(request):
            calls.append(request)
            if len(calls) % 2:
                return 503, {}, b"busy"
            return 200, {"Content-Type": "text/csv"}, b"0.5\n" * request.body.count(b"\n")

        with upstream(answer) as (url, _):
            fleet.url_model("flaky", url)
            completed(fleet, "retried", "s3://bucket/in/", "flaky")
            assert fleet.get("s3://bucket/retried/a.csv.out") == b"0.5\n" * len(ROWS)
            assert len(calls) == 2, len(calls)


if __name__ == "__main__":
    sys.exit(run())
