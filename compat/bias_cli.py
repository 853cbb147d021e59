"""Bias on the command line: configurations that the SageMaker SDK wrote, on every format of
data, against numbers of Clarify's own library; configurations that are broken; the command
without a configuration; and checks against a baseline. The standard library only.

needs: nothing
"""

import csv
import json
import math
import shutil
import sys
import xml.etree.ElementTree as ElementTree

from _program import ROOT, probity, run, scenario

LOANS = ROOT / "golden" / "clarify" / "loans"
CONFIGS = ROOT / "golden" / "clarify" / "analysis_config" / "observed"
EXPECTED = json.loads((LOANS / "expected.json").read_bytes())
PRE, LABELLED = "pre-training-bias", "bias-with-predictions-in-data"
STAGES = ["post_training_bias_metrics", "pre_training_bias_metrics"]
DOCUMENTS = ["analysis.json", "probity.json", "report.html"]


# Data and configurations.

def config_of(name, **changes):
    """An observed configuration; a member that is changed to None is left out."""
    config = {**json.loads((CONFIGS / f"{name}.json").read_bytes()), **changes}
    return {key: value for key, value in config.items() if value is not None}


def loans(names):
    with open(LOANS / "loans.csv", newline="") as file:
        return [{name: int(row[name]) for name in names} for row in csv.DictReader(file)]


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1))
    return path


def write_csv(path, rows, header=True):
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        if header:
            writer.writeheader()
        writer.writerows(rows)
    return path


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def expressions(config, place):
    """The same configuration for records: features first in `headers`, columns by JMESPath."""
    outcomes = [config[key] for key in ["label", "predicted_label"] if key in config]
    features = [name for name in config["headers"] if name not in outcomes]
    changed = {
        "headers": [*features, *outcomes],
        "features": f"{place}[{', '.join(features)}]",
        "label": place + config["label"],
    }
    if "predicted_label" in config:
        changed["predicted_label"] = place + config["predicted_label"]
    return {**config, **changed}


def sources(folder, config):
    """Pairs of a configuration and data, all of which mean the same."""
    rows = loans(config["headers"])
    parquet = "loans" if "predicted" in config["headers"] else "loans-without-predictions"
    lines = {**expressions(config, ""), "dataset_type": "application/jsonlines"}
    whole = {**expressions(config, "[*]."), "dataset_type": "application/json"}
    whole["features"] = "[*].[" + lines["features"][1:]
    inner = {**expressions(config, "rows[*]."), "dataset_type": "application/json"}
    inner["features"] = "rows[*].[" + lines["features"][1:]
    return {
        "csv": (config, write_csv(folder / "header.csv", rows)),
        "csv without a header": (config, write_csv(folder / "bare.csv", rows, header=False)),
        "parquet": ({**config, "dataset_type": "application/x-parquet"}, LOANS / f"{parquet}.parquet"),
        "lines": (lines, write_lines(folder / "lines.jsonl", rows)),
        "json": (whole, write_json(folder / "list.json", rows)),
        "json inside an object": (inner, write_json(folder / "object.json", {"rows": rows})),
    }


def document(folder, name):
    return json.loads((folder / name).read_bytes())


def bytes_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


def clarify(folder, config, data, out, *options, code=0):
    path = write_json(folder / f"{out}-config.json", config)
    return probity("clarify", path, "--data", data, "-o", folder / out, "--quiet", *options, code=code)


def bias(data, *options, code=0):
    return probity("bias", data, "--label", "label", "--positive", "1", "--facet", "gender=0", *options, code=code)


def entries(analysis, stage):
    """(facet, value, metric) and the metric, in the order of the file."""
    facets = analysis.get(stage, {"facets": {}})["facets"]
    return {(facet, entry["value_or_threshold"], metric["name"]): metric
            for facet, listed in facets.items() for entry in listed for metric in entry["metrics"]}


def number(value):
    return None if value is None else float(value)


def assert_same_numbers(found, expected, where, stages=STAGES):
    """Labels apart, which each format names its own way."""
    for stage in stages:
        ours, theirs = entries(found, stage), entries(expected, stage)
        assert list(ours) == list(theirs), f"{where} {stage}: {list(ours)} is not {list(theirs)}"
        for key, metric in theirs.items():
            assert ours[key]["description"] == metric["description"], f"{where} {key}"
            assert ours[key].get("error") == metric.get("error"), f"{where} {key}: {ours[key]}"
            pair = number(ours[key]["value"]), number(metric["value"])
            # The same few sums and quotients of counts, in another order at most.
            same = pair[0] == pair[1] or None not in pair and math.isclose(*pair, rel_tol=1e-12, abs_tol=1e-15)
            assert same, f"{where} {key}: {pair[0]} is not {pair[1]}"


