"""Makers through the diffusers library: all that its models have in common.

A subclass names its pipeline and says how the three prompts become its own words, how a pipeline of
its kind is asked, and what its page recommends. Weights come by folder or by name on the hub, as
safetensors; they are loaded when the first picture is made, and only where there is room.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from PIL import Image

from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.film.installation import needed, quiet_libraries
from cut2next.generation.framing import Size
from cut2next.makers.diffusers_folder import Index, check_lora, index_of
from cut2next.makers.framing import made_size
from cut2next.makers.maker import Asked, Brief, Made, MakerError, brought_to
from cut2next.makers.settings import Settings


class Recommended(NamedTuple):
    """What a model's page asks for."""

    steps: int
    guidance: float
    pixels: int = 1024 * 1024


class Loaded(NamedTuple):
    """A pipeline where it computes."""

    pipe: Any
    weights: str
    """Their digest, LoRAs included."""
    placed: str


class DiffusersMaker(ABC):
    """One model of diffusers as a maker."""

    pipeline: ClassVar[str]
    """The class in diffusers, as a folder's index names it."""
    title: ClassVar[str]
    step: ClassVar[int] = 16
    """Pixels that the sides of its pictures are multiples of."""
    settings_kind: ClassVar[type[Settings]] = Settings
    """What it may be told."""
    most_tokens: ClassVar[int | None] = None
    """That its text encoder reads of a prompt; None for any number."""

    def __init__(self, name: str, settings: Settings | None = None) -> None:
        """Of the weights in a folder, or of the hub by OWNER/NAME: no more than its index is read.

        Raises InputError for an unknown name and for another pipeline's weights, WeightsError for
        what is missing or damaged, LoRAs included.
        """
        self.name, self.settings = name, settings or Settings()
        self.index: Index = index_of(name)
        if (found := self.index["_class_name"]) != self.pipeline:
            raise InputError(
                f"{name}: weights of {one_line(found, 60)}",
                expected=f"{self.title}, which is {self.pipeline}",
                hint="name other weights",
            )
        for path, _ in self.settings.loras:
            check_lora(path)
        if self.settings.loras:
            with needed("it, for LoRAs"):
                import peft  # noqa: F401
        self._loaded: Loaded | None = None

    def __reduce__(self) -> tuple[object, ...]:
        """To another process goes what was named, and no weights."""
        return type(self), (self.name, self.settings)

    @property
    @abstractmethod
    def recommended(self) -> Recommended:
        """What the model's page asks for."""

    @abstractmethod
    def words(self, brief: Brief) -> str:
        """The prompt for a brief."""

    @abstractmethod
    def call(self, pipe: Any, brief: Brief, words: str, size: Size) -> dict[str, Any]:
        """What a pipeline is called with, beside its steps, generator and form of pictures."""

    def components(self, folder: Path) -> dict[str, Any]:
        """Components that diffusers does not load by itself."""
        return {}

    def tokens(self, pipe: Any, words: str) -> int:
        """How many a text encoder is given; asked where there are `most_tokens`."""
        return len(pipe.tokenizer(words).input_ids)

    def part(self, made: Any, size: Size) -> Any:
        """Of what was made, [channels, height, width], the next shot in RGB."""
        return made[:3]

    @property
    def steps(self) -> int:
        """Of denoising."""
        return self.settings.steps or self.recommended.steps

    @property
    def guidance(self) -> float:
        """Whichever the model has."""
        asked = self.settings.guidance
        return self.recommended.guidance if asked is None else asked

    def size(self, wanted: tuple[int, int]) -> Size:
        """The size that a picture is made at, to be brought to the one that is wanted."""
        return made_size(wanted, self.settings.pixels or self.recommended.pixels, self.step)

    def current(self, brief: Brief) -> Image.Image:
        """The current shot in its own shape, as large as the pictures that are made."""
        return brought_to(brief.current, self.size(brief.current.size))

    def load(self) -> Loaded:
        """The pipeline, loaded unless it is.

        Raises WeightsError, naming the file, for what does not load, and InputError where there is
        no room for it.
        """
        from cut2next.makers.loading import loaded

        if self._loaded is None:
            self._loaded = loaded(self)
        return self._loaded

    def make(self, briefs: Sequence[Brief]) -> Iterator[Made]:
        """One for each brief, in their order. Raises MakerError when it cannot, and as `load`."""
        for brief in briefs:
            yield self._made(brief)

    def _made(self, brief: Brief) -> Made:
        loaded, size = self.load(), self.size(brief.size)
        with quiet_libraries():
            words, left_out = self._read(loaded.pipe, self.words(brief))
            picture = self._picture(loaded.pipe, brief, words, size)
        return Made(
            picture=brought_to(picture, brief.size), asked=self._asked(brief, words, left_out, size)
        )

    def _picture(self, pipe: Any, brief: Brief, words: str, size: Size) -> Image.Image:
        import torch

        from cut2next.generation.device import memory_errors

        generator = torch.Generator("cpu").manual_seed(brief.seed)
        try:
            with memory_errors():
                call = self.call(pipe, brief, words, size)
                settings = {"num_inference_steps": self.steps, "generator": generator}
                (made,) = pipe(**settings | call, output_type="pt").images
        except (Cut2NextError, KeyboardInterrupt):
            raise
        except Exception as error:  # another library's, of any kind
            raise self._failed(brief, f"failed ({_said(error)})") from error
        return self._seen(brief, self.part(made.float().cpu(), size))

    def _seen(self, brief: Brief, made: Any) -> Image.Image:
        """A tensor of 0 to 1 as a picture; refused where it is none."""
        if not made.isfinite().all():
            raise self._failed(brief, "made a picture that is not of finite numbers")
        pixels = (made.clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
        return Image.fromarray(pixels)

    def _read(self, pipe: Any, words: str) -> tuple[str, str]:
        """As many whole words as the text encoder reads, and the rest, which it would cut off."""
        kept = words
        while self.most_tokens and self.tokens(pipe, kept) > self.most_tokens:
            kept = kept.rpartition(" ")[0]
        return kept, words[len(kept) :].strip()

    def _asked(self, brief: Brief, words: str, left_out: str, size: Size) -> Asked:
        loaded = self.load()
        settings = {
            "model": self.name,
            "pipeline": self.pipeline,
            "dtype": self.settings.dtype,
            "placed": loaded.placed,
            "loras": {path.name: weight for path, weight in self.settings.loras},
            "relational prompt": self.settings.relation,
            **self.more(),
        }
        return Asked(
            words=words,
            size=size,
            seed=brief.seed,
            steps=self.steps,
            guidance=self.guidance,
            weights=loaded.weights,
            settings=settings | ({"left out": left_out} if left_out else {}),
        )

    def more(self) -> Mapping[str, Any]:
        """What else the model was told."""
        return {}

    def _failed(self, brief: Brief, got: str) -> MakerError:
        return MakerError(
            f"{self.title} at {brief.name}: {got}",
            expected="a next shot",
            hint="check its weights and its settings",
        )


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {one_line(error)}"


def digest(fingerprints: Mapping[str, bytes]) -> str:
    """One digest of several networks', by name."""
    whole = blake2b(digest_size=16)
    for name, each in sorted(fingerprints.items()):
        whole.update(name.encode() + each)
    return whole.hexdigest()
