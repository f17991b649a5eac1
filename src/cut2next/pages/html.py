"""Pages that open from disk: one file with its styles inside, pictures beside it, no network.

A page that is `served` has script and styles as files beside it, as a server's headers want it.

Film names and prompts are foreign text. Templates escape all that they are given, and each page
forbids the browser whatever is not its own.
"""

from base64 import b64encode
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from cut2next import __version__
from cut2next.film.installation import needed

_OURS = Path(__file__).parent / "templates"
"""What every page is built on: "base.html.j2" with its styles."""
STYLE = _OURS / "style.css"
"""The styles alone, for a page that is served."""


def render(template: Path, *, script: str, served: bool = False, **values: Any) -> str:
    """A page from a room's template and the script file beside it.

    One that is `served` finds there the script, styles of the script's name, and "style.css".
    Raises InputError when jinja2 is not installed.
    """
    page = _environment(template.parent).get_template(template.name)
    code = template.with_name(script).read_text(encoding="utf-8")
    values |= {"script": code, "script_hash": b64encode(sha256(code.encode()).digest()).decode()}
    values |= {"served": served, "script_file": script, "style_file": f"{Path(script).stem}.css"}
    return str(page.render(version=__version__, **values))


def made_here(page: Path) -> bool:
    """Whether a file is a page of ours, by its foot."""
    return b"<footer><p>Made by cut2next " in page.read_bytes()


@lru_cache
def _environment(templates: Path) -> Any:
    """Jinja's, with a folder's templates compiled once."""
    with needed("it, to write pages"):
        import jinja2
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader((templates, _OURS)),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clock": clock,
        "number": "{:.3g}".format,  # a score in three digits
        "count": lambda value: f"{value:,}".replace(",", "\u2009"),  # thin spaces for commas
    }
    return environment


def clock(seconds: float) -> str:
    """A moment of a film, as 1:02:03.4."""
    tenths = round(abs(seconds) * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 and tenths else ""
    return f"{sign}{hours}:{minutes:02d}:{rest // 10:02d}.{rest % 10}"
