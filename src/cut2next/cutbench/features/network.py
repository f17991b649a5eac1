"""What a network is that reads pictures or texts to vectors, and by what facts one is known."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydantic import JsonValue

Vectors = NDArray[np.float32]
"""Features [N, D], or [D] of one, as the network gives them: of any length."""


@dataclass(frozen=True, kw_only=True)
class NetworkFacts:
    """By what something was read: enough to read the same again. Stored with every result."""

    kind: str
    """Whose architecture it is: "DINOv2", "CLIP", "Inception"."""
    name: str
    """Folder or name on the hub, as it was asked for."""
    weights: str
    """SHA-256 of all its numbers: `digest_of_weights`."""
    preprocessing: Mapping[str, JsonValue]
    """How a picture is brought to what the network takes."""
    vector: str
    """Which of its vectors is taken."""

    @cached_property
    def digest(self) -> bytes:
        """Of all but the name: the same weights in another folder read the same."""
        told = {key: value for key, value in asdict(self).items() if key != "name"}
        return sha256(json.dumps(told, sort_keys=True).encode()).digest()


class Network(Protocol):
    """Reads; keeps nothing. The vector of a picture depends on nothing that is read beside it."""

    facts: NetworkFacts

    def read_pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Of RGB pictures of any sizes."""
        ...


@runtime_checkable
class TextNetwork(Network, Protocol):
    """Reads texts too, to vectors of the same space."""

    def read_texts(self, texts: Sequence[str]) -> Vectors:
        """Of texts of any length."""
        ...


def digest_of_weights(model: Any) -> str:
    """SHA-256 of a torch module's parameters and buffers by name, in float32 as they are used.

    It is of what was read, so it is the same for one file, for shards, and for any name.
    """
    import torch

    digest = sha256()
    for name, tensor in sorted(model.state_dict().items()):
        numbers = tensor.detach().to("cpu", torch.float32).contiguous().numpy()
        digest.update(f"{name} {numbers.shape}".encode())
        digest.update(np.ascontiguousarray(numbers, "<f4").data)
    return digest.hexdigest()
