"""A proxy before a model that logs every call, as teams write one with FastAPI: the rival of
`probity gateway`. Run by bench/gateway.py under uvicorn, one worker.

Environment: UPSTREAM (the model's address), LOG (a file that gets one JSON line per call).
"""

import contextlib
import json
import os
import time
import uuid

import fastapi
import httpx

UPSTREAM = os.environ["UPSTREAM"]
log = open(os.environ["LOG"], "a", buffering=1)


@contextlib.asynccontextmanager
async def lifespan(app):
    async with httpx.AsyncClient(limits=httpx.Limits(max_keepalive_connections=64)) as app.client:
        yield


app = fastapi.FastAPI(lifespan=lifespan)


@app.post("/invocations")
async def invocations(request: fastapi.Request):
    body = await request.body()
    sent = {"Content-Type": request.headers.get("content-type", "")}
    answer = await app.client.post(UPSTREAM + "/invocations", content=body, headers=sent)
    content_type = answer.headers.get("content-type")
    log.write(json.dumps({
        "input": {"type": sent["Content-Type"], "data": body.decode()},
        "output": {"type": content_type, "data": answer.text},
        "id": str(uuid.uuid4()),
        "time": time.time(),
    }) + "\n")
    return fastapi.Response(answer.content, answer.status_code, media_type=content_type)