# Configurations that the SDK wrote.

def check_observed(folder, name):
    for source, (config, data) in sources(folder, config_of(name)).items():
        out = "out-" + source.replace(" ", "-")
        clarify(folder, config, data, out)
        for document_name in DOCUMENTS:
            assert (folder / out / document_name).stat().st_size > 0, f"{source}: {document_name}"
        analysis = document(folder / out, "analysis.json")
        assert_same_numbers(analysis, EXPECTED[name], f"{name} {source}")
        for stage in STAGES:
            assert (stage in analysis) == (stage in EXPECTED[name]), f"{source}: {stage}"
            if stage in analysis:
                assert analysis[stage]["label_value_or_threshold"] == "1", source
        if source in ["csv", "csv without a header", "parquet"]:
            assert analysis["pre_training_bias_metrics"]["label"] == "label", source


@scenario
def the_sdks_configuration_before_training_gives_clarifys_numbers_in_every_format(folder):
    check_observed(folder, PRE)


@scenario
def the_sdks_configuration_with_predictions_gives_clarifys_numbers_in_every_format(folder):
    check_observed(folder, LABELLED)


@scenario
def the_sdks_configuration_of_the_stopped_job_gives_clarifys_numbers(folder):
    check_observed(folder, "pre-training-bias-again")


@scenario
def analysis_json_is_laid_out_as_clarify_does(folder):
    clarify(folder, config_of(LABELLED), LOANS / "loans.csv", "out")
    text = (folder / "out" / "analysis.json").read_text()
    assert list(json.loads(text)) == ["version", *STAGES], text[:200]
    assert text.startswith('{\n    "version": "1.0",\n    "post_training_bias_metrics": {\n        "label": "label"'), text[:200]
    assert text.rstrip("\n") == json.dumps(json.loads(text), indent=4), "not as Python's json writes it"


@scenario
def columns_may_be_named_by_their_position(folder):
    rows = write_csv(folder / "bare.csv", loans(config_of(PRE)["headers"]), header=False)
    facets = config_of(PRE)["facet"]
    facets = [{**facets[0], "name_or_index": 1}, {**facets[1], "name_or_index": 2}]
    config = config_of(PRE, label=0, facet=facets, group_variable=3)
    clarify(folder, config, rows, "out")
    assert_same_numbers(document(folder / "out", "analysis.json"), EXPECTED[PRE], "positions")


@scenario
def the_data_may_come_from_the_configuration(folder):
    data = write_csv(folder / "data.csv", loans(config_of(PRE)["headers"]))
    path = write_json(folder / "config.json", config_of(PRE, dataset_uri=str(data)))
    probity("clarify", path, "-o", folder / "out", "--quiet")
    assert_same_numbers(document(folder / "out", "analysis.json"), EXPECTED[PRE], "dataset_uri")
    result = probity("clarify", write_json(folder / "none.json", config_of(PRE)), code=2)
    assert "dataset_uri" in result.stderr and "--data" in result.stderr, result


@scenario
def datasets_that_are_joined_by_an_id_give_the_numbers_of_one_table(folder):
    rows = loans(config_of(LABELLED)["headers"])
    for at, row in enumerate(rows):
        row["id"] = f"p{at}"
    main = [{name: row[name] for name in ["label", "age", "income", "id"]} for row in rows]
    # In another order: rows belong together by their ids, not by their places.
    facets = write_csv(folder / "facets.csv", [{name: row[name] for name in ["id", "gender"]} for row in reversed(rows)])
    predictions = [{"id": row["id"], "predicted": row["predicted"]} for row in rows[200:] + rows[:200]]
    predictions = write_csv(folder / "predictions.csv", predictions, header=False)
    config = config_of(
        LABELLED, headers=["label", "age", "income", "id"], joinsource_name_or_index="id", facet_dataset_uri=str(facets),
        predicted_label_dataset_uri=str(predictions), predicted_label_headers=["id", "predicted"],
    )
    clarify(folder, config, write_csv(folder / "main.csv", main), "out")
    assert_same_numbers(document(folder / "out", "analysis.json"), EXPECTED[LABELLED], "joined")


@scenario
def standard_input_is_read_by_a_configuration(folder):
    path = write_json(folder / "config.json", config_of(LABELLED))
    probity("clarify", path, "--data", "-", "-o", folder / "out", "--quiet", stdin=(LOANS / "loans.csv").read_bytes())
    assert_same_numbers(document(folder / "out", "analysis.json"), EXPECTED[LABELLED], "standard input")


