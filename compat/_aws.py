"""What the drivers of the server's AWS clients share: the server under test, its clients, made-up
data, and checks that print one line each (`ok`, `not ok`, `skip`).

A server is started for the driver that imports this, unless AWS_ENDPOINT_URL names one:
then every computed number is still checked, against whatever answers there.

  AWS_ENDPOINT_URL   the server under test, one URL for every service
  WIRE_ACCOUNT       account id that the server answers with (default 111122223333)
  WIRE_ROLE_ARN      execution role named in requests
  WIRE_BUCKET        bucket of all data; made if missing
  WIRE_SERVE         options of the server that is started, as `--allow-local-processes`
  WIRE_MODEL_DATA    model.tar.gz to deploy (default: compat/models/loan.json, packed)
"""
import atexit
import contextlib
import json
import os
import pathlib
import random
import sys
import tarfile
import tempfile
import time

import _server

os.environ.setdefault("AWS_DEFAULT_REGION", "us-west-2")
os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
os.environ.setdefault("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="wire-", dir=os.environ.get("PROBITY_SCRATCH")))
if not os.environ.get("AWS_ENDPOINT_URL"):
    _running = contextlib.ExitStack()
    atexit.register(_running.close)
    SERVER = _running.enter_context(_server.serving(WORK, *os.environ.get("WIRE_SERVE", "").split()))
    os.environ.update(SERVER.environment())

REGION = os.environ["AWS_DEFAULT_REGION"]
ACCOUNT = os.environ.get("WIRE_ACCOUNT", "111122223333")
ROLE = os.environ.get("WIRE_ROLE_ARN", "arn:aws:iam::%s:role/service-role/Governor" % ACCOUNT)
BUCKET = os.environ.get("WIRE_BUCKET", "governance-wire-test")
RUN = "%x%03x" % (int(time.time()), random.randrange(4096))
MODEL = pathlib.Path(__file__).resolve().parent / "models" / "loan.json"

# The SDK posts usage telemetry to a public bucket unless a config file says not to.
_cfg = WORK / "sagemaker-config.yaml"
_cfg.write_text('SchemaVersion: "1.0"\nSageMaker:\n  PythonSDK:\n    Modules:\n      TelemetryOptOut: true\n')
os.environ.setdefault("SAGEMAKER_USER_CONFIG_OVERRIDE", str(_cfg))

FAILED = []


def name(stem):
    return "%s-%s" % (stem, RUN)


def check(what, ok, detail=""):
    # The program that counts scenarios reads names up to the first colon.
    what = what.replace(":", " ")
    if ok:
        print("ok %s" % what, flush=True)
    else:
        print("not ok %s: %s" % (what, str(detail).replace("\n", " ")[:600]), flush=True)
        FAILED.append(what)


def holds(what, fn):
    """fn returns a truth value; an exception is a failure, and the driver goes on."""
    try:
        check(what, bool(fn()))
    except Exception as e:
        check(what, False, repr(e))


def raises(what, code, fn):
    from botocore.exceptions import ClientError
    try:
        fn()
        check(what, False, "no error")
    except ClientError as e:
        check(what, e.response["Error"]["Code"] == code, e.response["Error"])


def done():
    sys.exit(1 if FAILED else 0)


def boto(service, **kw):
    import boto3
    return boto3.client(service, **kw)


def ensure_bucket():
    from botocore.exceptions import ClientError
    s3 = boto("s3")
    try:
        s3.head_bucket(Bucket=BUCKET)
    except ClientError:
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    return s3


def session():
    """A v2 SDK session that names its bucket, so it never asks STS for the account."""
    import sagemaker
    ensure_bucket()
    return sagemaker.Session(default_bucket=BUCKET)


def uri(*parts):
    return "s3://%s/%s" % (BUCKET, "/".join(p.strip("/") for p in parts))


def put_json(s3uri, obj):
    put_bytes(s3uri, json.dumps(obj).encode())


def put_bytes(s3uri, data):
    b, _, k = s3uri[5:].partition("/")
    boto("s3").put_object(Bucket=b, Key=k, Body=data)


def get_json(s3uri):
    b, _, k = s3uri[5:].partition("/")
    return json.loads(boto("s3").get_object(Bucket=b, Key=k)["Body"].read())


def keys(s3uri):
    b, _, k = s3uri[5:].partition("/")
    r = boto("s3").list_objects_v2(Bucket=b, Prefix=k)
    return [o["Key"] for o in r.get("Contents", [])]


HEADERS = ["label", "gender", "age", "income"]


def rows(n=200, seed=7):
    """label, gender (0/1), age, income: income and gender drive the label"""
    r = random.Random(seed)
    out = []
    for _ in range(n):
        g = r.randint(0, 1)
        age = r.randint(18, 80)
        inc = round(r.gauss(50 + 8 * g, 12), 2)
        y = 1 if inc + 0.2 * age + 6 * g + r.gauss(0, 4) > 68 else 0
        out.append([y, g, age, inc])
    return out


def csv_file(stem, data, header=None):
    p = WORK / (stem + ".csv")
    with open(p, "w") as f:
        if header:
            f.write(",".join(header) + "\n")
        for r in data:
            f.write(",".join(str(x) for x in r) + "\n")
    return str(p)


def scored(n=200):
    """prediction, probability, label: a baseline for binary classification quality"""
    r = random.Random(11)
    out = []
    for row in rows(n):
        p = min(0.99, max(0.01, 0.5 + (0.35 if row[0] else -0.35) + r.gauss(0, 0.2)))
        out.append([int(p > 0.5), round(p, 4), row[0]])
    return out


def model_tar():
    given = os.environ.get("WIRE_MODEL_DATA")
    if given:
        return given
    p = WORK / "model.tar.gz"
    with tarfile.open(p, "w:gz") as t:
        t.add(MODEL, arcname="xgboost-model")
    return str(p)


def image_uri():
    given = os.environ.get("WIRE_IMAGE_URI")
    if given:
        return given
    try:
        from sagemaker import image_uris
    except ImportError:  # v3 layout
        from sagemaker.core import image_uris
    return image_uris.retrieve("sklearn", REGION, version="1.2-1", instance_type="ml.m5.large")


def wait_for(what, fn, timeout=120, every=2):
    end = time.time() + timeout
    while True:
        v = fn()
        if v:
            return v
        if time.time() > end:
            check(what, False, "timed out")
            return None
        time.sleep(every)


def make_model(model_name):
    """Upload model data and create a Model with plain boto3; returns its ARN."""
    data = uri("models", model_name, "model.tar.gz")
    put_bytes(data, open(model_tar(), "rb").read())
    return boto("sagemaker").create_model(
        ModelName=model_name, ExecutionRoleArn=ROLE,
        PrimaryContainer={"Image": image_uri(), "ModelDataUrl": data, "Environment": {}})["ModelArn"]


def make_endpoint(endpoint_name, model_name, capture_prefix=None):
    sm = boto("sagemaker")
    cfg = dict(EndpointConfigName=endpoint_name, ProductionVariants=[
        {"VariantName": "AllTraffic", "ModelName": model_name, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large", "InitialVariantWeight": 1.0}])
    if capture_prefix:
        cfg["DataCaptureConfig"] = {
            "EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": capture_prefix,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}}
    sm.create_endpoint_config(**cfg)
    a = sm.create_endpoint(EndpointName=endpoint_name, EndpointConfigName=endpoint_name)["EndpointArn"]
    wait_for("endpoint in service", lambda: sm.describe_endpoint(EndpointName=endpoint_name)["EndpointStatus"] == "InService", 300)
    return a
