from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tests.cutbench.features.pictures import picture
from tests.cutbench.features.test_store import facts

from cut2next.cutbench.features.features import Features, StoredOnly
from cut2next.cutbench.features.network import Vectors
from cut2next.cutbench.features.store import FeatureStore
from cut2next.film import InputError, WeightsError


class Sums:
    """Reads a picture to the sum of each colour, and counts what it reads."""

    def __init__(self, factor: float = 1.0) -> None:
        self.facts = facts()
        self.batches: list[int] = []
        self.factor = factor

    def read_pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        self.batches.append(len(pictures))
        sums = [np.asarray(one, np.float32).sum(axis=(0, 1)) for one in pictures]
        return np.stack(sums) * np.float32(self.factor)


PICTURES = [picture(number) for number in range(40)]


def test_a_picture_is_read_once_and_in_batches(tmp_path: Path) -> None:
    network = Sums()
    features = Features(network, FeatureStore(tmp_path / "features.sqlite"))
    read = features.pictures([*PICTURES, *PICTURES])
    assert network.batches == [32, 8]
    assert read[:40].tolist() == read[40:].tolist()
    assert features.picture(PICTURES[7]).tolist() == read[7].tolist()
    again = Sums()
    stored = Features(again, FeatureStore(tmp_path / "features.sqlite")).pictures(PICTURES)
    assert again.batches == []
    assert stored.tobytes() == read[:40].tobytes()


def test_content_counts_and_no_packing() -> None:
    network = Sums()
    features = Features(network, FeatureStore(None))
    packed = BytesIO()
    PICTURES[0].save(packed, "png")
    features.pictures([PICTURES[0], Image.open(packed), PICTURES[0].convert("RGBA")])
    assert network.batches == [1]
    turned = Image.frombytes("RGB", PICTURES[0].size[::-1], PICTURES[0].tobytes())
    features.picture(turned)
    assert network.batches == [1, 1], "the same bytes in another shape are another picture"


def test_a_picture_is_read_once_by_many_threads() -> None:
    network = Sums()
    features = Features(network, FeatureStore(None))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(features.picture, PICTURES[:4] * 20))
    assert sum(network.batches) == 4


def test_stored_features_need_no_weights(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path / "features.sqlite")
    read = Features(Sums(), store).pictures(PICTURES[:3])
    (known,) = store.networks()
    stored = Features(StoredOnly(known), store)
    assert stored.pictures(PICTURES[:3]).tobytes() == read.tobytes()
    with pytest.raises(InputError, match="a picture that Toy has not read yet"):
        stored.pictures(PICTURES[:4])


def test_what_is_no_number_is_not_kept() -> None:
    store = FeatureStore(None)
    with pytest.raises(WeightsError, match="no number"):
        Features(Sums(float("nan")), store).pictures(PICTURES[:1])
    assert Features(Sums(), store).picture(PICTURES[0]).sum() > 0


def test_a_network_without_words_says_so() -> None:
    with pytest.raises(InputError, match="Toy reads no texts"):
        Features(Sums(), FeatureStore(None)).text("a wall")
