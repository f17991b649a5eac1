"""The errors cut2next raises on purpose; each is one line that a person can act on.

    Cut2NextError
    ├── InputError      something handed in cannot be used: an image, a prompt, a number, a name
    ├── OutputError     a result cannot be written where it was asked for
    └── WeightsError    model files are missing, damaged or do not fit

Anything else that escapes is a defect of cut2next. The command line turns these into one line and
exit code 2; a library user catches `Cut2NextError`.
"""

import functools


class Cut2NextError(Exception):
    """What came, what was expected, what to do: three facts, one line."""

    def __init__(self, got: str, *, expected: str, hint: str) -> None:
        super().__init__(f"{got}; expected {expected}; {hint}")
        self.got = got
        self.expected = expected
        self.hint = hint

    def __reduce__(self) -> tuple[object, ...]:
        """So that it comes out of another process as it was."""
        return functools.partial(type(self), expected=self.expected, hint=self.hint), (self.got,)


class InputError(Cut2NextError):
    """Something handed in cannot be used: an image, a prompt, a number, a name."""


class OutputError(Cut2NextError):
    """A result cannot be written where it was asked for."""


class WeightsError(Cut2NextError):
    """Model files are missing, damaged or do not fit."""


def one_line(error: object, limit: int = 200) -> str:
    """What somebody else's error says, as part of a line: no line ends, and so many letters."""
    return " ".join(str(error).split())[:limit]
