"""Probes: cuts whose prompts leave out what makes them easy, to see what a model goes by.

An ordinary next prompt names size, framing, angle and everybody's look: whoever reads it needs
neither the relational prompt nor the current shot. A probe takes that away, and knows what share
would be right by chance. It is a function from a set to cases, and an entry in `PROBES`.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

from PIL import Image

from cut2next.cutbench.soundstage.held_out import SetCase
from cut2next.cutbench.soundstage.judge import LEADS
from cut2next.cutbench.soundstage.look import PALETTES
from cut2next.cutbench.soundstage.true_shots import TrueShots
from cut2next.film import Cut, EditingPattern, HierarchicalPrompt, IndividualPrompt, Shot
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.repertoire import EVERYTHING, Repertoire
from cut2next.soundstage.shooting import PossibleCut, possible_cuts
from cut2next.soundstage.wording import EVERYTHING as ALL_TOLD
from cut2next.soundstage.wording import (
    Telling,
    individual_prompt,
    relational_prompt,
    subject_prompt,
)

BOTH = ("a", "b")
"""The two leads."""


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One question to a model, asked on every set."""

    name: str
    meaning: str
    """What is asked, and what counts as right."""
    cases: Callable[[TrueShots, Random], Sequence[SetCase]]
    """What is asked of a set."""
    right: Callable[[SetCase, Image.Image], float | None]
    """How right a next shot is, 0..1; None where the case has nothing to say."""
    chance: Callable[[SetCase], float]
    """How right whoever does not read it would be in the mean."""
    withheld: bool = False
    """Whether everyone has a look that was withheld from training."""

    def repertoire(self, known: Repertoire) -> Repertoire:
        """What sets are built from, for a model that knows this part."""
        if not self.withheld:
            return known
        return replace(known, casts=EVERYTHING.casts, looks=("withheld",))


def _any_of_several(cut: PossibleCut, film_set: FilmSet) -> bool:
    """Whether the subject alone does not say which setup is asked for."""
    return len(_setups_of(film_set, cut.next.subjects, cut.current)) > 1


def _setups_of(film_set: FilmSet, subjects: tuple[str, ...], current: Setup) -> list[Setup]:
    """The setups that a cut to these subjects could be to."""
    return [
        setup
        for setup in film_set.setups
        if setup.subjects == subjects and setup.name != current.name
    ]


def drawn_cut(cuts: Sequence[PossibleCut], chance: Random) -> PossibleCut:
    """One of some cuts, each of their patterns as likely as the others."""
    wanted = chance.choice(_patterns(cuts))
    return chance.choice([cut for cut in cuts if wanted in cut.patterns])


def _patterns(cuts: Iterable[PossibleCut]) -> list[EditingPattern]:
    there = frozenset[EditingPattern]().union(*(cut.patterns for cut in cuts))
    return [pattern for pattern in EditingPattern if pattern in there]


# What is asked.


def _by_pattern(shots: TrueShots, chance: Random) -> Sequence[SetCase]:
    """A cut whose next prompt says its subject alone."""
    cuts = [cut for cut in possible_cuts(shots.film_set) if _any_of_several(cut, shots.film_set)]
    return [_told_by_relation(shots, drawn_cut(cuts, chance), chance)]


def _by_each_pattern(shots: TrueShots, chance: Random) -> Sequence[SetCase]:
    """Cuts from one shot to one subject, by every pattern that leads there."""
    ways = defaultdict(list)
    for cut in possible_cuts(shots.film_set):
        if _any_of_several(cut, shots.film_set):
            ways[cut.current.name, cut.next.subjects].append(cut)
    cuts = chance.choice([way for way in ways.values() if len(_patterns(way)) > 1])
    chosen: dict[str, PossibleCut] = {}
    for pattern in _patterns(cuts):
        fitting = [cut for cut in cuts if pattern in cut.patterns and cut.next.name not in chosen]
        if fitting:
            cut = chance.choice(fitting)
            chosen[cut.next.name] = cut
    # The same chance words all else alike.
    seed = chance.random()
    return [_told_by_relation(shots, cut, Random(seed)) for cut in chosen.values()]


def _by_name(shots: TrueShots, chance: Random) -> Sequence[SetCase]:
    """A cut from both leads to one of them, called by name alone; the current prompt says who."""
    cuts = [
        cut
        for cut in possible_cuts(shots.film_set)
        if cut.current.subjects == BOTH
        and cut.next.subjects in LEADS
        and cut.next.framing != "over the shoulder"  # which shows both
    ]
    # A description would say where they sit, and so who it is.
    telling = Telling(known=frozenset(BOTH), description=False)
    return [_case(shots, drawn_cut(cuts, chance), chance, telling)]


