"""The parser refuses in one line, and takes an option by its whole name only."""

import pytest

from cut2next.cli.parser import BAD_INPUT, Parser, refusal


def test_a_refusal_is_one_line_whatever_it_quotes() -> None:
    assert refusal("cut2next", "got 'a\nb'\r\n; try c") == "cut2next: got 'a b' ; try c\n"


@pytest.mark.parametrize("given", [["--siz", "3"], ["--size"], ["--size", "3", "four"]])
def test_what_cannot_be_parsed_points_to_the_help(
    given: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    parser = Parser(prog="cut2next show")
    parser.add_argument("--size")
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(given)
    assert ended.value.code == BAD_INPUT
    error = capsys.readouterr().err
    assert error.startswith("cut2next show: ")
    assert error.endswith("; see cut2next show --help\n")
    assert error.count("\n") == 1
