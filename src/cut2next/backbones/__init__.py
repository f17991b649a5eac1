"""Backbones: diffusion transformers that follow a segment table, with what comes with them.

`Backbone` says what one is. What holds for all weights of a family is known without torch.
"""

from cut2next.backbones.backbone import Backbone, BackboneFacts
from cut2next.backbones.flux1 import Flux1Facts
from cut2next.film import InputError

__all__ = [
    "BACKBONES",
    "DEFAULT",
    "Backbone",
    "BackboneFacts",
    "backbone_named",
    "backbone_of",
]

BACKBONES: dict[str, type[BackboneFacts]] = {Flux1Facts.name: Flux1Facts}
"""By the name that files call them by."""
DEFAULT = Flux1Facts.name
"""Of files that do not say which."""


def backbone_named(name: str) -> type[BackboneFacts]:
    """The backbone that files call by this name. Raises InputError, naming those there are."""
    if name in BACKBONES:
        return BACKBONES[name]
    raise InputError(
        f"unknown backbone {name!r}",
        expected="one of " + ", ".join(BACKBONES),
        hint="a newer cut2next may know it",
    )


def backbone_of(transformer: object) -> type[BackboneFacts]:
    """The backbone of a transformer. Raises TypeError for one that is of none."""
    classes = {(base.__module__, base.__name__) for base in type(transformer).__mro__}
    for backbone in BACKBONES.values():
        if backbone.transformer_class in classes:
            return backbone
    raise TypeError(f"{type(transformer).__name__} is the transformer of no backbone")
