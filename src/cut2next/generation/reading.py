"""A pipeline's way from words and pictures to what its transformer reads, and back to pictures."""

from collections.abc import Collection, Sequence
from functools import reduce
from operator import or_
from typing import Any, Self

import torch
from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from PIL import Image
from torch import Tensor
from transformers import CLIPTextModel, PreTrainedTokenizerBase, T5EncoderModel

from cut2next.backbones.flux1 import encoding
from cut2next.conditioning import Segment, SegmentInputs
from cut2next.film import HierarchicalPrompt, InputError
from cut2next.generation.encoded_prompt import EncodedPrompt, texts_of
from cut2next.generation.framing import Size
from cut2next.generation.loading import LoadedPipeline


class ReadingPipeline(LoadedPipeline):
    """A pipeline that encodes prompts and shots, and decodes what was made.

    Prompts are encoded before anything else happens, so that the text encoders, a third of
    FLUX.1-dev's weights, may leave the card or memory altogether before the transformer comes.
    """

    vae: AutoencoderKL
    text_encoder: CLIPTextModel
    tokenizer: PreTrainedTokenizerBase
    text_encoder_2: T5EncoderModel
    tokenizer_2: PreTrainedTokenizerBase
    image_processor: Any

    def overflow(self, prompt: HierarchicalPrompt) -> dict[Segment, str]:
        """What of each prompt is cut off, for those that are longer than the model reads."""
        cut = {
            segment: encoding.cut_off(text, self.tokenizer_2, self.prompt_tokens[segment])
            for segment, text in texts_of(prompt).items()
        }
        return {segment: text for segment, text in cut.items() if text}

    def unknown_words(self, prompt: HierarchicalPrompt) -> str:
        """The words of the next shot's prompt that a tokenizer of whole words does not know."""
        return ", ".join(encoding.unknown(prompt.next.text, self.tokenizer_2))

    @torch.no_grad()
    def encode_prompt(self, prompt: HierarchicalPrompt) -> EncodedPrompt:
        """The three prompts of a cut, encoded once for as many calls as wanted.

        Raises InputError after the text encoders were released.
        """
        encoded = self._encoded([prompt], self.prompt_tokens)[0]
        self.maybe_free_model_hooks()  # type: ignore[no-untyped-call]
        return encoded

    def release_text_encoders(self, device: torch.device | str | None = None) -> Self:
        """Frees the text encoders, and puts all else on `device` if one is given.

        From here on prompts must come encoded.
        """
        self.register_modules(text_encoder=None, text_encoder_2=None)  # type: ignore[no-untyped-call]
        return self if device is None else self.to(device)

    def _encoded(
        self, prompts: Sequence[HierarchicalPrompt], segments: Collection[Segment]
    ) -> list[EncodedPrompt]:
        """Some segments of several prompts; a text that occurs twice is encoded once."""
        words = [texts_of(prompt) for prompt in prompts]
        read: dict[tuple[Segment, str], SegmentInputs] = {}
        for segment in segments:
            texts = list(dict.fromkeys(text[segment] for text in words))
            tokens, pooled = self._read(segment, texts)
            for text, states, vector in zip(texts, tokens.split(1), pooled.split(1), strict=True):
                read[segment, text] = SegmentInputs({segment: states}, {segment: vector})
        return [
            EncodedPrompt(
                prompt=prompt,
                inputs=reduce(or_, (read[segment, text[segment]] for segment in segments)),
            )
            for prompt, text in zip(prompts, words, strict=True)
        ]

    def _read(self, segment: Segment, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """T5 states and pooled vectors of some prompts, where and as the transformer wants them."""
        if self.components["text_encoder_2"] is None:
            raise InputError(
                "a prompt after the text encoders were released",
                expected="one that `encode_prompt` has encoded before",
                hint="encode all prompts first, or load the pipeline again",
            )
        length = self.prompt_tokens[segment]
        words = encoding.words(texts, self.tokenizer_2, self.text_encoder_2, length)
        vectors = encoding.pooled(texts, self.tokenizer, self.text_encoder)
        to = {"device": self._execution_device, "dtype": self.transformer.dtype}
        return words.to(**to), vectors.to(**to)

    def _latents(self, picture: Image.Image) -> Tensor:
        """A picture as packed latents, [1, L, C]."""
        pixels = self.image_processor.preprocess(picture).to(self._execution_device)
        tokens = encoding.packed(encoding.latents(pixels, self.vae))
        return tokens.to(self._execution_device, self.transformer.dtype)

    def _shown(self, latents: Tensor, size: Size, output_type: str) -> Any:
        """Packed latents in the form that was asked for."""
        if output_type == "latent":
            return latents
        decoded = encoding.pictures(encoding.unpacked(latents, *size.tokens), self.vae)
        return self.image_processor.postprocess(decoded, output_type=output_type)
