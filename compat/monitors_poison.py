"""Captured calls that no monitor can read, between those that it can: runs end, say what they passed
over, why and how often, and count the rest exactly.

needs: packages
"""

import base64
import datetime
import json
import sys
import uuid

from _endpoint import Fleet
from _monitoring import (
    UTC, create_schedule, ended, event, hour_key, inline, iso, job_of, kept_executions, lines, log_of, now,
    results_of, watched_endpoint)
from _program import run, scenario
from _server import serving

GOOD = 120


def row(n):
    return f"{n % 2},{20 + n % 50},{30 + n % 40}.5"


def good(at, n=GOOD):
    return [event(at, row(one), f"0.{one % 90 + 10}") for one in range(n)]


def base64_of(data):
    return base64.b64encode(data).decode(), "BASE64"


def typed(record, side, content_type):
    record["captureData"][side]["observedContentType"] = content_type
    return record


def moment():
    """Its whole hour is within the two that the runs look at: lines without a time count by it."""
    return datetime.datetime.now(UTC) - datetime.timedelta(minutes=10)


def note_of(server, schedule="watch"):
    """What a run tells its readers, as one text."""
    [found] = [one for one in kept_executions(server) if one["schedule"] == schedule]
    return "\n".join(found["body"].get("notes", []))


def says(text, *expected):
    for some in expected:
        assert some in text, f"`{some}` is not in\n{text}"


@scenario
def poison_between_good_calls_is_passed_over_and_counted(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "loans")
        at = moment()
        mixed = [event(at, row(n), ('{"score": 0.5}', "JSON")) for n in range(3)]
        # The endpoint was not told the content type: what the payload is stands beside it.
        wrapped = [event(at, base64_of(row(n).encode()), base64_of(b"0.5")) for n in range(4)]
        pictures = [typed(typed(event(at, base64_of(b"\x89PNG\r\n"), base64_of(b"\xff\xfe\x00")), "endpointInput", "image/png"),
                          "endpointOutput", "image/png") for _ in range(2)]
        wide = [event(at, row(n) + ",7,7", "0.5") for n in range(5)]
        no_base64 = [event(at, ("%%%", "BASE64"), "0.5")]
        repeated = event(at, row(1), "0.5", eventId="the-same")
        # Calls of another time, in the folder of this hour; and of no time.
        jumps = [event(at, row(n), "0.5") for n in range(6)]
        for record, time in zip(jumps, ["1970-01-01T00:00:00Z", "2099-12-31T23:59:59Z", iso(at - datetime.timedelta(days=1)),
                                        iso(at + datetime.timedelta(hours=3)), "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"]):
            record["eventMetadata"]["inferenceTime"] = time
        broken = [
            b'{"captureData":{"endpointInput":{"data":"1,2\n',
            b"null\n", b"[]\n", b"17\n", b'"text"\n', b"not json\n",
            b'{"captureData":{},"eventVersion":"0"}\n',
            b"\xff\xfe\xfd\n",
            b"[" * 20_000 + b"\n",
            b'{"captureData":' * 5_000 + b"\n",
        ]
        content = b"".join([lines(good(at)), *broken[:5], lines(mixed + wrapped + pictures), *broken[5:],
                            lines(wide + no_base64 + [repeated] * 7 + jumps), b"\n\n  \n"])
        # A name that sorts in front, and other files of the folder that are none of ours.
        hour = hour_key("loans", at)
        fleet.put(f"{hour}/00-00-000-{uuid.uuid4()}.jsonl", content)
        fleet.put(f"{hour}/01-00-000-{uuid.uuid4()}.jsonl", b"")
        create_schedule(fleet, "watch", now("-PT2H"), inline("loans"))
        run_of = ended(fleet, "watch")[0]
        assert run_of["MonitoringExecutionStatus"] == "Completed", (run_of, server.log[-1500:])
        files = results_of(fleet, run_of)
        statistics = json.loads(files["statistics.json"])
        expected = GOOD + len(wrapped) + 1
        assert statistics["dataset"]["item_count"] == expected, (statistics["dataset"], expected, note_of(server))
        assert len(statistics["features"]) == 4, [one["name"] for one in statistics["features"]]
        notes = note_of(server)
        n_skipped = len(mixed) + len(pictures) + len(no_base64) + len(wide) + len(broken)
        says(notes, f"skipped {n_skipped} of ",
             "4 whose input and output have different encodings", "2 whose payload is BASE64",
             "5 with another number of columns than most", "1 whose line is not valid UTF-8",
             "3 whose line is not valid JSON", "6 that are not as an endpoint captures them",
             ", first at `s3://bucket/live/loans/AllTraffic/",
             "4 events decoded from base64", "6 events passed over because an event with the same id was read before",
             "6 events passed over because their inference was outside the window")
        # The same for whoever reads the results or the log.
        own = files["probity.json"].decode()
        said = log_of(server, run_of)
        for text in (own, said):
            for line in notes.splitlines():
                start = line[:60]
                assert start in text, f"`{start}` is not in\n{text[:3000]}"
        # Where the first of them are, and nothing of what they hold.
        assert "%%%" not in notes + said and "iVBOR" not in notes + said, notes