@scenario
def a_facet_without_values_has_an_entry_per_value(folder):
    clarify(folder, config_of(LABELLED, facet=[{"name_or_index": "gender"}]), LOANS / "loans.csv", "out")
    analysis = document(folder / "out", "analysis.json")
    listed = analysis["pre_training_bias_metrics"]["facets"]["gender"]
    first = str(loans(["gender"])[0]["gender"])
    assert [entry["value_or_threshold"] for entry in listed] == [first, str(1 - int(first))], listed
    values = {entry["value_or_threshold"]: {metric["name"]: metric["value"] for metric in entry["metrics"]} for entry in listed}
    # Each value against the rest, and there are but two.
    assert values["0"]["DPL"] == -values["1"]["DPL"] and values["0"]["CI"] == -values["1"]["CI"], values


@scenario
def some_metrics_may_be_asked_for(folder):
    methods = {"pre_training_bias": {"methods": ["DPL", "CI"]}, "post_training_bias": {"methods": ["DI"]}}
    clarify(folder, config_of(LABELLED, methods=methods), LOANS / "loans.csv", "out")
    analysis = document(folder / "out", "analysis.json")
    names = {stage: [name for _, _, name in entries(analysis, stage)] for stage in STAGES}
    assert names == {STAGES[0]: ["DI"], STAGES[1]: ["CI", "DPL"]}, names


@scenario
def every_metric_says_how_sure_it_is_and_on_how_many_rows(folder):
    config = config_of(LABELLED, group_variable="age")
    clarify(folder, config, LOANS / "loans.csv", "out", "--extended")
    probity_file = document(folder / "out", "probity.json")
    rows = loans(["gender"])
    n_group = sum(row["gender"] == 0 for row in rows)
    facet, = probity_file["facets"]
    assert (facet["disadvantaged"]["n"], facet["advantaged"]["n"]) == (n_group, len(rows) - n_group), facet
    names = [metric["name"] for metric in facet["metrics"]]
    assert len(names) == 21 and len(facet["extended"]) >= 7, names
    for metric in facet["metrics"] + facet["extended"]:
        value, interval = metric["value"], metric.get("interval")
        assert value is not None, metric
        assert interval or metric.get("note"), f"neither an interval nor a reason: {metric}"
        assert metric["reading"], metric
        if interval:
            assert float(interval["low"]) <= float(interval["high"]) and interval["level"] == 0.95, metric
            assert interval["method"], metric
        assert metric["n_advantaged"] <= len(rows) - n_group and metric["n_disadvantaged"] <= n_group, metric
    page = (folder / "out" / "report.html").read_text()
    for word in ["gender", "DPPL", "Disparate Impact"]:
        assert word in page, word


@scenario
def subgroups_of_several_facets_are_ranked_worst_first(folder):
    facets = [{"name_or_index": "gender", "value_or_threshold": [0]}, {"name_or_index": "age", "value_or_threshold": [40]}]
    clarify(folder, config_of(LABELLED, facet=facets, excluded_columns=None), LOANS / "loans.csv", "out", "--extended",
            "--minimum-cell", "50")
    subgroups = document(folder / "out", "probity.json")["subgroups"]
    assert subgroups["minimum_rows"] == 50, subgroups
    differences = [group["difference"]["value"] for group in subgroups["groups"]]
    assert differences == sorted(differences, reverse=True) and len(differences) >= 2, differences
    assert all(group["counts"]["n"] >= 50 for group in subgroups["groups"]), subgroups


@scenario
def segments_are_told_beside_the_whole_and_change_nothing_of_it(folder):
    clarify(folder, config_of(LABELLED), LOANS / "loans.csv", "whole")
    segments = [{"config_name": "age band", "name_or_index": "age", "segments": [["[18, 40]"], ["(40, 60]"]],
                 "display_aliases": ["young", "middle", "old"]}]
    clarify(folder, config_of(LABELLED, segment_config=segments), LOANS / "loans.csv", "cut")
    assert (folder / "cut" / "analysis.json").read_bytes() == (folder / "whole" / "analysis.json").read_bytes()
    found = document(folder / "cut", "probity.json")["segments"]
    ages = [row["age"] for row in loans(["age"])]
    expected = {"young": sum(age <= 40 for age in ages), "middle": sum(40 < age <= 60 for age in ages),
                "old": sum(age > 60 for age in ages)}
    assert {segment["segment"]: segment["n"] for segment in found} == expected, found
    assert {segment["config_name"] for segment in found} == {"age band"}
    young = [{**row} for row in loans(["label", "gender", "age", "income", "predicted"]) if row["age"] <= 40]
    clarify(folder, config_of(LABELLED), write_csv(folder / "young.csv", young), "young")
    apart = document(folder / "young", "probity.json")["facets"][0]
    segment = next(segment for segment in found if segment["segment"] == "young")["facets"][0]
    for counted in ["advantaged", "disadvantaged"]:
        assert segment[counted] == apart[counted], (segment, apart)


