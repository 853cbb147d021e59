"""boto3 walks models, endpoints, jobs, monitoring job definitions and tags against a running
server: every operation, paginator and waiter, and what is refused, with AWS's codes.

needs: packages
"""

import io
import json
import sys
import tarfile
import time
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from botocore.exceptions import ClientError, WaiterError

from _program import ROOT, run, scenario
from _server import ACCOUNT, KEY, REGION, SECRET, serving

ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/Governor"
IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"
ANALYZER = "159807026194.dkr.ecr.us-west-2.amazonaws.com/sagemaker-model-monitor-analyzer"
CLARIFY = "306415355426.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0"
NOWHERE = "s3://nowhere/model.tar.gz"
QUICK = {"Delay": 1, "MaxAttempts": 60}


# What the scenarios say again and again.

def refused(code, text, call, **arguments):
    """The call answers with that code, and with a message that holds the text."""
    try:
        answer = call(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, f"{found['Code']}: {found['Message']}, not {code}"
        assert text in found["Message"], f"`{found['Message']}` without `{text}`"
        return error
    raise AssertionError(f"not refused: {answer}")


def pages(client, operation, items, **arguments):
    """Everything, two at a time."""
    found = []
    for page in client.get_paginator(operation).paginate(PaginationConfig={"PageSize": 2}, **arguments):
        assert len(page[items]) <= 2, page[items]
        found += page[items]
    return found


def names(found, member):
    return [item[member] for item in found]


def tags_of(client, arn):
    return {tag["Key"]: tag["Value"] for tag in client.list_tags(ResourceArn=arn)["Tags"]}


def arn_of(kind, name):
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def container(url=NOWHERE):
    return {"Image": IMAGE, "ModelDataUrl": url, "Environment": {}}


def create_model(client, name, url=NOWHERE, **more):
    return client.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container(url), **more)["ModelArn"]


def variant(name, model, weight=1.0):
    return {"VariantName": name, "ModelName": model, "InitialInstanceCount": 1, "InstanceType": "ml.m5.large",
            "InitialVariantWeight": weight}


def capture(uri="s3://bucket/capture", enabled=True):
    return {"EnableCapture": enabled, "InitialSamplingPercentage": 100, "DestinationS3Uri": uri,
            "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]}}


def put(server, key, body):
    """Puts an object into the bucket `bucket`, and gives its URI."""
    s3 = server.client("s3")
    if "bucket" not in names(s3.list_buckets()["Buckets"], "Name"):
        s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_object(Bucket="bucket", Key=key, Body=body)
    return f"s3://bucket/{key}"


def small_model():
    """An archive as the users of SageMaker's XGBoost container keep it."""
    memory = io.BytesIO()
    with tarfile.open(fileobj=memory, mode="w:gz") as archive:
        archive.add(ROOT / "golden" / "models" / "xgboost17" / "binary.ubj", "xgboost-model")
    return memory.getvalue()


def processing(name, image=ANALYZER, **more):
    return {
        "ProcessingJobName": name,
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20}},
        "AppSpecification": {"ImageUri": image},
        "RoleArn": ROLE,
        "ProcessingInputs": [{
            "InputName": "baseline_dataset_input",
            "S3Input": {"S3Uri": "s3://bucket/train.csv", "LocalPath": "/opt/ml/processing/input/baseline_dataset_input",
                        "S3DataType": "S3Prefix", "S3InputMode": "File"},
        }],
        "ProcessingOutputConfig": {"Outputs": [{
            "OutputName": "monitoring_output",
            "S3Output": {"S3Uri": f"s3://bucket/{name}", "LocalPath": "/opt/ml/processing/output",
                         "S3UploadMode": "EndOfJob"},
        }]},
        "Environment": {
            "dataset_format": json.dumps({"csv": {"header": True}}),
            "dataset_source": "/opt/ml/processing/input/baseline_dataset_input",
            "output_path": "/opt/ml/processing/output",
            "publish_cloudwatch_metrics": "Disabled",
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
        **more,
    }


