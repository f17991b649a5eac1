"""The networks that read pictures, by the names that options and reports give them."""

from importlib import import_module

from cut2next.cutbench.features.network import Network

NETWORKS = {"dino": "dinov2.DINOv2", "clip": "clip.CLIP", "inception": "inception.Inception"}
"""Where each is; none is imported before it is asked for."""


def network_named(name: str, weights: str) -> Network:
    """A network of one of these names, from a folder or a name on the hub.

    Raises WeightsError for what is no whole one.
    """
    module, _, kind = NETWORKS[name].partition(".")
    network: Network = getattr(import_module(f"{__package__}.{module}"), kind)(weights)
    return network
