"""The networks that read pictures, by the names that options and reports give them."""

from importlib import import_module

from cut2next.cutbench.features.features import StoredOnly
from cut2next.cutbench.features.network import Network
from cut2next.cutbench.features.store import FeatureStore
from cut2next.film import InputError

STORED = "stored"
"""In the place of weights: only what was read before."""
NETWORKS = {"dino": "dinov2.DINOv2", "clip": "clip.CLIP", "inception": "inception.Inception"}
"""Where each is; none is imported before it is asked for."""


def network_named(name: str, weights: str, store: FeatureStore) -> Network:
    """A network of one of these names, from a folder or a name on the hub, or as it is stored.

    Raises WeightsError for what is no whole one, InputError where the store has none, or several.
    """
    module, _, kind = NETWORKS[name].partition(".")
    if weights == STORED:
        return _stored(kind, store)
    network: Network = getattr(import_module(f"{__package__}.{module}"), kind)(weights)
    return network


def _stored(kind: str, store: FeatureStore) -> Network:
    found = [facts for facts in store.networks() if facts.kind == kind]
    if len(found) != 1:
        raise InputError(
            f"{store.path}: features of {len(found)} networks of the kind {kind}",
            expected="those of one",
            hint="name the weights",
        )
    return StoredOnly(found[0])
