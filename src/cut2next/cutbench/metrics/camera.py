"""Camera: of the true pictures of all setups of the set, which is the next shot nearest to?

A set has about twenty setups. They differ in subject, size, side and angle, so whoever is nearest
to the one that was asked for has framed the right subject rightly.
"""

from collections.abc import Mapping

from cut2next.cutbench.metrics.nearness import nearest
from cut2next.soundstage.primitives import Floats


def shown_setup(made: Floats, setups: Mapping[str, Floats], asked: str) -> str:
    """The name of the setup that a picture shows; all pictures are softened."""
    return nearest(made, setups, asked)
