"""The SDK's four monitor classes on a simulated clock: hourly schedules run by themselves, hour after hour, and the SDK
lists their executions and reads their latest results. From some hour on incomes triple and labels turn round.

An hour takes ten seconds. The endpoint is called all the while; calls are stamped by the server's clock.

needs: packages
"""
import datetime
import json
import logging
import os
import threading
import time

os.environ.setdefault("WIRE_SERVE", "--clock 2026-03-02T06:00:00Z@360")
import _aws as c
from _endpoint import score
from _monitoring import OVER, Clock

from sagemaker.clarify import BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig, SHAPConfig
from sagemaker.model_monitor import (CronExpressionGenerator, DefaultModelMonitor, EndpointInput, ModelBiasMonitor, ModelExplainabilityMonitor,
                                     ModelQualityMonitor)
from sagemaker.model_monitor.dataset_format import DatasetFormat

logging.getLogger("sagemaker").setLevel(logging.WARNING)
HOUR = datetime.timedelta(hours=1)
# Of calls that have to be seen by each run: the sampling error of so few is below what is looked for.
CALLS_OF_AN_HOUR = 20

s = c.session()
sm = c.boto("sagemaker")
clock = Clock(c.SERVER)
model, endpoint = c.name("clock-model"), c.name("clock-endpoint")
c.make_model(model)
c.make_endpoint(endpoint, model, c.uri("capture"))
truth = c.uri("ground-truth", endpoint)


class Traffic(threading.Thread):
    """Calls in small groups, each followed by its labels in the folder of its hour."""

    def __init__(self):
        super().__init__(daemon=True)
        self.worse_from, self.stopping, self.answered, self.error = None, threading.Event(), 0, None

    def run(self):
        try:
            runtime, made = c.boto("sagemaker-runtime"), iter(c.rows(20_000, seed=5))
            while not self.stopping.wait(0.3):
                at = clock.now()
                worse = self.worse_from is not None and at >= self.worse_from
                labels = []
                for label, gender, age, income in (next(made) for _ in range(8)):
                    self.answered += 1
                    name = "call-%d" % self.answered
                    runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", InferenceId=name,
                                            Body="%s,%s,%s" % (gender, age, income * 3 if worse else income))
                    label = 1 - label if worse else label
                    labels.append(json.dumps({"groundTruthData": {"data": str(label), "encoding": "CSV"}, "eventMetadata": {"eventId": name},
                                              "eventVersion": "0"}))
                c.put_bytes("%s/%s/%s.jsonl" % (truth, at.strftime("%Y/%m/%d/%H"), name), "\n".join(labels).encode())
        except Exception as error:
            self.error = error


traffic = Traffic()
traffic.start()

# --- baselines, of what the model says about data like that of the calls
common = dict(role=c.ROLE, instance_count=1, instance_type="ml.m5.large", volume_size_in_gb=20, max_runtime_in_seconds=1800, sagemaker_session=s)
past = [(score(row[1:]), *row) for row in c.rows(400, seed=21)]
data = DefaultModelMonitor(**common)
data.suggest_baseline(baseline_dataset=c.csv_file("data", [[round(p, 6), *row[1:]] for p, *row in past], ["score", *c.HEADERS[1:]]),
                      dataset_format=DatasetFormat.csv(header=True), output_s3_uri=c.uri("data", "baseline"), wait=True, logs=False)
quality = ModelQualityMonitor(**common)
quality.suggest_baseline(baseline_dataset=c.csv_file("scored", [[int(p >= 0.5), round(p, 6), row[0]] for p, *row in past], ["prediction", "probability", "label"]),
                         dataset_format=DatasetFormat.csv(header=True), problem_type="BinaryClassification", inference_attribute="prediction",
                         probability_attribute="probability", ground_truth_attribute="label", output_s3_uri=c.uri("quality", "baseline"), wait=True, logs=False)
rows_uri = c.uri("clarify", "data.csv")
c.put_bytes(rows_uri, open(c.csv_file("clarify", [row for _, *row in past]), "rb").read())


