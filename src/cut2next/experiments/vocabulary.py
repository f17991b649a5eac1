"""Words that the mini model's encoders were never taught, and experiments ask for.

FLUX.1's encoders know them. Here each gets a vector by chance, like those of the words that are
known; it then passes through the encoders as they are, and what it means is learnt by whatever
reads it. Prompts without these words are read as before.
"""

import torch
from tokenizers import models
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from cut2next.generation.pipeline import Cut2NextPipeline

IN_ACTION = "leaning reaching arms crossed turned away waving turning head focus motion blur"
"""Of what people do, and of pictures that are blurred (`soundstage/action.py`)."""
EXTREMES = "flashback jump match whip pan dutch extreme across axis"
"""How cuts are asked for that are no pattern (`soundstage/extremes.py`)."""
WORDS = tuple(f"{IN_ACTION} {EXTREMES}".split())
"""In the order of their numbers: append only, or what was encoded is read as something else."""


def learn_words(shipped: Cut2NextPipeline) -> None:
    """Adds `WORDS` to a pipeline's tokenizers and to its encoders, in place."""
    for tokenizer in (shipped.tokenizer, shipped.tokenizer_2):
        _name(tokenizer)
    for encoder in (shipped.text_encoder, shipped.text_encoder_2):
        _embed(encoder)


def _name(tokenizer: PreTrainedTokenizerFast) -> None:
    known = tokenizer.get_vocab()
    new = {word: len(known) + at for at, word in enumerate(WORDS)}
    backend = tokenizer.backend_tokenizer
    backend.model = models.WordLevel(known | new, tokenizer.unk_token)


@torch.no_grad()
def _embed(encoder: PreTrainedModel) -> None:
    known = encoder.get_input_embeddings().get_parameter("weight")
    chance = torch.Generator().manual_seed(0)
    # One after the other, so that words that come later change none.
    rows = [torch.randn(known.shape[1], generator=chance) for _ in WORDS]
    new = known.mean(dim=0) + known.std(dim=0) * torch.stack(rows).to(known)
    encoder.set_input_embeddings(nn.Embedding.from_pretrained(torch.cat([known, new])))
