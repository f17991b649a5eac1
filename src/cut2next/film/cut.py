"""A cut: the unit of data, of training and of the benchmark; and the shots that it joins."""

from dataclasses import dataclass

from PIL import Image

from cut2next.film.editing_pattern import EditingPattern
from cut2next.film.prompts import HierarchicalPrompt, IndividualPrompt, RelationalPrompt


def cut_id(film: str, current: str, next_: str) -> str:
    """What a cut is called, unique across films: "film:current-next"."""
    return f"{film}:{current}-{next_}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Shot:
    """One shot, as next shot generation sees it."""

    name: str
    """Unique within its film."""
    keyframe: Image.Image
    """The still that stands for the shot, RGB."""
    prompt: IndividualPrompt


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """Two adjoining shots and the editing patterns that join them."""

    film: str
    """What both shots come from; splits are made by film so that nothing leaks."""
    current: Shot
    next: Shot
    patterns: frozenset[EditingPattern]
    relational: RelationalPrompt

    @property
    def name(self) -> str:
        """Unique across films."""
        return cut_id(self.film, self.current.name, self.next.name)

    @property
    def prompt(self) -> HierarchicalPrompt:
        """The three prompts of this cut."""
        return HierarchicalPrompt(
            relational=self.relational, current=self.current.prompt, next=self.next.prompt
        )
