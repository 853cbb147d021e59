"""Model cards of a server from the command line: written, edited in an editor, compared, reviewed by two people, bound to
reports, checked, exported, and applied from files.

needs: packages
"""

import json
import re
import shlex
import stat
import sys
import threading

from _program import ROOT, probity, run, scenario
from _server import serving

LOANS = ROOT / "golden" / "clarify" / "loans" / "loans.csv"

POLICY = """\
[review]
four_eyes = true
comment = "required"
transitions = "ordered"

[card.High]
required = ["intended_uses.explanations_for_risk_rating"]
"""

CARD = """\
name: {name}
status: {status}
tags: {{team: risk}}
content:
  intended_uses:
    purpose_of_model: {purpose}
    risk_rating: Low
    explanations_for_risk_rating: every answer is looked at
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def card(path, name, purpose="scores applications", status="Draft"):
    return write(path, CARD.format(name=name, purpose=purpose, status=status))


def program_of(folder, name, text):
    path = write(folder / name, "#!/bin/sh\n" + text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def exported(text, name):
    return re.search(rf"{name}=(\S+)", text).group(1)


class Person:
    """A user with a key of their own, or the administrator."""

    def __init__(self, server, name=None):
        self.environment = dict(server.environment())
        if name:
            data = ("--data", server.data)
            probity("admin", "user", "create", name, *data)
            made = probity("admin", "key", "create", "--user", name, *data).stdout
            for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
                self.environment[variable] = exported(made, variable)

    def __call__(self, *arguments, code=0, **environment):
        return probity("card", *arguments, code=code, environment={**self.environment, **environment})

    def json(self, *arguments, code=0):
        return json.loads(self(*arguments, "--output", "json", code=code).stdout)


@scenario
def files_are_applied_and_applied_again(folder):
    home = folder / "cards"
    card(home / "a.yaml", "credit-approval")
    card(home / "b.yaml", "collections")
    with serving(folder) as server:
        ada = Person(server)
        told = ada("apply", "-f", home, "--dry-run").stdout
        assert told.count("would be created") == 2, told
        assert ada.json("list") == [], "a dry run wrote something"
        done = ada.json("apply", "-f", home, "-m", "first")
        assert [one["done"] for one in done] == [["created"], ["created"]], done
        again = ada.json("apply", "-f", home)
        assert [one["done"] for one in again] == [[], []] and [one["version"] for one in again] == [1, 1], again
        control = server.client("sagemaker")
        arn = control.describe_model_card(ModelCardName="collections")["ModelCardArn"]
        assert control.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "risk"}]
        card(home / "a.yaml", "credit-approval", "scores applications of companies")
        told = ada("diff", "-f", home, "--exit-code", code=1).stdout
        assert "collections version 1" in told and "{+ of companies+}" in told, told
        done = ada.json("apply", "-f", home, "-m", "companies, too", "--tag", "from=git")
        assert done[1]["done"][0] == "edited, 1 change" and done[1]["version"] == 2, done
        assert done[0]["done"] == ["tagged"] and done[0]["version"] == 1, done
        ada("diff", "-f", home, "--exit-code")
        told = ada("diff", "credit-approval", "1", "2").stdout
        assert "+++ credit-approval version 2" in told and "{+ of companies+}" in told, told
        assert ada("diff", "credit-approval").stdout == told
        # One bad file, and nothing is sent.
        write(home / "bad.yaml", "intended_uses: {risk_rating: Huge}\n")
        card(home / "c.yaml", "late")
        told = ada("apply", "-f", home, code=2).stderr
        assert "bad.yaml:1" in told, told
        assert [one["ModelCardName"] for one in ada.json("list")] == ["collections", "credit-approval"]
        (home / "bad.yaml").unlink()
        (home / "a.yaml").unlink()
        done = {one["name"]: one["done"] for one in ada.json("apply", "-f", home, "--tag", "from=git", "--prune")}
        assert done == {"collections": [], "late": ["created"], "credit-approval": ["became Archived"]}, done
        ada("apply", "-f", home, "--prune", code=2)


@scenario
def four_eyes_look_at_a_card(folder):
    policy = write(folder / "governance.toml", POLICY)
    home = folder / "cards"
    card(home / "a.yaml", "credit-approval")
    with serving(folder, "--policy", policy) as server:
        ada, ben = Person(server), Person(server, "ben")
        ada("apply", "-f", home)
        told = ada("approve", "credit-approval", "-m", "fine", code=2).stderr
        assert "PendingReview" in told or "transitions" in told, told
        told = ada("submit", "credit-approval", code=2).stderr
        assert "comment" in told, told
        assert "PendingReview" in ada("submit", "credit-approval", "-m", "ready").stdout
        told = ada("approve", "credit-approval", "-m", "fine", code=2).stderr
        assert "four" in told, told
        ben("approve", "credit-approval", "-m", "fine", "--expect-version", 2, code=2)
        assert "Approved" in ben("approve", "credit-approval", "-m", "seen", "--expect-version", 1).stdout
        shown = ben("show", "credit-approval").stdout
        assert "Approved" in shown and "seen" in shown and "ready" in shown, shown
        # A change of the content takes the approval back; the file's status is not forced on anybody.
        card(home / "a.yaml", "credit-approval", "scores companies", status="Approved")
        done = ada.json("apply", "-f", home)[0]
        assert done["version"] == 2 and any("--statuses" in note for note in done["notes"]), done
        assert ada.json("show", "credit-approval")["status"] == "Draft"
        told = ada("apply", "-f", home, "--statuses", "-m", "ship it", code=3)
        assert "refused" in told.stdout, told
        ada("submit", "credit-approval", "-m", "again")
        done = ben.json("apply", "-f", home, "--statuses", "-m", "seen again")[0]
        assert done["done"] == ["became Approved"], done
        ada("archive", "credit-approval", "-m", "replaced")
        assert [one["ModelCardName"] for one in ada.json("list", "--status", "archived")] == ["credit-approval"]


@scenario
def a_policy_is_checked_at_the_server(folder):
    policy = write(folder / "governance.toml", POLICY)
    with serving(folder, "--policy", policy) as server:
        ada = Person(server)
        card(folder / "cards" / "a.yaml", "good")
        write(folder / "cards" / "b.yaml", "name: bad\ncontent:\n  intended_uses: {risk_rating: High}\n")
        ada("apply", "-f", folder / "cards")
        ada("check", "good")
        told = ada("check", "bad", "--junit", folder / "junit.xml", code=1).stdout
        assert "card.High.required" in told and "explanations_for_risk_rating" in told, told
        assert 'failures="1"' in (folder / "junit.xml").read_text()
        both = ada.json("check", "--all", code=1)
        assert {one["name"]: one["compliant"] for one in both} == {"good": True, "bad": False}, both
        lenient = write(folder / "lenient.toml", "[card]\nrequired = []\n")
        ada("check", "--all", "--policy", lenient)
        ada("check", "nobody", code=2)


@scenario
def a_card_is_edited_in_an_editor(folder):
    card(folder / "cards" / "a.yaml", "credit-approval")
    with serving(folder) as server:
        ada = Person(server)
        ada("apply", "-f", folder / "cards")
        first = program_of(folder, "first.sh", """\
