"""What a person asks for: the next shots of a picture, in words, with all that settings can change.

From it follow the three prompts and the seeds. Who asks (a command line, a page, a node), and which
model answers, is not known here. No torch here.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from PIL import Image

from cut2next.film import (
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    InputError,
    RelationalPrompt,
)
from cut2next.film.fields import check_fields
from cut2next.film.png_prompt import read_png_prompt
from cut2next.generation.framing import asked_size, check_shape
from cut2next.generation.ranges import GUIDANCE, NEXT_SHOTS, SEED, STEPS, STRENGTH, Range
from cut2next.generation.relation import implied_relation

_RANGES: Mapping[str, Range[int] | Range[float]] = {
    "seed": SEED,
    "count": NEXT_SHOTS,
    "steps": STEPS,
    "guidance": GUIDANCE,
    "relational_strength": STRENGTH,
    "current_strength": STRENGTH,
}


@dataclass(frozen=True, kw_only=True)
class NextShotRequest:
    """A current shot, how the cut goes, what the next shot shows, and how often and how to make it.

    Raises InputError for a shape that cannot be framed, where nothing says how the cut goes or what
    the next shot shows, and for what is of another kind or range than the command line takes.
    """

    picture: Image.Image
    """The current shot, as `read_keyframe` reads it: the prompt that it carries may be used."""
    source: str
    """Where the picture came from, in words for a person."""
    next: str
    """What the next shot shows."""
    patterns: Collection[EditingPattern] = ()
    relation: str | None = None
    """What holds across the cut; else patterns and prompts imply it."""
    current: str | None = None
    """What the current shot shows; else what the picture says of itself."""
    camera: Mapping[str, str] = field(default_factory=dict)
    """Cinematography of the next shot, as attributes of its prompt."""
    seed: int = 0
    """Of the first next shot; each has the one after."""
    count: int = 1
    size: tuple[int, int] | None = None
    """Of the next shot, in pixels; else the current shot's."""
    steps: int | None = None
    """Of denoising; else the model's."""
    guidance: float = 3.5
    relational_strength: float = 1.0
    current_strength: float = 1.0

    def __post_init__(self) -> None:
        check_fields(self)
        for name, allowed in _RANGES.items():
            if (given := getattr(self, name)) is not None:
                allowed.taken(given, name)
        if self.size is not None:
            asked_size(*self.size)
        check_shape(*self.picture.size)
        if not self.next.strip():
            raise InputError("an empty prompt", expected="what the next shot shows", hint="say it")
        if not self.patterns and not self.relation:
            raise InputError(
                "nothing says how the cut goes",
                expected="--pattern, --relation or both",
                hint="for example --pattern cut-in",
            )

    @property
    def seeds(self) -> list[int]:
        """One for each next shot; after the largest comes 0."""
        return [(self.seed + index) % (SEED.most + 1) for index in range(self.count)]

    @cached_property
    def carried(self) -> IndividualPrompt | None:
        """What the picture says of itself, where nobody says what the current shot shows."""
        return None if self.current else read_png_prompt(self.picture)

    @cached_property
    def prompt(self) -> HierarchicalPrompt:
        """The three prompts of the cut."""
        current = self.carried or IndividualPrompt(summary=self.current or "The shot")
        following = IndividualPrompt(summary=self.next, attributes=self.camera)
        relational = self._relational(current, following)
        return HierarchicalPrompt(relational=relational, current=current, next=following)

    def shares_current_shot(self, other: "NextShotRequest") -> bool:
        """Whether what is kept of the current shot serves another request as well."""
        return self.picture == other.picture and self.prompt.current == other.prompt.current

    def _relational(
        self, current: IndividualPrompt, following: IndividualPrompt
    ) -> RelationalPrompt:
        if not self.patterns:
            return RelationalPrompt(transition=self.relation or "")
        implied = implied_relation(self.patterns, current, following)
        if not self.relation:
            return implied
        return RelationalPrompt(scene=self.relation, transition=implied.transition)
