"""Writes sdk/*.json: configurations as classes of the SageMaker Python SDK compose them.

    python3 make.py            # writes sdk/
    python3 make.py --check    # validates sdk/ and written/ with the SDK's own schema

written/*.json is what Probity makes of sdk/*.json; `cargo test -p probity-domain` compares.
Needs `pip install sagemaker==2.257.7`; nothing is sent anywhere.
"""

import copy
import json
import pathlib
import sys

from sagemaker import clarify
from sagemaker.clarify import (
    ANALYSIS_CONFIG_SCHEMA_V1_0,
    AsymmetricShapleyValueConfig,
    BiasConfig,
    DataConfig,
    ImageConfig,
    ModelConfig,
    ModelPredictedLabelConfig,
    PDPConfig,
    SegmentationConfig,
    SHAPConfig,
    TextConfig,
    TimeSeriesDataConfig,
    TimeSeriesJSONDatasetFormat,
    TimeSeriesModelConfig,
)

HERE = pathlib.Path(__file__).parent
GENERATOR = clarify._AnalysisConfigGenerator
HEADERS = ["income", "age", "sex", "region", "hours"]


def data(**options):
    defaults = dict(s3_data_input_path="s3://bucket/in", s3_output_path="s3://bucket/out")
    return DataConfig(**{**defaults, **options})


def table(**options):
    return data(**{**dict(label="income", headers=HEADERS), **options})


def model(**options):
    defaults = dict(model_name="model", instance_count=1, instance_type="ml.m5.large")
    return ModelConfig(**{**defaults, **options})


SEX = BiasConfig(label_values_or_threshold=[1], facet_name="sex", facet_values_or_threshold=[0])
SEVERAL = BiasConfig(
    label_values_or_threshold=["high", "middle"],
    facet_name=["sex", 1, "region"],
    facet_values_or_threshold=[["F"], [40.5], None],
    group_name="hours",
)
EVERY_VALUE = BiasConfig([0.5], ["sex", "region"])
JSON_TEMPLATES = dict(
    accept_type="application/json",
    content_type="application/json",
    content_template='{"instances": $records, "feature_names": $feature_names}',
    record_template="$features",
)


