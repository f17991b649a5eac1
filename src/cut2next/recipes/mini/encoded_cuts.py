"""A folder of cuts as the transformer reads it: cuts of the film set and of real films alike.

Encoded once, file by file, into safetensors; each is written whole or not at all. A picture that
several cuts share is encoded once in a file. It knows no film set, but where a cut brings its truth
along, what it shows counts as it does in rushes.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import blake2b
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from cut2next.backbones.mini.architecture import (
    UNKNOWN,
    Autoencoder,
    pixels_per_token,
)
from cut2next.conditioning import Segment
from cut2next.cuts.dataset import read_records, read_rows, refused, split_files
from cut2next.cuts.record import CutRecord, ShotRecord
from cut2next.cuts.schema import row_to_record
from cut2next.film import InputError
from cut2next.film.writing import make_folder
from cut2next.generation.framing import Framing, Size, check_shape
from cut2next.recipes.mini.encoded import DrawnCuts, Encoded, with_strange_word
from cut2next.recipes.mini.encoding import (
    PATTERNS,
    WORDINGS,
    dropped,
    latents_of,
    pattern_bits,
    pixel_weights,
    token_ids,
    token_weights,
    write_tensors,
)
from cut2next.soundstage.truth import pixel_kinds

SPLIT = "train"

PictureSize = tuple[int, int]
"""Width and height in pixels, in whole tokens: one for all, since a step's pictures are stacked."""


def check_cuts(cuts: Path) -> None:
    """Raises InputError unless the folder has an annotated cut to train on, with its pictures."""
    if not any(record.annotated for record in read_records(cuts, split=SPLIT, images=False)):
        raise InputError(
            f"{cuts}: no cut in split {SPLIT} is annotated",
            expected="cuts with prompts",
            hint="`cut2next data annotate` has them written",
        )
    first = next(record for record in read_records(cuts, split=SPLIT) if record.annotated)
    for shot in first.shots:
        with _reading(cuts, first, shot):
            check_shape(*shot.keyframe().size)


def encode_cuts(
    cuts: Path,
    size: PictureSize,
    autoencoder: Autoencoder,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
    folder: Path,
) -> Iterator[tuple[int, int]]:
    """Encodes the annotated cuts of every file that is not encoded yet; yields (done, total) files.

    Raises InputError for what is no folder of cuts, and for a picture that is missing or damaged.
    """
    make_folder(folder)
    files = split_files(cuts, SPLIT)
    for done, file in enumerate(files, 1):
        path = folder / f"{file.stem}.safetensors"
        if not path.exists() and any(_annotated(file, images=False)):
            write_tensors(_encoded(file, size, autoencoder, tokenizer, prompt_tokens), path)
        yield done, len(files)


def _annotated(file: Path, *, images: bool = True) -> Iterator[CutRecord]:
    records = (row_to_record(row) for row in read_rows(file, images=images))
    return (record for record in records if record.annotated)


def _encoded(
    file: Path,
    size: PictureSize,
    autoencoder: Autoencoder,
    tokenizer: PreTrainedTokenizerFast,
    prompt_tokens: Mapping[Segment, int],
) -> dict[str, Tensor]:
    """The cuts of one file. Only one picture is held at a time; in a batch they are no quicker."""
    framing = Framing(step=pixels_per_token(autoencoder), only=Size(*size))
    places: dict[tuple[str, str], int] = {}
    latents, weights, cuts = [], [], []
    for record in _annotated(file):
        for shot, truth in zip(record.shots, record.truth or (None, None), strict=True):
            if (record.film, shot.name) not in places:
                places[record.film, shot.name] = len(places)
                with _reading(file, record, shot):
                    pixels = np.asarray(framing.framed(shot.keyframe()))
                    weights.append(token_weights(_weights(truth, framing), framing.step))
                latents.append(latents_of(autoencoder, pixels[None]).to(torch.bfloat16))
        shots = [places[record.film, shot.name] for shot in record.shots]
        cuts.append({"shots": torch.tensor(shots), **_prompts(record, tokenizer, prompt_tokens)})
    return {
        "latents": torch.cat(latents),
        "weights": torch.stack(weights),
        **{name: torch.stack([cut[name] for cut in cuts]) for name in cuts[0]},
    }


@contextmanager
def _reading(path: Path, record: CutRecord, shot: ShotRecord) -> Iterator[None]:
    """What goes wrong on the way to the pictures of a shot, as one line."""
    if not shot.image:
        raise refused(path, f"{record.id} lacks the picture of {shot.name}")
    try:
        yield
    except InputError as error:
        raise refused(path, f"{record.id} has {error.got} for {shot.name}") from error
    except (OSError, SyntaxError) as error:  # all that PIL raises of a damaged PNG or JPEG
        raise refused(path, f"{record.id} has a damaged picture of {shot.name}") from error


def _weights(truth: Mapping[str, Any] | None, framing: Framing) -> NDArray[np.float32]:
    """How much every pixel counts, [H, W]; all alike in a film, where nobody says what is where."""
    if not truth or not truth["object_ids"]:
        assert framing.only is not None
        width, height = framing.only
        return np.ones((height, width), np.float32)
    with Image.open(BytesIO(truth["object_ids"]["bytes"])) as ids:
        weights = pixel_weights(pixel_kinds(truth["parts"])[np.asarray(ids)])
    shown: NDArray[np.float32] = np.asarray(framing.framed(Image.fromarray(weights)))
    return shown.clip(min=1)  # a sharp filter swings past both sides of an edge


