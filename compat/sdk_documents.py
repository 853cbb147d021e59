"""The SageMaker Python SDK's own classes load what the program writes, and it obeys what
they edit. By hand for a folder of results, with the SDK installed:

    python3 compat/sdk_documents.py --folder FOLDER

needs: packages
"""

import pathlib
import re
import sys

from sagemaker.model_monitor import Constraints, ConstraintViolations, Statistics

import _sdk
from _program import TABLES, probity, run, scenario

CHECKS = {
    "data_type_check",
    "completeness_check",
    "baseline_drift_check",
    "missing_column_check",
    "extra_column_check",
    "categorical_values_check",
}


class Unsatisfied(Exception):
    """What is wrong, in a sentence."""


def require(condition, sentence):
    if not condition:
        raise Unsatisfied(sentence)


def load(cls, path):
    require(path.is_file(), f"{path.name} is not there")
    return _sdk.load(cls, path)


def check_statistics(statistics):
    body = statistics.body_dict
    require(isinstance(body["version"], float), "the version of the statistics is not a double")
    require(isinstance(body["dataset"]["item_count"], int), "item_count is not an integer")
    for feature in body["features"]:
        name = feature["name"]
        kind = feature["inferred_type"]
        require(kind in ("Integral", "Fractional", "String", "Unknown"), f"{name}: type {kind}")
        if kind in ("Integral", "Fractional") and "numerical_statistics" in feature:
            check_numeric(name, feature["numerical_statistics"])
        if kind == "String":
            check_common(name, feature["string_statistics"]["common"])
            require(
                isinstance(feature["string_statistics"]["distinct_count"], float),
                f"{name}: distinct_count is not a double",
            )


def check_common(name, common):
    for member in ("num_present", "num_missing"):
        require(isinstance(common[member], int), f"{name}: {member} is not an integer")


def check_numeric(name, numeric):
    check_common(name, numeric["common"])
    for member in ("mean", "sum", "std_dev", "min", "max"):
        # A double that is not finite is a string with Java's name.
        value = float(numeric[member])
        spelled = isinstance(numeric[member], str)
        require(spelled == (value - value != 0.0), f"{name}: {member} is {numeric[member]!r}")
    if "distribution" not in numeric:
        return
    kll = numeric["distribution"]["kll"]
    require(len(kll["buckets"]) == 10, f"{name}: not ten buckets")
    weight = sum(len(level) * 2**height for height, level in enumerate(kll["sketch"]["data"]))
    require(weight <= numeric["common"]["num_present"], f"{name}: the sketch weighs {weight}")


def check_constraints(constraints, statistics):
    names = [feature["name"] for feature in constraints.body_dict["features"]]
    found = [feature["name"] for feature in statistics.body_dict["features"]]
    require(names == found, "constraints and statistics name other features")
    for feature in constraints.body_dict["features"]:
        require(0.0 <= feature.get("completeness", 1.0) <= 1.0, f"{feature['name']}: completeness")
    for flag, word in ((False, "Disabled"), (True, "Enabled")):
        constraints.set_monitoring(flag)
        switch = constraints.body_dict["monitoring_config"]["evaluate_constraints"]
        require(switch == word, "the whole file could not be switched")


def check_violations(violations):
    for violation in violations.body_dict["violations"]:
        require(
            set(violation) == {"feature_name", "constraint_check_type", "description"},
            f"a violation has the members {sorted(violation)}",
        )
        kind = violation["constraint_check_type"]
        require(kind in CHECKS, f"no check is called {kind}")
        check_description(kind, violation["description"])


def check_description(kind, text):
    """The expressions by which AWS's sample code takes numbers out of descriptions."""
    if kind == "baseline_drift_check":
        found = re.search("distance: (.+) exceeds threshold: (.+)", text)
        require(found, f"no distance and threshold in {text!r}")
        require(float(found[1]) > float(found[2]), f"no distance above its threshold in {text!r}")
    if kind in ("categorical_values_check", "completeness_check"):
        found = re.search("Value: (.+) does not meet the constraint requirement!", text)
        require(found, f"no value in {text!r}")
        float(found[1])