def _of_people(shots: TrueShots, chance: Random) -> Sequence[SetCase]:
    """An ordinary cut to people."""
    cuts = [cut for cut in possible_cuts(shots.film_set) if set(cut.next.subjects) <= set(OWNERS)]
    return [_case(shots, drawn_cut(cuts, chance), chance)]


def _told_by_relation(shots: TrueShots, cut: PossibleCut, chance: Random) -> SetCase:
    """The relational prompt says how the next shot is framed, the next prompt what it shows."""
    return _case(shots, cut, chance, Telling(camera_in_relation=True), subject_prompt)


def _case(
    shots: TrueShots,
    cut: PossibleCut,
    chance: Random,
    telling: Telling = ALL_TOLD,
    following: Callable[..., IndividualPrompt] = individual_prompt,
) -> SetCase:
    return SetCase(
        cut=told_cut(shots, cut, worded(shots.film_set, cut, chance, telling, following)),
        shots=shots,
    )


def worded(
    film_set: FilmSet,
    cut: PossibleCut,
    chance: Random,
    telling: Telling = ALL_TOLD,
    following: Callable[..., IndividualPrompt] = individual_prompt,
) -> HierarchicalPrompt:
    """The prompts of a cut: the current one tells all, the other two as much as is asked.

    The same chance words a set alike whose people have other looks.
    """
    return HierarchicalPrompt(
        current=individual_prompt(film_set, cut.current, chance),
        next=following(film_set, cut.next, chance, telling),
        relational=relational_prompt(film_set, cut.patterns, cut.next, chance, telling),
    )


def told_cut(shots: TrueShots, cut: PossibleCut, prompt: HierarchicalPrompt) -> Cut:
    """A cut between two true shots of a set, told by these prompts."""
    return Cut(
        film=f"soundstage-{shots.film_set.seed}",
        current=_shot(shots, cut.current, prompt.current),
        next=_shot(shots, cut.next, prompt.next),
        patterns=cut.patterns,
        relational=prompt.relational,
    )


def _shot(shots: TrueShots, setup: Setup, prompt: IndividualPrompt) -> Shot:
    name, keyframe = setup.name.replace(" ", "_"), shots.of[setup.name].keyframe
    return Shot(name=name, keyframe=keyframe, prompt=prompt)


# What is right, and what is right by chance.


def _camera_right(case: SetCase, picture: Image.Image) -> float:
    return float(case.judge.shown(picture).name == case.following.name)


def _one_of_the_subjects(case: SetCase) -> float:
    return 1 / len(_setups_of(case.film_set, case.following.subjects, case.current))


def _people_right(case: SetCase, picture: Image.Image) -> float | None:
    rights = case.judge.people(picture).values()
    return sum(rights) / len(rights) if rights else None


def _one_of_the_paints(case: SetCase) -> float:
    """In the mean over hair, skin and top."""
    kinds = ("hair", "skin", "top")
    return sum(1 / len(PALETTES[kind]) for kind in kinds) / len(kinds)


PROBES: tuple[Probe, ...] = (
    Probe(
        name="pattern adherence",
        meaning="the next prompt says its subject alone, and the relational prompt how it is shot:"
        " the asked camera is the nearest of all (chance: of those of this subject)",
        cases=_by_pattern,
        right=_camera_right,
        chance=_one_of_the_subjects,
    ),
    Probe(
        name="prompt swap",
        meaning="the same, from one shot to one subject by every pattern that leads there in turn",
        cases=_by_each_pattern,
        right=_camera_right,
        chance=_one_of_the_subjects,
    ),
    Probe(
        name="name binding",
        meaning="both leads are in the current shot and its prompt, looks included; relational and"
        " next prompt call the one who is asked for by name alone: hair, skin and top are nearer to"
        " those of the right one than to the other lead's",
        cases=_by_name,
        right=lambda case, picture: case.judge.right_lead(picture),
        chance=lambda _: 1 / 2,
    ),
    Probe(
        name="known looks",
        meaning="ordinary prompts, looks as in training: share of people's hair, skin and tops in"
        " the right colour of the palette",
        cases=_of_people,
        right=_people_right,
        chance=_one_of_the_paints,
    ),
    Probe(
        name="unseen looks",
        meaning="the same for looks whose pair of hair colour and top colour training withholds",
        cases=_of_people,
        right=_people_right,
        chance=_one_of_the_paints,
        withheld=True,
    ),
)
