"""A month of monitors on a simulated clock: three endpoints, four monitors on each, a feature that
drifts from the 12th to the 22nd, a group that is treated worse meanwhile at another endpoint, labels
that come three days late at the third; and a server that is killed five times.

What was captured lies in the bucket before its time comes: the files of a month are written first, with
the layout and the stamps that this server gives them. Calls that are made while the clock runs at 20,000
would be stamped as it happens, hours off where the machine is busy, and which slot sees them would be
chance. Labels are written when their day has come, as files beside the running server. A few calls are
made while the clock runs, too, and counted.

PROBITY_MONTH_SEED chooses when the server is killed.

needs: packages
"""

import datetime
import json
import os
import random
import sys
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError

from _endpoint import BUCKET, Fleet
from _monitoring import (
    OVER, UTC, Clock, create_definition, create_schedule, cron, endpoint_input, event, instant, kept_executions, put_captures,
    rows, until, uris, watched_endpoint)
from _program import ROOT, SECONDS, probity, run, scenario
from _server import serving

SEED = int(os.environ.get("PROBITY_MONTH_SEED", "7"))
START = datetime.datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 31
DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
# A day in 4.3 seconds.
RATE = 20_000
KILLS = 5
# Of a job whose worker died; one that is hit again just when it has been taken up is given up.
LEASE_S = 30
# From the hour of the 12th on, up to the hour of the 22nd.
WORSE_FROM = START + 11 * DAY + 6 * HOUR
WORSE_TO = START + 21 * DAY + 6 * HOUR
LATE = 3 * DAY
STEADY, DRIFTING, UNFAIR = "steady", "drifting", "unfair"
ENDPOINTS = (STEADY, DRIFTING, UNFAIR)
KINDS = ("data", "quality", "bias", "explain")
# The monitors of data look every six hours, the others once a day.
PERIOD = {"data": 6 * HOUR, "quality": DAY, "bias": DAY, "explain": DAY}
EXPRESSION = {"data": "cron(0 0/6 ? * * *)", "quality": "cron(0 0 ? * * *)", "bias": "cron(0 0 ? * * *)", "explain": "cron(0 0 ? * * *)"}
# Rows of a quarter of a day. Each quarter has the same ones, in another order: what is measured of
# them does not move by chance.
ROWS = 60


def table(worse_group=False):
    """Score, label, gender, age, income. Of both genders alike, unless the one is treated worse; then
    the other is treated better, so that scores and labels as a whole stay as they were."""
    made = []
    for n in range(ROWS):
        gender, at = n % 2, n // 2
        share = (6 if gender == 0 else 24) if worse_group else 15
        positive = at * 7 % 30 < share
        label = int(positive) if at % 10 else int(not positive)
        score = (70 + at if positive else 1 + at) / 100
        made.append((score, label, gender, 20 + (at * 11) % 45, 30 + (at * 13) % 41 + 0.5))
    return made


def captured_of(endpoint, day, quarter):
    """A quarter of a day: records, and the labels by the id of their call."""
    begin = START + day * DAY + quarter * 6 * HOUR
    worse = WORSE_FROM <= begin < WORSE_TO
    chance = random.Random(f"{endpoint} {day} {quarter}")
    some = table(worse_group=worse and endpoint == UNFAIR)
    chance.shuffle(some)
    records, labels = [], {}
    for n, (score, label, gender, age, income) in enumerate(some):
        if worse and endpoint == DRIFTING:
            income += 60
        at = begin + n * datetime.timedelta(minutes=6)
        name = f"{endpoint}-{day}-{quarter}-{n}"
        records.append(event(at, f"{gender},{age},{income}", f"{score}", inferenceId=name))
        labels[name] = label
    return records, labels


def truth(labels):
    return b"".join(
        json.dumps({"groundTruthData": {"data": str(label), "encoding": "CSV"}, "eventMetadata": {"eventId": name},
                    "eventVersion": "0"}).encode() + b"\n" for name, label in labels.items())


