"""Model cards as files, without a server: skeletons, checks against a policy, evidence by hash, reviews, comparisons,
documents; and files that are wrong, many or hostile. The standard library only.

needs: nothing
"""

import json
import os
import shlex
import shutil
import stat
import sys
import xml.etree.ElementTree as ElementTree

from _program import ROOT, probity, run, scenario

LOANS = ROOT / "golden" / "clarify" / "loans" / "loans.csv"

CARD = """\
# The committee reads this file.
name: credit-approval
status: Draft          # steps are commits
tags: {team: risk}
content:
  model_overview:
    model_id: arn:aws:sagemaker:us-west-2:111122223333:model/credit
  intended_uses:
    purpose_of_model: |
      Scores applications for credit.
      Not for collections.
    risk_rating: High
    explanations_for_risk_rating:   # to be said before the review
  # Numbers come from reports.
  evaluation_details:
    - name: holdout
      evaluation_observation: typed in
      metric_groups:
        - name: binary
          metric_data:
            - {name: accuracy, type: number, value: 0.9}
  additional_information:
    caveats_and_recommendations: look at it again in a year
"""

POLICY = """\
[review]
four_eyes = true
comment = "required"
transitions = "ordered"

[card]
required = ["intended_uses.purpose_of_model"]

[card.High]
required = ["intended_uses.explanations_for_risk_rating"]
evaluations = ["fairness"]
"""


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def cards(folder):
    return write(folder / "cards" / "credit-approval.yaml", CARD).parent


def report(folder, name="analysis", label="1"):
    """A bias report of this program, as a job would have left it beside the cards."""
    made = folder / f"run-{name}"
    probity("bias", LOANS, "--label", "label", "--positive", label, "--facet", "gender=0", "-o", made, "--quiet")
    target = folder / "cards" / "reports" / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(made / "analysis.json", target)
    return target


def as_json(*arguments, code=0, **more):
    return json.loads(probity(*arguments, "--output", "json", code=code, **more).stdout)


@scenario
def a_skeleton_is_a_card(folder):
    home = folder / "cards"
    home.mkdir()
    told = probity("card", "new", "credit-approval", "-f", home).stdout
    assert "credit-approval.yaml" in told, told
    text = (home / "credit-approval.yaml").read_text()
    assert text.count("#") > 30 and "risk_rating:" in text, text
    probity("card", "check", "-f", home)
    probity("card", "new", "credit-approval", "-f", home, code=2)
    probity("card", "new", "no_name", code=2)
    act = probity("card", "new", "credit-approval", "--template", "annex-iv").stdout
    assert "human_oversight:" in act, act
    # A field that is filled is said, the others are not.
    write(home / "credit-approval.yaml", text.replace("    risk_rating:\n", "    risk_rating: Low\n"))
    shown = as_json("card", "show", "-f", home)
    assert shown["content"] == {"intended_uses": {"risk_rating": "Low"}}, shown


@scenario
def a_card_is_shown_and_listed(folder):
    home = cards(folder)
    shown = probity("card", "show", "credit-approval", "-f", home).stdout
    for text in ("credit-approval", "Draft", "risk: High", "claimed, not bound", "accuracy", "Not for collections", "team=risk"):
        assert text in shown, (text, shown)
    write(home / "other.json", json.dumps({"intended_uses": {"risk_rating": "Low"}}))
    listed = as_json("card", "list", "-f", home)
    assert [(one["name"], one["rating"]) for one in listed] == [("credit-approval", "High"), ("other", "Low")], listed
    assert "other.json" in probity("card", "list", "-f", home).stdout
    probity("card", "show", "-f", home, code=2)
    probity("card", "show", "nobody", "-f", home, code=2)


@scenario
def a_policy_decides_the_exit_code(folder):
    home = cards(folder)
    probity("card", "check", "-f", home)
    policy = write(folder / "governance.toml", POLICY)
    found = as_json("card", "check", "-f", home, "--policy", policy, "--junit", folder / "junit.xml",
                    "--markdown", folder / "summary.md", code=1)
    [card] = found
    rules = sorted({finding["rule"] for finding in card["findings"]})
    assert rules == ["card.High.evaluations", "card.High.required"], card
    suite = ElementTree.parse(folder / "junit.xml").getroot()
    assert int(suite.get("failures")) == len(card["findings"]), ElementTree.tostring(suite)
    assert "explanations\\_for\\_risk\\_rating" in (folder / "summary.md").read_text()
    # The policy that lies in the folder is found.
    shutil.copy(policy, home / "governance.toml")
    probity("card", "check", "-f", home, code=1)
    probity("card", "check", "credit-approval", "-f", home / "credit-approval.yaml", code=1)
    told = probity("card", "check", "-f", home, "--policy", write(folder / "bad.toml", "[review]\nfour_eye = true\n"), code=2).stderr
    assert "bad.toml:2" in told and "four_eye" in told, told


