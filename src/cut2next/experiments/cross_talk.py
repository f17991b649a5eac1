"""Cross-talk: does what a prompt says of one person show on another, or in a shot it is not about?

Two ways to see it. *Swaps*: of the one who is to be seen, what is painted as the other lead.
*Leaks*: one colour of one person is told otherwise in one prompt alone, the picture is made again
with the same noise, and what has taken that colour is counted, where it should and where it should
not. No prompt tells the paint of walls, so people alone are asked about.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from random import Random

from PIL import Image

from cut2next.cutbench.soundstage.held_out import SetCase
from cut2next.cutbench.soundstage.judge import LEADS, share_of_any
from cut2next.cutbench.soundstage.look import PALETTES
from cut2next.cutbench.soundstage.probes import BOTH, drawn_cut, told_cut, worded
from cut2next.cutbench.soundstage.true_shots import TrueShots
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.people import Look, held_out_look
from cut2next.soundstage.shooting import PossibleCut, possible_cuts
from cut2next.soundstage.wording import introduced

PROMPTS = ("current", "relational", "next")
"""As `HierarchicalPrompt` calls them."""
_TOLD = {"hair": "hair", "top": "top_color"}
"""Kinds of region whose colour all prompts tell, and what a look calls it."""


# Swaps.


def swap_cases(shots: TrueShots, chance: Random) -> Sequence[SetCase]:
    """A cut of a set to one lead, whose current prompt tells the other."""
    cuts = [
        cut
        for cut in possible_cuts(shots.film_set)
        if cut.next.subjects in LEADS and {*BOTH} <= {*introduced(cut.current), *cut.next.subjects}
    ]
    cut = drawn_cut(cuts, chance)
    prompt = worded(shots.film_set, cut, chance)
    return [SetCase(cut=told_cut(shots, cut, prompt), shots=shots)]


def swap_rate(case: SetCase, picture: Image.Image) -> float | None:
    """The share of a lead's hair, skin and top that a next shot shows in the other lead's colour.

    Whoever paints at random from the palette has `swap_chance`. None where the two cannot be told
    apart, and where neither is asked for.
    """
    return share_of_any(case.judge.swapped(picture))


def swap_chance() -> float:
    """In the mean over hair, skin and top."""
    kinds = ("hair", "skin", "top")
    return sum(1 / len(PALETTES[kind]) for kind in kinds) / len(kinds)


# Leaks.


@dataclass(frozen=True, kw_only=True)
class Alteration:
    """One colour of one lead, as it is not."""

    who: str
    """"a" or "b"."""
    kind: str
    """"hair" or "top"."""
    paint: str

    @property
    def part(self) -> str:
        """The region that it is about."""
        return f"{self.who}.{self.kind}"

    def of(self, film_set: FilmSet) -> FilmSet:
        """The set on which it is so."""
        cast, at = list(film_set.cast), OWNERS.index(self.who)
        cast[at] = replace(cast[at], look=self.worn(cast[at].look))
        return replace(film_set, cast=tuple(cast))

    def worn(self, look: Look) -> Look:
        """A look with this colour."""
        return replace(look, **{_TOLD[self.kind]: self.paint})


@dataclass(frozen=True, kw_only=True, eq=False)
class AlteredCase(SetCase):
    """A cut of which one prompt tells one colour otherwise."""

    plain: SetCase
    """The cut as it is told truly: its next shot is to be made with the same noise."""
    prompt: str
    """Which of `PROMPTS` is altered."""
    alteration: Alteration


def altered_cases(shots: TrueShots, chance: Random) -> Sequence[AlteredCase]:
    """One cut of a set to somebody whom all three prompts tell, each altered in turn.

    In a colour of nobody on the set, with which the look is not one that training withholds.
    """
    film_set = shots.film_set
    cut = drawn_cut([cut for cut in possible_cuts(film_set) if _told_throughout(cut)], chance)
    alteration, seed = _drawn_alteration(film_set, cut, chance), chance.random()
    true = worded(film_set, cut, Random(seed))
    false = worded(alteration.of(film_set), cut, Random(seed))
    plain = SetCase(cut=told_cut(shots, cut, true), shots=shots)
    return [
        AlteredCase(
            cut=told_cut(shots, cut, replace(true, **{prompt: getattr(false, prompt)})),
            shots=shots,
            plain=plain,
            prompt=prompt,
            alteration=alteration,
        )
        for prompt in PROMPTS
    ]


def flips(case: AlteredCase, plain: Image.Image, altered: Image.Image) -> dict[str, bool]:
    """By region of that kind in the next shot, whether it took the altered colour.

    `plain` is the picture that was made for `case.plain`; what has that colour there has not taken
    it from the alteration.
    """
    regions = case.shots.of[case.following.name].regions
    before, after = case.shots.read(plain), case.shots.read(altered)
    paint = case.alteration.paint
    return {
        region.part: region.nearest_paint(after) == paint != region.nearest_paint(before)
        for region in regions
        if region.part.endswith(f".{case.alteration.kind}")
    }


def leak(case: AlteredCase, plain: Image.Image, altered: Image.Image) -> float | None:
    """The share of regions that took an altered colour which is not theirs to take.

    The next prompt tells everybody whom the next shot is of: what another prompt says otherwise is
    not theirs, nor what it says itself of somebody else. None where no such region is seen.
    """
    flipped = flips(case, plain, altered)
    return share_of_any({part: took for part, took in flipped.items() if not _belongs(case, part)})


def obedience(case: AlteredCase, plain: Image.Image, altered: Image.Image) -> float | None:
    """Whether the one whom the next prompt alters took that colour; None for another prompt."""
    flipped = flips(case, plain, altered)
    return share_of_any({part: took for part, took in flipped.items() if _belongs(case, part)})


def _belongs(case: AlteredCase, part: str) -> bool:
    return case.prompt == "next" and part == case.alteration.part


def _told_throughout(cut: PossibleCut) -> frozenset[str]:
    """The leads of the next shot whom the current prompt tells too; the relation tells both."""
    return frozenset(BOTH).intersection(cut.next.subjects, introduced(cut.current))


def _drawn_alteration(film_set: FilmSet, cut: PossibleCut, chance: Random) -> Alteration:
    who = chance.choice(sorted(_told_throughout(cut)))
    possible = {kind: _untrue(film_set, who, kind) for kind in _TOLD}
    return chance.choice(possible[chance.choice([kind for kind in _TOLD if possible[kind]])])


def _untrue(film_set: FilmSet, who: str, kind: str) -> list[Alteration]:
    """What somebody could be told to have that nobody has, of looks that are not withheld."""
    looks = [person.look for person in film_set.cast]
    taken = {getattr(look, _TOLD[kind]) for look in looks}
    free = [paint for paint in PALETTES[kind] if paint not in taken]
    alterations = [Alteration(who=who, kind=kind, paint=paint) for paint in free]
    return [one for one in alterations if not held_out_look(one.worn(looks[OWNERS.index(who)]))]