TRAIN = "amount,country\n" + "".join(f"{at % 17}.5,{['de', 'fr', 'us'][at % 3]}\n" for at in range(300))


# Models.

@scenario
def models_are_kept_as_they_were_created(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        arn = create_model(client, "fraud", Tags=[{"Key": "team", "Value": "risk"}], EnableNetworkIsolation=True,
                           VpcConfig={"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]})
        assert arn == arn_of("model", "fraud"), arn
        shown = client.describe_model(ModelName="fraud")
        assert shown["PrimaryContainer"] == container(), shown
        assert shown["ExecutionRoleArn"] == ROLE and shown["EnableNetworkIsolation"] is True
        assert shown["VpcConfig"]["Subnets"] == ["subnet-1"]
        assert abs(time.time() - shown["CreationTime"].timestamp()) < 120, shown["CreationTime"]
        assert tags_of(client, arn) == {"team": "risk"}
        assert shown["ResponseMetadata"]["RequestId"]

        refused("ValidationException", "Cannot create already existing model", client.create_model,
                ModelName="fraud", ExecutionRoleArn=ROLE, PrimaryContainer=container())
        client.create_model(ModelName="pipeline", ExecutionRoleArn=ROLE, Containers=[container(), container()],
                            InferenceExecutionConfig={"Mode": "Serial"})
        assert len(client.describe_model(ModelName="pipeline")["Containers"]) == 2
        client.delete_model(ModelName="fraud")
        for call in (client.describe_model, client.delete_model):
            refused("ValidationException", "Could not find model", call, ModelName="fraud")
        refused("ValidationException", "", client.create_model, ModelName="none", ExecutionRoleArn=ROLE)


@scenario
def models_are_listed_in_every_order_and_by_every_filter(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        made = ["b-1", "a-2", "c-3", "b-4", "a-5"]
        for name in made:
            create_model(client, name)
            time.sleep(0.01)
        found = lambda **arguments: names(pages(client, "list_models", "Models", **arguments), "ModelName")
        assert found() == made[::-1]
        assert found(SortOrder="Ascending") == made
        assert found(SortBy="Name", SortOrder="Ascending") == sorted(made)
        assert found(SortBy="Name", SortOrder="Descending") == sorted(made)[::-1]
        assert found(NameContains="b-") == ["b-4", "b-1"]
        assert found(NameContains="B-") == []
        third = client.describe_model(ModelName="c-3")["CreationTime"]
        assert found(CreationTimeAfter=third) == ["a-5", "b-4", "c-3"]
        assert found(CreationTimeBefore=third) == ["a-2", "b-1"]

        first = client.list_models(MaxResults=2)
        client.delete_model(ModelName=first["Models"][1]["ModelName"])
        create_model(client, "z-new")
        second = client.list_models(MaxResults=2, NextToken=first["NextToken"])
        assert names(second["Models"], "ModelName") == ["c-3", "a-2"], second["Models"]
        refused("ValidationException", "NextToken", client.list_models, NextToken="nonsense")
        refused("ValidationException", "NextToken", client.list_models, NextToken=first["NextToken"], NameContains="a")
        refused("ValidationException", "NextToken", client.list_endpoints, NextToken=first["NextToken"])
        assert server.client("sagemaker", region="eu-central-1").list_models()["Models"] == []


@scenario
def bad_requests_are_told_everything_that_is_wrong(folder):
    with serving(folder) as server:
        # boto3 checks less when it is told to, so that the server must.
        client = server.client("sagemaker", parameter_validation=False)
        wrong = refused("ValidationException", "3 validation errors detected", client.create_model,
                        ModelName="no_underscores", ExecutionRoleArn="nobody")
        text = wrong.response["Error"]["Message"]
        for part in ("'no_underscores' at 'modelName'", "regular expression pattern", "'executionRoleArn'", "20"):
            assert part in text, text
        assert wrong.response["ResponseMetadata"]["HTTPStatusCode"] == 400
        refused("ValidationException", "modelName", client.describe_model)
        refused("ValidationException", "Member must not be null", client.create_endpoint, EndpointName="e")
        refused("ValidationException", "sortBy", client.list_models, SortBy="Colour")
        refused("ValidationException", "enum value set", client.list_endpoints, StatusEquals="Sleeping")
        refused("ValidationException", "maxResults", client.list_models, MaxResults=101)
        refused("ValidationException", "maxResults", client.list_models, MaxResults=0)
        refused("ValidationException", "endpointName", client.describe_endpoint, EndpointName="x" * 64)
        too_many = [{"Key": f"k{at}", "Value": ""} for at in range(51)]
        refused("ValidationException", "tags", client.add_tags, ResourceArn=arn_of("model", "m"), Tags=too_many)
        bad_variant = dict(variant("a", "m"), InitialInstanceCount=0, InstanceType="toaster")
        refused("ValidationException", "productionVariants.1.member", client.create_endpoint_config,
                EndpointConfigName="c", ProductionVariants=[bad_variant])


@scenario
def keys_and_signatures_are_checked(folder):
    with serving(folder) as server:
        refused("UnrecognizedClientException", "security token", server.client("sagemaker", key="AKIANOBODY0000000000").list_models)
        guess = "the-guess-of-somebody"
        refused("InvalidSignatureException", "signature", server.client("sagemaker", secret=guess).list_models)
        assert SECRET not in server.log and guess not in server.log


@scenario
def unknown_operations_get_the_services_own_answer(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        refused("UnknownOperationException", "", client.list_notebook_instances)
        request = botocore.awsrequest.AWSRequest(
            method="POST", url=server.url, data=b"{}",
            headers={"X-Amz-Target": "SageMaker.MakeCoffee", "Content-Type": "application/x-amz-json-1.1"})
        credentials = botocore.credentials.Credentials(KEY, SECRET)
        botocore.auth.SigV4Auth(credentials, "sagemaker", REGION).add_auth(request)
        sent = urllib.request.Request(server.url, b"{}", dict(request.headers), method="POST")
        try:
            urllib.request.urlopen(sent, timeout=30)
        except urllib.error.HTTPError as error:
            assert error.code in (400, 404), error.code
            assert "UnknownOperationException" in error.read().decode()
        else:
            raise AssertionError("an unknown operation was answered")


# Endpoints.

@scenario
def endpoint_configs_name_models_that_exist(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        refused("ValidationException", "Could not find model", client.create_endpoint_config,
                EndpointConfigName="c", ProductionVariants=[variant("a", "m")])
        create_model(client, "m")
        two = [variant("a", "m"), variant("b", "m", 3.0)]
        arn = client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=two, DataCaptureConfig=capture(),
                                            Tags=[{"Key": "k", "Value": "v"}])["EndpointConfigArn"]
        assert arn == arn_of("endpoint-config", "c"), arn
        shown = client.describe_endpoint_config(EndpointConfigName="c")
        assert shown["ProductionVariants"] == two and shown["DataCaptureConfig"] == capture(), shown
        assert tags_of(client, arn) == {"k": "v"}
        refused("ValidationException", "Cannot create already existing", client.create_endpoint_config,
                EndpointConfigName="c", ProductionVariants=two)
        refused("ValidationException", "unique", client.create_endpoint_config,
                EndpointConfigName="d", ProductionVariants=[two[0], two[0]])
        for name in ("d", "e"):
            client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=two)
        found = pages(client, "list_endpoint_configs", "EndpointConfigs", SortBy="Name", SortOrder="Ascending")
        assert names(found, "EndpointConfigName") == ["c", "d", "e"], found
        client.delete_endpoint_config(EndpointConfigName="c")
        for call in (client.describe_endpoint_config, client.delete_endpoint_config):
            refused("ValidationException", "Could not find", call, EndpointConfigName="c")


@scenario
def endpoints_live_from_creating_to_deleted(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        create_model(client, "m", put(server, "model.tar.gz", small_model()))
        refused("ValidationException", "Could not find", client.create_endpoint, EndpointName="e", EndpointConfigName="c")
        client.create_endpoint_config(EndpointConfigName="c", DataCaptureConfig=capture(),
                                      ProductionVariants=[variant("a", "m"), variant("b", "m", 3.0)])
        arn = client.create_endpoint(EndpointName="e", EndpointConfigName="c", Tags=[{"Key": "k", "Value": "v"}])["EndpointArn"]
        assert arn == arn_of("endpoint", "e") and tags_of(client, arn) == {"k": "v"}
        refused("ValidationException", "Cannot create already existing", client.create_endpoint,
                EndpointName="e", EndpointConfigName="c")
        client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=QUICK)
        shown = client.describe_endpoint(EndpointName="e")
        assert shown["EndpointStatus"] == "InService" and shown["EndpointConfigName"] == "c"
        assert shown["DataCaptureConfig"] == {
            "EnableCapture": True, "CaptureStatus": "Started", "CurrentSamplingPercentage": 100,
            "DestinationS3Uri": "s3://bucket/capture", "KmsKeyId": ""}, shown["DataCaptureConfig"]
        weights = {one["VariantName"]: one["CurrentWeight"] for one in shown["ProductionVariants"]}
        assert weights == {"a": 1.0, "b": 3.0}, weights
        assert shown["ProductionVariants"][0]["DeployedImages"][0]["SpecifiedImage"] == IMAGE

        client.update_endpoint_weights_and_capacities(
            EndpointName="e", DesiredWeightsAndCapacities=[{"VariantName": "a", "DesiredWeight": 0.0}])
        client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=QUICK)
        assert client.describe_endpoint(EndpointName="e")["ProductionVariants"][0]["CurrentWeight"] == 0.0

        client.create_endpoint_config(EndpointConfigName="c2", ProductionVariants=[variant("a", "m", 5.0)])
        client.update_endpoint(EndpointName="e", EndpointConfigName="c2", RetainAllVariantProperties=True,
                               ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DataCaptureConfig"}])
        client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=QUICK)
        shown = client.describe_endpoint(EndpointName="e")
        assert shown["EndpointConfigName"] == "c2" and "DataCaptureConfig" not in shown, shown
        assert shown["ProductionVariants"][0]["CurrentWeight"] == 0.0

        found = pages(client, "list_endpoints", "Endpoints", StatusEquals="InService", SortBy="Status")
        assert names(found, "EndpointName") == ["e"]
        assert client.list_endpoints(NameContains="nope")["Endpoints"] == []
        client.delete_endpoint(EndpointName="e")
        client.get_waiter("endpoint_deleted").wait(EndpointName="e", WaiterConfig=QUICK)
        for call in (client.describe_endpoint, client.delete_endpoint):
            refused("ValidationException", "Could not find", call, EndpointName="e")


@scenario
def an_endpoint_without_its_model_fails_and_says_why(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        put(server, "unrelated.txt", b"")
        create_model(client, "m", "s3://bucket/missing.tar.gz")
        client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant("a", "m")])
        client.create_endpoint(EndpointName="e", EndpointConfigName="c")
        try:
            client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=QUICK)
        except WaiterError as error:
            shown = error.last_response
        else:
            raise AssertionError("an endpoint without its model is in service")
        assert shown["EndpointStatus"] == "Failed" and "missing.tar.gz" in shown["FailureReason"], shown
        refused("ValidationException", "Failed", client.update_endpoint, EndpointName="e", EndpointConfigName="c")
        client.delete_endpoint(EndpointName="e")


# Jobs.

@scenario
def processing_jobs_run_to_their_end(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        put(server, "train.csv", TRAIN.encode())
        arn = client.create_processing_job(**processing("j", Tags=[{"Key": "k", "Value": "v"}]))["ProcessingJobArn"]
        assert arn == arn_of("processing-job", "j") and tags_of(client, arn) == {"k": "v"}
        refused("ResourceInUse", "j", client.create_processing_job, **processing("j"))
        client.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName="j", WaiterConfig=QUICK)
        shown = client.describe_processing_job(ProcessingJobName="j")
        assert shown["ProcessingJobStatus"] == "Completed", shown
        assert shown["CreationTime"] <= shown["ProcessingStartTime"] <= shown["ProcessingEndTime"]
        asked = processing("j")
        assert shown["ProcessingInputs"] == [dict(asked["ProcessingInputs"][0], AppManaged=False)]
        outputs = shown["ProcessingOutputConfig"]["Outputs"]
        assert outputs == [dict(asked["ProcessingOutputConfig"]["Outputs"][0], AppManaged=False)]
        for member in ("ProcessingResources", "AppSpecification", "Environment", "RoleArn", "StoppingCondition"):
            assert shown[member] == asked[member], member
        statistics = json.loads(server.client("s3").get_object(Bucket="bucket", Key="j/statistics.json")["Body"].read())
        assert statistics["dataset"]["item_count"] == 300

        refused("ValidationException", "Completed", client.stop_processing_job, ProcessingJobName="j")
        client.delete_processing_job(ProcessingJobName="j")
        for call in (client.describe_processing_job, client.stop_processing_job, client.delete_processing_job):
            refused("ResourceNotFound", "", call, ProcessingJobName="j")


@scenario
def processing_jobs_that_cannot_run_are_refused_or_fail(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        refused("ValidationException", "sagemaker-model-monitor-analyzer", client.create_processing_job, **processing("j", IMAGE))
        script = processing("j", IMAGE)
        script["AppSpecification"]["ContainerEntrypoint"] = ["python3", "x.py"]
        refused("ValidationException", "--allow-local-processes", client.create_processing_job, **script)
        put(server, "other.csv", b"")
        client.create_processing_job(**processing("j"))
        try:
            client.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName="j", WaiterConfig=QUICK)
        except WaiterError as error:
            assert "train.csv" in error.last_response["FailureReason"], error.last_response
        else:
            raise AssertionError("a job without its data has completed")


@scenario
def processing_jobs_are_listed_by_every_filter(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        put(server, "train.csv", TRAIN.encode())
        for name in ("a-1", "b-2", "a-3"):
            client.create_processing_job(**processing(name))
            time.sleep(0.01)
        for name in ("a-1", "b-2", "a-3"):
            client.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName=name, WaiterConfig=QUICK)
        found = lambda **arguments: names(
            pages(client, "list_processing_jobs", "ProcessingJobSummaries", **arguments), "ProcessingJobName")
        assert found() == ["a-1", "b-2", "a-3"]
        assert found(SortOrder="Descending") == ["a-3", "b-2", "a-1"]
        assert found(SortBy="Name", SortOrder="Ascending") == ["a-1", "a-3", "b-2"]
        assert found(NameContains="a-") == ["a-1", "a-3"]
        assert found(StatusEquals="Completed") == ["a-1", "b-2", "a-3"]
        assert found(StatusEquals="Failed") == []
        second = client.describe_processing_job(ProcessingJobName="b-2")
        assert found(CreationTimeAfter=second["CreationTime"]) == ["b-2", "a-3"]
        assert found(CreationTimeBefore=second["CreationTime"]) == ["a-1"]
        assert "b-2" in found(LastModifiedTimeAfter=second["LastModifiedTime"])
        assert "b-2" not in found(LastModifiedTimeBefore=second["LastModifiedTime"])
        one = client.list_processing_jobs(NameContains="b-2")["ProcessingJobSummaries"][0]
        for member in ("ProcessingJobArn", "CreationTime", "ProcessingEndTime", "LastModifiedTime", "ProcessingJobStatus"):
            assert one[member] == second[member], member


@scenario
def a_processing_job_can_be_stopped(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        put(server, "train.csv", TRAIN.encode())
        client.create_processing_job(**processing("j"))
        try:
            client.stop_processing_job(ProcessingJobName="j")
        except ClientError as error:
            # It was faster than the wish to stop it.
            assert error.response["Error"]["Code"] == "ValidationException", error
        client.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName="j", WaiterConfig=QUICK)
        assert client.describe_processing_job(ProcessingJobName="j")["ProcessingJobStatus"] in ("Stopped", "Completed")


def transform(name, model="m"):
    return {
        "TransformJobName": name, "ModelName": model, "MaxPayloadInMB": 6, "BatchStrategy": "MultiRecord",
        "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/missing/"}},
                           "ContentType": "text/csv", "SplitType": "Line"},
        "TransformOutput": {"S3OutputPath": "s3://bucket/out", "Accept": "text/csv", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "DataCaptureConfig": {"DestinationS3Uri": "s3://bucket/capture", "GenerateInferenceId": True},
        "DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "Input"},
    }


