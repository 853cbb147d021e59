"""DefaultModelMonitor: baseline, hourly schedule, one-time schedule, executions, results, alerts, attach, teardown.

needs: packages
"""
import os

os.environ.setdefault("WIRE_SERVE", "--allow-local-processes")
import _aws as c

from sagemaker.model_monitor import CronExpressionGenerator, DefaultModelMonitor, EndpointInput
from sagemaker.model_monitor.dataset_format import DatasetFormat

s = c.session()
sm = c.boto("sagemaker")
model, endpoint = c.name("dq-model"), c.name("dq-endpoint")
c.make_model(model)
c.make_endpoint(endpoint, model, c.uri("capture"))

rt = c.boto("sagemaker-runtime")
for r in c.rows(40, seed=3):
    rt.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=",".join(str(x * (3 if i == 1 else 1)) for i, x in enumerate(r[1:])))

train = c.csv_file("train", c.rows(), c.HEADERS)


def monitor(**kw):
    return DefaultModelMonitor(role=c.ROLE, instance_count=1, instance_type="ml.m5.large", volume_size_in_gb=20,
                               max_runtime_in_seconds=1800, sagemaker_session=s, **kw)


# 1. baseline, waiting without log tailing
m = monitor()
pre = c.WORK / "preprocess.py"
pre.write_text("def preprocess_handler(r):\n    row = r if isinstance(r, str) else r.endpoint_output.data.strip() + ',' + r.endpoint_input.data\n"
               "    return {str(i).zfill(20): v for i, v in enumerate(row.split(','))}\n")
post = c.WORK / "postprocess.py"
post.write_text("def postprocess_handler():\n    pass\n")
job = m.suggest_baseline(baseline_dataset=train, dataset_format=DatasetFormat.csv(header=True), output_s3_uri=c.uri("dq", "baseline"),
                         wait=True, logs=False)
d = job.describe()
c.check("baselining job completed", d["ProcessingJobStatus"] == "Completed", d["ProcessingJobStatus"])
stats = m.baseline_statistics().body_dict
cons = m.suggested_constraints().body_dict
c.check("statistics.json has features", bool(stats.get("features")))
c.check("constraints.json has features", bool(cons.get("features")))
c.holds("statistics name the columns", lambda: [f["name"] for f in stats["features"]] == c.HEADERS)
c.holds("item count", lambda: stats["dataset"]["item_count"] == len(c.rows()))
c.holds("mean age", lambda: abs([f for f in stats["features"] if f["name"] == "age"][0]["numerical_statistics"]["mean"]
                                 - sum(r[2] for r in c.rows()) / len(c.rows())) < 1e-6)
c.holds("constraints carry monitoring_config", lambda: "distribution_constraints" in cons["monitoring_config"])

# 2. hourly schedule, scripts uploaded by the client
hourly = c.name("dq-hourly")
m.create_monitoring_schedule(endpoint_input=endpoint, post_analytics_processor_script=str(post), record_preprocessor_script=str(pre),
                             output_s3_uri=c.uri("dq", "reports"), statistics=m.baseline_statistics(), constraints=m.suggested_constraints(),
                             monitor_schedule_name=hourly, schedule_cron_expression=CronExpressionGenerator.hourly(), enable_cloudwatch_metrics=True)
m._wait_for_schedule_changes_to_apply()
d = m.describe_schedule()
c.check("schedule scheduled", d["MonitoringScheduleStatus"] == "Scheduled", d["MonitoringScheduleStatus"])
c.check("schedule type", d.get("MonitoringType", d["MonitoringScheduleConfig"].get("MonitoringType")) == "DataQuality")
m.stop_monitoring_schedule()
c.check("stopped", m.describe_schedule()["MonitoringScheduleStatus"] == "Stopped")
m.start_monitoring_schedule()
c.check("started", m.describe_schedule()["MonitoringScheduleStatus"] == "Scheduled")
m.update_monitoring_schedule(schedule_cron_expression=CronExpressionGenerator.daily_every_x_hours(6, 0), max_runtime_in_seconds=1200)
c.check("update made a new job definition", m.describe_schedule()["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"] == m.job_definition_name)
a = DefaultModelMonitor.attach(hourly, s)
c.check("attach finds the job definition", a.job_definition_name == m.job_definition_name)
alerts, _ = m.list_monitoring_alerts()
c.check("alert exists", bool(alerts))
if alerts:
    m.update_monitoring_alert(alerts[0].alert_name, 1, 2)
    m.list_monitoring_alert_history(alerts[0].alert_name)

# 3. one-time schedule with a window, then its results
now_name = c.name("dq-now")
m2 = monitor()
m2.create_monitoring_schedule(endpoint_input=EndpointInput(endpoint_name=endpoint, destination="/opt/ml/processing/input/endpoint"),
                              output_s3_uri=c.uri("dq", "reports"), statistics=c.uri("dq", "baseline", "statistics.json"),
                              constraints=c.uri("dq", "baseline", "constraints.json"), monitor_schedule_name=now_name,
                              schedule_cron_expression=CronExpressionGenerator.now(),
                              data_analysis_start_time="-PT1H", data_analysis_end_time="-PT0H")
m2._wait_for_schedule_changes_to_apply()


def finished():
    r = sm.list_monitoring_executions(MonitoringScheduleName=now_name)["MonitoringExecutionSummaries"]
    return r and r[0]["MonitoringExecutionStatus"] in ("Completed", "CompletedWithViolations", "Failed", "Stopped") and r


ex = c.wait_for("one-time execution finished", finished, 300)
if ex:
    c.check("execution status", ex[0]["MonitoringExecutionStatus"] in ("Completed", "CompletedWithViolations"), ex[0])
    runs = m2.list_executions()
    c.check("list_executions", len(runs) == 1)
    c.check("execution output under endpoint/schedule/date", ("/%s/%s/" % (endpoint, now_name)) in runs[-1].output.destination, runs[-1].output.destination)
    c.check("latest statistics", bool(m2.latest_monitoring_statistics().body_dict.get("features")))
    v = m2.latest_monitoring_constraint_violations()
    c.check("latest violations readable", v is not None and "violations" in v.body_dict)
    c.holds("captured ages drift from the baseline", lambda: any(x["feature_name"] == "age" for x in v.body_dict["violations"]))
    d = runs[-1].describe()
    c.check("execution job names its schedule", d.get("MonitoringScheduleArn", "").endswith(now_name))
    c.check("exit message", bool(d.get("ExitMessage")))
    m2.get_latest_execution_logs(wait=False)

# 4. baseline with log tailing (the client polls every 10 s and re-describes every 30 s)
m3 = monitor(env={"EXTRA": "1"})
data = c.uri("dq", "data", "train.csv")
c.put_bytes(data, open(train, "rb").read())
m3.suggest_baseline(baseline_dataset=data, dataset_format=DatasetFormat.csv(header=True), record_preprocessor_script=str(pre), wait=True, logs=True)
c.check("tailed baseline completed", m3.describe_latest_baselining_job()["ProcessingJobStatus"] == "Completed")
c.holds("preprocessed columns", lambda: len(m3.baseline_statistics().body_dict["features"]) == 4)

# 5. teardown
m.delete_monitoring_schedule()
m2.delete_monitoring_schedule()
c.raises("deleted schedule is gone", "ResourceNotFound", lambda: sm.describe_monitoring_schedule(MonitoringScheduleName=hourly))
sm.delete_endpoint(EndpointName=endpoint)
sm.delete_endpoint_config(EndpointConfigName=endpoint)
sm.delete_model(ModelName=model)
c.done()