def data_config(folder):
    return DataConfig(s3_data_input_path=rows_uri, s3_output_path=c.uri(folder, "baseline"), label="label", headers=c.HEADERS, dataset_type="text/csv")


model_config = ModelConfig(model_name=model, instance_count=1, instance_type="ml.m5.large", content_type="text/csv", accept_type="text/csv")
bias = ModelBiasMonitor(**common)
bias.suggest_baseline(data_config=data_config("bias"), model_config=model_config, model_predicted_label_config=ModelPredictedLabelConfig(probability_threshold=0.5),
                      bias_config=BiasConfig(label_values_or_threshold=[1], facet_name="gender", facet_values_or_threshold=[0]), wait=True, logs=False)
explain = ModelExplainabilityMonitor(**common)
explain.suggest_baseline(data_config=data_config("explain"), model_config=model_config, explainability_config=SHAPConfig(
    baseline=[[0, 45, 50.0]], num_samples=64, agg_method="mean_abs", save_local_shap_values=False), wait=True, logs=False)
c.check("four baselines", all(m.describe_latest_baselining_job()["ProcessingJobStatus"] == "Completed" for m in (data, quality))
        and all(m.latest_baselining_job.describe()["ProcessingJobStatus"] == "Completed" for m in (bias, explain)))

# --- hourly schedules
last_hour = dict(endpoint_name=endpoint, destination="/opt/ml/processing/input/endpoint", start_time_offset="-PT1H", end_time_offset="-PT0H")
hourly = dict(schedule_cron_expression=CronExpressionGenerator.hourly(), enable_cloudwatch_metrics=True)
data.create_monitoring_schedule(monitor_schedule_name=c.name("data"), endpoint_input=endpoint, output_s3_uri=c.uri("data", "reports"),
                                statistics=data.baseline_statistics(), constraints=data.suggested_constraints(), **hourly)
quality.create_monitoring_schedule(monitor_schedule_name=c.name("quality"), problem_type="BinaryClassification", ground_truth_input=truth,
                                   endpoint_input=EndpointInput(probability_attribute="0", probability_threshold_attribute=0.5, **last_hour),
                                   output_s3_uri=c.uri("quality", "reports"), constraints=quality.suggested_constraints(), **hourly)
bias.create_monitoring_schedule(monitor_schedule_name=c.name("bias"), ground_truth_input=truth,
                                endpoint_input=EndpointInput(probability_threshold_attribute=0.5, **last_hour), output_s3_uri=c.uri("bias", "reports"), **hourly)
explain.create_monitoring_schedule(monitor_schedule_name=c.name("explain"), endpoint_input=endpoint, output_s3_uri=c.uri("explain", "reports"), **hourly)
monitors = {"data": data, "quality": quality, "bias": bias, "explain": explain}
for kind, monitor in monitors.items():
    monitor._wait_for_schedule_changes_to_apply()
    c.check("%s schedule is scheduled" % kind, monitor.describe_schedule()["MonitoringScheduleStatus"] == "Scheduled")


def listed(kind):
    """What the service lists of a schedule, the newest first."""
    return s.list_monitoring_executions(monitors[kind].monitoring_schedule_name)["MonitoringExecutionSummaries"]


def all_have(enough):
    """Whether each schedule has an execution that is over and that `enough` accepts."""
    return all(any(one["MonitoringExecutionStatus"] in OVER and enough(one) for one in listed(kind)) for kind in monitors)


begun = clock.now()
c.wait_for("two hours are watched", lambda: all_have(lambda one: one["ScheduledTime"] >= begun + HOUR), 240, 0.5)
# From a full hour on that is not near.
traffic.worse_from = (clock.now() + HOUR + HOUR / 4).replace(minute=0, second=0, microsecond=0)
c.wait_for("two worse hours are watched", lambda: all_have(lambda one: one["ScheduledTime"] >= traffic.worse_from + 2 * HOUR), 240, 0.5)
for monitor in monitors.values():
    monitor.stop_monitoring_schedule()
