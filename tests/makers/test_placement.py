from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from safetensors.torch import load_file

from cut2next.film import InputError
from cut2next.makers.diffusers_folder import networks, weight_bytes
from cut2next.makers.placement import OFFLOADED, RESIDENT, placement, put

KLEIN = {"transformer": 8, "text_encoder": 8, "vae": 1}


class Machine(NamedTuple):
    """A device with so much room."""

    free: int
    is_card: bool = True
    name: str = "cuda"

    def room(self) -> int:
        return self.free


@pytest.mark.parametrize(
    ("free", "where"), [(21, RESIDENT), (20, OFFLOADED), (10, OFFLOADED)]
)  # 1.2 times 17, and 1.2 times 8
def test_networks_come_one_at_a_time_where_a_card_is_too_small_for_all(
    free: int, where: str
) -> None:
    assert placement("klein", KLEIN, Machine(free), host=17) == where  # type: ignore[arg-type]


def test_what_fits_nowhere_is_refused_in_one_line() -> None:
    gib = 2**30
    large = {name: size * gib for name, size in KLEIN.items()}
    with pytest.raises(InputError, match=r"takes 9.6 GiB on the card, .* where 9.0 are free"):
        placement("klein", large, Machine(9 * gib), host=99 * gib)  # type: ignore[arg-type]
    with pytest.raises(InputError, match=r"takes 17.0 GiB of the machine's memory"):
        placement("klein", large, Machine(99 * gib), host=16 * gib)  # type: ignore[arg-type]


def test_without_a_card_the_machine_s_memory_is_all_there_is() -> None:
    machine = Machine(17, is_card=False, name="cpu")
    assert placement("klein", KLEIN, machine, host=17) == RESIDENT  # type: ignore[arg-type]


def test_the_sizes_of_files_tell_what_weights_take(checkpoint: Callable[[str], Path]) -> None:
    folder = checkpoint("klein")
    told = weight_bytes(folder, 2)
    assert sorted(told) == sorted(networks(folder)) == ["text_encoder", "transformer", "vae"]
    for name in told:
        (file,) = (folder / name).glob("*.safetensors")
        assert told[name] == sum(2 * tensor.numel() for tensor in load_file(file).values())


def test_a_pipeline_is_put_where_it_was_planned() -> None:
    class Pipe:
        calls: list[object] = []  # noqa: RUF012

        def to(self, device: str) -> None:
            self.calls.append(device)

        def enable_model_cpu_offload(self, device: str) -> None:
            self.calls.append(("one at a time", device))

    put(Pipe(), RESIDENT, "cpu")
    put(Pipe(), OFFLOADED, "cuda")
    assert Pipe.calls == ["cpu", ("one at a time", "cuda")]
