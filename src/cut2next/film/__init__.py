"""The words of the project: shots, cuts, editing patterns, prompts, errors. No torch here."""

from cut2next.film.cut import Cut, Shot, cut_id
from cut2next.film.editing_pattern import EditingPattern, parse_pattern, patterns_label
from cut2next.film.errors import Cut2NextError, InputError, OutputError, WeightsError
from cut2next.film.prompts import (
    Character,
    HierarchicalPrompt,
    IndividualPrompt,
    Mention,
    RelationalPrompt,
    mentions,
)
from cut2next.film.transition import transition_caption

__all__ = [
    "Character",
    "Cut",
    "Cut2NextError",
    "EditingPattern",
    "HierarchicalPrompt",
    "IndividualPrompt",
    "InputError",
    "Mention",
    "OutputError",
    "RelationalPrompt",
    "Shot",
    "WeightsError",
    "cut_id",
    "mentions",
    "parse_pattern",
    "patterns_label",
    "transition_caption",
]
