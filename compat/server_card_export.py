"""Documents of model cards, with boto3: export jobs and what becomes of them when the server is
killed, every format and template, characters that no font has, the workspace's policy while the
server runs, and the cards of model packages.

needs: packages
"""

import base64
import contextlib
import hashlib
import json
import re
import shutil
import sqlite3
import sys
import threading
import time
import urllib.request
import zlib

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from _program import probity, run, scenario
from _server import ACCOUNT, KEY, REGION, SECRET, serving

BUCKET = "card-exports"
CONTENT = {
    "model_overview": {"model_description": "scores applications", "model_creator": "Ada"},
    "intended_uses": {"purpose_of_model": "credit", "risk_rating": "High",
                      "explanations_for_risk_rating": "refuses people a loan"},
    "evaluation_details": [{"name": "holdout", "metric_groups": [{"name": "binary", "metric_data": [
        {"name": "accuracy", "type": "number", "value": 0.91},
        {"name": "roc", "type": "linear_graph", "value": [[0, 0], [0.2, 0.7], [1, 1]],
         "x_axis_name": "fpr", "y_axis_name": "tpr"},
        {"name": "confusion", "type": "matrix", "value": [[9, 1], [2, 8]],
         "x_axis_name": ["no", "yes"], "y_axis_name": ["no", "yes"]},
        {"name": "errors", "type": "bar_chart", "value": [3, 4], "x_axis_name": ["a", "b"]}]}]}],
    "additional_information": {"ethical_considerations": "reviewed by the board"},
}


def code_and_text(call, **named):
    try:
        call(**named)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(f"{call.__name__} was not refused")