class Month:
    """The buckets of a month, and what is known of it."""

    def __init__(self, server, fleet):
        self.fleet, self.objects = fleet, server.data / "objects" / BUCKET
        self.labels = {}
        # Days whose late labels are to come.
        self.late = []
        for endpoint in ENDPOINTS:
            for day in range(DAYS):
                self.labels[endpoint, day] = {}
                for quarter in range(4):
                    records, labels = captured_of(endpoint, day, quarter)
                    self.labels[endpoint, day] |= labels
                    put_captures_beside(self.objects, records, endpoint)
        # Most labels are there at once.
        for (endpoint, day), labels in self.labels.items():
            early, _ = self.parts(endpoint, labels)
            self.put_labels(endpoint, START + day * DAY + 12 * HOUR, early)

    @staticmethod
    def parts(endpoint, labels):
        """At the steady endpoint, all labels are late but those of the first six hours."""
        late = {name: label for name, label in labels.items() if endpoint == STEADY and name.split("-")[2] != "0"}
        return {name: label for name, label in labels.items() if name not in late}, late

    def put_labels(self, endpoint, at, labels):
        """By the hour in which they are known, as the service wants them; whole, or not at all."""
        folder = self.objects / "labels" / endpoint / f"{at:%Y/%m/%d/%H}"
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / ".part"
        part.write_bytes(truth(labels))
        part.rename(folder / f"{at:%M%S}-{len(labels)}.jsonl")

    def bring(self, server):
        """Brings labels whose day has come: every second day's at once, even where a busy machine has not
        scored their window yet; the others' when it was scored, so that it is scored anew. True when
        none is left."""
        for day in list(self.late):
            if day % 2 == 0 and not self.scored(server, day):
                continue
            _, late = self.parts(STEADY, self.labels[STEADY, day])
            self.put_labels(STEADY, START + day * DAY + LATE + 12 * HOUR, late)
            self.late.remove(day)
        return not self.late

    @staticmethod
    def scored(server, day):
        slot_ms = (START + (day + 1) * DAY).timestamp() * 1000
        found = rows(server, "select status from monitoring_execution where schedule in ($1, $2) and scheduled_ms = $3",
                     f"{STEADY}-quality", f"{STEADY}-bias", slot_ms)
        return len(found) == 2 and all(one["status"] in OVER for one in found)


def put_captures_beside(objects, records, endpoint):
    """Objects are files: they may be copied in, which takes no time of a clock that runs fast."""
    class Files:
        @staticmethod
        def put(key, body):
            path = objects / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)

    put_captures(Files, endpoint, records)


def baselines(fleet, folder):
    """From the table itself, with some room: a metric that is worse by a hair is no news."""
    good = table()

    def csv(name, header, columns):
        path = folder / name
        path.write_text(header + "\n" + "".join(",".join(str(row[at]) for at in columns) + "\n" for row in good for _ in range(4)))
        return path

    data = csv("data.csv", "score,gender,age,income", (0, 2, 3, 4))
    probity("baseline", data, "-o", folder / "data", "-q")
    for name in ("statistics.json", "constraints.json"):
        fleet.put(f"base/data/{name}", (folder / "data" / name).read_bytes())

    scored = csv("scored.csv", "probability,label", (0, 1))
    probity("quality", "baseline", scored, "--problem-type", "binary", "--probability", "probability", "--threshold", "0.5",
            "--label", "label", "-o", folder / "quality", "-q")
    constraints = json.loads((folder / "quality" / "constraints.json").read_text())
    for metric in constraints["binary_classification_constraints"].values():
        less = metric["comparison_operator"] == "LessThanThreshold"
        metric["threshold"] = metric["threshold"] * 0.8 if less else metric["threshold"] * 1.2 + 0.1
    fleet.put("base/quality/constraints.json", json.dumps(constraints).encode())

    decided = folder / "decided.csv"
    decided.write_text("label,predicted,gender,age,income\n" + "".join(
        f"{label},{int(score > 0.5)},{gender},{age},{income}\n" for score, label, gender, age, income in good))
    probity("bias", decided, "--label", "label", "--positive", "1", "--facet", "gender=0", "--predicted", "predicted",
            "-o", folder / "bias", "-q")
    analysis = json.loads((folder / "bias" / "analysis.json").read_text())
    for section in ("pre_training_bias_metrics", "post_training_bias_metrics"):
        for facet in analysis[section]["facets"]["gender"]:
            for metric in facet["metrics"]:
                value = metric.get("value")
                if isinstance(value, (int, float)):
                    metric["value"] = value + (0.3 if value >= 0 else -0.3)
    fleet.put("base/bias/analysis.json", json.dumps(analysis).encode())
    fleet.put("config/bias/analysis_config.json", json.dumps({
        "headers": ["label", "gender", "age", "income"], "label": "label", "label_values_or_threshold": [1],
        "facet": [{"name_or_index": "gender", "value_or_threshold": [0]}]}).encode())

    config = {
        "dataset_type": "text/csv", "headers": ["gender", "age", "income"],
        "methods": {"shap": {"baseline": [[0, 45, 50.0]], "num_samples": 32, "agg_method": "mean_abs", "use_logit": False,
                             "save_local_shap_values": False}},
        "predictor": {"model_name": "loan", "instance_type": "ml.m5.large", "initial_instance_count": 1,
                      "accept_type": "text/csv", "content_type": "text/csv"}}
    fleet.put("config/explain/analysis_config.json", json.dumps(config).encode())
    features = csv("features.csv", "gender,age,income", (2, 3, 4))
    own = folder / "explain_config.json"
    own.write_text(json.dumps({key: config[key] for key in ("dataset_type", "headers", "methods", "predictor")}))
    probity("clarify", own, "--data", features, "--model", ROOT / "compat" / "models" / "loan.json", "-o", folder / "explain", "-q")
    fleet.put("base/explain/analysis.json", (folder / "explain" / "analysis.json").read_bytes())


