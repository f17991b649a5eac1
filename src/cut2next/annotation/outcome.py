"""What became of a cut that was asked about."""

from dataclasses import dataclass

from cut2next.film import Character, EditingPattern, HierarchicalPrompt


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """What the answers say of a cut, in film's words."""

    characters: tuple[Character, ...]
    prompt: HierarchicalPrompt
    patterns: frozenset[EditingPattern]


@dataclass(frozen=True, kw_only=True)
class Annotated:
    """All three questions are answered."""

    id: str
    annotation: Annotation


@dataclass(frozen=True, kw_only=True)
class Refused:
    """The model or its guard will not answer; kept in the cache and not asked again."""

    id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Failed:
    """No usable answer came.

    The next run tries again after a server's fault, and reads answers that lacked something anew.
    """

    id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class NotAsked:
    """The budget does not reach that far."""

    id: str


Outcome = Annotated | Refused | Failed | NotAsked
