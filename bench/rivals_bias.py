"""Bias of one facet by what a data scientist would run instead of `probity clarify`.

    python rivals_bias.py smclarify loans.parquet
    python rivals_bias.py smclarify-flip-test loans.parquet
    python rivals_bias.py fairlearn loans.parquet

smclarify: all 20 metrics but the flip test, without intervals. smclarify-flip-test: that one
alone. fairlearn: MetricFrame with seven metrics by group, and intervals from 100 bootstrap
replicates, as its guide shows. Prints how many metrics there are, so that nothing can be
skipped unseen.
"""

import sys

PRE = ["CI", "DPL", "KL", "JS", "LP", "TVD", "KS", "CDDL"]
POST = ["AD", "CDDPL", "DAR", "DCA", "DCR", "DI", "DPPL", "DRR", "GE", "RD", "SD", "TE"]


def read(path):
    import pandas

    return pandas.read_parquet(path) if path.endswith(".parquet") else pandas.read_csv(path)


def by_smclarify(path, stages):
    from smclarify.bias.report import FacetColumn, LabelColumn, StageType, bias_report

    table = read(path)
    found = []
    for stage, metrics in stages.items():
        is_post = stage == "post"
        frame = table if is_post else table.drop(columns="predicted")
        found += bias_report(
            frame, FacetColumn("sex", ["F"]), LabelColumn("label", frame["label"], [1]),
            StageType.POST_TRAINING if is_post else StageType.PRE_TRAINING,
            LabelColumn("predicted", frame["predicted"], [1]) if is_post else None,
            metrics, group_variable=frame["district"],
        )[0]["metrics"]
    failed = [metric for metric in found if metric.get("error")]
    assert not failed, failed
    return len(found)


def by_fairlearn(path):
    from fairlearn import metrics

    table = read(path)
    rates = {
        "selection rate": metrics.selection_rate,
        "true positive rate": metrics.true_positive_rate,
        "true negative rate": metrics.true_negative_rate,
        "false positive rate": metrics.false_positive_rate,
        "false negative rate": metrics.false_negative_rate,
        "count": metrics.count,
        "mean prediction": metrics.mean_prediction,
    }
    frame = metrics.MetricFrame(
        metrics=rates, y_true=table["label"], y_pred=table["predicted"], sensitive_features=table["sex"],
        n_boot=100, ci_quantiles=[0.025, 0.975], random_state=0,
    )
    return len(frame.by_group_ci[0].columns) + len(frame.difference_ci())


TOOLS = {
    "smclarify": lambda path: by_smclarify(path, {"pre": PRE, "post": POST}),
    "smclarify-flip-test": lambda path: by_smclarify(path, {"post": ["FT"]}),
    "fairlearn": by_fairlearn,
}

if __name__ == "__main__":
    print(TOOLS[sys.argv[1]](sys.argv[2]))
