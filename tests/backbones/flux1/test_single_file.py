"""A transformer out of one file, in every form that FLUX.1's travel in."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gguf
import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from tests.generation.loras import shot, written
from tests.generation.toy import components, toy
from torch import Tensor

from cut2next.backbones.flux1.original_names import OUTSIDE, STACKS, to_diffusers
from cut2next.film import InputError, WeightsError
from cut2next.generation.pipeline import Cut2NextPipeline

LAST = "norm_out.linear"


def state() -> dict[str, Tensor]:
    held: dict[str, Tensor] = components()["transformer"].state_dict()
    return held


def original() -> dict[str, Tensor]:
    """The toy's weights under their authors' names."""
    left = dict(state())
    made = _outside(left)
    for ours, stack in STACKS.items():
        for block in {name.split(".")[1] for name in left if name.startswith(f"{ours}.")}:
            here, there = f"{ours}.{block}", f"{stack.name}.{block}"
            made |= {f"{there}.{one}": left.pop(f"{here}.{x}") for one, x in stack.norms.items()}
            for whole, parts in stack.wholes.items():
                for kind in ("weight", "bias"):
                    rows = [left.pop(f"{here}.{part}.{kind}") for part in parts]
                    made[f"{there}.{whole}.{kind}"] = torch.cat(rows)
    assert not left
    return made


def _outside(left: dict[str, Tensor]) -> dict[str, Tensor]:
    made = {}
    for theirs, ours in OUTSIDE.items():
        for kind in ("weight", "bias"):
            if f"{ours}.{kind}" in left:
                tensor = left.pop(f"{ours}.{kind}")
                halves = tensor.chunk(2)
                made[f"{theirs}.{kind}"] = torch.cat(halves[::-1]) if ours == LAST else tensor
    return made


def as_diffusers(path: Path) -> Path:
    save_file(state(), path)
    return path


def as_original(path: Path) -> Path:
    save_file(original(), path)
    return path


def with_prefix(path: Path) -> Path:
    save_file({f"model.diffusion_model.{name}": x for name, x in original().items()}, path)
    return path


def as_fp8(path: Path) -> Path:
    save_file({name: x.to(torch.float8_e4m3fn) for name, x in original().items()}, path)
    return path


def as_scaled_fp8(path: Path) -> Path:
    made: dict[str, Tensor] = {"scaled_fp8": torch.zeros(0, dtype=torch.float8_e4m3fn)}
    for name, tensor in original().items():
        if tensor.ndim == 2:
            scale = tensor.abs().max() / 448
            made[name] = (tensor / scale).to(torch.float8_e4m3fn)
            made[name.replace(".weight", ".scale_weight")] = scale
        else:
            made[name] = tensor
    save_file(made, path)
    return path


def as_gguf(path: Path, quantised: bool = True) -> Path:
    path = path.with_suffix(".gguf")
    writer = gguf.GGUFWriter(path, "flux")
    kind = gguf.GGMLQuantizationType.Q8_0
    for name, tensor in original().items():
        array = tensor.numpy().astype(np.float32)
        if quantised and "_blocks" in name and tensor.ndim == 2:
            writer.add_tensor(name, gguf.quantize(array, kind), raw_dtype=kind)
        else:
            writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.fixture
def bare(saved: Path, tmp_path: Path) -> Path:
    """A model's folder without the weights of its transformer."""
    folder = tmp_path / "bare"
    ignored = shutil.ignore_patterns("diffusion_pytorch_model*")
    shutil.copytree(saved, folder)
    shutil.rmtree(folder / "transformer")
    shutil.copytree(saved / "transformer", folder / "transformer", ignore=ignored)
    return folder


def loaded(folder: Path, file: Path, **settings: Any) -> Cut2NextPipeline:
    pipe = Cut2NextPipeline.from_pretrained(folder, transformer=file, **settings)
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    return pipe


@pytest.mark.parametrize("form", [as_diffusers, as_original, with_prefix])
def test_every_name_makes_the_same(
    bare: Path, tmp_path: Path, form: Callable[[Path], Path]
) -> None:
    pipe = loaded(bare, form(tmp_path / "flux.safetensors"))
    found = pipe.transformer.state_dict()
    assert found.keys() == state().keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in state().items())
    torch.testing.assert_close(shot(pipe), shot(toy()), rtol=0, atol=2e-5)


@pytest.mark.parametrize("form", [as_fp8, as_scaled_fp8])
def test_fp8_is_cast_up(bare: Path, tmp_path: Path, form: Callable[[Path], Path]) -> None:
    pipe = loaded(bare, form(tmp_path / "flux.safetensors"), dtype=torch.float32)
    for name, tensor in pipe.transformer.state_dict().items():
        # e4m3 has three bits behind the point: half a step is a sixteenth.
        torch.testing.assert_close(tensor, state()[name], rtol=0.07, atol=0.003)
    assert shot(pipe).isfinite().all()


