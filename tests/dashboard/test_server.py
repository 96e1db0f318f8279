"""The server as a person starts it, from another folder: only this computer, only under its own names."""

import ctypes
import os
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.limits import UPLOAD

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


def _answer(port: int, request: str, *headers: str, body: bytes = b"") -> str:
    """Everything that the server answers to one request."""
    lines = (f"{request} HTTP/1.1", f"Host: 127.0.0.1:{port}", *headers, f"Content-Length: {len(body)}",
             "Connection: close", "", "")  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall("\r\n".join(lines).encode() + body)
        found = b""
        while more := connection.recv(65_536):
            found += more
    return found.decode("utf-8", "replace")


def test_a_page_of_another_site_gets_no_websocket(port: int) -> None:
    """As a browser asks on behalf of evil.example: under our name, but from its own origin."""
    lines = (
        "GET /_stcore/stream HTTP/1.1", f"Host: 127.0.0.1:{port}", "Origin: http://evil.example",
        "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", "",
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall("\r\n".join(lines).encode())
        assert int(connection.recv(4096).split()[1]) == 403


def test_other_sites_may_not_read_what_the_server_says(port: int) -> None:
    answer = _answer(port, "GET /_stcore/health", "Origin: http://evil.example")
    assert " 200 " in answer.splitlines()[0]
    assert "access-control-allow-origin: *" not in answer.lower()
    assert "evil.example" not in answer


def test_a_file_is_not_taken_without_the_token_against_forged_requests(port: int) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\nhello\r\n--x--\r\n'
    for path in ("/_stcore/upload_file/session/file", "/_stcore/upload_file/../../etc/passwd"):
        answer = _answer(port, f"PUT {path}", "Content-Type: multipart/form-data; boundary=x", body=body)
        assert int(answer.split()[1]) in (400, 403, 404)


def test_settings_of_the_server_are_those_of_a_page_for_one_person() -> None:
    text = (APP.parent / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    assert found["server"]["address"] == "127.0.0.1"
    assert found["server"]["allowedHosts"] == ["localhost", "127.0.0.1"]
    assert found["browser"]["gatherUsageStats"] is False
    assert found["client"]["showErrorDetails"] == "none"
    assert found["server"].get("enableXsrfProtection", True) is True
    assert found["server"].get("enableCORS", True) is True
    assert found["server"]["maxUploadSize"] << 20 == UPLOAD.default


ARENAS = """
import ctypes, os, threading
from dashboard.serving import use_few_arenas
use_few_arenas()
library, together = ctypes.CDLL(None), threading.Barrier(17)
library.tmpfile.restype = ctypes.c_void_p

def take():
    held = [bytearray(50_000) for _ in range(50)]
    together.wait()

for _ in range(16):
    threading.Thread(target=take).start()
together.wait()
told = ctypes.c_void_p(library.tmpfile())
library.malloc_info(0, told)
library.rewind(told)
text = ctypes.create_string_buffer(100_000)
library.fread(text, 1, 99_999, told)
print(text.value.count(b"<heap nr="))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_info"), reason="arenas are glibc's"
)
@pytest.mark.parametrize(("chosen", "arenas"), [({}, 2), ({"MALLOC_ARENA_MAX": "3"}, 3)])
def test_threads_share_two_arenas_of_memory_unless_another_number_was_chosen(
    chosen: dict[str, str], arenas: int
) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"} | chosen
    done = subprocess.run(
        [sys.executable, "-c", ARENAS],
        cwd=APP.parents[1],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.strip() == str(arenas), done.stderr
