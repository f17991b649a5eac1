"""The mini model's parts, untrained: the classes of FLUX.1 at toy size.

Everything has the shape of FLUX.1-dev's pipeline folder: an autoencoder, a T5 for the words, a CLIP
for the pooled vector, the transformer. Only the numbers are small, the autoencoder is a deep one
(`AutoencoderDC`, 16×, 32 channels), and the tokenizer knows whole words of the film set instead of
pieces of all words.
"""

from collections.abc import Iterable

import torch
from diffusers.models.autoencoders.autoencoder_dc import AutoencoderDC, ResBlock
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from transformers import (
    CLIPTextConfig,
    CLIPTextModel,
    PreTrainedTokenizerFast,
    T5Config,
    T5EncoderModel,
)

from cut2next.backbones.flux1 import Flux1Facts
from cut2next.backbones.flux1.backbone import Autoencoder as AnyAutoencoder
from cut2next.backbones.flux1.backbone import likely_latents as likely_latents
from cut2next.backbones.flux1.backbone import packed as packed
from cut2next.backbones.flux1.backbone import unpacked as unpacked
from cut2next.backbones.flux1.transformer import Flux1Transformer
from cut2next.conditioning import Segment

Autoencoder = AutoencoderDC
Transformer = Flux1Transformer
WordsEncoder = T5EncoderModel
PooledEncoder = CLIPTextModel
"""What the parts are made of, for whoever trains them."""

PROMPT_TOKENS = {
    Segment.RELATIONAL_PROMPT: 26,
    Segment.CURRENT_PROMPT: 44,
    Segment.NEXT_PROMPT: 44,
}
"""Words of each prompt that the encoders of a new model read; those of the film set all fit. A
finished model says its own, which may be others."""
_WIDTH = 128
_AFTER = 16
"""T5 numbers distances to words after from here on, those to words before from zero on."""
_SPECIAL = ("<pad>", "</s>", "<unk>")
"""As in T5. The end must not be 2: transformers reads that as CLIP's broken old configuration, and
takes the pooled vector from the word with the highest number instead."""
_PAD, _END, UNKNOWN = 0, 1, 2
_SILENT = (
    "2|a|an|and|angle|another|answers|are|around|as|at|back|background|between|board|bottles|by|"
    "camera|closer|clothes|color|conversation|converse|counter|cut|each|end|establishing|eye|face|"
    "faces|facing|floor|for|framing|from|front|glass|goes|hair|hand|in|is|it|leaves|level|light|little|looking|"
    "moves|of|on|other|parked|people|plate|post|quarter|room|round|row|same|shelves|shirt|shot|"
    "shots|shoulder|sign|single|size|stay|table|talk|that|the|them|to|transition|turns|two|under|"
    "up|view|wall|wider|with|low(?= sunset)|warm(?= lamplight)|blue(?= moonlight)|"
    "(?<=teal and )orange"
)
"""Words that no picture of the film set turns on, or that follow from others (a shirt is striped,
one face is a single). Each would be a token, and training time goes by tokens."""


def autoencoder() -> AutoencoderDC:
    """Pictures [B, 3, H, W] in -1..1 to latents [B, 32, H/16, W/16] and back.

    Its blocks start as nothing: what is left is pixels that move into channels and back.
    """
    untrained: AutoencoderDC = AutoencoderDC(
        latent_channels=32,
        encoder_block_types="ResBlock",
        decoder_block_types="ResBlock",
        encoder_block_out_channels=(8, 16, 64, 128, 128),
        decoder_block_out_channels=(8, 32, 64, 128, 256),
        encoder_layers_per_block=(0, 1, 1, 2, 1),
        decoder_layers_per_block=(0, 2, 2, 2, 2),
        encoder_qkv_multiscales=((),) * 5,
        decoder_qkv_multiscales=((),) * 5,
    )
    for block in untrained.modules():
        if isinstance(block, ResBlock):
            nn.init.zeros_(block.norm.get_parameter("weight"))
    return untrained


