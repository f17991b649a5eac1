"""The LoRA of the method: how strong it is, and what it adds to which matrices.

Injecting, merging and weighing several is diffusers' and PEFT's own work; here is only what is
particular to us. Nothing here knows of segment tables or files.
"""

import math
import re
import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from cut2next.film import InputError
from cut2next.film.installation import needed

if TYPE_CHECKING:
    from peft import LoraConfig

RANK = 256
"""The paper's."""
ALPHA = 256
"""The paper leaves it open. Equal to the rank it scales by one, so that programs which ignore it
read the file rightly all the same."""

Adapted = Mapping[str, "Factors"]
"""By module ("transformer_blocks.0.attn.to_q"), what is added to it."""


@dataclass(frozen=True, kw_only=True)
class Factors:
    """What a LoRA adds to one matrix: up · down, times alpha / rank."""

    down: Tensor
    """A, [rank, in]."""
    up: Tensor
    """B, [out, rank]."""
    alpha: float
    bias: Tensor | None = None
    """Added to the bias, times alpha / rank, [out]."""
    magnitude: Tensor | None = None
    """DoRA: the length that each row of the adapted matrix is brought to, [out]."""

    @property
    def rank(self) -> int:
        """The inner size of the product."""
        return self.down.shape[0]

    @property
    def scale(self) -> float:
        """What the product is multiplied by."""
        return self.alpha / self.rank

    @property
    def disagreement(self) -> str:
        """What in it does not go together, in words; empty when all does."""
        if self.up.shape[1] != self.rank:
            return f"factors of unequal rank, {self.up.shape[1]} and {self.rank}"
        for name, vector in (("bias", self.bias), ("magnitude", self.magnitude)):
            if vector is not None and vector.shape != self.up.shape[:1]:
                return f"a {name} of shape {tuple(vector.shape)}"
        return ""

    @property
    def tensors(self) -> dict[str, Tensor]:
        """All of it but alpha, by PEFT's names."""
        named = {
            "lora_A.weight": self.down,
            "lora_B.weight": self.up,
            "lora_B.bias": self.bias,
            "lora_magnitude_vector": self.magnitude,
        }
        return {name: tensor for name, tensor in named.items() if tensor is not None}


def lora_config(targets: str, rank: int = RANK, alpha: float = ALPHA) -> "LoraConfig":
    """PEFT's configuration of a LoRA on some modules; it begins as nothing (B is zero).

    Raises InputError where PEFT is not installed.
    """
    with needed("it, for a LoRA"):
        from peft import LoraConfig
    return LoraConfig(
        r=rank,
        lora_alpha=alpha,  # type: ignore[arg-type]  # PEFT says int and takes any number
        target_modules=targets,
        init_lora_weights="gaussian",
    )


def inject(transformer: Any, name: str, rank: int = RANK, alpha: float = ALPHA) -> None:
    """Puts a new LoRA called `name` into a transformer and leaves only it to be trained."""
    from cut2next.backbones import backbone_of

    transformer.requires_grad_(False)
    config = lora_config(backbone_of(transformer).lora_targets, rank, alpha)
    with warnings.catch_warnings():
        # Of what torchao quantised it says that no LoRA can be merged into it.
        warnings.filterwarnings("ignore", message="TorchaoLoraLinear was instantiated without")
        transformer.add_adapter(config, name)


def lora_names(network: Any) -> list[str]:
    """The LoRAs on a network."""
    return list(getattr(network, "peft_config", None) or {})


def check_without_loras(network: Any) -> None:
    """Raises InputError while a LoRA is on a network: saved so, it could never be loaded."""
    if names := lora_names(network):
        raise InputError(
            f"a model with the LoRA {names[0]!r} on it, to be saved",
            expected="LoRAs that are merged or taken off",
            hint="`merge_loras` (fused ones stay in) or `unload_lora_weights` first",
        )


def adapted(network: Any, name: str) -> dict[str, Factors]:
    """The LoRA called `name` on a network, as strong as it is at weight 1; empty without one.

    Raises InputError when something was trained with it that is no part of a LoRA.
    """
    if name not in lora_names(network):
        return {}
    factors = {
        module: _factors(layer, name)
        for module, layer in network.named_modules()
        if name in getattr(layer, "lora_A", {})
    }
    from peft.utils import get_peft_model_state_dict

    with warnings.catch_warnings():
        # It takes biases for factors that lost a dimension.
        warnings.filterwarnings("ignore", message="Adapter .* LoRA tensor")
        trained = get_peft_model_state_dict(network, adapter_name=name)
    used = {f"{module}.{kind}" for module, pair in factors.items() for kind in pair.tensors}
    if left := trained.keys() - used:
        raise InputError(
            f"{name!r}, with which {min(left)} and {len(left) - 1} more were trained",
            expected="a LoRA: factors, biases of its own (`lora_bias`) and DoRA's magnitudes",
            hint="train another, without `bias`, `modules_to_save` and the like",
        )
    return factors