def create_monitors(fleet):
    for endpoint in ENDPOINTS:
        truth_of = {"GroundTruthS3Input": {"S3Uri": f"s3://{BUCKET}/labels/{endpoint}"}}
        scored = {"InferenceAttribute": "0", "ProbabilityAttribute": "0", "ProbabilityThresholdAttribute": 0.5}
        made = {
            "data": create_definition(
                fleet, "data_quality", f"{endpoint}-data", endpoint_input(endpoint), {},
                DataQualityBaselineConfig=uris("base/data/statistics.json", "base/data/constraints.json")),
            "quality": create_definition(
                fleet, "model_quality", f"{endpoint}-quality", {**endpoint_input(endpoint, **scored), **truth_of},
                {"ProblemType": "BinaryClassification"}, ModelQualityBaselineConfig=uris(None, "base/quality/constraints.json")),
            "bias": create_definition(
                fleet, "model_bias", f"{endpoint}-bias", {**endpoint_input(endpoint, **scored), **truth_of},
                {"ConfigUri": f"s3://{BUCKET}/config/bias/analysis_config.json"},
                ModelBiasBaselineConfig=uris(None, "base/bias/analysis.json")),
            "explain": create_definition(
                fleet, "model_explainability", f"{endpoint}-explain", endpoint_input(endpoint, InferenceAttribute="0"),
                {"ConfigUri": f"s3://{BUCKET}/config/explain/analysis_config.json"},
                ModelExplainabilityBaselineConfig=uris(None, "base/explain/analysis.json")),
        }
        for kind, what in made.items():
            create_schedule(fleet, f"{endpoint}-{kind}", cron(EXPRESSION[kind]), what)


class Calling(threading.Thread):
    """Calls the steady endpoint while the month lasts."""

    def __init__(self, server, clock):
        super().__init__(daemon=True)
        self.server, self.clock, self.stopping = server, clock, threading.Event()
        self.answered, self.asked = 0, 0

    def run(self):
        while not self.stopping.wait(0.5):
            if self.clock.now() < START:
                continue
            try:
                self.asked += 1
                self.server.client("sagemaker-runtime").invoke_endpoint(
                    EndpointName=STEADY, ContentType="text/csv", Body=b"1,40,50.5", InferenceId=f"live-{self.asked}")
                self.answered += 1
            except (ClientError, BotoCoreError, OSError):
                """It is being killed, or has not loaded the endpoint yet."""


