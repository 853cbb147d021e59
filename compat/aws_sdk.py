"""What a notebook does, with the SageMaker Python SDK and its logs: deploy with data capture and
predict, read the captures with the SDK and with the program, suggest a baseline, run bias and
explanations.

needs: packages
"""
import io
import json
import os
import subprocess
import time
from contextlib import redirect_stdout

import _aws as c

from sagemaker.clarify import (BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig, SageMakerClarifyProcessor,
                               SHAPConfig)
from sagemaker.model import Model
from sagemaker.model_monitor import DataCaptureConfig, DefaultModelMonitor
from sagemaker.model_monitor.dataset_format import DatasetFormat
from sagemaker.predictor import Predictor
from sagemaker.s3 import S3Downloader
from sagemaker.serializers import CSVSerializer
from sagemaker.deserializers import CSVDeserializer

s = c.session()
data = c.uri("notebook", "model.tar.gz")
c.put_bytes(data, open(c.model_tar(), "rb").read())
endpoint, prefix = c.name("notebook"), c.uri("notebook-capture")

model = Model(image_uri=c.image_uri(), model_data=data, role=c.ROLE, sagemaker_session=s, predictor_cls=Predictor, name=c.name("notebook-model"))
predictor = model.deploy(
    initial_instance_count=1, instance_type="ml.m5.large", endpoint_name=endpoint, serializer=CSVSerializer(), deserializer=CSVDeserializer(),
    data_capture_config=DataCaptureConfig(enable_capture=True, sampling_percentage=100, destination_s3_uri=prefix, sagemaker_session=s))
asked = c.rows(40)
for row in asked:
    predictor.predict([row[1:]])
files = c.wait_for("the SDK lists captures", lambda: S3Downloader.list(prefix + "/" + endpoint, sagemaker_session=s), 150, 2) or []
records = [json.loads(line) for f in files for line in S3Downloader.read_file(f, sagemaker_session=s).splitlines()]
c.check("every call is captured", len(records) == len(asked), len(records))

# The program reads them from the server's S3, as it would from any other.
shown = subprocess.run([os.environ["PROBITY_BIN"], "profile", prefix + "/" + endpoint + "/"], capture_output=True, text=True, timeout=300)
c.check("the program profiles captures", shown.returncode == 0 and "40" in shown.stdout, shown.stderr + shown.stdout)


def told(fn):
    """Runs fn; what the SDK printed of the job's log, and the seconds that it took."""
    out, began = io.StringIO(), time.time()
    with redirect_stdout(out):
        fn()
    return out.getvalue(), time.time() - began


monitor = DefaultModelMonitor(role=c.ROLE, instance_count=1, instance_type="ml.m5.xlarge", sagemaker_session=s)
train = c.csv_file("train", c.rows(500), header=c.HEADERS)
log, seconds = told(lambda: monitor.suggest_baseline(
    baseline_dataset=train, dataset_format=DatasetFormat.csv(header=True), output_s3_uri=c.uri("notebook", "baseline"), wait=True, logs=True))
c.check("baseline logs are tailed", len(log.strip().splitlines()) >= 2, log)
c.check("baseline statistics", monitor.baseline_statistics().body_dict["dataset"]["item_count"] == 500)
c.check("baseline constraints", {f["name"] for f in monitor.suggested_constraints().body_dict["features"]} == set(c.HEADERS))
print("# suggest_baseline took %.1f s, of which the SDK waits at least 10" % seconds, flush=True)

table = c.uri("notebook", "data.csv")
c.put_bytes(table, open(c.csv_file("clarify", c.rows()), "rb").read())
clarify = SageMakerClarifyProcessor(role=c.ROLE, instance_count=1, instance_type="ml.m5.xlarge", sagemaker_session=s)


def configured(out):
    return DataConfig(s3_data_input_path=table, s3_output_path=c.uri("notebook", out), label="label", headers=c.HEADERS, dataset_type="text/csv")


served = ModelConfig(endpoint_name=endpoint, content_type="text/csv", accept_type="text/csv")
log, seconds = told(lambda: clarify.run_bias(
    data_config=configured("bias"), bias_config=BiasConfig(label_values_or_threshold=[1], facet_name="gender", facet_values_or_threshold=[0]),
    model_config=served, model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.5), wait=True, logs=True))
c.check("bias logs are tailed", len(log.strip().splitlines()) >= 2, log)
facets = c.get_json(c.uri("notebook", "bias", "analysis.json"))["post_training_bias_metrics"]["facets"]["gender"]
c.check("bias of predictions", {m["name"] for m in facets[0]["metrics"]} >= {"DPPL", "DI", "AD"}, facets)
print("# run_bias took %.1f s" % seconds, flush=True)

log, seconds = told(lambda: clarify.run_explainability(
    data_config=configured("shap"), model_config=served, explainability_config=SHAPConfig(baseline=[[0, 45, 50.0]], num_samples=100, agg_method="mean_abs"),
    model_scores=0, wait=True, logs=True))
c.check("explanation logs are tailed", len(log.strip().splitlines()) >= 2, log)
values = c.get_json(c.uri("notebook", "shap", "analysis.json"))["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
c.check("income moves the prediction most", max(values, key=values.get) == "income", values)
print("# run_explainability took %.1f s" % seconds, flush=True)

predictor.delete_model()
predictor.delete_endpoint(delete_endpoint_config=True)
c.done()
