"""What metrics ask for vectors: each picture and text is read once, ever, by content."""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from threading import RLock
from typing import TypeVar

import numpy as np
from PIL import Image

from cut2next.cutbench.features.network import Network, NetworkFacts, TextNetwork, Vectors
from cut2next.cutbench.features.store import FeatureStore
from cut2next.film import InputError, WeightsError

KeyT = TypeVar("KeyT")
ReadT = TypeVar("ReadT")
_AT_ONCE = 32
"""Of what is to be read: so much is lost at most when a process is killed."""
_AT_HAND = 4096
"""Vectors kept in memory: every metric asks for the same ones in turn."""
_IN_SIGHT = 64
"""Pictures whose keys are known without looking at their pixels again."""


class Features:
    """Vectors of a network, from the store, or read and kept there."""

    def __init__(self, network: Network, store: FeatureStore) -> None:
        """Threads may share it; they read one after the other."""
        self._network, self._store = network, store
        self._lock = RLock()
        self._at_hand = OrderedDict[bytes, Vectors]()
        self._in_sight = OrderedDict[int, tuple[Image.Image, bytes]]()

    @property
    def facts(self) -> NetworkFacts:
        """By what they are read; stored with every result."""
        return self._network.facts

    def pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Of pictures of any sizes [N, D]: those that are not known yet, in batches.

        Raises WeightsError when the network gives what is no number, InputError and OutputError as
        the store does.
        """
        return self._read([self._key(one) for one in pictures], pictures, self._of_pictures)

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
            known = {key: self._at_hand[key] for key in keys if key in self._at_hand}
            if unknown := [key for key in dict.fromkeys(keys) if key not in known]:
                known |= self._store.known(self.facts, unknown)
            wanted = dict(zip(keys, things, strict=True))
            missing = [key for key in unknown if key not in known]
            for start in range(0, len(missing), _AT_ONCE):
                some = missing[start : start + _AT_ONCE]
                vectors = self._checked(read([wanted[key] for key in some]))
                fresh = dict(zip(some, vectors, strict=True))
                self._store.keep(self.facts, fresh)
                known |= fresh
            _remember(self._at_hand, known, _AT_HAND)
        return np.stack([known[key] for key in keys])

    def _key(self, picture: Image.Image) -> bytes:
        """Of a picture that nobody changes while it is judged."""
        with self._lock:
            if seen := self._in_sight.get(id(picture)):  # it is held, so the id is its own
                return seen[1]
        key = picture_key(picture)
        with self._lock:
            _remember(self._in_sight, {id(picture): (picture, key)}, _IN_SIGHT)
        return key

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


def _remember(memory: OrderedDict[KeyT, ReadT], fresh: Mapping[KeyT, ReadT], most: int) -> None:
    """The latest stay."""
    for key, value in fresh.items():
        memory[key] = value
        memory.move_to_end(key)
    while len(memory) > most:
        memory.popitem(last=False)


def picture_key(picture: Image.Image) -> bytes:
    """By size and RGB pixels: how a file is packed makes no difference."""
    rgb = picture.convert("RGB")
    digest = blake2b("{}x{} RGB".format(*rgb.size).encode(), digest_size=32)
    digest.update(rgb.tobytes())
    return digest.digest()


def text_key(text: str) -> bytes:
    """By its letters."""
    return blake2b(b"text " + text.encode(), digest_size=32).digest()
