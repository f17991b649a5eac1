"""Servers' addresses and keys, as people hand them in; nothing is asked here."""

import re
from urllib.parse import SplitResult, urlsplit

from cut2next.film import InputError
from cut2next.film.png_prompt import printable

_PORTS = {"http": 80, "https": 443}
_KEY = re.compile(r"[!-~]+")
"""Letters that a header may hold."""


def address_parts(url: str, hint: str) -> SplitResult:
    """The parts of a server's URL. Raises InputError for what is none, or holds a password."""
    from httpx2 import URL, InvalidURL

    try:
        parts = urlsplit(url)
        fine = parts.scheme in _PORTS and bool(URL(url).host) and parts.port != 0
    except (ValueError, InvalidURL):
        fine = False
    if not fine or "@" in parts.netloc:
        raise InputError(
            "a URL with a password" if "@" in url else f"no server's address: {printable(url)!r}",
            expected="http:// or https://, a host, and what its protocol's addresses begin with",
            hint=hint,
        )
    return parts


def base_address(url: str, key_name: str) -> str:
    """A URL that others are made of, without a slash at its end.

    Raises InputError as `address_parts`, and for one with a query.
    """
    parts = address_parts(
        url, f"for example http://localhost:8000/v1; the key belongs in {key_name}"
    )
    if parts.query or parts.fragment:
        raise InputError(
            f"{origin_of(url)}: an address with ? or # in it",
            expected="what its protocol's addresses begin with",
            hint=f"leave that out; the key belongs in {key_name}",
        )
    return url.rstrip("/")


def origin_of(url: str) -> str:
    """Scheme, host and port, so that none of them can differ unseen; fit for a terminal."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "no address"
    host = parts.hostname or ""
    return printable(f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}")


def fit_key(key: str, name: str) -> str:
    """A key as a header can hold it. Raises InputError, which does not tell it, for another."""
    if not _KEY.fullmatch(key := key.strip()):
        raise InputError(
            f"{name}: holds what no key has, a space perhaps, or a letter with an accent",
            expected="the key alone",
            hint=f"set {name} anew",
        )
    return key
