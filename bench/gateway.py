"""What an invocation costs on the wire: Probity with and without capture, nginx as a bare proxy, a
FastAPI logging proxy, and the model server alone, all asked by wrk over loopback. Started by
`cargo xtask bench gateway`; prints Markdown. The standard library only.

The model behind the proxies is nginx that answers the same score to everything, so that it
costs as little as a model can. Contestants take turns; the median run is shown.
"""

import argparse
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
ROW = "1.5,0.5,2.5,1,0,3"
BUCKET = "bench-gateway"
ROLE = "arn:aws:iam::111122223333:role/Bench"
IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"
REQUEST = """wrk.method = "POST"
wrk.body = "%s"
wrk.headers["Content-Type"] = "text/csv"
""" % ROW
NGINX = """worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 100000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  {server}
}}
"""
MODEL = "server {{ listen 127.0.0.1:{port}; location / {{ default_type text/csv; return 200 '0.036397725343704224\\n'; }} }}"
PROXY = ("upstream model {{ server 127.0.0.1:{to}; keepalive 64; keepalive_requests 100000000; }} "
         "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://model; "
         "proxy_http_version 1.1; proxy_set_header Connection ''; }} }}")


class Started:
    """Processes that are ended with the run, by their own ids."""

    def __init__(self, scratch):
        self.scratch, self.processes = scratch, []

    def start(self, name, command, environment=None):
        log = open(self.scratch / f"{name}.log", "ab")
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   cwd=self.scratch, env={**os.environ, **(environment or {})})
        log.close()
        self.processes.append(process)
        return process

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
        self.processes.remove(process)

    def stop_all(self):
        for process in list(self.processes):
            self.stop(process)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def wait_for(url, process, seconds=60):
    """Seconds until the first answer that is no failure."""
    begun = time.perf_counter()
    while time.perf_counter() < begun + seconds:
        if process.poll() is not None:
            sys.exit(f"`{process.args[0]}` ended with {process.returncode}; see its log")
        try:
            with urllib.request.urlopen(url, timeout=1):
                return time.perf_counter() - begun
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return time.perf_counter() - begun
        except OSError:
            pass
        time.sleep(0.002)
    sys.exit(f"no answer from {url}")


