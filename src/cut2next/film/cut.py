"""A cut: the unit of data, of training and of the benchmark."""

from dataclasses import dataclass

from cut2next.film.editing_pattern import EditingPattern
from cut2next.film.prompts import HierarchicalPrompt, RelationalPrompt
from cut2next.film.shot import Shot


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
        """Unique across films: "film:current-next"."""
        return f"{self.film}:{self.current.name}-{self.next.name}"

    @property
    def prompt(self) -> HierarchicalPrompt:
        """The three prompts of this cut."""
        return HierarchicalPrompt(
            relational=self.relational, current=self.current.prompt, next=self.next.prompt
        )
