"""What an operator does with monitors from the command line: which server, whose key, schedules, runs,
previews, baselines, roll-ups and imports.

needs: packages
"""

import json
import sys

from _program import probity, run, scenario
from _server import serving


def as_json(server, *arguments, code=0):
    answer = probity(*arguments, "--output", "json", code=code, environment=server.environment())
    return json.loads(answer.stdout)


@scenario
def the_command_says_where_it_looked_for_a_server(folder):
    nobody = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_ENDPOINT_URL_SAGEMAKER": ""}
    told = probity("monitor", "list", code=3, environment=nobody).stderr
    assert "no server at http://127.0.0.1:9" in told and "probity serve" in told, told
    told = probity("monitor", "list", "--endpoint-url", "localhost:8420", code=2).stderr
    assert "is no address of a server" in told, told


@scenario
def a_call_without_a_key_says_how_to_get_one(folder):
    with serving(folder) as server:
        without = {"AWS_ENDPOINT_URL": server.url, "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        told = probity("monitor", "list", code=2, environment=without).stderr
        assert "probity env" in told, told
        wrong = {**server.environment(), "AWS_SECRET_ACCESS_KEY": "wrong"}
        told = probity("monitor", "list", code=2, environment=wrong).stderr
        assert "InvalidSignatureException" in told, told


if __name__ == "__main__":
    sys.exit(run())
