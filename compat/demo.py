"""`probity demo` at its full size, once: its stories by boto3 and by what the server keeps, its end by Ctrl-C,
and the folder that it leaves.

needs: packages
"""

import contextlib
import datetime
import http.cookiejar
import json
import os
import pathlib
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import boto3
from botocore.config import Config

from _monitoring import OVER, kept_executions, rows, until
from _program import SECONDS, probity, program, run, scenario
from _server import REGION, serving

DAYS = 30
LATE = 3
DAY = datetime.timedelta(days=1)
# Days of the stories, counted from 0: credit.rs and demand.rs.
PORTAL_FROM, FORGOTTEN = 18, (6, 7)
NO_WEATHER, RIVAL_GONE_FROM = (9, 10), 14
CREDIT, DEMAND, FRAUD = "credit-approval", "demand-forecast", "card-fraud"
ENDPOINTS = (CREDIT, DEMAND, FRAUD)
MONITORS = ("data-quality", "model-quality", "bias", "explainability")
JOINED = ("model-quality", "bias")
MOST_MEMORY = 500 << 20
OTHERS_SECRET = "a-secret-that-is-not-printed"


class Demo:
    def __init__(self, process, told, data, log):
        self.process, self.told, self.data, self.log = process, told, data, log

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.told["address"], region_name=REGION,
            aws_access_key_id=self.told["access_key_id"], aws_secret_access_key=self.told["secret_access_key"],
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60))

    def environment(self):
        return {"AWS_ENDPOINT_URL": self.told["address"], "AWS_REGION": REGION,
                "AWS_ACCESS_KEY_ID": self.told["access_key_id"],
                "AWS_SECRET_ACCESS_KEY": self.told["secret_access_key"], "AWS_EC2_METADATA_DISABLED": "true"}


