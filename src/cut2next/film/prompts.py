"""Hierarchical multi-prompting (section 3.2): one prompt about the cut, one about each shot.

The structured fields are what is stored, edited and dropped in training; `.text` is the one place
that says what the text encoder reads. People are written `<Name> (look)`: `Character` writes them,
`mentions` reads them. What is no text where text belongs raises InputError.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cut2next.film.fields import check_fields


@dataclass(frozen=True, kw_only=True)
class Character:
    """Someone in the scene. All three prompts write the same name, as `<Name> (short look)`."""

    name: str
    look: str = ""

    def __str__(self) -> str:
        return f"<{self.name}> ({self.look})" if self.look else f"<{self.name}>"


# The parentheses are looked at and not taken, so that names within them are found as well.
_MENTION = re.compile(r"<(?P<name>[^<>]+)>(?=\s*(?P<opened>\((?:(?P<look>[^()]*)\))?)?)")


@dataclass(frozen=True, kw_only=True)
class Mention:
    """Where a text names someone."""

    name: str
    look: str | None
    """What stands in parentheses behind it; None without any, or where they hold others."""
    bare: bool
    """Whether no parentheses are opened behind it."""
    start: int
    """Of `<Name>` in the text."""
    end: int
    in_look: bool
    """Whether it stands within the look of another."""


def mentions(text: str) -> Iterator[Mention]:
    """Everyone whom a text names as `<Name>` or `<Name> (look)`, in its order."""
    looked_at = 0
    for match in _MENTION.finditer(text):
        yield Mention(
            name=match["name"],
            look=match["look"],
            bare=match["opened"] is None,
            start=match.start(),
            end=match.end(),
            in_look=match.start() < looked_at,
        )
        looked_at = max(looked_at, match.end("look"))


@dataclass(frozen=True, kw_only=True)
class RelationalPrompt:
    """What must hold across the cut, and how the cut goes."""

    transition: str
    """Which editing technique, and what it does."""
    scene: str = ""
    """Who is where."""
    scene_consistency: str = ""
    """What of space, time and style stays the same."""
    character_consistency: str = ""
    """What of appearance and attire stays the same."""

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def text(self) -> str:
        """What the text encoder reads: scene, transition, then what stays the same."""
        return _sentences(
            self.scene, self.transition, self.scene_consistency, self.character_consistency
        )


@dataclass(frozen=True, kw_only=True)
class IndividualPrompt:
    """What one shot shows."""

    summary: str
    """Subject and setting; the one field that training never drops."""
    description: str = ""
    """Appearance, posture, expression, costume, background."""
    attributes: Mapping[str, str] = field(default_factory=dict)
    """Cinematography: "Shot Size", "Framing", "Camera Angle", "Lens", "Lighting", ..."""

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def text(self) -> str:
        """What the text encoder reads: summary, description, then the attributes in their order."""
        attributes = "; ".join(f"{key}: {value}" for key, value in self.attributes.items())
        return _sentences(self.summary, self.description, attributes)


@dataclass(frozen=True, kw_only=True)
class HierarchicalPrompt:
    """The three prompts of one cut."""

    relational: RelationalPrompt
    current: IndividualPrompt
    next: IndividualPrompt

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def text(self) -> str:
        """All three in one line, as models of two panels are told them."""
        texts = (self.relational.text, self.current.text, self.next.text)
        relational, current, following = (" ".join(text.split()) for text in texts)
        return f"{relational} [IMAGE1] {current} [IMAGE2] {following}"


def _sentences(*parts: str) -> str:
    """The parts that say something, each closed by a full stop."""
    spoken = (part.strip() for part in parts)
    return " ".join(
        part if part.endswith((".", "!", "?")) else f"{part}." for part in spoken if part
    )