@scenario
def a_report_is_bound_by_its_hash(folder):
    home = cards(folder)
    bound = report(folder)
    before = (home / "credit-approval.yaml").read_text()
    told = probity("card", "bind", "credit-approval", "-f", home, "--evaluation", "fairness", "--to", bound).stdout
    assert "reports/analysis.json" in told and "comments are gone" not in told, told
    text = (home / "credit-approval.yaml").read_text()
    for line in before.splitlines():
        assert line in text, f"lost: {line}"
    shown = as_json("card", "show", "-f", home)
    fairness = next(one for one in shown["content"]["evaluation_details"] if one["name"] == "fairness")
    assert fairness["metadata"]["probity:report"] == "reports/analysis.json", fairness
    assert fairness["metric_groups"], fairness
    stands = {one["evaluation"]: one["bound"] for one in shown["evidence"]}
    assert stands == {"holdout": False, "fairness": True}, shown["evidence"]
    probity("card", "check", "-f", home)
    # Again: the same report, and the same file.
    probity("card", "bind", "credit-approval", "-f", home, "--evaluation", "fairness", "--to", bound)
    assert (home / "credit-approval.yaml").read_text() == text
    # A number that somebody edits is not the report's.
    edited = (home / "credit-approval.yaml").read_text().replace("value: 0", "value: 1", 2)
    write(home / "credit-approval.yaml", edited)
    found = as_json("card", "check", "-f", home, code=1)[0]["findings"]
    assert [one["rule"] for one in found] == ["evidence"] and "not those of the report" in found[0]["message"], found
    probity("card", "bind", "credit-approval", "-f", home, "--evaluation", "fairness", "--to", bound)
    # A report that changes makes it stale; one that goes, too.
    shutil.copy(report(folder, "other", label="0"), bound)
    found = as_json("card", "check", "-f", home, code=1)[0]["findings"]
    assert "has changed since it was bound" in found[0]["message"], found
    assert "REFUTED: the report has other bytes" in probity("card", "show", "-f", home).stdout
    bound.unlink()
    found = as_json("card", "check", "-f", home, code=1)[0]["findings"]
    assert "cannot be read" in found[0]["message"], found
    probity("card", "unbind", "credit-approval", "-f", home, "--evaluation", "fairness")
    probity("card", "check", "-f", home)
    # What is no report is not bound, and nothing is written.
    before = (home / "credit-approval.yaml").read_bytes()
    for text in ("{}", "nonsense", "[1, 2]"):
        write(folder / "odd.json", text)
        probity("card", "bind", "credit-approval", "-f", home, "--evaluation", "x", "--to", folder / "odd.json", code=2)
    probity("card", "bind", "credit-approval", "-f", home, "--evaluation", "x", "--to", folder / "nowhere.json", code=2)
    assert (home / "credit-approval.yaml").read_bytes() == before


@scenario
def a_report_in_the_folder_is_no_card(folder):
    home = cards(folder)
    bound = shutil.copy(report(folder), home / "analysis.json")
    probity("card", "bind", "credit-approval", "-f", home / "credit-approval.yaml", "--evaluation", "fairness", "--to", bound)
    assert [one["name"] for one in as_json("card", "list", "-f", home)] == ["credit-approval"]


@scenario
def a_step_of_a_review_is_a_line_of_the_file(folder):
    home = cards(folder)
    policy = write(home / "governance.toml", POLICY)
    told = probity("card", "approve", "credit-approval", "-f", home, "-m", "fine", code=2).stderr
    assert "transitions" in told or "PendingReview" in told, told
    told = probity("card", "submit", "credit-approval", "-f", home, code=2).stderr
    assert "comment" in told, told
    told = probity("card", "submit", "credit-approval", "-f", home, "-m", "ready").stdout
    assert "four eyes" in told, told
    text = (home / "credit-approval.yaml").read_text()
    assert text == CARD.replace("status: Draft ", "status: PendingReview "), text
    told = probity("card", "approve", "credit-approval", "-f", home, "-m", "fine", code=2).stderr
    assert "cannot be approved" in told and "card.High" in told, told
    policy.unlink()
    probity("card", "approve", "credit-approval", "-f", home, "-m", "fine")
    assert as_json("card", "show", "-f", home)["status"] == "Approved"


