import pickle

import pytest

from cut2next import film
from cut2next.film import Cut2NextError, InputError, OutputError, WeightsError
from cut2next.film.errors import one_line


@pytest.mark.parametrize("kind", [InputError, OutputError, WeightsError])
def test_an_error_says_what_came_what_was_expected_and_what_to_do(
    kind: type[Cut2NextError],
) -> None:
    error = kind("a folder", expected="an image", hint="name a file in it")
    assert str(error) == "a folder; expected an image; name a file in it"
    assert (error.got, error.expected, error.hint) == (
        "a folder",
        "an image",
        "name a file in it",
    )


@pytest.mark.parametrize("kind", [InputError, OutputError, WeightsError])
def test_an_error_comes_out_of_another_process_as_it_was(kind: type[Cut2NextError]) -> None:
    error = kind("a folder", expected="an image", hint="name a file in it")
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is kind
    assert vars(back) == vars(error)
    assert str(back) == str(error)


def test_every_error_is_drawn_in_the_tree() -> None:
    tree = film.errors.__doc__ or ""
    kinds = [kind for kind in vars(film.errors).values() if isinstance(kind, type)]
    assert len(kinds) >= 4
    for kind in kinds:
        assert issubclass(kind, Cut2NextError)
        assert kind.__name__ in tree
        assert kind.__name__ in film.__all__


@pytest.mark.parametrize(
    ("reason", "line"),
    [
        ("no room", "no room"),
        (OSError("two\n\tlines  of it\n"), "two lines of it"),
        ("x" * 300, "x" * 200),
        (ValueError(), ""),
    ],
)
def test_what_others_say_goes_into_a_line(reason: object, line: str) -> None:
    assert one_line(reason) == line
    assert one_line(reason, 7) == line[:7]