c.wait_for("executions are over", lambda: all(one["MonitoringExecutionStatus"] in OVER for kind in monitors for one in listed(kind)), 120, 0.5)
traffic.stopping.set()
traffic.join(60)
c.check("every call was answered", traffic.error is None, repr(traffic.error))

# --- what became of them
last = {}
for kind, monitor in monitors.items():
    found = listed(kind)
    # Labels that came after their hour was scored have it scored anew, as an execution of its own.
    slots = sorted({one["ScheduledTime"] for one in found})
    c.check("%s runs each hour once, at the full hour of the simulated clock" % kind,
            len(slots) >= 4 and all(at.minute == 0 for at in slots) and all(b - a == HOUR for a, b in zip(slots, slots[1:]))
            and slots[0] <= begun + HOUR and slots[-1] < clock.now(), slots)
    wrong = [one for one in found if one["MonitoringExecutionStatus"] not in ("Completed", "CompletedWithViolations")]
    c.check("%s runs end well" % kind, not wrong, [(one["ScheduledTime"], one.get("FailureReason")) for one in wrong])
    executions = monitor.list_executions()
    c.check("%s executions are listed by the SDK" % kind, len(executions) == len(found), (len(executions), len(found)))
    last[kind] = executions[-1]
    place = "%s/%s/%s" % (endpoint, monitor.monitoring_schedule_name, slots[-1].strftime("%Y/%m/%d/%H"))
    c.check("%s results lie under the simulated hour" % kind, place in last[kind].output.destination, last[kind].output.destination)

judged = {one["ScheduledTime"]: one["MonitoringExecutionStatus"] for one in listed("data")}
before = [status for at, status in judged.items() if at <= traffic.worse_from]
after = [status for at, status in judged.items() if at >= traffic.worse_from + HOUR]
c.check("data is as it was until it gets worse, and is not from that hour on",
        len(before) >= 2 and set(before) == {"Completed"} and len(after) >= 2 and set(after) == {"CompletedWithViolations"}, judged)
c.holds("latest data statistics", lambda: (lambda features: features["income"]["numerical_statistics"]["mean"] > 100
        and features["income"]["numerical_statistics"]["common"]["num_present"] >= CALLS_OF_AN_HOUR)(
            {one["name"]: one for one in data.latest_monitoring_statistics().body_dict["features"]}))
c.holds("latest data violations", lambda: "income" in {one["feature_name"] for one in data.latest_monitoring_constraint_violations().body_dict["violations"]})
c.holds("latest quality statistics", lambda: quality.latest_monitoring_statistics().body_dict["binary_classification_metrics"]["accuracy"]["value"] < 0.6)
c.holds("latest quality violations", lambda: "accuracy" in {one["metric_name"] for one in quality.latest_monitoring_constraint_violations().body_dict["violations"]})
for kind, monitor in (("bias", bias), ("explain", explain)):
    violated = listed(kind)[0]["MonitoringExecutionStatus"] == "CompletedWithViolations"
    c.holds("latest %s violations" % kind, lambda: bool(monitor.latest_monitoring_constraint_violations().body_dict["violations"]) == violated)
c.holds("latest bias analysis", lambda: "gender" in c.get_json(last["bias"].output.destination + "/analysis.json")["post_training_bias_metrics"]["facets"])
c.holds("latest explanations", lambda: set(c.get_json(last["explain"].output.destination + "/analysis.json")["explanations"]["kernel_shap"]["label0"]["global_shap_values"])
        == set(c.HEADERS[1:]))
print("# %d calls; executions %s; worse from %s" % (traffic.answered, {kind: len(listed(kind)) for kind in monitors}, traffic.worse_from), flush=True)

for monitor in monitors.values():
    monitor.delete_monitoring_schedule()
sm.delete_endpoint(EndpointName=endpoint)
sm.delete_endpoint_config(EndpointConfigName=endpoint)
sm.delete_model(ModelName=model)
c.done()