@scenario
def two_files_are_compared_by_words(folder):
    home = cards(folder)
    other = write(folder / "other.yaml", CARD.replace("Not for collections", "Never for collections").replace("0.9", "0.8")
                  .replace("    caveats_and_recommendations: look at it again in a year\n", "    ethical_considerations: none known\n"))
    told = probity("card", "diff", home / "credit-approval.yaml", other).stdout
    for line in ("- [-Not-] for collections.", "+ {+Never+} for collections.", "- 0.9", "+ 0.8", "+ none known"):
        assert line in told, (line, told)
    changes = as_json("card", "diff", home / "credit-approval.yaml", other, "--exit-code", code=1)[0]["changes"]
    assert 'evaluation_details["holdout"].metric_groups["binary"].metric_data["accuracy"].value' in [one["path"] for one in changes], changes
    told = probity("card", "diff", other, other, "--exit-code").stdout
    assert "say the same" in told, told


@scenario
def documents_are_made_without_a_server(folder):
    home = cards(folder)
    bound = report(folder)
    probity("card", "bind", "credit-approval", "-f", home, "--evaluation", "fairness", "--to", bound)
    for template in ("card", "annex-iv", "nist-ai-rmf"):
        common = ("credit-approval", "-f", home, "--template", template)
        html = probity("card", "export", *common, "--format", "html").stdout
        verified = "✓ Verified, current"
        assert "credit-approval" in html and "</html>" in html, html[:200]
        text = probity("card", "export", *common, "--format", "markdown").stdout
        assert "credit-approval" in text and verified in text and verified in html, text[:500]
        probity("card", "export", *common, "--format", "pdf", "-o", folder / f"{template}.pdf")
        pdf = (folder / f"{template}.pdf").read_bytes()
        assert pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF") and len(pdf) > 5000, len(pdf)
    face = probity("card", "export", "-f", home, "--format", "hugging-face").stdout
    assert face.startswith("---\n"), face[:200]
    value = json.loads(probity("card", "export", "-f", home, "--format", "json").stdout)
    assert value["name"] == "credit-approval" and value["content"]["intended_uses"]["risk_rating"] == "High", value
    probity("card", "export", "-f", home, "--format", "pdf", code=2)
    # What no font has is said.
    write(home / "credit-approval.yaml", CARD.replace("Scores applications", "Scores \u5c45\u4f4f applications"))
    made = probity("card", "export", "-f", home, "--format", "pdf", "-o", folder / "missing.pdf")
    assert "U+5C45" in made.stderr, made


@scenario
def an_editor_gets_the_file_until_it_is_right(folder):
    home = cards(folder)
    editor = write(folder / "editor.py", """\
import pathlib, sys
path = pathlib.Path(sys.argv[1])
text = path.read_text()
turns = pathlib.Path(__file__).with_name("turns")
turn = len(turns.read_text()) if turns.exists() else 0
turns.write_text("x" * (turn + 1))
if turn == 0:
    path.write_text(text.replace("risk_rating: High", "risk_rating: Huge"))
else:
    assert "#!" in text and "$.content.intended_uses.risk_rating" in text, text
    path.write_text(text.replace("risk_rating: Huge", "risk_rating: Medium"))
""")
    environment = {"EDITOR": f"{sys.executable} {editor}", "VISUAL": ""}
    probity("card", "edit", "credit-approval", "-f", home, environment=environment)
    text = (home / "credit-approval.yaml").read_text()
    assert text == CARD.replace("risk_rating: High", "risk_rating: Medium"), text
    idle = {"EDITOR": "true", "VISUAL": ""}
    assert "nothing was changed" in probity("card", "edit", "credit-approval", "-f", home, environment=idle).stdout
    giving_up = write(folder / "give_up.sh", "#!/bin/sh\ngrep -q '#!' \"$1\" || echo 'x: [' >> \"$1\"\n")
    giving_up.chmod(giving_up.stat().st_mode | stat.S_IXUSR)
    told = probity("card", "edit", "credit-approval", "-f", home, code=2, environment={"EDITOR": str(giving_up), "VISUAL": ""}).stderr
    kept = told.split("kept in ")[1].strip()
    assert "x: [" in open(kept).read(), told
    assert (home / "credit-approval.yaml").read_text() == text
    told = probity("card", "edit", "credit-approval", "-f", home, code=2, environment={"EDITOR": "", "VISUAL": ""}).stderr
    assert "EDITOR" in told, told


