"""boto3 walks model cards against a running server: versions and states, what content is accepted,
lists, conflicts of many writers, Search, deletion, and reviews by two users under a policy.

needs: packages
"""

import datetime
import json
import re
import sqlite3
import sys
import threading
import time
import urllib.error
import urllib.request

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from _program import ROOT, probity, run, scenario
from _server import ACCOUNT, KEY, REGION, SECRET, serving

GOOD = ROOT / "golden" / "model_card"


def refused(code, text, call, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        found = error.response["Error"]
        assert found["Code"] == code, f"{found['Code']}: {found['Message']}, not {code}"
        assert text in found["Message"], f"`{found['Message']}` without `{text}`"
        return found["Message"]
    raise AssertionError(f"not refused: {answer}")


class User:
    """Somebody with a key of their own."""

    def __init__(self, server, name=None):
        self.url, self.key, self.secret = server.url, KEY, SECRET
        if name:
            data = ("--data", server.data)
            probity("admin", "user", "create", name, *data)
            made = probity("admin", "key", "create", "--user", name, *data).stdout
            self.key = re.search(r"AWS_ACCESS_KEY_ID=(\S+)", made).group(1)
            self.secret = re.search(r"AWS_SECRET_ACCESS_KEY=(\S+)", made).group(1)
        self.control = server.client("sagemaker", key=self.key, secret=self.secret)

    def own(self, operation, **body):
        """An operation that AWS does not have; an error is a `ClientError`, as of the others."""
        request = AWSRequest("POST", self.url + "/", data=json.dumps(body), headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"Probity.{operation}"})
        SigV4Auth(Credentials(self.key, self.secret), "sagemaker", REGION).add_auth(request)
        prepared = urllib.request.Request(self.url + "/", data=request.body, headers=dict(request.headers))
        try:
            with urllib.request.urlopen(prepared, timeout=60) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            body = json.load(error)
            found = {"Code": body.get("__type", "").rpartition("#")[2],
                     "Message": body.get("message") or body.get("Message", "")}
            raise ClientError({"Error": found}, operation) from None


def create(control, name, content=None, status="Draft", **more):
    return control.create_model_card(
        ModelCardName=name, Content=json.dumps(content or {}), ModelCardStatus=status, **more)["ModelCardArn"]


def content_of(control, name, **more):
    return json.loads(control.describe_model_card(ModelCardName=name, **more)["Content"])


def purpose(text):
    return {"intended_uses": {"purpose_of_model": text}}