def _factors(layer: Any, name: str) -> Factors:
    # Not `scaling`, which the weight of `set_adapters` has gone into.
    rank, up, magnitude = layer.r[name], layer.lora_B[name], layer.lora_magnitude_vector
    scale = layer.lora_alpha[name] / (math.sqrt(rank) if layer.use_rslora.get(name) else rank)
    down = layer.lora_A[name].weight.detach()
    return Factors(
        down=down,
        up=up.weight.detach(),
        alpha=scale * len(down),
        bias=None if up.bias is None else up.bias.detach(),
        magnitude=magnitude[name].weight.detach() if name in magnitude else None,
    )


def for_peft(lora: Adapted) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """A LoRA as PEFT takes it: tensors, and the arguments of its `LoraConfig`."""
    biased = any(factors.bias is not None for factors in lora.values())
    tensors: dict[str, Tensor] = {}
    for module, factors in lora.items():
        none = {"lora_B.bias": factors.up.new_zeros(len(factors.up))} if biased else {}
        tensors |= {f"{module}.{kind}": x for kind, x in {**none, **factors.tensors}.items()}
    rank, ranks = _patterns({module: factors.rank for module, factors in lora.items()})
    alpha, alphas = _patterns({module: factors.alpha for module, factors in lora.items()})
    return tensors, {
        "r": rank,
        "lora_alpha": alpha,
        "rank_pattern": ranks,
        "alpha_pattern": alphas,
        "target_modules": list(lora),
        "lora_bias": biased,
        "use_dora": any(factors.magnitude is not None for factors in lora.values()),
    }


def _patterns(values: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """The commonest of some values, and by pattern of the module those that differ."""
    ((commonest, _),) = Counter(values.values()).most_common(1)
    # PEFT matches ends of names: without the sign of the beginning, `proj_out` would be every one.
    differing = {f"^{re.escape(n)}": v for n, v in values.items() if v != commonest}
    return commonest, differing


def put_lora(transformer: Any, lora: Adapted, name: str, **settings: Any) -> None:
    """Puts a LoRA on a transformer by diffusers' way, whose settings are taken."""
    tensors, config = for_peft(lora)
    transformer.load_lora_adapter(
        tensors, prefix=None, metadata=config, adapter_name=name, **settings
    )


def swap_lora(network: Any, lora: Adapted, name: str) -> None:
    """Puts a LoRA in the place of the one called `name`, number by number: nothing compiles anew.

    Raises InputError where it adapts more than the one that is there, or that one is fused.
    """
    from peft import LoraConfig
    from peft.utils.hotswap import hotswap_adapter_from_state_dict

    # PEFT scales all matrices alike here, so that scales go into the factors.
    scaled = {
        module: Factors(
            down=factors.down,
            up=factors.up * factors.scale,
            alpha=factors.rank,
            bias=None if factors.bias is None else factors.bias * factors.scale,
            magnitude=factors.magnitude,
        )
        for module, factors in lora.items()
    }
    tensors, config = for_peft(scaled)
    config = {**config, "lora_alpha": config["r"], "rank_pattern": {}, "alpha_pattern": {}}
    # Copies: PEFT exchanges the contents of tensors with those that it replaces.
    named = {re.sub(r"(lora_[AB])\.", rf"\1.{name}.", n): x.clone() for n, x in tensors.items()}
    if more := named.keys() - network.state_dict().keys():
        raise InputError(
            f"a LoRA in place of {name!r} with {min(more)} and {len(more) - 1} more besides",
            expected="one that adapts no more than that, neither of them a DoRA",
            hint="load it under another name",
        )
    try:
        hotswap_adapter_from_state_dict(network, named, name, LoraConfig(**config))
    except ValueError as error:
        raise InputError(
            f"a LoRA in place of {name!r}, which is fused", expected="one beside the weights",
            hint="`unfuse_lora` first",
        ) from error  # fmt: skip
    network.peft_config[name] = LoraConfig(**config)
    for module, factors in scaled.items():
        layer = network.get_submodule(module)
        layer.r[name], layer.lora_alpha[name] = factors.rank, factors.alpha


def misfit(network: nn.Module, lora: Adapted, called: str = "this transformer") -> str | None:
    """Why a LoRA cannot be put on a network, in words; None when it can."""
    modules = dict(network.named_modules())
    for name, factors in lora.items():
        matrix = modules.get(name)
        if matrix is None:
            return f"adapts {name}, which {called} does not have"
        has = (getattr(matrix, "out_features", None), getattr(matrix, "in_features", None))
        made_for = (factors.up.shape[0], factors.down.shape[1])
        if has != made_for:
            return f"{name} is made for a matrix of {made_for}, {called} has {has}"
        if reason := factors.disagreement:
            return f"{name} has {reason}"
    dora = {factors.magnitude is not None for factors in lora.values()}
    if len(dora) > 1:
        return "has DoRA's magnitudes for some of its matrices only"
    if dora == {True} and any(factors.bias is not None for factors in lora.values()):
        return "has biases and DoRA's magnitudes, which PEFT does not take together"
    return None
