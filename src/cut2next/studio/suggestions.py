"""Suggestions of the three prompts of a cut: from templates, or from what an annotator sees.

An annotator is asked what the current shot shows, which it can see; the next shot, which nobody has
seen, follows from the ways to cut.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from cut2next.film import (
    Character,
    EditingPattern,
    HierarchicalPrompt,
    IndividualPrompt,
    InputError,
    mentions,
)
from cut2next.generation.relation import implied_relation

if TYPE_CHECKING:
    from cut2next.annotation.annotator import Annotator

TEMPLATES = "templates"
"""By whom a suggestion is that no annotator had a part in."""
_LARGEST_SIDE = 1024
"""Pixels of a still as an annotator is sent it."""
_PATIENCE = 60.0
"""Seconds that a person waits for an answer, and no more than two are tried."""
_PATIENCE_HERE = 600.0
"""With a model of this machine's own, which may have no more than its processors."""


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """Three prompts to begin with, and who they are by."""

    prompt: HierarchicalPrompt
    by: str


def suggested(
    current: IndividualPrompt | None, patterns: Sequence[EditingPattern], by: str = TEMPLATES
) -> Suggestion:
    """What a cut from a shot could be, by the ways to cut; a cut-in where there are none."""
    ways = tuple(patterns) or (EditingPattern.CUT_IN,)
    shown = current or IndividualPrompt(summary="The shot")
    following = IndividualPrompt(summary=_next(ways[0], shown))
    prompt = HierarchicalPrompt(
        relational=implied_relation(ways, shown, following), current=shown, next=following
    )
    return Suggestion(prompt=prompt, by=by)


async def seen(picture: bytes, annotator: "Annotator") -> IndividualPrompt:
    """What an annotator sees on a still, the bytes of a PNG or JPEG.

    Raises InputError where it cannot be asked, or does not answer.
    """
    from cut2next.annotation.asking import Asker
    from cut2next.annotation.cache import AnswerCache
    from cut2next.annotation.faults import Declined, Unanswered
    from cut2next.annotation.instructions import shot_instruction
    from cut2next.annotation.limits import Limits
    from cut2next.annotation.local import LateAnnotator, LocalAnnotator
    from cut2next.annotation.question import Question
    from cut2next.annotation.schema import ShotAnswer
    from cut2next.annotation.wording import individual_prompt

    question = Question(
        stills=(picture,),
        text=shot_instruction(()),
        schema=ShotAnswer,
        largest_side=_LARGEST_SIDE,
    )
    patience = (
        _PATIENCE_HERE if isinstance(annotator, LocalAnnotator | LateAnnotator) else _PATIENCE
    )
    limits = Limits(at_once=1, timeout=patience, retries=1, re_asks=1)
    try:
        with (
            TemporaryDirectory(prefix="cut2next-") as folder,
            AnswerCache(Path(folder) / "answers.jsonl") as cache,
        ):
            answer = await Asker(annotator, cache, limits).answer(question)
    except (Declined, Unanswered) as error:
        raise InputError(
            f"{annotator.model}: {error}",
            expected="an answer about the picture",
            hint="ask again, or write the prompts yourself",
        ) from error
    return individual_prompt(answer, ())


def _next(pattern: EditingPattern, current: IndividualPrompt) -> str:
    """What the next shot shows, as its prompt's summary."""
    people = _people(current)
    first = str(people[0]) if people else ""
    everyone = " and ".join(map(str, people))
    if pattern is EditingPattern.CUT_IN:
        return f"Close up of {first}" if first else "Close up of what matters most in the shot"
    if pattern is EditingPattern.CUT_OUT:
        return f"Wide shot of {everyone}" if everyone else "Wide shot of the whole place"
    if pattern is EditingPattern.SHOT_REVERSE_SHOT:
        other = str(people[1]) if len(people) > 1 else "whoever faces them"
        return f"Medium close up of {other}"
    if pattern is EditingPattern.CUTAWAY:
        return "Insert of something else in the same place"
    return f"Medium shot of {everyone or 'the same subject'} from another angle"


def _people(prompt: IndividualPrompt) -> list[Character]:
    """Everyone whom a prompt names, once, with a look where it tells one."""
    looks: dict[str, str] = {}
    for mention in mentions(prompt.text):
        if not mention.in_look:
            looks[mention.name] = looks.get(mention.name) or mention.look or ""
    return [Character(name=name, look=look) for name, look in looks.items()]
