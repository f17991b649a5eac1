"""The device that is there, what is free on it, and running out of memory."""

import pytest
import torch

from cut2next.film import InputError
from cut2next.generation.device import Device, best_device, memory_errors


class Half:
    """A machine with some memory free."""

    available = 12_345


def test_room_is_what_is_said_or_what_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cut2next.generation.device.psutil.virtual_memory", Half)
    cpu = Device("cpu", computes_fp8=False)
    assert cpu.room() == 12_345
    assert cpu.room(1.5) == 3 * 2**29


def test_a_card_comes_first() -> None:
    assert best_device().is_card is torch.cuda.is_available()


def test_only_a_card_is_held_to_less(monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []

    class Card:
        total_memory = 100

    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: Card)
    monkeypatch.setattr(torch.cuda, "set_per_process_memory_fraction", shares.append)
    Device("cpu", computes_fp8=False).hold_to(10)
    Device("cuda", computes_fp8=True).hold_to(25)
    Device("cuda", computes_fp8=True).hold_to(200)
    assert shares == [0.25, 1.0]


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (torch.OutOfMemoryError("CUDA out of memory.\nTried"), r"\(CUDA out of memory.\)"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "can't allocate memory"),
        (MemoryError(), r"\(the machine's\)"),
    ],
)
def test_running_out_of_memory_is_an_input_error(error: Exception, message: str) -> None:
    with pytest.raises(InputError, match=message), memory_errors():
        raise error


def test_other_errors_are_not_taken_for_it() -> None:
    with pytest.raises(RuntimeError, match="shapes"), memory_errors():
        raise RuntimeError("shapes do not fit")