@scenario
def transform_jobs_are_kept_listed_and_ended(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        put(server, "model.tar.gz", small_model())
        refused("ResourceNotFound", "Could not find model", client.create_transform_job, **transform("t"))
        create_model(client, "m", "s3://bucket/model.tar.gz")
        arn = client.create_transform_job(**transform("t"), Tags=[{"Key": "k", "Value": "v"}])["TransformJobArn"]
        assert arn == arn_of("transform-job", "t") and tags_of(client, arn) == {"k": "v"}
        refused("ResourceInUse", "t", client.create_transform_job, **transform("t"))
        try:
            client.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName="t", WaiterConfig=QUICK)
        except WaiterError as error:
            # There is nothing below the prefix: the job fails with that reason.
            assert "missing" in error.last_response["FailureReason"], error.last_response
        shown = client.describe_transform_job(TransformJobName="t")
        for member in transform("t"):
            assert shown[member] == transform("t")[member], member
        assert shown["TransformJobStatus"] in ("Failed", "Completed")
        assert shown["TransformEndTime"] >= shown["TransformStartTime"] >= shown["CreationTime"]
        refused("ValidationException", shown["TransformJobStatus"], client.stop_transform_job, TransformJobName="t")
        client.create_transform_job(**transform("u"))
        found = pages(client, "list_transform_jobs", "TransformJobSummaries")
        assert names(found, "TransformJobName") == ["u", "t"], found
        assert names(pages(client, "list_transform_jobs", "TransformJobSummaries", SortBy="Name", SortOrder="Ascending"),
                     "TransformJobName") == ["t", "u"]
        for call in (client.describe_transform_job, client.stop_transform_job):
            refused("ResourceNotFound", "", call, TransformJobName="none")


