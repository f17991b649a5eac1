"""The second measure of a run: its next shots of held-out cuts, for who knows the set to judge.

What an exam asks is encoded once for all runs that are to sit it. Every run leaves its pictures;
then each set is rendered once, and all pictures of it are judged.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from cut2next.conditioning import Segment
from cut2next.cutbench.soundstage.held_out import HeldOut, SetCase
from cut2next.experiments.exercises import EXAMS, USUAL, Exercise
from cut2next.experiments.laboratory import PART, Laboratory
from cut2next.experiments.tuning import Tuning
from cut2next.film.paths import checked
from cut2next.film.writing import whole_file
from cut2next.generation.conditioned import cut_layout
from cut2next.generation.encoded import texts_of
from cut2next.recipes.mini.encoded_rushes import DrawnCuts
from cut2next.recipes.mini.encoding import token_ids, write_tensors
from cut2next.recipes.progress import Progress
from cut2next.training.validation import next_shots

STEPS = 2
"""Of denoising."""
JUDGED_AT = (192, 80)
"""Width and height, pixels: what the film set's judge compares at, whatever was made."""
_TOGETHER = 20
_SHOT, _SET = "current shot", "set"

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Exam:
    """What is asked of runs."""

    laboratory: Laboratory
    count: int = 500
    """Sets, hence ordinary cuts."""
    name: str = USUAL
    """Which one of `EXAMS`."""

    def asked(self, number: int, size: tuple[int, int]) -> list[tuple[Exercise, list[SetCase]]]:
        """What is asked of a set, in pictures of a size."""
        held_out = HeldOut(count=self.count, size=size, repertoire=PART)
        return [
            (exercise, list(exercise.cases(held_out, number)))
            for exercise in EXAMS[self.name]
            if number % exercise.every == 0
        ]

    def prepare(self) -> Iterator[Progress]:
        """Renders and encodes what is asked, unless that is there."""
        if self._file.exists():
            return
        rows: list[dict[str, Tensor]] = []
        for number in range(self.count):
            for _, cases in self.asked(number, self.laboratory.size):
                rows += [self._encoded(case) | {_SET: torch.tensor([number])} for case in cases]
            yield Progress("encoding what is asked", number + 1, self.count)
        write_tensors(
            {name: torch.cat([row[name] for row in rows]) for name in rows[0]}, self._file
        )

    def made_by(self, tuning: Tuning) -> Iterator[Progress]:
        """A run makes every picture, unless they are there."""
        if self.pictures_of(tuning).exists():
            return
        made: list[Bytes] = []
        for pictures in self._made(tuning):
            made.append(pictures)
            yield Progress(f"pictures of {tuning.name}", len(made) * _TOGETHER, self._total)
        with whole_file(self.pictures_of(tuning)) as partial, partial.open("wb") as file:
            np.save(file, np.concatenate(made))

    def rows_of(self, number: int) -> list[int]:
        """Which pictures are of a set."""
        rows: list[int] = (self._given[_SET] == number).nonzero().flatten().tolist()
        return rows

    def pictures_of(self, tuning: Tuning) -> Path:
        """Where a run's are, [N, H, W, 3], in the order of what is asked."""
        return tuning.folder / self.file("pictures.npy")

    def file(self, name: str) -> str:
        """A file's or a folder's name, one of its own in every exam."""
        return name if self.name == USUAL else f"{self.name}-{name}"

    @cached_property
    def _given(self) -> dict[str, Tensor]:
        return load_file(checked(self._file))

    @property
    def _total(self) -> int:
        return len(self._given[_SHOT])

    @property
    def _file(self) -> Path:
        return self.laboratory.folder / self.file("exam.safetensors")

    def _encoded(self, case: SetCase) -> dict[str, Tensor]:
        """A case as runs read it, one row each."""
        shipped, texts = self.laboratory.shipped, texts_of(case.cut.prompt)
        pixels = shipped.image_processor.preprocess(case.cut.current.keyframe)
        return {_SHOT: shipped.backbone.encode_image(pixels)} | {
            str(segment): token_ids(shipped.tokenizer, [texts[segment]], length)
            for segment, length in self.laboratory.prompt_tokens.items()
        }

    @torch.no_grad()
    def _made(self, tuning: Tuning) -> Iterator[Bytes]:
        model, size = tuning.model().eval(), self.laboratory.shot_size
        lengths = self.laboratory.prompt_tokens
        layout = cut_layout(
            tuning.variant.table, tuning.variant.lengths(lengths), current=size, following=size
        )
        for first in range(0, self._total, _TOGETHER):
            rows = slice(first, first + _TOGETHER)
            batch = model.batch(self._drawn(tuning, rows), layout)
            latents = next_shots(
                model.transformer,
                self.laboratory.shipped.scheduler,
                batch,
                steps=STEPS,
                noise=self._noise(rows).to(batch.clean.device),
            )
            yield self._decoded(latents)

    def _noise(self, rows: slice) -> Tensor:
        """What next shots begin with: the same for all cases of a set, and in every run."""
        shape = self._given[_SHOT].shape[1:]
        return torch.stack(
            [
                torch.randn(shape, generator=torch.Generator().manual_seed(number))
                for number in self._given[_SET][rows].tolist()
            ]
        )

    def _drawn(self, tuning: Tuning, rows: slice) -> DrawnCuts:
        """Some cases as a batch for `next_shots`, which does not look at what is to be made."""
        prompts = {
            segment: self._given[str(segment)][rows] for segment in self.laboratory.prompt_tokens
        }
        shots = self._given[_SHOT][rows]
        return DrawnCuts(
            ids=tuning.variant.told({segment: ids.long() for segment, ids in prompts.items()}),
            latents={Segment.CURRENT_SHOT: shots, Segment.NEXT_SHOT: torch.zeros_like(shots)},
            weights=torch.ones(shots.shape[:2]),
        )

    def _decoded(self, latents: Tensor) -> Bytes:
        """As they are judged, [B, H, W, 3]."""
        shipped = self.laboratory.shipped
        pixels = shipped.backbone.decode_image(latents, self.laboratory.shot_size)
        pictures = shipped.image_processor.postprocess(pixels)
        return np.stack([picture.resize(JUDGED_AT, Image.Resampling.BOX) for picture in pictures])
