"""The second measure of a run: its next shots of held-out cuts, for who knows the set to judge.

What an exam asks is encoded once for all runs that are to sit it. Every run leaves its pictures;
then each set is rendered once, and all pictures of it are judged. Beside runs three controls sit
it, who need no model: what they reach is what a figure means.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

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
from cut2next.film.writing import make_folder, whole_file
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
SETS_A_PART = 20
"""What a kill costs at most, of what is encoded and of what is judged."""
_TOGETHER = 20
_SHOT, _SET, _STRENGTH = "current shot", "set", "strength"

Bytes = NDArray[np.uint8]


class Sitting(Protocol):
    """Who sits an exam: a run, or a control."""

    @property
    def name(self) -> str:
        """Unique among them."""

    @property
    def folder(self) -> Path:
        """Where its pictures are, and what was said of them."""


@dataclass(frozen=True, kw_only=True)
class Control:
    """Who needs no model."""

    laboratory: Laboratory
    name: str
    """One of `CONTROLS`."""

    @property
    def folder(self) -> Path:
        """Beside those of runs."""
        return self.laboratory.folder / "controls" / self.name


CONTROLS = ("truth", "autoencoder", "copy")
"""The true next shot, as it comes back from the autoencoder, and the current shot once more."""


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

    @property
    def controls(self) -> list[Control]:
        """Who sits it beside runs."""
        return [Control(laboratory=self.laboratory, name=name) for name in CONTROLS]

    @property
    def parts(self) -> list[range]:
        """Sets that are encoded, and judged, one after the other."""
        firsts = range(0, self.count, SETS_A_PART)
        return [range(first, min(first + SETS_A_PART, self.count)) for first in firsts]

    def prepare(self) -> Iterator[Progress]:
        """Renders and encodes what is asked, and has the controls sit it, unless that is there."""
        for part in self.parts:
            if not self._part(part).exists():
                self._prepare(part)
            yield Progress("encoding what is asked", part.stop, self.count)
        for control in self.controls:
            if not self.pictures_of(control).exists():
                make_folder(control.folder)
                self._keep(control, [self._given[control.name].numpy()])

    def made_by(self, tuning: Tuning) -> Iterator[Progress]:
        """A run makes every picture, unless they are there."""
        if self.pictures_of(tuning).exists():
            return
        made: list[Bytes] = []
        for pictures in self._made(tuning):
            made.append(pictures)
            done = min(len(made) * _TOGETHER, self._total)
            yield Progress(f"pictures of {tuning.name}", done, self._total)
        self._keep(tuning, made)

    def rows_of(self, number: int) -> list[int]:
        """Which pictures are of a set."""
        rows: list[int] = (self._given[_SET] == number).nonzero().flatten().tolist()
        return rows

    def pictures_of(self, sitting: Sitting) -> Path:
        """Where somebody's are, [N, H, W, 3], in the order of what is asked."""
        return sitting.folder / self.file("pictures.npy")

    def file(self, name: str) -> str:
        """A file's or a folder's name, one of its own in every exam."""
        return name if self.name == USUAL else f"{self.name}-{name}"

    def _prepare(self, part: range) -> None:
        rows = [
            self._encoded(case)
            | {_SET: torch.tensor([number]), _STRENGTH: torch.tensor([strength])}
            for number in part
            for exercise, cases in self.asked(number, self.laboratory.size)
            for strength in exercise.strengths
            for case in cases
        ]
        names = rows[0] if rows else ()
        make_folder(self._part(part).parent)
        write_tensors(
            {name: torch.cat([row[name] for row in rows]) for name in names}, self._part(part)
        )

    @property
    def folder(self) -> Path:
        """Where what is asked is kept."""
        return self.laboratory.folder / self.file("exam")

    def _part(self, part: range) -> Path:
        return self.folder / f"{part.start:05d}.safetensors"

    @cached_property
    def _given(self) -> Mapping[str, Tensor]:
        parts = [
            tensors for part in self.parts if (tensors := load_file(checked(self._part(part))))
        ]
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}

    @property
    def _total(self) -> int:
        return len(self._given[_SHOT])

    def _keep(self, sitting: Sitting, pictures: Sequence[Bytes]) -> None:
        with whole_file(self.pictures_of(sitting)) as partial, partial.open("wb") as file:
            np.save(file, np.concatenate(pictures))

    def _encoded(self, case: SetCase) -> dict[str, Tensor]:
        """A case as runs read it, and as the controls answer it, one row each."""
        shipped, texts = self.laboratory.shipped, texts_of(case.cut.prompt)
        current, following = (
            shipped.backbone.encode_image(shipped.image_processor.preprocess(shot.keyframe))
            for shot in (case.cut.current, case.cut.next)
        )
        answers = {
            "truth": _judged([case.cut.next.keyframe]),
            "autoencoder": self._decoded(following),
            "copy": _judged([case.cut.current.keyframe]),
        }
        return {
            _SHOT: current,
            **{name: torch.from_numpy(picture) for name, picture in answers.items()},
            **{
                str(segment): token_ids(shipped.tokenizer, [texts[segment]], length)
                for segment, length in self.laboratory.prompt_tokens.items()
            },
        }

    @torch.no_grad()
    def _made(self, tuning: Tuning) -> Iterator[Bytes]:
        model, size = tuning.model().eval(), self.laboratory.shot_size
        lengths = self.laboratory.prompt_tokens
        layout = cut_layout(tuning.variant.table, lengths, current=size, following=size)
        for first in range(0, self._total, _TOGETHER):
            rows = slice(first, first + _TOGETHER)
            batch = model.batch(self._drawn(rows), layout)
            latents = next_shots(
                model.transformer,
                self.laboratory.shipped.scheduler,
                batch,
                steps=STEPS,
                noise=self._noise(rows).to(batch.clean.device),
                relational=self._strengths(rows),
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

    def _strengths(self, rows: slice) -> Tensor | None:
        strengths = self._given[_STRENGTH][rows]
        return None if bool((strengths == 1).all()) else strengths.to(self.laboratory.device)

    def _drawn(self, rows: slice) -> DrawnCuts:
        """Some cases as a batch for `next_shots`, which does not look at what is to be made."""
        shots = self._given[_SHOT][rows]
        return DrawnCuts(
            ids={
                segment: self._given[str(segment)][rows].long()
                for segment in self.laboratory.prompt_tokens
            },
            latents={Segment.CURRENT_SHOT: shots, Segment.NEXT_SHOT: torch.zeros_like(shots)},
            weights=torch.ones(shots.shape[:2]),
        )

    @torch.no_grad()
    def _decoded(self, latents: Tensor) -> Bytes:
        """As they are judged, [B, H, W, 3]."""
        shipped = self.laboratory.shipped
        pixels = shipped.backbone.decode_image(latents, self.laboratory.shot_size)
        return _judged(shipped.image_processor.postprocess(pixels))


def _judged(pictures: Sequence[Image.Image]) -> Bytes:
    """Pictures at the size that they are judged at, [B, H, W, 3]."""
    scaled = [picture.resize(JUDGED_AT, Image.Resampling.BOX) for picture in pictures]
    return np.stack([np.asarray(picture) for picture in scaled])
