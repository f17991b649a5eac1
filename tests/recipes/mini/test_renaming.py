"""Names of a set's people are permuted, the same way in all prompts of one current shot."""

import numpy as np
import torch

from cut2next.backbones.mini import architecture
from cut2next.conditioning import Segment
from cut2next.recipes.mini.renaming import name_ids, renamed
from cut2next.soundstage.people import NAMES

CURRENT, NEXT = Segment.CURRENT_PROMPT, Segment.NEXT_PROMPT
TOKENIZER = architecture.tokenizer([" ".join(NAMES), "red bob"])


def read(text: str) -> torch.Tensor:
    return torch.tensor(TOKENIZER(text)["input_ids"], dtype=torch.int16)


def test_people_of_one_current_shot_are_renamed_alike_and_words_stay() -> None:
    groups, each = 400, 3
    current = read("<Anna> (red bob) and <Ben> (bob)").repeat(groups, 1)
    following = read("<Ben>, <Anna>, red").repeat(groups * each, 1)
    names = name_ids(TOKENIZER)
    made = renamed({CURRENT: current, NEXT: following}, names, np.random.default_rng(0), groups)
    anna, red, bob, ben = made[CURRENT].T[:4]
    assert (red == TOKENIZER.get_vocab()["red"]).all()
    assert torch.equal(bob, made[CURRENT].T[4])
    assert (anna != ben).all()
    assert torch.equal(made[NEXT].T[0], ben.repeat_interleave(each))
    assert torch.equal(made[NEXT].T[1], anna.repeat_interleave(each))
    assert {*anna.tolist()} == {*ben.tolist()} == {*names.tolist()}
    swapped = (anna == names[1]) & (ben == names[0])
    assert swapped.any()


def test_names_are_those_of_the_film_set_that_a_tokenizer_knows() -> None:
    assert str(TOKENIZER.decode(name_ids(TOKENIZER))).split() == [name.lower() for name in NAMES]
    assert len(name_ids(architecture.tokenizer(["Anna and Ben"]))) == 2
