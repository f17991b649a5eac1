"""Latents of pictures, made once and kept on disk: by contents, autoencoder and size.

Runs share them, and a run that was killed goes on. After that no autoencoder is needed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from cut2next.backbones import Backbone
from cut2next.backbones.fingerprint import fingerprint
from cut2next.cuts.dataset import checked_rows
from cut2next.cuts.record import ShotRecord
from cut2next.film import InputError
from cut2next.film.workers import in_order
from cut2next.generation.conditioned import shot_latents
from cut2next.generation.framing import Framing, Size
from cut2next.training.batches.pictures import contents
from cut2next.training.batches.store import TensorStore, digest_of, share_of
from cut2next.training.batches.survey import SurveyedCut

_MADE = 1
"""Goes up when the same picture would be read otherwise."""
_AT_ONCE = 4
"""Pictures that are decoded and framed, or written, while one is encoded."""


@dataclass(frozen=True, kw_only=True)
class TokenWeights:
    """How much each token of a next shot counts in the loss."""

    name: str
    """What tells these weights from others, on disk."""
    of: Callable[[ShotRecord, Mapping[str, Any] | None, Framing], NDArray[np.float32]]
    """[L], of a shot as it is framed, and what is known to be true of it on the film set."""


class PictureAt(NamedTuple):
    """A picture of a cut, and the size that it is brought to."""

    digest: str
    size: Size
    file: Path
    row: int
    side: int
    """0 for the current shot, 1 for the next."""


class Framed(NamedTuple):
    """A picture on its way to the autoencoder."""

    at: PictureAt
    picture: Image.Image
    weights: Tensor | None
    """[L]"""


@dataclass(frozen=True, kw_only=True)
class Latents:
    """The latents of one autoencoder's pictures, in a folder."""

    folder: Path
    step: int
    """Pixels a side of a token."""
    channels: int
    weights: TokenWeights | None = None
    """All tokens count alike where there are none."""

    @classmethod
    def by(cls, backbone: Backbone, folder: Path, weights: TokenWeights | None = None) -> Self:
        """Those of a backbone's autoencoder, in a folder that others may share."""
        vae = backbone.vae
        config = sorted((key, value) for key, value in vae.config.items() if key[0] != "_")
        named = weights.name if weights else ""
        made = digest_of((_MADE, fingerprint(vae).hex(), config, named))
        return cls(
            folder=folder / made,
            step=backbone.pixels_per_token,
            channels=backbone.channels,
            weights=weights,
        )

    def disk_bytes(self, cuts: Sequence[SurveyedCut]) -> int:
        """What the pictures of cuts take on disk; of them that which is not there yet."""
        each = 2 * self.channels + (4 if self.weights else 0)
        missing = (at for at in pictures(cuts) if not self._store(at.size).has(at.digest))
        return sum(each * int(np.prod(at.size.in_tokens(self.step))) for at in missing)

    @torch.no_grad()
    def fill(
        self, cuts: Sequence[SurveyedCut], backbone: Backbone, process: int = 0, processes: int = 1
    ) -> Iterator[tuple[int, int]]:
        """Makes what is not there yet; yields (done, all) of the pictures of this process.

        Raises InputError for a picture that has gone, WeightsError for an autoencoder that makes
        none, OutputError when they cannot be written.
        """
        everything = pictures(cuts)
        own = [everything[number] for number in share_of(len(everything), process, processes)]
        wanted = [at for at in own if not self._store(at.size).has(at.digest)]
        done = len(own) - len(wanted)
        yield done, len(own)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            reading = (pool.submit(self._framed, *read) for read in _shots(wanted))
            writing = (
                pool.submit(self._write, framed, shot_latents(backbone, framed.picture))
                for framed in in_order(reading, _AT_ONCE)
            )
            for count, _ in enumerate(in_order(writing, _AT_ONCE), done + 1):
                yield count, len(own)

    def read(self, digest: str, size: Size) -> tuple[Tensor, Tensor]:
        """A picture's packed latents, bfloat16 [1, L, C], and its tokens' weights, float32 [1, L].

        Raises InputError when they are gone or damaged.
        """
        kept = self._store(size).read(digest)
        latents = kept["latents"][None]
        weights = kept["weights"][None] if self.weights else torch.ones(latents.shape[:2])
        return latents, weights

    def _framed(self, at: PictureAt, shot: ShotRecord, truth: Mapping[str, Any] | None) -> Framed:
        framing, picture = Framing(step=self.step, only=at.size), shot.keyframe()
        if contents(picture) != at.digest:
            raise InputError(
                f"{at.file}: row {at.row} has another picture than before",
                expected="cuts that nobody changes while they are read",
                hint="start again",
            )
        weights = None
        if self.weights:
            weights = torch.from_numpy(self.weights.of(shot, truth, framing)).float()
        return Framed(at, framing.framed(picture), weights)

    def _write(self, framed: Framed, latents: Tensor) -> None:
        tensors = {"latents": latents[0].to("cpu", torch.bfloat16)}
        if framed.weights is not None:
            tensors["weights"] = framed.weights
        self._store(framed.at.size).write(framed.at.digest, tensors)

    def _store(self, size: Size) -> TensorStore:
        return TensorStore(folder=self.folder / str(size))


def pictures(cuts: Sequence[SurveyedCut]) -> list[PictureAt]:
    """The pictures of cuts at their sizes, each once, in the order of the files."""
    found: dict[tuple[str, Size], PictureAt] = {}
    for cut in cuts:
        for side, digest in enumerate((cut.current, cut.next)):
            if (digest, cut.size) not in found:
                found[digest, cut.size] = PictureAt(digest, cut.size, cut.file, cut.row, side)
    return list(found.values())


def _shots(
    wanted: Sequence[PictureAt],
) -> Iterator[tuple[PictureAt, ShotRecord, Mapping[str, Any] | None]]:
    """Some pictures with their shots and truths, file by file."""
    for file, here in groupby(wanted, lambda at: at.file):
        of_row = {row: list(those) for row, those in groupby(here, lambda at: at.row)}
        for number, row in enumerate(checked_rows(file)):
            if number in of_row and (record := row.record) is not None:
                truths = record.truth or (None, None)
                for at in of_row[number]:
                    yield at, record.shots[at.side], truths[at.side]
