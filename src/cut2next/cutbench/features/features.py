"""What metrics ask for vectors: each picture and text is read once, ever, by content."""

from collections.abc import Callable, Sequence
from hashlib import blake2b
from threading import RLock
from typing import TypeVar

import numpy as np
from PIL import Image

from cut2next.cutbench.features.network import Network, NetworkFacts, TextNetwork, Vectors
from cut2next.cutbench.features.store import FeatureStore
from cut2next.film import InputError, WeightsError

ReadT = TypeVar("ReadT")
_AT_ONCE = 32
"""Of what is to be read: so much is lost at most when a process is killed."""


class Features:
    """Vectors of a network, from the store, or read and kept there."""

    def __init__(self, network: Network, store: FeatureStore) -> None:
        """Threads may share it; they read one after the other."""
        self._network, self._store = network, store
        self._lock = RLock()

    @property
    def facts(self) -> NetworkFacts:
        """By what they are read; stored with every result."""
        return self._network.facts

    def pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Of pictures of any sizes [N, D]: those that are not known yet, in batches.

        Raises WeightsError when the network gives what is no number, InputError and OutputError as
        the store does.
        """
        return self._read([picture_key(one) for one in pictures], pictures, self._of_pictures)

    def picture(self, picture: Image.Image) -> Vectors:
        """Of one [D]."""
        vector: Vectors = self.pictures([picture])[0]
        return vector

    def text(self, text: str) -> Vectors:
        """Of a text [D]. Raises InputError where the network reads none."""
        vector: Vectors = self.texts([text])[0]
        return vector

    def texts(self, texts: Sequence[str]) -> Vectors:
        """Of some [N, D]. Raises InputError where the network reads none."""
        return self._read([text_key(one) for one in texts], texts, self._of_texts)

    def _of_pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        return self._network.read_pictures([one.convert("RGB") for one in pictures])

    def _of_texts(self, texts: Sequence[str]) -> Vectors:
        if not isinstance(self._network, TextNetwork):
            raise InputError(
                f"{self.facts.kind} reads no texts", expected="CLIP", hint="name CLIP's weights"
            )
        return self._network.read_texts(texts)

    def _read(
        self,
        keys: Sequence[bytes],
        things: Sequence[ReadT],
        read: Callable[[Sequence[ReadT]], Vectors],
    ) -> Vectors:
        if not keys:
            raise InputError("nothing to read", expected="pictures or texts", hint="give some")
        with self._lock:
            known = self._store.known(self.facts, set(keys))
            missing = [key for key in dict.fromkeys(keys) if key not in known]
            wanted = dict(zip(keys, things, strict=True))
            for start in range(0, len(missing), _AT_ONCE):
                some = missing[start : start + _AT_ONCE]
                vectors = self._checked(read([wanted[key] for key in some]))
                fresh = dict(zip(some, vectors, strict=True))
                self._store.keep(self.facts, fresh)
                known |= fresh
        return np.stack([known[key] for key in keys])

    def _checked(self, vectors: Vectors) -> Vectors:
        if not np.isfinite(vectors).all():
            raise WeightsError(
                f"{self.facts.name}: gives what is no number",
                expected="finite features",
                hint="the weights are damaged: fetch them again",
            )
        return vectors


class StoredOnly:
    """A network whose weights are not here: the store must hold all that it is asked for."""

    def __init__(self, facts: NetworkFacts) -> None:
        """`facts` as `FeatureStore.networks` lists them."""
        self.facts = facts

    def read_pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Raises InputError."""
        raise self._missing("picture")

    def read_texts(self, texts: Sequence[str]) -> Vectors:
        """Raises InputError."""
        raise self._missing("text")

    def _missing(self, what: str) -> InputError:
        return InputError(
            f"a {what} that {self.facts.kind} has not read yet",
            expected="only those whose features are stored",
            hint=f"name the weights: they were {self.facts.name}",
        )


def picture_key(picture: Image.Image) -> bytes:
    """By size and RGB pixels: how a file is packed makes no difference."""
    rgb = picture.convert("RGB")
    digest = blake2b("{}x{} RGB".format(*rgb.size).encode(), digest_size=32)
    digest.update(rgb.tobytes())
    return digest.digest()


def text_key(text: str) -> bytes:
    """By its letters."""
    return blake2b(b"text " + text.encode(), digest_size=32).digest()
