"""Which way to train fits a card: the least loss of truth first, then of speed; what is kept."""

from dataclasses import replace

import pytest

from cut2next.film import InputError
from cut2next.generation.fit import RESERVE, Demand, Phase, Precision, Weights
from cut2next.training.fit import (
    SHARES,
    Checkpointed,
    Optimizer,
    StepNeed,
    StepNeeds,
    TrainingDemand,
    TrainingFit,
    chosen_way,
    disk,
    ways,
)

TRANSFORMER = {Precision.BF16: 2000, Precision.FP8: 1000, Precision.INT8: 1001, Precision.NF4: 500}
NEEDED = TrainingDemand(
    making=Demand(
        weights={
            precision: Weights(size, 10, 800 if precision is Precision.BF16 else 400, 20)
            for precision, size in TRANSFORMER.items()
        },
        working={tiled: dict.fromkeys(Phase, 30) for tiled in (False, True)},
        kept=5,
        widest=1,
        passing_transformer=0,
        passing_text_encoder=0,
    ),
    numbers=100,
    samples=1,
    latents=7,
    individual=20,
    relational=10,
    step=StepNeeds(
        kept=StepNeed(4000, 60),
        blocks=(2, 4),
        finds_out=lambda: Checkpointed(StepNeed(450, 80), (StepNeed(1000, -4), StepNeed(400, -3))),
    ),
)


def test_a_step_needs_less_memory_and_more_arithmetic_the_more_is_checkpointed() -> None:
    found = [NEEDED.step.of(share) for share in (0, 0.25, 0.5, 0.75, 1)]
    # One block of the first kind from the least share on, both from over a half on.
    assert [need.bytes for need in found] == [4000, 2600, 2200, 800, 450]
    assert [need.flops for need in found] == [60, 67, 70, 77, 80]


def test_what_checkpointing_saves_is_found_out_where_it_is_asked_and_once() -> None:
    asked = []

    def finds_out() -> Checkpointed:
        asked.append(1)
        return NEEDED.step.checkpointed

    step = replace(NEEDED.step, finds_out=finds_out)
    assert replace(NEEDED, step=step).peak(TrainingFit()) == NEEDED.peak(TrainingFit())
    assert not asked
    assert [step.of(share) for share in SHARES] == [NEEDED.step.of(share) for share in SHARES]
    assert len(asked) == 1


def test_everything_that_is_there_at_a_time_is_counted() -> None:
    fit = TrainingFit(checkpointed=1.0)
    trained = 100 * (2 + 2 + 4 + 8)
    assert NEEDED.trained(fit) == trained
    assert NEEDED.phases(fit) == {
        "shots are encoded": 10 + 30,
        "prompts are encoded": 2000 + trained + 800 + 20 + 30,
        "the transformer learns": 2000 + trained + 800 + 20 + 450,
        "the optimizer steps": 2000 + trained + 800 + 20 + 2 * 100,
        "a picture is made": 2000 + trained + 800 + 20 + 5 + 10 + 30,
    }
    assert NEEDED.peak(fit) == 2000 + trained + 820 + 450
    assert NEEDED.peak(replace(fit, cached_texts=True)) == 2000 + trained + 450
    assert replace(NEEDED, averaged=True).peak(fit) == NEEDED.peak(fit) + 4 * 100
    eight = replace(fit, precision=Precision.INT8, optimizer=Optimizer.ADAMW_8BIT)
    assert NEEDED.peak(eight) == 1001 + 100 * (2 + 2 + 4 + 2) + 420 + 450 + 3


def test_the_base_stays_as_it_is_as_long_as_it_can() -> None:
    among, found = list(ways(NEEDED)), []
    for room in (9000, 6700, 4900, 4300, 3460, 3300, 2700, 1960):
        fit = chosen_way(NEEDED, room + RESERVE, among)
        found.append((fit.precision, fit.optimizer, fit.cached_texts, fit.checkpointed))
    assert found == [
        ("bf16", "adamw", False, 0.0),
        ("bf16", "adamw", False, 0.5),
        ("bf16", "adamw", False, 1.0),
        ("bf16", "adamw", True, 1.0),
        ("bf16", "adamw8bit", True, 1.0),
        ("fp8", "adamw", True, 1.0),
        ("fp8", "adamw8bit", True, 1.0),
        ("nf4", "adamw8bit", True, 1.0),
    ]


def test_what_cannot_fit_is_refused_and_says_what_it_would_take() -> None:
    with pytest.raises(
        InputError, match=r"1.0 GiB of memory .* or more, even with the base in nf4, ad"
    ):
        chosen_way(NEEDED, RESERVE, list(ways(NEEDED)))


def test_only_what_is_asked_for_is_chosen_from() -> None:
    muon = list(ways(NEEDED, optimizers=[Optimizer.MUON], cached_texts=[False]))
    assert {(fit.optimizer, fit.cached_texts) for fit in muon} == {("muon", False)}
    assert len(muon) == len(TRANSFORMER) * len(SHARES)
    quantised = replace(NEEDED.making, weights={Precision.BF16: Weights(1, 1, 1, 1)})
    alone = ways(replace(NEEDED, making=quantised))
    assert {fit.precision for fit in alone} == {"bf16"}


def test_disk_of_a_set_the_size_of_rawcuts() -> None:
    """200,000 cuts at 1024×576: by hand, 59 GB of latents, of T5's states 629 GB or 1.9 TB."""
    full = replace(
        NEEDED,
        numbers=1_045_954_560,
        latents=36 * 64 * 64,
        individual=256 * 4096,
        relational=128 * 4096,
    )
    fit = TrainingFit(cached_texts=True)
    few, many = (disk(full, fit, 200_000, wordings=count) for count in (1, 4))
    assert few.latents / 1e9 == pytest.approx(59, abs=0.5)
    assert few.texts / 1e9 == pytest.approx(629, abs=1)
    assert many.texts / 1e12 == pytest.approx(1.9, abs=0.02)
    assert few.lora / 1e9 == pytest.approx(2.1, abs=0.02)
    assert few.checkpoint / 1e9 == pytest.approx(12.6, abs=0.1)
    assert disk(full, TrainingFit(), 200_000).texts == 0