def own(server, operation, key=KEY, secret=SECRET, **body):
    """An operation that AWS does not have."""
    request = AWSRequest("POST", server.url + "/", data=json.dumps(body), headers={
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Probity.{operation}"})
    SigV4Auth(Credentials(key, secret), "sagemaker", REGION).add_auth(request)
    prepared = urllib.request.Request(server.url + "/", data=request.body, headers=dict(request.headers))
    try:
        with urllib.request.urlopen(prepared, timeout=120) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{operation}: {error.read().decode()}") from None


def until(so, seconds=120, what="not in time"):
    end = time.monotonic() + seconds
    while True:
        found = so()
        if found:
            return found
        assert time.monotonic() < end, what
        time.sleep(0.1)


class Cards:
    def __init__(self, server):
        self.server = server
        self.control = server.client("sagemaker")
        self.s3 = server.client("s3")

    def bucket(self):
        self.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

    def card(self, name, content=None):
        self.control.create_model_card(ModelCardName=name, Content=json.dumps(content or CONTENT),
                                       ModelCardStatus="Draft")

    def export(self, card, job, path=f"s3://{BUCKET}/cards", **more):
        return self.control.create_model_card_export_job(
            ModelCardName=card, ModelCardExportJobName=job, OutputConfig={"S3OutputPath": path},
            **more)["ModelCardExportJobArn"]

    def ended(self, arn):
        def look():
            job = self.control.describe_model_card_export_job(ModelCardExportJobArn=arn)
            return job if job["Status"] != "InProgress" else None
        return until(look, what=f"{arn} does not end")

    def download(self, job):
        bucket, _, key = job["ExportArtifacts"]["S3ExportArtifacts"][5:].partition("/")
        answer = self.s3.get_object(Bucket=bucket, Key=key)
        return answer["Body"].read(), answer["ContentType"]


def pages(pdf):
    """How many pages a PDF has; its structure is that of one, and none of it runs or leads out."""
    assert pdf.startswith(b"%PDF-1.7") and pdf.rstrip().endswith(b"%%EOF"), pdf[:20]
    plain = pdf
    for start in re.finditer(rb"stream\r?\n", pdf):
        try:
            plain += zlib.decompressobj().decompress(pdf[start.end():])
        except zlib.error:
            continue
    for word in (b"/JavaScript", b"/Launch", b"/URI", b"/EmbeddedFile"):
        assert word not in plain, word
    assert b"/MarkInfo" in plain
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", plain))


@scenario
def a_card_is_exported_as_a_pdf(folder):
    with serving(folder) as server:
        cards = Cards(server)
        cards.bucket()
        cards.card("credit")
        arn = cards.export("credit", "board")
        assert arn == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-card/credit/export-job/board", arn
        job = cards.ended(arn)
        assert job["Status"] == "Completed", job
        assert job["ExportArtifacts"] == {
            "S3ExportArtifacts": f"s3://{BUCKET}/cards/board/credit-v1.pdf"}, job
        assert (job["ModelCardName"], job["ModelCardVersion"], job["ModelCardExportJobName"]) == (
            "credit", 1, "board"), job
        assert job["LastModifiedAt"] >= job["CreatedAt"], job
        pdf, content_type = cards.download(job)
        assert content_type == "application/pdf", content_type
        assert pages(pdf) >= 2, "a cover and the card"
        # An older version, by the card's ARN, after the card went on.
        cards.control.update_model_card(ModelCardName="credit", Content="{}")
        card = cards.control.describe_model_card(ModelCardName="credit")["ModelCardArn"]
        first = cards.ended(cards.export(card, "first", ModelCardVersion=1))
        assert first["ExportArtifacts"]["S3ExportArtifacts"].endswith("/first/credit-v1.pdf"), first
        second = cards.ended(cards.export("credit", "second"))
        assert second["ModelCardVersion"] == 2, second
        assert len(cards.download(second)[0]) < len(cards.download(first)[0])


@scenario
def an_export_that_cannot_be_is_refused_or_says_why(folder):
    with serving(folder) as server:
        cards = Cards(server)
        cards.bucket()
        cards.card("credit")
        control = cards.control
        named = {"ModelCardExportJobName": "a", "OutputConfig": {"S3OutputPath": f"s3://{BUCKET}/x"}}
        create = control.create_model_card_export_job
        assert code_and_text(create, ModelCardName="nobody", **named)[0] == "ResourceNotFound"
        code, text = code_and_text(create, ModelCardName="credit", ModelCardVersion=7, **named)
        assert code == "ResourceNotFound" and "7" in text, text
        arn = cards.export("credit", "a")
        assert code_and_text(create, ModelCardName="credit", **named)[0] == "ConflictException"
        cards.card("other")
        cards.export("other", "a")
        describe = control.describe_model_card_export_job
        assert code_and_text(describe, ModelCardExportJobArn=arn + "b")[0] == "ResourceNotFound"
        missing = cards.ended(cards.export("credit", "b", "s3://there-is-none/cards"))
        assert missing["Status"] == "Failed" and "ExportArtifacts" not in missing, missing
        reason = missing["FailureReason"]
        assert "there-is-none" in reason and "Create the bucket" in reason, reason
        # Deleted with the card; what was written stays.
        done = cards.ended(arn)
        control.delete_model_card(ModelCardName="credit")
        assert code_and_text(describe, ModelCardExportJobArn=arn)[0] == "ResourceNotFound"
        assert cards.download(done)[0].startswith(b"%PDF")
        left = control.list_model_card_export_jobs(ModelCardName="credit")
        assert left["ModelCardExportJobSummaries"] == [], left


@scenario
def many_exports_at_once_all_end_and_are_listed(folder):
    with serving(folder) as server:
        cards = Cards(server)
        cards.bucket()
        for name in ("credit", "fraud"):
            cards.card(name)
        arns, lock = [], threading.Lock()

        def export(card, at):
            arn = Cards(server).export(card, f"job-{at:02}")
            with lock:
                arns.append(arn)

        threads = [threading.Thread(target=export, args=(card, at))
                   for at in range(10) for card in ("credit", "fraud")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(arns) == 20, arns
        jobs = [cards.ended(arn) for arn in arns]
        assert {job["Status"] for job in jobs} == {"Completed"}, jobs
        # Each has the document of its own.
        assert len({job["ExportArtifacts"]["S3ExportArtifacts"] for job in jobs}) == 20, jobs
        for job in jobs:
            assert cards.download(job)[0].startswith(b"%PDF-"), job
        pages_of = cards.control.get_paginator("list_model_card_export_jobs").paginate
        for order in ("Ascending", "Descending"):
            found = pages_of(ModelCardName="credit", SortBy="Name", SortOrder=order,
                             PaginationConfig={"PageSize": 3})
            names = [job["ModelCardExportJobName"] for page in found for job in page["ModelCardExportJobSummaries"]]
            expected = sorted((f"job-{at:02}" for at in range(10)), reverse=order == "Descending")
            assert names == expected, names
        one = cards.control.list_model_card_export_jobs(
            ModelCardName="fraud", ModelCardExportJobNameContains="b-03", StatusEquals="Completed")
        assert [job["ModelCardExportJobName"] for job in one["ModelCardExportJobSummaries"]] == ["job-03"], one


@scenario
def an_export_survives_the_death_of_the_server(folder):
    with serving(folder) as server:
        cards = Cards(server)
        cards.bucket()
        wide = {**CONTENT, "additional_information": {
            "custom_details": {f"key-{at}": "word " * 190 for at in range(90)}}}
        cards.card("credit", wide)
        kept = cards.ended(cards.export("credit", "before"))
        expected = len(cards.download(kept)[0])
        arns = [cards.export("credit", f"job-{at}") for at in range(4)]
        # In the middle of one of them.
        time.sleep(0.5)
        server.process.kill()
        server.process.wait()
    objects = folder / "data" / "objects"
    for found in objects.rglob("*.pdf"):
        if ".probity" not in found.parts:
            assert found.read_bytes().rstrip().endswith(b"%%EOF"), found
    # Whoever died has a lease of thirty seconds.
    with serving(folder) as server:
        cards = Cards(server)
        for arn in arns:
            job = cards.ended(arn)
            assert job["Status"] == "Completed", job
            pdf, _ = cards.download(job)
            assert pages(pdf) > 5 and abs(len(pdf) - expected) < 2_000, (len(pdf), expected)


@scenario
def every_format_and_template_is_answered(folder):
    with serving(folder) as server:
        cards = Cards(server)
        cards.card("credit")
        answers = {}
        for form in ("Pdf", "Html", "Markdown"):
            for template in ("Card", "AnnexIv", "NistAiRmf"):
                answers[form, template] = own(
                    server, "GetModelCardDocument", ModelCardName="credit", Format=form, Template=template)
        for form in ("HuggingFace", "Json"):
            answers[form, "Card"] = own(server, "GetModelCardDocument", ModelCardName="credit", Format=form)
        for (form, template), answer in answers.items():
            assert answer["ModelCardVersion"] == 1 and answer["ModelCardArn"].endswith("/credit"), answer
            if form == "Pdf":
                assert "Text" not in answer and answer["MissingGlyphs"] == [], answer["MissingGlyphs"]
                assert answer["ContentType"] == "application/pdf"
                assert pages(base64.b64decode(answer["Base64"])) >= 2, template
            else:
                assert "Base64" not in answer and answer["Text"].strip(), (form, template)
                assert "refuses people a loan" in answer["Text"], (form, template)
        assert answers["Html", "Card"]["Text"].lower().startswith("<!doctype html>")
        assert "Annex IV" in answers["Markdown", "AnnexIv"]["Text"]
        assert "GOVERN" in answers["Html", "NistAiRmf"]["Text"].upper()
        assert answers["HuggingFace", "Card"]["Text"].startswith("---\n")
        document = json.loads(answers["Json", "Card"]["Text"])
        assert document["content"] == CONTENT, document
        assert (document["name"], document["version"], document["status"]) == ("credit", 1, "Draft"), document
        for wrong, code in (({"Format": "Json", "Template": "AnnexIv"}, "ValidationException"),
                            ({"Format": "Docx"}, "ValidationException"),
                            ({"Format": "Pdf", "ModelCardVersion": 9}, "ResourceNotFound"),
                            ({"Format": "Pdf", "ModelCardName": "nobody"}, "ResourceNotFound")):
            try:
                own(server, "GetModelCardDocument", **{"ModelCardName": "credit", **wrong})
            except AssertionError as error:
                assert code in str(error), (wrong, error)
            else:
                raise AssertionError(f"{wrong} was not refused")


@scenario
def what_no_font_has_is_told(folder):
    with serving(folder) as server:
        cards = Cards(server)
        cards.card("words", {"model_overview": {
            "model_description": "Ωμέγα Кириллица العمر 顧客 顧 👍", "model_owner": "Žofie"}})
        answer = own(server, "GetModelCardDocument", ModelCardName="words", Format="Pdf")
        missing = {glyph["CodePoint"]: glyph for glyph in answer["MissingGlyphs"]}
        assert set(missing) == {"U+5BA2", "U+9867", "U+1F44D"}, missing
        assert missing["U+9867"]["Character"] == "顧" and missing["U+9867"]["Count"] >= 2, missing
    fonts = folder / "fonts"
    fonts.mkdir()
    refused = probity("serve", "--data", folder / "data", "--fonts", fonts, "--listen", "127.0.0.1:0", code=2)
    assert "holds no fonts" in refused.stderr, refused
    (fonts / "broken.ttf").write_bytes(b"no font")
    refused = probity("serve", "--data", folder / "data", "--fonts", fonts, "--listen", "127.0.0.1:0", code=2)
    assert "broken.ttf" in refused.stderr, refused


STRICT = """
[review]
four_eyes = true

[card]
required = ["business_details.business_problem"]
"""


def events_of_policies(folder):
    store = sqlite3.connect(f"file:{folder / 'data' / 'probity.db'}?mode=ro", uri=True)
    rows = store.execute("select change_json from audit_event where action = 'probity:ApplyGovernancePolicy' order by seq")
    return [json.loads(change) for (change,) in rows]


@scenario
def the_policy_changes_while_the_server_runs(folder):
    policy = folder / "data" / "governance.toml"
    with serving(folder) as server:
        cards = Cards(server)
        cards.card("credit")

        def in_force():
            return own(server, "DescribeServer").get("GovernancePolicy", {})

        approve = cards.control.update_model_card
        assert in_force() == {}
        approve(ModelCardName="credit", ModelCardStatus="Approved")
        approve(ModelCardName="credit", ModelCardStatus="Draft")
        policy.write_text(STRICT)
        first = until(in_force)
        assert first["Path"] == str(policy) and re.fullmatch("[0-9a-f]{64}", first["Sha256"]), first
        code, text = code_and_text(approve, ModelCardName="credit", ModelCardStatus="Approved")
        assert code == "ValidationException", text
        # Broken and gone: what was in force stays, and is told once.
        policy.write_text("[review]\nfour_eyes = maybe\n")
        until(lambda: "the policy in force stays" in server.log)
        policy.unlink()
        until(lambda: "the file is gone" in server.log)
        assert in_force() == first
        assert code_and_text(approve, ModelCardName="credit", ModelCardStatus="Approved")[0] == code
        policy.write_text("[review]\ncomment = \"required\"\n")
        second = until(lambda: in_force() if in_force() != first else None)
        assert second["InForceSince"] >= first["InForceSince"], second
        said = own(server, "ReviewModelCard", ModelCardName="credit", ModelCardStatus="Approved", Comment="read")
        assert said["ModelCardStatus"] == "Approved", said
        told = probity("doctor", "--data", folder / "data", code=0).stdout
        assert "governance policy" in told and second["Sha256"] in told, told
    events = events_of_policies(folder)
    assert [event["after"].get("Sha256") for event in events] == [first["Sha256"], second["Sha256"]], events
    assert events[0]["after"]["Text"] == STRICT, events
    # The same file after a restart makes no event; a bad one keeps the server from starting.
    with serving(folder) as server:
        assert own(server, "DescribeServer")["GovernancePolicy"]["Sha256"] == second["Sha256"]
    assert len(events_of_policies(folder)) == 2
    policy.write_text("[review]\nfour_eyes = true\nfour_ears = true\n")
    refused = probity("serve", "--data", folder / "data", "--listen", "127.0.0.1:0", code=2)
    assert "four_ears" in refused.stderr and "3" in refused.stderr, refused
    broken = probity("doctor", "--data", folder / "data", code=1).stdout
    assert "four_ears" in broken and second["Sha256"] in broken, broken
    # One that is named must be there, and takes the place of the folder's.
    other = folder / "strict.toml"
    refused = probity("serve", "--data", folder / "data", "--policy", other, "--listen", "127.0.0.1:0", code=3)
    assert "strict.toml" in refused.stderr, refused
    other.write_text(STRICT)
    with serving(folder, "--policy", other) as server:
        assert own(server, "DescribeServer")["GovernancePolicy"]["Sha256"] == first["Sha256"]
    assert len(events_of_policies(folder)) == 3
    # Without any file the rules stay; an empty one lifts them.
    policy.unlink()
    with serving(folder) as server:
        cards = Cards(server)
        assert own(server, "DescribeServer")["GovernancePolicy"]["Sha256"] == first["Sha256"]
        assert "there is no policy file" in server.log, server.log
        cards.card("rules-stay")
        refused = code_and_text(cards.control.update_model_card, ModelCardName="rules-stay", ModelCardStatus="Approved")
        assert refused[0] == "ValidationException", refused
        told = probity("doctor", "--data", folder / "data", code=0).stdout
        assert "stays" in told and first["Sha256"] in told, told
        policy.write_text("")
        until(lambda: own(server, "DescribeServer")["GovernancePolicy"]["Sha256"] != first["Sha256"])
        cards.control.update_model_card(ModelCardName="rules-stay", ModelCardStatus="Approved")
    assert len(events_of_policies(folder)) == 4


@scenario
def servers_of_one_database_demand_the_same(folder):
    (folder / "a" / "data").mkdir(parents=True)
    (folder / "a" / "data" / "governance.toml").write_text(STRICT)
    shared = ("--database-url", f"sqlite://{folder / 'shared.db'}?mode=rwc")
    sha = hashlib.sha256(STRICT.encode()).hexdigest()

    def in_force(server):
        return own(server, "DescribeServer").get("GovernancePolicy", {}).get("Sha256")

    with serving(folder / "a", *shared) as one:
        assert in_force(one) == sha
        shutil.copytree(folder / "a" / "data", folder / "b" / "data", ignore=lambda _, names: [
            name for name in names if not name.endswith("key")])
        # Another file does not take the place of what is in force by the way.
        weak = folder / "b" / "data" / "governance.toml"
        weak.write_text("")
        there = ("--data", folder / "b" / "data", "--listen", "127.0.0.1:0")
        refused = probity("serve", *there, *shared, code=2).stderr
        assert "--replace-policy" in refused and sha in refused, refused
        assert in_force(one) == sha
        weak.unlink()
        with serving(folder / "b", *shared) as two:
            assert in_force(two) == sha
            cards = Cards(two)
            cards.card("credit")
            refused = code_and_text(cards.control.update_model_card, ModelCardName="credit", ModelCardStatus="Approved")
            assert refused[0] == "ValidationException", refused
            # A change on one holds on the other.
            text = "[review]\ncomment = \"required\"\n"
            weak.write_text(text)
            changed = hashlib.sha256(text.encode()).hexdigest()
            until(lambda: in_force(one) == changed and in_force(two) == changed, 20)
        weak.write_text("")
        with serving(folder / "b", *shared):
            until(lambda: in_force(one) == hashlib.sha256(b"").hexdigest(), 20)
    # What the database keeps of another version, and nobody here can read, is replaced by whoever says so.
    weak.write_text(STRICT)
    with contextlib.closing(sqlite3.connect(folder / "shared.db")) as database, database:
        database.execute("update setting set value = '{}' where name = 'governance_policy'")
    refused = probity("serve", *there, *shared, code=3).stderr
    assert "governance policy that is in force" in refused, refused
    with serving(folder / "b", *shared, "--replace-policy") as two:
        assert in_force(two) == sha


def user(server, name):
    """Another administrator with a key of their own."""
    data = ("--data", server.data)
    probity("admin", "user", "create", name, *data)
    made = probity("admin", "key", "create", "--user", name, *data).stdout
    key = re.search(r"AWS_ACCESS_KEY_ID=(\S+)", made).group(1)
    secret = re.search(r"AWS_SECRET_ACCESS_KEY=(\S+)", made).group(1)
    return server.client("sagemaker", key=key, secret=secret)


@scenario
def cards_of_packages_are_held_to_schema_and_policy(folder):
    (folder / "data").mkdir()
    (folder / "data" / "governance.toml").write_text("[review]\nfour_eyes = true\n")
    with serving(folder) as server:
        control = server.client("sagemaker")
        bob = user(server, "bob")
        control.create_model_package_group(ModelPackageGroupName="credit")
        create = control.create_model_package
        content = json.dumps({"model_overview": {"model_creator": "Ada"}, "intended_uses": {"risk_rating": "Low"}})
        code, text = code_and_text(create, ModelPackageGroupName="credit", ModelCard={
            "ModelCardContent": json.dumps({"model_overview": {"model_owner": "Ada"}}), "ModelCardStatus": "Draft"})
        assert code == "ValidationException" and "model_overview" in text, text
        arn = create(ModelPackageGroupName="credit", ModelCard={
            "ModelCardContent": content, "ModelCardStatus": "Draft"})["ModelPackageArn"]
        update = control.update_model_package
        approved = {"ModelCardStatus": "Approved"}
        code, text = code_and_text(update, ModelPackageArn=arn, ModelCard=approved)
        assert code == "ValidationException", text
        bob.update_model_package(ModelPackageArn=arn, ModelCard=approved)
        shown = control.describe_model_package(ModelPackageName=arn)["ModelCard"]
        assert shown == {"ModelCardContent": content, "ModelCardStatus": "Approved"}, shown
        bare = control.describe_model_package(ModelPackageName=arn, IncludedData="MetadataOnly")["ModelCard"]
        assert json.loads(bare["ModelCardContent"]) == {"intended_uses": {"risk_rating": "Low"}}, bare
        found = control.search(Resource="ModelPackage", SearchExpression={"Filters": [
            {"Name": "ModelCard.ModelCardStatus", "Operator": "Equals", "Value": "Approved"}]})["Results"]
        assert [one["ModelPackage"]["ModelPackageArn"] for one in found] == [arn], found
        # An edit is to be approved anew; an archived card takes none.
        update(ModelPackageArn=arn, ModelCard={"ModelCardContent": "{}"})
        assert control.describe_model_package(ModelPackageName=arn)["ModelCard"]["ModelCardStatus"] == "Draft"
        update(ModelPackageArn=arn, ModelCard={"ModelCardStatus": "Archived"})
        code, text = code_and_text(update, ModelPackageArn=arn, ModelCard={"ModelCardContent": content})
        assert (code, text) == ("ConflictException", "Model Card is in Archived state"), (code, text)


@scenario
def a_card_of_a_hundred_thousand_characters(folder):
    details, room = {}, 99_000
    while room > 1_000:
        key = f"detail-{len(details):03}"
        details[key] = "The model was examined again. "[:30] * 30
        room -= len(key) + len(details[key]) + 6
    content = {"additional_information": {"custom_details": details}}
    assert 95_000 < len(json.dumps(content)) <= 100_000, len(json.dumps(content))
    with serving(folder) as server:
        cards = Cards(server)
        cards.bucket()
        cards.card("long", content)
        seconds, resident = [], []
        for at in range(5):
            begun = time.monotonic()
            job = cards.ended(cards.export("long", f"job-{at}"))
            seconds.append(time.monotonic() - begun)
            assert job["Status"] == "Completed", job
            status = open(f"/proc/{server.process.pid}/status").read()
            resident.append(int(re.search(r"VmRSS:\s+(\d+) kB", status).group(1)) // 1024)
        assert pages(cards.download(job)[0]) > 15
        print(f"# seconds {[round(s, 1) for s in seconds]}, MB resident {resident}", flush=True)
        # What a document took is given back before the next one.
        assert resident[-1] < resident[0] + 200, resident


if __name__ == "__main__":
    sys.exit(run())