if grep -q '^#!' "$1"; then sed -i 's/: Huge/: High/' "$1"; else sed -i 's/: Low/: Huge/' "$1"; fi
""")
        told = ada("edit", "credit-approval", "-m", "it matters", EDITOR=str(first), VISUAL="").stdout
        assert "version 2" in told, told
        shown = ada.json("show", "credit-approval")
        assert shown["content"]["intended_uses"]["risk_rating"] == "High", shown
        assert "nothing was changed" in ada("edit", "credit-approval", EDITOR="true", VISUAL="").stdout
        assert "nothing was changed" in ada("edit", "credit-approval", EDITOR="touch", VISUAL="").stdout
        # Two at once: one wins, the other's text is kept.
        gate = folder / "gate"
        slow = program_of(folder, "slow.sh", f"""\
touch {gate}.open; while [ ! -e {gate} ]; do sleep 0.1; done; sed -i 's/scores applications/scores slowly/' "$1"
""")
        quick = program_of(folder, "quick.sh", "sed -i 's/scores applications/scores quickly/' \"$1\"\n")
        results = []
        thread = threading.Thread(target=lambda: results.append(ada("edit", "credit-approval", code=2, EDITOR=str(slow), VISUAL="")))
        thread.start()
        while not gate.with_suffix(".open").exists():
            thread.join(0.05)
        ada("edit", "credit-approval", EDITOR=str(quick), VISUAL="")
        gate.touch()
        thread.join(60)
        told = results[0].stderr
        assert "ConflictException" in told and "kept in " in told, told
        kept = told.split("kept in ")[1].split(";")[0].strip()
        assert "scores slowly" in open(kept).read(), kept
        now = ada.json("show", "credit-approval")
        assert now["version"] == 3 and "quickly" in json.dumps(now["content"]), now
        ada("edit", "nobody", code=2, EDITOR="true", VISUAL="")


@scenario
def a_report_is_bound_and_goes_stale(folder):
    probity("bias", LOANS, "--label", "label", "--positive", "1", "--facet", "gender=0", "-o", folder / "bias", "--quiet")
    probity("bias", LOANS, "--label", "label", "--positive", "0", "--facet", "gender=0", "-o", folder / "other", "--quiet")
    card(folder / "cards" / "a.yaml", "credit-approval")
    with serving(folder) as server:
        ada = Person(server)
        ada("apply", "-f", folder / "cards")
        s3 = server.client("s3")
        s3.create_bucket(Bucket="reports", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        put = lambda source: s3.upload_file(str(folder / source / "analysis.json"), "reports", "bias/analysis.json")
        put("bias")
        told = ada("bind", "credit-approval", "--evaluation", "fairness", "--to", "s3://reports/bias/analysis.json").stdout
        assert "version 2" in told, told
        shown = ada("show", "credit-approval").stdout
        assert "evaluation fairness: verified against its report" in shown and "s3://reports/bias/analysis.json" in shown, shown
        # The file knows nothing of it, and does not undo it.
        assert ada.json("apply", "-f", folder / "cards")[0]["done"] == []
        ada("diff", "-f", folder / "cards", "--exit-code")
        put("other")
        assert "REFUTED: the report has other bytes" in ada("show", "credit-approval").stdout
        strict = write(folder / "strict.toml", "[card]\nstale = \"refused\"\n")
        assert "stale" in ada("check", "credit-approval", "--policy", strict, code=1).stdout
        ada("unbind", "credit-approval", "--evaluation", "fairness")
        ada("bind", "credit-approval", "--evaluation", "x", "--to", "s3://reports/nowhere.json", code=2)
        told = ada("bind", "credit-approval", "--evaluation", "x", "--to", "local.json", code=2).stderr
        assert "s3://" in told, told
        # A tag that binds makes a version, which is the one that goes to review. What was unbound is no file's.
        file = folder / "cards" / "a.yaml"
        bound = "tags: {team: risk, 'probity:bind/fairness': 's3://reports/bias/analysis.json'}"
        file.write_text(file.read_text().replace("tags: {team: risk}", bound).replace("Draft", "PendingReview"))
        before = ada.json("show", "credit-approval")["version"]
        done = ada.json("apply", "-f", folder / "cards", "--statuses")[0]
        assert done["done"] == ["edited, 1 change", "tagged", "became PendingReview"], done
        assert done["version"] == before + 2, done
        # Bound again, it stays as it is.
        again = ada.json("bind", "credit-approval", "--evaluation", "fairness", "--to", "s3://reports/bias/analysis.json")
        assert ada.json("show", "credit-approval")["version"] == before + 2, again
        ada("edit", "credit-approval", "-f", file, "-m", "nobody reads it", code=2)


@scenario
def the_commands_of_the_page_are_true(folder):
    page = (ROOT / "docs" / "model-cards.md").read_text()
    lines = [line.split("   #")[0].replace("$COMMIT_TITLE", "a title") for line in page.splitlines() if line.startswith("probity card ")]
    lines = [line for line in lines if " -f " not in line or line.split()[2] in ("apply", "diff")]
    lines = [line for line in lines if "--job" not in line and "--schedule" not in line]
    assert len(lines) >= 9, lines
    probity("bias", LOANS, "--label", "label", "--positive", "1", "--facet", "gender=0", "-o", folder / "bias", "--quiet")
    home = folder / "cards"
    card(home / "a.yaml", "credit-approval", "first")
    with serving(folder) as server:
        ada = Person(server)
        ada("apply", "-f", home)
        card(home / "a.yaml", "credit-approval", "second")
        ada("apply", "-f", home)
        s3 = server.client("s3")
        s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
        s3.upload_file(str(folder / "bias" / "analysis.json"), "bucket", "bias/analysis.json")
        for line in lines:
            probity(*shlex.split(line)[1:], folder=folder, environment=ada.environment)


@scenario
def documents_come_from_the_server(folder):
    card(folder / "cards" / "a.yaml", "credit-approval")
    with serving(folder) as server:
        ada = Person(server)
        ada("apply", "-f", folder / "cards")
        for name in ("html", "markdown", "hugging-face", "json"):
            text = ada("export", "credit-approval", "--format", name).stdout
            assert "credit-approval" in text, (name, text[:300])
        ada("export", "credit-approval", "--format", "pdf", "--template", "annex-iv", "-o", folder / "card.pdf")
        assert (folder / "card.pdf").read_bytes().startswith(b"%PDF-")
        ada("export", "credit-approval", "--format", "html", "--version", 7, code=2)


@scenario
def a_card_is_filled_from_a_model(folder):
    with serving(folder) as server:
        ada = Person(server)
        control = server.client("sagemaker")
        role = "arn:aws:iam::111122223333:role/service-role/Governor"
        arn = control.create_model(ModelName="credit", ExecutionRoleArn=role, PrimaryContainer={
            "Image": "159807026194.dkr.ecr.us-west-2.amazonaws.com/xgboost:1", "ModelDataUrl": "s3://models/credit/model.tar.gz"})["ModelArn"]
        told = ada("new", "credit-approval", "--model", "credit").stdout
        assert f"model_id: {arn}" in told and "s3://models/credit/model.tar.gz" in told, told
        assert ada.json("list") == []
        ada("new", "credit-approval", "--model", "credit", "--create", "-o", folder / "credit-approval.yaml")
        assert ada.json("show", "credit-approval")["content"]["model_overview"]["model_id"] == arn
        ada("new", "x", "--model", "nobody", code=2)
        told = ada("new", "second", "--model", "credit", "--create", code=2).stderr
        assert "credit-approval" in told, told


if __name__ == "__main__":
    sys.exit(run())