@scenario
def calls_of_distinct_columns_end_in_a_table_of_bounded_width(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "loans")
        at = moment()
        records = []
        for n in range(200):
            records.append(event(at, (json.dumps({"age": 20 + n % 40, "income": 30.5 + n % 7}), "JSON"),
                                 (json.dumps({"score": 0.5}), "JSON")))
        # A million columns: each of these calls names a thousand that no other has.
        for n in range(1000):
            data = {f"c{n}_{one}": one for one in range(1000)}
            records.append(event(at, (json.dumps(data), "JSON"), (json.dumps({"score": 0.5}), "JSON")))
        # And one call that has a million by itself, as text of commas.
        records.append(event(at, ",".join(["1"] * 1_000_000), "0.5"))
        for n in range(3):
            records.append(event(at, (json.dumps({"age": 1, "more": {"deep": [1, {"er": n}]}}), "JSON"), (json.dumps({"score": 0.5}), "JSON")))
        fleet.put(f"{hour_key('loans', at)}/00-00-000-{uuid.uuid4()}.jsonl", lines(records))
        create_schedule(fleet, "watch", now("-PT2H"), inline("loans"))
        run_of = ended(fleet, "watch", seconds=150)[0]
        notes = note_of(server)
        # It ends, with what it could read or with a reason that a person can act on; the server lives.
        if run_of["MonitoringExecutionStatus"] == "Failed":
            assert "column" in run_of["FailureReason"].lower(), run_of
        else:
            statistics = json.loads(results_of(fleet, run_of)["statistics.json"])
            assert 200 <= statistics["dataset"]["item_count"] < len(records), (statistics["dataset"], notes)
            names = {one["name"] for one in statistics["features"]}
            assert {"age", "income", "score"} <= names, sorted(names)[:5]
            assert "column" in notes.lower(), notes
            says(notes, "3 whose JSON is nested", "992 whose keys would make too many columns")
        print(f"# {run_of['MonitoringExecutionStatus']}: {run_of.get('FailureReason', '')[:200]} {notes[:500]}", flush=True)
        # The next run, of another window, is not in its way.
        fleet.ask("loans", b"1,40,60")
        create_schedule(fleet, "next", now("-PT1M"), inline("loans"))
        assert ended(fleet, "next")[0]["MonitoringExecutionStatus"] == "Completed", executions_of(server)


def executions_of(server):
    return [(one["schedule"], one["status"], one["body"].get("failureReason"), one["body"].get("notes")) for one in kept_executions(server)]


@scenario
def nothing_readable_is_no_data_and_not_a_crash(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "loans")
        at = moment()
        fleet.put(f"{hour_key('loans', at)}/00-00-000-{uuid.uuid4()}.jsonl", b"\xff\xff\nnull\n{]\n")
        create_schedule(fleet, "watch", now("-PT2H"), inline("loans"))
        run_of = ended(fleet, "watch")[0]
        assert run_of["MonitoringExecutionStatus"] == "Failed", run_of
        assert job_of(fleet, run_of)["ProcessingJobStatus"] == "Failed"
        told = run_of["FailureReason"] + " " + note_of(server)
        assert "skipped 3 of 3 events" in told and not run_of["FailureReason"].startswith("InternalServerError"), told
        # Later, all is well again.
        fleet.put(f"{hour_key('loans', at)}/30-00-000-{uuid.uuid4()}.jsonl", lines(good(at)))
        create_schedule(fleet, "again", now("-PT2H"), inline("loans"))
        run_of = ended(fleet, "again")[0]
        assert run_of["MonitoringExecutionStatus"] == "Completed", run_of
        assert json.loads(results_of(fleet, run_of)["statistics.json"])["dataset"]["item_count"] == GOOD
        says(note_of(server, "again"), f"skipped 3 of {GOOD + 3} events")


if __name__ == "__main__":
    sys.exit(run())
