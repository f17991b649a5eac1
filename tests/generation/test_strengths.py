"""Strengths are guidance by what is left out."""

import pytest
import torch
from tests.generation.toy import (
    assert_same,
    latents,
    picture,
    prompt,
    seeded,
    toy,
)
from torch import Tensor

from cut2next.conditioning import CLOSED
from cut2next.generation.strengths import weighed_passes


@pytest.mark.parametrize("table", ["paper", "closed"])
def test_a_segment_of_no_strength_is_not_heard(table: str) -> None:
    pipe = toy(table)

    def made(image: int = 0, relation: str = "near", **strengths: float) -> Tensor:
        words = prompt(relation=relation)
        return latents(pipe, picture(image), words, generator=seeded(1), **strengths)

    assert not torch.equal(made(), made(relation="far"))
    assert torch.equal(
        made(relational_strength=0), made(relation="far away above", relational_strength=0)
    )
    assert not torch.equal(made(), made(image=1))
    assert torch.equal(made(current_strength=0), made(image=1, current_strength=0))


def test_strengths_move_a_velocity_along_a_line() -> None:
    pipe = toy()
    steps = {"num_inference_steps": 1, "generator": None, "latents": torch.randn(1, 6, 64)}

    def made(**strengths: float) -> Tensor:
        return latents(pipe, picture(), prompt(), **{**steps, **strengths})

    whole = made()
    assert torch.equal(made(relational_strength=1.0, current_strength=1.0), whole)
    for name in ("relational_strength", "current_strength"):
        without, strong = made(**{name: 0.0}), made(**{name: 2.5})
        assert_same(strong, whole + 1.5 * (whole - without))
    both = made(relational_strength=0.5, current_strength=2.0)
    moved = [whole - made(relational_strength=0.0), whole - made(current_strength=0.0)]
    assert_same(both, whole - 0.5 * moved[0] + moved[1])


def test_strengths_cost_passes_only_when_asked_for() -> None:
    assert len(weighed_passes(CLOSED)) == 1
    assert len(weighed_passes(CLOSED, relational=0.0)) == 1
    assert len(weighed_passes(CLOSED, relational=0.5)) == 2
    assert len(weighed_passes(CLOSED, relational=0.5, current=2.0)) == 3
    for passes in (
        weighed_passes(CLOSED, relational=0.3, current=4.0),
        weighed_passes(CLOSED, current=0.0),
    ):
        assert sum(weighed.weight for weighed in passes) == pytest.approx(1)
