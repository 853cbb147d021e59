"""ModelQualityMonitor, ModelBiasMonitor, ModelExplainabilityMonitor: baselines, schedules, one-time runs, batch input.

needs: packages
"""
import json
import time

import _aws as c

from sagemaker.clarify import BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig, SHAPConfig
from sagemaker.model_monitor import (BatchTransformInput, BiasAnalysisConfig, CronExpressionGenerator, EndpointInput, ExplainabilityAnalysisConfig,
                                     ModelBiasMonitor, ModelExplainabilityMonitor, ModelQualityMonitor, MonitoringDatasetFormat)
from sagemaker.model_monitor.dataset_format import DatasetFormat

s = c.session()
sm = c.boto("sagemaker")
model, endpoint = c.name("mq-model"), c.name("mq-endpoint")
c.make_model(model)
c.make_endpoint(endpoint, model, c.uri("capture"))
common = dict(role=c.ROLE, instance_count=1, instance_type="ml.m5.large", volume_size_in_gb=20, max_runtime_in_seconds=1800, sagemaker_session=s)
truth = c.uri("ground-truth", endpoint)
made = []

# send traffic with known ids and upload the matching ground truth in the hourly layout
rt = c.boto("sagemaker-runtime")
lines = []
for i, r in enumerate(c.rows(60, seed=5)):
    rt.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", InferenceId=str(i), Body=",".join(map(str, r[1:])))
    lines.append(json.dumps({"groundTruthData": {"data": str(r[0]), "encoding": "CSV"}, "eventMetadata": {"eventId": str(i)}, "eventVersion": "0"}))
c.put_bytes("%s/%s/truth.jsonl" % (truth, time.strftime("%Y/%m/%d/%H", time.gmtime())), "\n".join(lines).encode())


def run_now(what, schedule):
    def done():
        r = sm.list_monitoring_executions(MonitoringScheduleName=schedule)["MonitoringExecutionSummaries"]
        return r and r[0]["MonitoringExecutionStatus"] not in ("Pending", "InProgress", "Stopping") and r
    r = c.wait_for(what, done, 300)
    if r:
        c.check(what, r[0]["MonitoringExecutionStatus"] in ("Completed", "CompletedWithViolations"), r[0])
    return r


# --- model quality
q = ModelQualityMonitor(**common)
job = q.suggest_baseline(baseline_dataset=c.csv_file("scored", c.scored(), ["prediction", "probability", "label"]), dataset_format=DatasetFormat.csv(header=True),
                         problem_type="BinaryClassification", inference_attribute="prediction", probability_attribute="probability",
                         ground_truth_attribute="label", output_s3_uri=c.uri("mq", "baseline"), wait=True, logs=False)
c.check("quality baseline completed", job.describe()["ProcessingJobStatus"] == "Completed")
cons = q.suggested_constraints().body_dict
c.check("quality constraints read", bool(cons))
c.holds("quality constraints for binary classification", lambda: {"accuracy", "auc", "f1", "precision", "recall"} <= set(cons["binary_classification_constraints"]))
c.holds("threshold operators", lambda: cons["binary_classification_constraints"]["accuracy"]["comparison_operator"] == "LessThanThreshold")
st = q.baseline_statistics().body_dict
c.holds("quality statistics", lambda: 0 < st["binary_classification_metrics"]["accuracy"]["value"] <= 1)

n1 = c.name("mq-hourly")
q.create_monitoring_schedule(endpoint_input=EndpointInput(endpoint_name=endpoint, destination="/opt/ml/processing/input_data", inference_attribute="0",
                                                          probability_attribute="0", probability_threshold_attribute=0.5,
                                                          start_time_offset="-PT2D", end_time_offset="-PT1D"),
                             ground_truth_input=truth, problem_type="BinaryClassification", constraints=q.suggested_constraints(),
                             output_s3_uri=c.uri("mq", "reports"), monitor_schedule_name=n1, schedule_cron_expression=CronExpressionGenerator.hourly())
made.append(q)
q._wait_for_schedule_changes_to_apply()
c.check("quality schedule", q.describe_schedule()["MonitoringScheduleStatus"] == "Scheduled")
ModelQualityMonitor.attach(n1, s)

q2 = ModelQualityMonitor(**common)
n2 = c.name("mq-now")
q2.create_monitoring_schedule(endpoint_input=EndpointInput(endpoint_name=endpoint, destination="/opt/ml/processing/input_data", probability_attribute="0",
                                                           probability_threshold_attribute=0.5),
                              ground_truth_input=truth, problem_type="BinaryClassification", constraints=c.uri("mq", "baseline", "constraints.json"),
                              output_s3_uri=c.uri("mq", "reports"), monitor_schedule_name=n2, schedule_cron_expression=CronExpressionGenerator.now(),
                              data_analysis_start_time="-PT1H", data_analysis_end_time="-PT0H")
made.append(q2)
if run_now("quality one-time run", n2):
    c.check("quality violations readable", "violations" in q2.list_executions()[-1].constraint_violations().body_dict)

# batch transform output as the input
q3 = ModelQualityMonitor(**common)
n3 = c.name("mq-batch")
q3.create_monitoring_schedule(batch_transform_input=BatchTransformInput(data_captured_destination_s3_uri=c.uri("batch-capture"), destination="/opt/ml/processing/input",
                                                                        dataset_format=MonitoringDatasetFormat.csv(header=False), inference_attribute="0"),
                              ground_truth_input=truth, problem_type="BinaryClassification", output_s3_uri=c.uri("mq", "reports-batch"),
                              monitor_schedule_name=n3, schedule_cron_expression=CronExpressionGenerator.daily())
made.append(q3)

