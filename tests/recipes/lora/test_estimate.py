"""What a run will take: refused before anything is loaded, with what would fit instead."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.recipes.lora.runs import recipe

from cut2next.film import InputError
from cut2next.generation.device import Device
from cut2next.generation.fit import RESERVE, Precision
from cut2next.generation.framing import Framing, Size
from cut2next.generation.plan import KnownModel, model_named
from cut2next.recipes.lora import estimate as estimating
from cut2next.recipes.lora.adapting import settled
from cut2next.recipes.lora.estimate import Estimate, estimated
from cut2next.recipes.lora.recipe import LoraRecipe, rawcuts
from cut2next.recipes.lora.recipe import film as small_film
from cut2next.training.fit import Optimizer

pytestmark = pytest.mark.slow  # of full size it takes ten seconds to find out
GIB = 2**30


@pytest.fixture(scope="module")
def flux() -> KnownModel:
    return model_named(rawcuts().model)


class Card(Device):
    """A card with so much room."""

    def room(self, gigabytes: float | None = None) -> int:
        return 80 * GIB


@pytest.fixture(scope="module")
def large(flux: KnownModel) -> Estimate:
    """Of the paper's first stage, on a card of 80 GB; it takes seconds to find out."""
    return estimated(rawcuts(), flux, Card("cuda", computes_fp8=True))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, large: Estimate) -> None:
    monkeypatch.setattr(estimating, "planned_training", lambda *_, **__: (None, large.needed))


def test_the_first_stage_fits_80_gigabytes(large: Estimate) -> None:
    """Weights of 12 and 5 B numbers in bf16; 16 bytes for each of a billion that are trained."""
    assert 1.0e9 < large.needed.numbers < 1.1e9
    assert 48 < large.bytes / GIB < 60
    assert large.bytes == large.needed.peak(large.way) + RESERVE


def test_the_way_is_what_the_recipe_says(
    quick: None, flux: KnownModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: dict[str, Any] = {
        "precision": Precision.INT8,
        "optimizer": Optimizer.ADAMW_8BIT,
        "checkpointed": 0.5,
        "cached_texts": True,
    }
    way = estimated(replace(rawcuts(), **changes), flux, Card("cuda", computes_fp8=True)).way
    assert {name: getattr(way, name) for name in changes} == changes


def test_earlier_shots_take_more_of_all() -> None:
    model, card = model_named("mini"), Card("cuda", computes_fp8=True)
    alone, after = (estimated(film(earlier_shots), model, card) for earlier_shots in (0, 3))
    assert after.bytes > alone.bytes
    # Some steps have none: so much all take at the very least.
    assert after.seconds(1, "cpu") == pytest.approx(alone.seconds(1, "cpu"), rel=0.3)
    assert after.alone.step.of(0).flops == alone.needed.step.of(0).flops
    assert 1.1 < after.needed.step.of(0).flops / alone.needed.step.of(0).flops < 2.5


def film(earlier_shots: int) -> LoraRecipe:
    return replace(settled(small_film()), earlier_shots=earlier_shots)


def sized(room: float, monkeypatch: pytest.MonkeyPatch, name: str = "cuda") -> Device:
    monkeypatch.setattr(Device, "room", lambda *_: int(room * GIB))
    return Device(name, computes_fp8=True)


@pytest.mark.usefixtures("quick")
def test_what_does_not_fit_is_refused_with_what_does(
    flux: KnownModel, large: Estimate, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = sized(24, monkeypatch)
    with pytest.raises(InputError) as refused:
        estimated(rawcuts(), flux, device)
    said = str(refused.value)
    assert said.startswith(f"24.0 GiB on the card; expected {large.bytes / GIB:.1f} GiB")
    given = said.partition("what fits is ")[2].split()
    changes: dict[str, Any] = {
        "precision": Precision(given[given.index("--precision") + 1]),
        "optimizer": Optimizer(given[given.index("--optimizer") + 1]),
        "checkpointed": float(given[given.index("--checkpointed") + 1]),
        "cached_texts": "--cached-texts" in given,
    }
    assert estimated(replace(rawcuts(), **changes), flux, device).bytes <= 24 * GIB


@pytest.mark.usefixtures("quick")
def test_without_a_card_it_says_what_it_would_take(
    flux: KnownModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=r"8.0 GiB of memory, and no CUDA card; .* plan --train"):
        estimated(rawcuts(), flux, sized(8, monkeypatch, "cpu"))


@pytest.mark.usefixtures("quick")
def test_time_and_disk_go_by_the_cuts(large: Estimate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimating, "matrix_rate", lambda _: 1e15)
    # 243 TFLOP a step and sample where nothing runs twice; blocks that do add a third, at most.
    assert 0.2 < large.seconds(1, "cuda") < 0.45
    assert large.seconds(10, "cuda") == pytest.approx(10 * large.seconds(1, "cuda"))
    kept = replace(large, way=replace(large.way, cached_texts=True))
    assert (large.disk(7).texts, kept.disk(7).texts > 0) == (0, True)
    assert large.disk(20).latents == 2 * large.disk(10).latents
    assert large.disk(1).lora == 2 * large.needed.numbers


def test_a_model_of_one_size_is_asked_for_that(
    model: Path, monkeypatch: pytest.MonkeyPatch, large: Estimate
) -> None:
    asked = []

    def planned(*arguments: Any, **settings: Any) -> Any:
        asked.append((arguments[1], settings["groups"], settings["each"], settings["averaged"]))
        return None, large.needed

    monkeypatch.setattr(estimating, "planned_training", planned)
    known = replace(model_named(str(model)), framing=Framing(step=16, only=Size(48, 32)))
    estimated(recipe(model, groups=2), known, Card("cuda", computes_fp8=True))
    assert asked == [((48, 32), 2, 2, True)]
