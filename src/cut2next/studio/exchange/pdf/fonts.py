"""Fonts of this machine, for texts of any script; a letter that none has is known before."""

import os
import struct
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cut2next.film import InputError
from cut2next.film.installation import needed
from cut2next.film.paths import opened

_FOLDERS = (
    *("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"),
    *("/System/Library/Fonts", "/Library/Fonts", "~/Library/Fonts", "C:/Windows/Fonts"),
)
_FAMILIES = (
    *(("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"), ("OpenSans-Regular.ttf", "OpenSans-Bold.ttf")),
    *(("Roboto-Regular.ttf", "Roboto-Bold.ttf"), ("Arial.ttf", "Arial Bold.ttf")),
    *(("arial.ttf", "arialbd.ttf"), ("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf")),
    ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf"),
    ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
)
"""Plain and bold, the best for small columns first."""
_MANY = ("cjk", "ipa", "gothic", "vl-", "noto", "droid", "unicode", "free", "symbol", "dejavu")
"""What fonts are called that have many letters: they are looked into first."""
_ENDINGS = (".ttf", ".ttc")
_LOOKED_INTO = 300
_NONE = ("Cc", "Cf", "Zs", "Zl", "Zp", "Mn")
"""Kinds of letters that need no shape of their own."""


@dataclass(frozen=True, kw_only=True)
class Fonts:
    """What a text is set in."""

    plain: Path | None = None
    """None where this machine has no font: then there are but PDF's own, for Western letters."""
    bold: Path | None = None
    others: tuple[Path, ...] = ()
    """Each has letters that those before it lack."""
    missing: frozenset[str] = field(default_factory=frozenset)
    """Letters that none of them has."""


def fonts_for(text: str) -> Fonts:
    """What has most of a text's letters, of the fonts that there are."""
    there = _there()
    letters = {letter for letter in text if unicodedata.category(letter) not in _NONE}
    pairs = ((there.get(plain), there.get(bold)) for plain, bold in _FAMILIES)
    plain, bold = next(((one, two) for one, two in pairs if one and two), (None, None))
    if plain is None:
        unknown = {letter for letter in letters if not _is_western(letter)}
        return Fonts(missing=frozenset(unknown))
    missing = letters - set(_letters_of(plain))
    others = []
    for path in _widest(there.values()):
        if not missing:
            break
        if found := missing & set(_letters_of(path)):
            others.append(path)
            missing -= found
    return Fonts(plain=plain, bold=bold, others=tuple(others), missing=frozenset(missing))


def _there() -> dict[str, Path]:
    """Every font's file by its name."""
    found: dict[str, Path] = {}
    for name in _FOLDERS:
        for top, _, files in os.walk(Path(name).expanduser()):
            for file in files:
                if file.lower().endswith(_ENDINGS) and "emoji" not in file.lower():
                    found.setdefault(file, Path(top) / file)
    return found


def _widest(paths: Iterable[Path]) -> list[Path]:
    """Regular ones of those that have many letters first; bold and slanted ones last."""

    def rank(path: Path) -> tuple[bool, int, str]:
        name = path.name.lower()
        styled = any(word in name for word in ("bold", "italic", "oblique", "light", "black"))
        known = (place for place, word in enumerate(_MANY) if word in name)
        return styled, next(known, len(_MANY)), name

    return sorted(paths, key=rank)[:_LOOKED_INTO]


def _letters_of(path: Path) -> Iterator[str]:
    """The letters that a font has; none of one that cannot be read."""
    with needed("it, to write PDF"):
        from fontTools.ttLib import TTFont, TTLibError
    faults = (TTLibError, OSError, ValueError, LookupError, AssertionError, struct.error)
    try:
        with opened(path) as file, TTFont(file, fontNumber=0, lazy=True) as font:
            yield from map(chr, font.getBestCmap() or ())
    except (InputError, *faults):
        return


def _is_western(letter: str) -> bool:
    try:
        letter.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
