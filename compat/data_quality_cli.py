"""Data quality on the command line: baseline, check, merge, why, diff and the rest on public
tables, and what happens to input that is broken. The standard library only.

needs: nothing
"""

import csv
import gzip
import json
import math
import statistics
import struct
import subprocess
import sys
import threading
import xml.etree.ElementTree as ElementTree

from _program import TABLES, probity, program, run, scenario

DOCUMENTS = ["statistics.json", "constraints.json", "probity.json", "report.html"]
# Two columns of each table, moved by one and a half of their own deviations.
SHIFTED = {
    "breast_cancer": ["mean texture", "smoothness error"],
    "wine": ["alcohol", "od280/od315_of_diluted_wines"],
    "diabetes": ["bp", "s5"],
}


# Tables.

def read_csv(path):
    with open(path, newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def write_csv(path, header, rows):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if header is not None:
            writer.writerow(header)
        writer.writerows(rows)
    return path


def shifted_copy(table, folder):
    """A copy in which two columns are moved, and nothing else is touched."""
    header, rows = read_csv(TABLES / f"{table}.csv")
    for name in SHIFTED[table]:
        place = header.index(name)
        shift = 1.5 * statistics.pstdev(float(row[place]) for row in rows)
        for row in rows:
            row[place] = repr(float(row[place]) + shift)
    return write_csv(folder / f"{table}_shifted.csv", header, rows)


def document(folder, name):
    return json.loads((folder / name).read_bytes())


def violations(folder):
    return document(folder, "constraint_violations.json")["violations"]


def baseline(data, folder, *options):
    return probity("baseline", data, "-o", folder, "--quiet", *options)


def close(actual, expected, relative):
    assert math.isclose(actual, expected, rel_tol=relative), f"{actual} is not {expected}"


def by_name(features):
    return {feature["name"]: feature for feature in features}


def bytes_of(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.is_file()}


# The first result: a baseline and checks against it.

@scenario
def baseline_of_a_real_table_prints_and_writes_its_statistics(folder):
    out = folder / "baseline"
    printed = probity("baseline", TABLES / "breast_cancer.csv", "-o", out)
    assert "mean radius" in printed.stdout, printed
    for name in DOCUMENTS:
        assert (out / name).stat().st_size > 0, name

    header, rows = read_csv(TABLES / "breast_cancer.csv")
    written = document(out, "statistics.json")
    assert written["dataset"]["item_count"] == 569
    assert [feature["name"] for feature in written["features"]] == header
    for place, feature in enumerate(written["features"]):
        values = [float(row[place]) for row in rows]
        numbers = feature["numerical_statistics"]
        assert numbers["common"] == {"num_present": 569, "num_missing": 0}, feature["name"]
        # 569 positive values: adding them up in any order loses less than 569 × 2^-52 of the
        # sum; the deviation doubles that, and its squares are far from the mean's here.
        close(numbers["mean"], math.fsum(values) / 569, 569 * 2**-52)
        close(numbers["sum"], math.fsum(values), 569 * 2**-52)
        close(numbers["std_dev"], statistics.pstdev(values), 1e-11)
        assert numbers["min"] == min(values) and numbers["max"] == max(values)
        buckets = numbers["distribution"]["kll"]["buckets"]
        assert len(buckets) == 10 and sum(bucket["count"] for bucket in buckets) == 569
        sketch = numbers["distribution"]["kll"]["sketch"]
        assert sketch["parameters"] == {"c": 0.64, "k": 2048.0}
        # Below 2,048 values the sketch holds them all, in the order of the rows.
        assert sketch["data"][0] == values, feature["name"]
    types = {feature["name"]: feature["inferred_type"] for feature in written["features"]}
    assert types["target"] == "Integral"
    assert types["mean radius"] == "Fractional"


@scenario
def baseline_suggests_constraints_that_fit_the_table(folder):
    out = folder / "baseline"
    baseline(TABLES / "diabetes.csv", out)
    constraints = document(out, "constraints.json")
    assert constraints["monitoring_config"]["evaluate_constraints"] == "Enabled"
    assert constraints["monitoring_config"]["distribution_constraints"]["comparison_method"] == "Robust"
    for feature in constraints["features"]:
        assert feature["completeness"] == 1.0
        assert feature["num_constraints"]["is_non_negative"] is True
    assert len(constraints["features"]) == 11


@scenario
def check_names_the_shifted_columns_and_no_other(folder):
    for table, moved in SHIFTED.items():
        base, out = folder / f"{table}-baseline", folder / f"{table}-check"
        baseline(TABLES / f"{table}.csv", base)
        shifted = shifted_copy(table, folder)
        result = probity("check", shifted, "--baseline", base, "-o", out, code=1)
        found = violations(out)
        assert sorted(violation["feature_name"] for violation in found) == sorted(moved), found
        assert {violation["constraint_check_type"] for violation in found} == {"baseline_drift_check"}
        for name in moved:
            assert name in result.stdout, result


@scenario
def the_corrected_verdict_names_the_same_columns(folder):
    base, out = folder / "baseline", folder / "check"
    baseline(TABLES / "wine.csv", base)
    result = probity("check", shifted_copy("wine", folder), "--baseline", base, "-o", out,
                     "--verdict", "corrected", "--output", "json", code=1)
    json.loads(result.stdout)
    drifts = {feature["name"]: feature["drift"] for feature in document(out, "probity.json")["features"]}
    assert sorted(name for name, drift in drifts.items() if drift["violates_corrected"]) == sorted(SHIFTED["wine"])


@scenario
def check_of_the_same_file_is_clean_and_still_writes_its_violations(folder):
    for table in SHIFTED:
        base, out = folder / f"{table}-baseline", folder / f"{table}-check"
        baseline(TABLES / f"{table}.csv", base)
        probity("check", TABLES / f"{table}.csv", "--baseline", base, "-o", out)
        assert document(out, "constraint_violations.json") == {"violations": []}


@scenario
def a_baseline_can_be_made_from_data_on_the_fly(folder):
    probity("check", TABLES / "wine.csv", "--baseline", TABLES / "wine.csv")
    probity("check", shifted_copy("wine", folder), "--baseline", TABLES / "wine.csv", code=1)


@scenario
def a_baseline_of_sagemakers_files_alone_is_enough(folder):
    base = folder / "baseline"
    baseline(TABLES / "diabetes.csv", base)
    for path in base.iterdir():
        if path.name not in ["statistics.json", "constraints.json"]:
            path.unlink()
    probity("check", TABLES / "diabetes.csv", "--baseline", base)
    probity("check", shifted_copy("diabetes", folder), "--baseline", base, "-o", folder / "check", code=1)
    found = violations(folder / "check")
    assert sorted(violation["feature_name"] for violation in found) == sorted(SHIFTED["diabetes"]), found


@scenario
def a_file_gives_the_same_statistics_in_every_format(folder):
    header, rows = read_csv(TABLES / "wine.csv")
    plain = folder / "plain"
    baseline(TABLES / "wine.csv", plain)
    zipped = folder / "wine.csv.gz"
    zipped.write_bytes(gzip.compress((TABLES / "wine.csv").read_bytes()))
    lines = folder / "wine.jsonl"
    with open(lines, "w") as file:
        for row in rows:
            # The numbers keep their spelling: JSON is put together from the CSV's own texts.
            file.write("{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in zip(header, row)) + "}\n")
    semicolons = folder / "semicolons.csv"
    semicolons.write_text("\n".join(";".join(row) for row in [header, *rows]) + "\n")
    sources = {"gzip": zipped, "lines": lines, "parquet": TABLES / "wine.parquet", "semicolons": semicolons}
    for name, source in sources.items():
        baseline(source, folder / name)
        assert document(folder / name, "statistics.json") == document(plain, "statistics.json"), name


@scenario
def standard_input_is_read(folder):
    data = (TABLES / "wine.csv").read_bytes()
    piped = json.loads(probity("profile", "-", "--output", "json", stdin=data).stdout)
    named = json.loads(probity("profile", TABLES / "wine.csv", "--output", "json").stdout)
    assert piped["columns"] == named["columns"]
    assert len(piped["columns"]) == 14


@scenario
def rows_without_a_header_take_the_names_of_the_baseline(folder):
    base, out = folder / "baseline", folder / "check"
    baseline(TABLES / "wine.csv", base)
    _, rows = read_csv(TABLES / "wine.csv")
    bare = write_csv(folder / "bare.csv", None, rows)
    probity("check", bare, "--no-header", "--baseline", base, "-o", out)
    names = [feature["name"] for feature in document(out, "statistics.json")["features"]]
    assert names[0] == "alcohol", names


@scenario
def missing_and_extra_columns_are_violations(folder):
    base = folder / "baseline"
    baseline(TABLES / "wine.csv", base)
    header, rows = read_csv(TABLES / "wine.csv")
    fewer = write_csv(folder / "fewer.csv", header[1:], [row[1:] for row in rows])
    more = write_csv(folder / "more.csv", [*header, "vintage"], [[*row, "1992"] for row in rows])
    for data, kind, name in [(fewer, "missing_column_check", "alcohol"), (more, "extra_column_check", "vintage")]:
        out = folder / kind
        probity("check", data, "--baseline", base, "-o", out, code=1)
        found = violations(out)
        assert [violation["constraint_check_type"] for violation in found] == [kind], found
        assert name in json.dumps(found), found


@scenario
def text_among_numbers_and_new_gaps_are_violations(folder):
    base, out = folder / "baseline", folder / "check"
    baseline(TABLES / "wine.csv", base)
    header, rows = read_csv(TABLES / "wine.csv")
    ash, hue = header.index("ash"), header.index("hue")
    rows[3][ash] = "unknown"
    for row in rows[:20]:
        row[hue] = ""
    probity("check", write_csv(folder / "broken.csv", header, rows), "--baseline", base, "-o", out, code=1)
    found = {(violation["feature_name"], violation["constraint_check_type"]) for violation in violations(out)}
    assert found == {("ash", "data_type_check"), ("hue", "completeness_check")}, found


@scenario
def category_outside_the_domain_is_a_violation(folder):
    base, out = folder / "baseline", folder / "check"
    colours = ["red", "white", "rosé"]
    train = write_csv(folder / "train.csv", ["colour"], [[colours[row % 3]] for row in range(600)])
    baseline(train, base)
    assert set(document(base, "constraints.json")["features"][0]["string_constraints"]["domains"]) == set(colours)
    today = write_csv(folder / "today.csv", ["colour"], [["orange" if row == 7 else colours[row % 3]] for row in range(600)])
    probity("check", today, "--baseline", base, "-o", out, code=1)
    assert [violation["constraint_check_type"] for violation in violations(out)] == ["categorical_values_check"]


# What is done with a result.

@scenario
def merged_halves_tell_what_the_whole_tells(folder):
    header, rows = read_csv(TABLES / "breast_cancer.csv")
    halves = []
    for number, part in enumerate([rows[:200], rows[200:]]):
        data = write_csv(folder / f"part-{number}.csv", header, part)
        baseline(data, folder / f"day-{number}")
        halves.append(folder / f"day-{number}")
    probity("merge", *halves, "-o", folder / "merged", "--quiet")
    baseline(TABLES / "breast_cancer.csv", folder / "whole")
    merged = by_name(document(folder / "merged", "statistics.json")["features"])
    whole = by_name(document(folder / "whole", "statistics.json")["features"])
    assert list(merged) == list(whole)
    for name, feature in whole.items():
        ours, theirs = merged[name]["numerical_statistics"], feature["numerical_statistics"]
        for key in ["common", "min", "max"]:
            assert ours[key] == theirs[key], f"{name} {key}"
        # The two parts are added in one more step than the whole: see the bound above.
        close(ours["mean"], theirs["mean"], 570 * 2**-52)
        close(ours["std_dev"], theirs["std_dev"], 1e-11)
        # Below 2,048 values no sketch has compacted anything.
        assert ours["distribution"]["kll"]["buckets"] == theirs["distribution"]["kll"]["buckets"], name
    probity("check", TABLES / "breast_cancer.csv", "--baseline", folder / "merged")


@scenario
def why_shows_the_steps_behind_a_violation(folder):
    base, out = folder / "baseline", folder / "check"
    baseline(TABLES / "wine.csv", base)
    probity("check", shifted_copy("wine", folder), "--baseline", base, "-o", out, code=1)
    description = next(v["description"] for v in violations(out) if v["feature_name"] == "alcohol")
    for target in [out, out / "constraint_violations.json"]:
        told = probity("why", target, "alcohol").stdout
        assert description in told, told
        assert "bin" in told and "differ from those" not in told, told
    json.loads(probity("why", out, "alcohol", "--output", "json").stdout)
    missing = probity("why", out, "no such column", code=2)
    assert "no such column" in missing.stderr, missing


@scenario
def diff_shows_what_changed_between_two_baselines(folder):
    baseline(TABLES / "wine.csv", folder / "before")
    baseline(shifted_copy("wine", folder), folder / "after")
    told = probity("diff", folder / "before", folder / "after").stdout
    for name in SHIFTED["wine"]:
        assert name in told, told
    assert "proline" not in told, told
    json.loads(probity("diff", folder / "before", folder / "after", "--output", "json").stdout)


@scenario
def constraints_set_changes_the_next_check_and_keeps_who_and_why(folder):
    base = folder / "baseline"
    baseline(TABLES / "wine.csv", base)
    shifted = shifted_copy("wine", folder)
    probity("constraints", "set", base, "--feature", "alcohol", "--threshold", "0.9",
            "--why", "a warm year", "--who", "Ada")
    probity("check", shifted, "--baseline", base, "-o", folder / "one", code=1)
    assert [v["feature_name"] for v in violations(folder / "one")] == [SHIFTED["wine"][1]]
    probity("constraints", "set", base, "--feature", SHIFTED["wine"][1], "--ignore", "--who", "Ada")
    probity("check", shifted, "--baseline", base, "-o", folder / "none")
    assert violations(folder / "none") == []
    history = json.dumps(document(base, "probity.json")["history"])
    assert "a warm year" in history and "Ada" in history, history
    probity("constraints", "set", base, "--feature", "no such column", "--ignore", code=2)
    probity("constraints", "set", base, code=2)


@scenario
def junit_and_markdown_say_what_the_check_says(folder):
    base = folder / "baseline"
    baseline(TABLES / "wine.csv", base)
    data = {0: TABLES / "wine.csv", 1: shifted_copy("wine", folder)}
    for code, table in data.items():
        junit, markdown = folder / f"{code}.xml", folder / f"{code}.md"
        probity("check", table, "--baseline", base, "--junit", junit, "--markdown", markdown, code=code)
        tree = ElementTree.parse(junit).getroot()
        failures = tree.findall(".//failure")
        assert len(failures) == (2 if code else 0), junit.read_text()
        assert len(tree.findall(".//testcase")) >= 14
        for name in SHIFTED["wine"]:
            # A column may stand in a clean summary too, but a violated one must.
            text = markdown.read_text().replace("\\_", "_")
            assert not code or name in text, text


@scenario
def output_for_programs_is_json_and_quiet_prints_nothing(folder):
    base = folder / "baseline"
    shown = probity("baseline", TABLES / "wine.csv", "-o", base, "--output", "json")
    json.loads(shown.stdout)
    json.loads(probity("profile", TABLES / "wine.csv", "--output", "json").stdout)
    json.loads(probity("check", TABLES / "wine.csv", "--baseline", base, "--output", "json").stdout)
    for arguments in [["profile", TABLES / "wine.csv"], ["check", TABLES / "wine.csv", "--baseline", base]]:
        quiet = probity(*arguments, "--quiet")
        assert quiet.stdout == "" and quiet.stderr == "", quiet


@scenario
def help_shows_examples_of_every_command(_folder):
    for command in ["profile", "baseline", "check", "why", "merge", "diff", "demo"]:
        assert f"probity {command}" in probity(command, "--help").stdout
    assert "probity constraints set" in probity("constraints", "set", "--help").stdout
    probity("--version")


@scenario
def demo_finds_its_own_drift_and_says_where_the_report_is(folder):
    told = probity("demo", "--files", folder=folder)
    assert "report.html" in told.stdout, told
    reports = list(folder.rglob("check/report.html"))
    assert len(reports) == 1 and violations(reports[0].parent), told


# The same data gives the same bytes.

@scenario
def any_number_of_threads_writes_the_same_bytes(folder):
    header, rows = read_csv(TABLES / "breast_cancer.csv")
    many = folder / "many"
    many.mkdir()
    for number in range(7):
        write_csv(many / f"{number}.csv", header, rows[number * 80:(number + 1) * 80] * 20)
    big = folder / "big.csv"
    with open(big, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        # Two blocks of 64 MiB at the least.
        for _ in range(600):
            writer.writerows(rows)
    assert big.stat().st_size > 64 * 2**20
    for data in [many, big]:
        seen = []
        for threads in [1, 2, 8]:
            base, out = folder / f"base-{data.name}", folder / f"check-{data.name}"
            baseline(data, base, "--threads", threads)
            probity("check", TABLES / "breast_cancer.csv", "--baseline", base, "-o", out, "--quiet",
                    "--threads", threads)
            seen.append((bytes_of(base), bytes_of(out)))
        assert seen[0] == seen[1] == seen[2], "the number of threads changes the documents"
        assert len(seen[0][0]) >= 4
    big.unlink()


# Nothing of a redacted column comes out.

SECRET_TEXT = "Quokka-4711-Vault"
SECRET_NUMBER = "73519.8642"


def assert_no_secret(places):
    needles = [SECRET_TEXT.encode(), SECRET_NUMBER.encode(), struct.pack("<d", float(SECRET_NUMBER)),
               struct.pack(">d", float(SECRET_NUMBER))]
    for place, content in places.items():
        for needle in needles:
            assert needle not in content, f"{place} holds {needle!r}"


@scenario
def a_planted_secret_in_a_redacted_column_appears_nowhere(folder):
    rows = [[f"person {row % 40}", str(1000 + row), str(row % 7)] for row in range(300)]
    rows[17][:2] = [SECRET_TEXT, SECRET_NUMBER]
    rows[18][:2] = [SECRET_TEXT, SECRET_NUMBER]
    people = write_csv(folder / "people.csv", ["name", "salary", "age"], rows)
    redact = ["--redact", "name", "--redact", "salary"]
    outputs = {}

    def keep(label, result):
        outputs[f"{label} stdout"] = result.stdout.encode()
        outputs[f"{label} stderr"] = result.stderr.encode()

    out = folder / "out"
    keep("profile", probity("profile", people, *redact, "-o", out / "profile", "--output", "json"))
    keep("baseline", probity("baseline", people, *redact, "-o", out / "base"))
    junit, markdown = out / "junit.xml", out / "summary.md"
    # The baseline knows what is redacted: a check needs no option to keep it so.
    keep("check", probity("check", people, "--baseline", out / "base", "-o", out / "check", "--junit", junit,
                          "--markdown", markdown))
    keep("merge", probity("merge", out / "base", out / "profile", "-o", out / "merged"))
    keep("check merged", probity("check", people, "--baseline", out / "merged", "-o", out / "again",
                                 "--output", "json"))
    keep("why", probity("why", out / "check", "name"))
    keep("diff", probity("diff", out / "base", out / "merged"))
    files = {str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()}
    assert len(files) > 15, sorted(files)
    assert_no_secret({**files, **outputs})
    # The column that is not redacted is still there, or the search above would prove nothing.
    assert document(out / "base", "statistics.json")["features"][2]["name"] == "age"
    assert document(out / "base", "statistics.json")["features"][2]["numerical_statistics"]["max"] == 6.0


@scenario
def an_error_about_a_redacted_column_does_not_quote_it(folder):
    lines = [f"{row},{row}" for row in range(20)]
    lines[7] = f"7,{SECRET_TEXT},{SECRET_NUMBER}"
    path = folder / "ragged.csv"
    path.write_text("age,name\n" + "\n".join(lines) + "\n")
    result = probity("profile", path, "--redact", "name", code=2)
    assert_no_secret({"stderr": result.stderr.encode(), "stdout": result.stdout.encode()})


# Bad input: exit code 2, a message with file and line, nothing half-written.

def refuse(folder, data, *words, options=(), stdin=None):
    """Every command that reads data refuses it and leaves no trace."""
    base = folder / "good-baseline"
    if not base.exists():
        baseline(TABLES / "wine.csv", base)
    before = bytes_of(folder)
    commands = [
        ["profile", data, "-o", folder / "out"],
        ["baseline", data, "-o", folder / "out"],
        ["check", data, "--baseline", base, "-o", folder / "out", "--junit", folder / "out.xml"],
    ]
    for command in commands:
        result = probity(*command, *options, code=2, stdin=stdin)
        for word in words:
            assert str(word) in result.stderr, f"`{word}` is not in the message\n{result}"
        assert result.stdout == "", result
        assert bytes_of(folder) == before, f"left behind: {set(bytes_of(folder)) - set(before)}\n{result}"
        assert not (folder / "out").exists(), result


@scenario
def a_truncated_parquet_file_is_refused(folder):
    whole = (TABLES / "wine.parquet").read_bytes()
    for size in [len(whole) // 2, 100, 5]:
        path = folder / f"cut-{size}.parquet"
        path.write_bytes(whole[:size])
        refuse(folder, path, path.name)
    # The footer is whole, the pages are not.
    hurt = bytearray(whole)
    hurt[4:len(whole) // 2] = bytes(len(whole) // 2 - 4)
    path = folder / "hurt.parquet"
    path.write_bytes(hurt)
    refuse(folder, path, path.name)


@scenario
def a_ragged_csv_file_is_refused_with_its_line(folder):
    for change, name in [("extra", "long.csv"), ("fewer", "short.csv")]:
        lines = (TABLES / "wine.csv").read_text().splitlines()
        lines[41] = lines[41] + ",1" if change == "extra" else lines[41].rsplit(",", 1)[0]
        path = folder / name
        path.write_text("\n".join(lines) + "\n")
        refuse(folder, path, name, 42)


@scenario
def invalid_utf8_is_refused_with_its_line(folder):
    path = folder / "latin1.csv"
    path.write_bytes("name,age\nAnn,3\nBob,4\nJos\u00e9,5\nEve,6\n".encode("latin-1"))
    refuse(folder, path, path.name, 4)
    lines = folder / "latin1.jsonl"
    lines.write_bytes('{"name": "Ann"}\n{"name": "Jos\u00e9"}\n'.encode("latin-1"))
    refuse(folder, lines, lines.name, 2)


@scenario
def broken_json_is_refused_with_its_line(folder):
    path = folder / "broken.jsonl"
    path.write_text('{"a": 1}\n{"a": 2}\n{"a": \n')
    refuse(folder, path, path.name, 3)


@scenario
def a_directory_of_nothing_is_refused(folder):
    nothing = folder / "nothing"
    nothing.mkdir()
    refuse(folder, nothing, "nothing")
    (nothing / ".hidden.csv").write_text("a\n1\n")
    (nothing / "empty.csv").write_text("")
    refuse(folder, nothing, "nothing")


@scenario
def a_schema_that_changes_between_files_is_refused(folder):
    data = folder / "data"
    data.mkdir()
    (data / "monday.csv").write_text("age,income\n30,10.5\n")
    (data / "tuesday.csv").write_text("age,salary\n31,11.5\n")
    refuse(folder, data, "tuesday.csv")


@scenario
def a_missing_file_is_refused(folder):
    refuse(folder, folder / "missing.csv", "missing.csv")
    result = probity("check", TABLES / "wine.csv", "--baseline", folder / "no-baseline", "-o", folder / "out", code=2)
    assert "no-baseline" in result.stderr, result
    assert not (folder / "out").exists()


@scenario
def a_damaged_baseline_is_refused(folder):
    base = folder / "baseline"
    baseline(TABLES / "wine.csv", base)
    for name in ["statistics.json", "constraints.json"]:
        hurt = folder / f"hurt-{name}"
        hurt.mkdir()
        for path in base.iterdir():
            (hurt / path.name).write_bytes(path.read_bytes())
        (hurt / name).write_bytes((base / name).read_bytes()[:400])
        result = probity("check", TABLES / "wine.csv", "--baseline", hurt, "-o", folder / "out", code=2)
        assert name in result.stderr, result
        assert not (folder / "out").exists()


@scenario
def a_failed_run_leaves_the_last_result_as_it_was(folder):
    base = folder / "baseline"
    baseline(TABLES / "wine.csv", base)
    before = bytes_of(base)
    ragged = folder / "ragged.csv"
    ragged.write_text("a,b\n1,2\n3\n")
    probity("baseline", ragged, "-o", base, code=2)
    assert bytes_of(base) == before


@scenario
def wrong_usage_is_exit_code_2(folder):
    probity("check", TABLES / "wine.csv", code=2)
    probity("profile", code=2)
    probity("no-such-command", code=2)
    probity("profile", TABLES / "wine.csv", "--output", "yaml", code=2)
    result = probity("profile", TABLES / "wine.csv", "--redact", "no such column", code=2)
    assert "no such column" in result.stderr, result


@scenario
def a_line_of_a_gigabyte_is_refused_in_bounded_memory(folder):
    measured = subprocess.Popen(
        [sys.executable, "-c", MEASURE, program(), "profile", "-", "-o", str(folder / "out")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )

    def feed():
        try:
            measured.stdin.write(b"a,b\n1,2\n3,")
            for _ in range(1024):
                measured.stdin.write(b"x" * 2**20)
            measured.stdin.write(b"\n")
            measured.stdin.close()
        except BrokenPipeError:
            pass  # refused before all was read, which is as good

    feeder = threading.Thread(target=feed)
    feeder.start()
    stdout, stderr = measured.stdout.read(), measured.stderr.read().decode()
    measured.wait(timeout=300)
    feeder.join()
    ending = json.loads(stdout.splitlines()[-1])
    assert ending["code"] == 2, f"{ending} {stderr}"
    assert "3" in stderr and ("stdin" in stderr or "standard input" in stderr or "`-`" in stderr), stderr
    assert ending["peak_kibibytes"] < 768 * 1024, ending
    assert not (folder / "out").exists()


MEASURE = """
import json, os, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps({"code": code, "peak_kibibytes": peak}))
"""


if __name__ == "__main__":
    sys.exit(run())
