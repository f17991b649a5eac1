"""What is told of a picture before it is made: how much arithmetic it is, and for how long."""

from pathlib import Path

import pytest
import torch
from tests.generation.test_memory import layout_of
from tests.generation.toy import picture, prompt

from cut2next.backbones.flux1.backbone import Flux1Backbone
from cut2next.generation.arithmetic import Arithmetic, in_time, making_flops, matrix_rate
from cut2next.generation.memory import Making
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.generation.weights import configurations


def test_a_product_and_attention_have_the_operations_of_the_book() -> None:
    first, second = torch.ones(3, 5), torch.ones(5, 7)
    with Arithmetic() as counted:  # type: ignore[no-untyped-call]
        first @ second
    assert counted.flops == 2 * 3 * 5 * 7
    rows = torch.ones(1, 2, 64, 16)
    with Arithmetic() as counted:  # type: ignore[no-untyped-call]
        torch.nn.functional.scaled_dot_product_attention(rows, rows, rows)
    assert counted.flops == 2 * (2 * 2 * 64 * 64 * 16)


@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("table", ["closed", "paper"])
def test_what_is_told_is_what_a_pipeline_does(table: str, steps: int, folder: Path) -> None:
    pipe = Cut2NextPipeline.from_pretrained(folder, table=table, dtype=torch.bfloat16)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    with Arithmetic() as done:  # type: ignore[no-untyped-call]
        pipe(picture(size=(512, 384)), prompt(), steps)
    making = Making(layout_of(table, 512, 384))
    told = making_flops(Flux1Backbone, configurations(folder), making, steps)
    assert told == pytest.approx(done.flops, rel=0.05)


def test_a_machine_does_so_much_a_second() -> None:
    assert matrix_rate("cpu", 64, torch.float32) > 1e6


@pytest.mark.parametrize(
    ("seconds", "told"), [(0.4, "a moment"), (59, "59 s"), (400, "7 min"), (7e6, "1,944.4 h")]
)
def test_a_duration_is_told_as_people_do(seconds: float, told: str) -> None:
    assert in_time(seconds) == told
