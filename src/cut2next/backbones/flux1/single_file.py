"""A transformer out of one file: safetensors or GGUF, under original or diffusers' names.

These are how FLUX.1 and its fine-tunes travel outside the hub. The file's tensors are renamed and
checked against the architecture first; diffusers then loads, casts and quantises them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from cut2next.backbones.flux1.original_names import has_original_names, to_diffusers
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.film import WeightsError, paths
from cut2next.film.errors import one_line
from cut2next.film.installation import needed
from cut2next.film.model_files import opened

_GGUF = ".gguf"
_SCALES = (".scale_weight", ".weight_scale")
"""What ComfyUI's scaled fp8 files call the number that a matrix was divided by."""
_MARKS = (".scale_input", ".input_scale", "scaled_fp8")
"""Hints for fp8 arithmetic; weights that are cast up on loading need none."""
_FP8 = (torch.float8_e4m3fn, torch.float8_e5m2)


def transformer_from_file(
    path: Path, config: Path, dtype: torch.dtype | None = None
) -> Flux1Transformer:
    """The transformer whose weights are in one file, and whose configuration is in a folder.

    GGUF stays quantised and is computed in `dtype`; fp8 is cast to it, by default to bfloat16.
    Raises WeightsError when the file is missing or damaged, or does not fit the configuration, and
    InputError where what reads GGUF is not installed.
    """
    tensors = _read(path)
    if has_original_names(tensors):
        try:
            tensors = to_diffusers(tensors)
        except (LookupError, RuntimeError) as error:
            other = f"holds other weights than FLUX.1's ({one_line(error)})"
            raise _refused(path, other) from error
    _check(path, tensors, config)
    settings: dict[str, Any] = {"config": str(config), "torch_dtype": dtype}
    if path.suffix == _GGUF:
        from diffusers.quantizers.quantization_config import GGUFQuantizationConfig

        settings["quantization_config"] = GGUFQuantizationConfig(dtype or torch.bfloat16)
    elif any(tensor.dtype in _FP8 for tensor in tensors.values()):
        settings["torch_dtype"] = dtype or torch.bfloat16
    model: Flux1Transformer = Flux1Transformer.from_single_file(tensors, **settings)
    return model


def _read(path: Path) -> dict[str, Tensor]:
    if path.suffix == _GGUF:
        return _read_gguf(paths.checked(path, _refused))
    with opened(path, _refused, framework="pt"):
        tensors = load_file(path)
    try:
        return _unscaled(tensors)
    except (LookupError, ValueError) as error:
        raise _refused(
            path, f"has scales that do not belong to its matrices ({one_line(error)})"
        ) from error


def _read_gguf(path: Path) -> dict[str, Tensor]:
    from diffusers.models.model_loading_utils import load_gguf_checkpoint

    with needed("it, for a GGUF file"):
        import gguf  # noqa: F401  # diffusers asks for it in many words
    try:
        read: dict[str, Tensor] = load_gguf_checkpoint(path)
    except (ValueError, LookupError, OSError) as error:
        raise _refused(path, f"damaged, or no GGUF file ({one_line(error)})") from error
    return read


def _unscaled(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Scaled fp8 matrices at their true size, in bfloat16; all else as it is."""
    scales = {
        name.removesuffix(ending): tensor
        for name, tensor in tensors.items()
        for ending in _SCALES
        if name.endswith(ending)
    }
    plain = {name: x for name, x in tensors.items() if not name.endswith((*_SCALES, *_MARKS))}
    for module, scale in scales.items():
        weight = plain[f"{module}.weight"]
        if scale.numel() not in (1, len(weight)):
            raise ValueError(f"{module} has {scale.numel()} scales for {len(weight)} rows")
        rows = scale.float().reshape(-1, *[1] * (weight.ndim - 1))
        plain[f"{module}.weight"] = (weight.float() * rows).to(torch.bfloat16)
    return plain


def _check(path: Path, tensors: Mapping[str, Tensor], config: Path) -> None:
    """Names and shapes against the architecture, before it is built."""
    with torch.device("meta"):
        built = Flux1Transformer.from_config(Flux1Transformer.load_config(config))
    expected = {name: tuple(tensor.shape) for name, tensor in built.state_dict().items()}
    if missing := expected.keys() - tensors.keys():
        raise _refused(path, f"lacks {min(missing)} and {len(missing) - 1} more")
    if extra := tensors.keys() - expected.keys():
        raise _refused(path, f"has {min(extra)} and {len(extra) - 1} more that do not belong")
    for name, shape in expected.items():
        # Of a quantised tensor the one that it stands for.
        given = tuple(getattr(tensors[name], "quant_shape", tensors[name].shape))
        if path.suffix != _GGUF and not tensors[name].is_floating_point():
            raise _refused(
                path, f"{name} is in {tensors[name].dtype}, with nothing to unpack it by"
            )
        if given != shape:
            raise _refused(path, f"{name} is {given}, the configuration asks for {shape}")


def _refused(path: Path, got: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected="the weights of a FLUX.1 transformer, in safetensors or GGUF",
        hint="copy the file again, or take one that fits the model",
    )