def pixels_per_token(autoencoder: AnyAutoencoder) -> int:
    """Pixels a side of one token of a shot."""
    return Flux1Facts.token_pixels({"vae": autoencoder.config})


def transformer(channels: int, heads: int = 9) -> Flux1Transformer:
    """FLUX.1's transformer, 32 channels a head and seven blocks, each of which starts as nothing.

    Modulation and output begin at zero (adaLN-Zero, Peebles and Xie 2023), as a transformer trained
    from scratch needs; weights that are loaded do not care. `channels` are those of a packed token
    of the autoencoder that it comes with.
    """
    model: Flux1Transformer = Flux1Transformer(
        in_channels=channels,
        num_layers=2,
        num_single_layers=5,
        attention_head_dim=32,
        num_attention_heads=heads,
        joint_attention_dim=_WIDTH,
        pooled_projection_dim=_WIDTH,
        axes_dims_rope=(4, 14, 14),
    )
    for name, parameter in model.named_parameters():
        if name.startswith("proj_out") or ("norm" in name and ".linear." in name):
            nn.init.zeros_(parameter)
    return model


def words_encoder(vocabulary: int) -> T5EncoderModel:
    """The T5 that gives the words of a prompt, [B, L, 128].

    Its heads begin by looking at the word before, at the next one, and at the next few: T5's
    attention has no other sense of place, and is slow to find one.
    """
    encoder = T5EncoderModel(
        T5Config(
            vocab_size=vocabulary,
            d_model=_WIDTH,
            d_kv=32,
            d_ff=2 * _WIDTH,
            num_layers=2,
            num_heads=4,
            feed_forward_proj="gated-gelu",
            dropout_rate=0.0,
            pad_token_id=_PAD,
            eos_token_id=_END,
        )
    )
    first = "encoder.block.0.layer.0.SelfAttention"
    lean = encoder.get_parameter(f"{first}.relative_attention_bias.weight")
    with torch.no_grad():
        for distance, strength in ((1, 3.0), (2, 2.0)):
            lean[distance, 0] += strength
            lean[_AFTER + distance, 1] += strength
        lean[_AFTER + 1 : _AFTER + 8, 2] += 2.0
    return encoder


def pooled_encoder(vocabulary: int) -> CLIPTextModel:
    """The CLIP that gives a prompt's pooled vector, [B, 128]; its words begin well apart."""
    encoder = CLIPTextModel(
        CLIPTextConfig(
            vocab_size=vocabulary,
            hidden_size=_WIDTH,
            intermediate_size=2 * _WIDTH,
            num_hidden_layers=1,
            num_attention_heads=4,
            max_position_embeddings=max(PROMPT_TOKENS.values()),
            pad_token_id=_PAD,
            bos_token_id=_END,
            eos_token_id=_END,
        )
    )
    nn.init.normal_(encoder.get_input_embeddings().get_parameter("weight"), std=0.3)
    return encoder


def tokenizer(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of whole words, in lower case and without marks, that knows those of `texts`."""
    words = Tokenizer(models.WordLevel({token: at for at, token in enumerate(_SPECIAL)}, "<unk>"))
    words.normalizer = normalizers.Sequence(
        [
            normalizers.NFC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"[^\p{L}\p{N}]+"), " "),
            normalizers.Replace(Regex(r"\bcut (?=in\b|out\b)"), "cut"),  # each is one word
            normalizers.Replace(Regex(rf"\b(?:{_SILENT})\b"), " "),
        ]
    )
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    known = {
        word
        for text in texts
        for word, _ in words.pre_tokenizer.pre_tokenize_str(words.normalizer.normalize_str(text))
    }
    names = [*_SPECIAL, *sorted(known)]
    words.model = models.WordLevel({word: at for at, word in enumerate(names)}, "<unk>")
    words.post_processor = processors.TemplateProcessing(
        single="$A </s>", special_tokens=[("</s>", _END)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=words,
        pad_token="<pad>",
        unk_token="<unk>",
        eos_token="</s>",
        model_max_length=max(PROMPT_TOKENS.values()),
    )