def memory(process):
    """Resident and largest resident MiB."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    figure = lambda name: int(re.search(rf"{name}:\s+(\d+) kB", text)[1]) / 1024
    return figure("VmRSS"), figure("VmHWM")


def nginx(started, name, server):
    folder = started.scratch / name
    folder.mkdir()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, server=server))
    return started.start(name, ["nginx", "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")])


def call(port, operation, **members):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/", json.dumps(members).encode(), {
        "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"SageMaker.{operation}"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        sys.exit(f"{operation}: {error.code} {error.read().decode()}")


def deploy(port, name, container, capture):
    call(port, "CreateModel", ModelName=name, ExecutionRoleArn=ROLE,
         PrimaryContainer={"Image": IMAGE, **container})
    config = {"DataCaptureConfig": {
        "EnableCapture": True, "InitialSamplingPercentage": 100,
        "DestinationS3Uri": f"s3://{BUCKET}/capture",
        "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]}}} if capture else {}
    call(port, "CreateEndpointConfig", EndpointConfigName=name, ProductionVariants=[{
        "VariantName": "AllTraffic", "ModelName": name, "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1}], **config)
    call(port, "CreateEndpoint", EndpointName=name, EndpointConfigName=name)
    for _ in range(600):
        status = call(port, "DescribeEndpoint", EndpointName=name)
        if status["EndpointStatus"] == "InService":
            return f"http://127.0.0.1:{port}/endpoints/{name}/invocations"
        if status["EndpointStatus"] != "Creating":
            break
        time.sleep(0.1)
    sys.exit(f"endpoint {name}: {status}")


def serve(started, arguments, model_port):
    """One server with four endpoints: in process and by URL, without and with capture."""
    data = started.scratch / "serve"
    bucket = data / "objects" / BUCKET
    bucket.mkdir(parents=True)
    with tarfile.open(bucket / "model.tar.gz", "w:gz") as archive:
        archive.add(ROOT / "golden" / "models" / "xgboost" / "binary.json", "xgboost-model")
    port = free_port()
    process = started.start("serve", [arguments.binary, "serve", "--data", str(data), "--log", "warn",
                                      "--insecure-no-auth", "--listen", f"127.0.0.1:{port}"])
    wait_for(f"http://127.0.0.1:{port}/readyz", process)
    time.sleep(5)
    idle = memory(process)[0]
    inside = {"ModelDataUrl": f"s3://{BUCKET}/model.tar.gz"}
    behind = {"Environment": {"PROBITY_MODEL_URL": f"http://127.0.0.1:{model_port}/invocations"}}
    urls = {}
    for where, container in [("in process", inside), ("by URL", behind)]:
        for capture in [False, True]:
            name = f"{where.replace(' ', '-').lower()}-{'captured' if capture else 'plain'}"
            label = f"Probity, model {where}, {'all captured' if capture else 'no capture'}"
            urls[label] = deploy(port, name, container, capture)
    return process, urls, idle


def gateway(started, arguments, model_port, sampling):
    port = free_port()
    folder = started.scratch / f"gateway-{sampling}"
    process = started.start(f"gateway-{sampling}", [
        arguments.binary, "gateway", "--to", f"http://127.0.0.1:{model_port}", "--endpoint-name", "bench",
        "--destination", str(folder / "captured"), "--data", str(folder / "data"),
        "--sampling", str(sampling), "--listen", f"127.0.0.1:{port}", "--log", "warn"])
    wait_for(f"http://127.0.0.1:{port}/", process)
    return process, f"http://127.0.0.1:{port}/invocations"


def microseconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(number) * {"us": 1, "ms": 1e3, "s": 1e6}[unit]


def measure(arguments, script, url):
    """Requests per second, and the microseconds at p50 and p99."""
    finished = subprocess.run(
        ["wrk", "-t1", f"-c{arguments.connections}", f"-d{arguments.seconds}s", "--latency", "-s", str(script), url],
        capture_output=True, text=True)
    text = finished.stdout
    bad = re.search(r"(Non-2xx.*|Socket errors.*)", text)
    if finished.returncode or bad:
        sys.exit(f"wrk on {url}: {bad[1] if bad else text + finished.stderr}")
    figure = lambda share: microseconds(re.search(rf"^\s+{share}%\s+(\S+)$", text, re.M)[1])
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), figure(50), figure(99)


def ready(started, arguments, times=5):
    """Median seconds from the start of the process to `/readyz`: a new folder, and one that is there."""
    taken = {"new": [], "again": []}
    for number in range(times):
        folder = started.scratch / f"ready-{number}"
        for kind in taken:
            port = free_port()
            begun = time.perf_counter()
            process = started.start("ready", [arguments.binary, "serve", "--data", str(folder), "--log", "warn",
                                              "--insecure-no-auth", "--listen", f"127.0.0.1:{port}"])
            wait_for(f"http://127.0.0.1:{port}/readyz", process)
            taken[kind].append(time.perf_counter() - begun)
            started.stop(process)
    return {kind: statistics.median(values) for kind, values in taken.items()}


def ratio(runs, name, base):
    return f"{runs[name][0] / runs[base][0]:.2f}" if name in runs and base in runs else "–"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--binary", required=True)
    parser.add_argument("--python", required=True, help="has the packages of gateway-requirements.txt")
    parser.add_argument("--scratch", required=True)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--connections", type=int, default=32)
    arguments = parser.parse_args()
    scratch = pathlib.Path(arguments.scratch).resolve()
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    script = scratch / "request.lua"
    script.write_text(REQUEST)
    started = Started(scratch)
    try:
        bench(started, arguments, script)
    finally:
        started.stop_all()


def bench(started, arguments, script):
    start_up = ready(started, arguments)
    urls = {}
    model_port, proxy_port, python_port = free_port(), free_port(), free_port()
    model = nginx(started, "model", MODEL.format(port=model_port))
    wait_for(f"http://127.0.0.1:{model_port}/", model)
    urls["the model server alone (nginx)"] = f"http://127.0.0.1:{model_port}/invocations"
    proxy = nginx(started, "proxy", PROXY.format(port=proxy_port, to=model_port))
    wait_for(f"http://127.0.0.1:{proxy_port}/", proxy)
    urls["nginx as a proxy"] = f"http://127.0.0.1:{proxy_port}/invocations"
    python = started.start("fastapi", [
        arguments.python, "-m", "uvicorn", "rivals_gateway:app", "--app-dir", str(ROOT / "bench"), "--no-access-log",
        "--log-level", "warning", "--port", str(python_port)],
        {"UPSTREAM": f"http://127.0.0.1:{model_port}", "LOG": str(started.scratch / "fastapi.jsonl")})
    wait_for(f"http://127.0.0.1:{python_port}/", python)
    urls["FastAPI logging proxy"] = f"http://127.0.0.1:{python_port}/invocations"
    bare, urls["Probity gateway, no capture"] = gateway(started, arguments, model_port, 0)
    full, urls["Probity gateway, all captured"] = gateway(started, arguments, model_port, 100)
    server, endpoints, idle = serve(started, arguments, model_port)
    urls.update(endpoints)

    runs = {name: [] for name in urls}
    for url in urls.values():
        measure(argparse.Namespace(**{**vars(arguments), "seconds": 1}), script, url)
    for _ in range(arguments.repeat):
        for name, url in urls.items():
            runs[name].append(measure(arguments, script, url))
    median = {name: tuple(statistics.median(run[figure] for run in own) for figure in range(3))
              for name, own in runs.items()}
    show(median)
    print(f"\nIdle memory of `probity serve`: {idle:.0f} MiB; after the load {memory(server)[0]:.0f} MiB. Ready in "
          f"{start_up['new'] * 1e3:.0f} ms on a new folder, {start_up['again'] * 1e3:.0f} ms on one that is there.")


def show(runs):
    proxy = runs["nginx as a proxy"][0]
    print("\n| contestant | requests/s | p50 µs | p99 µs | of nginx's rate |\n|---|--:|--:|--:|--:|")
    for name, (rate, p50, p99) in runs.items():
        print(f"| {name} | {rate:,.0f} | {p50:,.0f} | {p99:,.0f} | {rate / proxy:.2f} |")
    print("\n| aim | measured |\n|---|---|")
    for kind in ["Probity gateway", "Probity, model in process", "Probity, model by URL"]:
        with_capture, without = runs[f"{kind}, all captured"], runs[f"{kind}, no capture"]
        print(f"| {kind}: capture costs under 10 % of throughput | {100 * (1 - with_capture[0] / without[0]):.1f} %, "
              f"p99 {with_capture[2] - without[2]:+,.0f} µs |")
    print(f"| over half of nginx's rate as a proxy | {ratio(runs, 'Probity gateway, all captured', 'nginx as a proxy')} |")
    print(f"| ten times FastAPI | {ratio(runs, 'Probity gateway, all captured', 'FastAPI logging proxy')} |")


if __name__ == "__main__":
    main()
