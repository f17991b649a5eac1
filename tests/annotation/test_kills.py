"""Killed at random moments and started again: the same answers, and none paid for twice."""

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from tests.annotation.server import LoopbackServer, gemini, identity_in
from tests.annotation.stills import cuts

from cut2next.annotation.annotating import annotate
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.limits import Limits

COUNT = 100
AT_ONCE = 4
KILLS = 30

_CHILD = """
import sys
from pathlib import Path
from tests.annotation.server import KEY, MODEL
from tests.annotation.stills import cuts
from cut2next.annotation.annotating import annotate
from cut2next.annotation.cache import AnswerCache
from cut2next.annotation.gemini import GeminiAnnotator
from cut2next.annotation.limits import Limits
annotator = GeminiAnnotator(MODEL, base_url=sys.argv[1], api_key=KEY)
with AnswerCache(Path(sys.argv[2])) as cache:
    for outcome in annotate(cuts(int(sys.argv[3])), annotator, cache, Limits(at_once=4)):
        pass
"""


def _kept(path: Path) -> Counter[str]:
    """Which questions the file holds answers to, by what the answers say of themselves."""
    if not path.exists():
        return Counter()
    whole = path.read_bytes().split(b"\n")[1:-1]  # after the last line end is what a kill has torn
    return Counter(identity_in(json.loads(line)["raw"]) for line in whole)


@pytest.mark.slow
def test_thirty_kills_lose_nothing_and_pay_nothing_twice(tmp_path: Path, project: Path) -> None:
    chance = random.Random(7)
    path = tmp_path / "answers"
    with LoopbackServer(latency=0.03) as server:
        for _ in range(KILLS):
            kept, asked_before = _kept(path), len(server.asked)
            command = [sys.executable, "-c", _CHILD, server.url, str(path), str(COUNT)]
            with subprocess.Popen(command, cwd=project) as child:
                while len(server.asked) == asked_before:
                    assert child.poll() is None
                    time.sleep(0.002)
                time.sleep(chance.uniform(0, 0.2))
                child.kill()
            with server.lock:
                asked_again = set(server.asked[asked_before:]) & set(kept)
            assert not asked_again
        time.sleep(0.2)  # what the last one had under way
        kept, asked_before = _kept(path), len(server.asked)
        assert 20 < kept.total() < 3 * COUNT
        with AnswerCache(path) as cache:
            after = {o.id: o for o in annotate(cuts(COUNT), gemini(server), cache, Limits())}
        assert not set(server.asked[asked_before:]) & set(kept)
        # What was under way at a kill may be asked again, nothing else.
        assert len(server.asked) - 3 * COUNT <= KILLS * AT_ONCE
        with AnswerCache(tmp_path / "unbroken") as cache:
            unbroken = {o.id: o for o in annotate(cuts(COUNT), gemini(server), cache, Limits())}
    assert after == unbroken
    assert len(after) == COUNT
    assert _kept(path) == _kept(tmp_path / "unbroken")
    assert max(_kept(path).values()) == 1
