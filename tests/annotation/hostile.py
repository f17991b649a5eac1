"""A server on loopback that says any bytes at all, and notes what reaches it."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class HostileServer:
    """On a free port while it is entered; every request is answered by `answer`."""

    def __init__(self, answer: Callable[[socket.socket], None]) -> None:
        self.answer = answer
        self.came: list[bytes] = []
        """Each request, with its body."""
        self.sent = 0
        """Bytes that a client took before it hung up, and what its machine took ahead of it."""
        self.stopped = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stopped.set()
        socket.create_connection(self._socket.getsockname()).close()
        self._thread.join()
        self._socket.close()

    def pour(self, connection: socket.socket, piece: bytes, pause: float = 0.0) -> None:
        """Says the same without end, until nobody listens."""
        while not self.stopped.wait(pause):
            self.sent += connection.send(piece)

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            if self.stopped.is_set():
                connection.close()
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.came.append(_request(connection))
                self.answer(connection)
            except OSError:
                return


def said(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """An answer, whole and well formed unless the headers say otherwise."""
    usual = (f"Content-Length: {len(body)}", "Connection: close")
    return "\r\n".join([f"HTTP/1.1 {status}", *usual, *headers, "", ""]).encode("latin-1") + body


def _request(connection: socket.socket) -> bytes:
    with connection.makefile("rb") as file:
        head = b""
        while (line := file.readline()) not in (b"\r\n", b""):
            head += line
        sizes = [
            int(line.partition(b":")[2])
            for line in head.splitlines()
            if line.lower().startswith(b"content-length:")
        ]
        return head + file.read(sum(sizes))
