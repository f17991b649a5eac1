"""Encoded reels on the card: more come in while training draws from those that are there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import numpy as np
import torch
from safetensors.torch import load_file
from scripts.mini_on_a_card.shooting import LEARNT, reels_in
from torch import Tensor

from cut2next.backbones.mini.architecture import Autoencoder
from cut2next.recipes.mini.encoded_rushes import (
    TENSORS,
    EncodedRushes,
    beginnings,
    joins_of,
    latents_of_sets,
)

_AT_ONCE = 8
"""Reels that are listed together."""
_PAUSE = 0.3
"""Seconds between two looks at the folder."""


class GrowingRushes(EncodedRushes):
    """Encoded reels with room for more, on the device of the first ones."""

    def __init__(self, reels: Sequence[Mapping[str, Tensor]], names: Tensor, room: int) -> None:
        """`room` counts sets; of `reels`, which come from `encoded_reels`, all must fit."""
        super().__init__(reels, names)
        self._count, self._a_reel = len(self.latents), len(reels[0]["latents"])
        self._room = max(room, self._count)
        for name in TENSORS:
            known = getattr(self, name)
            roomy = known.new_zeros(self._room, *known.shape[1:])
            roomy[: self._count] = known
            setattr(self, name, roomy)
        free = np.zeros((self._room - self._count, *self.joins.shape[1:]), bool)
        self.joins = np.concatenate([self.joins, free])
        self._wait()

    def __len__(self) -> int:
        return self._count

    @property
    def is_full(self) -> bool:
        """Whether another reel has no room."""
        return self._count + self._a_reel > self._room

    def take(self, reel: Mapping[str, Tensor]) -> None:
        """One more reel; it is drawn from once all of it is there."""
        at = slice(self._count, self._count + len(reel["latents"]))
        for name in TENSORS:
            getattr(self, name)[at] = reel[name]
        self.joins[at] = joins_of(reel["patterns"])
        begins = beginnings(self.joins[at])
        begins[:, 0] += at.start
        self._wait()
        self._count, self._begins = at.stop, np.concatenate([self._begins, begins])

    def _wait(self) -> None:
        """Until what was begun is there for other streams too."""
        if self.latents.is_cuda:
            torch.cuda.current_stream().synchronize()


def encoded_reels(
    folder: Path, autoencoder: Autoencoder, kind: str = LEARNT, most: int | None = None
) -> Iterator[dict[str, Tensor]]:
    """Takes what is shot out of a folder, encoded, on the autoencoder's device.

    Latents are at the transformer's scale.
    """
    device, scale = autoencoder.device, autoencoder.config["scaling_factor"]
    for path in reels_in(folder, kind)[:most]:
        reel = load_file(path)
        path.unlink()
        reel["latents"] = latents_of_sets(autoencoder, reel.pop("pictures").numpy())
        on_device = {name: reel[name].to(device) for name in TENSORS}
        on_device["latents"] *= scale
        yield on_device | {"patterns": reel["patterns"]}


@contextmanager
def taking_in(
    data: GrowingRushes, folder: Path, autoencoder: Autoencoder, through: Callable[[], object]
) -> Iterator[None]:
    """While the context lasts, a thread takes in what is shot.

    `through` is told when it takes no more: there is no room, or something went wrong.
    """
    ended = Event()

    def take() -> None:
        stream = torch.cuda.Stream() if data.latents.is_cuda else None  # beside the training's own
        try:
            while not (data.is_full or ended.wait(_PAUSE)):
                with torch.cuda.stream(stream):
                    for reel in encoded_reels(folder, autoencoder, most=_AT_ONCE):
                        if not data.is_full:
                            data.take(reel)
        finally:
            through()

    thread = Thread(target=take, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
