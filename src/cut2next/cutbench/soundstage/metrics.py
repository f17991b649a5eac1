"""The figures of the film set's benchmark, in the order in which they are shown.

A metric is what the judge tells, mostly a property of `Findings`, or a file in `cutbench/metrics`,
and an entry in `METRICS`.
"""

from collections.abc import Callable
from typing import Any

from PIL import Image

from cut2next.cutbench.metrics.blurred_error import BLUR
from cut2next.cutbench.metrics.fidelity import PSNR, SSIM
from cut2next.cutbench.metrics.metric import Column, Metric
from cut2next.cutbench.soundstage.held_out import SetCase
from cut2next.cutbench.soundstage.judge import IN_KEEPING, Findings, share_of_any
from cut2next.cutbench.soundstage.look import LEAST_PIXELS, PALETTES


def _metric(
    name: str,
    figure: Callable[[Findings], float | None],
    meaning: str = "",
    column: Column | None = None,
) -> Metric[SetCase]:
    """A metric of what the judge finds."""

    def value(case: SetCase, picture: Image.Image) -> float | None:
        return figure(case.judge.findings(picture))

    return Metric(name=name, needs=SetCase, value=value, meaning=meaning, column=column)


def _kind(kind: str) -> Metric[SetCase]:
    """The look of one kind of region."""
    return _metric(f"look: {kind}", lambda findings: findings.kind(kind))


METRICS: tuple[Metric[Any], ...] = (
    _metric(
        "camera",
        # A set has about twenty setups. They differ in subject, size, side and angle, so whoever
        # is nearest to the one that was asked for has framed the right subject rightly.
        lambda findings: findings.camera,
        "of the true pictures of all setups of the set, the asked one is the nearest (mean "
        f"square error after a Gaussian blur of {BLUR} picture heights)",
        Column(heading="camera %", width=21, interval=True),
    ),
    _metric(
        "look",
        lambda findings: findings.look,
        "share of regions (hair, skin and top of everyone, walls, light) right: the mean colour"
        " is nearest to the true paint among all of the palette, each rendered under the same "
        f"light; regions under {LEAST_PIXELS} pixels are left out; light is right when of the four "
        "hours the true one is the nearest",
        Column(heading="look %", width=21, interval=True),
    ),
    Metric(
        name="props",
        needs=SetCase,
        value=lambda case, picture: share_of_any(case.judge.props(picture)),
        meaning="share of things on the table right that the next shot should show: with all else "
        "as it is, the true one is nearer than each other thing, each other colour and an empty "
        "table",
        column=Column(heading="props %", width=9),
    ),
    PSNR,
    SSIM,
    _metric(
        "static cut",
        lambda findings: findings.static_cut,
        "nearer to the current shot than to the true next one",
        Column(heading="static %", width=10),
    ),
    _metric(
        "identity drift",
        lambda findings: findings.identity_drift,
        f"right camera, look under {IN_KEEPING}",
        Column(heading="drift %", width=9),
    ),
    _metric(
        "incoherence",
        lambda findings: findings.incoherence,
        f"wrong camera, no static cut, look of the setup that is shown {IN_KEEPING} or more",
        Column(heading="incoherent %", width=14),
    ),
    *(_kind(kind) for kind in (*PALETTES, "light")),
)
