"""The card tells what is in a set, to people and to Hugging Face."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from tests.cuts.sample import record

from cut2next.cuts.card import Card, licence_tag, listed, plain
from cut2next.cuts.validation import find_faults
from cut2next.cuts.writer import CutWriter
from cut2next.film.png_prompt import printable


def _writer(folder: Path, *, with_truth: bool = False, with_pictures: bool = False) -> CutWriter:
    return CutWriter(folder, with_truth=with_truth, with_pictures=with_pictures)


def _write(folder: Path, count: int) -> None:
    with _writer(folder) as writer:
        for number in range(count):
            writer.add(record(number))


def test_the_card_tells_what_is_inside(tmp_path: Path) -> None:
    _write(tmp_path / "cuts", 2)
    card = (tmp_path / "cuts" / "README.md").read_text()
    assert "license: cc0-1.0" in card
    assert "2 in train" in card
    assert "a test 1" in card


def test_strangers_words_stay_words() -> None:
    card = Card()
    card.add(replace(record(0), source="a\n# heading | [link](x) <b>", licence="my\nown: *"))
    assert "- a \\# heading \\| \\[link\\](x) \\<b\\> (1)\n" in card.text
    assert "license: other\n" in card.text
    assert "- my own: \\* (1)\n" in card.text
    assert plain("Ünï-cøde 1.0, (yes)") == "Ünï-cøde 1.0, (yes)"


def test_of_very_many_names_the_most_frequent_are_listed() -> None:
    names = Counter({f"film {number}": number + 1 for number in range(25)})
    assert listed(names).startswith("- film 24 (25)\n- film 23 (24)\n")
    assert listed(names).endswith("- and 5 more\n")


@pytest.mark.parametrize(
    ("licences", "tag"),
    [
        (["CC-BY-4.0"], "cc-by-4.0"),
        (["CC0-1.0", "MIT"], "other"),
        (["of the studio"], "other"),
        ([""], "other"),
    ],
)
def test_hugging_face_knows_one_licence_by_its_spdx_name(licences: list[str], tag: str) -> None:
    assert licence_tag(licences) == tag


ODD = [
    "no",
    "1.0",
    "null",
    "- a",
    "--- x",
    "12. a",
    "=== a",
    "@all",
    "<script>",
    "a: b\nc: d",
    "\x1b[31m\u202e",
]


@pytest.mark.parametrize("words", ODD)
def test_no_words_leave_their_place(words: str) -> None:
    card = Card()
    card.add(replace(record(0), source=words, licence=words))
    _, header, page = card.text.split("---\n", 2)
    told = yaml.safe_load(header)
    assert (list(told), told["license"]) == (
        ["license", "pretty_name", "tags", "configs"],
        licence_tag([words]),
    )
    markdown = pytest.importorskip("markdown_it").MarkdownIt()
    tokens = markdown.parse(page)
    texts = [
        "".join(part.content for part in token.children)
        for token in tokens
        if token.type == "inline"
    ]
    assert texts.count(f"{' '.join(printable(words).split())} (1)") == 2
    assert not {"hr", "html_block", "link_open"} & {token.type for token in tokens}


@pytest.mark.parametrize("split", ["null", "yes", "no", "on"])
def test_a_split_may_be_called_what_yaml_takes_for_something_else(
    split: str, tmp_path: Path
) -> None:
    with _writer(tmp_path / "cuts") as writer:
        writer.add(record(0, split=split))
    assert not list(find_faults(tmp_path / "cuts"))
