"""Writes the documents of this folder in the layout of the service (json.dump, indent=4)."""

import json
import pathlib

HERE = pathlib.Path(__file__).parent

DESCRIPTIONS = {
    "CDDL": "Conditional Demographic Disparity in Labels (CDDL)",
    "CI": "Class Imbalance (CI)",
    "DPL": "Difference in Positive Proportions in Labels (DPL)",
    "JS": "Jensen-Shannon Divergence (JS)",
    "KL": "Kullback-Liebler Divergence (KL)",
    "KS": "Kolmogorov-Smirnov Distance (KS)",
    "LP": "L-p Norm (LP)",
    "TVD": "Total Variation Distance (TVD)",
    "AD": "Accuracy Difference (AD)",
    "CDDPL": "Conditional Demographic Disparity in Predicted Labels (CDDPL)",
    "DAR": "Difference in Acceptance Rates (DAR)",
    "DCA": "Difference in Conditional Acceptance (DCA)",
    "DCR": "Difference in Conditional Rejection (DCR)",
    "DI": "Disparate Impact (DI)",
    "DPPL": "Difference in Positive Proportions in Predicted Labels (DPPL)",
    "DRR": "Difference in Rejection Rates (DRR)",
    "FT": "Flip Test (FT)",
    "GE": "Generalized Entropy (GE)",
    "RD": "Recall Difference (RD)",
    "SD": "Specificity Difference (SD)",
    "TE": "Treatment Equality (TE)",
}


def metric(name, value, **error):
    return {"name": name, "description": DESCRIPTIONS[name], "value": value, **error}


def stage(label, facets, positive):
    return {"label": label, "facets": facets, "label_value_or_threshold": positive}


def write(name, document, **options):
    with open(HERE / name, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=4, **options)


ADULT_POST = {
    "AD": -0.15156641604010024, "CDDPL": 0.28176563733194276, "DAR": -0.09508196721311479,
    "DCA": -0.5278688524590163, "DCR": 0.027874251497005953, "DI": 0.17798594847775176,
    "DPPL": 0.2199248120300752, "DRR": 0.12565868263473046, "FT": -0.03333333333333333,
    "GE": 0.0841186702174704, "RD": 0.1308103661044837, "SD": 0.10465328014037645,
    "TE": 2.916666666666667,
}
ADULT_PRE = {
    "CDDL": 0.27459074287718793, "CI": 0.36936936936936937, "DPL": 0.2326441102756892,
    "JS": 0.04508199943437752, "KL": 0.22434464102537785, "KS": 0.2326441102756892,
    "LP": 0.32900845595810163, "TVD": 0.2326441102756892,
}


def adult(metrics):
    entry = {"value_or_threshold": "0", "metrics": [metric(*pair) for pair in metrics.items()]}
    return stage("Target", {"Sex": [entry]}, "1")


write("service_adult.json", {
    "version": "1.0",
    "post_training_bias_metrics": adult(ADULT_POST),
    "pre_training_bias_metrics": adult(ADULT_PRE),
})

write("every_kind.json", {
    "version": "1.0",
    "post_training_bias_metrics": stage("größe", {
        "sex": [
            {"value_or_threshold": "F", "metrics": [
                metric("DCA", 0),
                metric("DI", "Infinity"),
                metric("FT", None, error="FlipTest does not support non-numeric columns"),
                metric("TE", "-Infinity"),
            ]},
            {"value_or_threshold": "M,X", "metrics": [metric("DPPL", 1e-05)]},
        ],
        "age": [{"value_or_threshold": "(40, 58]", "metrics": []}],
    }, "(0.6, 1.0]"),
    "pre_training_bias_metrics": {
        "facets": {},
        "error": "Threshold values must be provided for continuous features",
    },
    "explanations": {
        "kernel_shap": {
            "label0": {
                "global_shap_values": {"Age": 0.0596, "fnlwgt": 1e-12},
                "expected_value": 0.250623226165771,
            }
        },
        "pdp": [{
            "feature_name": "Income", "data_type": "numerical", "feature_values": [1, 2.5],
            "data_distribution": [0.5, 0.5], "model_predictions": [[0.25, 0.75]],
            "label_headers": ["Target"],
        }],
    },
    "produced_by": "another program",
})

# The guide prints infinities by their sign, and other programs write numbers bare.
write("guide_infinity.json", {
    "version": "1.0",
    "pre_training_bias_metrics": {
        "label": 3,
        "facets": {
            "Gender": [
                {"value_or_threshold": 0, "metrics": [
                    {"name": "KL", "description": DESCRIPTIONS["KL"], "value": "∞"},
                    {"name": "CDDL", "value": "-∞"},
                    {"name": "CI"},
                ]},
                {"value_or_threshold": 0.5, "metrics": []},
            ]
        },
        "label_value_or_threshold": True,
    },
}, ensure_ascii=False)
