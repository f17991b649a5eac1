import json
import re
from random import Random

import pytest

from cut2next.cutbench.judge import Verdict
from cut2next.cutbench.report import ALL, FIGURES, Row, summary, to_json
from cut2next.cutbench.table import table
from cut2next.film import EditingPattern


def _rows(count: int = 40) -> list[Row]:
    chance = Random(0)
    return [
        Row(
            cut=f"soundstage-{number}:a-b",
            current="a",
            next="b",
            patterns=frozenset(chance.sample(list(EditingPattern)[:4], chance.choice((1, 2)))),
            verdicts={name: _verdict(chance) for name in ("model", "copy input")},
        )
        for number in range(count)
    ]


def _verdict(chance: Random) -> Verdict:
    parts = chance.sample(["a.hair", "b.hair", "a.skin", "a.top", "walls"], 2)
    camera = chance.random() < 0.7
    return Verdict(
        shown="b" if camera else "a",
        camera=camera,
        looks={part: chance.random() < 0.8 for part in (*parts, "light")},
        psnr=chance.uniform(15, 30),
        ssim=chance.random(),
        static_cut=not camera and chance.random() < 0.5,
        identity_drift=camera and chance.random() < 0.2,
        incoherence=False,
    )


def test_the_order_of_the_cuts_makes_no_difference() -> None:
    rows = _rows()
    shuffled = Random(1).sample(rows, len(rows))
    assert summary(shuffled) == summary(rows)


def test_means_are_over_the_cuts_that_have_something_to_say() -> None:
    rows = _rows()
    figures = summary(rows)["model"][ALL]
    verdicts = [row.verdicts["model"] for row in rows]
    assert set(figures) == set(FIGURES)
    camera, hair = figures["camera"], figures["look: hair"]
    assert camera is not None
    assert hair is not None
    assert camera.mean == pytest.approx(sum(one.camera for one in verdicts) / len(verdicts))
    assert hair.count == sum("hair" in " ".join(one.looks) for one in verdicts) < len(verdicts)


def test_a_cut_counts_for_each_of_its_patterns() -> None:
    rows = _rows()
    groups = summary(rows)["model"]
    counts = {}
    for pattern in EditingPattern:
        camera = groups[pattern.value]["camera"]
        counts[pattern] = camera.count if camera else 0
    assert sum(counts.values()) == sum(len(row.patterns) for row in rows) > len(rows)
    assert counts[EditingPattern.MULTI_ANGLE] == 0


def test_table_and_json_agree() -> None:
    rows = _rows()
    told = json.loads(json.dumps(to_json({"seed": 7}, rows), allow_nan=False))
    assert told["seed"] == 7
    lines = table(summary(rows), "model").splitlines()
    for contender in ("model", "copy input"):
        line = next(line for line in lines if line.startswith(f"{contender} "))
        _agree(line, told["figures"][contender][ALL])
    for pattern in list(EditingPattern)[:4]:
        line = next(line for line in lines if line.startswith(pattern.label))
        _agree(line, told["figures"]["model"][pattern.value])
    assert lines[-1].split()[-1] == "-"
    assert len({len(line) for line in lines if line}) == 1
    assert max(map(len, lines)) <= 128


def _agree(line: str, figures: dict[str, dict[str, float]]) -> None:
    camera = figures["camera"]
    wanted = [camera["mean"] * 100, camera["low"] * 100, camera["high"] * 100]
    numbers = [float(number) for number in re.findall(r"[\d.]+", line.split(")")[-1])]
    assert numbers[:3] == pytest.approx(wanted, abs=0.051)
    assert numbers[-1] == pytest.approx(figures["incoherence"]["mean"] * 100, abs=0.051)


def test_every_cut_is_told() -> None:
    rows = _rows(3)
    cuts = to_json({}, rows)["cuts"]
    assert [cut["cut"] for cut in cuts] == [row.cut for row in rows]
    verdict = rows[0].verdicts["model"]
    assert cuts[0]["verdicts"]["model"]["look"] == verdict.look
    assert cuts[0]["verdicts"]["model"]["looks"] == verdict.looks