@scenario
def any_number_of_threads_and_any_run_writes_the_same_bytes(folder):
    data = folder / "data"
    data.mkdir()
    rows = loans(config_of(LABELLED)["headers"])
    for part in range(5):
        write_csv(data / f"{part}.csv", rows[part * 80:(part + 1) * 80])
    seen = []
    for threads in [1, 2, 8]:
        clarify(folder, config_of(LABELLED), data, "out", "--threads", threads)
        seen.append(bytes_of(folder / "out"))
    assert seen[0] == seen[1] == seen[2], "the number of threads changes the documents"
    assert_same_numbers(json.loads(seen[0]["analysis.json"]), EXPECTED[LABELLED], "in parts")


@scenario
def nothing_of_a_redacted_column_comes_out(folder):
    secret = "Quokka-4711"
    rows = [{**row, "gender": [secret, "other"][row["gender"]]} for row in loans(config_of(LABELLED)["headers"])]
    data = write_csv(folder / "secret.csv", rows)
    facet = [{"name_or_index": "gender", "value_or_threshold": [secret]}]
    path = write_json(folder / "config.json", config_of(LABELLED, facet=facet))
    result = probity("clarify", path, "--data", data, "-o", folder / "out", "--redact", "gender")
    # The configuration is the user's own text, and lists the value by name.
    written = {name: text for name, text in bytes_of(folder / "out").items() if name != "analysis_config.json"}
    for place, text in {**written, "stdout": result.stdout.encode(), "stderr": result.stderr.encode()}.items():
        assert secret.encode() not in text, place
    values = entries(document(folder / "out", "analysis.json"), "pre_training_bias_metrics")
    plain = entries(EXPECTED[LABELLED], "pre_training_bias_metrics")
    dpl = next(metric["value"] for (_, _, name), metric in values.items() if name == "DPL")
    assert math.isclose(dpl, plain["gender", "0", "DPL"]["value"], rel_tol=1e-12), dpl


# Bad configurations and bad data: exit code 2, a message that names the key, nothing half-written.

def refuse(folder, config, data, *words):
    """Refuses the configuration with and without `--check`."""
    refuse_to_run(folder, config, data, *words)
    path = write_json(folder / "config.json", config)
    result = probity("clarify", path, "--data", data, "--check", code=2)
    for word in words:
        assert word in result.stderr, f"`{word}` is not in the message of --check\n{result}"


def refuse_to_run(folder, config, data, *words):
    path = write_json(folder / "config.json", config)
    kept = folder / "kept"
    if not kept.exists():
        clarify(folder, config_of(LABELLED), LOANS / "loans.csv", "kept")
    before = bytes_of(folder)
    for out in [folder / "out", kept]:
        result = probity("clarify", path, "--data", data, "-o", out, code=2)
        for word in words:
            assert word in result.stderr, f"`{word}` is not in the message\n{result}"
        assert result.stdout == "", result
        assert bytes_of(folder) == before, f"left behind: {set(bytes_of(folder)) ^ set(before)}\n{result}"
    assert not (folder / "out").exists(), "an empty folder is left behind"


DATA = LOANS / "loans.csv"


@scenario
def an_unknown_key_is_refused_by_its_name(folder):
    refuse(folder, config_of(LABELLED, lable="label"), DATA, "`lable`", "`label`")
    facet = [{"name_or_index": "gender", "value_or_treshold": [0]}]
    refuse(folder, config_of(LABELLED, facet=facet), DATA, "facet[0].value_or_treshold", "value_or_threshold")
    methods = {"pre_training_bias": {"method": "all"}}
    refuse(folder, config_of(LABELLED, methods=methods), DATA, "methods.pre_training_bias.method", "methods")


