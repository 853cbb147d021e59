"""The same monitor and Clarify flows through the v3 SDK (sagemaker.core).

needs: packages-v3
"""
import _aws as c

from sagemaker.core.clarify import BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig, SageMakerClarifyProcessor, SHAPConfig
from sagemaker.core.helper.session_helper import Session
from sagemaker.core.model_monitor import BiasAnalysisConfig, CronExpressionGenerator, DatasetFormat, DefaultModelMonitor, EndpointInput, ModelBiasMonitor, ModelQualityMonitor

c.ensure_bucket()
s = Session(default_bucket=c.BUCKET)
sm = c.boto("sagemaker")
model, endpoint = c.name("v3-model"), c.name("v3-endpoint")
c.make_model(model)
c.make_endpoint(endpoint, model, c.uri("capture"))
rt = c.boto("sagemaker-runtime")
for r in c.rows(40, seed=3):
    rt.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=",".join(map(str, r[1:])))
kw = dict(role=c.ROLE, instance_count=1, instance_type="ml.m5.large", volume_size_in_gb=20, max_runtime_in_seconds=1800, sagemaker_session=s)

m = DefaultModelMonitor(**kw)
m.suggest_baseline(baseline_dataset=c.csv_file("v3train", c.rows(), c.HEADERS), dataset_format=DatasetFormat.csv(header=True), output_s3_uri=c.uri("v3", "baseline"), wait=True, logs=False)
c.check("baseline constraints", bool(m.suggested_constraints().body_dict.get("features")))
n = c.name("v3-now")
m.create_monitoring_schedule(endpoint_input=EndpointInput(endpoint_name=endpoint, destination="/opt/ml/processing/input/endpoint"), output_s3_uri=c.uri("v3", "reports"),
                             statistics=m.baseline_statistics(), constraints=m.suggested_constraints(), monitor_schedule_name=n,
                             schedule_cron_expression=CronExpressionGenerator.now(), data_analysis_start_time="-PT1H", data_analysis_end_time="-PT0H")
c.wait_for("one-time run", lambda: [e for e in sm.list_monitoring_executions(MonitoringScheduleName=n)["MonitoringExecutionSummaries"] if e["MonitoringExecutionStatus"].startswith("Completed")], 240)
c.check("executions", len(m.list_executions()) == 1)
v = m.latest_monitoring_constraint_violations()
c.check("violations", v is not None and "violations" in v.body_dict)
m.delete_monitoring_schedule()

q = ModelQualityMonitor(**kw)
q.suggest_baseline(baseline_dataset=c.csv_file("v3scored", c.scored(), ["prediction", "probability", "label"]), dataset_format=DatasetFormat.csv(header=True), problem_type="BinaryClassification",
                   inference_attribute="prediction", probability_attribute="probability", ground_truth_attribute="label", output_s3_uri=c.uri("v3", "mq"), wait=True, logs=False)
c.check("quality baseline", bool(q.suggested_constraints().body_dict))

data = c.uri("v3", "data.csv")
c.put_bytes(data, open(c.csv_file("v3bias", c.rows()), "rb").read())


def config(out):
    return DataConfig(s3_data_input_path=data, s3_output_path=c.uri("v3", out), label="label", headers=c.HEADERS, dataset_type="text/csv")


p = SageMakerClarifyProcessor(role=c.ROLE, instance_count=1, instance_type="ml.m5.xlarge", sagemaker_session=s, job_name_prefix="v3-clarify")
p.run_bias_and_explainability(data_config=config("clarify"), model_config=ModelConfig(model_name=model, instance_count=1, instance_type="ml.m5.large", accept_type="text/csv", content_type="text/csv"),
                              explainability_config=SHAPConfig(num_samples=32), bias_config=BiasConfig(label_values_or_threshold=[1], facet_name="gender", facet_values_or_threshold=[0]),
                              model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.5), wait=True, logs=False)
c.check("clarify result", "version" in c.get_json(c.uri("v3", "clarify", "analysis.json")))

b = ModelBiasMonitor(**kw)
# suggest_baseline of the Clarify monitors breaks inside this SDK after the job is created, so the schedule names its configuration itself
bn = c.name("v3-bias")
b.create_monitoring_schedule(endpoint_input=endpoint, ground_truth_input=c.uri("truth"), analysis_config=BiasAnalysisConfig(
    BiasConfig(label_values_or_threshold=[1], facet_name="gender", facet_values_or_threshold=[0]), headers=c.HEADERS, label="label"), constraints=c.uri("v3", "clarify", "analysis.json"), output_s3_uri=c.uri("v3", "bias-reports"), monitor_schedule_name=bn, schedule_cron_expression=CronExpressionGenerator.hourly())
c.check("bias schedule", b.describe_schedule()["MonitoringScheduleStatus"] in ("Pending", "Scheduled"))
b.delete_monitoring_schedule()

sm.delete_endpoint(EndpointName=endpoint)
sm.delete_endpoint_config(EndpointConfigName=endpoint)
sm.delete_model(ModelName=model)
c.done()
