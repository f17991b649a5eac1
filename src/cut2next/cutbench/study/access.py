"""Who may speak to a study's server: checked before anything else looks at what was sent.

- Host: an address or a name of this machine, so that no foreign name can be made to lead here
- key: where others than this machine are listened to; in the link once, then in a cookie
- Origin: what changes something must come from the study's own page
- size: a vote is short
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from secrets import compare_digest
from socket import gethostname
from urllib.parse import parse_qs, urlencode, urlsplit

from cut2next.cutbench.study.votes import Rater

LONGEST_BODY = 2048
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Of every answer that says nothing else: nothing foreign runs, no link is passed on."""


@dataclass(frozen=True)
class Refusal:
    """Why something is not answered."""

    status: int
    words: str


@dataclass(frozen=True, kw_only=True)
class Door:
    """What a request must bring."""

    host: str
    """What is listened on."""
    key: str | None
    """None where nobody else can ask."""
    cookie: str
    """Of the one that stands for the key: a name for each study, since ports share cookies."""

    def refusal(self, method: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request is not answered, whatever it asks for; None where it may be."""
        host = headers.get("host", "")
        if not self._is_here(host):
            return Refusal(421, "This study is not found under that name.")
        if method in ("GET", "HEAD"):
            return None
        if headers.get("origin") != f"http://{host}":
            return Refusal(403, "Answers are taken from the study's own page alone.")
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return Refusal(415, "An answer is JSON.")
        length = headers.get("content-length", "")
        if not (length.isascii() and length.isdigit()):
            return Refusal(411, "An answer tells its length.")
        return Refusal(413, "An answer is short.") if int(length) > LONGEST_BODY else None

    def opens(self, headers: Mapping[str, str]) -> bool:
        """Whether a request brings the cookie, where a key is needed."""
        return self.key is None or _same(cookie_of(headers, self.cookie) or "", self.kept)

    def in_link(self, method: str, query: str) -> bool:
        """Whether a link brings the key."""
        given = parse_qs(query).get("key", [""])[0] if method == "GET" else ""
        return self.key is not None and _same(given, self.key)

    @property
    def kept(self) -> str:
        """What the cookie holds: the key's digest, which any cookie can."""
        return sha256((self.key or "").encode()).hexdigest()

    def link(self, rater: Rater | None = None) -> str:
        """The path of the study, or of a rater's place in it, with the key that it needs."""
        path = f"/r/{rater.token}" if rater else "/"
        return path if self.key is None else f"{path}?{urlencode({'key': self.key})}"

    def _is_here(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if is_loopback(self.host):
            return is_loopback(name)
        own = gethostname().lower()
        return name in ("localhost", self.host.lower(), own, f"{own}.local") or _is_address(name)


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def cookie_of(headers: Mapping[str, str], name: str) -> str | None:
    """A cookie that a request brings."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _same(given: str, wanted: str) -> bool:
    """In a time that tells nothing of what is wanted."""
    return compare_digest(given.encode(), wanted.encode())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
