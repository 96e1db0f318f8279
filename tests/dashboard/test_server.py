"""The server as a person starts it, from another folder: only this computer, only under its own names."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a server that was started from an empty folder, by the path of the page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = int(free.getsockname()[1])
    folder = tmp_path_factory.mktemp("elsewhere")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STREAMLIT_")}
    command = [sys.executable, "-m", "streamlit", "run", str(APP), f"--server.port={number}", "--server.headless=true"]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=log, env=environment | {"INKLING_RUNS": str(folder / "runs")}
        )
    try:
        _wait_until_healthy(number, server)
        yield number
    finally:
        server.terminate()
        server.wait(20)


def _wait_until_healthy(port: int, server: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert server.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    pytest.fail("the server did not answer within 30 seconds")


def _websocket_status(port: int, host: str) -> int:
    """HTTP status that a request for the page's websocket gets when it comes under the name `host`."""
    lines = (
        "GET /_stcore/stream HTTP/1.1", f"Host: {host}:{port}", f"Origin: http://{host}:{port}",
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode())
        return int(connection.recv(4096).split()[1])


@pytest.mark.parametrize(("host", "status"), [("localhost", 101), ("127.0.0.1", 101), ("evil.example", 403)])
def test_the_page_answers_under_its_own_names_only(port: int, host: str, status: int) -> None:
    assert _websocket_status(port, host) == status


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second loopback address")
def test_the_server_listens_on_one_address_only(port: int) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", port), timeout=5)
