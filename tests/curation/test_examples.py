"""Examples are drawn as by lot, and the same in whatever order they come."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from cut2next.curation.examples import Examples


@given(st.sets(st.text(max_size=3), max_size=30), st.randoms(use_true_random=False))
def test_examples_do_not_depend_on_the_order_of_reading(ids: set[str], chance: Random) -> None:
    one, other = Examples(4), Examples(4)
    for id_ in sorted(ids):
        one.offer("kind", id_)
    for id_ in chance.sample(sorted(ids), len(ids)):
        other.offer("kind", id_)
    assert one.of("kind") == other.of("kind")
    assert one.all() == set(one.of("kind")) <= ids
    assert len(one.of("kind")) == min(4, len(ids))
    assert one.counts["kind"] == len(ids)
