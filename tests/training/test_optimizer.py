"""Float32 masters under a module of any type, and their running average."""

from typing import Any

import pytest
import torch
from torch import distributed, nn
from torch._C._distributed_c10d import HashStore
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

from cut2next.film import InputError
from cut2next.training.muon import Muon
from cut2next.training.optimizer import Average, MasterOptimizer


def test_small_steps_add_up_in_the_masters_that_bfloat16_would_lose() -> None:
    module = nn.Linear(1, 1, dtype=torch.bfloat16)
    nn.init.ones_(module.bias)
    optimizer = MasterOptimizer(module, matrices=["weight"], learning_rate=1e-3)
    for _ in range(20):  # bfloat16 has nothing between 1 and 0.996
        module.bias.grad = torch.ones_like(module.bias)
        optimizer.step(1.0)
    assert optimizer.masters[1].item() == pytest.approx(0.98, abs=1e-3)
    assert module.bias.item() == pytest.approx(0.98, abs=4e-3)
    assert module.bias.grad is None


def test_named_matrices_go_to_muon_and_kernels_count_as_matrices() -> None:
    kernel = nn.Conv2d(2, 3, 3)
    module = nn.Sequential(kernel, nn.Linear(3, 5))
    optimizer = MasterOptimizer(module, matrices=["0.weight"], learning_rate=0.1, matrix_rate=0.5)
    muon, adamw = optimizer.parts["muon"], optimizer.parts["adamw"]
    assert isinstance(muon, Muon)
    assert [p.shape for p in muon.param_groups[0]["params"]] == [(3, 2 * 3 * 3)]
    assert [p.shape for p in adamw.param_groups[0]["params"]] == [(3,), (5, 3), (5,)]
    for parameter in module.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step(0.5)
    assert muon.param_groups[0]["lr"] == 0.25
    assert adamw.param_groups[0]["lr"] == 0.05
    torch.testing.assert_close(kernel.weight.flatten(1), muon.param_groups[0]["params"][0])


def test_what_is_frozen_has_no_master() -> None:
    module = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 3))
    module[1].requires_grad_(False)
    optimizer = MasterOptimizer(module, matrices=["0.weight"], learning_rate=0.1)
    assert [master.shape for master in optimizer.masters] == [(2, 2), (2,)]


def test_early_on_the_average_is_short() -> None:
    """As Polyak averages are warmed up: (1 + step) / (10 + step), until the decay is reached."""
    masters = [torch.zeros(1)]
    average = Average(masters, 0.9)
    average.update([torch.ones(1)], step=0)
    assert average.tensors[0].item() == pytest.approx(0.9)  # not 0.1, as at the decay
    average.update([torch.zeros(1)], step=1)
    assert average.tensors[0].item() == pytest.approx(0.9 * 2 / 11)
    average = Average(masters, 0.9)
    average.update([torch.ones(1)], step=1000)
    assert average.tensors[0].item() == pytest.approx(0.1)


def test_gradients_go_once_they_were_used() -> None:
    layer = nn.Linear(3, 2)
    optimizer = MasterOptimizer(layer, learning_rate=0.1, matrices=["weight"])
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step(1.0)
    assert all(tensor.grad is None for tensor in (*layer.parameters(), *optimizer.masters))


@pytest.mark.parametrize("how", [{"eight_bit": True}, {"matrices": ["weight"]}])
def test_only_plain_adamw_takes_what_is_sharded(how: dict[str, Any]) -> None:
    distributed.init_process_group("gloo", store=HashStore(), rank=0, world_size=1)
    try:
        layer = nn.Linear(3, 2)
        fully_shard(layer, mesh=init_device_mesh("cpu", (1,)))
        MasterOptimizer(layer, learning_rate=0.1)
        with pytest.raises(InputError, match="for a sharded model"):
            MasterOptimizer(layer, learning_rate=0.1, **how)
    finally:
        distributed.destroy_process_group()
