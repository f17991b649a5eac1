"""The weights in the package: of the size promised, of the present architecture, and any good."""

from itertools import chain
from statistics import mean

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from cut2next.backbones.mini import weights_folder
from cut2next.backbones.mini.architecture import UNKNOWN
from cut2next.cutbench.contenders import by_model, contenders
from cut2next.cutbench.metrics.fidelity import psnr
from cut2next.cutbench.soundstage.held_out import FIRST_HELD_OUT, HeldOut
from cut2next.cutbench.soundstage.probes import PROBES
from cut2next.cutbench.soundstage.probing import answers
from cut2next.film import EditingPattern
from cut2next.generation import Cut2NextPipeline
from cut2next.generation.relation import implied_relation
from cut2next.recipes.mini.labelled_prompts import labelled_tokens
from cut2next.soundstage.film_set import build_set
from cut2next.soundstage.repertoire import Repertoire, repertoire_named

CUTS = 6


@pytest.fixture(scope="module")
def mini() -> Cut2NextPipeline:
    pipe = Cut2NextPipeline.from_pretrained("mini")
    pipe.set_progress_bar_config(disable=True)  # type: ignore[no-untyped-call]
    return pipe


def test_they_are_small() -> None:
    total = sum(path.stat().st_size for path in weights_folder().rglob("*"))
    assert total < 40e6


def test_they_are_of_this_recipe(mini: Cut2NextPipeline) -> None:
    read = mini.text_encoder.config.max_position_embeddings
    assert max(mini.prompt_tokens.values()) <= min(read, mini.tokenizer.model_max_length)
    assert mini.table.name == "closed"
    assert f"({mini.config['repertoire']})" in mini.config["knows"]


@pytest.fixture(scope="module")
def learnt(mini: Cut2NextPipeline) -> Repertoire:
    """The part of the film set that they have seen."""
    return repertoire_named(mini.config["repertoire"])


def test_the_film_sets_prompts_fit(mini: Cut2NextPipeline, learnt: Repertoire) -> None:
    held_out = HeldOut(count=CUTS, repertoire=learnt)
    for number in range(CUTS):
        assert not mini.overflow(held_out.case(number).cut.prompt)


@pytest.mark.parametrize("pattern", EditingPattern)
def test_an_implied_relation_is_in_words_they_know(
    mini: Cut2NextPipeline, learnt: Repertoire, pattern: EditingPattern
) -> None:
    cut = HeldOut(count=1, repertoire=learnt).case(0).cut
    relation = implied_relation([pattern], cut.current.prompt, cut.next.prompt)
    assert UNKNOWN not in mini.tokenizer(relation.text)["input_ids"]


def test_the_words_of_a_name_tell_of_its_bearer(mini: Cut2NextPipeline, learnt: Repertoire) -> None:
    """A linear probe of T5's states finds the hair; encoders that cannot read are at chance."""
    film_sets = [build_set(FIRST_HELD_OUT + seed, repertoire=learnt) for seed in range(60)]
    index, (prompts, _) = labelled_tokens(film_sets, mini.tokenizer_2)
    with torch.no_grad():
        states = mini.text_encoder_2(prompts.ids.long()).last_hidden_state.float()
    row, place, name = prompts.places(torch.arange(len(prompts.ids)), prompts.ids)
    hair = prompts.named_labels[row, name, list(index.classes).index("hair")]
    names, hair = states[row, place][hair >= 0], hair[hair >= 0]
    seen = len(hair) * 2 // 3
    probe = torch.linalg.lstsq(names[:seen], one_hot(hair[:seen]).float()).solution
    read = (names[seen:] @ probe).argmax(dim=1)
    assert (read == hair[seen:]).float().mean() > 0.9


def test_they_beat_the_controls(mini: Cut2NextPipeline, learnt: Repertoire) -> None:
    """A coarse guard; `cut2next bench soundstage` measures."""
    held_out = HeldOut(count=CUTS, repertoire=learnt, size=mini.config["default_size"])
    cuts = [held_out.case(number).cut for number in range(CUTS)]
    likeness = {
        name: mean(
            psnr(np.asarray(made), np.asarray(cut.next.keyframe))
            for made, cut in zip(make(cuts), cuts, strict=True)
        )
        for name, make in contenders(mini).items()
    }
    assert likeness["model"] > likeness["copy input"] + 6
    assert likeness["model"] > max(likeness["no current shot"] + 3, 22)
    assert likeness["model"] < likeness["autoencoder"]


@pytest.mark.parametrize(
    "name", ["pattern adherence", pytest.param("unseen looks", marks=pytest.mark.slow)]
)
def test_they_go_by_what_is_said(mini: Cut2NextPipeline, learnt: Repertoire, name: str) -> None:
    """A coarse guard as well: chance is a fifth of each."""
    held_out = HeldOut(
        count=CUTS,
        repertoire=learnt,
        size=tuple(mini.config["default_size"]),
        compared_samples=1,
    )
    (probe,) = (probe for probe in PROBES if probe.name == name)
    said = chain.from_iterable(answers(held_out, by_model(mini), [probe]))
    assert mean(answer.right for answer in said if answer.right is not None) > 0.6
