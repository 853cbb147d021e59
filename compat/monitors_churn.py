"""A monitor of the size of the service's own demonstration (customer churn: a baseline of 2,333 rows
and 70 columns), from the minute at which its run is due to the end of it.

needs: packages
"""

import datetime
import json
import random
import sys

from _endpoint import Fleet
from _monitoring import (
    UTC, create_schedule, cron, ended, event, inline, job_of, put_captures, rows, results_of, until, watched_endpoint)
from _program import probity, run, scenario
from _server import serving

# The demonstration has 59 columns of integers, most of them 0 or 1 for one state of fifty, and ten of fractions.
INTEGERS = [f"state_{at}" for at in range(50)] + [
    "account_length", "vmail_message", "day_calls", "eve_calls", "night_calls", "intl_calls", "custserv_calls",
    "intl_plan_no", "vmail_plan_no"]
FRACTIONS = [f"{time}_{what}" for time in ("day", "eve", "night", "intl", "roaming") for what in ("mins", "charge")]
FEATURES = INTEGERS + FRACTIONS
BASELINE, CALLS, BAD = 2333, 2000, 7
# Generous: the machine may do a great deal else.
SECONDS = 10


def customer(chance):
    """Values of the features, as text."""
    state = chance.randrange(50)
    values = ["1" if at == state else "0" for at in range(50)]
    values += [str(chance.randint(1, 243)), str(chance.choice([0, 0, 0, chance.randint(4, 51)]))]
    values += [str(chance.randint(30, 165)) for _ in range(3)]
    values += [str(chance.randint(0, 20)), str(chance.randint(0, 9)), str(chance.randint(0, 1)), str(chance.randint(0, 1))]
    for _ in range(5):
        minutes = round(chance.gauss(200, 50), 1)
        values += [f"{abs(minutes):.1f}", f"{abs(minutes) * 0.17:.2f}"]
    return values


def baseline(fleet, folder):
    chance = random.Random(1)
    table = folder / "train.csv"
    with table.open("w") as out:
        print("churn", *FEATURES, sep=",", file=out)
        for _ in range(BASELINE):
            print(int(chance.random() < 0.145), *customer(chance), sep=",", file=out)
    probity("baseline", table, "-o", folder / "base", "-q")
    for name in ("statistics.json", "constraints.json"):
        fleet.put(f"base/{name}", (folder / "base" / name).read_bytes())


def calls(at):
    """What the model was asked, and the probabilities that it told where the baseline has 0 and 1.
    Some customers were sent by a caller that divided everything: none of their integers is one."""
    chance = random.Random(2)
    made = []
    for n in range(CALLS):
        values = customer(chance)
        if n % (CALLS // BAD) == 0 and n // (CALLS // BAD) < BAD:
            values = [f"{float(value) + 0.5}" for value in values]
        made.append(event(at, ",".join(values), f"{chance.random() * 0.8 + 0.01:.6f}"))
    return made


@scenario
def a_run_of_the_churn_demonstrations_size_ends_soon_after_it_is_due(folder):
    with serving(folder) as server:
        fleet = Fleet(server)
        watched_endpoint(fleet, "churn")
        baseline(fleet, folder)
        put_captures(fleet, "churn", calls(datetime.datetime.now(UTC) - datetime.timedelta(minutes=3)))
        # Every minute, so that the run is the first of its process; it looks at the last hour.
        offsets = {"StartTimeOffset": "-PT1H", "EndTimeOffset": "PT0H"}
        create_schedule(fleet, "churn", cron("* * * * *"), inline("churn", "base", offsets=offsets))
        first = ended(fleet, "churn", seconds=120)[0]
        fleet.control.stop_monitoring_schedule(MonitoringScheduleName="churn")
        due, created, over = (first[name] for name in ("ScheduledTime", "CreationTime", "LastModifiedTime"))
        took = (over - due).total_seconds()
        print(f"# due to made {(created - due).total_seconds():.3f} s, made to ended {(over - created).total_seconds():.3f} s, "
              f"together {took:.3f} s; {CALLS} records of {len(FEATURES) + 1} columns", flush=True)
        assert due.second == 0 and due.microsecond == 0, due
        assert first["MonitoringExecutionStatus"] == "CompletedWithViolations", first
        # As in the demonstration: 59 columns of integers are not whole any more, nor is the label.
        expected = sorted([*INTEGERS, "churn"])
        assert job_of(fleet, first)["ExitMessage"] == (
            f"CompletedWithViolations: Job completed successfully with {len(expected)} violations."), job_of(fleet, first)
        files = results_of(fleet, first)
        violations = json.loads(files["constraint_violations.json"])["violations"]
        assert {one["constraint_check_type"] for one in violations} == {"data_type_check"}, violations
        assert sorted(one["feature_name"] for one in violations) == expected, violations
        share = f"Only {100 * (CALLS - BAD) / CALLS}% of data is Integral."
        assert all(share in one["description"] for one in violations if one["feature_name"] != "churn"), violations[:3]
        churn = next(one for one in violations if one["feature_name"] == "churn")
        assert "Only 0.0% of data is Integral." in churn["description"], churn
        assert json.loads(files["statistics.json"])["dataset"]["item_count"] == CALLS
        # Each column that could be compared has a point, and the alert is raised.
        drift = {row["name"] for row in rows(server, "select name from metric_point where name like 'feature_baseline_drift_%'")}
        assert {f"feature_baseline_drift_{name}" for name in FRACTIONS} <= drift, drift
        alert = until(lambda: fleet.control.list_monitoring_alerts(MonitoringScheduleName="churn"))["MonitoringAlertSummaries"]
        assert alert[0]["AlertStatus"] == "InAlert", alert
        assert took < SECONDS, f"{took} s from due to ended"


assert len(FEATURES) == 69

if __name__ == "__main__":
    sys.exit(run())
