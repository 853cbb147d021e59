"""A running server for the scenarios: `with serving(folder) as server:` starts `probity serve`
on a free port with its data in the folder, and ends it gently.

`server.client("sagemaker")` is boto3's client with the administrator's key. Needs the packages of
requirements.txt.
"""

import contextlib
import os
import re
import subprocess
import threading

import boto3
from botocore.config import Config

from _program import SECONDS, program

REGION = "us-west-2"
ACCOUNT = "111122223333"
KEY = "AKIAPROBITYROOT00001"
SECRET = "root-secret-of-the-compat-drivers-0001"


class Server:
    def __init__(self, process, url, data, log):
        self.process = process
        self.url = url
        self.data = data
        self._log = log

    @property
    def log(self):
        """Everything that the server has printed so far."""
        return "".join(self._log)

    def client(self, service, key=KEY, secret=SECRET, region=REGION, **config):
        """One try for each call: a fault of the server is to be seen, not repeated."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            config=Config(retries={"total_max_attempts": 1}, read_timeout=60, **config),
        )

    def environment(self):
        """What makes other programs use this server."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextlib.contextmanager
def serving(folder, *arguments, environment=None):
    """Starts the server and waits for the line that names its address."""
    data = folder / "data"
    process = subprocess.Popen(
        [program(), "serve", "--data", str(data), "--listen", "127.0.0.1:0", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        cwd=folder,
        env={
            **os.environ,
            "PROBITY_ROOT_ACCESS_KEY_ID": KEY,
            "PROBITY_ROOT_SECRET_ACCESS_KEY": SECRET,
            **(environment or {}),
        },
    )
    log, found, address = [], threading.Event(), []

    def read():
        for line in process.stdout:
            log.append(line)
            place = re.search(r"https?://127\.0\.0\.1:\d+", line)
            if place and not found.is_set():
                address.append(place.group())
                found.set()
        found.set()

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        assert found.wait(SECONDS) and address, f"the server did not start:\n{''.join(log)[-3000:]}"
        yield Server(process, address[0], data, log)
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        reader.join(10)
    assert "panicked" not in "".join(log), "".join(log)[-3000:]
