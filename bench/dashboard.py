"""How long the pages of the dashboard take with a thousand models. Started by `cargo xtask bench
dashboard`; prints Markdown. The standard library only, and psql for PostgreSQL.

The first model, with its card, versions, endpoint and four monitors, is made through the API of the
server that is measured, so that its rows are as the server writes them. The others are copies of
those rows under other names, made inside the database, as are the runs, points and calls: hourly
ones for as many days as asked. Then the server is started again on it, a browser's session is
begun with the key, and each page is asked for one after the other over one connection.
"""

import argparse
import hashlib
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

REGION = "us-east-1"
ROLE = "arn:aws:iam::111122223333:role/Bench"
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/"
KEY = ("AKIABENCHBENCHBENCH1", "bench-secret-of-nobody-in-the-world-40ch")
HOUR, DAY = 3_600_000, 86_400_000
KINDS = ["DataQuality", "ModelQuality", "ModelBias", "ModelExplainability"]
METRICS = {"DataQuality": "data-metrics", "ModelQuality": "model-metrics", "ModelBias": "bias-metrics",
           "ModelExplainability": "explainability-metrics"}
# Names of the first model and its parts begin so; a copy has its number instead.
FIRST = "bench-00000"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Server:
    """`probity serve`, ended with the block."""

    def __init__(self, arguments, data, options):
        self.port = free_port()
        environment = {**os.environ, "PROBITY_ROOT_ACCESS_KEY_ID": KEY[0],
                       "PROBITY_ROOT_SECRET_ACCESS_KEY": KEY[1]}
        self.log = open(data.parent / f"{data.name}.log", "ab")
        self.process = subprocess.Popen(
            [arguments.binary, "serve", "--data", str(data), "--log", "warn",
             "--listen", f"127.0.0.1:{self.port}", *options],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=environment)

    def __enter__(self):
        begun = time.perf_counter()
        while time.perf_counter() < begun + 120:
            if self.process.poll() is not None:
                sys.exit(f"`probity serve` ended with {self.process.returncode}; see {self.log.name}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5):
                    return self
            except (OSError, urllib.error.HTTPError):
                time.sleep(0.05)
        sys.exit(f"the server does not answer; see {self.log.name}")

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def call(self, operation, **members):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/", json.dumps(members).encode(), {
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{operation}"})
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            sys.exit(f"{operation}: {error.code} {error.read().decode()}")


def first_model(server):
    """One of everything, through the API."""
    call = server.call
    call("CreateModelPackageGroup", ModelPackageGroupName=f"{FIRST}-group")
    for approval in ["Approved", "Approved", "PendingManualApproval"]:
        package = call("CreateModelPackage", ModelPackageGroupName=f"{FIRST}-group",
                       ModelApprovalStatus=approval, InferenceSpecification={
                           "Containers": [{"Image": IMAGE + "scoring:1", "ModelDataUrl": "s3://bench/m.tar.gz"}],
                           "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]})
    package = package["ModelPackageArn"].rsplit("/", 1)[0] + "/2"
    model = call("CreateModel", ModelName=FIRST, ExecutionRoleArn=ROLE, PrimaryContainer={
        "ModelPackageName": package,
        "Environment": {"PROBITY_MODEL_URL": "http://127.0.0.1:9/invocations"}})
    content = {"model_overview": {"model_id": model["ModelArn"], "model_owner": "Team of " + FIRST,
                                  "model_description": "Scores applications for credit by what they say."},
               "intended_uses": {"risk_rating": "High", "purpose_of_model": "To decide sooner.",
                                 "intended_uses": "Applications up to 50,000 by persons."},
               "business_details": {"business_problem": "Decisions take a week."}}
    call("CreateModelCard", ModelCardName=f"{FIRST}-card", ModelCardStatus="Draft", Content=json.dumps(content))
    call("UpdateModelCard", ModelCardName=f"{FIRST}-card", ModelCardStatus="PendingReview")
    call("UpdateModelCard", ModelCardName=f"{FIRST}-card", ModelCardStatus="Approved")
    call("CreateEndpointConfig", EndpointConfigName=f"{FIRST}-config", ProductionVariants=[{
        "VariantName": "AllTraffic", "ModelName": FIRST, "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1}])
    call("CreateEndpoint", EndpointName=f"{FIRST}-endpoint", EndpointConfigName=f"{FIRST}-config")
    for _ in range(600):
        status = call("DescribeEndpoint", EndpointName=f"{FIRST}-endpoint")
        if status["EndpointStatus"] != "Creating":
            break
        time.sleep(0.1)
    if status["EndpointStatus"] != "InService":
        sys.exit(f"the endpoint is {status}")
    for number, kind in enumerate(KINDS):
        definition(call, number, kind)
        call("CreateMonitoringSchedule", MonitoringScheduleName=f"{FIRST}-monitor-{number}",
             MonitoringScheduleConfig={
                 # The runs of this machine's own time would be measured with the pages.
                 "ScheduleConfig": {"ScheduleExpression": "cron(0 0 ? * * *)"},
                 "MonitoringJobDefinitionName": f"{FIRST}-definition-{number}", "MonitoringType": kind})


def definition(call, number, kind):
    endpoint = {"EndpointName": f"{FIRST}-endpoint", "LocalPath": "/opt/ml/processing/input",
                "InferenceAttribute": "0"}
    truth = {"GroundTruthS3Input": {"S3Uri": "s3://bench/labels"}}
    inputs = {"DataQuality": {"EndpointInput": endpoint}, "ModelQuality": {"EndpointInput": endpoint, **truth},
              "ModelBias": {"EndpointInput": endpoint, **truth}, "ModelExplainability": {"EndpointInput": endpoint}}
    specification = {"ImageUri": IMAGE + "sagemaker-model-monitor-analyzer"}
    if kind == "ModelQuality":
        specification["ProblemType"] = "Regression"
    if kind in ("ModelBias", "ModelExplainability"):
        specification = {"ImageUri": IMAGE + "sagemaker-clarify-processing:1.0",
                         "ConfigUri": "s3://bench/config.json"}
    call(f"Create{kind}JobDefinition", JobDefinitionName=f"{FIRST}-definition-{number}", RoleArn=ROLE, **{
        f"{kind}AppSpecification": specification, f"{kind}JobInput": inputs[kind],
        f"{kind}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": {
            "S3Uri": "s3://bench/results", "LocalPath": "/opt/ml/processing/output"}}]},
        "JobResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}}})


class Sqlite:
    name = "SQLite"

    def __init__(self, data):
        self.path = data / "probity.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        for setting in ["journal_mode = wal", "synchronous = off", "cache_size = -400000", "temp_store = file"]:
            self.connection.execute(f"pragma {setting}")

    def run(self, statement):
        self.connection.execute(statement)

    def script(self, statements):
        for statement in ["begin", *statements, "commit"]:
            self.connection.execute(statement)

    def row(self, statement):
        return self.connection.execute(statement).fetchone()

    def value(self, statement):
        return self.row(statement)[0]

    def indexes(self, table):
        rows = self.connection.execute(
            "select name, sql from sqlite_master where type = 'index' and tbl_name = ? and sql is not null", (table,))
        return rows.fetchall()

    def end(self):
        self.connection.execute("pragma wal_checkpoint(truncate)")
        self.connection.close()

    def size(self):
        return self.path.stat().st_size


class Postgres:
    name = "PostgreSQL"

    def __init__(self, url):
        self.url = url

    def psql(self, statement):
        finished = subprocess.run(["psql", "-X", "-q", "-t", "-A", "-F", "\t", "-v", "ON_ERROR_STOP=1", self.url],
                                  input=statement, capture_output=True, text=True)
        if finished.returncode:
            sys.exit(f"psql: {finished.stderr}\n{statement[:500]}")
        return finished.stdout

    def run(self, statement):
        self.psql(statement + ";")

    def script(self, statements):
        self.psql("begin;\n" + ";\n".join(statements) + ";\ncommit;")

    def row(self, statement):
        return self.psql(statement + ";").rstrip("\n").split("\t")

    def value(self, statement):
        return int(self.row(statement)[0])

    def indexes(self, table):
        rows = self.psql(f"""select i.indexname, i.indexdef from pg_indexes i where i.tablename = '{table}'
            and not exists (select 1 from pg_constraint c where c.conname = i.indexname);""")
        return [tuple(line.split("\t", 1)) for line in rows.splitlines()]

    def end(self):
        # As its own housekeeping does sooner or later.
        self.run("vacuum analyze")

    def size(self):
        return self.value("select pg_database_size(current_database())")


def numbers(count, start=0):
    return f"with recursive n(i) as (select {start} union all select i + 1 from n where i + 1 < {count}) "


def columns(database, table):
    if isinstance(database, Sqlite):
        return [row[1] for row in database.connection.execute(f"pragma table_info({table})")]
    return database.psql(f"""select column_name from information_schema.columns where table_name = '{table}'
        and table_schema = current_schema() order by ordinal_position;""").split()


def copies(database, table, count, condition, special=None):
    """Rows of the first model for the other ones: every name in them has another number."""
    special = special or {}
    number = "substr('0000' || i, -5)" if isinstance(database, Sqlite) else "right('0000' || i, 5)"
    other = f"'bench-' || {number}"
    texts = {"name", "arn", "attributes", "body", "attribute", "value", "region", "card", "model_id", "content",
             "subject", "actor"}
    parts = []
    for column in columns(database, table):
        if column in special:
            parts.append(special[column])
        elif column in texts:
            parts.append(f"replace(t.{column}, '{FIRST}', {other})")
        else:
            parts.append(f"t.{column}")
    database.run(f"insert into {table} {numbers(count, 1)} select {', '.join(parts)} from n, {table} t "
                 f"where {condition}")


def seed(database, arguments, now):
    """Answers what is in the database, in words."""
    models, days = arguments.models, arguments.days
    hours = days * 24
    first = now // HOUR * HOUR - hours * HOUR
    mine = f"t.name like '{FIRST}%'"
    # The schedules were there before their runs.
    for table in ["resource"]:
        database.run(f"update {table} set created_ms = {first - DAY} where name like '{FIRST}%'")
    body = "replace(body, 'cron(0 0 ? * * *)', 'cron(0 * ? * * *)')"
    database.run(f"update resource set body = {body} where kind = 'monitoring-schedule'")
    copies(database, "resource", models, mine)
    copies(database, "resource_attribute", models, mine)
    copies(database, "monitoring_alert", models, f"t.subject like '%{FIRST}%'")
    cards(database, models)
    copies(database, "model_card_review", models, f"t.card like '{FIRST}%'")
    copies(database, "model_card_subject", models, f"t.card like '{FIRST}%'")
    ident = "t.id || '-' || i"
    copies(database, "job", models, f"t.subject like '%{FIRST}%'", {"id": ident})
    variety(database)
    runs(database, models, (first, hours))
    points(database, models, (first, hours))
    intervals(database, models, (first, hours))
    latencies(database, models, (first, hours))
    events(database, (first, hours))
    calls(database, models, (first, hours))
    changes(database, models, now)
    count = lambda table: f"{database.value(f'select count(*) from {table}'):,}"
    size = database.size() / 1e9
    return (f"{count('resource')} resources, {count('monitoring_execution')} executions, "
            f"{count('metric_point')} metric points, {count('metric_interval')} intervals, {count('endpoint_traffic')} hours of "
            f"calls, {count('endpoint_latency')} of latencies, {count('audit_event')} events; {size:.1f} GB")


def cards(database, models):
    """Texts of cards, each with its own hash: a text that has another is not shown."""
    (text,) = database.row(f"select content from model_card_version where card = '{FIRST}-card'")
    hashed = lambda text: hashlib.sha256(text.encode()).hexdigest()
    quoted = lambda text: "'" + text.replace("'", "''") + "'"
    statements = []
    for number in range(1, models):
        other = f"bench-{number:05}"
        own = text.replace(FIRST, other)
        statements.append(
            f"insert into model_card_version select region, '{other}-card', version, {quoted(own)}, '{hashed(own)}', "
            f"created_ms, created_by, reason from model_card_version where card = '{FIRST}-card'")
        statements.append(
            f"update resource set body = replace(body, '{hashed(text)}', '{hashed(own)}') "
            f"where kind = 'model-card' and name = '{other}-card'")
    database.script(statements)


def place(column="name"):
    """The number in a name."""
    return f"cast(substr({column}, 7, 5) as integer)"


def variety(database):
    """Not all are alike: some are stopped, in alert, not approved."""
    of = place()
    database.run(f"update resource set status = 'Stopped' where kind = 'monitoring-schedule' and {of} % 23 = 7")
    database.run(f"update resource set status = 'Draft' where kind = 'model-card' and {of} % 5 = 3")
    of = place("replace(subject, 'monitoring-schedule/', '')")
    database.run(f"update monitoring_alert set status = 'InAlert', reason = '3 violations in the last execution' "
                 f"where subject like 'monitoring-schedule/%' and {of} % 20 = 3")


def refilled(database, table, statement):
    """Indexes are built afterwards, as nobody waits for that."""
    indexes = database.indexes(table)
    for name, _ in indexes:
        database.run(f"drop index {name}")
    database.run(statement)
    for _, definition in indexes:
        database.run(definition)


def schedules(database, models):
    number = "substr('0000' || m.i, -5)" if isinstance(database, Sqlite) else "right('0000' || m.i, 5)"
    kind = "case k.i " + " ".join(f"when {i} then '{kind}'" for i, kind in enumerate(KINDS)) + " end"
    metrics = "case k.i " + " ".join(f"when {i} then '{METRICS[kind]}'" for i, kind in enumerate(KINDS)) + " end"
    return (f"with recursive m(i) as (select 0 union all select i + 1 from m where i + 1 < {models}), "
            f"k(i) as (select 0 union all select i + 1 from k where i + 1 < 4), "
            f"s(m, k, name, endpoint, kind, metrics, definition) as (select m.i, k.i, "
            f"'bench-' || {number} || '-monitor-' || k.i, 'bench-' || {number} || '-endpoint', {kind}, {metrics}, "
            f"'bench-' || {number} || '-definition-' || k.i from m, k), ")


def runs(database, models, of):
    """An execution an hour of each schedule; one of fifty found something, and of one schedule of
    ten every slot of the last two weeks was scored again when labels had come."""
    first, hours = of
    scored_again = f"(s.m % 10 = 4 and s.k = 1 and h.i > {hours - 14 * 24})"
    body = ("'{\"window\":{\"startMs\":' || (at - 3600000) || ',\"endMs\":' || at || '},\"outputUri\":\"s3://bench/"
            "results/' || s.endpoint || '/' || s.name || '/' || at || '\",\"finishedMs\":' || (at + 60000) || '}'")
    found = "((s.m * 7 + s.k * 3 + h.i) % 50 = 0 and r.i = 0)"
    status = f"case when {found} then 'CompletedWithViolations' else 'Completed' end"
    ident = "s.name || '-' || h.i || '-' || r.i"
    statement = (
        f"insert into monitoring_execution (id, region, schedule, scheduled_ms, cause, revision, status, created_ms, "
        f"modified_ms, monitoring_type, endpoint, job_definition, violations, body, overtaken) "
        f"{schedules(database, models)} h(i, at) as (select 1, {first + HOUR} union all select i + 1, at + {HOUR} "
        f"from h where i + 1 <= {hours}), r(i) as (select 0 union all select 1 from r where i = 0) "
        f"select {ident}, '{REGION}', s.name, at, case r.i when 0 then 'slot' else 'late-labels' end, r.i, {status}, "
        f"at + 1000, at + 60000, s.kind, s.endpoint, s.definition, case when {found} then 3 else 0 end, {body}, "
        f"case when r.i = 0 and {scored_again} then 1 else 0 end "
        f"from s cross join h cross join r where r.i = 0 or {scored_again}")
    refilled(database, "monitoring_execution", statement)
    database.run("insert into monitoring_last_run (region, schedule, id, scheduled_ms, revision, created_ms, "
                 "modified_ms, status, violations) select region, schedule, id, scheduled_ms, revision, created_ms, "
                 f"modified_ms, status, violations from monitoring_execution where scheduled_ms = {first + hours * HOUR} "
                 "and revision = (select max(again.revision) from monitoring_execution again where again.region = "
                 "monitoring_execution.region and again.schedule = monitoring_execution.schedule and "
                 "again.scheduled_ms = monitoring_execution.scheduled_ms)")


def points(database, models, of):
    """A number an hour of each schedule, and ten more of the last runs, as a page of a monitor lists."""
    first, hours = of
    dimensions = ("'{\"Endpoint\":\"' || s.endpoint || '\",\"MonitoringSchedule\":\"' || s.name || '\"}'")
    value = "0.05 + ((s.m * 31 + s.k * 17 + h.i * 13) % 100) / 1000.0"
    insert = ("insert into metric_point (region, namespace, name, dimensions, at_ms, total, samples, minimum, "
              "maximum, unit) ")
    hourly = (f"{insert} {schedules(database, models)} h(i, at) as (select 0, {first} union all "
              f"select i + 1, at + {HOUR} from h where i + 1 < {hours}) select '{REGION}', "
              f"'aws/sagemaker/Endpoints/' || s.metrics, 'feature_baseline_drift_income', {dimensions}, at, "
              f"{value}, 1, {value}, {value}, 'None' from s cross join h")
    refilled(database, "metric_point", hourly)
    database.run(f"{insert} {schedules(database, models)} h(i, at) as (select 0, {first + (hours - 2) * HOUR} union all "
                 f"select 1, {first + (hours - 1) * HOUR} from h where i = 0), f(i) as (select 0 union all select i + 1 "
                 f"from f where i + 1 < 10) select '{REGION}', 'aws/sagemaker/Endpoints/' || s.metrics, "
                 f"'feature_baseline_drift_feature_' || f.i, {dimensions}, at, {value}, 1, {value}, {value}, 'None' "
                 f"from s cross join h cross join f")
    database.run("insert into metric (region, namespace, name, dimensions, last_ms) select region, namespace, name, "
                 "dimensions, max(at_ms) from metric_point group by region, namespace, name, dimensions "
                 "on conflict do nothing" if isinstance(database, Postgres) else
                 "insert or ignore into metric (region, namespace, name, dimensions, last_ms) select region, namespace, "
                 "name, dimensions, max(at_ms) from metric_point group by region, namespace, name, dimensions")


def intervals(database, models, of):
    """How sure each hourly number is."""
    first, hours = of
    value = "0.05 + ((s.m * 31 + s.k * 17 + h.i * 13) % 100) / 1000.0"
    refilled(database, "metric_interval", (
        f"insert into metric_interval (region, schedule, name, dimensions, at_ms, execution, low, high) "
        f"{schedules(database, models)} h(i, at) as (select 0, {first} union all select i + 1, at + {HOUR} from h "
        f"where i + 1 < {hours}) select '{REGION}', s.name, 'feature_baseline_drift_income', '{{}}', at, "
        f"s.name || '-' || (h.i + 1) || '-0', {value} - 0.02, {value} + 0.02 from s cross join h"))


def latencies(database, models, of):
    """Two histograms an hour of each endpoint, of sixty buckets, as calls of a few milliseconds fill them."""
    first, hours = of
    histogram = lambda start: "{0} {1} {2} {3};{4}".format(
        sum(range(1, 61)), 4_000_000, 600, 90_000, " ".join(f"{start + i}:{i + 1}" for i in range(60)))
    number = "substr('0000' || m.i, -5)" if isinstance(database, Sqlite) else "right('0000' || m.i, 5)"
    refilled(database, "endpoint_latency", (
        f"insert into endpoint_latency (region, endpoint, variant, length_ms, from_ms, part, model, overhead, refused, "
        f"failed) with recursive m(i) as (select 0 union all select i + 1 from m where i + 1 < {models}), "
        f"h(i, at) as (select 0, {first} union all select i + 1, at + {HOUR} from h where i + 1 < {hours}) "
        f"select '{REGION}', 'bench-' || {number} || '-endpoint', 'AllTraffic', {HOUR}, at, 'bench', "
        f"'{histogram(110)}', '{histogram(40)}', 0, 3 from m cross join h"))


def events(database, of):
    """A million of the log, without their chain: no page of this bench looks at that."""
    first, hours = of
    many = 1_000_000
    before = database.value("select seq from audit_head where id = 1")
    number = "substr('0000' || (n.i % 1000), -5)" if isinstance(database, Sqlite) else "right('0000' || (n.i % 1000), 5)"
    refilled(database, "audit_event", (
        f"insert into audit_event (seq, at_ms, actor, action, resource_arn, change_json, reason, request_id, hash) "
        f"{numbers(many)} select {before} + 1 + n.i, {first} + cast(n.i as bigint) * {hours * HOUR // many}, "
        f"case n.i % 50 when 0 then 'mira' else 'probity' end, 'probity:FinishMonitoringExecution', "
        f"'arn:aws:sagemaker:{REGION}:111122223333:monitoring-schedule/bench-' || {number} || '-monitor-' || (n.i % 4), "
        f"'{{\"MonitoringExecutionStatus\":\"Completed\",\"Violations\":0,\"Window\":[1,2]}}', null, '', '' from n"))
    database.run(f"update audit_head set seq = seq + {many} where id = 1")


def calls(database, models, of):
    first, hours = of
    number = "substr('0000' || m.i, -5)" if isinstance(database, Sqlite) else "right('0000' || m.i, 5)"
    database.run(
        f"insert into endpoint_traffic (region, endpoint, variant, hour_ms, answered, failed, captured) "
        f"with recursive m(i) as (select 0 union all select i + 1 from m where i + 1 < {models}), "
        f"h(i, at) as (select 0, {first} union all select i + 1, at + {HOUR} from h where i + 1 < {hours}) "
        f"select '{REGION}', 'bench-' || {number} || '-endpoint', 'AllTraffic', at, 900 + (m.i + h.i * 7) % 200, "
        f"(m.i + h.i) % 9, 900 from m cross join h")


def changes(database, models, now):
    """Every monitor has been in alert a few times."""
    database.run(
        f"insert into monitoring_alert_change (id, region, subject, name, at_ms, status, reason, execution) "
        f"{schedules(database, models)} c(i) as (select 0 union all select i + 1 from c where i + 1 < 10) "
        f"select s.name || '-' || c.i, '{REGION}', 'monitoring-schedule/' || s.name, 'Default', "
        f"{now} - (c.i + 1) * {DAY}, case c.i % 2 when 0 then 'InAlert' else 'OK' end, "
        f"'3 violations in the last execution', '' from s cross join c")


class Browser:
    """One connection, signed in."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.cookies = {}
        page = self.get("/login")[0]
        form_key = page.split('name="form_key" value="', 1)[1].split('"', 1)[0]
        form = urllib.parse.urlencode({"form_key": form_key, "access_key_id": KEY[0], "secret_access_key": KEY[1]})
        status = self.send("POST", "/login", form)[1]
        if status != 303:
            sys.exit(f"signing in was answered with {status}")

    def send(self, method, path, body=None):
        headers = {"Accept": "text/html", "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        begun = time.perf_counter()
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        page = answer.read()
        taken = time.perf_counter() - begun
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, value = cookie.split(";", 1)[0].split("=", 1)
            self.cookies[name] = value
        return page.decode(), answer.status, taken

    def get(self, path):
        return self.send("GET", path)


def processor(process):
    """Milliseconds that a process has spent on all cores."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def measured(server, arguments, pages):
    """Milliseconds at p50 and p95 of each page, those that the server's processors spent, and the
    page's size; the first request of each is not counted."""
    browser, rows = Browser(server.port), []
    for name, aim, path in pages:
        taken, size = [], 0
        for number in range(arguments.requests + 1):
            if number == 1:
                before = processor(server.process)
            page, status, seconds = browser.get(path(number))
            if status != 200:
                sys.exit(f"{path(number)}: {status}\n{page[:500]}")
            size = max(size, len(page.encode()))
            if number:
                taken.append(seconds * 1000)
        cuts = statistics.quantiles(taken, n=20, method="inclusive")
        spent = (processor(server.process) - before) / arguments.requests
        rows.append((name, aim, statistics.median(taken), cuts[18], spent, size))
    return rows


def pages(models):
    of = lambda number: f"bench-{(number * 37) % models:05}"
    return [("fleet", 200, lambda _: "/dashboard"),
            ("fleet, last page by name", 200, lambda _: f"/dashboard?sort=name&page={(models + 39) // 40}"),
            ("fleet, searched", 200, lambda number: f"/dashboard?q={of(number)}"),
            ("fleet as CSV", None, lambda _: "/dashboard.csv"),
            ("model", 150, lambda number: f"/models/{of(number)}"),
            ("monitor", 150, lambda number: f"/monitors/{of(number)}-monitor-0"),
            ("activity", 150, lambda _: "/activity")]


def bench(arguments, name, scratch):
    data = scratch / name
    options = ["--database-url", arguments.postgres] if name == "postgres" else []
    with Server(arguments, data, [*options, "--insecure-no-auth"]) as server:
        first_model(server)
    begun = time.perf_counter()
    database = Postgres(arguments.postgres) if name == "postgres" else Sqlite(data)
    seeded = seed(database, arguments, int(time.time() * 1000))
    database.end()
    spent = time.perf_counter() - begun
    with Server(arguments, data, options) as server:
        rows = measured(server, arguments, pages(arguments.models))
    print(f"\n{database.name}: {seeded}, seeded in {spent:.0f} s. {arguments.requests} requests of each page.\n")
    print("| page | p50 ms | p95 ms | aim, p95 | CPU ms | KB |\n|---|--:|--:|--:|--:|--:|")
    for page, aim, middle, high, cpu, size in rows:
        said = "–" if aim is None else f"{aim} {'met' if high < aim else 'MISSED'}"
        print(f"| {page} | {middle:.0f} | {high:.0f} | {said} | {cpu:.0f} | {size / 1000:.0f} |")
    sys.stdout.flush()
    if not arguments.keep:
        shutil.rmtree(data)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--postgres", help="the URL of an empty database")
    parser.add_argument("--backends", default="sqlite,postgres")
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--requests", type=int, default=40)
    parser.add_argument("--keep", action="store_true", help="leave the data there")
    arguments = parser.parse_args()
    scratch = pathlib.Path(arguments.scratch).resolve()
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for name in arguments.backends.split(","):
        bench(arguments, name, scratch)


main()
