"""Who may speak to a local page's server: checked before anything else looks at what was sent.

- Host: an address or a name of this machine, so that no foreign name can be made to lead here
- key: where others than this machine are listened to; in the link once, then in a cookie
- what changes something, each server judges for itself (`Door.refusal`)
"""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from secrets import compare_digest
from socket import gethostname
from types import MappingProxyType
from urllib.parse import parse_qs, urlencode, urlsplit

SHORTEST_KEY = 12
"""Letters of a key that somebody chose."""


def headers(**more: str) -> Mapping[str, str]:
    """Of every answer that says nothing else: nothing foreign runs, no link is passed on.

    `more` are sources that pages need beside the server itself: `img_src="blob:"`.
    """
    own = {name.replace("_", "-"): f"'self' {also}".strip() for name, also in more.items()}
    sources = {"default-src": "'none'", "script-src": "'self'", "style-src": "'self'"}
    sources |= {"img-src": "'self'", "connect-src": "'self'", "base-uri": "'none'"} | own
    sources |= {"form-action": "'self'", "frame-ancestors": "'none'"}
    policy = [f"{name} {allowed}" for name, allowed in sources.items()]
    return MappingProxyType(
        {
            "Content-Security-Policy": "; ".join([*policy, "require-trusted-types-for 'script'"]),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
    )


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
    """Of the one that stands for the key: a name for each server, since ports share cookies."""

    def refusal(self, method: str, path: str, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request is not answered; None where it may be."""
        if not self.is_here(headers.get("host", "")):
            return Refusal(421, "Nothing is found here under that name.")
        return None

    def lock(self, headers: Mapping[str, str]) -> Refusal | None:
        """Why a request without the key is not answered; None for one that needs or has it."""
        if self.key is None or _same(cookie_of(headers, self.cookie) or "", self.kept):
            return None
        return Refusal(403, "This page opens with the link to it; ask whoever runs it.")

    def in_link(self, method: str, query: str) -> bool:
        """Whether a link brings the key."""
        given = parse_qs(query).get("key", [""])[0] if method == "GET" else ""
        return self.key is not None and _same(given, self.key)

    @property
    def kept(self) -> str:
        """What the cookie holds: the key's digest, which any cookie can."""
        return sha256((self.key or "").encode()).hexdigest()

    def link(self, path: str = "/") -> str:
        """A path, with the key that it needs."""
        return path if self.key is None else f"{path}?{urlencode({'key': self.key})}"

    def is_here(self, host: str) -> bool:
        """Whether a Host header names this machine, as far as it is listened to."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if is_loopback(self.host):
            return is_loopback(name)
        own = gethostname().lower()
        return name in ("localhost", self.host.lower(), own, f"{own}.local") or _is_address(name)

    def brings_key(self, headers: Mapping[str, str]) -> bool:
        """Whether a program's request brings the key: `Authorization: Bearer KEY`."""
        kind, _, given = headers.get("authorization", "").partition(" ")
        bearer = kind.casefold() == "bearer"
        return self.key is not None and bearer and _same(given.strip(), self.key)


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant."""
    return host == "localhost" or (_is_address(host) and ip_address(host).is_loopback)


def shown_host(host: str) -> str:
    """As part of a link; what listens everywhere is found under the machine's own name."""
    if host in ("0.0.0.0", "::"):
        return gethostname()
    return f"[{host}]" if ":" in host else host


def cookie_of(headers: Mapping[str, str], name: str) -> str | None:
    """A cookie that a request brings."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return None
    return found.value if found else None


def _same(given: str, wanted: str) -> bool:
    """In a time that tells nothing of what is wanted."""
    return compare_digest(given.encode(errors="replace"), wanted.encode())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
