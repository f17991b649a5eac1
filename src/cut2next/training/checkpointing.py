"""Gradient checkpointing of some blocks: what they hold is computed again when it is needed.

Applied from outside, by the function that diffusers' models let be handed in. It calls blocks, so
what is compiled stays so, and hooks of offload and FSDP see every call.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.checkpoint import checkpoint

from cut2next.film import InputError
from cut2next.training.fit import share_of


def checkpoint_blocks(transformer: Any, share: float) -> None:
    """Has the first `share` of the blocks of each kind keep only what goes into them.

    Gradients stay what they were; at 1 every block runs twice, at 0 none does. Raises InputError
    for a share that is not within 0 and 1.
    """
    if not 0 <= share <= 1:
        raise InputError(
            f"a share of {share} of the blocks, to be checkpointed",
            expected="a number from 0 to 1",
            hint="1 needs the least memory, 0 is quickest",
        )
    chosen = {
        block for stack in stacks(transformer) for block in stack[: share_of(len(stack), share)]
    }

    def run(block: Callable[..., object], *inputs: object) -> object:
        if block not in chosen:
            return block(*inputs)
        return checkpoint(block, *inputs, use_reentrant=False, context_fn=_attention)

    if chosen:
        transformer.enable_gradient_checkpointing(run)
    else:
        transformer.disable_gradient_checkpointing()


def _attention() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """The attention that the first pass has anyway, and the same for the second.

    That runs after the context of the first is left, and would save other things with another.
    """
    plain = not torch.backends.cuda.flash_sdp_enabled()  # `sdpa_kernel`'s switch, on a CPU too
    return nullcontext(), sdpa_kernel(SDPBackend.MATH) if plain else nullcontext()


def stacks(transformer: nn.Module) -> list[nn.ModuleList]:
    """The blocks of each kind."""
    return [child for child in transformer.children() if isinstance(child, nn.ModuleList)]
