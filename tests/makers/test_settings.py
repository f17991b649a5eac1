from typing import Any

import pytest

from cut2next.film import InputError
from cut2next.makers.settings import OurSettings, Settings, read_settings


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"steps": 0}, "steps=0; expected a whole number, 1 to 1000"),
        ({"steps": 2.5}, "Settings.steps=2.5"),
        ({"guidance": -1.0}, "guidance=-1.0"),
        ({"pixels": 3}, "pixels=3"),
        ({"dtype": "int8"}, "dtype 'int8'; expected one of bfloat16, float16, float32"),
        ({"loras": ["a.safetensors"]}, "Settings.loras="),
        ({"relation": "no"}, "Settings.relation='no'"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as told:
        Settings(**settings)
    assert said in str(told.value)


def test_nothing_need_be_told() -> None:
    assert Settings() == Settings(loras=(), steps=None, guidance=None, relation=True)


@pytest.mark.parametrize(
    ("told", "counts"), [("no", 0), ("yes", 1), ("0.5", 0.5), ("0", 0), ("1", 1), ("2", 2)]
)
def test_the_relational_prompt_counts_or_not_or_so_much(told: str, counts: float) -> None:
    assert float(read_settings(OurSettings, {"relation": told}).relation) == counts


@pytest.mark.parametrize("told", ["5", "-1", "loud"])
def test_it_counts_for_no_more_than_a_model_takes(told: str) -> None:
    with pytest.raises(InputError, match="relation"):
        read_settings(OurSettings, {"relation": told})
