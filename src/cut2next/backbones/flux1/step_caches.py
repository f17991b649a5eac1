"""diffusers' caches of steps on our blocks: what a step would repeat of the one before, left out.

Nothing is cached here: diffusers' hooks do that, and are told what our blocks take and give. What
they would accept and not do, or do wrong, is refused.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn

from cut2next.backbones.flux1.blocks import Flux1SingleTransformerBlock, Flux1TransformerBlock
from cut2next.film import InputError


def enable_step_cache(transformer: Any, enable: Callable[[Any], None], config: Any) -> None:
    """Puts a cache onto a transformer; `enable` is diffusers' way to.

    Raises InputError, naming the configuration and why, for one that cannot work here, and
    diffusers' ValueError for one beside another.
    """
    # Imported late: the registry knows, and imports, two dozen families of transformers.
    from diffusers.hooks._helpers import TransformerBlockMetadata, TransformerBlockRegistry

    if reason := _unfit(config):
        raise _refused(config, reason)
    for block in (Flux1TransformerBlock, Flux1SingleTransformerBlock):
        # Either takes one tensor, the whole sequence, and gives it.
        TransformerBlockRegistry.register(block, TransformerBlockMetadata())
    before = _hooks_within(transformer)
    enable(config)
    if _hooks_within(transformer) == before:
        transformer.disable_cache()
        raise _refused(config, "it finds no layer here that it could leave out")


@contextmanager
def whole_passes(transformer: Any) -> Iterator[None]:
    """Within, a transformer leaves nothing out; after it a cache begins anew.

    What is kept of clean segments comes from such a pass: it is no step, and other segments run.
    """
    config = transformer._cache_config
    if config is None:
        yield
        return
    transformer.disable_cache()
    try:
        yield
    finally:
        transformer.enable_cache(config)


def _unfit(config: Any) -> str:
    """Why a cache would do something else than it says; empty when nothing is known against it."""
    if getattr(config, "is_guidance_distilled", True) is False:
        return "it halves a batch for guidance without a prompt, of which there is none here"
    if getattr(config, "current_timestep_callback", True) is None:
        return "it lacks current_timestep_callback=lambda: pipe.current_timestep"
    if hasattr(config, "raw_vision_callback"):
        return "it reads the latents of films, and runs every step of all else in full"
    return ""


def _hooks_within(transformer: nn.Module) -> int:
    """How many hooks of diffusers are on a transformer's layers, it itself aside."""
    registries = (getattr(part, "_diffusers_hook", None) for part in transformer.modules())
    return sum(len(registry.hooks) for registry in list(registries)[1:] if registry is not None)


def _refused(config: Any, reason: str) -> InputError:
    return InputError(
        f"{type(config).__name__}: {reason}",
        expected="a cache that leaves out layers of a step",
        hint="take FirstBlockCacheConfig",
    )
