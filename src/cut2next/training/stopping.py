"""A run that is asked to stop ends its step, saves, and then stops."""

import signal
from contextlib import AbstractContextManager
from threading import current_thread, main_thread
from types import FrameType, TracebackType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopped(Exception):
    """A run that a signal stopped; all that was learnt is saved."""

    def __init__(self, by: signal.Signals, step: int) -> None:
        super().__init__(f"stopped by {by.name} after step {step}; the same command goes on")
        self.signal, self.step = by, step


class Stop(AbstractContextManager["Stop"]):
    """Notes the signals that ask to stop; a second one stops at once, as if none were noted."""

    def __init__(self) -> None:
        self._asked: signal.Signals | None = None
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> "Stop":
        # Elsewhere than in the main thread nobody may listen.
        if current_thread() is main_thread():
            self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    @property
    def asked(self) -> bool:
        """Whether a signal came."""
        return self._asked is not None

    def stopped(self, step: int) -> Stopped:
        """What to raise once all is saved; another process may have got the signal."""
        return Stopped(self._asked or signal.SIGTERM, step)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._asked = signal.Signals(number)
        self.__exit__(None, None, None)
