"""Where all runs take place: a part of the film set, what reads it, and cuts that are encoded once.

As FLUX.1 brings its autoencoder and its text encoders, the mini model in the package brings them
here; they stay as they are, with a few words more (`vocabulary.py`). What is learnt is a
transformer alone, of a size that lets many be compared in a day.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from cut2next.backbones.fingerprint import fingerprint
from cut2next.conditioning import Segment
from cut2next.experiments.vocabulary import learn_words
from cut2next.film import InputError
from cut2next.film.paths import checked
from cut2next.generation.framing import Size
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.recipes.mini.encoded_rushes import EncodedRushes, encode_rushes
from cut2next.recipes.mini.renaming import name_ids
from cut2next.recipes.progress import Progress
from cut2next.soundstage.repertoire import Repertoire
from cut2next.soundstage.rushes import Rushes
from cut2next.training.checkpoint import one_run_in
from cut2next.training.machine import quick_type

PART = Repertoire(
    places=("café",), hours=("day",), grades=("natural",), people=("2",), looks=("taught",)
)
"""Small, so that a day is enough; anybody's looks, since who is who is what is asked."""


@dataclass(frozen=True, kw_only=True)
class Laboratory:
    """The folder that everything is kept in, and what it is made of."""

    folder: Path
    sets: int = 900
    """To learn from: the first half for the model that all begin from, the second for the rest,
    so that nobody has seen before what it is told to learn ..."""
    withheld_sets: int = 150
    """... and more, that losses are measured on."""
    sets_a_reel: int = 50
    device: str = "cpu"

    def __post_init__(self) -> None:
        halves = 2 * self.sets_a_reel
        if self.sets % halves:  # else some reel would be in both halves, or withheld
            raise InputError(
                f"{self.sets} sets, half of them for the base, in reels of {self.sets_a_reel}",
                expected=f"a multiple of {halves}",
                hint=f"ask for {halves * -(-self.sets // halves)}",
            )

    @property
    def rushes(self) -> Rushes:
        """What is shot."""
        return Rushes(
            folder=self.folder / "rushes",
            repertoire=PART,
            sets=self.sets + self.withheld_sets,
            sets_a_reel=self.sets_a_reel,
            size=self.size,
        )

    @property
    def sets_in_action(self) -> Rushes:
        """Some of what all but the base learn from once more: a ninth as many sets as there are.

        The leads are in poses, and some pictures blurred by motion. Something that moves is as many
        pictures; so there are few.
        """
        return replace(
            self.rushes,
            folder=self.folder / "action" / "rushes",
            first=self.sets // 2,
            sets=max(1, self.sets // 9),
            sets_a_reel=min(10, self.sets_a_reel),
            action=True,
        )

    @cached_property
    def shipped(self) -> Cut2NextPipeline:
        """The mini model of the package."""
        shipped = Cut2NextPipeline.from_pretrained("mini")
        learn_words(shipped)
        return shipped.to(self.device)

    @property
    def facts(self) -> dict[str, object]:
        """What all that is kept in the folder hangs on; the weights that read are told too."""
        shipped = self.shipped
        readers = (shipped.vae, shipped.text_encoder_2, shipped.text_encoder)
        return {
            "part": str(PART),
            "sets": self.sets,
            "withheld sets": self.withheld_sets,
            "sets a reel": self.sets_a_reel,
            "read by": " ".join(fingerprint(network).hex() for network in readers),
            # Runs of a seed differ by what they are computed in too.
            "arithmetic": f"{quick_type(self.device)} on {self.device}".removeprefix("torch."),
        }

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of pictures, pixels."""
        width, height = self.shipped.config["default_size"]
        return width, height

    @property
    def shot_size(self) -> tuple[int, int]:
        """Height and width of a shot in packed tokens."""
        return Size(*self.size).in_tokens(self.shipped.framing.step)

    @property
    def prompt_tokens(self) -> Mapping[Segment, int]:
        """How many token ids each prompt has."""
        return self.shipped.prompt_tokens

    def prepare(self) -> Iterator[Progress]:
        """Shoots the sets and encodes them; what is there already is left as it is.

        Raises OutputError while another process prepares it.
        """
        yield from self.encode(self.rushes)

    def encode(self, rushes: Rushes) -> Iterator[Progress]:
        """Shoots and encodes, as `prepare` does; that has begun the folder."""
        with one_run_in(self.folder):
            for done, _ in enumerate(rushes.shoot(), start=1):
                yield Progress("shooting sets", done, len(rushes.reels))
            shipped, folder = self.shipped, _encoded(rushes)
            reels = encode_rushes(
                rushes, shipped.vae, shipped.tokenizer, self.prompt_tokens, folder
            )
            for done, _ in enumerate(reels, start=1):
                yield Progress("encoding", done, len(rushes.reels))

    @property
    def base_sets(self) -> EncodedRushes:
        """What the model that all begin from learns from."""
        return self.read(self.rushes, slice(None, self._half))

    @property
    def taught(self) -> EncodedRushes:
        """What all others learn from ..."""
        return self.read(self.rushes, slice(self._half, 2 * self._half))

    @property
    def few(self) -> EncodedRushes:
        """... and the first reel of that."""
        return self.read(self.rushes, slice(self._half, self._half + 1))

    def withheld(self, most: int | None = None) -> Iterator[EncodedRushes]:
        """What losses are measured on, at most so many sets of it: each for itself."""
        paths = _reels(self.rushes)[2 * self._half :]
        for number in range(min(self.withheld_sets, most or self.withheld_sets)):
            reel, row = divmod(number, self.sets_a_reel)
            if not row:
                tensors = load_file(checked(paths[reel]))
            yield self._data([{name: x[row : row + 1] for name, x in tensors.items()}])

    def read(self, rushes: Rushes, reels: slice = slice(None)) -> EncodedRushes:
        """What was encoded."""
        return self._data([load_file(checked(path)) for path in _reels(rushes)[reels]])

    def _data(self, reels: Sequence[Mapping[str, Tensor]]) -> EncodedRushes:
        config = self.shipped.vae.config
        shift, scale = config.get("shift_factor") or 0.0, config["scaling_factor"]
        data = EncodedRushes(reels, name_ids(self.shipped.tokenizer))
        return data.scaled(shift, scale).to(self.device)

    @property
    def _half(self) -> int:
        """How many reels half of the sets are."""
        return self.sets // (2 * self.sets_a_reel)


def _encoded(rushes: Rushes) -> Path:
    return rushes.folder.with_name("encoded")


def _reels(rushes: Rushes) -> list[Path]:
    return sorted(_encoded(rushes).glob("reel-*.safetensors"))