def test_scaled_fp8_needs_its_scales(bare: Path, tmp_path: Path) -> None:
    pipe = loaded(bare, as_scaled_fp8(tmp_path / "flux.safetensors"), dtype=torch.float32)
    held = pipe.transformer.get_parameter("transformer_blocks.0.attn.to_q.weight")
    true = state()["transformer_blocks.0.attn.to_q.weight"]
    assert (held - true).abs().max() < 0.05 * true.abs().max()


def test_fp8_unasked_is_bfloat16(bare: Path, tmp_path: Path) -> None:
    pipe = loaded(bare, as_fp8(tmp_path / "flux.safetensors"))
    assert pipe.transformer.dtype == torch.bfloat16


def test_gguf_stays_quantised_and_generates(bare: Path, tmp_path: Path) -> None:
    pipe = loaded(bare, as_gguf(tmp_path / "flux"), dtype=torch.float32)
    held = pipe.transformer.get_parameter("transformer_blocks.0.attn.to_q.weight")
    assert held.dtype == torch.uint8
    made, true = shot(pipe), shot(toy())
    assert 0 < (made - true).abs().max() < 0.2 * true.abs().max()


def test_quantised_weights_carry_a_lora_but_do_not_take_it_in(bare: Path, tmp_path: Path) -> None:
    pipe = loaded(bare, as_gguf(tmp_path / "flux"), dtype=torch.float32)
    plain = shot(pipe)
    pipe.load_lora_weights(written(tmp_path), "mine")
    assert (shot(pipe) - plain).abs().max() > 0.01
    with pytest.raises(InputError, match="merge first"):
        pipe.fuse_lora()


@pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
def test_a_scale_for_each_row_is_one_for_each_row(
    bare: Path, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    made: dict[str, Tensor] = {}
    for name, tensor in original().items():
        made[name] = tensor
        if tensor.ndim == 2:
            scale = tensor.abs().amax(dim=1) / 448
            made[name] = (tensor / scale[:, None]).to(torch.float8_e4m3fn)
            made[name.replace(".weight", ".weight_scale")] = scale.reshape(shape)
    save_file(made, tmp_path / "rows.safetensors")
    found = shot(loaded(bare, tmp_path / "rows.safetensors", dtype=torch.float32))
    true = shot(toy())
    assert (found - true).abs().max() < 0.2 * true.abs().max()


def damaged(path: Path) -> Path:
    as_original(path).write_bytes(path.read_bytes()[:5000])
    return path


def of_other_size(path: Path) -> Path:
    save_file({name: torch.cat([x, x]) for name, x in original().items()}, path)
    return path


def without_one(path: Path) -> Path:
    save_file({n: x for n, x in state().items() if n != "proj_out.bias"}, path)
    return path


def with_one_more(path: Path) -> Path:
    save_file({**state(), "third_eye.weight": torch.zeros(1)}, path)
    return path


def strange(path: Path) -> Path:
    save_file({**original(), "double_blocks.0.eye.weight": torch.zeros(1)}, path)
    return path


def whole_numbers(path: Path) -> Path:
    save_file({name: x.to(torch.int8) for name, x in original().items()}, path)
    return path


def scales_of_nothing(path: Path) -> Path:
    save_file({**original(), "nothing.weight_scale": torch.ones(1)}, path)
    return path


def too_many_scales(path: Path) -> Path:
    save_file({**original(), "img_in.weight_scale": torch.ones(7)}, path)
    return path


def a_number_for_a_matrix(path: Path) -> Path:
    save_file({**original(), "img_in.weight": torch.tensor(1.0)}, path)
    return path


def no_gguf(path: Path) -> Path:
    path = path.with_suffix(".gguf")
    path.write_bytes(b"GGUG" * 10)
    return path


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        (lambda path: path, "does not exist"),
        (damaged, "damaged, or no safetensors file"),
        (of_other_size, "the configuration asks for"),
        (without_one, "lacks proj_out.bias and 0 more"),
        (with_one_more, "has third_eye.weight and 0 more that do not belong"),
        (strange, "holds other weights than FLUX.1's"),
        (no_gguf, "damaged, or no GGUF file"),
        (whole_numbers, "in torch.int8"),
        (scales_of_nothing, "scales that do not belong"),
        (too_many_scales, "scales that do not belong"),
        (a_number_for_a_matrix, "holds other weights than FLUX.1's"),
    ],
)
def test_what_does_not_fit_is_named(
    bare: Path, tmp_path: Path, spoilt: Callable[[Path], Path], told: str
) -> None:
    path = spoilt(tmp_path / "flux.safetensors")
    with pytest.raises(WeightsError, match=r"flux\.") as refused:
        loaded(bare, path)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_the_inverse_is_one() -> None:
    back = to_diffusers(original())
    assert back.keys() == state().keys()
    assert all(torch.equal(back[name], tensor) for name, tensor in state().items())