def started(folder, *arguments):
    # Neither is the demo's business: the key of a server, and a proxy that leads nowhere.
    others = {"PROBITY_ROOT_ACCESS_KEY_ID": "AKIAOFASERVER", "PROBITY_ROOT_SECRET_ACCESS_KEY": OTHERS_SECRET,
              "HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
    environment = {**os.environ, **others, "TMPDIR": str(folder)}
    # A month in minutes takes all the processor that it gets; drivers beside it have clocks.
    return subprocess.Popen(
        ["nice", "-n", "10", program(), "demo", "--listen", "127.0.0.1:0", "--output", "json", *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=environment)


def ended(process, number=signal.SIGINT):
    process.send_signal(number)
    process.wait(180)
    assert process.returncode == 0, process.returncode


@contextlib.contextmanager
def playing(folder, *arguments):
    process = started(folder, *arguments)
    log = []
    reader = threading.Thread(target=lambda: log.extend(process.stderr), daemon=True)
    reader.start()
    try:
        first = process.stdout.readline()
        assert first, "".join(log)[-3000:]
        assert OTHERS_SECRET not in first, first
        yield Demo(process, json.loads(first), folder / "kept", log)
        ended(process)
    finally:
        process.kill()
        process.wait()
        reader.join(10)
    assert "panicked" not in "".join(log), "".join(log)[-3000:]


def day_of(one, first_ms):
    """The day whose calls a run looked at."""
    return round((one["body"]["window"]["startMs"] - first_ms) / 86_400_000)


def told(one):
    return f"{one['schedule']} {one['cause']}: {one['status']} {one['violations']} " + (
        one["body"].get("failureReason") or "; ".join(one["body"].get("violations", []))[:400])


def check_runs(found):
    """Each daily slot has its run, none failed, and windows with late labels have two."""
    assert all(one["status"] in OVER for one in found), [told(one) for one in found if one["status"] not in OVER]
    failed = [told(one) for one in found if one["status"] not in ("Completed", "CompletedWithViolations")]
    assert not failed, failed[:5]
    runs = {}
    for one in found:
        runs.setdefault((one["schedule"], one["day"]), []).append(one)
    expected = {(f"{endpoint}-{monitor}", day) for endpoint in ENDPOINTS for monitor in MONITORS for day in range(DAYS)}
    assert set(runs) == expected, set(runs) ^ expected
    for (schedule, day), of in runs.items():
        is_late = schedule in [f"{DEMAND}-{monitor}" for monitor in JOINED] and day < DAYS - LATE
        causes = [(one["cause"], one["revision"]) for one in of]
        assert causes == [("slot", 0), ("late-labels", 1)][: 2 if is_late else 1], (schedule, day, causes)
    return runs


def alarmed(runs, endpoint, monitor, revision=0):
    """The days whose calls were found wrong."""
    return [day for day in range(DAYS) if (of := runs[f"{endpoint}-{monitor}", day]) and len(of) > revision
            and of[revision]["violations"]]


def words(runs, endpoint, monitor, day):
    return "; ".join(runs[f"{endpoint}-{monitor}", day][0]["body"].get("violations", []))


def check_stories(runs):
    drift = list(range(PORTAL_FROM, DAYS))
    named = {day: words(runs, CREDIT, "data-quality", day) for day in range(DAYS)}
    assert [day for day in named if "income" in named[day]] == drift, named
    assert [day for day in named if "years_employed" in named[day]] == list(FORGOTTEN), named
    assert alarmed(runs, CREDIT, "data-quality") == [*FORGOTTEN, *drift], named
    assert alarmed(runs, CREDIT, "bias") == drift, alarmed(runs, CREDIT, "bias")
    assert "sex=1" in words(runs, CREDIT, "bias", DAYS - 1), words(runs, CREDIT, "bias", DAYS - 1)
    for monitor in MONITORS:
        assert alarmed(runs, FRAUD, monitor) == [], [words(runs, FRAUD, monitor, day) for day in alarmed(runs, FRAUD, monitor)]
    assert alarmed(runs, DEMAND, "data-quality") == list(NO_WEATHER), alarmed(runs, DEMAND, "data-quality")
    # The first labels are of town shops, where no rival was: they show the days without weather, and nothing more.
    first, all_labels = (alarmed(runs, DEMAND, "model-quality", revision) for revision in (0, 1))
    assert first == list(NO_WEATHER), [words(runs, DEMAND, "model-quality", day) for day in first]
    assert all_labels == [*NO_WEATHER, *range(RIVAL_GONE_FROM, DAYS - LATE)], all_labels


def check_points(demo):
    """Both values of a day whose labels came late are kept."""
    points = rows(demo, "select dimensions from metric_point where name = 'rmse'")
    again = [one for one in points if '"Revision":"1"' in one["dimensions"].replace(" ", "")]
    assert len(again) == DAYS - LATE and len(points) == 2 * DAYS - LATE, (len(again), len(points))


def check_alerts(sm):
    status = {}
    for page in sm.get_paginator("list_monitoring_alerts").paginate(MonitoringScheduleName=f"{CREDIT}-data-quality"):
        for one in page["MonitoringAlertSummaries"]:
            status[one["MonitoringAlertName"]] = one["AlertStatus"]
    assert status["Default"] == "InAlert", status
    history = sm.list_monitoring_alert_history(MonitoringScheduleName=f"{CREDIT}-data-quality", SortOrder="Ascending")
    assert [one["AlertStatus"] for one in history["MonitoringAlertHistory"]] == ["InAlert", "OK", "InAlert"], history
    for monitor in MONITORS:
        history = sm.list_monitoring_alert_history(MonitoringScheduleName=f"{FRAUD}-{monitor}")
        assert history["MonitoringAlertHistory"] == [], history


def check_registry(sm):
    assert {one["EndpointName"] for one in sm.list_endpoints()["Endpoints"]} == set(ENDPOINTS)
    packages = sm.list_model_packages(ModelPackageGroupName=CREDIT, SortBy="CreationTime", SortOrder="Ascending")
    found = [one["ModelApprovalStatus"] for one in packages["ModelPackageSummaryList"]]
    assert found == ["Rejected", "Approved", "PendingManualApproval"], found
    cards = {one["ModelCardName"]: one["ModelCardStatus"] for one in sm.list_model_cards()["ModelCardSummaries"]}
    assert cards == {CREDIT: "Approved", FRAUD: "Approved", DEMAND: "PendingReview", "credit-approval-next": "Draft"}, cards
    card = json.loads(sm.describe_model_card(ModelCardName=CREDIT)["Content"])
    assert {one["name"] for one in card["evaluation_details"]} == {"quality", "fairness"}, card["evaluation_details"]


def check_pages(demo):
    """The link signs in once, and the pages are there: nothing of a browser but its cookies."""
    jar = http.cookiejar.CookieJar()
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    browser.addheaders = [("Accept", "text/html")]
    with browser.open(demo.told["sign_in_url"], timeout=60) as page:
        assert page.url.endswith("/dashboard"), page.url
    for path, names in (("/dashboard", ENDPOINTS), (f"/models/{CREDIT}", (CREDIT,)), (f"/monitors/{CREDIT}-bias", (CREDIT,)), ("/activity", ())):
        try:
            with browser.open(demo.told["address"] + path, timeout=60) as page:
                text = page.read().decode()
                assert page.status == 200 and all(name in text for name in names), (path, text[:500])
        except urllib.error.HTTPError as error:
            raise AssertionError((path, error.code, error.read()[:500])) from error
    stranger = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    stranger.addheaders = [("Accept", "text/html")]
    try:
        with stranger.open(demo.told["sign_in_url"], timeout=60) as page:
            raise AssertionError(f"the link signed in twice: {page.url}")
    except urllib.error.HTTPError as error:
        assert error.code == 403, error.code


def memory(process):
    status = pathlib.Path(f"/proc/{process.pid}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


@scenario
def a_month_of_three_models_tells_its_stories(folder):
    begun = time.monotonic()
    with playing(folder, "--keep", folder / "kept") as demo:
        took = time.monotonic() - begun
        most = memory(demo.process)
        print(f"# populated in {took:.1f} s with {(most or 0) >> 20} MiB", flush=True)
        for line in demo.log:
            print(f"# {line.rstrip()}", flush=True)
        found = kept_executions(demo)
        first_ms = min(one["body"]["window"]["startMs"] for one in found)
        for one in found:
            one["day"] = day_of(one, first_ms)
        runs = check_runs(found)
        check_stories(runs)
        check_points(demo)
        sm = demo.client("sagemaker")
        check_alerts(sm)
        check_registry(sm)
        check_pages(demo)
        # What the demo itself proposes: calls since the last slot are there to be looked at.
        probity("monitor", "run", f"{FRAUD}-data-quality", "--wait", environment=demo.environment())
        assert most is None or most < MOST_MEMORY, most
    told = probity("admin", "audit", "--data", folder / "kept").stdout
    assert "is whole" in told, told
    probity("demo", "--keep", folder / "kept", code=2)
    # The folder goes on as that of any server.
    (folder / "kept").rename(folder / "data")
    with serving(folder) as server:
        chosen = {"aws_access_key_id": demo.told["access_key_id"], "aws_secret_access_key": demo.told["secret_access_key"]}
        sm = server.client("sagemaker", key=chosen["aws_access_key_id"], secret=chosen["aws_secret_access_key"])
        assert len(sm.list_monitoring_schedules(MaxResults=100)["MonitoringScheduleSummaries"]) == len(ENDPOINTS) * len(MONITORS)


@scenario
def whatever_ends_the_demo_removes_its_folder(folder):
    """Ctrl-C, a service manager and a closed terminal, also before the server listens."""
    # Under `nohup` this driver itself ignores a closed terminal, and what it starts would, too.
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    while_it_plays, at_once = "probity-demo-*/objects/demo", "probity-demo-*"
    for number, place in ((signal.SIGINT, while_it_plays), (signal.SIGHUP, while_it_plays),
                          (signal.SIGTERM, while_it_plays), (signal.SIGINT, at_once), (signal.SIGHUP, at_once)):
        process = started(folder)
        end = time.monotonic() + SECONDS
        while not list(folder.glob(place)):
            assert process.poll() is None and time.monotonic() < end, process.stderr.read()
            time.sleep(0.002)
        ended(process, number)
        assert list(folder.iterdir()) == [], (number, place, list(folder.iterdir()))


@scenario
def a_demo_under_nohup_outlives_its_terminal(folder):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = started(folder)
    finally:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    until(lambda: list(folder.glob("probity-demo-*/objects/demo")), SECONDS, what="the demo does not begin")
    process.send_signal(signal.SIGHUP)
    time.sleep(1)
    assert process.poll() is None, process.stderr.read()
    ended(process, signal.SIGINT)
    assert list(folder.iterdir()) == [], list(folder.iterdir())


if __name__ == "__main__":
    sys.exit(run())
