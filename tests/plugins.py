"""Packages that are installed for one test."""

from pathlib import Path

import pytest


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *, name: str, code: str) -> None:
    """A distribution with one module, `NAME_scorer`, whose `Scorer` gives the score of a name."""
    about = folder / f"{name}_scorer-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}-scorer\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[cut2next.scorers]\n{name} = {name}_scorer:Scorer\n")
    (folder / f"{name}_scorer.py").write_text(code)
    monkeypatch.syspath_prepend(folder)
