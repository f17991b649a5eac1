"""The board on paper and as a page: every text is there, none of it as markup."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, get_args

import pytest
from PIL import Image
from tests.studio import boards

from cut2next.film import InputError
from cut2next.studio.board import Board, Panel, Scene
from cut2next.studio.exchange.formats import export
from cut2next.studio.exchange.pdf import fonts
from cut2next.studio.exchange.pdf.japanese import length
from cut2next.studio.exchange.pdf.options import Field, PdfOptions
from cut2next.studio.exchange.pdf.sheet import Sheet, Words
from cut2next.studio.pictures import PictureFolder

PAGE = re.compile(rb"/Type /Page\b")
LONG = " ".join(f"word{number}" for number in range(500))


@pytest.fixture
def pictures(tmp_path: Path) -> PictureFolder:
    return boards.folder(tmp_path)


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """All lines that are set, in their order."""
    told: list[str] = []
    line = Sheet.line

    def noted(self: Sheet, at: tuple[float, float], text: str, *rest: Any, **more: Any) -> None:
        told.append(text)
        line(self, at, text, *rest, **more)

    monkeypatch.setattr(Sheet, "line", noted)
    return told


def pdf(board: Board, pictures: PictureFolder, folder: Path, **options: Any) -> bytes:
    export(board, pictures, "pdf", folder / "it.pdf", options)
    data = (folder / "it.pdf").read_bytes()
    assert data.startswith(b"%PDF-")
    return data


@pytest.mark.parametrize(
    ("options", "pages"),
    [
        ({}, 1),
        ({"panels": 1}, 6),
        ({"panels": 2, "paper": "letter"}, 3),
        ({"panels": 3}, 2),
        ({"columns": "japanese", "panels": 3}, 2),
        ({"columns": "japanese", "from_right": True, "fields": []}, 1),
        ({"columns": "japanese", "fields": ["prompt", "notes"]}, 1),
    ],
)
def test_pages_hold_as_many_panels_as_was_said(
    options: dict[str, Any], pages: int, tmp_path: Path, pictures: PictureFolder
) -> None:
    assert len(PAGE.findall(pdf(boards.board(pictures), pictures, tmp_path, **options))) == pages


@pytest.mark.parametrize("columns", ["western", "japanese"])
def test_chosen_fields_alone_are_told(
    columns: str, tmp_path: Path, pictures: PictureFolder, lines: list[str]
) -> None:
    panel = Panel(id="a", frames=60, action="acted", dialogue="said", notes="noted", number="4D")
    board = Board(scenes=(Scene(id="s", heading="HALL", panels=(panel,)),))
    seen = {"action": "acted", "dialogue": "said", "notes": "noted", "number": "4D"}
    for name, word in seen.items():
        lines.clear()
        pdf(board, pictures, tmp_path, columns=columns, fields=[name])
        assert word in lines
        assert not set(lines) & (set(seen.values()) - {word})
    assert {*seen, "length", "prompt"} == set(get_args(Field))


@pytest.mark.parametrize("columns", ["western", "japanese"])
def test_a_long_text_goes_on_at_the_end(
    columns: str, tmp_path: Path, pictures: PictureFolder, lines: list[str]
) -> None:
    panels = tuple(Panel(id=f"p{place}", frames=24, action=LONG) for place in range(2))
    board = Board(scenes=(Scene(id="s", panels=panels),))
    pdf(board, pictures, tmp_path, columns=columns)
    assert sum(line.startswith("2, continued: word") for line in lines) == 1
    words = [word for line in lines for word in line.split() if word.startswith("word")]
    assert sorted(words) == sorted(LONG.split() * 2)


@pytest.mark.parametrize("there", [True, False])
def test_a_letter_without_a_font_is_told(
    there: bool,
    tmp_path: Path,
    pictures: PictureFolder,
    lines: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not there:
        monkeypatch.setattr(fonts, "_FOLDERS", ())
    elif fonts.fonts_for("a").plain is None:
        pytest.skip("no font here")
    odd = "\U000f0000"  # of private use
    panel = Panel(
        id="a", frames=24, action=f"é {odd}\N{CJK UNIFIED IDEOGRAPH-96E8}\t\N{HEBREW LETTER SHIN}"
    )
    board = Board(title="Œuvre", scenes=(Scene(id="s", panels=(panel,)),))
    pdf(board, pictures, tmp_path)
    told = " ".join(lines)
    assert "U+F0000" in told
    assert "Noto Sans CJK" in told
    lines.clear()
    plain = replace(board, scenes=(Scene(id="s", panels=(replace(panel, action="é"),)),))
    pdf(plain, pictures, tmp_path, columns="japanese")
    assert "No font" not in " ".join(lines)  # its headings are English then


def test_a_damaged_font_does_no_harm(
    tmp_path: Path, pictures: PictureFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "fonts"
    folder.mkdir()
    (folder / "NotoBroken.ttf").write_bytes(b"\0\1\0\0" + b"x" * 90)
    (folder / "Noto2.ttc").write_bytes(b"")
    monkeypatch.setattr(fonts, "_FOLDERS", (*fonts._FOLDERS, str(folder)))
    assert fonts.fonts_for("\U000f0000").missing == {"\U000f0000"}


def test_text_is_made_smaller_before_it_goes_on() -> None:
    sheet = Sheet(fonts.fonts_for(LONG), "a4", upright=True)
    sheet.turn()
    words = [Words(text="a b c " * 20), Words(text="last")]
    assert sheet.flow((10, 10), words, (60, 40)) == []
    assert sheet.flow((10, 10), words, (60, 0)) != []
    left = sheet.flow((10, 10), [Words(text=LONG)], (60, 20))
    assert left[0].text.endswith("word499")
    sheet.picture(Image.new("RGB", (4000, 16)), (1, 1), (50, 50))
    sheet.finished("its fonts are closed with it")


def test_time_is_seconds_and_frames() -> None:
    assert length(Board(), 60) == "2+12"
    assert length(Board(), 1) == "0+01"


def test_a_board_without_panels_is_told(tmp_path: Path, pictures: PictureFolder) -> None:
    with pytest.raises(InputError, match="without panels"):
        pdf(Board(), pictures, tmp_path)
    with pytest.raises(InputError, match="panels"):
        pdf(boards.board(pictures), pictures, tmp_path, panels=4)
    assert PdfOptions().panels == 6


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def test_a_page_shows_texts_as_texts(tmp_path: Path, pictures: PictureFolder) -> None:
    board = boards.board(pictures)
    export(board, pictures, "html", tmp_path / "page", {})
    seen = _Seen()
    seen.feed((tmp_path / "page" / "index.html").read_text(encoding="utf-8"))
    assert "b" not in [tag for tag, _ in seen.tags]
    assert seen.texts.count(boards.MARKUP) == 3
    assert "Tea & <rain>" in seen.texts
    sources = [attributes["src"] for tag, attributes in seen.tags if "src" in attributes]
    assert len(sources) == 5
    for source in sources:
        assert source is not None
        assert (tmp_path / "page" / source).is_file()
