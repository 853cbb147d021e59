"""A thousand schedules that are due in the same minute: all end, in the order in which they were due,
in little memory, and the API answers meanwhile.

PROBITY_MANY_SCHEDULES is another number of them. Numbers of a quiet machine are printed; what is
demanded is what any machine must hold.

needs: packages
"""

import datetime
import http.client
import json
import os
import pathlib
import sys
import threading
import time
import urllib.parse

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from _endpoint import Fleet
from _monitoring import (
    OVER, UTC, create_schedule, cron, event, executions, inline, kept_executions, put_captures, until, watched_endpoint)
from _program import Skip, probity, run, scenario
from _server import KEY, REGION, SECRET, serving

SCHEDULES = int(os.environ.get("PROBITY_MANY_SCHEDULES", "1000"))
# Due a minute later: no run of theirs may begin before those that were due first.
LATER = 20
ENDPOINTS = 4
CALLS = 100
JOBS = 2
PERIOD = 0.02
# Of a machine that does other things, too. On a quiet one the 99th percentile is to be below 0.05 s.
SLOWEST_P99 = 0.5
MOST_MEMORY = 1 << 30


def memory(server, what):
    """`VmHWM`, the most that the process ever had, or `VmRSS`."""
    status = pathlib.Path(f"/proc/{server.process.pid}/status")
    if not status.exists():
        raise Skip("needs /proc")
    line = next(line for line in status.read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) * 1024