def kill_times():
    """Real seconds from the first slot on; none where a job that another kill stopped is taken up."""
    chance = random.Random(SEED)
    span = DAYS * DAY.total_seconds() / RATE
    while True:
        times = sorted(chance.uniform(0.03, 0.97) * span for _ in range(KILLS))
        gaps = [later - earlier for at, earlier in enumerate(times) for later in times[at + 1:]]
        if all(gap > 3 and not LEASE_S - 4 < gap < LEASE_S + 8 for gap in gaps):
            return times


def live_through(folder):
    """The month, over all kills; gives the last server and what was called meanwhile."""
    end = START + DAYS * DAY
    with serving(folder) as server:
        fleet = Fleet(server)
        month = Month(server, fleet)
        baselines(fleet, folder)
    kills = [START + datetime.timedelta(seconds=at * RATE) for at in kill_times()]
    late = {START + day * DAY + LATE + 12 * HOUR: day for day in range(DAYS)}
    print(f"# seed {SEED}: killed at {', '.join(f'{at:%d %H:%M}' for at in kills)}", flush=True)
    steps = sorted([(at, "kill", None) for at in kills] + [(at, "labels", day) for at, day in late.items() if at < end]
                   + [(end + 6 * HOUR, "end", None)])
    calling = None
    options = ("--clock", f"{START - 2 * DAY:%Y-%m-%dT%H:%M:%SZ}@{RATE}")
    while True:
        with serving(folder, *options) as server:
            options = ()
            fleet = Fleet(server)
            if calling is None:
                clock = Clock(server)
                for endpoint in ENDPOINTS:
                    watched_endpoint(fleet, endpoint)
                create_monitors(fleet)
                made = clock.now()
                assert made < START + 6 * HOUR, f"it took until {made} to make the schedules"
                calling = Calling(server, clock)
                calling.start()
            calling.server = server
            while steps:
                at, what, day = steps[0]
                while clock.now() < at:
                    time.sleep(min(1, max(0.01, (at - clock.now()).total_seconds() / RATE)))
                    month.bring(server)
                steps.pop(0)
                if what == "kill":
                    server.process.kill()
                    server.process.wait()
                    break
                if what == "labels":
                    month.late.append(day)
            else:
                until(lambda: month.bring(server), SECONDS * 2, 1, what=lambda: f"not scored: {month.late}")
                yield server, Fleet(server), month, calling
                return


def settled(server):
    """Every run that was due in the month is over, and no more come."""
    end_ms = (START + DAYS * DAY).timestamp() * 1000

    def over():
        found = [one for one in kept_executions(server) if one["scheduled_ms"] <= end_ms]
        return found if all(one["status"] in OVER for one in found) and len(found) >= 3 * (4 * DAYS + 3 * DAYS) - 12 else None

    count, still = -1, 0
    while still < 3:
        found = until(over, SECONDS * 2, what=lambda: str([one["status"] for one in kept_executions(server)].count("Pending")))
        still = still + 1 if len(found) == count else 0
        count = len(found)
        time.sleep(1)
    return found


def day_of(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, UTC)


@scenario
def a_month_is_watched_though_the_server_is_killed(folder):
    begun = time.monotonic()
    for server, fleet, month, calling in live_through(folder):
        calling.stopping.set()
        calling.join(60)
        settled(server)
        # The next run of a schedule looks for late labels.
        until(lambda: labelled(kept_executions(server), month), SECONDS, 1,
              what=lambda: f"without their labels: {unlabelled(kept_executions(server), month)}")
        found = settled(server)
        for endpoint in ENDPOINTS:
            for kind in KINDS:
                fleet.control.stop_monitoring_schedule(MonitoringScheduleName=f"{endpoint}-{kind}")
        check_slots(found)
        check_results(found)
        check_alerts(server, found)
        check_points(server, found)
        check_labels(found, month)
        check_calls(server, found, calling)
        causes = [one["cause"] for one in found]
        print(f"# {len(found)} runs ({causes.count('late-labels')} for late labels) in {time.monotonic() - begun:.0f} s; "
              f"{calling.answered} of {calling.asked} calls answered", flush=True)
    told = probity("admin", "audit", "--data", folder / "data").stdout
    assert "is whole" in told, told


