"""What is measured of chains: a value for each film set, of a run and of its own controls."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest
from tests.generation.toy import toy

from cut2next.cutbench.contenders import Contender
from cut2next.cutbench.soundstage.chains import EARLIER, OWN, TRUTH
from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.cutbench.soundstage.judge import Findings
from cut2next.experiments import chains
from cut2next.experiments.chains import LENGTH, MEASURES, chain_values, measured, ratios
from cut2next.experiments.laboratory import Laboratory
from cut2next.experiments.tuning import Tuning
from cut2next.experiments.variants import VARIANTS

METRICS = ("look", "walls", "camera")


def said(of: float) -> dict[str, dict[str, float]]:
    """Of two sets, the more the later the cut is."""
    return {
        f"{name} at {at}": {"0": of * at, "1": of * at + 1}
        for name in METRICS
        for at in (1, 4, 8, 16)
    }


def test_a_run_that_reads_earlier_shots_has_its_own_controls() -> None:
    values = measured({OWN: said(1), TRUTH: said(2), EARLIER: said(3)})
    assert tuple(values) == MEASURES
    for name in METRICS:
        assert values[f"{name} at 1"] == {"0": 3, "1": 4}
        for at in (4, 8, 16):
            there = f"{name} at {at}"
            assert values[there] == {"0": 3 * at, "1": 3 * at + 1}
            assert values[f"{there}, last shot alone"] == {"0": at, "1": at + 1}
            assert values[f"{there}, from the truth"] == {"0": 2 * at, "1": 2 * at + 1}
            assert values[f"{there}, above last shot alone"] == {"0": 2 * at, "1": 2 * at}
            ratio = values[f"{there} / {name} at 1"]
            assert np.mean([*ratio.values()]) == pytest.approx((6 * at + 1) / 7)


def test_another_run_goes_from_its_last_shot_alone() -> None:
    values = measured({OWN: said(1), TRUTH: said(2)})
    assert tuple(values) == MEASURES
    assert values["look at 8"] == values["look at 8, last shot alone"] == {"0": 8, "1": 9}
    assert values["look at 8, above last shot alone"] == {"0": 0, "1": 0}


def test_a_ratio_of_means_is_told_set_by_set_so_that_its_interval_is_right() -> None:
    chance = np.random.default_rng(0)
    spread, told = [], []
    for _ in range(300):
        whole = chance.uniform(0.5, 1, 80)
        part = whole * 0.8 + chance.normal(0, 0.1, 80)
        named = ({str(at): x for at, x in enumerate(numbers)} for numbers in (part, whole))
        values = [*ratios(*named).values()]
        assert np.mean(values) == pytest.approx(part.mean() / whole.mean())
        spread.append(np.mean(values))
        told.append(np.std(values) / np.sqrt(80))
    assert np.std(spread) == pytest.approx(np.mean(told), rel=0.15)


def test_ratios_are_of_sets_that_have_both_and_nothing_of_nothing_is_nothing() -> None:
    assert ratios({"1": 1.0, "2": 1.0}, {"2": 2.0, "3": 1.0}) == {"2": 0.5}
    assert ratios({"1": 1.0, "2": 0.0}, {"1": 0.0, "2": 0.0}) == {"1": 0, "2": 0}
    assert ratios({}, {"1": 1.0}) == {}


@pytest.mark.parametrize("name", ["closed", "earlier-shots"])
def test_values_are_keyed_by_film_set_and_a_silent_metric_has_none(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []

    def made(held_out: HeldOut, model: Contender, chain: Any, cuts: int) -> Iterator[Any]:
        asked.append((held_out.count, chain is not None, cuts))
        ways = [OWN, TRUTH, EARLIER] if chain else [OWN, TRUTH]
        for at in range(1, cuts + 1):
            yield ((_Case(at, number), dict.fromkeys(ways)) for number in range(3))

    monkeypatch.setattr(chains, "chain_steps", made)
    monkeypatch.setattr(chains, "_pipeline", lambda _: toy())
    laboratory = Laboratory(folder=tmp_path)
    laboratory.__dict__["shipped"] = SimpleNamespace(config={"default_size": (96, 48)})
    run = Tuning(laboratory=laboratory, variant=VARIANTS[name], seed=1, steps=1)
    values: dict[str, dict[str, float]] = {}
    steps = [step.done for step in chain_values(run, 3, values)]
    assert steps == [*range(1, LENGTH + 1)]
    assert asked == [(3, name == "earlier-shots", 16)]
    assert tuple(values) == MEASURES
    assert values["look at 4"] == {"0": 1, "1": 0.75, "2": 0.75}
    assert values["walls at 4"].keys() == {"0", "2"}
    assert values["camera at 1"] == {"0": 1, "1": 1, "2": 1}
    assert {at for at, _ in _Case.judged} == {1, 4, 8, 16}


class _Case:
    """All is right on set 0; on 1 and 2 one of four is not, and 1 shows no walls."""

    judged: ClassVar[set[tuple[int, int]]] = set()

    def __init__(self, at: int, number: int) -> None:
        self.at, self.number, self.judge = at, number, self

    def findings(self, _: object) -> Findings:
        self.judged.add((self.at, self.number))
        parts = ("a.hair", "a.skin", "a.top", "light" if self.number == 1 else "walls")
        looks = {part: not self.number or part != "a.top" for part in parts}
        return Findings(shown="two shot", camera=True, looks=looks, static_cut=False)
