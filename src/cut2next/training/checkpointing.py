"""Gradient checkpointing of some blocks: what they hold is computed again when it is needed.

Applied from outside, by the function that diffusers' models let be handed in. It calls blocks, so
what is compiled stays so, and hooks of offload and FSDP see every call.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

from torch import nn
from torch.utils.checkpoint import checkpoint

from cut2next.film import InputError
from cut2next.training.fit import share_of
from cut2next.training.machine import quick_attention


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

    def attention() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
        """Of the first pass and of the second, which must be the same."""
        device, dtype = transformer.device, transformer.dtype
        return quick_attention(device, dtype), quick_attention(device, dtype)

    def run(block: Callable[..., object], *inputs: object) -> object:
        if block not in chosen:
            return block(*inputs)
        return checkpoint(block, *inputs, use_reentrant=False, context_fn=attention)

    if chosen:
        transformer.enable_gradient_checkpointing(run)
    else:
        transformer.disable_gradient_checkpointing()


def stacks(transformer: nn.Module) -> list[nn.ModuleList]:
    """The blocks of each kind."""
    return [child for child in transformer.children() if isinstance(child, nn.ModuleList)]
