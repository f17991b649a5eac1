import json
import sys
from pathlib import Path

import pytest
from tests.makers.briefs import SIZE, brief

from cut2next.film import InputError
from cut2next.makers import MakerError
from cut2next.makers.command import CommandMaker

PROGRAM = """
import json, sys
from pathlib import Path
from PIL import Image
folder = Path(sys.argv[-1])
brief = json.loads((folder / "brief.json").read_text())
assert brief["next"]["summary"] == "A blue wall"
assert Image.open(folder / "current.png").getpixel((0, 0)) == (255, 0, 0)
Image.new("RGB", brief["size"], "blue").save(folder / "next.png")
"""


def program(folder: Path, text: str) -> CommandMaker:
    path = folder / "program.py"
    path.write_text(text)
    return CommandMaker(f"{sys.executable} {path}")


@pytest.mark.parametrize("command", ["", "no-such-program", "sh 'a"])
def test_what_is_no_command_is_one_line(command: str) -> None:
    with pytest.raises(InputError, match=r"no such program|No closing quotation"):
        CommandMaker(command)


def test_a_command_is_given_a_folder_and_makes_a_picture(tmp_path: Path) -> None:
    (made,) = program(tmp_path, PROGRAM).make([brief()])
    assert made.picture.size == SIZE
    assert made.picture.getpixel((0, 0)) == (0, 0, 255)
    assert made.asked.size == SIZE


def test_a_command_may_tell_what_it_really_asked(tmp_path: Path) -> None:
    said = json.dumps({"words": "wall, blue", "size": [64, 64], "settings": {"model": "x"}})
    more = f"(folder / 'asked.json').write_text({said!r})"
    (made,) = program(tmp_path, PROGRAM + more).make([brief()])
    assert (made.asked.words, made.asked.size) == ("wall, blue", (64, 64))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("import sys; sys.exit('no weights here')", "case-0: exit code 1: no weights here"),
        ("pass", "next.png: does not exist"),
        (f"{PROGRAM}(folder / 'next.png').write_text('x')", "next.png: is not a picture"),
        (f"{PROGRAM}(folder / 'asked.json').write_text('x')", "asked.json"),
        (f"{PROGRAM}(folder / 'asked.json').write_text('[1]')", "asked.json"),
    ],
)
def test_what_goes_wrong_in_a_command_is_one_line(text: str, fault: str, tmp_path: Path) -> None:
    with pytest.raises(MakerError, match=fault) as refused:
        list(program(tmp_path, text).make([brief()]))
    assert "\n" not in str(refused.value)
