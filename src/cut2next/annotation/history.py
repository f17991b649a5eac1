"""All answers that one question has had: what they amount to together, and what to ask next."""

from collections.abc import Sequence
from typing import Generic

from cut2next.annotation.cache import Received
from cut2next.annotation.limits import Limits
from cut2next.annotation.question import Answer, Question
from cut2next.annotation.reading import Missing, read_answers


class History(Generic[Answer]):
    """The answers to one question, oldest first, read anew by the reader of today."""

    def __init__(self, question: Question[Answer], received: Sequence[Received]) -> None:
        self._question: Question[Answer] = question
        self._received = received
        self.raws = [answer.raw for answer in received if answer.refusal is None]
        self.reading: Answer | Missing = read_answers(self.raws, question.schema)

    def __len__(self) -> int:
        return len(self._received)

    @property
    def refusal(self) -> str | None:
        """Why the model would not answer, the last time that it was asked."""
        return self._received[-1].refusal if self._received else None

    @property
    def room(self) -> int | None:
        """Tokens to give the next answer, twice those at which one was cut off; None as is usual.

        The cut-off ones are read as well, so what they told in whole is not asked again.
        """
        cut_off = [answer.tokens_out for answer in self._received if answer.cut_off]
        return 2 * max(cut_off) if cut_off else None

    def is_settled(self, limits: Limits, earlier: int = 0) -> bool:
        """Whether there is nothing more to ask: all is told, refused, or patience is at its end.

        So many `earlier` answers do not count against patience.
        """
        told = self.refusal is not None or not isinstance(self.reading, Missing)
        return bool(self._received) and (told or len(self) - earlier > limits.re_asks)

    def next_question(self) -> Question[Answer]:
        """The question as it is first asked; later about what is missing alone."""
        if not self._received or not isinstance(self.reading, Missing):
            return self._question
        return self._question.again(self.reading, self.room)

    @property
    def fault(self) -> str | None:
        """What the answers lack; None where there are none, and where all is told."""
        if not self._received or not isinstance(self.reading, Missing):
            return None
        room = self.room
        cut_off = f", cut off after {room // 2} tokens" if room else ""
        return f"{len(self)} answers did not fit{cut_off}: {self.reading}"