@scenario
def a_value_of_the_wrong_type_is_refused_with_its_place_and_what_was_expected(folder):
    refuse(folder, config_of(LABELLED, probability_threshold="half"), DATA, "probability_threshold", "half", "number")
    refuse(folder, config_of(LABELLED, headers="label,gender"), DATA, "headers", "list")
    refuse(folder, config_of(LABELLED, label_values_or_threshold=[[1]]), DATA, "label_values_or_threshold[0]")
    refuse(folder, config_of(LABELLED, facet={"name_or_index": ["gender"]}), DATA, "facet")
    refuse(folder, config_of(LABELLED, dataset_type="text/tsv"), DATA, "dataset_type", "text/tsv", "text/csv")


@scenario
def all_problems_of_a_configuration_are_told_at_once(folder):
    refuse(folder, config_of(LABELLED, lable="label", probability_threshold="half", version="2.0"), DATA,
           "lable", "probability_threshold", "version")


@scenario
def text_that_is_no_json_is_refused_with_its_line(folder):
    path = folder / "config.json"
    path.write_text('{\n "dataset_type": "text/csv",\n "label": \n')
    result = probity("clarify", path, "--data", DATA, "-o", folder / "out", code=2)
    assert "config.json" in result.stderr and "line" in result.stderr, result
    result = probity("clarify", folder / "missing.json", "--data", DATA, code=2)
    assert "missing.json" in result.stderr, result
    assert not (folder / "out").exists()


@scenario
def a_label_that_is_not_there_is_refused(folder):
    refuse(folder, config_of(LABELLED, label="outcome"), DATA, "label", "outcome")
    refuse(folder, config_of(LABELLED, label=17), DATA, "label", "17")
    refuse(folder, config_of(LABELLED, label=None), DATA, "label")
    refuse(folder, config_of(LABELLED, predicted_label="score"), DATA, "predicted_label", "score")
    config, lines = sources(folder, config_of(LABELLED))["lines"]
    refuse(folder, {**config, "label": "outcome"}, lines, "outcome")


@scenario
def a_facet_that_is_not_there_is_refused(folder):
    facet = [{"name_or_index": "gender", "value_or_threshold": [0]}, {"name_or_index": "sex", "value_or_threshold": [0]}]
    refuse(folder, config_of(LABELLED, facet=facet), DATA, "facet[1].name_or_index", "sex")
    refuse(folder, config_of(LABELLED, facet=None), DATA, "facet")
    refuse(folder, config_of(LABELLED, group_variable="village"), DATA, "group_variable", "village")


@scenario
def headers_of_another_length_than_the_data_are_refused(folder):
    for headers in [["label", "gender", "age", "income"], ["label", "gender", "age", "income", "predicted", "more"]]:
        config = config_of(PRE, headers=headers)
        refuse(folder, config, DATA, "Headers in config do not match with the number of columns in the dataset.",
               str(len(headers)), "5")


@scenario
def predictions_without_a_positive_one_are_refused(folder):
    rows = [{**row, "predicted": 0} for row in loans(config_of(LABELLED)["headers"])]
    refuse_to_run(folder, config_of(LABELLED), write_csv(folder / "none.csv", rows), "predicted_label",
                  "label_values_or_threshold")


@scenario
def a_group_without_rows_is_refused(folder):
    facet = [{"name_or_index": "gender", "value_or_threshold": [7]}]
    refuse_to_run(folder, config_of(LABELLED, facet=facet), DATA, "gender", "7", "value_or_threshold")
    facet = [{"name_or_index": "age", "value_or_threshold": [200]}]
    refuse_to_run(folder, config_of(LABELLED, facet=facet, excluded_columns=None), DATA, "age")
    everyone = [{**row, "gender": 0} for row in loans(config_of(LABELLED)["headers"])]
    refuse_to_run(folder, config_of(LABELLED), write_csv(folder / "everyone.csv", everyone), "gender")


@scenario
def a_label_without_positive_values_is_refused(folder):
    refuse_to_run(folder, config_of(LABELLED, label_values_or_threshold=[7]), DATA, "label_values_or_threshold")


@scenario
def metrics_of_predictions_without_predictions_are_refused(folder):
    without = write_csv(folder / "without.csv", loans(config_of(PRE)["headers"]))
    refuse(folder, config_of("post-training-bias"), without, "predicted_label")


@scenario
def broken_data_are_refused_with_file_and_line(folder):
    lines = DATA.read_text().splitlines()
    lines[41] += ",1"
    ragged = folder / "ragged.csv"
    ragged.write_text("\n".join(lines) + "\n")
    refuse_to_run(folder, config_of(LABELLED), ragged, "ragged.csv", "42")
    refuse_to_run(folder, config_of(LABELLED), folder / "missing.csv", "missing.csv")
    refuse_to_run(folder, config_of(LABELLED), LOANS / "loans.parquet", "loans.parquet", "--format parquet")


