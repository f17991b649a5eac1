"""Sequences: 4 to 16 shots of one set, cut as an editor would cut a talk between two people.

A sequence is planned in parts (establish, come closer, answer, look at a detail, come back), and
chance fills them with setups so that an editing pattern joins every shot to the next. A setup may
come back, the same cut may not.
"""

from collections.abc import Iterator, Mapping, Sequence
from random import Random

from cut2next.film import EditingPattern, InputError
from cut2next.soundstage import LONGEST, SHORTEST
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.shooting import (
    CutWithTruth,
    PossibleCut,
    cut_between,
    possible_cuts,
    take,
)

_TRIES = 2000
"""Setups that are tried for a plan; of a long one that cannot be filled there are millions."""

_OPENINGS = (
    ("establish", "together"),
    ("establish", "together"),
    ("establish", "together"),
    ("establish",),
    ("detail", "establish"),
)
_EXCHANGES = (
    ("single", "reverse", "detail"),
    ("single", "reverse", "reverse", "detail"),
    ("single", "angle", "single", "reverse", "detail"),
    ("single", "reverse", "together"),
)
"""Between openings and endings: what people say to each other, and where an editor looks then."""


def draw_sequence(film_set: FilmSet, chance: Random, length: int) -> list[PossibleCut]:
    """The cuts between `length` shots (4 to 16), each of which begins where the last one ended.

    Raises InputError for another length.
    """
    check_length(length)
    leading: dict[str, list[PossibleCut]] = {setup.name: [] for setup in film_set.setups}
    for cut in possible_cuts(film_set):
        leading[cut.current.name].append(cut)
    while True:  # nearly every plan can be filled on nearly every set
        opening, *parts = _plan(chance, length)
        tries = iter(range(_TRIES))
        for setup in chance.sample(film_set.setups, len(film_set.setups)):
            fits = _plays(opening, PossibleCut(setup, setup, frozenset()))
            led = fits and _led_on(leading, [], setup, parts, chance, tries)
            if led:
                return led


def check_length(length: int) -> None:
    """Raises InputError unless a sequence may have so many shots."""
    if not SHORTEST <= length <= LONGEST:
        raise InputError(
            f"a sequence of {length} shots",
            expected=f"{SHORTEST} to {LONGEST}",
            hint="two shots are one cut; of more than that, make several",
        )


def shoot_sequence(
    film_set: FilmSet,
    cuts: Sequence[PossibleCut],
    chance: Random,
    size: tuple[int, int],
    samples: int = 3,
) -> Iterator[CutWithTruth]:
    """The cuts of a sequence, shot one by one as by `shoot_cut`.

    The next shot of one is the current shot of the one after; a setup that comes back is the same
    shot, with the same prompt.
    """
    takes = {}
    for cut in cuts:
        for setup in (cut.current, cut.next):
            if setup.name not in takes:
                takes[setup.name] = take(film_set, setup, chance, size, samples)
        yield cut_between(film_set, cut, takes[cut.current.name], takes[cut.next.name], chance)


def _plan(chance: Random, length: int) -> list[str]:
    """What each shot is for."""
    parts = list(chance.choice(_OPENINGS))
    while len(parts) < length:
        parts += chance.choice(_EXCHANGES)
    parts = parts[:length]
    if parts[-1] == "detail" or chance.random() < 0.4:
        parts[-1] = "group"  # whoever looked away comes back; sometimes to the whole
    return parts


def _led_on(
    leading: Mapping[str, list[PossibleCut]],
    done: list[PossibleCut],
    at: Setup,
    parts: list[str],
    chance: Random,
    tries: Iterator[int],
) -> list[PossibleCut] | None:
    """`done`, led on from a setup through all of `parts`; None where that cannot be soon."""
    if not parts:
        return done
    if next(tries, None) is None:
        return None
    made = {(cut.current.name, cut.next.name) for cut in done}
    seen = {cut.current.name for cut in done} | {at.name}
    for cut in chance.sample(leading[at.name], len(leading[at.name])):
        old = (at.name, cut.next.name) in made or (_is_detail(cut.next) and cut.next.name in seen)
        if not old and _plays(parts[0], cut):
            led = _led_on(leading, [*done, cut], cut.next, parts[1:], chance, tries)
            if led:
                return led
    return None


def _plays(part: str, cut: PossibleCut) -> bool:
    """Whether a cut's next setup does for a part of the plan."""
    current, setup, patterns = cut
    lead = setup.subjects in (("a",), ("b",))
    matched = (current.size, current.framing) == (setup.size, setup.framing)
    return {
        "establish": setup.size == "wide",
        "together": setup.size == "medium" and len(setup.subjects) > 1,
        "group": len(setup.subjects) > 1,
        "single": lead and setup.angle == "eye level" and setup.framing != "profile",
        "reverse": EditingPattern.SHOT_REVERSE_SHOT in patterns and matched,
        "angle": lead and EditingPattern.MULTI_ANGLE in patterns,
        "detail": _is_detail(setup),
    }[part]


def _is_detail(setup: Setup) -> bool:
    """An insert, or whoever listens."""
    return setup.framing == "insert" or setup.subjects == ("c",)
