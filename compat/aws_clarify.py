"""SageMakerClarifyProcessor: bias before and after training, SHAP, PDP, both together; endpoint and label-in-dataset variants.

needs: packages
"""
import _aws as c

from sagemaker.clarify import (BiasConfig, DataConfig, ModelConfig, ModelPredictedLabelConfig, PDPConfig, SageMakerClarifyProcessor, SegmentationConfig, SHAPConfig)

s = c.session()
sm = c.boto("sagemaker")
model, endpoint = c.name("cl-model"), c.name("cl-endpoint")
c.make_model(model)
c.make_endpoint(endpoint, model)

data = c.uri("clarify", "data.csv")
c.put_bytes(data, open(c.csv_file("clarify", c.rows()), "rb").read())
p = SageMakerClarifyProcessor(role=c.ROLE, instance_count=1, instance_type="ml.m5.xlarge", sagemaker_session=s, job_name_prefix="wire-clarify")
bias = BiasConfig(label_values_or_threshold=[1], facet_name=["gender", "age"], facet_values_or_threshold=[[0], [40]], group_name="income")
shadow = ModelConfig(model_name=model, instance_count=1, instance_type="ml.m5.large", content_type="text/csv", accept_type="text/csv", endpoint_name_prefix="wire-shadow")
live = ModelConfig(endpoint_name=endpoint, content_type="application/jsonlines", accept_type="application/jsonlines",
                   content_template='{"instances":$features}', custom_attributes="trace=1")
pred = ModelPredictedLabelConfig(probability_threshold=0.4)
shap = SHAPConfig(baseline=[[0, 45, 50.0]], num_samples=128, agg_method="mean_abs", use_logit=False, save_local_shap_values=True, seed=123, features_to_explain=["age", "income"])
pdp = PDPConfig(features=["age"], grid_resolution=10)


def config(out, **kw):
    base = dict(s3_data_input_path=data, s3_output_path=c.uri("clarify", out), label="label", headers=c.HEADERS, dataset_type="text/csv")
    base.update(kw)
    return DataConfig(**base)


def result(what, out):
    k = c.keys(c.uri("clarify", out))
    c.check(what + " wrote analysis.json", any(x.endswith("/analysis.json") for x in k), k)
    c.holds(what + " wrote reports", lambda: all(any(x.endswith("/report." + e) for x in k) for e in ("html", "ipynb", "pdf")))
    return c.get_json(c.uri("clarify", out, "analysis.json"))


# 1. before training only: no model
p.run_pre_training_bias(data_config=config("pre"), data_bias_config=bias, methods="all", wait=True, logs=False)
a = result("pre-training", "pre")
c.holds("pre-training metric set", lambda: {m["name"] for m in a["pre_training_bias_metrics"]["facets"]["gender"][0]["metrics"]} >= {"CI", "DPL", "KL", "JS", "LP", "TVD", "KS"})

# 2. after training, model by name, shadow endpoint
p.run_post_training_bias(data_config=config("post"), data_bias_config=bias, model_config=shadow, model_predicted_label_config=pred, methods=["DPPL", "DI", "AD"], wait=True, logs=False)
result("post-training", "post")

# 3. both bias kinds, some methods
p.run_bias(data_config=config("bias"), bias_config=bias, model_config=shadow, model_predicted_label_config=pred, pre_training_methods=["CI", "DPL"], post_training_methods="all", wait=True, logs=False)
result("bias", "bias")

# 4. SHAP and PDP against a live endpoint
p.run_explainability(data_config=config("explain", s3_analysis_config_output_path=c.uri("clarify", "configs")), model_config=live, explainability_config=[shap, pdp], model_scores=0, wait=True, logs=False)
a = result("explainability", "explain")
c.holds("kernel shap", lambda: set(a["explanations"]["kernel_shap"]["label0"]["global_shap_values"]) >= {"age", "income"})
c.holds("pdp", lambda: bool(a["explanations"]["pdp"]))
c.holds("local shap file", lambda: any(k.endswith("explanations_shap/out.csv") for k in c.keys(c.uri("clarify", "explain"))))

# 5. everything in one job, with segments
p.run_bias_and_explainability(data_config=config("all", segmentation_config=[SegmentationConfig(name_or_index="age", segments=[["[18, 40]"], ["(40, 80]"]], config_name="age-band", display_aliases=["young", "old", "other"])]),
                              model_config=shadow, explainability_config=SHAPConfig(), bias_config=bias, model_predicted_label_config=pred, wait=True, logs=False)
a = result("bias and explainability", "all")
c.holds("both sections", lambda: "post_training_bias_metrics" in a and "explanations" in a)

# 6. predictions already in the data: no endpoint at all
with_pred = [r + [1 - r[0] if i % 9 == 0 else r[0]] for i, r in enumerate(c.rows())]
data2 = c.uri("clarify", "data-with-predictions.csv")
c.put_bytes(data2, open(c.csv_file("clarify2", with_pred), "rb").read())
p.run_bias(data_config=config("labelled", s3_data_input_path=data2, headers=c.HEADERS + ["predicted"], predicted_label="predicted", excluded_columns=["age"]),
           bias_config=BiasConfig(label_values_or_threshold=[1], facet_name="gender", facet_values_or_threshold=[0]), model_config=None, wait=True, logs=False)
result("predictions in data", "labelled")

# 7. no wait, then stop through the API
p.run_pre_training_bias(data_config=config("stopped"), data_bias_config=bias, wait=False, logs=False)
n = p.latest_job.job_name
d = sm.describe_processing_job(ProcessingJobName=n)
c.check("describe echoes the inputs", [i["InputName"] for i in d["ProcessingInputs"]] == ["dataset", "analysis_config"], d.get("ProcessingInputs"))
c.check("describe echoes the output", d["ProcessingOutputConfig"]["Outputs"][0]["OutputName"] == "analysis_result")
p.latest_job.stop()
c.check("stopping", sm.describe_processing_job(ProcessingJobName=n)["ProcessingJobStatus"] in ("Stopping", "Stopped", "Completed"))

# 8. a waiter of botocore
sm.get_waiter("processing_job_completed_or_stopped").wait(ProcessingJobName=n, WaiterConfig={"Delay": 2, "MaxAttempts": 60})

# 9. a bad configuration must fail the job with a reason
bad = BiasConfig(label_values_or_threshold=[1], facet_name="no_such_column", facet_values_or_threshold=[0])
try:
    p.run_pre_training_bias(data_config=config("bad"), data_bias_config=bad, wait=True, logs=False)
    c.check("bad facet fails the job", False)
except Exception as e:
    c.check("bad facet fails the job", type(e).__name__ == "UnexpectedStatusException" and "Reason" in str(e), repr(e))

sm.delete_endpoint(EndpointName=endpoint)
sm.delete_endpoint_config(EndpointConfigName=endpoint)
sm.delete_model(ModelName=model)
c.done()
