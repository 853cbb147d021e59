"""Endpoints as callers see them, with boto3 against a running server: forms of requests and
answers, refusals, variants, many models, model servers, streams, asynchronous calls,
explanations, and what happens to calls while an endpoint changes.

needs: packages
"""

import json
import math
import socket
import sys
import threading
import time

from botocore.exceptions import ClientError, EventStreamError

import _model_server
from _endpoint import ROWS, Fleet, archive, close, csv_of, score, upstream
from _program import SECONDS, run, scenario
from _server import serving

SCORES = [score(row) for row in ROWS]
NAMED = [dict(zip(["income", "gender", "age"], [row[2], row[0], row[1]])) for row in ROWS]


def lines(values):
    return "".join(json.dumps(value) + "\n" for value in values)


# Forms.

@scenario
def every_form_of_a_request_has_the_same_scores(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        assert fleet.endpoint("e", fleet.model("m")) is None
        whole = {
            "instances": {"instances": ROWS},
            "features below instances": {"instances": [{"features": row} for row in ROWS]},
            "inputs": {"inputs": ROWS},
            "a list of lists": ROWS,
            "objects by name": NAMED,
            "objects below instances": {"instances": NAMED},
        }
        forms = [(what, "application/json", json.dumps(body)) for what, body in whole.items()]
        forms += [
            ("csv", "text/csv", csv_of(ROWS)),
            ("csv without a last line end", "text/csv; charset=utf-8", csv_of(ROWS).rstrip()),
            ("csv of Windows", "TEXT/CSV", csv_of(ROWS).replace(b"\n", b"\r\n")),
            ("lists by line", "application/jsonlines", lines(ROWS)),
            ("features by line", "application/jsonlines", lines({"features": row} for row in ROWS)),
            ("instances by line", "application/jsonlines", lines({"instances": row} for row in ROWS)),
            ("objects by line", "application/jsonlines", lines(NAMED)),
        ]
        readers = {
            "text/csv": lambda text: text.split(),
            "application/json": lambda text: json.loads(text)["predictions"],
            "application/jsonlines": lambda text: [json.loads(line) for line in text.splitlines()],
        }
        for what, content_type, body in forms:
            kept = content_type.split(";")[0].lower()
            for accept in [None, *readers]:
                more = {"Accept": accept} if accept else {}
                answer = fleet.ask("e", body, content_type, **more)
                given = answer["ContentType"].split(";")[0]
                assert given == (accept or kept), f"{what}: {accept}: {answer['ContentType']}"
                try:
                    close(readers[given](answer["Text"]), SCORES)
                except Exception as error:
                    raise AssertionError(f"{what}, {accept}: {error}: {answer['Text']}") from error
        close(json.loads(fleet.ask("e", json.dumps(ROWS[0]), "application/json")["Text"])["predictions"], SCORES[:1])
        # Without a type it is CSV; of several that are accepted the best one is taken.
        close(fleet.ask("e", csv_of(ROWS), None)["Text"].split(), SCORES)
        answer = fleet.ask("e", csv_of(ROWS), Accept="application/xml, application/json;q=0.5, */*;q=0.1")
        close(json.loads(answer["Text"])["predictions"], SCORES)
        assert answer["InvokedProductionVariant"] == "AllTraffic", answer


@scenario
def a_missing_value_goes_its_own_way(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"))
        by_csv = fleet.ask("e", b"1,,61.25\n")["Text"]
        by_json = fleet.ask("e", json.dumps([[1, None, 61.25]]), "application/json", Accept="text/csv")["Text"]
        by_name = fleet.ask("e", json.dumps([{"gender": 1, "income": 61.25, "age": None}]), "application/json",
                            Accept="text/csv")["Text"]
        assert by_csv == by_json == by_name, (by_csv, by_json, by_name)


@scenario
def what_a_model_does_not_take_is_its_own_error(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"))
        error = fleet.model_error
        told = error(415, "application/x-npy", fleet.ask, "e", b"\x93NUMPY", "application/x-npy")
        assert 'Received client error (415) from primary with message "' in told["Error"]["Message"], told
        error(415, "LIBSVM", fleet.ask, "e", b"0 1:2", "text/libsvm")
        error(406, "accepted", fleet.ask, "e", b"0,1,2", Accept="application/x-recordio-protobuf")
        for content_type, body, text in [
            ("text/csv", b"0,forty,50.5", "age"),
            ("text/csv", b"0,40", "2"),
            ("text/csv", b"0,40,50.5,9", "4"),
            ("text/csv", b"0,40,50.5\n1,2\n", "2"),
            ("text/csv", b"", ""),
            ("text/csv", b"\xff\xfe0,1", "UTF-8"),
            ("application/json", b"{\"instances\": [[0, 40", ""),
            ("application/json", b"{\"rows\": [[0, 40, 50.5]], \"more\": [[1]]}", "instances"),
            ("application/json", b"{}", ""),
            ("application/json", b"[" * 5000, ""),
            ("application/json", b"{\"instances\": [{\"gender\": 1, \"age\": 2}]}", "income"),
            ("application/jsonlines", b"[0, 40, 50.5]\nnot json\n", "2"),
        ]:
            error(400, text, fleet.ask, "e", body, content_type)
        # And the endpoint goes on.
        close(fleet.ask("e", csv_of(ROWS))["Text"].split(), SCORES)


@scenario
def what_is_no_request_of_the_api_is_a_validation_error(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"))
        refused, ask = fleet.refused, fleet.ask
        refused("ValidationError", "not found", ask, "nope", b"0,1,2")
        refused("ValidationError", "Variant nope", ask, "e", b"0,1,2", TargetVariant="nope")
        refused("ValidationError", "", ask, "e", b"0,1,2", TargetModel="a.tar.gz")
        refused("ValidationError", "inferenceId", ask, "e", b"0,1,2", InferenceId="x" * 65)
        refused("ValidationError", "customAttributes", ask, "e", b"0,1,2", CustomAttributes="x" * 1025)
        refused("ValidationError", "inference components", ask, "e", b"0,1,2", InferenceComponentName="c")
        refused("ValidationError", "several containers", ask, "e", b"0,1,2", TargetContainerHostname="c")
        refused("ValidationError", "explainer", ask, "e", b"0,1,2", EnableExplanations="`true`")
        ask("e", b"0,1,2", InferenceId="x" * 64, CustomAttributes="x" * 1024)
        large = b"0,1,2\n" * ((25 << 20) // 6 + 1)
        told = refused("ValidationError", "longer than", ask, "e", large)
        assert told["ResponseMetadata"]["HTTPStatusCode"] == 413, told


# Variants and many models.

@scenario
def variants_share_calls_by_their_weights(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", ("Old", fleet.model("old"), 3), ("New", fleet.model("new", trees=5), 1))
        of = {"Old": score(ROWS[0]), "New": score(ROWS[0], trees=5)}
        assert abs(of["Old"] - of["New"]) > 0.01, of

        def shares(calls=40):
            counts = {"Old": 0, "New": 0}
            for _ in range(calls):
                answer = fleet.ask("e", csv_of(ROWS[:1]))
                counts[answer["InvokedProductionVariant"]] += 1
                close([answer["Text"]], [of[answer["InvokedProductionVariant"]]])
            return counts

        assert shares() == {"Old": 30, "New": 10}
        for variant, expected in of.items():
            answer = fleet.ask("e", csv_of(ROWS[:1]), TargetVariant=variant)
            assert answer["InvokedProductionVariant"] == variant
            close([answer["Text"]], [expected])

        def weigh(**weights):
            fleet.control.update_endpoint_weights_and_capacities(EndpointName="e", DesiredWeightsAndCapacities=[
                {"VariantName": variant, "DesiredWeight": weight} for variant, weight in weights.items()])
            fleet.settled("e")

        weigh(Old=1, New=3)
        shown = fleet.control.describe_endpoint(EndpointName="e")["ProductionVariants"]
        assert {one["VariantName"]: one["CurrentWeight"] for one in shown} == {"Old": 1, "New": 3}, shown
        assert shares() == {"Old": 10, "New": 30}
        weigh(Old=0)
        assert shares() == {"Old": 0, "New": 40}
        # A variant without weight still answers who asks for it.
        assert fleet.ask("e", csv_of(ROWS[:1]), TargetVariant="Old")["InvokedProductionVariant"] == "Old"
        fleet.refused("ValidationException", "Nope", weigh, Nope=1)


@scenario
def one_endpoint_has_many_models(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        for name, trees in [("a", 20), ("sub/b", 5)]:
            fleet.model(name.replace("/", "-"), trees)
            key = f"models/{name.replace('/', '-')}.tar.gz"
            fleet.put(f"many/{name}.tar.gz", fleet.s3.get_object(Bucket="bucket", Key=key)["Body"].read())
        fleet.put("secret.tar.gz", archive(b"no model"))
        fleet.model("many", container={"Image": "any", "ModelDataUrl": "s3://bucket/many/", "Mode": "MultiModel"})
        assert fleet.endpoint("e", "many") is None
        close([fleet.ask("e", csv_of(ROWS[:1]), TargetModel="a.tar.gz")["Text"]], SCORES[:1])
        close([fleet.ask("e", csv_of(ROWS[:1]), TargetModel="sub/b.tar.gz")["Text"]], [score(ROWS[0], trees=5)])
        fleet.refused("ValidationError", "target model", fleet.ask, "e", b"0,1,2")
        for name in ["missing.tar.gz", "../secret.tar.gz", "sub/../../secret.tar.gz", "//etc/passwd"]:
            fleet.refused("ValidationError", name, fleet.ask, "e", b"0,1,2", TargetModel=name)
        # What is put there later is there.
        late = fleet.s3.get_object(Bucket="bucket", Key="models/sub-b.tar.gz")["Body"].read()
        fleet.put("many/missing.tar.gz", late)
        close([fleet.ask("e", csv_of(ROWS[:1]), TargetModel="missing.tar.gz")["Text"]], [score(ROWS[0], trees=5)])


# Model servers.

@scenario
def a_model_server_gets_the_request_and_gives_the_answer(folder):
    def answer(request):
        if b"broken" in request.body:
            return 418, {"Content-Type": "text/plain"}, b"a teapot"
        if b"hang up" in request.body:
            return 200, {}, None
        return 200, {"Content-Type": "text/x-own; v=1", "X-Amzn-SageMaker-Custom-Attributes": "seen"}, b"<" + request.body + b">"

    with upstream(answer) as (url, asked), serving(folder) as server:
        fleet = Fleet(server)
        assert fleet.endpoint("e", fleet.url_model("m", url)) is None
        told = fleet.ask("e", b"\x00anything", "application/x-any", Accept="a/b", CustomAttributes="trace=1",
                         InferenceId="id 7", TargetModel="t.tar.gz")
        assert told["Text"] == "<\x00anything>" and told["ContentType"] == "text/x-own; v=1", told
        assert told["CustomAttributes"] == "seen" and told["InvokedProductionVariant"] == "AllTraffic", told
        request = asked[-1]
        assert (request.method, request.path, request.body) == ("POST", "/invocations", b"\x00anything")
        for name, value in {"content-type": "application/x-any", "accept": "a/b",
                            "x-amzn-sagemaker-custom-attributes": "trace=1", "x-amzn-sagemaker-inference-id": "id 7",
                            "x-amzn-sagemaker-target-model": "t.tar.gz"}.items():
            assert request.headers.get(name) == value, (name, request.headers)
        assert "authorization" not in request.headers, request.headers
        assert not any("AKIA" in value for value in request.headers.values()), request.headers
        fleet.ask("e", b"x", None)
        assert "content-type" not in asked[-1].headers, asked[-1].headers
        fleet.model_error(418, "a teapot", fleet.ask, "e", b"broken")
        fleet.model_error(0, "reach the model", fleet.ask, "e", b"hang up")
        # A path and a key of one's own.
        fleet.endpoint("p", fleet.url_model("p", url.replace("//", "//user:pass@") + "/v1/score?k=1"))
        fleet.ask("p", b"x")
        assert asked[-1].path == "/v1/score?k=1" and asked[-1].headers["authorization"] == "Basic dXNlcjpwYXNz"
        assert "user:pass" not in server.log


@scenario
def a_model_server_that_is_away_is_a_model_error(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    with serving(folder) as server:
        fleet = Fleet(server)
        assert fleet.endpoint("e", fleet.url_model("m", f"http://127.0.0.1:{port}")) is None
        fleet.model_error(0, "reach the model", fleet.ask, "e", b"0,1,2")
        fleet.model_error(0, "reach the model", fleet.stream, "e", b"0,1,2")
        model = _model_server.Model(after=2)
        with _model_server.serving(model) as url:
            fleet.endpoint("dies", fleet.url_model("dies", url))
            close(fleet.ask("dies", csv_of(ROWS[:2]))["Text"].split(),
                  [_model_server.probability(*row) for row in ROWS[:2]])
            fleet.ask("dies", csv_of(ROWS[:1]))
            told = fleet.model_error(500, "the worker died", fleet.ask, "dies", csv_of(ROWS[:1]))
            assert "Received server error (500)" in told["Error"]["Message"], told


# Streams.

@scenario
def a_streamed_answer_comes_in_parts(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"))
        many = csv_of(ROWS) * 5000
        whole = fleet.ask("e", many)["Text"].encode()
        answer, parts = fleet.stream("e", many)
        parts = list(parts)
        assert len(parts) > 1 and all(part.endswith(b"\n") for part in parts), [len(part) for part in parts]
        assert b"".join(parts) == whole
        assert answer["ContentType"].startswith("text/csv") and answer["InvokedProductionVariant"] == "AllTraffic"
        answer, parts = fleet.stream("e", csv_of(ROWS), Accept="application/json")
        close(json.loads(b"".join(parts))["predictions"], SCORES)
        assert answer["ContentType"] == "application/json"
        fleet.model_error(415, "audio/wav", fleet.stream, "e", b"RIFF", "audio/wav")


@scenario
def a_model_server_is_streamed_as_it_speaks(folder):
    read = threading.Event()

    def answer(request):
        def parts():
            yield b"one "
            yield b"two "
            if request.body == b"die":
                yield None
            # The caller has the first part before the last is made.
            yield b"three" if read.wait(30) else b"late"
        return 200, {"Content-Type": "text/event-stream"}, parts()

    with upstream(answer) as (url, asked), serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.url_model("m", url))
        told, parts = fleet.stream("e", b"x", InferenceId="s-1")
        first = next(parts)
        read.set()
        assert b"".join([first, *parts]) == b"one two three"
        assert told["ContentType"] == "text/event-stream" and asked[-1].headers["x-amzn-sagemaker-inference-id"] == "s-1"
        _, parts = fleet.stream("e", b"die")
        try:
            found = list(parts)
        except EventStreamError as error:
            assert "ModelStreamError" in str(error), error
        else:
            raise AssertionError(f"a broken stream ends well: {found}")


# Asynchronous calls.

@scenario
def asynchronous_calls_leave_their_result_or_failure(folder):
    def answer(request):
        if b"bad" in request.body:
            return 500, {}, b"out of memory"
        return 200, {"Content-Type": "text/plain"}, b"async " + request.headers["x-amzn-sagemaker-custom-attributes"].encode()

    with upstream(answer) as (url, _), serving(folder) as server:
        fleet = Fleet(server)
        outputs = {"S3OutputPath": "s3://bucket/out/", "S3FailurePath": "s3://bucket/failed/"}
        more = {"AsyncInferenceConfig": {"OutputConfig": outputs}}
        fleet.endpoint("e", fleet.model("m"), **more)
        fleet.endpoint("u", fleet.url_model("u", url), **more)
        shown = fleet.control.describe_endpoint(EndpointName="e")["AsyncInferenceConfig"]["OutputConfig"]
        assert shown == outputs, shown

        def accept(endpoint, key, body, content_type="text/csv", **more):
            uri = fleet.put(key, body) if body is not None else f"s3://bucket/{key}"
            told = fleet.runtime.invoke_endpoint_async(EndpointName=endpoint, InputLocation=uri, ContentType=content_type, **more)
            assert told["ResponseMetadata"]["HTTPStatusCode"] == 202
            assert told["OutputLocation"].startswith("s3://bucket/out/"), told
            assert told["FailureLocation"].startswith("s3://bucket/failed/"), told
            return told

        told = accept("e", "in/a.csv", csv_of(ROWS), InferenceId="mine")
        assert told["InferenceId"] == "mine"
        close(fleet.get(told["OutputLocation"]).split(), SCORES)
        told = accept("e", "in/a.json", json.dumps(ROWS), "application/json", Accept="application/jsonlines")
        close(map(json.loads, fleet.get(told["OutputLocation"]).splitlines()), SCORES)
        assert told["InferenceId"]
        told = accept("u", "in/u", b"x", CustomAttributes="c=1")
        assert fleet.get(told["OutputLocation"]) == b"async c=1"
        for told, text in [
            (accept("e", "in/bad.csv", b"0,forty,1"), b"age"),
            (accept("e", "in/wav", b"RIFF", "audio/wav"), b"audio/wav"),
            (accept("e", "in/missing", None), b"missing"),
            (accept("u", "in/bad", b"bad", CustomAttributes="c"), b"out of memory"),
        ]:
            failure = fleet.get(told["FailureLocation"])
            assert text in failure, failure
        # The endpoint keeps the model that it was given.
        fleet.control.delete_model(ModelName="m")
        told = accept("e", "in/again.csv", csv_of(ROWS))
        close(fleet.get(told["OutputLocation"]).split(), SCORES)
        refused = lambda text, **named: fleet.refused(
            "ValidationError", text, fleet.runtime.invoke_endpoint_async, **named)
        refused("not found", EndpointName="nope", InputLocation="s3://bucket/in/a.csv")
        refused("inputLocation", EndpointName="e", InputLocation="https://example.org/a")
        refused("inputLocation", EndpointName="e", InputLocation="s3://bucket/")


# Explanations.

def explainer(baseline="0,30,45", enable=None, mime=None, uri=None, inference=None, **shap):
    baseline = {"ShapBaselineUri": uri} if uri else {"ShapBaseline": baseline}
    config = {"ShapConfig": {"ShapBaselineConfig": {**baseline, **({"MimeType": mime} if mime else {})}, **shap}}
    if enable is not None:
        config["EnableExplanations"] = enable
    if inference:
        config["InferenceConfig"] = inference
    return {"ExplainerConfig": {"ClarifyExplainerConfig": config}}


def sums(told):
    """Of the attributions of each record, or None."""
    return [record and sum(one["attributions"][0]["attribution"][0] for one in record)
            for record in told["explanations"]["kernel_shap"]]


@scenario
def attributions_add_up_to_the_answer(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.model("m")
        base = score([0, 30, 45])
        named = {"FeatureHeaders": ["gender", "age", "income"], "FeatureTypes": ["categorical", "numerical", "numerical"]}
        assert fleet.endpoint("e", "m", **explainer(inference=named)) is None
        answer = fleet.ask("e", csv_of(ROWS), Accept="text/csv")
        assert answer["ContentType"] == "application/json", answer
        told = json.loads(answer["Text"])
        assert told["version"] == "1.0" and told["predictions"]["content_type"].startswith("text/csv"), told
        close(told["predictions"]["data"].split(), SCORES)
        close(sums(told), [one - base for one in SCORES])
        assert [one["feature_header"] for one in told["explanations"]["kernel_shap"][0]] == ["gender", "age", "income"]
        # A feature that is as in the baseline has no part in it.
        told = json.loads(fleet.ask("e", b"0,30,60.5\n", Accept="text/csv")["Text"])
        parts = [one["attributions"][0]["attribution"][0] for one in told["explanations"]["kernel_shap"][0]]
        close(parts, [0, 0, score([0, 30, 60.5]) - base])

        assert fleet.endpoint("logit", "m", **explainer(UseLogit=True, NumberOfSamples=50)) is None
        told = json.loads(fleet.ask("logit", csv_of(ROWS), Accept="text/csv")["Text"])
        logit = lambda p: math.log(p / (1 - p))
        close(sums(told), [logit(one) - logit(base) for one in SCORES], 1e-5)
        assert "feature_header" not in told["explanations"]["kernel_shap"][0][0], told

        uri = fleet.put("baseline.csv", b"0,30,45\n1,50,55\n")
        assert fleet.endpoint("two", "m", **explainer(uri=uri)) is None
        told = json.loads(fleet.ask("two", csv_of(ROWS), Accept="text/csv")["Text"])
        base = (base + score([1, 50, 55])) / 2
        close(sums(told), [one - base for one in SCORES])


@scenario
def explanations_come_where_the_expression_says(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.model("m")
        middle = sorted(SCORES)[1] + 1e-4
        assert fleet.endpoint("e", "m", **explainer(enable=f"[0]>`{middle:.6f}`")) is None
        explained = lambda told: [record is not None for record in told["explanations"]["kernel_shap"]]
        ask = lambda **more: json.loads(fleet.ask("e", csv_of(ROWS), Accept="text/csv", **more)["Text"])
        assert explained(ask()) == [one > middle for one in SCORES]
        assert explained(ask(EnableExplanations="`true`")) == [True] * 4
        told = ask(EnableExplanations="`false`")
        assert told["explanations"] == {} and told["predictions"]["data"], told
        refused = lambda text, **more: fleet.refused("ValidationError", text, fleet.ask, "e", csv_of(ROWS), **more)
        refused("JMESPath", Accept="text/csv", EnableExplanations="[0")
        refused("Accept")
        refused("", Accept="application/json")
        refused("", content_type="application/json", Accept="text/csv")
        refused("", content_type=None, Accept="text/csv")
        # An expression that is neither true nor false.
        fleet.model_error(400, "", fleet.ask, "e", csv_of(ROWS), Accept="text/csv", EnableExplanations="[0]")
        fleet.refused("ValidationError", "streamed", fleet.stream, "e", csv_of(ROWS), Accept="text/csv")
        assert fleet.endpoint("off", "m", **explainer(enable="`false`")) is None
        assert json.loads(fleet.ask("off", csv_of(ROWS), Accept="text/csv")["Text"])["explanations"] == {}


@scenario
def lines_of_json_are_explained(folder):
    def answer(request):
        rows = [json.loads(line)["x"] for line in request.body.splitlines()]
        told = [{"p": _model_server.probability(*row), "label": "ok"} for row in rows]
        return 200, {"Content-Type": "application/jsonlines"}, lines(told).encode()

    jsonl = {"content_type": "application/jsonlines", "Accept": "application/jsonlines"}
    with upstream(answer) as (url, _), serving(folder) as server:
        fleet = Fleet(server)
        inside = {"FeaturesAttribute": "features", "ContentTemplate": "{\"features\":$features}"}
        more = explainer("{\"features\":[0,30,45]}", mime="application/jsonlines", inference=inside)
        assert fleet.endpoint("e", fleet.model("m"), **more) is None
        told = json.loads(fleet.ask("e", lines({"features": row} for row in ROWS), **jsonl)["Text"])
        close(map(json.loads, told["predictions"]["data"].splitlines()), SCORES)
        close(sums(told), [one - score([0, 30, 45]) for one in SCORES])

        served = {"FeaturesAttribute": "x", "ContentTemplate": "{\"x\":$features}", "ProbabilityAttribute": "p"}
        more = explainer("{\"x\":[0,30,45]}", mime="application/jsonlines", inference=served, enable="p>`0.5`")
        assert fleet.endpoint("u", fleet.url_model("u", url), **more) is None
        told = json.loads(fleet.ask("u", lines({"x": row, "id": 7} for row in ROWS), **jsonl)["Text"])
        scores = [_model_server.probability(*row) for row in ROWS]
        assert any(one > 0.5 for one in scores) and any(one <= 0.5 for one in scores), scores
        for one, found in zip(scores, sums(told)):
            if one > 0.5:
                close([found], [one - _model_server.probability(0, 30, 45)])
            else:
                assert found is None, told


# Endpoints that fail, change and go.

@scenario
def an_endpoint_that_cannot_be_served_says_why(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        at = lambda name, body: {"Image": "any", "ModelDataUrl": fleet.put(f"{name}.tar.gz", body)}
        fleet.model("good")
        for name, model, more, texts in [
            ("empty", at("empty", archive(b"hello", "notes.txt")), {}, ["notes.txt"]),
            ("pickle", at("pickle", archive(b"\x80\x04\x95", "model.pkl")), {}, ["model.pkl"]),
            ("noise", at("noise", b"no archive at all"), {}, ["noise"]),
            ("missing", {"Image": "any", "ModelDataUrl": "s3://bucket/none.tar.gz"}, {}, ["none.tar.gz"]),
            ("nothing", {"Image": "any"}, {}, ["PROBITY_MODEL_URL"]),
            ("url", {"Image": "any", "Environment": {"PROBITY_MODEL_URL": "ftp://x"}}, {}, ["PROBITY_MODEL_URL"]),
            ("expression", None, explainer(enable="[0"), ["EnableExplanations", "JMESPath"]),
            ("wide", None, explainer("0,1,2,3"), ["baseline", "4", "3"]),
            ("headers", None, explainer(inference={"FeatureHeaders": ["a", "b"]}), ["FeatureHeaders", "3", "2"]),
            ("text", None, explainer(inference={"FeatureTypes": ["text", "numerical", "numerical"]}), ["text"]),
        ]:
            reason = fleet.endpoint(name, fleet.model(name, container=model) if model else "good", **more)
            shown = fleet.control.describe_endpoint(EndpointName=name)
            assert shown["EndpointStatus"] == "Failed", f"{name}: {shown['EndpointStatus']}"
            assert all(text in reason for text in texts), f"{name}: {reason}"
            assert str(folder) not in reason, f"{name} tells a path of this machine: {reason}"
            fleet.refused("ValidationError", "", fleet.ask, name, b"0,1,2")
            fleet.control.delete_endpoint(EndpointName=name)
        rules = {"probity:capture-redact": "nonsense"}
        fleet.refused("ValidationException", "`nonsense` is no rule of redaction", fleet.endpoint, "tag", "good", tags=rules)


class Callers:
    """Threads that call an endpoint until they are told to stop."""

    def __init__(self, fleet, endpoint, threads=4):
        self.answers, self.errors, self.going = [], [], True

        def call():
            client = fleet.server.client("sagemaker-runtime")
            while self.going:
                try:
                    answer = client.invoke_endpoint(EndpointName=endpoint, Body=csv_of(ROWS[:1]), ContentType="text/csv")
                    self.answers.append((time.monotonic(), float(answer["Body"].read())))
                except Exception as error:
                    self.errors.append(error)

        self.threads = [threading.Thread(target=call, daemon=True) for _ in range(threads)]
        for thread in self.threads:
            thread.start()

    def wait_for(self, found):
        end = time.monotonic() + SECONDS / 3
        while not found():
            assert time.monotonic() < end, (len(self.answers), self.errors[:3])
            time.sleep(0.01)

    def stop(self):
        self.going = False
        for thread in self.threads:
            thread.join(SECONDS)


@scenario
def an_endpoint_answers_while_it_is_updated(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("old"))
        old, new = score(ROWS[0]), score(ROWS[0], trees=5)
        callers = Callers(fleet, "e")
        callers.wait_for(lambda: len(callers.answers) > 50)
        fleet.control.update_endpoint(EndpointName="e", EndpointConfigName=fleet.config("new", fleet.model("new", trees=5)))
        assert fleet.settled("e") is None
        settled = time.monotonic()
        callers.wait_for(lambda: any(abs(value - new) < 1e-6 for _, value in callers.answers))
        after = len(callers.answers)
        callers.wait_for(lambda: len(callers.answers) > after + 50)
        callers.stop()
        assert not callers.errors, callers.errors[:3]
        assert all(min(abs(value - old), abs(value - new)) < 1e-6 for _, value in callers.answers)
        late = [value for at, value in callers.answers if at > settled + 2]
        assert all(abs(value - new) < 1e-6 for value in late), late[:5]
        assert fleet.control.describe_endpoint(EndpointName="e")["EndpointConfigName"] == "new"
        # An update that cannot be served leaves what is in service.
        container = {"Image": "any", "ModelDataUrl": fleet.put("bad.tar.gz", archive(b"x", "x.txt"))}
        fleet.control.update_endpoint(
            EndpointName="e", EndpointConfigName=fleet.config("bad", fleet.model("bad", container=container)))
        fleet.settled("e")
        shown = fleet.control.describe_endpoint(EndpointName="e")
        assert shown["EndpointConfigName"] == "new" and shown["EndpointStatus"] == "InService", shown
        assert "x.txt" in shown["FailureReason"], shown
        close([fleet.ask("e", csv_of(ROWS[:1]))["Text"]], [new])


@scenario
def a_deleted_endpoint_ends_its_calls_in_order(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"))
        callers = Callers(fleet, "e")
        callers.wait_for(lambda: len(callers.answers) > 50)
        fleet.control.delete_endpoint(EndpointName="e")
        callers.wait_for(lambda: len(callers.errors) > 20)
        callers.stop()
        for error in callers.errors:
            assert isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationError", error
        # And may be made again, with what it has then.
        fleet.model("other", trees=5)
        assert fleet.endpoint("e2", "other") is None
        fleet.control.create_endpoint(EndpointName="e", EndpointConfigName="e2")
        assert fleet.settled("e") is None
        close([fleet.ask("e", csv_of(ROWS[:1]))["Text"]], [score(ROWS[0], trees=5)])


@scenario
def an_endpoint_is_in_service_again_after_a_restart(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        fleet.endpoint("e", fleet.model("m"))
        fleet.control.delete_model(ModelName="m")
        fleet.control.delete_endpoint_config(EndpointConfigName="e")
    with serving(folder) as server:
        close(Fleet(server).ask("e", csv_of(ROWS))["Text"].split(), SCORES)


if __name__ == "__main__":
    sys.exit(run())