@scenario
def check_validates_and_runs_nothing(folder):
    path = write_json(folder / "config.json", config_of(LABELLED))
    before = bytes_of(folder)
    told = probity("clarify", path, "--data", DATA, "-o", folder / "out", "--check")
    for word in ["label", "predicted", "gender"]:
        assert word in told.stdout, told
    assert "DPPL" not in told.stdout and "0.2367" not in told.stdout, told
    json.loads(probity("clarify", path, "--data", DATA, "--check", "--output", "json").stdout)
    assert bytes_of(folder) == before and not (folder / "out").exists()


# Without a configuration.

@scenario
def the_configuration_that_options_stand_for_gives_the_same_analysis(folder):
    rows = loans(["label", "gender", "age", "income", "predicted"])
    tables = {
        "csv": LOANS / "loans.csv",
        "parquet": LOANS / "loans.parquet",
        "lines": write_lines(folder / "loans.jsonl", rows),
        "json": write_json(folder / "loans.json", rows),
    }
    options = ["--facet", "age=40", "--predicted", "predicted", "--group", "income", "--exclude", "age"]
    for name, data in tables.items():
        printed = bias(data, *options, "--write-config").stdout
        config = folder / f"{name}.config.json"
        config.write_text(printed)
        assert json.loads(printed)["label_values_or_threshold"] == [1], printed
        bias(data, *options, "-o", folder / f"{name}-options", "--quiet")
        probity("clarify", config, "--data", data, "-o", folder / f"{name}-config", "--quiet")
        ours, theirs = folder / f"{name}-options" / "analysis.json", folder / f"{name}-config" / "analysis.json"
        assert ours.read_bytes() == theirs.read_bytes(), name
        values = entries(document(folder / f"{name}-options", "analysis.json"), "pre_training_bias_metrics")
        expected = entries(EXPECTED[PRE], "pre_training_bias_metrics")
        assert {key: metric["value"] for key, metric in values.items()}.keys() == expected.keys(), name
        for key, metric in expected.items():
            assert math.isclose(values[key]["value"], metric["value"], rel_tol=1e-12), f"{name} {key}"


@scenario
def options_without_a_configuration_print_a_table_and_json(folder):
    told = bias(LOANS / "loans.csv", "--predicted", "predicted").stdout
    for word in ["gender = 0", "188", "DPL", "DI", "95 % interval"]:
        assert word in told, f"`{word}` is not in {told}"
    shown = json.loads(bias(LOANS / "loans.csv", "--output", "json").stdout)
    assert [metric["name"] for metric in shown["facets"][0]["metrics"]][:2] == ["CDDL", "CI"], shown
    quiet = bias(LOANS / "loans.csv", "--quiet")
    assert quiet.stdout == "" and quiet.stderr == "", quiet
    piped = probity("bias", "-", "--label", "label", "--positive", "1", "--facet", "gender=0", "--output", "json",
                    stdin=(LOANS / "loans.csv").read_bytes())
    assert json.loads(piped.stdout)["facets"] == shown["facets"]


@scenario
def options_that_name_nothing_are_refused(folder):
    data = LOANS / "loans.csv"
    for options, word in [
        (["--label", "outcome", "--positive", "1", "--facet", "gender=0"], "outcome"),
        (["--label", "label", "--positive", "1", "--facet", "sex=0"], "sex"),
        (["--label", "label", "--positive", "1", "--facet", "gender=0", "--predicted", "guess"], "guess"),
        (["--label", "label", "--positive", "1", "--facet", "gender=0", "--group", "village"], "village"),
        (["--label", "label", "--positive", "1"], "--facet"),
        (["--label", "label", "--facet", "gender=0"], "--positive"),
    ]:
        result = probity("bias", data, *options, "-o", folder / "out", code=2)
        assert word in result.stderr, f"`{word}` is not in the message\n{result}"
    assert "DATA" in probity("bias", code=2).stderr
    assert not (folder / "out").exists()


@scenario
def help_shows_examples_of_the_bias_commands(_folder):
    for command in [["clarify"], ["bias"], ["bias", "check"]]:
        told = probity(*command, "--help").stdout
        assert "probity " + " ".join(command) in told and "Examples" in told, told


# Checks against a baseline.

def moved(rows):
    """Fewer loans for gender 0 than before, by label and by prediction."""
    hit = [at for at, row in enumerate(rows) if row["gender"] == 0 and (row["label"] or row["predicted"])]
    return [{**row, "label": 0, "predicted": 0} if at in hit[::2] else row for at, row in enumerate(rows)]