class Asking(threading.Thread):
    """Asks the API every 20 ms, one call after the other."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.url = server.url + "/"
        self.place = urllib.parse.urlsplit(server.url).netloc
        self.stopping = threading.Event()
        self.took, self.refused = [], []

    def run(self):
        connection = http.client.HTTPConnection(self.place, timeout=60)
        questions = [("DescribeMonitoringSchedule", {"MonitoringScheduleName": "watch-7"}), ("ListModels", {}),
                     ("ListMonitoringExecutions", {"MonitoringScheduleName": "watch-7"})]
        asked = 0
        while not self.stopping.is_set():
            operation, members = questions[asked % len(questions)]
            asked += 1
            request = AWSRequest("POST", self.url, data=json.dumps(members), headers={
                "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{operation}"})
            SigV4Auth(Credentials(KEY, SECRET), "sagemaker", REGION).add_auth(request)
            # What boto3 itself takes is none of the server's time.
            begun = time.monotonic()
            connection.request("POST", "/", request.data, dict(request.headers))
            answer = connection.getresponse()
            text = answer.read()
            self.took.append(time.monotonic() - begun)
            if answer.status != 200:
                self.refused.append((operation, answer.status, text[:200]))
            time.sleep(max(0, PERIOD - (time.monotonic() - begun)))

    def end(self):
        self.stopping.set()
        self.join(70)
        assert not self.refused, self.refused[:3]
        return sorted(self.took)


def percentile(ranked, share):
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))]


def baseline(fleet, folder):
    table = folder / "train.csv"
    table.write_text("score,gender,age,income\n" + "".join(f"0.{n % 90 + 10},{n % 2},{18 + n % 60},{20 + n % 70}.5\n" for n in range(500)))
    probity("baseline", table, "-o", folder / "base", "-q")
    for name in ("statistics.json", "constraints.json"):
        fleet.put(f"base/{name}", (folder / "base" / name).read_bytes())


def calls(at):
    return [event(at, f"{n % 2},{18 + n % 60},{20 + n % 70}.5", f"0.{n % 90 + 10}") for n in range(CALLS)]


def create_all(fleet):
    """Schedules in the order of their names; due at the first whole minute after all are made.
    Gives that minute."""
    offsets = {"StartTimeOffset": "-PT1H", "EndTimeOffset": "PT0H"}

    def what(at):
        return inline(f"loans-{at % ENDPOINTS}", "base", offsets=offsets)

    def once(due):
        return cron(f"cron({due.minute} {due.hour} {due.day} {due.month} ? {due.year})")

    begun, tried = time.monotonic(), 20
    for at in range(tried):
        create_schedule(fleet, f"try-{at}", cron("cron(0 0 1 1 ? 2099)"), what(at))
    each = (time.monotonic() - begun) / tried
    for at in range(tried):
        fleet.control.delete_monitoring_schedule(MonitoringScheduleName=f"try-{at}")
    # With time to spare: others use this machine.
    ready = datetime.datetime.now(UTC) + datetime.timedelta(seconds=each * (SCHEDULES + LATER) * 1.5 + 5)
    due = ready.replace(second=0, microsecond=0) + datetime.timedelta(minutes=1)
    for at in range(SCHEDULES):
        create_schedule(fleet, f"watch-{at}", once(due), what(at))
    for at in range(LATER):
        create_schedule(fleet, f"later-{at}", once(due + datetime.timedelta(minutes=1)), what(at))
    left = (due - datetime.datetime.now(UTC)).total_seconds()
    assert left > 0, f"{SCHEDULES} schedules took longer to make than {each:.4f} s each"
    print(f"# {SCHEDULES + LATER} schedules made at {each * 1000:.1f} ms each; due in {left:.0f} s", flush=True)
    return due


@scenario
def a_thousand_schedules_of_one_minute_all_run(folder):
    with serving(folder, "--jobs", JOBS) as server:
        fleet = Fleet(server)
        for at in range(ENDPOINTS):
            watched_endpoint(fleet, f"loans-{at}")
            put_captures(fleet, f"loans-{at}", calls(datetime.datetime.now(UTC) - datetime.timedelta(minutes=2)))
        baseline(fleet, folder)
        due = create_all(fleet)
        before = memory(server, "VmRSS")
        time.sleep(max(0, (due - datetime.datetime.now(UTC)).total_seconds()))
        asking = Asking(server)
        asking.start()

        def left():
            time.sleep(1)
            # The server's own table: the listing is a thousand pages of ten.
            found = kept_executions(server)
            return len(found) == SCHEDULES + LATER and all(one["status"] in OVER for one in found)

        until(left, 400, what=lambda: f"{len(kept_executions(server))} executions")
        ranked = asking.end()
        most = memory(server, "VmHWM")
        found = kept_executions(server)
        spent = max(one["modified_ms"] for one in found) / 1000 - due.timestamp()
        print(f"# {len(found)} runs ended {spent:.1f} s after the minute, {spent / len(found) * 1000:.0f} ms each with {JOBS} at once; "
              f"memory {before >> 20} MiB before, {most >> 20} MiB at most", flush=True)
        print(f"# API meanwhile, {len(ranked)} calls: p50 {percentile(ranked, 0.5) * 1000:.1f} ms, "
              f"p99 {percentile(ranked, 0.99) * 1000:.1f} ms, most {ranked[-1] * 1000:.1f} ms", flush=True)

        assert {one["status"] for one in found} == {"Completed"}, [one for one in found if one["status"] != "Completed"][:2]
        assert len({one["schedule"] for one in found}) == len(found), "a schedule ran twice"
        slots = {due.timestamp() * 1000, due.timestamp() * 1000 + 60_000}
        assert {one["scheduled_ms"] for one in found} == slots, slots
        begun = sorted(found, key=lambda one: one["body"]["startedMs"])
        # Of those that run at once, one may be told before the other.
        first_later = next(at for at, one in enumerate(begun) if one["schedule"].startswith("later"))
        assert first_later >= SCHEDULES - JOBS, f"a run that was due a minute later is the {first_later}th"
        assert begun[0]["body"]["startedMs"] - due.timestamp() * 1000 < 10_000, begun[0]
        listed = executions(fleet, "watch-7")
        assert len(listed) == 1 and listed[0]["MonitoringExecutionStatus"] == "Completed", listed
        assert most < MOST_MEMORY, f"{most >> 20} MiB"
        assert percentile(ranked, 0.99) < SLOWEST_P99, percentile(ranked, 0.99)


if __name__ == "__main__":
    sys.exit(run())
