"""`cut2next data import`: what is wrong with a plain folder is said by its line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cuts.sample import found

from cut2next.cli.main import main
from cut2next.cuts.exporting import export


def _set(*steps: Any) -> Callable[[dict[str, Any]], object]:
    """Changes one thing in a line: the last of the steps is the value."""
    *path, last, value = steps

    def change(line: Any) -> None:
        for step in path:
            line = line[step]
        line[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda line: line.pop("film"), "film: Field required"),
        (_set("colour", "red"), "colour: Extra inputs are not permitted"),
        (_set("film", 3), "film: Input should be a valid string"),
        (_set("format", 1), "format: Input should be greater than or equal to 2"),
        (_set("patterns", ["wipe"]), "patterns.0: unknown editing pattern 'wipe'"),
        (_set("split", "rejected"), "split: the split should be a name like train"),
        (_set("split", "a/b"), "split: the split should be a name like train"),
        (_set("id", "film:shot2"), "id: is 'film:shot2'"),
        (_set("scores", "novelty", "high"), "scores.novelty: Input should be a valid number"),
        (_set("next_shot", "span", "time_base", "1/0"), "next_shot.span.time_base: String should"),
        (_set("next_shot", "span", "end", 2**63), "next_shot.span.end: Input should be less"),
        (_set("next_shot", "scene", 0.5), "next_shot.scene: Input should be a valid integer"),
        (_set("made_by", 0, "parameters", []), "made_by.0.parameters: Input should be"),
        (_set("next_image", "images/none.png"), "'images/none.png' does not exist"),
        (_set("next_image", "images"), "'images' is a folder"),
        (_set("next_image", "images/\0.png"), "'images/\\x00.png' cannot be read (embedded null"),
        (_set("next_image", "../secret.png"), "'../secret.png' lies outside of the folder"),
        (_set("next_image", "/etc/hostname"), "'/etc/hostname' lies outside of the folder"),
        (_set("next_image", "images/link.png"), "'images/link.png' lies outside of the folder"),
    ],
)
def test_a_bad_line_is_told_by_its_number(
    change: Callable[[dict[str, Any]], object],
    fault: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "secret.png").write_bytes(b"mine")
    out = tmp_path / "out"
    export([found(0), found(1), found(2)], out)
    (out / "images" / "link.png").symlink_to(tmp_path / "secret.png")
    lines = (out / "cuts.jsonl").read_text().splitlines()
    line = json.loads(lines[1])
    change(line)
    (out / "cuts.jsonl").write_text("\n".join([lines[0], json.dumps(line), lines[2]]))
    assert main(["data", "import", str(out), str(tmp_path / "back")]) == 2
    shown = capsys.readouterr()
    assert f"{out / 'cuts.jsonl'}, line 2: {fault}" in shown.err
    assert shown.err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "secret.png"]