# Job definitions.

KINDS = [("data_quality", "DataQuality", ANALYZER, {}), ("model_quality", "ModelQuality", ANALYZER, {}),
         ("model_bias", "ModelBias", CLARIFY, {"ConfigUri": "s3://bucket/analysis_config.json"}),
         ("model_explainability", "ModelExplainability", CLARIFY, {"ConfigUri": "s3://bucket/analysis_config.json"})]


def definition(name, words, image, more, endpoint="e"):
    job_input = {"EndpointInput": {"EndpointName": endpoint, "LocalPath": "/opt/ml/processing/input/endpoint",
                                   "S3InputMode": "File", "S3DataDistributionType": "FullyReplicated"}}
    if words in ("ModelQuality", "ModelBias"):
        job_input["GroundTruthS3Input"] = {"S3Uri": "s3://bucket/labels"}
    specification = {"ImageUri": image, "Environment": {"publish_cloudwatch_metrics": "Enabled"}, **more}
    if words == "ModelQuality":
        specification["ProblemType"] = "BinaryClassification"
    return {
        "JobDefinitionName": name,
        f"{words}AppSpecification": specification,
        f"{words}JobInput": job_input,
        f"{words}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": {
            "S3Uri": "s3://bucket/reports", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "Continuous"}}]},
        f"{words}BaselineConfig": {"ConstraintsResource": {"S3Uri": "s3://bucket/constraints.json"}},
        "JobResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}},
        "RoleArn": ROLE,
    }


