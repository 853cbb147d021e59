"""The aws command line against the same endpoint.

needs: packages
"""
import json
import os
import pathlib
import subprocess
import sys

import _aws as c

AWS = os.environ.get("WIRE_AWS_CLI", str(pathlib.Path(sys.executable).parent / "aws"))


def aws(*a, ok=True):
    r = subprocess.run([AWS, *a], capture_output=True, text=True, env=dict(os.environ, AWS_PAGER=""), timeout=120)
    c.check("aws " + " ".join(a)[:90], (r.returncode == 0) == ok, r.stderr[-300:])
    if ok and r.stdout.strip().startswith("{"):
        return json.loads(r.stdout)
    return r.stdout if ok else r.stderr


f = c.WORK / "one.txt"
f.write_text("one\n")
c.ensure_bucket()
d = c.WORK / "dir"
(d / "sub").mkdir(parents=True)
for i in range(3):
    (d / "sub" / ("f%d.txt" % i)).write_text(str(i))
c.check("caller identity", aws("sts", "get-caller-identity")["Account"].isdigit())
aws("s3", "ls")
aws("s3", "cp", str(f), c.uri("cli", "one.txt"))
aws("s3", "cp", c.uri("cli", "one.txt"), str(c.WORK / "back.txt"))
c.check("content back", (c.WORK / "back.txt").read_text() == "one\n")
aws("s3", "sync", str(d), c.uri("cli", "dir"))
out = aws("s3", "ls", "--recursive", c.uri("cli") + "/")
c.check("recursive listing", out.count("sub/f") == 3, out)
aws("s3", "cp", c.uri("cli", "one.txt"), c.uri("cli", "two.txt"))
aws("s3", "rm", "--recursive", c.uri("cli", "dir"))
aws("s3api", "head-object", "--bucket", c.BUCKET, "--key", "cli/two.txt")
g = c.name("cli-group")
aws("sagemaker", "create-model-package-group", "--model-package-group-name", g)
c.check("group described", aws("sagemaker", "describe-model-package-group", "--model-package-group-name", g)["ModelPackageGroupName"] == g)
c.check("group listed", g in json.dumps(aws("sagemaker", "list-model-package-groups", "--name-contains", g)))
aws("sagemaker", "search", "--resource", "Model")
err = aws("sagemaker", "describe-data-quality-job-definition", "--job-definition-name", "nope-" + c.RUN, ok=False)
c.check("error names its code", "(ResourceNotFound)" in err, err)
aws("sagemaker", "delete-model-package-group", "--model-package-group-name", g)
aws("logs", "describe-log-streams", "--log-group-name", "/aws/sagemaker/ProcessingJobs", "--log-stream-name-prefix", "x/")
aws("cloudwatch", "put-metric-data", "--namespace", "wire", "--metric-name", "m", "--value", "1")
c.done()
