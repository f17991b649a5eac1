from typing import Any

import pytest

from cut2next.film import InputError
from cut2next.makers.settings import Settings


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
