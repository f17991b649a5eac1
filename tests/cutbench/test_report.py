import json
import re
from collections.abc import Mapping
from random import Random

import pytest

from cut2next.cutbench.cases import Case
from cut2next.cutbench.metrics.metric import Column, Metric
from cut2next.cutbench.report import ALL, Entry, summary, to_json
from cut2next.cutbench.runner import Judgement
from cut2next.cutbench.table import table
from cut2next.film import EditingPattern


def _metric(name: str, meaning: str = "", column: Column | None = None) -> Metric[Case]:
    return Metric(
        name=name, needs=Case, value=lambda case, picture: None, meaning=meaning, column=column
    )


METRICS = (
    _metric("warmth", "of the light", Column(heading="warmth %", width=21, interval=True)),
    _metric("blur", column=Column(heading="blur px", width=9, factor=1)),
    _metric("hair"),
)


def _entries(count: int = 40) -> list[Entry]:
    chance = Random(0)
    return [
        Entry(
            cut=f"soundstage-{number}:a-b",
            current="a",
            next="b",
            patterns=frozenset(chance.sample(list(EditingPattern)[:4], chance.choice((1, 2)))),
            judgements={name: _judgement(chance) for name in ("model", "copy input")},
        )
        for number in range(count)
    ]


def _judgement(chance: Random) -> Judgement:
    values: Mapping[str, float | None] = {
        "warmth": float(chance.random() < 0.7),
        "blur": chance.uniform(0, 9),
        "hair": chance.choice((None, 1.0, 0.5)),
    }
    return Judgement(values=values, facts={"shown": "b", **values})


def test_the_order_of_the_cuts_makes_no_difference() -> None:
    entries = _entries()
    shuffled = Random(1).sample(entries, len(entries))
    assert summary(shuffled) == summary(entries)


def test_means_are_over_the_cuts_that_have_something_to_say() -> None:
    entries = _entries()
    figures = summary(entries)["model"][ALL]
    values = [entry.judgements["model"].values for entry in entries]
    assert set(figures) == {"warmth", "blur", "hair"}
    warmth, hair = figures["warmth"], figures["hair"]
    assert warmth is not None
    assert hair is not None
    assert warmth.mean == pytest.approx(sum(cut["warmth"] or 0 for cut in values) / len(values))
    assert hair.count == sum(cut["hair"] is not None for cut in values) < len(values)


def test_a_cut_counts_for_each_of_its_patterns() -> None:
    entries = _entries()
    groups = summary(entries)["model"]
    counts = {}
    for pattern in EditingPattern:
        warmth = groups[pattern.value]["warmth"]
        counts[pattern] = warmth.count if warmth else 0
    assert sum(counts.values()) == sum(len(entry.patterns) for entry in entries) > len(entries)
    assert counts[EditingPattern.MULTI_ANGLE] == 0


def test_table_and_json_agree() -> None:
    entries = _entries()
    report = json.loads(json.dumps(to_json({"seed": 7}, entries, METRICS), allow_nan=False))
    assert report["seed"] == 7
    assert report["meanings"]["warmth"] == "of the light"
    assert set(report["meanings"]) == {"warmth", "interval"}
    lines = table(summary(entries), METRICS, "model").splitlines()
    for contender in ("model", "copy input"):
        line = next(line for line in lines if line.startswith(f"{contender} "))
        _agree(line, report["figures"][contender][ALL])
    for pattern in list(EditingPattern)[:4]:
        line = next(line for line in lines if line.startswith(pattern.label))
        _agree(line, report["figures"]["model"][pattern.value])
    assert lines[-1].split()[-1] == "-"
    assert len({len(line) for line in lines if line}) == 1


def _agree(line: str, figures: dict[str, dict[str, float]]) -> None:
    warmth = figures["warmth"]
    wanted = [warmth["mean"] * 100, warmth["low"] * 100, warmth["high"] * 100]
    numbers = [float(number) for number in re.findall(r"[\d.]+", line.split(")")[-1])]
    assert numbers[:3] == pytest.approx(wanted, abs=0.051)
    assert numbers[-1] == pytest.approx(figures["blur"]["mean"], abs=0.051)


def test_every_cut_is_listed_with_its_facts() -> None:
    entries = _entries(3)
    cuts = to_json({}, entries, METRICS)["cuts"]
    assert [cut["cut"] for cut in cuts] == [entry.cut for entry in entries]
    assert cuts[0]["verdicts"]["model"] == entries[0].judgements["model"].facts


def test_no_cuts_have_no_figures() -> None:
    assert summary([]) == {}
