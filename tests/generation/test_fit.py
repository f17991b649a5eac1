"""The best fit that a card has room for is chosen."""

from cut2next.generation.fit import (
    RESERVE,
    Demand,
    Fit,
    Phase,
    Placement,
    Precision,
    Weights,
    chosen,
    fits,
)

GIB = 2**30


def demanding() -> Demand:
    """Round numbers: two for each network, one for each phase."""
    weights = Weights(*[2 * GIB] * 4)
    working = dict.fromkeys(Phase, GIB)
    return Demand(
        weights=dict.fromkeys(Precision, weights),
        working={False: {**working, Phase.DECODING: 9 * GIB}, True: working},
        kept=GIB,
        widest=0,
        passing_transformer=GIB,
        passing_text_encoder=GIB,
    )


def test_the_first_that_fits_is_chosen_and_tiles_come_before_fewer_bits() -> None:
    needed, all_fits = demanding(), list(fits())
    assert chosen(needed, RESERVE + 18 * GIB, all_fits) == Fit()
    assert chosen(needed, RESERVE + 18 * GIB - 1, all_fits) == Fit(tiled=True)
    assert chosen(needed, RESERVE + 9 * GIB, all_fits).placement is Placement.RELEASED
    for fit in all_fits:
        assert needed.peak(chosen(needed, RESERVE + needed.peak(fit), all_fits)) <= needed.peak(fit)
