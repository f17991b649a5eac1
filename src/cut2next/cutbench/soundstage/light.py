"""Light: of the same shot at the four hours, which is the next shot nearest to?"""

from collections.abc import Mapping
from dataclasses import replace

from cut2next.cutbench.metrics.blurred_error import Blurred, blurred, nearest
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import FilmSet
from cut2next.soundstage.lighting import HOURS


def at_every_hour(
    film_set: FilmSet, setup: Setup, size: tuple[int, int], samples: int
) -> dict[str, Blurred]:
    """A setup by hour, blurred; grade, cast and all else stay."""
    return {
        hour: blurred(replace(film_set, hour=hour).picture(setup, size, samples)) for hour in HOURS
    }


def is_hour_right(made: Blurred, hours: Mapping[str, Blurred], true: str) -> bool:
    """Whether a blurred picture is nearest to the true hour's."""
    return nearest(made, hours, true) == true