def check_folder(folder):
    statistics = load(Statistics, folder / "statistics.json")
    check_statistics(statistics)
    check_constraints(load(Constraints, folder / "constraints.json"), statistics)
    if (folder / "constraint_violations.json").exists():
        check_violations(load(ConstraintViolations, folder / "constraint_violations.json"))


WINE = TABLES / "wine.csv"


@scenario
def the_sdk_loads_a_baseline(folder):
    probity("baseline", WINE, "-o", folder / "baseline")
    check_folder(folder / "baseline")


@scenario
def the_sdk_loads_an_awkward_baseline(folder):
    """Columns of every type, with gaps, numbers that are none, and quotes in a name."""
    names = ["whole", "fraction", "flag", "colour", "words", "nothing", '"not a ""number"""', '"größe, °"']
    rows = [
        (i - 250, i / 8 if i % 7 else "", ["true", "false"][i % 2], ["red", "green"][i % 2],
         f"sentence number {i}", "", ["NaN", "Infinity", "1.5"][i % 3], 1e300 * i)
        for i in range(500)
    ]
    probity("baseline", write(folder / "awkward.csv", names, rows), "-o", folder / "baseline")
    check_folder(folder / "baseline")


@scenario
def the_sdk_loads_the_empty_violations_of_a_clean_check(folder):
    probity("baseline", WINE, "-o", folder / "baseline")
    probity("check", WINE, "--baseline", folder / "baseline", "-o", folder / "check")
    check_folder(folder / "check")
    violations = load(ConstraintViolations, folder / "check" / "constraint_violations.json")
    assert violations.body_dict == {"violations": []}, violations.body_dict


@scenario
def the_sdk_loads_the_violations_of_every_kind_of_check(folder):
    baseline, today = broken_pair(folder)
    probity("baseline", baseline, "-o", folder / "baseline")
    probity("check", today, "--baseline", folder / "baseline", "-o", folder / "check", code=1)
    check_folder(folder / "check")
    violations = load(ConstraintViolations, folder / "check" / "constraint_violations.json")
    found = {violation["constraint_check_type"] for violation in violations.body_dict["violations"]}
    assert found == CHECKS, found


@scenario
def a_feature_that_the_sdk_switched_off_is_not_checked(folder):
    baseline, today = broken_pair(folder)
    probity("baseline", baseline, "-o", folder / "baseline")
    path = folder / "baseline" / "constraints.json"
    constraints = load(Constraints, path)
    constraints.set_monitoring(False, "typed")
    path.write_text(BUCKET.objects[constraints.save()])
    probity("check", today, "--baseline", folder / "baseline", "-o", folder / "check", code=1)
    violations = load(ConstraintViolations, folder / "check" / "constraint_violations.json")
    names = {violation["feature_name"] for violation in violations.body_dict["violations"]}
    assert "typed" not in names and "moved" in names, names


@scenario
def the_sdk_loads_and_edits_constraints_that_the_command_has_edited(folder):
    probity("baseline", WINE, "-o", folder / "baseline")
    probity("constraints", "set", folder / "baseline", "--feature", "alcohol", "--ignore")
    probity("constraints", "set", folder / "baseline", "--threshold", "0.2")
    check_folder(folder / "baseline")


def broken_pair(folder):
    """A table, and a second one with a violation of each of the six kinds."""
    rows = range(400)
    baseline = [(i % 50, i, "ab"[i % 2], i % 7, i) for i in rows]
    today = [
        (30 + i % 50, "x" if i < 9 else i, "abc"[i % 3], i % 7 if i % 4 else "", i) for i in rows
    ]
    names = ["moved", "typed", "kind", "filled"]
    return (
        write(folder / "baseline.csv", [*names, "left"], baseline),
        write(folder / "today.csv", [*names, "came"], today),
    )


def write(path, header, rows):
    lines = [",".join(map(str, row)) for row in [header, *rows]]
    path.write_text("\n".join(lines) + "\n")
    return path


def main():
    if sys.argv[1:2] != ["--folder"]:
        return run()
    try:
        check_folder(pathlib.Path(sys.argv[2]))
    except Unsatisfied as error:
        return f"the SDK is not satisfied: {error}"
    return 0


BUCKET = _sdk.Bucket()

if __name__ == "__main__":
    with BUCKET.in_place_of_s3():
        sys.exit(main())