@scenario
def content_makes_versions_and_a_status_does_not(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        arn = create(control, "credit", purpose("first"))
        assert arn == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-card/credit", arn
        card = control.describe_model_card(ModelCardName="credit")
        assert (card["ModelCardVersion"], card["ModelCardStatus"], card["ModelCardArn"]) == (1, "Draft", arn), card
        assert isinstance(card["CreationTime"], datetime.datetime), card
        assert card["CreatedBy"]["IamIdentity"]["Arn"].endswith(":user/root"), card["CreatedBy"]
        for status in ("PendingReview", "Approved", "Archived", "Draft", "Archived", "Approved"):
            answer = control.update_model_card(ModelCardName="credit", ModelCardStatus=status)
            assert answer["ModelCardArn"] == arn, answer
            card = control.describe_model_card(ModelCardName="credit")
            assert (card["ModelCardVersion"], card["ModelCardStatus"]) == (1, status), card
        control.update_model_card(ModelCardName=arn, Content=json.dumps(purpose("second")))
        card = control.describe_model_card(ModelCardName=arn)
        assert (card["ModelCardVersion"], json.loads(card["Content"])) == (2, purpose("second")), card
        assert content_of(control, "credit", ModelCardVersion=1) == purpose("first")
        old = control.describe_model_card(ModelCardName="credit", ModelCardVersion=1)
        assert old["ModelCardVersion"] == 1 and old["ModelCardStatus"] == "Approved", old
        # A status goes to the latest version, the ones before keep theirs.
        control.update_model_card(ModelCardName="credit", ModelCardStatus="PendingReview")
        listed = control.list_model_card_versions(ModelCardName=arn)["ModelCardVersionSummaryList"]
        assert [(one["ModelCardVersion"], one["ModelCardStatus"]) for one in listed] == [
            (2, "PendingReview"), (1, "Approved")], listed
        refused("ResourceNotFound", "version 3", control.describe_model_card,
                ModelCardName="credit", ModelCardVersion=3)
        refused("ResourceNotFound", "", control.describe_model_card, ModelCardName="debit")


@scenario
def one_call_changes_content_or_status(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        create(control, "credit")
        refused("ValidationException", "cannot be updated in one request", control.update_model_card,
                ModelCardName="credit", Content="{}", ModelCardStatus="Approved")
        refused("ValidationException", "must be provided", control.update_model_card, ModelCardName="credit")
        refused("ValidationException", "modelCardStatus", control.update_model_card,
                ModelCardName="credit", ModelCardStatus="approved")
        refused("ResourceNotFound", "", control.update_model_card, ModelCardName="debit", Content="{}")
        card = control.describe_model_card(ModelCardName="credit")
        assert (card["ModelCardVersion"], card["ModelCardStatus"]) == (1, "Draft"), card


@scenario
def text_is_kept_as_it_was_sent(folder):
    text = '{ "intended_uses" : {"risk_rating":"Low",  "purpose_of_model": "caf\\u00e9 𝒳"}, "business_details": {} }'
    with serving(folder) as server:
        control = server.client("sagemaker")
        control.create_model_card(ModelCardName="credit", Content=text, ModelCardStatus="Draft")
        assert control.describe_model_card(ModelCardName="credit")["Content"] == text
        # The API's pattern is `.*`, which ends with the line; people keep cards over several.
        lines = json.dumps(json.loads(text), indent=1)
        control.update_model_card(ModelCardName="credit", Content=lines)
        assert control.describe_model_card(ModelCardName="credit")["Content"] == lines


@scenario
def metadata_only_shows_what_identifies_the_model(folder):
    content = {
        "model_overview": {"model_id": "arn:m", "model_name": "m", "model_creator": "Ada"},
        "intended_uses": {"purpose_of_model": "secret", "risk_rating": "High"},
        "model_package_details": {"model_package_group_name": "g", "model_package_arn": "arn:p", "task": "t"},
        "business_details": {"business_problem": "secret"},
    }
    with serving(folder) as server:
        control = server.client("sagemaker")
        create(control, "credit", content)
        assert content_of(control, "credit", IncludedData="AllData") == content
        assert content_of(control, "credit", IncludedData="MetadataOnly") == {
            "model_overview": {"model_id": "arn:m", "model_name": "m"},
            "intended_uses": {"risk_rating": "High"},
            "model_package_details": {"model_package_group_name": "g", "model_package_arn": "arn:p"},
        }
        refused("ValidationException", "includedData", control.describe_model_card,
                ModelCardName="credit", IncludedData="Some")


@scenario
def every_good_card_is_accepted_and_bad_ones_name_the_place(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        files = sorted((GOOD / "good").glob("*.json"))
        assert len(files) >= 8, files
        for path in files:
            name = path.stem.replace("_", "-")
            content = json.loads(path.read_text())
            # A model has one card at most.
            content.get("model_overview", {}).pop("model_id", None)
            content.pop("model_package_details", None)
            create(control, name, content)
            assert content_of(control, name) == content, path
        metric = {"evaluation_details": [{"name": "e", "metric_groups": [{"name": "g", "metric_data": [
            {"name": "m", "type": "matrix", "value": [[0] * 21]}]}]}]}
        for content, place in [
            ("", "$"), ("{", "$"), ('{"a": NaN}', "$"), ("[]", "$"),
            ('{"no_such_section": 1}', "$.no_such_section"),
            ('{"intended_uses": {"risk_rating": "Extreme"}}', "$.intended_uses.risk_rating"),
            ('{"evaluation_details": [{}]}', "$.evaluation_details[0].name"),
            ('{"intended_uses": {}, "intended_uses": {}}', "$.intended_uses"),
            (json.dumps(metric), "$.evaluation_details[0].metric_groups[0].metric_data[0].value[0]"),
            (json.dumps({"model_overview": {"model_description": "d" * 1025}}), "$.model_overview.model_description"),
        ]:
            for call, named in [(control.create_model_card, {"ModelCardName": "bad", "ModelCardStatus": "Draft"}),
                                (control.update_model_card, {"ModelCardName": "empty"})]:
                text = refused("ValidationException", "Model card content is not valid", call, Content=content, **named)
                assert f"{place}: " in text, f"`{text}` without `{place}`"
        refused("ResourceNotFound", "", control.describe_model_card, ModelCardName="bad")
        assert control.describe_model_card(ModelCardName="empty")["ModelCardVersion"] == 1


@scenario
def a_card_holds_a_hundred_thousand_characters(folder):
    def card(length):
        text = {"additional_information": {"custom_details": {f"k{at:03}": "é" * 1000 for at in range(98)}}}
        missing = length - len(json.dumps(text, ensure_ascii=False))
        text["intended_uses"] = {"purpose_of_model": ""}
        missing = length - len(json.dumps(text, ensure_ascii=False))
        text["intended_uses"]["purpose_of_model"] = "x" * missing
        found = json.dumps(text, ensure_ascii=False)
        assert len(found) == length, (len(found), length)
        return found

    with serving(folder) as server:
        control = server.client("sagemaker")
        largest = card(100_000)
        control.create_model_card(ModelCardName="large", Content=largest, ModelCardStatus="Draft")
        assert control.describe_model_card(ModelCardName="large")["Content"] == largest
        refused("ValidationException", "at 'content'", control.update_model_card,
                ModelCardName="large", Content=card(100_001))


def names(control, **arguments):
    """Of all cards, two at a time."""
    found = []
    for page in control.get_paginator("list_model_cards").paginate(PaginationConfig={"PageSize": 2}, **arguments):
        assert len(page["ModelCardSummaries"]) <= 2, page
        found += [one["ModelCardName"] for one in page["ModelCardSummaries"]]
    return found


@scenario
def cards_are_listed_by_what_is_asked_for(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        for name in ("loans-b", "loans-a", "fraud", "loans-c", "churn"):
            create(control, name)
            time.sleep(0.01)
        control.update_model_card(ModelCardName="loans-a", ModelCardStatus="Approved")
        control.update_model_card(ModelCardName="fraud", ModelCardStatus="Approved")
        assert names(control) == ["churn", "loans-c", "fraud", "loans-a", "loans-b"]
        assert names(control, SortBy="CreationTime", SortOrder="Ascending") == [
            "loans-b", "loans-a", "fraud", "loans-c", "churn"]
        assert names(control, SortBy="Name", SortOrder="Ascending") == [
            "churn", "fraud", "loans-a", "loans-b", "loans-c"]
        assert names(control, SortBy="Name", SortOrder="Descending", NameContains="loans") == [
            "loans-c", "loans-b", "loans-a"]
        assert names(control, ModelCardStatus="Approved", SortBy="Name", SortOrder="Ascending") == [
            "fraud", "loans-a"]
        assert names(control, ModelCardStatus="Approved", NameContains="loans") == ["loans-a"]
        middle = control.describe_model_card(ModelCardName="fraud")["CreationTime"]
        after = names(control, CreationTimeAfter=middle, SortBy="CreationTime", SortOrder="Ascending")
        assert after in (["fraud", "loans-c", "churn"], ["loans-c", "churn"]), after
        before = names(control, CreationTimeBefore=middle, SortBy="CreationTime", SortOrder="Ascending")
        assert before == ["loans-b", "loans-a"], before
        summary, = control.list_model_cards(NameContains="churn")["ModelCardSummaries"]
        assert set(summary) == {"ModelCardName", "ModelCardArn", "ModelCardStatus", "CreationTime",
                                "LastModifiedTime"}, summary
        refused("ValidationException", "maxResults", control.list_model_cards, MaxResults=101)
        refused("ValidationException", "NextToken", control.list_model_cards, NextToken="made up")


@scenario
def versions_are_listed_by_what_is_asked_for(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        create(control, "credit", purpose("1"))
        for at in range(2, 8):
            control.update_model_card(ModelCardName="credit", Content=json.dumps(purpose(str(at))))
        control.update_model_card(ModelCardName="credit", ModelCardStatus="Approved")

        def versions(**arguments):
            found = []
            pages = control.get_paginator("list_model_card_versions").paginate(
                ModelCardName="credit", PaginationConfig={"PageSize": 3}, **arguments)
            for page in pages:
                assert len(page["ModelCardVersionSummaryList"]) <= 3, page
                found += page["ModelCardVersionSummaryList"]
            return [one["ModelCardVersion"] for one in found]

        assert versions() == [7, 6, 5, 4, 3, 2, 1]
        assert versions(SortBy="Version", SortOrder="Ascending") == [1, 2, 3, 4, 5, 6, 7]
        assert versions(ModelCardStatus="Approved") == [7]
        assert versions(ModelCardStatus="Draft", SortOrder="Ascending") == [1, 2, 3, 4, 5, 6]
        listed = control.list_model_card_versions(ModelCardName="credit")["ModelCardVersionSummaryList"]
        third = next(one for one in listed if one["ModelCardVersion"] == 3)
        # The client rounds times, so that the third may be on either side.
        before = versions(CreationTimeBefore=third["CreationTime"])
        assert before in ([2, 1], [3, 2, 1]), before
        after = versions(CreationTimeAfter=third["CreationTime"])
        assert after in ([7, 6, 5, 4], [7, 6, 5, 4, 3]), after
        refused("ResourceNotFound", "", control.list_model_card_versions, ModelCardName="debit")


@scenario
def what_is_there_already_is_a_conflict(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        create(control, "credit", {"model_overview": {"model_id": "arn:m"}})
        refused("ConflictException", "already exists", control.create_model_card,
                ModelCardName="credit", Content="{}", ModelCardStatus="Draft")
        # A model has one card at most, by its id or as a model package.
        text = json.dumps({"model_overview": {"model_id": "arn:m"}})
        refused("ConflictException", "credit", control.create_model_card,
                ModelCardName="second", Content=text, ModelCardStatus="Draft")
        create(control, "second")
        refused("ConflictException", "credit", control.update_model_card, ModelCardName="second", Content=text)
        control.update_model_card(ModelCardName="credit", Content=text)
        control.delete_model_card(ModelCardName="credit")
        control.update_model_card(ModelCardName="second", Content=text)


def at_once(calls):
    """What each answers, or its error's code; all begin together."""
    barrier, found = threading.Barrier(len(calls)), [None] * len(calls)

    def one(at):
        barrier.wait()
        try:
            found[at] = calls[at]() or "done"
        except ClientError as error:
            found[at] = error.response["Error"]["Code"]

    threads = [threading.Thread(target=one, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@scenario
def of_many_writers_of_one_version_one_wins(folder):
    with serving(folder) as server:
        ada = User(server)
        create(ada.control, "credit", purpose("first"))
        for round_ in range(1, 6):
            def edit(at):
                text = json.dumps(purpose(f"round {round_} writer {at}"))
                return lambda: ada.own("EditModelCard", ModelCardName="credit", Content=text, ExpectedVersion=round_)
            found = at_once([edit(at) for at in range(8)])
            won = [at for at, answer in enumerate(found) if isinstance(answer, dict)]
            assert len(won) == 1, found
            assert {answer for answer in found if isinstance(answer, str)} == {"ConflictException"}, found
            assert found[won[0]]["ModelCardVersion"] == round_ + 1, found
            assert content_of(ada.control, "credit") == purpose(f"round {round_} writer {won[0]}")


@scenario
def writers_that_name_no_version_lose_nothing(folder):
    with serving(folder) as server:
        clients = [server.client("sagemaker") for _ in range(8)]
        create(clients[0], "credit", purpose("first"))

        def update(at):
            text = json.dumps(purpose(f"writer {at}"))
            return lambda: clients[at].update_model_card(ModelCardName="credit", Content=text)["ModelCardArn"]

        found = at_once([update(at) for at in range(8)])
        won = {at for at, answer in enumerate(found) if answer.startswith("arn:")}
        assert won and {answer for at, answer in enumerate(found) if at not in won} <= {"ConflictException"}, found
        card = clients[0].describe_model_card(ModelCardName="credit")
        assert card["ModelCardVersion"] == 1 + len(won), (card, found)
        kept = {content_of(clients[0], "credit", ModelCardVersion=at)["intended_uses"]["purpose_of_model"]
                for at in range(2, 2 + len(won))}
        assert kept == {f"writer {at}" for at in won}, (kept, won)
        # Made at once under one name: one card.
        made = at_once([lambda: clients[0].create_model_card(ModelCardName="new", Content="{}", ModelCardStatus="Draft")] * 6)
        assert sorted(answer if isinstance(answer, str) else "made" for answer in made) == ["ConflictException"] * 5 + ["made"], made


@scenario
def the_database_itself_keeps_versions(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        create(control, "credit", purpose("first"))
        control.update_model_card(ModelCardName="credit", ModelCardStatus="Approved")
        store = sqlite3.connect(folder / "data" / "probity.db", timeout=30)
        for statement in ("update model_card_version set content = '{}'", "delete from model_card_version",
                          "update model_card_review set actor = 'nobody'", "delete from model_card_review",
                          "replace into model_card_version select region, card, version, '{}', sha256, created_ms, "
                          "created_by, reason from model_card_version"):
            try:
                store.execute(statement)
            except sqlite3.IntegrityError as error:
                assert "model card" in str(error) or "review" in str(error), error
            else:
                raise AssertionError(f"the database did as told: {statement}")
        store.rollback()
        store.close()
        assert content_of(control, "credit") == purpose("first")


@scenario
def a_deleted_card_is_gone_with_all_that_it_had(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        arn = create(control, "credit", purpose("first"), Tags=[{"Key": "team", "Value": "risk"}])
        control.update_model_card(ModelCardName="credit", Content=json.dumps(purpose("second")))
        refused("ValidationException", "modelCardName", control.delete_model_card, ModelCardName=arn)
        control.delete_model_card(ModelCardName="credit")
        refused("ResourceNotFound", "", control.describe_model_card, ModelCardName="credit")
        refused("ResourceNotFound", "", control.list_model_card_versions, ModelCardName="credit")
        refused("ResourceNotFound", "", control.delete_model_card, ModelCardName="credit")
        assert names(control) == []
        # The same name begins anew.
        create(control, "credit", purpose("anew"))
        assert control.describe_model_card(ModelCardName="credit")["ModelCardVersion"] == 1
        assert control.list_tags(ResourceArn=arn)["Tags"] == []


@scenario
def cards_have_tags_and_a_key(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234"
        arn = create(control, "credit", Tags=[{"Key": "team", "Value": "risk"}], SecurityConfig={"KmsKeyId": key})
        assert control.describe_model_card(ModelCardName="credit")["SecurityConfig"] == {"KmsKeyId": key}
        assert control.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "risk"}]
        control.add_tags(ResourceArn=arn, Tags=[{"Key": "tier", "Value": "1"}])
        control.delete_tags(ResourceArn=arn, TagKeys=["team"])
        assert control.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "tier", "Value": "1"}]


def card(rating=None, model=None, group=None):
    content = {}
    if rating:
        content["intended_uses"] = {"risk_rating": rating}
    if model:
        content["model_overview"] = {"model_id": model}
    if group:
        content["model_package_details"] = {"model_package_group_name": group, "model_package_arn": f"arn:{group}/1"}
    return content


@scenario
def cards_are_found_by_what_they_say(folder):
    with serving(folder) as server:
        control = server.client("sagemaker")
        create(control, "credit", card("High", "arn:m1"), Tags=[{"Key": "team", "Value": "risk"}])
        create(control, "fraud", card("Low", group="fraud-models"), "Approved")
        create(control, "churn", card("Low", "arn:m2"))
        create(control, "empty", {})
        control.update_model_card(ModelCardName="churn", Content=json.dumps(card("Medium", "arn:m2")))

        def found(name, operator=None, value=None, **more):
            condition = {"Name": name}
            if operator:
                condition["Operator"] = operator
            if value is not None:
                condition["Value"] = value
            results = control.search(Resource="ModelCard", SearchExpression={"Filters": [condition]}, **more)["Results"]
            return sorted(one["ModelCard"]["ModelCardName"] for one in results)

        assert found("ModelId", "Equals", "arn:m1") == ["credit"]
        assert found("ModelId", value="arn:m1") == ["credit"], "Equals is what is meant without an operator"
        assert found("ModelId", "Equals", "arn:fraud-models/1") == ["fraud"]
        assert found("ModelPackageGroupName", "Equals", "fraud-models") == ["fraud"]
        assert found("RiskRating", "Equals", "Low") == ["fraud"], "the latest version is what is found"
        assert found("RiskRating", "In", "High,Medium") == ["churn", "credit"]
        assert found("RiskRating", "NotEquals", "High") == ["churn", "empty", "fraud"]
        assert found("RiskRating", "Exists") == ["churn", "credit", "fraud"]
        assert found("RiskRating", "NotExists") == ["empty"]
        assert found("ModelCardStatus", "Equals", "Approved") == ["fraud"]
        assert found("ModelCardName", "Contains", "r") == ["churn", "credit", "fraud"]
        assert found("ModelCardVersion", "GreaterThan", "1") == ["churn"]
        assert found("ModelCardVersion", "LessThanOrEqualTo", "1") == ["credit", "empty", "fraud"]
        assert found("Tags.team", "Equals", "risk") == ["credit"]
        year = str(datetime.datetime.now(datetime.timezone.utc).year + 1)
        assert found("CreationTime", "LessThan", f"{year}-01-01T00:00:00Z") == ["churn", "credit", "empty", "fraud"]
        assert found("LastModifiedTime", "GreaterThanOrEqualTo", f"{year}-01-01T00:00:00Z") == []

        both = control.search(Resource="ModelCard", SearchExpression={"Operator": "Or", "Filters": [
            {"Name": "RiskRating", "Operator": "Equals", "Value": "High"},
            {"Name": "ModelCardStatus", "Operator": "Equals", "Value": "Approved"}]},
            SortBy="ModelCardName", SortOrder="Ascending")["Results"]
        assert [one["ModelCard"]["ModelCardName"] for one in both] == ["credit", "fraud"], both
        newest = control.search(Resource="ModelCard", SortBy="LastModifiedTime", SortOrder="Descending", MaxResults=1)
        assert newest["Results"][0]["ModelCard"]["ModelCardName"] == "churn", newest
        record = both[0]["ModelCard"]
        assert json.loads(record["Content"]) == card("High", "arn:m1"), record
        assert (record["ModelId"], record["RiskRating"], record["ModelCardVersion"], record["ModelCardStatus"]) == (
            "arn:m1", "High", 1, "Draft"), record
        assert record["Tags"] == [{"Key": "team", "Value": "risk"}], record
        everything = []
        for page in control.get_paginator("search").paginate(Resource="ModelCard", PaginationConfig={"PageSize": 2}):
            everything += [one["ModelCard"]["ModelCardName"] for one in page["Results"]]
        assert sorted(everything) == ["churn", "credit", "empty", "fraud"], everything
        control.delete_model_card(ModelCardName="credit")
        assert found("ModelId", "Equals", "arn:m1") == []


POLICY = """
[review]
four_eyes = true
transitions = "ordered"
approvers = ["grace", "ada"]
archived = "final"

[card]
required = ["intended_uses.risk_rating", "intended_uses.explanations_for_risk_rating"]
"""
RATED = {"intended_uses": {"risk_rating": "High", "explanations_for_risk_rating": "people are refused"}}


def governed(folder, policy):
    (folder / "data").mkdir()
    (folder / "data" / "governance.toml").write_text(policy)


@scenario
def four_eyes_hold_for_every_way_in(folder):
    governed(folder, POLICY)
    with serving(folder) as server:
        root, ada, grace = User(server), User(server, "ada"), User(server, "grace")

        def step(user, status):
            return user.control.update_model_card(ModelCardName="credit", ModelCardStatus=status)

        refused("ValidationException", "review.", ada.control.create_model_card,
                ModelCardName="credit", Content=json.dumps(RATED), ModelCardStatus="Approved")
        create(ada.control, "credit", purpose("first"))
        refused("ValidationException", "review.transitions", step, user=ada, status="Approved")
        step(ada, "PendingReview")
        text = refused("ValidationException", "risk_rating", step, user=grace, status="Approved")
        assert "card.required" in text and "explanations_for_risk_rating" in text, text
        ada.control.update_model_card(ModelCardName="credit", Content=json.dumps(RATED))
        # What was handed in is not what stands there now: grace does not approve it unread.
        refused("ValidationException", "review.transitions", step, user=grace, status="Approved")
        step(ada, "PendingReview")
        refused("ValidationException", "review.four_eyes", step, user=ada, status="Approved")
        refused("ValidationException", "review.four_eyes", ada.own, operation="ReviewModelCard",
                ModelCardName="credit", ModelCardStatus="Approved", Comment="mine is fine")
        refused("ValidationException", "review.approvers", step, user=root, status="Approved")
        answer = grace.own("ReviewModelCard", ModelCardName="credit", ModelCardStatus="Approved", Comment="looked at it",
                           ExpectedVersion=2)
        assert (answer["ModelCardVersion"], answer["ModelCardStatus"]) == (2, "Approved"), answer
        # Nobody renews the approval of their own work.
        refused("ValidationException", "review.four_eyes", ada.own, operation="ReviewModelCard",
                ModelCardName="credit", ModelCardStatus="Approved", Comment="still fine")
        # What is edited was not approved; who edited it does not approve it, nor who wrote the rest since.
        grace.control.update_model_card(ModelCardName="credit", Content=json.dumps({**RATED, "business_details": {"business_problem": "p"}}))
        state = ada.control.describe_model_card(ModelCardName="credit")
        assert (state["ModelCardVersion"], state["ModelCardStatus"]) == (3, "Draft"), state
        step(grace, "PendingReview")
        refused("ValidationException", "review.four_eyes", step, user=grace, status="Approved")
        step(ada, "Approved")
        steps = ada.own("ListModelCardReviews", ModelCardName="credit")["ModelCardReviews"]
        approvals = [(one["ModelCardVersion"], one["Actor"], one.get("Comment")) for one in steps if one["ToStatus"] == "Approved"]
        assert approvals == [(3, "ada", None), (2, "grace", "looked at it")], approvals
        step(ada, "Archived")
        refused("ValidationException", "review.archived", step, user=grace, status="Draft")
        refused("ValidationException", "review.archived", grace.control.update_model_card, ModelCardName="credit", Content="{}")
        # Who did what is told by the audit log, too.
    store = sqlite3.connect(folder / "data" / "probity.db")
    rows = store.execute("select actor, action from audit_event where resource_arn like '%model-card/credit' order by seq").fetchall()
    assert [row for row in rows if row[1].endswith("ReviewModelCard")] == [("grace", "probity:ReviewModelCard")], rows
    assert ("ada", "sagemaker:CreateModelCard") in rows and ("grace", "sagemaker:UpdateModelCard") in rows, rows


@scenario
def a_comment_is_demanded_where_the_policy_says_so(folder):
    governed(folder, "[review]\ncomment = \"required\"\n")
    with serving(folder) as server:
        ada = User(server)
        create(ada.control, "credit", purpose("first"))
        refused("ValidationException", "review.comment", ada.control.update_model_card,
                ModelCardName="credit", ModelCardStatus="PendingReview")
        ada.own("ReviewModelCard", ModelCardName="credit", ModelCardStatus="PendingReview", Comment="please look")
        refused("ValidationException", "review.comment", ada.own, operation="ReviewModelCard",
                ModelCardName="credit", ModelCardStatus="Approved", Comment="  ")
        ada.own("ReviewModelCard", ModelCardName="credit", ModelCardStatus="Approved", Comment="fine")


@scenario
def a_reviewer_approves_what_they_have_read(folder):
    with serving(folder) as server:
        ada = User(server)
        create(ada.control, "credit", purpose("first"))
        ada.control.update_model_card(ModelCardName="credit", Content=json.dumps(purpose("second")))
        refused("ConflictException", "", ada.own, operation="ReviewModelCard",
                ModelCardName="credit", ModelCardStatus="Approved", ExpectedVersion=1)
        ada.own("ReviewModelCard", ModelCardName="credit", ModelCardStatus="Approved", ExpectedVersion=2)


@scenario
def the_changes_of_a_version_are_told(folder):
    def evaluations(*named):
        return {"evaluation_details": [{"name": name, "metric_groups": [{"name": "g", "metric_data": [
            {"name": "m", "type": "number", "value": value}]}]} for name, value in named]}

    with serving(folder) as server:
        ada = User(server)
        create(ada.control, "credit", {**purpose("first"), **evaluations(("holdout", 0.5))})
        ada.own("EditModelCard", ModelCardName="credit", Reason="a new report", Content=json.dumps(
            {**purpose("second"), **evaluations(("fairness", 1), ("holdout", 0.25))}))
        answer = ada.own("DescribeModelCardChanges", ModelCardName="credit")
        assert (answer["FromVersion"], answer["ToVersion"]) == (1, 2), answer
        changes = {one["Path"]: (one.get("Before"), one.get("After")) for one in answer["Changes"]}
        assert changes.pop('evaluation_details["fairness"]')[0] is None, changes
        assert changes == {
            "intended_uses.purpose_of_model": ("first", "second"),
            'evaluation_details["holdout"].metric_groups["g"].metric_data["m"].value': ("0.5", "0.25")}, changes


@scenario
def what_a_card_lacks_is_told(folder):
    governed(folder, POLICY)
    with serving(folder) as server:
        ada = User(server)
        create(ada.control, "credit", {"intended_uses": {"risk_rating": "Unknown"}})
        answer = ada.own("DescribeModelCardCompliance", ModelCardName="credit")
        assert answer["Compliant"] is False, answer
        found = [(one["Rule"], one["Path"]) for one in answer["Findings"]]
        assert found == [("card.required", "intended_uses.risk_rating"),
                         ("card.required", "intended_uses.explanations_for_risk_rating")], answer
        ada.control.update_model_card(ModelCardName="credit", Content=json.dumps(RATED))
        answer = ada.own("DescribeModelCardCompliance", ModelCardName="credit")
        assert answer["Compliant"] is True and answer["Findings"] == [], answer


sys.exit(run())
