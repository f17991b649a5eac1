"""Prompts as captions: who is who is told once, beside the pictures."""

from cut2next.film import mentions


def readable(text: str) -> str:
    """A prompt with names alone: of "Close up of <Anna> (red bob)" it is "Close up of Anna"."""
    for person in reversed(list(mentions(text))):
        if not person.in_look:
            rest = text[person.end :]
            look = rest.partition(")")[2] if person.look is not None else rest
            text = f"{text[: person.start]}{person.name}{look}"
    return text
