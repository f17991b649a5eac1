"""Names of files that go out: panels in their order, each with its id, by which it comes home.

0010-4f1c22d09a7be310.png           a panel's picture
0020-90aa5c1e3b7d4420_empty.png     a card for a panel that has none
"""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from cut2next.studio.board import Panel

_STEM = re.compile(r"[0-9]{4,6}-(?P<id>[0-9a-z][0-9a-z-]{0,39})(?P<empty>_empty)?")
_MOST = 80
"""Letters of a file's name that comes from a title."""
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)?")
"""What Windows calls no file."""


@dataclass(frozen=True, kw_only=True)
class Named:
    """What a file's name says of the panel that it is of."""

    id: str
    is_empty: bool
    """Whether the file is a card in the place of a picture."""


def stem_of(place: int, panel: Panel) -> str:
    """The name, without suffix, of what is made of a panel; `place` counts from 0."""
    return f"{10 * (place + 1):04d}-{panel.id}" + ("" if panel.picture else "_empty")


def panel_named(name: str) -> Named | None:
    """What a name, or the path or URL that ends in it, says; None for one that is not of ours."""
    last = last_part(name)
    found = _STEM.fullmatch(last.rpartition(".")[0]) or _STEM.fullmatch(last)
    return found and Named(id=found["id"], is_empty=found["empty"] is not None)


def last_part(name: str) -> str:
    """The name of the file that a path, of any system, or a URL leads to."""
    return unquote(name).replace("\\", "/").rstrip("/").rpartition("/")[2]


def file_name(title: str, suffix: str = "") -> str:
    """A title as the name of a file that every system takes: "Board" where nothing is left."""
    kept = "".join(
        letter if unicodedata.category(letter)[0] in "LN" or letter in "-_" else " "
        for letter in unicodedata.normalize("NFC", title)
    )
    name = " ".join(kept.split())[:_MOST].strip()
    while len(name.encode()) > 2 * _MOST:
        name = name[:-1].strip()
    return ("Board" if _RESERVED.fullmatch(name) else name) + suffix