def configs():
    yield "pre_training", GENERATOR.bias_pre_training(table(), SEX, "all")
    yield "pre_training_some", GENERATOR.bias_pre_training(
        table(excluded_columns=["hours"], joinsource="region"), SEVERAL, ["CDDL", "KL"])
    yield "post_training_scores", GENERATOR.bias_post_training(
        table(), EVERY_VALUE, ModelPredictedLabelConfig(probability=0, probability_threshold=0.8),
        ["DI", "FT"], model(accept_type="text/csv", content_type="text/csv",
                            endpoint_name_prefix="shadow", custom_attributes="trace=1"))
    yield "post_training_classes", GENERATOR.bias_post_training(
        table(), SEVERAL,
        ModelPredictedLabelConfig(label="labels", probability="scores",
                                  label_headers=["low", "middle", "high"]),
        "all", ModelConfig(endpoint_name="endpoint", target_model="a.tar.gz",
                           accelerator_type="ml.eia2.medium", accept_type="application/jsonlines",
                           content_type="application/jsonlines",
                           content_template='{"features": $features}'))
    yield "bias_predictions_in_data", GENERATOR.bias(
        table(headers=HEADERS + ["predicted"], predicted_label="predicted"), SEX, None, None)
    yield "bias_three_datasets", GENERATOR.bias(
        table(joinsource="region", facet_dataset_uri="s3://bucket/facets",
              facet_headers=["region", "sex"], predicted_label=1,
              predicted_label_dataset_uri="s3://bucket/predictions",
              predicted_label_headers=["region", "predicted"]), SEX, None, None)
    yield "bias_by_index", GENERATOR.bias(
        data(label=0, predicted_label=4, excluded_columns=[3]), BiasConfig(
            label_values_or_threshold=[1], facet_name=2, facet_values_or_threshold=[0]),
        None, None, ["CI"], ["AD"])
    yield "bias_segments", GENERATOR.bias_pre_training(
        table(segmentation_config=[
            SegmentationConfig("age", [["[18, 40]"], ["(40, 60]", "(70, 80]"]], "age-band",
                               ["young", "old", "others"]),
            SegmentationConfig(3, [["north", 7]]),
        ]), SEX, "all")
    yield "bias_json_lines", GENERATOR.bias(
        data(label="label", predicted_label="predicted", features="features",
             headers=["age", "sex", "income", "predicted"],
             dataset_type="application/jsonlines"), SEX, None, None)
    yield "bias_json", GENERATOR.bias(
        data(label="[*].label", features="[*].features", headers=["age", "sex", "income"],
             dataset_type="application/json"), SEX,
        model(**JSON_TEMPLATES), ModelPredictedLabelConfig("predictions[*].label"))
    yield "bias_parquet", GENERATOR.bias_pre_training(
        data(label="income", dataset_type="application/x-parquet"), SEVERAL, "all")
    yield "explain_everything", GENERATOR.bias_and_explainability(
        table(), model(accept_type="text/csv", content_type="text/csv"),
        ModelPredictedLabelConfig(probability=0), [
            SHAPConfig(baseline=[[38, 2, None, "x", 10.5]], num_samples=15, agg_method="median",
                       use_logit=True, save_local_shap_values=False, seed=-3,
                       features_to_explain=["age", 2]),
            PDPConfig(features=["age", 3], grid_resolution=20, top_k_features=4),
        ], SEX)
    yield "explain_clusters", GENERATOR.explainability(
        table(), model(), None, SHAPConfig(num_clusters=2))
    yield "explain_json", GENERATOR.explainability(
        data(features="[*].f", dataset_type="application/json"), model(**JSON_TEMPLATES), "label",
        SHAPConfig(baseline={"instances": [{"features": [0, 1.5]}]}))
    yield "explain_text", GENERATOR.explainability(
        data(features="text", headers=["text"], dataset_type="application/jsonlines"),
        model(accept_type="application/jsonlines", content_type="application/jsonlines",
              content_template='{"text": $features}'), None,
        SHAPConfig(baseline=[{"features": ["<PAD>"]}],
                   text_config=TextConfig("sentence", "norwegian bokmål")))
    yield "explain_images", GENERATOR.explainability(
        data(dataset_type="application/x-image"),
        model(accept_type="application/json", content_type="image/jpeg"),
        ModelPredictedLabelConfig(label_headers=["cat", "dog"]),
        SHAPConfig(baseline="s3://bucket/mask.png", image_config=ImageConfig(
            "OBJECT_DETECTION", num_segments=20, segment_compactness=5, max_objects=3,
            feature_extraction_method="segmentation", iou_threshold=0.5, context=1.0)))
    for name, asymmetric in (
        ("time_series_fine", AsymmetricShapleyValueConfig(
            "chronological", "fine_grained", 25, {
                "target_time_series": "mean", "related_time_series": "zero",
                "static_covariates": {"1": [1], "2": [0.5]}})),
        ("time_series_timewise", AsymmetricShapleyValueConfig(
            "bidirectional", baseline="s3://bucket/baseline.json")),
    ):
        yield name, GENERATOR.explainability(
            data(dataset_type="application/json", headers=["id", "time", "target", "price", "kind"],
                 time_series_data_config=TimeSeriesDataConfig(
                     "[*].target", "[*].id", "[*].time", ["[*].price"], ["[*].kind"],
                     TimeSeriesJSONDatasetFormat.TIMESTAMP_RECORDS)),
            model(accept_type="application/json", content_type="application/json",
                  content_template="$record",
                  record_template='{"start": $start_time, "target": $target_time_series}',
                  time_series_model_config=TimeSeriesModelConfig("prediction.mean")),
            None, asymmetric)


def check():
    for path in sorted(HERE.glob("sdk/*.json")) + sorted(HERE.glob("written/*.json")):
        config = json.loads(path.read_text())
        try:
            ANALYSIS_CONFIG_SCHEMA_V1_0.validate(copy.deepcopy(config))
            verdict = "accepted"
        except Exception as error:  # the schema library has several kinds
            verdict = "REFUSED: " + str(error).splitlines()[0]
        print(path.relative_to(HERE), verdict)


def make():
    for name, config in configs():
        with open(HERE / "sdk" / f"{name}.json", "w", encoding="utf-8") as file:
            json.dump(config, file, indent=1)


if __name__ == "__main__":
    check() if "--check" in sys.argv else make()
