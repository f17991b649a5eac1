"""Who may speak to a study's server, beside what any local page asks (`pages/access.py`).

- Origin: what changes something must come from the study's own page
- size: a vote is short
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cut2next.pages import access
from cut2next.pages.access import Refusal

LONGEST_BODY = 2048
HEADERS = access.headers()


@dataclass(frozen=True, kw_only=True)
class Door(access.Door):
    """What a request must bring."""

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request is not answered, whatever it asks for; None where it may be."""
        if fault := super().refusal(method, path, headers):
            return fault
        if method in ("GET", "HEAD"):
            return None
        if headers.get("origin") != f"http://{headers.get('host', '')}":
            return Refusal(403, "Answers are taken from the study's own page alone.")
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return Refusal(415, "An answer is JSON.")
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return Refusal(411, "An answer tells its length.")
        return Refusal(413, "An answer is short.") if int(length) > LONGEST_BODY else None
