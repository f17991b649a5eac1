"""What the tensors of a LoRA file say: names in against names out.

Every tensor is used, or does nothing, or is refused by what it is. How programs name factors,
alphas, biases and magnitudes is known here; how they name modules, a backbone knows.
"""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import torch
from pydantic import Field, ValidationError
from torch import Tensor

from cut2next.backbones.configuration import Configuration, first_fault
from cut2next.backbones.lora import Adapted, Factors

_Module = Annotated[str, Field(pattern=r"^[\w.^$]+$", max_length=300)]


class PeftConfig(Configuration):
    """What is read of PEFT's configuration; patterns are plain names, or might take for ever."""

    lora_alpha: float | None = None
    alpha_pattern: Annotated[dict[_Module, float], Field(max_length=1000)] | None = None
    use_rslora: bool | None = None
    init_lora_weights: bool | str | None = None


Networks = Mapping[str, Adapted]
"""By component of a pipeline ("transformer", "text_encoder"), what is added to it."""


class Place(NamedTuple):
    """What a name in a file stands for."""

    component: str
    modules: tuple[str, ...]
    """Several where the file has them as one matrix, one on top of the other."""
    local: str
    """The name within the component, as the program that wrote it says it."""
    halves_swapped: bool = False
    """Whether the file has the second half of the rows first."""


_FACTOR = r"(?:(.+?)[._]lora(?:_linear_layer)?[._](?:{0})(?:\.default)?|(.+)\.{1}(?=\.))"
_KINDS = {
    "down": re.compile(_FACTOR.format("A|down", "down") + r"(?:\.weight)?"),
    "up": re.compile(_FACTOR.format("B|up", "up") + r"(?:\.weight)?"),
    "bias": re.compile(_FACTOR.format("B|up", "up") + r"\.bias"),
    "alpha": re.compile(r"(.+?)(?:\.lora_A\.weight)?\.alpha"),
    "magnitude": re.compile(
        r"(.+)\.(?:dora_scale|lora_magnitude_vector(?:\.default)?(?:\.weight)?)"
    ),
    "difference": re.compile(r"(.+)\.diff_b"),  # of the bias, and not scaled
}
_SIGNS: Mapping[str, str] = {
    "LoKr": r"\.lokr_",
    "LoHa": r"\.hada_",
    "OFT": r"\.b?oft_",
    "IA3": r"\.on_input$|\.ia3_",
    "GLoRA": r"\.[ab][12]\.weight$",
    "LoCon": r"\.lora_mid\.",
    "norms of a control LoRA": r"norm_(added_)?[qk]\.|(query|key)_norm\.",
    "whole matrices": r"\.(diff|w_norm|b_norm|set_weight)$",
    "trained weights of the base": r"\.(base_layer|modules_to_save)\.",
}
"""What there is besides LoRAs, by what is in the names of its tensors."""
_KEEPS_THE_BASE = (True, False, None, "gaussian", "orthogonal", "eva")
"""How PEFT may have begun a LoRA; other ways change the weights beneath it, too."""


def read(
    tensors: Mapping[str, Tensor],
    config: Mapping[str, Any],
    place: Callable[[str], Place | None],
) -> dict[str, dict[str, Factors]]:
    """By component and module, what a file's tensors add.

    `config` is PEFT's, from a file beside them or their header; alphas among the tensors come
    before it, and without any the scale is one, as everywhere. Raises ValueError for tensors that
    are not used, and for what they do not make whole.
    """
    pairs: dict[str, dict[str, Tensor]] = {}
    strange = []
    for name, value in tensors.items():
        tensor = torch.as_tensor(value)  # an alpha may be a number
        module, kind = _parsed(name)
        if _does_nothing(name, tensor):
            continue
        if place(module) is None or not (tensor.is_floating_point() or kind == "alpha"):
            strange.append(name)
        else:
            pairs.setdefault(module, {})[kind] = _readable(tensor)
    if strange:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise ValueError(f"{kind_of(strange)}: {min(strange)}{more}")
    networks: dict[str, dict[str, Factors]] = {}
    for module, given in pairs.items():
        placed = place(module)
        assert placed is not None
        adapted = networks.setdefault(placed.component, {})
        parts = _parts(module, given, placed, _of_component(config, placed.component))
        if twice := adapted.keys() & parts.keys():
            raise ValueError(f"{min(twice)} is adapted twice")
        adapted |= parts
    return networks


def kind_of(names: Collection[str]) -> str:
    """What tensors are by their names: LoRA or what there is besides."""
    kinds = [kind for kind, sign in _SIGNS.items() if any(re.search(sign, n) for n in names)]
    if any(_parsed(name)[1] == "down" for name in names):
        kinds.insert(0, "LoRA")
    return ", ".join(kinds) or "no LoRA"


def _parsed(name: str) -> tuple[str, str]:
    """The module that a tensor is for, and what of it; empty where it is no part of a LoRA."""
    for kind, ending in _KINDS.items():
        if match := ending.fullmatch(name):
            return next(filter(None, match.groups())), kind
    return "", ""


