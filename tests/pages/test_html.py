"""Pages are made from templates, and say a number as people read it."""

from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from jinja2 import UndefinedError

from cut2next.pages.html import clock, render


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0:00:00.0"), (59.96, "0:01:00.0"), (3723.44, "1:02:03.4"), (-0.01, "0:00:00.0")],
)
def test_a_clock_carries(seconds: float, told: str) -> None:
    assert clock(seconds) == told


def templates(folder: Path, body: str) -> Path:
    """A room's own template and script, on our base."""
    template = folder / "room.html.j2"
    template.write_text(
        '{% extends "base.html.j2" %}{% block title %}{{ title }}{% endblock %}'
        "{% block body %}" + body + "{% endblock %}"
    )
    (folder / "room.js").write_text('document.title += "!";')
    return template


def test_a_room_brings_its_own_template_and_only_its_script_may_run(tmp_path: Path) -> None:
    template = templates(tmp_path, "<p>{{ 1234567 | count }}, {{ 0.12345 | number }}</p>")
    page = render(template, script="room.js", title="<b>&")
    code = (tmp_path / "room.js").read_text()
    digest = b64encode(sha256(code.encode()).digest()).decode()
    assert "default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'; " in page
    assert f"script-src 'sha256-{digest}'" in page
    assert f"<script>{code}</script>" in page
    assert "<title>&lt;b&gt;&amp;</title>" in page
    assert "1\u2009234\u2009567, 0.123" in page


def test_two_rooms_do_not_share_their_templates(tmp_path: Path) -> None:
    pages = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        pages.append(render(templates(tmp_path / name, name), script="room.js", title=""))
    assert "other" in pages[1]
    assert "other" not in pages[0]


def test_a_value_that_a_page_lacks_is_no_empty_text(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError, match="'missing' is undefined"):
        render(templates(tmp_path, "{{ missing }}"), script="room.js", title="")
