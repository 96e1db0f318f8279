"""What serves Inkling to a class: the guide, the lock and the files beside it agree with the program."""

import re
from pathlib import Path

from engine.limits import LIMITS, PATHS, PRIVATE, UPLOAD, amount

HERE = Path(__file__).resolve().parents[2]
DEPLOYMENT = HERE / "dashboard" / "deployment"
GUIDE = (DEPLOYMENT / "README.md").read_text(encoding="utf-8")
LOCK = (DEPLOYMENT / "requirements.lock").read_text(encoding="utf-8")


def packages(text: str) -> dict[str, str]:
    """What is asked for of each package."""
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    found = (re.match(r"([a-z0-9][a-z0-9._-]*)\s*(.*)", line, re.IGNORECASE) for line in lines)
    return {each[1].lower().replace("_", "-"): each[2] for each in found if each}


def test_the_guide_names_every_limit_and_no_other() -> None:
    named = set(re.findall(r"INKLING_[A-Z_]+", GUIDE)) - {"INKLING_RUNS"}
    assert named == {each.variable for each in LIMITS} | {PATHS, PRIVATE}


def test_the_guide_names_only_files_that_are_there() -> None:
    for name in re.findall(r"\]\(([^)]+)\)", GUIDE):
        assert (DEPLOYMENT / name).is_file(), name


def test_the_lock_pins_and_hashes_everything_and_names_no_host() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) > 20
    for block in blocks:
        assert re.match(r"[a-z0-9._-]+==[\w.+-]+( ;[^\\]*)? \\\n    --hash=sha256:[0-9a-f]{64}", block), block[:80]
    assert "://" not in LOCK
    assert "index" not in LOCK


def test_the_lock_holds_what_is_asked_for() -> None:
    asked = packages((HERE / "requirements.txt").read_text(encoding="utf-8"))
    served = packages((DEPLOYMENT / "requirements.in").read_text(encoding="utf-8"))
    asked.pop("pytest")
    assert served == asked
    assert served.keys() <= packages(LOCK).keys()


def test_nothing_is_served_by_root_nor_to_everybody() -> None:
    unit, container = ((DEPLOYMENT / name).read_text() for name in ("inkling.service", "Containerfile"))
    assert "User=inkling" in unit
    assert "NoNewPrivileges=true" in unit
    assert re.search(r"^USER inkling$", container, re.MULTILINE)
    assert "--require-hashes" in container
    for text in (unit, container):
        assert "INKLING_PRIVATE=1" in text
    assert "-p 127.0.0.1:8501:8501" in container
    assert "auth_basic_user_file" in (DEPLOYMENT / "nginx.conf").read_text()


def test_what_stands_in_front_lets_through_what_the_program_allows() -> None:
    """A file of the largest size, and a class behind one address: two connections a tab, six for each that loads."""
    nginx = (DEPLOYMENT / "nginx.conf").read_text(encoding="utf-8")
    largest, connections = (
        re.search(pattern, nginx) for pattern in (r"client_max_body_size (\d+)m;", r"limit_conn inkling (\d+);")
    )
    assert largest is not None
    assert int(largest[1]) << 20 > UPLOAD.default
    assert connections is not None
    assert int(connections[1]) >= 2 * 100 + 6 * 30
    assert f"| `INKLING_UPLOAD_BYTES` | {amount(UPLOAD.default)} |" in GUIDE
