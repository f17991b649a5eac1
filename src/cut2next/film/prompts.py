"""Hierarchical multi-prompting (section 3.2): one prompt about the cut, one about each shot.

The structured fields are what is stored, edited and dropped in training; `.text` is the one place
that says what the text encoder reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class Character:
    """Someone in the scene. All three prompts write the same name, as `<Name> (short look)`."""

    name: str
    look: str = ""

    def __str__(self) -> str:
        return f"<{self.name}> ({self.look})" if self.look else f"<{self.name}>"


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


def _sentences(*parts: str) -> str:
    """The parts that say something, each closed by a full stop."""
    spoken = (part.strip() for part in parts)
    return " ".join(
        part if part.endswith((".", "!", "?")) else f"{part}." for part in spoken if part
    )