@scenario
def job_definitions_of_four_kinds_are_kept(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        for snake, words, image, more in KINDS:
            verb = lambda name, plural="": getattr(client, f"{name}_{snake}_job_definition{plural}")
            for name, endpoint in (("d1", "e"), ("d2", "e"), ("d3", "f")):
                arn = verb("create")(**definition(name, words, image, more, endpoint))["JobDefinitionArn"]
                assert arn == arn_of(f"{snake.replace('_', '-')}-job-definition", name), arn
            asked = definition("d1", words, image, more)
            refused("ResourceInUse", "d1", verb("create"), **asked)
            shown = verb("describe")(JobDefinitionName="d1")
            for member, value in asked.items():
                assert shown[member] == value, f"{words} {member}"
            assert shown["StoppingCondition"]["MaxRuntimeInSeconds"] == 3600
            found = lambda **arguments: names(
                pages(client, f"list_{snake}_job_definitions", "JobDefinitionSummaries", **arguments),
                "MonitoringJobDefinitionName")
            assert found() == ["d3", "d2", "d1"], words
            assert found(EndpointName="e", SortBy="Name", SortOrder="Ascending") == ["d1", "d2"], words
            assert found(NameContains="3") == ["d3"], words
            both = definition("d4", words, image, more)
            both[f"{words}JobInput"]["BatchTransformInput"] = {
                "DataCapturedDestinationS3Uri": "s3://bucket/capture", "DatasetFormat": {"Csv": {"Header": True}},
                "LocalPath": "/opt/ml/processing/input"}
            refused("ValidationException", "not both", verb("create"), **both)
            del both[f"{words}JobInput"]["EndpointInput"]
            verb("create")(**both)
            assert "EndpointInput" not in verb("describe")(JobDefinitionName="d4")[f"{words}JobInput"]
            verb("delete")(JobDefinitionName="d1")
            for call in (verb("describe"), verb("delete")):
                refused("ResourceNotFound", "", call, JobDefinitionName="d1")


# Tags, and training jobs, of which there are none.

@scenario
def tags_are_added_listed_and_deleted(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        arn = create_model(client, "m")
        answer = client.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": ""}])["Tags"]
        assert answer == [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "2"}], answer
        client.add_tags(ResourceArn=arn, Tags=[{"Key": "b", "Value": "3"}])
        client.delete_tags(ResourceArn=arn, TagKeys=["a", "never"])
        assert tags_of(client, arn) == {"b": "3"}
        client.add_tags(ResourceArn=arn, Tags=[{"Key": f"k{at:02}", "Value": "v"} for at in range(49)])
        refused("ResourceLimitExceeded", "50", client.add_tags, ResourceArn=arn, Tags=[{"Key": "more", "Value": "v"}])
        listed = [tag for page in client.get_paginator("list_tags").paginate(ResourceArn=arn) for tag in page["Tags"]]
        assert len(listed) == 50
        refused("ValidationException", "Could not find", client.list_tags, ResourceArn=arn_of("model", "none"))
        client.delete_model(ModelName="m")
        create_model(client, "m")
        assert tags_of(client, arn) == {}


@scenario
def training_jobs_are_missed_in_the_words_that_the_sdk_knows(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        error = refused("ValidationException", "", client.describe_training_job, TrainingJobName="t")
        assert error.response["Error"]["Message"] == "Requested resource not found.", error
        assert pages(client, "list_training_jobs", "TrainingJobSummaries") == []


@scenario
def what_was_kept_is_there_after_a_restart(folder):
    with serving(folder) as server:
        client = server.client("sagemaker")
        create_model(client, "m", put(server, "model.tar.gz", small_model()))
        client.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant("a", "m")])
        client.create_endpoint(EndpointName="e", EndpointConfigName="c")
        client.get_waiter("endpoint_in_service").wait(EndpointName="e", WaiterConfig=QUICK)
        client.delete_endpoint_config(EndpointConfigName="c")
        client.delete_model(ModelName="m")
        before = client.describe_endpoint(EndpointName="e")
    with serving(folder) as server:
        after = server.client("sagemaker").describe_endpoint(EndpointName="e")
        for answer in (before, after):
            del answer["ResponseMetadata"]
        assert before == after and after["EndpointStatus"] == "InService", (before, after)


sys.exit(run())
