"""The one way to a server: one origin, no redirection, nothing read without end.

`OneOrigin` is a transport of httpx2, through which Google's library, OpenAI's and
`makers/exchange.py` ask, so what is done here holds for all of them. No key, still or prompt goes
to another origin (scheme, host and port) than was named. Answers come whole, uncompressed and
bounded; where one tells the key that was sent, that is taken out before anybody reads or keeps it.
Proxies are those of the environment, but never on the way to this machine itself.
"""

from ipaddress import ip_address
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from cut2next.annotation.address import origin_of
from cut2next.film import InputError
from cut2next.film.png_prompt import printable

MOST_TEXT = 2**22
"""Bytes of an answer in words; the longest that a model gives is a hundredth of it."""
_SHORTEST_KEY = 8
"""Letters: something shorter is no secret, and may be a word of an answer."""
_HIDDEN = "(your key)"
_UNTRUE = ("content-encoding", "content-length", "transfer-encoding")
"""Headers of an answer that no longer hold once it is read."""
_CONNECTIONS = httpx2.Limits(max_connections=1000, max_keepalive_connections=100)


class OneOrigin(httpx2.AsyncBaseTransport):
    """To the origin of one URL alone."""

    def __init__(self, url: str, *, key: str | None, most_bytes: int = MOST_TEXT) -> None:
        """`key` is taken out of answers, `most_bytes` read of one.

        Raises InputError for a proxy in the environment that cannot be used.
        """
        self._origin, self._most_bytes = origin_of(url), most_bytes
        self._key = key if key and len(key) >= _SHORTEST_KEY else None
        try:
            self._way = httpx2.AsyncHTTPTransport(proxy=_proxy_of(url), limits=_CONNECTIONS)
        except (ImportError, ValueError, httpx2.InvalidURL) as error:
            raise InputError(
                f"the proxy on the way to {self._origin} cannot be used ({type(error).__name__})",
                expected="http:// or https://",
                hint="change HTTPS_PROXY, HTTP_PROXY or ALL_PROXY, or name the host in NO_PROXY",
            ) from error

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """A whole answer.

        Raises InputError for another origin, on the way there or back, and for an answer that is
        larger than any or compressed; httpx2.HTTPError where the connection fails.
        """
        if (asked := origin_of(str(request.url))) != self._origin:
            raise self._left(f"a request to {asked}")
        request.headers["accept-encoding"] = "identity"
        response = await self._way.handle_async_request(request)
        try:
            self._check(request, response)
            body = await self._whole(response)
        finally:
            await response.aclose()
        headers = [
            (name, self._without_key(value))
            for name, value in response.headers.multi_items()
            if name.lower() not in _UNTRUE
        ]
        if self._key:
            body = body.replace(self._key.encode(), _HIDDEN.encode())
        return httpx2.Response(response.status_code, headers=headers, content=body)

    async def aclose(self) -> None:
        """Closes the connections."""
        await self._way.aclose()

    def _check(self, request: httpx2.Request, response: httpx2.Response) -> None:
        """Refuses what an answer's head tells of it."""
        if response.has_redirect_location:
            raise self._left(f"a redirection to {self._place(request, response)}")
        packed = response.headers.get("content-encoding", "identity").strip().lower()
        if packed not in ("", "identity"):
            raise InputError(
                f"{self._origin}: a compressed answer ({printable(packed)[:20]})",
                expected="it as it is, as was asked for",
                hint="check the address",
            )

    def _place(self, request: httpx2.Request, response: httpx2.Response) -> str:
        """Where a redirection goes: another origin, or an address of this one."""
        try:
            there = urljoin(str(request.url), response.headers["location"])
        except ValueError:
            return "no address"
        place = origin_of(there)
        if place != self._origin:
            return place
        return printable(self._without_key(there.partition("?")[0]))[:200]

    async def _whole(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        async for piece in response.stream:
            body += piece
            if len(body) > self._most_bytes:
                raise InputError(
                    f"{self._origin}: an answer of more than {self._most_bytes // 2**20} MiB",
                    expected="an answer to what was asked",
                    hint="check the address",
                )
        return bytes(body)

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, _HIDDEN) if self._key else text

    def _left(self, how: str) -> InputError:
        return InputError(
            f"{self._origin}: {how}",
            expected="an answer from the server that was named",
            hint="name that address instead, if you trust it with your key and pictures",
        )


def _proxy_of(url: str) -> str | None:
    parts = urlsplit(url)
    if _is_here(parts.hostname or "") or proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
