"""What a person is told of a file that came in: each sentence once, with how often it held."""

from cut2next.studio.checks import TEXT


class Told:
    """Counts what was left out."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, sentence: str, thing: str, count: int = 1) -> None:
        """`{}` in the sentence becomes "3 clips"."""
        key = sentence, thing
        self._counts[key] = self._counts.get(key, 0) + count

    @property
    def sentences(self) -> tuple[str, ...]:
        """In the order in which they came up."""
        return tuple(
            sentence.replace("{}", f"{count} {thing}" + "s" * (count != 1), 1)
            for (sentence, thing), count in self._counts.items()
        )


def shown(text: str) -> str:
    """A stranger's text as a panel can hold it: what would steer is taken out, the rest cut."""
    kept = text.replace("\r\n", "\n").replace("\r", "\n")[:TEXT]
    return "".join(
        letter
        for letter in kept
        if not ((letter < " " and letter not in "\n\t") or letter in "\x7f\ufffe\uffff")
        and not "\ud800" <= letter <= "\udfff"
    )
