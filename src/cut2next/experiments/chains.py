"""The third measure of a run: sequences of eight cuts, each from pictures that it has made itself.

A run that has learnt with earlier shots reads them too; any other goes on from its last picture
alone, which is naive autoregression.
"""

from collections import defaultdict
from collections.abc import Iterator

from cut2next.cutbench.contenders import by_chain, by_model
from cut2next.cutbench.soundstage.chains import EARLIER, OWN, chain_entries
from cut2next.cutbench.soundstage.held_out import HeldOut
from cut2next.experiments.exam import STEPS
from cut2next.experiments.laboratory import PART
from cut2next.experiments.questions import CHAINS
from cut2next.experiments.tuning import Tuning
from cut2next.generation.pipeline import Cut2NextPipeline
from cut2next.recipes.progress import Progress

LENGTH = 8
_METRICS = {"look": "look", "walls": "look: walls", "psnr": "psnr"}
"""What measures begin with, and the benchmark's name of it."""

Values = dict[str, dict[str, float]]


def chain_values(tuning: Tuning, sets: int, values: Values) -> Iterator[Progress]:
    """Fills in, by measure and case, what is said of chains on so many held-out sets."""
    pipe = _pipeline(tuning)
    earlier = tuning.variant.earlier_shots > 0
    chain = by_chain(pipe, STEPS) if earlier else None
    held_out = HeldOut(count=sets, size=tuning.laboratory.size, repertoire=PART)
    found: Values = defaultdict(dict)
    entries = chain_entries(held_out, by_model(pipe, STEPS), chain, LENGTH)
    for number, of_number in enumerate(entries, start=1):
        for entry in of_number:
            said = entry.judgements[EARLIER if earlier else OWN].values
            for name, metric in _METRICS.items():
                if (value := said[metric]) is not None:
                    found[f"{name} at {number}"][entry.cut] = float(value)
        yield Progress(f"chains of {tuning.name}", number, LENGTH)
    values |= {measure: found[measure] for measure in CHAINS}


def _pipeline(tuning: Tuning) -> Cut2NextPipeline:
    shipped = tuning.laboratory.shipped
    pipe = Cut2NextPipeline(
        scheduler=shipped.scheduler,
        vae=shipped.vae,
        text_encoder=shipped.text_encoder,
        tokenizer=shipped.tokenizer,
        text_encoder_2=shipped.text_encoder_2,
        tokenizer_2=shipped.tokenizer_2,
        transformer=tuning.model().transformer.eval(),
        table=tuning.variant.table.name,
        prompt_tokens={str(segment): n for segment, n in shipped.prompt_tokens.items()},
        default_size=list(tuning.laboratory.size),
        earlier_shots=tuning.variant.earlier_shots,
    )
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    return pipe
