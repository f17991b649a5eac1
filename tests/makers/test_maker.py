import pytest
from pydantic import ValidationError

from cut2next.makers import Asked


@pytest.mark.parametrize("wrong", [{"size": (1,)}, {"steps": "4"}, {"words": 3}, {"mood": "dark"}])
def test_what_was_asked_is_of_its_kinds(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Asked.model_validate({"words": "a wall", "size": (48, 32), **wrong})
