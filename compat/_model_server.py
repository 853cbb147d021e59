"""A model behind HTTP, in this process: the contract of SageMaker's containers, the Open
Inference Protocol v2 and MLflow's scoring server, with the faults that a real one has. The
standard library only.
"""

import contextlib
import csv
import http.server
import io
import json
import math
import threading
import time


def probability(gender, age, income):
    """What the model reports: not additive on any scale."""
    score = 0.6 * gender + 0.04 * (age - 45) + 0.05 * (income - 50)
    return 1 / (1 + math.exp(-score - 0.03 * gender * (age - 45)))


class Model:
    """`faults` may hold: `slow` (seconds per request), `every` (each n-th request fails),
    `short` (a score too few for more than one record), `after` (dies after so many requests),
    `gone` (closes the connection in place of an answer, after so many requests)."""

    def __init__(self, form="csv", score=probability, **faults):
        self.form, self.score, self.faults = form, score, faults
        self.lock = threading.Lock()
        self.requests = 0
        self.records = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.bodies = []

    def rows(self, body):
        if self.form == "csv":
            return [[float(cell) for cell in row] for row in csv.reader(io.StringIO(body))]
        if self.form in ["lines", "lists"]:
            return [json.loads(line)["instances"] for line in body.splitlines()]
        if self.form == "v2":
            (given,) = json.loads(body)["inputs"]
            columns = given["shape"][1]
            data = given["data"]
            flat = [cell for row in data for cell in row] if isinstance(data[0], list) else data
            return [flat[at:at + columns] for at in range(0, len(flat), columns)]
        if self.form == "mlflow":
            return json.loads(body)["dataframe_split"]["data"]
        return json.loads(body)["instances"]

    def answer(self, scores):
        if self.form == "csv":
            return "\n".join(map(repr, scores)) + "\n"
        if self.form == "lists":
            return "\n".join(json.dumps([score]) for score in scores) + "\n"
        if self.form == "lines":
            return "\n".join(json.dumps({"score": score}) for score in scores) + "\n"
        if self.form == "v2":
            output = {"name": "p", "datatype": "FP64", "shape": [len(scores), 1], "data": scores}
            return json.dumps({"model_name": "m", "outputs": [output]})
        return json.dumps({"predictions": scores})


@contextlib.contextmanager
def serving(model):
    """Serves `model` on a port of its own while the block runs; gives its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_):
            pass

        def do_GET(self):
            if self.path.startswith("/v2/models/") and not self.path.endswith("/ready"):
                named = [{"name": "x", "datatype": "FP64", "shape": [-1, 3]}]
                self.reply(200, json.dumps({"name": "m", "inputs": named, "outputs": []}))
            else:
                self.reply(200, "{}")

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            with model.lock:
                model.requests += 1
                number = model.requests
                model.in_flight += 1
                model.most_in_flight = max(model.most_in_flight, model.in_flight)
                if len(model.bodies) < 50:
                    named = {name.lower(): value for name, value in self.headers.items()}
                    model.bodies.append((self.path, named, body))
            try:
                self.invoke(number, body)
            finally:
                with model.lock:
                    model.in_flight -= 1

        def invoke(self, number, body):
            faults = model.faults
            time.sleep(faults.get("slow", 0))
            if "gone" in faults and number > faults["gone"]:
                self.close_connection = True
                return
            if "after" in faults and number > faults["after"]:
                return self.reply(500, "the worker died")
            if "every" in faults and number % faults["every"] == 0:
                return self.reply(503, "try again")
            try:
                rows = model.rows(body)
            except (ValueError, KeyError, TypeError) as error:
                return self.reply(400, f"cannot read: {error}")
            scores = [model.score(*row) for row in rows]
            if faults.get("short") and len(scores) > 1:
                scores = scores[:-1]
            with model.lock:
                model.records += len(rows)
            self.reply(200, model.answer(scores))

        def reply(self, status, text):
            data = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", self.headers.get("Accept", "text/csv"))
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    class Server(http.server.ThreadingHTTPServer):
        def handle_error(self, *_):
            """A client that was killed, or waits no longer, is no fault of the model."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
