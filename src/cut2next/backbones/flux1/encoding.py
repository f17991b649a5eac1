"""What FLUX.1 reads: prompts as T5's states and CLIP's pooled vectors, shots as packed latents.

Training and generation both come through here, so that weights meet what they were trained on.
"""

from collections.abc import Sequence

from diffusers.models.autoencoders.autoencoder_kl import AutoencoderKL
from diffusers.utils.torch_utils import get_module_execution_device
from einops import rearrange
from torch import Tensor
from transformers import CLIPTextModel, PreTrainedTokenizerBase, T5EncoderModel

from cut2next.film import mentions


def text_states(
    texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, encoder: T5EncoderModel, length: int
) -> Tensor:
    """T5's states of each text, padded or cut to `length` tokens: [B, length, D].

    As in FLUX.1 the padding is not masked: the transformer reads it, and has learnt to.
    """
    ids = _ids(texts, tokenizer, length).to(get_module_execution_device(encoder))
    states: Tensor = encoder(ids).last_hidden_state
    return states


def pooled_vectors(
    texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, encoder: CLIPTextModel
) -> Tensor:
    """CLIP's pooled vector of each text: [B, P]. CLIP reads the beginning of a long text only."""
    length = min(tokenizer.model_max_length, encoder.config.max_position_embeddings)
    ids = _ids(texts, tokenizer, length).to(get_module_execution_device(encoder))
    vectors: Tensor = encoder(ids).pooler_output
    return vectors


def cut_off(text: str, tokenizer: PreTrainedTokenizerBase, length: int) -> str:
    """The end of a text that does not fit into `length` tokens; empty when all of it does."""
    ids = tokenizer(text, verbose=False)["input_ids"]
    if len(ids) <= length:
        return ""
    kept = tokenizer(text, truncation=True, max_length=length, return_offsets_mapping=True)
    return text[max(stop for _, stop in kept["offset_mapping"]) :].strip()


def unknown(text: str, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """The words of a text that a tokenizer has no number for; names in angle brackets aside."""
    plain = text
    for person in mentions(text):
        blank = " " * (person.end - person.start)
        plain = f"{plain[: person.start]}{blank}{plain[person.end :]}"
    read = tokenizer(plain, verbose=False, return_offsets_mapping=True)
    strange = [
        plain[start:stop]
        for number, (start, stop) in zip(read["input_ids"], read["offset_mapping"], strict=True)
        if number == tokenizer.unk_token_id
    ]
    return list(dict.fromkeys(strange))


def latents(pictures: Tensor, autoencoder: AutoencoderKL) -> Tensor:
    """Pictures [B, 3, H, W] in -1 .. 1 to latents [B, C, H/8, W/8] at the transformer's scale.

    The most likely latents, not drawn ones: the same current shot is read the same each time.
    """
    likely: Tensor = autoencoder.encode(_for_autoencoder(pictures, autoencoder)).latent_dist.mode()
    scaled: Tensor = (likely - _shift(autoencoder)) * autoencoder.config["scaling_factor"]
    return scaled


def pictures(latents: Tensor, autoencoder: AutoencoderKL) -> Tensor:
    """Undoes `latents`."""
    unscaled = latents / autoencoder.config["scaling_factor"] + _shift(autoencoder)
    decoded: Tensor = autoencoder.decode(_for_autoencoder(unscaled, autoencoder)).sample
    return decoded


def packed(latents: Tensor) -> Tensor:
    """Latents [B, C, 2h, 2w] as tokens [B, h*w, 4C]: FLUX.1 takes them two by two."""
    return rearrange(latents, "b c (h y) (w x) -> b (h w) (c y x)", y=2, x=2)


def unpacked(tokens: Tensor, height: int, width: int) -> Tensor:
    """Undoes `packed`; `height` and `width` are in tokens."""
    return rearrange(tokens, "b (h w) (c y x) -> b c (h y) (w x)", h=height, w=width, y=2, x=2)


def _ids(texts: Sequence[str], tokenizer: PreTrainedTokenizerBase, length: int) -> Tensor:
    ids: Tensor = tokenizer(
        list(texts), padding="max_length", truncation=True, max_length=length, return_tensors="pt"
    )["input_ids"]
    return ids


def _for_autoencoder(tensor: Tensor, autoencoder: AutoencoderKL) -> Tensor:
    return tensor.to(get_module_execution_device(autoencoder), autoencoder.dtype)


def _shift(autoencoder: AutoencoderKL) -> float:
    # Autoencoders from before FLUX.1 have none.
    return float(autoencoder.config["shift_factor"] or 0.0)