def _prompts(
    record: CutRecord, tokenizer: PreTrainedTokenizerFast, prompt_tokens: Mapping[Segment, int]
) -> dict[str, Tensor]:
    """Token ids of a cut's prompts, its patterns as bits, and a number for its current shot.

    Cuts with one number are read from one current shot, so they must agree on its prompt too: each
    annotation gives people names of its own.
    """
    chance = Random(f"wording {record.id}")
    prompts = {"current_words": record.current.prompt, "next_words": record.next.prompt}
    length = prompt_tokens[Segment.NEXT_PROMPT]
    individual = {
        name: token_ids(tokenizer, [dropped(prompt, chance).text for _ in range(WORDINGS)], length)
        for name, prompt in prompts.items()
    }
    relational = [record.relational.text]
    current = f"{record.film}\0{record.current.name}\0{record.current.prompt.text}"
    digest = blake2b(current.encode(), digest_size=8).digest()
    return {
        **individual,
        "relational_words": token_ids(
            tokenizer, relational, prompt_tokens[Segment.RELATIONAL_PROMPT]
        )[0],
        "patterns": torch.tensor(pattern_bits(record.patterns), dtype=torch.uint8),
        "current_shot": torch.tensor(int.from_bytes(digest, signed=True)),
    }


class EncodedCuts(Encoded):
    """All encoded cuts of a folder, in memory: with 60 tokens a shot, 16 kB each at most."""

    def __init__(self, folder: Path) -> None:
        files = [load_file(path) for path in sorted(folder.glob("*.safetensors"))]
        before = np.cumsum([0] + [len(file["latents"]) for file in files])
        self.shots = torch.cat(
            [file["shots"] + first for file, first in zip(files, before.tolist(), strict=False)]
        )
        self.latents, self.weights, self.current_words, self.next_words, self.relational_words = (
            torch.cat([file[name] for file in files])
            for name in ("latents", "weights", "current_words", "next_words", "relational_words")
        )
        self.patterns = torch.cat([file["patterns"] for file in files]).numpy()
        current_shots = torch.cat([file["current_shot"] for file in files]).numpy()
        _, self._current = np.unique(current_shots, return_inverse=True)
        self._of_current = _alike(self._current)
        self._kinds = _by_pattern(self.patterns, np.arange(len(self)))

    def __len__(self) -> int:
        return len(self.shots)

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """How many token ids each prompt has."""
        words = {
            Segment.RELATIONAL_PROMPT: self.relational_words,
            Segment.CURRENT_PROMPT: self.current_words,
            Segment.NEXT_PROMPT: self.next_words,
        }
        return {segment: ids.shape[-1] for segment, ids in words.items()}

    @property
    def cuts_each(self) -> float:
        """Cuts from a current shot, on average; one in a film that was cut once."""
        return len(self) / len(self._of_current)

    @property
    def unknown_words(self) -> float:
        """The share of the words of all prompts that the tokenizer has no number for, 0..1."""
        kinds = (self.current_words, self.next_words, self.relational_words)
        words = torch.cat([ids[ids >= UNKNOWN] for ids in kinds])
        return int((words == UNKNOWN).sum()) / max(1, len(words))

    def draw(self, chance: np.random.Generator, groups: int, each: int) -> DrawnCuts:
        """`each` cuts from each of `groups` current shots; every pattern at hand equally likely.

        The first pattern is drawn from all cuts, the others from those of the same current shot.
        """
        drawn = torch.from_numpy(
            np.array([self._from_one_shot(chance, each) for _ in range(groups)])
        )
        wording = torch.from_numpy(chance.integers(WORDINGS, size=(groups, each + 1)))
        first, cuts = drawn[:, 0], rearrange(drawn, "g k -> (g k)")
        following = rearrange(wording[:, :-1], "g k -> (g k)")
        shots = self.shots[cuts, 1]
        return DrawnCuts(
            ids={
                Segment.CURRENT_PROMPT: with_strange_word(
                    self.current_words[first, wording[:, -1]], chance
                ),
                Segment.RELATIONAL_PROMPT: with_strange_word(self.relational_words[cuts], chance),
                Segment.NEXT_PROMPT: with_strange_word(self.next_words[cuts, following], chance),
            },
            latents={
                Segment.CURRENT_SHOT: self.latents[self.shots[first, 0]],
                Segment.NEXT_SHOT: self.latents[shots],
            },
            weights=self.weights[shots],
        )

    def _from_one_shot(self, chance: np.random.Generator, each: int) -> list[int]:
        first = _drawn(self._kinds, chance)
        mates = self._of_current[self._current[first]]
        at_hand = _by_pattern(self.patterns[mates], mates)
        return [first, *(_drawn(at_hand, chance) for _ in range(each - 1))]


def _by_pattern(patterns: NDArray[Any], cuts: NDArray[Any]) -> list[NDArray[Any]]:
    """The cuts of each pattern that there are; those without any are a kind of their own."""
    kinds = [cuts[patterns >> bit & 1 == 1] for bit in range(len(PATTERNS))]
    return [kind for kind in (*kinds, cuts[patterns == 0]) if len(kind)]


def _alike(numbers: NDArray[Any]) -> list[NDArray[Any]]:
    """For each number, from 0 on, where it stands."""
    order = np.argsort(numbers, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1)


def _drawn(kinds: list[NDArray[Any]], chance: np.random.Generator) -> int:
    """Each kind equally likely, whatever its size."""
    return int(chance.choice(kinds[chance.integers(len(kinds))]))
