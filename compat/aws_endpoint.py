"""Model.deploy with data capture, predictions with every runtime header, async and streaming calls, capture update, teardown.

needs: packages
"""
import json
import re

import _aws as c

from sagemaker.deserializers import CSVDeserializer
from sagemaker.model import Model
from sagemaker.model_monitor import DataCaptureConfig
from sagemaker.predictor import Predictor
from sagemaker.serializers import CSVSerializer

s = c.session()
sm = c.boto("sagemaker")
rt = c.boto("sagemaker-runtime")
mdata = c.uri("deploy", "model.tar.gz")
c.put_bytes(mdata, open(c.model_tar(), "rb").read())
endpoint = c.name("live")
prefix = c.uri("live-capture")

model = Model(image_uri=c.image_uri(), model_data=mdata, role=c.ROLE, sagemaker_session=s, predictor_cls=Predictor, name=c.name("live-model"))
p = model.deploy(initial_instance_count=1, instance_type="ml.m5.large", endpoint_name=endpoint, serializer=CSVSerializer(), deserializer=CSVDeserializer(),
                 data_capture_config=DataCaptureConfig(enable_capture=True, sampling_percentage=100, destination_s3_uri=prefix, sagemaker_session=s), tags=[{"Key": "k", "Value": "v"}])
d = sm.describe_endpoint(EndpointName=endpoint)
c.check("endpoint in service", d["EndpointStatus"] == "InService", d["EndpointStatus"])
c.check("capture on", d["DataCaptureConfig"]["CaptureStatus"] == "Started", d.get("DataCaptureConfig"))

out = p.predict([[0, 40, 50.5], [1, 30, 61.0]])
c.check("one answer per row", len(out) == 2, out)
p.predict("0,40,50.5", inference_id="id-1", custom_attributes="trace=abc", target_variant="AllTraffic")

r = rt.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Accept="text/csv", Body=b"0,40,50.5", CustomAttributes="trace=xyz", InferenceId="id-2", TargetVariant="AllTraffic")
c.check("variant named", r["InvokedProductionVariant"] == "AllTraffic", r)
c.check("body", len(r["Body"].read()) > 0)
c.check("content type", r["ContentType"].startswith("text/csv"), r["ContentType"])
r = rt.invoke_endpoint(EndpointName=endpoint, ContentType="application/json", Accept="application/json", Body=json.dumps({"instances": [[0, 40, 50.5]]}))
r["Body"].read()
c.raises("unknown endpoint", "ValidationError", lambda: rt.invoke_endpoint(EndpointName="nope-" + c.RUN, Body=b"1"))
c.holds("unknown variant refused", lambda: c.raises("unknown variant", "ValidationError", lambda: rt.invoke_endpoint(EndpointName=endpoint, Body=b"1", ContentType="text/csv", TargetVariant="Nope")) or True)

ev = rt.invoke_endpoint_with_response_stream(EndpointName=endpoint, ContentType="text/csv", Body=b"0,40,50.5")["Body"]
c.check("stream gives payload parts", any("PayloadPart" in e for e in ev))

src = c.uri("async", "in.csv")
c.put_bytes(src, b"0,40,50.5\n")
r = rt.invoke_endpoint_async(EndpointName=endpoint, InputLocation=src, ContentType="text/csv", InferenceId="id-3")
c.check("async answer", r["InferenceId"] == "id-3" and r["OutputLocation"].startswith("s3://"), r)


def captured():
    return c.keys(prefix + "/" + endpoint + "/AllTraffic/")


files = c.wait_for("capture files", captured, 180, 5) or []
lines = []
for k in files:
    lines += c.boto("s3").get_object(Bucket=c.BUCKET, Key=k)["Body"].read().decode().splitlines()
recs = [json.loads(x) for x in lines]
c.check("capture record shape", all({"captureData", "eventMetadata", "eventVersion"} <= set(x) for x in recs))
c.check("capture keeps the inference id", any(x["eventMetadata"].get("inferenceId") == "id-2" for x in recs))
c.check("csv kept as csv", any(x["captureData"]["endpointInput"]["encoding"] == "CSV" for x in recs))
c.check("capture path by hour", all(re.search(r"/AllTraffic/\d{4}/\d\d/\d\d/\d\d/[^/]+\.jsonl$", "/" + k) for k in files), files[:2])

p.update_data_capture_config(DataCaptureConfig(enable_capture=False, destination_s3_uri=prefix, sagemaker_session=s))
c.check("capture off after update", not sm.describe_endpoint(EndpointName=endpoint).get("DataCaptureConfig", {}).get("EnableCapture"))
p.enable_data_capture()
sm.get_waiter("endpoint_in_service").wait(EndpointName=endpoint, WaiterConfig={"Delay": 1, "MaxAttempts": 120})

# batch transform with capture, as monitors of batch jobs need
t = c.name("transform")
sm.create_transform_job(TransformJobName=t, ModelName=model.name, MaxPayloadInMB=6, BatchStrategy="MultiRecord",
                        TransformInput={"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": src}}, "ContentType": "text/csv", "SplitType": "Line"},
                        TransformOutput={"S3OutputPath": c.uri("transform-out"), "Accept": "text/csv", "AssembleWith": "Line"},
                        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
                        DataCaptureConfig={"DestinationS3Uri": c.uri("transform-capture"), "GenerateInferenceId": True},
                        DataProcessing={"JoinSource": "Input", "InputFilter": "$", "OutputFilter": "$"})
sm.get_waiter("transform_job_completed_or_stopped").wait(TransformJobName=t, WaiterConfig={"Delay": 2, "MaxAttempts": 120})
c.holds("transform output", lambda: any(k.endswith("in.csv.out") for k in c.keys(c.uri("transform-out"))))

p.delete_model()
p.delete_endpoint(delete_endpoint_config=True)
sm.get_waiter("endpoint_deleted").wait(EndpointName=endpoint, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
c.raises("endpoint gone", "ValidationException", lambda: sm.describe_endpoint(EndpointName=endpoint))
c.done()
