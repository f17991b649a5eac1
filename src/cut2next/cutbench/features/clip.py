"""CLIP (Radford et al. 2021, arXiv 2103.00020): pictures and words in one space.

Vectors are the projected embeddings, as contrastive training compared them. OpenAI's preprocessing
takes the middle square of a frame: the ends of a wide one go unseen.

CLIP reads 77 tokens, its marks of beginning and end among them; prompts of this method are longer.
A longer text is read in windows: as few as hold it, of lengths that differ by one token at most,
each between marks of its own; the text's vector is the mean of the windows' vectors, each of
length one. So every part of a text counts, where cutting it off would drop most of the next
prompt's description. Cut2Next's paper does not say what it did.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from transformers import AutoTokenizer, CLIPModel

from cut2next.cutbench.features.network import NetworkFacts, Vectors, digest_of_weights
from cut2next.cutbench.features.passes import Passes
from cut2next.film import WeightsError
from cut2next.films.scorers.models import load_model, loading
from cut2next.generation.device import Device

_MARKS = 2


class CLIP:
    """Reads pictures and texts."""

    def __init__(self, name: str, device: Device | None = None) -> None:
        """From a folder or a name on the hub. Raises WeightsError for what is no whole CLIP."""
        model, self._processor = load_model(CLIPModel, name)
        with loading(name):
            self._tokenizer: Any = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
        self._check_words(name, model.config.text_config.vocab_size)
        self._length: int = model.config.text_config.max_position_embeddings
        self.facts = NetworkFacts(
            kind="CLIP",
            name=name,
            weights=digest_of_weights(model),
            preprocessing={**self._processor.to_dict(), "text_window": self._length},
            vector="projected embedding; of a long text the mean of even windows",
        )
        self._passes = Passes(device)
        self._model: Any = self._passes.placed(model)

    def read_pictures(self, pictures: Sequence[Image.Image]) -> Vectors:
        """Embeddings [N, D]."""
        pixels = self._processor(list(pictures), return_tensors="pt")["pixel_values"]
        return self._passes.run(self._of_pixels, pixels)

    def read_texts(self, texts: Sequence[str]) -> Vectors:
        """Embeddings [N, D]."""
        windows = [list(self._windows(text)) for text in texts]
        tokens = torch.tensor([window for several in windows for window in several])
        found = self._passes.run(self._of_tokens, tokens)
        found = found / np.linalg.norm(found, axis=1, keepdims=True)
        ends = np.cumsum([len(several) for several in windows])
        return np.stack([several.mean(axis=0) for several in np.split(found, ends[:-1])])

    def _check_words(self, name: str, expected: int) -> None:
        """Where there is no vocabulary, transformers makes one of three up."""
        if len(self._tokenizer) != expected:
            raise WeightsError(
                f"{name}: has a vocabulary of {len(self._tokenizer)}",
                expected=f"{expected} tokens, as its weights do",
                hint="put the tokenizer's files beside the weights",
            )

    def _windows(self, text: str) -> Iterator[list[int]]:
        """Token ids of each window, filled up behind the mark of its end, where nothing is read."""
        first, last = self._tokenizer.bos_token_id, self._tokenizer.eos_token_id
        ids = self._tokenizer.encode(text, add_special_tokens=False, verbose=False)
        count = max(1, -(-len(ids) // (self._length - _MARKS)))
        for some in np.array_split(np.array(ids, int), count):
            filling = [last] * (self._length - 1 - len(some))
            yield [first, *some.tolist(), *filling]

    def _of_pixels(self, pixels: Tensor) -> Tensor:
        seen = self._model.vision_model(pixel_values=pixels).pooler_output
        embedding: Tensor = self._model.visual_projection(seen)
        return embedding

    def _of_tokens(self, tokens: Tensor) -> Tensor:
        read = self._model.text_model(input_ids=tokens).pooler_output
        embedding: Tensor = self._model.text_projection(read)
        return embedding