def by_rule(now, baseline):
    """Metrics farther from 0 than the baseline's, where both have a value."""
    found = set()
    for stage in STAGES:
        before = entries(baseline, stage)
        for key, metric in entries(now, stage).items():
            values = number(metric["value"]), number(before.get(key, {}).get("value"))
            if None not in values and abs(values[0]) > abs(values[1]):
                found.add(key)
    return found


def baseline_and_today(folder):
    config = write_json(folder / "config.json", config_of(LABELLED))
    probity("clarify", config, "--data", LOANS / "loans.csv", "-o", folder / "base", "--quiet")
    today = write_csv(folder / "today.csv", moved(loans(config_of(LABELLED)["headers"])))
    return config, folder / "base", today


def check(data, config, baseline, *options, code=0):
    return probity("bias", "check", data, "--config", config, "--baseline", baseline, *options, code=code)


@scenario
def a_check_of_the_same_data_is_clean_and_still_writes_its_violations(folder):
    config, base, _ = baseline_and_today(folder)
    for baseline in [base, base / "analysis.json"]:
        for verdict in ["aws", "corrected"]:
            check(LOANS / "loans.csv", config, baseline, "-o", folder / "out", "--verdict", verdict)
            assert document(folder / "out", "constraint_violations.json") == {"version": "1.0", "violations": []}


@scenario
def a_check_finds_what_sagemakers_rule_says_and_no_more(folder):
    config, base, today = baseline_and_today(folder)
    result = check(today, config, base, "-o", folder / "out", code=1)
    now, before = document(folder / "out", "analysis.json"), document(base, "analysis.json")
    violations = document(folder / "out", "constraint_violations.json")["violations"]
    found = {(violation["facet"], violation["facet_value"], violation["metric_name"]) for violation in violations}
    assert found == by_rule(now, before) and ("gender", "0", "DPL") in found, f"{found}\n{result}"
    assert len(found) == len(violations), violations
    values = {stage: (entries(now, stage), entries(before, stage)) for stage in STAGES}
    for violation in violations:
        assert set(violation) == {"facet", "facet_value", "metric_name", "constraint_check_type", "description"}, violation
        assert violation["constraint_check_type"] == "bias_drift_check", violation
        key = violation["facet"], violation["facet_value"], violation["metric_name"]
        ours, theirs = next((ours[key]["value"], theirs[key]["value"]) for ours, theirs in values.values() if key in ours)
        assert violation["description"] == (
            f"Metric value {ours} doesn't meet the baseline constraint requirement {theirs}"), violation
    facts = document(folder / "out", "probity.json")["check"]
    dpl = next(metric for metric in facts["metrics"] if metric["name"] == "DPL")
    assert dpl["violates_aws"] and dpl["interval"] and dpl["p_value"] is not None, dpl
    assert dpl["interval"]["low"] <= dpl["current"] - dpl["baseline"] <= dpl["interval"]["high"], dpl


@scenario
def a_baseline_of_sagemakers_analysis_alone_is_enough(folder):
    config, base, today = baseline_and_today(folder)
    bare = folder / "bare"
    bare.mkdir()
    shutil.copy(base / "analysis.json", bare / "analysis.json")
    check(LOANS / "loans.csv", config, bare)
    check(today, config, base, "-o", folder / "known", code=1)
    for place in [bare, bare / "analysis.json"]:
        check(today, config, place, "-o", folder / "out", code=1)
        assert document(folder / "out", "constraint_violations.json") == document(folder / "known", "constraint_violations.json")
    # As the service writes it: few metrics, and infinity in words.
    metrics = [{"name": "CI", "description": "Class Imbalance (CI)", "value": 0.05},
               {"name": "DPL", "description": "Difference in Positive Proportions in Labels (DPL)", "value": "Infinity"},
               {"name": "KL", "description": "Kullback-Liebler Divergence (KL)", "value": None, "error": "no"}]
    stage = {"label": "label", "facets": {"gender": [{"value_or_threshold": "0", "metrics": metrics}]}, "label_value_or_threshold": "1"}
    service = write_json(folder / "analysis.json", {"version": "1.0", "pre_training_bias_metrics": stage})
    check(today, config, service, "-o", folder / "service", code=1)
    found = document(folder / "service", "constraint_violations.json")["violations"]
    assert [violation["metric_name"] for violation in found] == ["CI"], found


