"""Cuts that training never sees, to validate on: of the same films, or of films of their own."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from cut2next.cuts.dataset import split_files, split_of
from cut2next.cuts.splitting import VALIDATION
from cut2next.film import InputError
from cut2next.training.batches.buckets import Buckets
from cut2next.training.batches.survey import CutSource, Survey, SurveyedCut, survey


def with_validation(
    sources: Sequence[CutSource], buckets: Buckets, count: int, kept: Path | None = None
) -> tuple[Survey, Survey]:
    """What to train on, and about `count` cuts to validate on.

    These are of the split "validation" of the sources that have one; where none has, they are
    `held_out`. No training cut goes to the same next picture, or back from it. Raises InputError as
    `survey` and `held_out` do.
    """
    training = survey(sources, buckets, kept)
    apart = tuple(
        replace(source, split=VALIDATION)
        for source in sources
        if source.split != VALIDATION  # which is then for training
        and any(split_of(file) == VALIDATION for file in split_files(source.folder))
    )
    if not apart:
        return held_out(training, count)
    validation = survey(apart, buckets, kept)
    return _parted(training, replace(validation, cuts=tuple(spread(validation.cuts, count))))


def spread(cuts: Sequence[SurveyedCut], count: int) -> list[SurveyedCut]:
    """So many cuts, spread over all there are; all of them where there are no more.

    Raises InputError for a count under 1.
    """
    if count < 1:
        raise InputError(f"{count} cuts held out", expected="at least 1", hint="for example 8")
    count = min(count, len(cuts))
    places = (np.arange(count) + 0.5) * len(cuts) / count
    return [cuts[at] for at in places.astype(int)]


def held_out(survey: Survey, count: int) -> tuple[Survey, Survey]:
    """What is left for training, and `count` cuts to validate on.

    A cut to the same next picture as one of these, or back from it, is in neither. Raises
    InputError when nothing is left for training, and as `spread` does.
    """
    return _parted(survey, replace(survey, cuts=tuple(spread(survey.cuts, count))))


def _parted(survey: Survey, validation: Survey) -> tuple[Survey, Survey]:
    """A survey without the cuts by which one could know those to validate on."""
    targets = {cut.next for cut in validation.cuts}
    reverse = {(cut.next, cut.current) for cut in validation.cuts}
    training = tuple(
        cut
        for cut in survey.cuts
        if cut.next not in targets and (cut.current, cut.next) not in reverse
    )
    if not training:
        raise InputError(
            f"{len(survey.cuts)} cuts to train on, of which none is left when "
            f"{len(validation.cuts)} are held out",
            expected="more cuts, to other pictures",
            hint="hold out fewer, or give a source with a split of its own for validation",
        )
    return replace(survey, cuts=training), validation
