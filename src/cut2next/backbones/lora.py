"""The LoRA of the method: how strong it is, and what it adds to which matrices.

Injecting, merging and weighing several is diffusers' and PEFT's own work; here is only what is
particular to us. Nothing here knows of segment tables or files.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

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

    @property
    def rank(self) -> int:
        """The inner size of the product."""
        return self.down.shape[0]

    @property
    def scale(self) -> float:
        """What the product is multiplied by."""
        return self.alpha / self.rank


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
    transformer.add_adapter(lora_config(backbone_of(transformer).lora_targets, rank, alpha), name)


def adapted(transformer: Any, name: str) -> dict[str, Factors]:
    """The factors of the LoRA called `name` in a transformer; empty when there is none."""
    return {
        module: Factors(
            down=layer.lora_A[name].weight.detach(),
            up=layer.lora_B[name].weight.detach(),
            alpha=layer.scaling[name] * layer.r[name],
        )
        for module, layer in transformer.named_modules()
        if name in getattr(layer, "lora_A", {})
    }


def misfit(transformer: nn.Module, lora: Adapted) -> str | None:
    """Why a LoRA cannot be put into a transformer, in words; None when it can."""
    modules = dict(transformer.named_modules())
    for name, factors in lora.items():
        matrix = modules.get(name)
        if matrix is None:
            return f"adapts {name}, which this transformer does not have"
        has = (getattr(matrix, "out_features", None), getattr(matrix, "in_features", None))
        made_for = (factors.up.shape[0], factors.down.shape[1])
        if has != made_for:
            return f"{name} is made for a matrix of {made_for}, this transformer has {has}"
        if factors.up.shape[1] != factors.rank:
            return f"{name} has factors of unequal rank, {factors.up.shape[1]} and {factors.rank}"
    return None