@scenario
def the_commands_of_the_page_are_true(folder):
    page = (ROOT / "docs" / "model-cards.md").read_text()
    lines = [line.split("   #")[0] for line in page.splitlines() if line.startswith("probity card ")]
    lines = [line for line in lines if " -f " in line and line.split()[2] not in ("apply", "diff")]
    assert len(lines) >= 5, lines
    cards(folder)
    report(folder)
    write(folder / "governance.toml", POLICY.replace("[card.High]", "[card.Low]"))
    for line in lines:
        arguments = shlex.split(line)[1:]
        # Whether there are more fonts is this machine's matter.
        if "--fonts" in arguments:
            place = arguments.index("--fonts")
            del arguments[place:place + 2]
        probity(*arguments, folder=folder)


@scenario
def a_hundred_bad_files_are_all_told(folder):
    home = folder / "cards"
    home.mkdir()
    wrong = [
        ("evaluation_details: [{}]", "$.evaluation_details[0].name"),
        ("intended_uses: {risk_rating: high}", "$.intended_uses.risk_rating"),
        ("no_such_section: 1", "$.no_such_section"),
        ("additional_information: {custom_details: {year: 2026}}", "put it in quotes"),
        ("name: a\nname: b", ":2"),
        ("status: Ready\ncontent: {}", "$.status"),
        ("a: [1, 2", ""),
        ("business_details: x", "$.business_details"),
        ("training_details: {training_job_details: {training_metrics: [{name: m}]}}", "training_metrics[0].value"),
        ("evaluation_details: [{name: x, metric_groups: [{name: g, metric_data: [{name: m, type: matrix, value: 1}]}]}]", "metric_data[0]"),
    ]
    for n in range(100):
        write(home / f"card-{n:03}.yaml", wrong[n % len(wrong)][0] + "\n")
    for command in (("check",), ("list",), ("apply", "--dry-run")):
        told = probity("card", *command, "-f", home, code=2, environment={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}).stderr
        assert "100 of 100 card files are wrong" in told, told
        for n in range(100):
            mine = [line for line in told.splitlines() if f"card-{n:03}.yaml" in line]
            assert mine and any(wrong[n % len(wrong)][1] in line for line in mine), (n, mine)


@scenario
def bombs_are_refused_at_once(folder):
    laughs = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for before, name in zip("abcdefgh", "bcdefghi"):
        laughs += f"{name}: &{name} [" + ", ".join([f"*{before}"] * 10) + "]\n"
    bombs = {
        "laughs.yaml": laughs,
        "deep.yaml": "a: " + "[" * 5000 + "]" * 5000,
        "deep.json": '{"a": ' + "[" * 5000 + "]" * 5000 + "}",
        "wide.yaml": "evaluation_details:\n" + "- {name: x}\n" * 80000,
        "quadratic.yaml": "a: &a " + "x" * 400_000 + "\nb: [" + ", ".join(["*a"] * 1000) + "]\n",
        "long.yaml": "intended_uses: {purpose_of_model: " + "x" * 900_000 + "}\n",
        "large.yaml": "# comment\n" * 200_000,
        "merge.yaml": "a: &a {b: 1}\n" + "".join(f"k{n}: {{<<: *a}}\n" for n in range(20000)),
    }
    for name, text in bombs.items():
        probity("card", "check", "-f", write(folder / name, text), code=2)
    (folder / "latin.yaml").write_bytes("intended_uses: {purpose_of_model: \xe9}".encode("latin-1"))
    told = probity("card", "check", "-f", folder / "latin.yaml", code=2).stderr
    assert "UTF-8" in told, told
    os.mkfifo(folder / "pipe.yaml")
    told = probity("card", "check", "-f", folder / "pipe.yaml", code=2).stderr
    assert "no file" in told, told
    home = folder / "empty"
    home.mkdir()
    probity("card", "check", "-f", home, code=2)
    probity("card", "check", "-f", folder / "nowhere", code=2)


if __name__ == "__main__":
    sys.exit(run())
