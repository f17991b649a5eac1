"""The three ways in which next shot generation fails, told apart by what went wrong.

No next shot has two of them: a static cut has the wrong camera, being nearer to another setup.
"""

from cut2next.cutbench.metrics.blurred_error import Blurred, square_error

IN_KEEPING = 0.8
"""The least share of regions, light included, that must be right for the look to hold."""


def is_static_cut(made: Blurred, current: Blurred, following: Blurred) -> bool:
    """Whether a picture is nearer to the current shot than to the true next one; all blurred."""
    return square_error(made, current) < square_error(made, following)


def is_identity_drift(*, camera: bool, look: float) -> bool:
    """Right camera, wrong look."""
    return camera and look < IN_KEEPING


def is_incoherence(*, camera: bool, static_cut: bool, shown_look: float) -> bool:
    """Right look, wrong camera or subject; what only repeats the current shot is a static cut.

    `shown_look` is the look of the setup that the picture shows, not of the one asked for.
    """
    return not camera and not static_cut and shown_look >= IN_KEEPING