def slots_of(kind):
    """Those of the month, from the first whole period on."""
    at, slots = START + PERIOD[kind], []
    while at <= START + DAYS * DAY:
        slots.append(at)
        at += PERIOD[kind]
    return slots


def check_slots(found):
    """Each slot has one run, and its window is the time since the slot before."""
    assert all(one["cause"] in ("slot", "late-labels") for one in found), {one["cause"] for one in found}
    for endpoint in ENDPOINTS:
        for kind in KINDS:
            name = f"{endpoint}-{kind}"
            own = [one for one in found if one["schedule"] == name and one["cause"] == "slot"]
            slots = [day_of(one["scheduled_ms"]) for one in own if day_of(one["scheduled_ms"]) > START]
            expected = slots_of(kind)
            missed, more = set(expected) - set(slots), [at for at in slots if at not in expected or slots.count(at) > 1]
            assert not missed and not more, f"{name}: missed {sorted(missed)}, too many {more}"
            assert {one["revision"] for one in own} == {0}, name
            for one in own:
                window = one["body"]["window"]
                assert window["endMs"] == one["scheduled_ms"], (name, window)
                assert window["endMs"] - window["startMs"] == PERIOD[kind].total_seconds() * 1000, (name, window)


def told(one):
    return f"{one['schedule']} {day_of(one['scheduled_ms']):%d %H:%M}: {one['status']} {one['violations']} " + (
        one["body"].get("failureReason") or "; ".join(one["body"].get("violations", []))[:300])


def is_worse(one):
    """Whether some of the window's records are of the bad time, and whether all are."""
    window = one["body"]["window"]
    start, end = day_of(window["startMs"]), day_of(window["endMs"])
    return start < WORSE_TO and end > WORSE_FROM, WORSE_FROM <= start and end <= WORSE_TO


def check_results(found):
    """Violations where something was made worse, from its hour on, and nowhere else."""
    month = [one for one in found if START < day_of(one["scheduled_ms"])]
    failed = [told(one) for one in month if one["status"] not in ("Completed", "CompletedWithViolations")]
    assert not failed, f"{len(failed)} of {len(month)} failed: {failed[:5]}"
    wrong = []
    for one in month:
        partly, wholly = is_worse(one)
        concerned = one["schedule"] in (f"{DRIFTING}-data", f"{UNFAIR}-bias")
        expected = concerned and wholly
        # Of a day that was worse for some of its hours, either verdict is right.
        if concerned and partly and not wholly:
            continue
        if (one["status"] == "CompletedWithViolations") != expected:
            wrong.append(told(one))
    assert not wrong, f"{len(wrong)} verdicts: {wrong[:6]}"
    drifted = [one for one in month if one["schedule"] == f"{DRIFTING}-data" and one["violations"] > 0]
    assert all(one["violations"] == 1 and one["body"]["violations"][0].startswith("income") for one in drifted), told(drifted[0])
    # Six hours after the hour in which it began, and not later.
    assert day_of(drifted[0]["scheduled_ms"]) == WORSE_FROM + 6 * HOUR, told(drifted[0])
    assert day_of(drifted[-1]["scheduled_ms"]) == WORSE_TO, told(drifted[-1])


def check_alerts(server, found):
    """One alert of each of the two, raised by a violated run and over with a clean one."""
    runs = {one["id"]: one for one in found}
    changes = rows(server, "select * from monitoring_alert_change where name = 'Default' order by at_ms")
    by = {}
    for one in changes:
        # Afterwards there are only the driver's own calls, which are all alike.
        if one["execution"] not in runs:
            continue
        by.setdefault(one["subject"].removeprefix("monitoring-schedule/"), []).append(one)
    assert set(by) == {f"{DRIFTING}-data", f"{UNFAIR}-bias"}, {name: len(some) for name, some in by.items()}
    for name, some in by.items():
        assert [one["status"] for one in some] == ["InAlert", "OK"], (name, some)
        raised, settled_by = (runs[one["execution"]] for one in some)
        assert raised["violations"] > 0 and settled_by["violations"] == 0, (told(raised), told(settled_by))
    kept = rows(server, "select subject from monitoring_alert where name = 'Default'")
    assert len(kept) == len(ENDPOINTS) * len(KINDS), kept