# --- bias
data = c.uri("bias", "data.csv")
c.put_bytes(data, open(c.csv_file("bias", c.rows()), "rb").read())
data_config = DataConfig(s3_data_input_path=data, s3_output_path=c.uri("bias", "baseline"), label="label", headers=c.HEADERS, dataset_type="text/csv")
bias_config = BiasConfig(label_values_or_threshold=[1], facet_name="gender", facet_values_or_threshold=[0], group_name="age")
model_config = ModelConfig(model_name=model, instance_count=1, instance_type="ml.m5.large", content_type="text/csv", accept_type="text/csv")
predicted = ModelPredictedLabelConfig(probability_threshold=0.5)
b = ModelBiasMonitor(**common)
job = b.suggest_baseline(data_config=data_config, bias_config=bias_config, model_config=model_config, model_predicted_label_config=predicted, wait=True, logs=False)
c.check("bias baseline completed", job.describe()["ProcessingJobStatus"] == "Completed")
an = b.suggested_constraints().body_dict
c.check("analysis.json read as constraints", "version" in an)
c.holds("pre-training facets", lambda: "gender" in an["pre_training_bias_metrics"]["facets"])
c.holds("post-training facets", lambda: {m["name"] for m in an["post_training_bias_metrics"]["facets"]["gender"][0]["metrics"]} >= {"DPPL", "DI", "AD"})

n4 = c.name("bias-hourly")
b.create_monitoring_schedule(endpoint_input=EndpointInput(endpoint_name=endpoint, destination="/opt/ml/processing/input/endpoint", start_time_offset="-PT1H", end_time_offset="-PT0H"),
                             ground_truth_input=truth, output_s3_uri=c.uri("bias", "reports"), monitor_schedule_name=n4,
                             schedule_cron_expression=CronExpressionGenerator.hourly())
made.append(b)
c.check("bias schedule", b.describe_schedule()["MonitoringScheduleStatus"] in ("Pending", "Scheduled"))
ModelBiasMonitor.attach(n4, s)

b2 = ModelBiasMonitor(**common)
n5 = c.name("bias-now")
b2.create_monitoring_schedule(endpoint_input=EndpointInput(endpoint_name=endpoint, destination="/opt/ml/processing/input/endpoint", probability_threshold_attribute=0.5),
                              ground_truth_input=truth, analysis_config=BiasAnalysisConfig(bias_config, headers=c.HEADERS, label="label"),
                              constraints=c.uri("bias", "baseline", "analysis.json"), output_s3_uri=c.uri("bias", "reports"), monitor_schedule_name=n5,
                              schedule_cron_expression=CronExpressionGenerator.now(), data_analysis_start_time="-PT1H", data_analysis_end_time="-PT0H")
made.append(b2)
if run_now("bias one-time run", n5):
    c.check("bias violations readable", "violations" in b2.list_executions()[-1].constraint_violations().body_dict)

# --- explainability
x = ModelExplainabilityMonitor(**common)
shap = SHAPConfig(baseline=[[0, 45, 50.0]], num_samples=64, agg_method="mean_abs", save_local_shap_values=True)
xdata = DataConfig(s3_data_input_path=data, s3_output_path=c.uri("explain", "baseline"), label="label", headers=c.HEADERS, dataset_type="text/csv")
job = x.suggest_baseline(data_config=xdata, explainability_config=shap, model_config=model_config, wait=True, logs=False)
c.check("explainability baseline completed", job.describe()["ProcessingJobStatus"] == "Completed")
an = x.suggested_constraints().body_dict
c.holds("global shap per feature", lambda: set(an["explanations"]["kernel_shap"]["label0"]["global_shap_values"]) == set(c.HEADERS[1:]))

n6 = c.name("explain-hourly")
x.create_monitoring_schedule(endpoint_input=endpoint, output_s3_uri=c.uri("explain", "reports"), monitor_schedule_name=n6,
                             schedule_cron_expression=CronExpressionGenerator.hourly())
made.append(x)
ModelExplainabilityMonitor.attach(n6, s)

x2 = ModelExplainabilityMonitor(**common)
n7 = c.name("explain-now")
x2.create_monitoring_schedule(endpoint_input=EndpointInput(endpoint_name=endpoint, destination="/opt/ml/processing/input/endpoint", inference_attribute="0"),
                              analysis_config=ExplainabilityAnalysisConfig(shap, model_config, headers=c.HEADERS[1:]),
                              constraints=c.uri("explain", "baseline", "analysis.json"), output_s3_uri=c.uri("explain", "reports"), monitor_schedule_name=n7,
                              schedule_cron_expression=CronExpressionGenerator.now(), data_analysis_start_time="-PT1H", data_analysis_end_time="-PT0H")
made.append(x2)
if run_now("explainability one-time run", n7):
    c.check("explainability violations readable", "violations" in x2.list_executions()[-1].constraint_violations().body_dict)

# --- filters of the listings
r = sm.list_monitoring_schedules(EndpointName=endpoint, MonitoringTypeEquals="ModelBias", SortBy="Name", SortOrder="Ascending", MaxResults=50)["MonitoringScheduleSummaries"]
c.holds("schedules filtered by type", lambda: [i["MonitoringScheduleName"] for i in r] == sorted([n4, n5]))
for op, key in (("list_data_quality_job_definitions", None), ("list_model_quality_job_definitions", 3), ("list_model_bias_job_definitions", 2), ("list_model_explainability_job_definitions", 2)):
    got = getattr(sm, op)(MaxResults=50)["JobDefinitionSummaries"]
    c.check(op, key is None or len(got) >= key, len(got))

for m in made:
    m.delete_monitoring_schedule()
sm.delete_endpoint(EndpointName=endpoint)
sm.delete_endpoint_config(EndpointConfigName=endpoint)
sm.delete_model(ModelName=model)
c.done()