@scenario
def halves_of_one_population_violate_by_chance_but_not_beyond_it(folder):
    rows = loans(config_of(LABELLED)["headers"])
    config = write_json(folder / "config.json", config_of(LABELLED))
    halves = [write_csv(folder / f"{part}.csv", rows[part::2]) for part in range(2)]
    probity("clarify", config, "--data", halves[0], "-o", folder / "base", "--quiet")
    check(halves[1], config, folder / "base", code=1)
    told = check(halves[1], config, folder / "base", "--verdict", "corrected")
    assert "may be chance" in told.stdout, told
    _, base, today = baseline_and_today(folder)
    check(today, config, base, "--verdict", "corrected", code=1)


@scenario
def junit_and_markdown_say_what_the_bias_check_says(folder):
    config, base, today = baseline_and_today(folder)
    for code, data in {0: LOANS / "loans.csv", 1: today}.items():
        junit, markdown = folder / f"{code}.xml", folder / f"{code}.md"
        out = folder / f"out-{code}"
        check(data, config, base, "-o", out, "--junit", junit, "--markdown", markdown, code=code)
        failures = ElementTree.parse(junit).getroot().findall(".//failure")
        violations = document(out, "constraint_violations.json")["violations"]
        assert len(failures) == len(violations), junit.read_text()
        text = markdown.read_text()
        for violation in violations:
            assert violation["metric_name"] in text, text


@scenario
def a_monitors_configuration_is_enough_for_a_check(folder):
    """What `create_monitoring_schedule` writes: neither a type of dataset nor methods."""
    data = write_csv(folder / "data.csv", loans(["label", "gender", "age", "income"]))
    monitor = config_of("bias-hourly")
    full = {**monitor, "dataset_type": "text/csv", "methods": {"pre_training_bias": {"methods": "all"}}}
    clarify(folder, full, data, "base")
    path = write_json(folder / "monitor.json", monitor)
    check(data, path, folder / "base", "-o", folder / "out")
    ours, theirs = document(folder / "out", "analysis.json"), document(folder / "base", "analysis.json")
    assert entries(ours, "pre_training_bias_metrics") == entries(theirs, "pre_training_bias_metrics")
    result = probity("clarify", path, "--data", data, code=2)
    assert "dataset_type" in result.stderr and "methods" in result.stderr, result


@scenario
def merged_captures_are_checked_by_a_monitors_configuration(folder):
    rows = loans(["label", "gender", "age", "income", "predicted"])
    records = [{
        "eventVersion": "0",
        "groundTruthData": {"data": str(row["label"]), "encoding": "CSV"},
        "captureData": {
            "endpointInput": {"data": f"{row['gender']},{row['age']},{row['income']}", "encoding": "CSV", "mode": "INPUT",
                              "observedContentType": "text/csv"},
            "endpointOutput": {"data": str(row["predicted"]), "encoding": "CSV", "mode": "OUTPUT", "observedContentType": "text/csv"},
        },
        "eventMetadata": {"eventId": f"e{at}", "inferenceTime": "2026-11-24T00:00:00Z"},
    } for at, row in enumerate(rows)]
    merged = write_lines(folder / "merged.jsonl", records)
    shown = probity("bias", merged, "--label", "groundTruth", "--positive", "1", "--facet", "_c1=0", "--predicted", "_c0",
                    "-o", folder / "out", "--quiet")
    assert shown.stdout == "", shown
    found = document(folder / "out", "analysis.json")
    dppl = entries(found, "post_training_bias_metrics")["_c1", "0", "DPPL"]["value"]
    expected = entries(EXPECTED[LABELLED], "post_training_bias_metrics")["gender", "0", "DPPL"]["value"]
    assert math.isclose(dppl, expected, rel_tol=1e-12), dppl


@scenario
def bad_baselines_and_places_for_results_are_refused(folder):
    config, base, today = baseline_and_today(folder)
    before = bytes_of(folder)
    result = check(today, config, folder / "no-baseline", "-o", folder / "out", code=2)
    assert "no-baseline" in result.stderr, result
    result = check(today, config, base, "-o", base, code=2)
    assert str(base) in result.stderr, result
    (folder / "broken").mkdir()
    broken = folder / "broken" / "analysis.json"
    broken.write_bytes((base / "analysis.json").read_bytes()[:300])
    result = check(today, config, folder / "broken", "-o", folder / "out", "--junit", folder / "out.xml", code=2)
    assert "analysis.json" in result.stderr, result
    broken.unlink()
    assert bytes_of(folder) == before and not (folder / "out").exists()


if __name__ == "__main__":
    sys.exit(run())