def _does_nothing(name: str, tensor: Tensor) -> bool:
    """Differences of zero; and CLIP's projection, behind what FLUX.1 reads of it."""
    is_difference = name.endswith((".diff", ".diff_b"))
    return "text_projection" in name or (is_difference and not tensor.any())


def _readable(tensor: Tensor) -> Tensor:
    """PyTorch does not calculate in eight bits; in bfloat16 they are the same numbers."""
    return tensor.to(torch.bfloat16) if tensor.itemsize == 1 else tensor


def _of_component(config: Mapping[str, Any], component: str) -> PeftConfig:
    """PEFT's configuration of one component; diffusers puts those of several in one header."""
    own = f"{component}."
    if any("." in key for key in config):
        config = {k.removeprefix(own): v for k, v in config.items() if k.startswith(own)}
    try:
        read = PeftConfig.model_validate(config)
    except ValidationError as error:
        raise ValueError(", expected ".join(first_fault(error))) from error
    if (begun := read.init_lora_weights) not in _KEEPS_THE_BASE:
        raise ValueError(f"begun by {begun}, which changed the weights beneath it")
    return read


def _parts(
    module: str, given: Mapping[str, Tensor], placed: Place, config: PeftConfig
) -> dict[str, Factors]:
    """The factors of each matrix that one of a file stands for."""
    if not {"down", "up"} <= given.keys():
        raise ValueError(f"{module} ({', '.join(given)}) belongs to no pair of lora_A and lora_B")
    down, up = given["down"], given["up"]
    if (down.ndim, up.ndim) != (2, 2) or not len(down):
        shapes = f"{tuple(down.shape)} and {tuple(up.shape)}"
        raise ValueError(f"{module} has factors of shapes {shapes}")
    alpha = _alpha(given.get("alpha"), config, placed.local, len(down))
    bias, magnitude = given.get("bias"), given.get("magnitude")
    if "difference" in given:
        bias = given["difference"] * (len(down) / alpha)
    if magnitude is not None:
        magnitude = _by_rows(module, magnitude, len(up))
    rows = {"up": up, "bias": bias, "magnitude": magnitude}
    if placed.halves_swapped:
        rows = {kind: x if x is None else torch.cat(x.chunk(2)[::-1]) for kind, x in rows.items()}
    whole = Factors(down=down, alpha=alpha, **rows)  # type: ignore[arg-type]  # up is there
    return dict(zip(placed.modules, _divided(module, whole, len(placed.modules)), strict=True))


def _alpha(given: Tensor | None, config: PeftConfig, module: str, rank: int) -> float:
    """Its own, or that of the configuration as PEFT works it out, for any rank."""
    patterns = config.alpha_pattern or {}
    matching = (x for key, x in patterns.items() if re.match(rf"(.*\.)?({key})$", module))
    usual = rank if config.lora_alpha is None else config.lora_alpha
    alpha = next(matching, usual)
    if given is None:
        alpha *= math.sqrt(rank) if config.use_rslora else 1
    elif given.numel() == 1:
        alpha = given.item()
    if not math.isfinite(alpha) or alpha == 0 or (given is not None and given.numel() != 1):
        raise ValueError(f"{module} has the alpha {alpha if given is None else given.tolist()}")
    return float(alpha)


def _by_rows(module: str, magnitude: Tensor, rows: int) -> Tensor:
    if magnitude.shape not in ((rows,), (rows, 1)):
        raise ValueError(f"{module} has DoRA's magnitudes by columns, {tuple(magnitude.shape)}")
    return magnitude.flatten()


def _divided(module: str, whole: Factors, count: int) -> list[Factors]:
    """The factors of matrices that lie on top of each other, from those of the whole.

    All but the last are square: queries, keys, values.
    """
    if count == 1:
        return [whole]
    width, rows = whole.down.shape[1], len(whole.up)
    sizes = [width] * (count - 1) + [rows - width * (count - 1)]
    if sizes[-1] <= 0:
        raise ValueError(f"{module} has {rows} rows, too few for {count} matrices of {width}")
    downs, ups = _untangled(whole, sizes)

    def split(rows: Tensor | None) -> Sequence[Tensor | None]:
        return [None] * count if rows is None else rows.split(sizes)

    return [
        Factors(down=down, up=up, alpha=whole.scale * len(down), bias=bias, magnitude=magnitude)
        for down, up, bias, magnitude in zip(
            downs, ups, split(whole.bias), split(whole.magnitude), strict=True
        )
    ]


def _untangled(whole: Factors, sizes: list[int]) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
    """Downs and ups of the parts; of ups along a diagonal, each its own share of the rank."""
    ups, count = whole.up.split(sizes), len(sizes)
    if whole.rank % count == 0 and whole.up.shape[1] == whole.rank:
        shares = [list(up.chunk(count, dim=1)) for up in ups]
        own = [row.pop(number) for number, row in enumerate(shares)]
        if not any(share.any() for row in shares for share in row):
            return whole.down.chunk(count), own
    return [whole.down] * count, ups
