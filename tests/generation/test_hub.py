"""Models by their hub name: fetched over real HTTP from a hub on loopback, or refused in a line."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

COMMIT = "0123456789abcdef0123456789abcdef01234567"
OWNER = "studio"


class Hub(BaseHTTPRequestHandler):
    """As much of the hub's protocol as fetching a repository takes."""

    folder: Path
    asked: list[str]

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def log_message(self, *_: object) -> None:
        """Nothing on stderr."""

    def _answer(self, *, body: bool) -> None:
        type(self).asked.append(self.path)
        path = self.path.split("?")[0]
        if f"{OWNER}/gated" in path:
            self._reply(403, b"", {"X-Error-Code": "GatedRepo"}, body=body)
        elif path.startswith(f"/api/models/{OWNER}/toy"):
            self._reply(200, self._listing(path), {"Content-Type": "application/json"}, body=body)
        elif path.startswith(f"/{OWNER}/toy/resolve/"):
            file = self.folder / path.split("/", 5)[5]
            etag = {"ETag": f'"{len(path):040x}"', "X-Repo-Commit": COMMIT}
            self._reply(200, file.read_bytes(), etag, body=body)
        else:
            self._reply(404, b"", {"X-Error-Code": "RepoNotFound"}, body=body)

    def _listing(self, path: str) -> bytes:
        names = [str(p.relative_to(self.folder)) for p in self.folder.rglob("*") if p.is_file()]
        if "/tree/" in path:
            sized = [(name, (self.folder / name).stat().st_size) for name in names]
            return json.dumps(
                [{"type": "file", "path": n, "size": size, "oid": "0" * 40} for n, size in sized]
            ).encode()
        siblings = [{"rfilename": name} for name in names]
        return json.dumps({"id": f"{OWNER}/toy", "sha": COMMIT, "siblings": siblings}).encode()

    def _reply(self, code: int, content: bytes, headers: dict[str, str], *, body: bool) -> None:
        self.send_response(code)
        for name, value in {**headers, "Content-Length": str(len(content))}.items():
            self.send_header(name, value)
        self.end_headers()
        if body:
            self.wfile.write(content)


@pytest.fixture
def hub(saved: Path) -> Iterator[ThreadingHTTPServer]:
    Hub.folder, Hub.asked = saved, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


MODEL = """
from cut2next.generation.weights import check_weights, model_folder
def found(name):
    check_weights(model_folder(name))
    return model_folder(name)
"""
LORA = "from cut2next.backbones.lora_source import located as found"
SHOWN = """
import sys
from cut2next.film import Cut2NextError
try:
    print(found(sys.argv[1]))
except Cut2NextError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def load(
    name: str, cache: Path, hub: ThreadingHTTPServer | None, find: str = MODEL
) -> subprocess.CompletedProcess[str]:
    """In a process of its own: where the hub is, is read once."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    found = {"HF_HOME": str(cache), "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"}
    found["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
    if hub is None:
        found["HF_HUB_OFFLINE"] = "1"
    else:
        found["HF_ENDPOINT"] = f"http://127.0.0.1:{hub.server_port}"
    return subprocess.run(
        [sys.executable, "-c", find + SHOWN, name],
        env={**known, **found},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_model_is_fetched_once(hub: ThreadingHTTPServer, tmp_path: Path) -> None:
    first = load(f"{OWNER}/toy", tmp_path, hub)
    assert first.returncode == 0, first.stderr
    assert (Path(first.stdout.strip()) / "transformer" / "config.json").exists()
    assert any("model_index.json" in path for path in Hub.asked)
    # And is there from then on, also when the hub is not.
    second = load(f"{OWNER}/toy", tmp_path, None)
    assert second.stdout == first.stdout


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("gated", "its licence has not been accepted"),
        ("absent", "neither a folder nor a model of the hub"),
    ],
)
def test_what_the_hub_refuses_is_told(
    hub: ThreadingHTTPServer, tmp_path: Path, name: str, told: str
) -> None:
    refused = load(f"{OWNER}/{name}", tmp_path, hub)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"WeightsError: {OWNER}/{name}: {told}")
    assert refused.stderr.count("\n") == 1


def test_offline_it_says_so(tmp_path: Path) -> None:
    refused = load(f"{OWNER}/toy", tmp_path, None)
    assert refused.stderr.startswith(f"WeightsError: {OWNER}/toy: neither a folder nor on this")
    assert refused.stderr.count("\n") == 1


@pytest.mark.parametrize("others", [["notes.bin"], ["other.safetensors"]])
def test_of_a_lora_one_file_is_fetched(
    hub: ThreadingHTTPServer, others: list[str], tmp_path: Path
) -> None:
    Hub.folder = tmp_path / "toy"
    Hub.folder.mkdir()
    for name in ("style.safetensors", *others):
        (Hub.folder / name).write_bytes(b"numbers")
    fetched = load(f"{OWNER}/toy", tmp_path / "cache", hub, LORA)
    if others == ["notes.bin"]:
        assert Path(fetched.stdout.strip()).read_bytes() == b"numbers", fetched.stderr
        assert load(f"{OWNER}/toy", tmp_path / "cache", None, LORA).stdout == fetched.stdout
    else:
        assert "holds other.safetensors, style.safetensors; " in fetched.stderr
        assert fetched.stderr.count("\n") == 1
    asked = "".join(path for path in Hub.asked if "resolve" in path)
    assert not any(name in asked for name in others)
