"""A vision-language model at toy size with random weights: it runs, and babbles."""

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPImageProcessorPil,
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    set_seed,
)

_SPECIAL = ("<pad>", "<s>", "</s>", "<image>")
_TEMPLATE = (
    "{% for message in messages %}{% for part in message['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}"
    "{% endfor %}{% endfor %}"
)


def write_toy(folder: Path, *, seed: int = 0) -> None:
    """A LLaVA of a few thousand weights, with its processor, as a folder of the hub."""
    set_seed(seed)
    alphabet = (*_SPECIAL, *sorted(pre_tokenizers.ByteLevel.alphabet()))
    LlavaForConditionalGeneration(_config(len(alphabet))).save_pretrained(folder)
    processor = LlavaProcessor(
        image_processor=CLIPImageProcessorPil(
            size={"shortest_edge": 16}, crop_size={"height": 16, "width": 16}
        ),
        tokenizer=_tokenizer(alphabet),
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=_TEMPLATE,
        num_additional_image_tokens=1,
    )
    processor.save_pretrained(folder)


def _tokenizer(alphabet: tuple[str, ...]) -> PreTrainedTokenizerFast:
    """One token a byte."""
    vocabulary = {sign: number for number, sign in enumerate(alphabet)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        pad_token="<pad>",
        additional_special_tokens=["<image>"],
    )


def _config(words: int) -> LlavaConfig:
    small: dict[str, Any] = {"hidden_size": 16, "intermediate_size": 16, "num_attention_heads": 2}
    vision = CLIPVisionConfig(
        **small, num_hidden_layers=2, image_size=16, patch_size=8, projection_dim=8
    )
    text = LlamaConfig(
        **small,
        vocab_size=words,
        num_hidden_layers=1,
        num_key_value_heads=2,
        max_position_embeddings=16384,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
    return LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=3, image_seq_length=4
    )