def check_points(server, found):
    """No number of a run is kept twice, and each slot has some."""
    points = rows(server, "select * from metric_point")
    seen = {}
    for point in points:
        key = (point["region"], point["namespace"], point["name"], point["dimensions"], point["at_ms"])
        seen[key] = seen.get(key, 0) + 1
    doubled = [key for key, n in seen.items() if n > 1]
    assert not doubled, f"{len(doubled)} points are kept twice, as {doubled[:3]}"
    # Those of a monitor of data: the same number of points at each of its slots.
    counts = {}
    for point in points:
        dimensions = json.loads(point["dimensions"])
        if dimensions.get("MonitoringSchedule") == f"{UNFAIR}-data":
            counts[point["at_ms"]] = counts.get(point["at_ms"], 0) + 1
    in_month = {at: n for at, n in counts.items() if START <= day_of(at) < START + DAYS * DAY}
    assert len(in_month) == len(slots_of("data")) and len(set(in_month.values())) == 1, (len(in_month), set(in_month.values()))


def revisions_of(found, kind):
    """The runs of the steady endpoint's windows whose late labels came within the month, by day."""
    by_day = {}
    for one in found:
        day = (day_of(one["scheduled_ms"]) - START).days - 1
        if one["schedule"] == f"{STEADY}-{kind}" and 0 <= day < DAYS - 4:
            by_day.setdefault(day, []).append(one)
    return {day: sorted(some, key=lambda one: one["revision"]) for day, some in by_day.items()}


def matched(one):
    return one["body"].get("join", {}).get("matched", 0)


def unlabelled(found, month):
    """Windows whose last run has not seen all of their labels."""
    return [(kind, day) for kind in ("quality", "bias") for day, revisions in revisions_of(found, kind).items()
            if matched(revisions[-1]) != len(month.labels[STEADY, day]) or revisions[-1]["status"] not in OVER]


def labelled(found, month):
    return not unlabelled(found, month)


def check_labels(found, month):
    """A window whose labels came after it was scored is scored anew; both numbers are kept."""
    assert labelled(found, month), unlabelled(found, month)
    for kind in ("quality", "bias"):
        by_day = revisions_of(found, kind)
        assert sorted(by_day) == list(range(DAYS - 4)), sorted(by_day)
        for day, revisions in by_day.items():
            places = {one["body"]["outputUri"] for one in revisions}
            assert len(places) == len(revisions), f"revisions have their results in one place: {places}"
            first = revisions[0]
            if matched(first) == len(month.labels[STEADY, day]):
                # Only of a day whose labels did not wait for it.
                assert day % 2 == 1 and len(revisions) == 1, (kind, day, len(revisions))
                continue
            assert matched(first) == len(month.labels[STEADY, day]) // 4 and first["cause"] == "slot", told(first)
            assert [one["cause"] for one in revisions[1:]] == ["late-labels"], [one["cause"] for one in revisions]
            assert revisions[1]["body"]["rescores"] == first["id"], revisions[1]["body"]


def check_calls(server, found, calling):
    """What was answered meanwhile was seen by one run of the monitor of data, and by one only."""
    end = START + DAYS * DAY
    captured = 0
    for file in (server.data / "objects" / BUCKET / "live" / STEADY).rglob("*.jsonl"):
        for line in file.read_text().splitlines():
            captured += START <= instant(json.loads(line)["eventMetadata"]["inferenceTime"]) < end
    written = DAYS * 4 * ROWS
    items = [point for point in rows(server, "select * from metric_point where name = 'feature_data_age'")
             if json.loads(point["dimensions"]).get("MonitoringSchedule") == f"{STEADY}-data"]
    seen = sum(point["samples"] for point in items if START <= day_of(point["at_ms"]) < START + DAYS * DAY)
    assert captured > written + 10 and captured - written <= calling.asked, (captured, written, calling.asked)
    assert seen == captured, f"{seen} records were seen of {captured}; {calling.answered} of {calling.asked} were answered meanwhile"
    print(f"# {captured - written} calls of the month were captured, and each was seen once", flush=True)


if __name__ == "__main__":
    sys.exit(run())
