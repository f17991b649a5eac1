"""`cut2next studio` as a process, to be killed and begun again."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

MAKER = Path(__file__).parent.parent / "jobs" / "makers_of_test.py"


class Commanded:
    """A studio that a command serves."""

    def __init__(self, board: Path, *words: str) -> None:
        command = [sys.executable, "-m", "cut2next", "studio", str(board), "--headless"]
        command += ["--port", "0", "--maker", f"tint={MAKER}:next_shot", *words]
        paths = os.pathsep.join(path for path in sys.path if path)
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )
        assert self.process.stdout is not None
        self.link = self.process.stdout.readline().strip()

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """What JSON says. Raises OSError where nobody answers, or refuses."""
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        kind = "image/png" if isinstance(body, bytes) else "application/json"
        request = urllib.request.Request(
            f"{self.link}api/{path}", data, {"Content-Type": kind}, method=method
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    @property
    def workers(self) -> Sequence[int]:
        """Processes that it began; not what only tells them of its end."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        pids = map(int, children.read_text().split()) if children.exists() else ()
        return [pid for pid in pids if b"spawn_main" in _command(pid)]

    def kill(self) -> None:
        """Ends it as a kill does."""
        self.process.kill()
        self.process.communicate()

    def end(self) -> str:
        """Asks it to end; what it said on stderr."""
        self.process.terminate()
        return self.process.communicate(timeout=60)[1]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
