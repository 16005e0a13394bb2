"""The real server, in a process of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.integration.api.conftest import BEARER, TOKEN, until

ROOT = Path(__file__).parents[3]
SERVE = """
import sys
from api.app import serve
from matchmaker.bootstrap import application
with application() as installation:
    serve(installation, "127.0.0.1", int(sys.argv[1]))
"""


@dataclass
class Server:
    process: subprocess.Popen[str]
    client: httpx.Client


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"MATCHMAKER_HOME": str(tmp_path), "MATCHMAKER_API_TOKEN": TOKEN}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE, str(port)],
        cwd=ROOT,
        env={name: value for name, value in environment.items() if name != "MATCHMAKER_DATABASE_URL"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            yield Server(process, client)
    finally:
        process.kill()
        process.communicate()


def is_ready(server: Server) -> bool:
    assert server.process.poll() is None, server.process.communicate()
    try:
        return server.client.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_a_server_takes_an_offer_answers_a_need_and_stops_when_told(server: Server) -> None:
    until(lambda: is_ready(server))
    offer = {
        "owner": "Universidad del Bajío",
        "reference": "P-1",
        "language": "en",
        "title": "Adsorbent that removes chromium from tannery wastewater",
    }
    assert server.client.post("/v1/offers", json=offer, headers=BEARER).status_code == 201
    answer = server.client.post("/v1/matches", json={"text": "Quitar cromo del agua de curtido"})
    assert [match["reference"] for match in answer.json()["matches"]] == ["P-1"]
    assert "server" not in answer.headers
    too_large = server.client.post("/v1/matches", content=iter([b" " * 600_000, b" " * 600_000]))
    assert too_large.status_code == 413
    assert server.client.get("/healthz").status_code == 200
    server.process.send_signal(signal.SIGTERM)
    said, complaints = server.process.communicate(timeout=30)
    assert server.process.returncode in (0, -signal.SIGTERM)
    assert (said, complaints) == ("", "")
