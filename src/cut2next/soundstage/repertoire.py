"""What film sets may be built from. A small model learns a part of it, and says which."""

import unicodedata
from dataclasses import asdict, dataclass, replace

from cut2next.film import InputError
from cut2next.soundstage.lighting import GRADES, HOURS
from cut2next.soundstage.people import LOOKS
from cut2next.soundstage.places import PLACES


@dataclass(frozen=True, kw_only=True)
class Repertoire:
    """What chance draws from; all there is, unless said. Another order is another film set.

    As text it is a list with commas: "café,day,2" is the café by day with two people, in any grade.
    """

    places: tuple[str, ...] = PLACES
    hours: tuple[str, ...] = tuple(HOURS)
    grades: tuple[str, ...] = GRADES
    people: tuple[str, ...] = ("2", "3")
    """How many: two leads, and a third behind them."""
    casts: tuple[str, ...] = ("anyone", "company")
    """Who plays: the company is some of anyone, so only "company" alone says anything."""
    looks: tuple[str, ...] = LOOKS
    """Whether anyone has a look that models may learn from, or one that none has seen."""

    def __post_init__(self) -> None:
        for kind, choices in asdict(self).items():
            if not choices:
                raise InputError(f"no {kind} to draw from", expected="1 or more", hint="add one")
        if self.company_alone and "taught" not in self.looks:
            raise InputError(
                "the company, in withheld looks",
                expected="anyone in withheld looks: the company's five are taught",
                hint='leave out "company" or "withheld"',
            )

    @property
    def company_alone(self) -> bool:
        """Whether everyone is one of the five players of `people.COMPANY`."""
        return self.casts == ("company",)

    @property
    def teachable(self) -> "Repertoire":
        """The same in looks that models may learn from, unless withheld ones alone are named."""
        both = self.looks == LOOKS and not self.company_alone
        return replace(self, looks=("taught",)) if both else self

    def __str__(self) -> str:
        everything = asdict(EVERYTHING)
        kinds = asdict(self).items()
        return ",".join(name for kind, own in kinds if own != everything[kind] for name in own)


EVERYTHING = Repertoire()


def repertoire_named(text: str) -> Repertoire:
    """The part of the film set that a list with commas names; kinds it does not name stay whole.

    An empty list is everything. Case, accents, spaces and dashes do not matter. Raises InputError
    for a name of nothing.
    """
    chosen: dict[str, set[str]] = {}
    for name in text.split(",") if text else ():
        kind, known = _known(name)
        chosen.setdefault(kind, set()).add(known)
    return Repertoire(
        **{
            kind: tuple(name for name in names if name in chosen.get(kind, names))
            for kind, names in asdict(EVERYTHING).items()
        }
    )


def _known(text: str) -> tuple[str, str]:
    """Which kind of thing a name is of, and how it is written here."""
    everything = asdict(EVERYTHING)
    for kind, names in everything.items():
        for name in names:
            if _letters(text) == _letters(name):
                return kind, name
    raise InputError(
        f"{text!r} is no part of the film set",
        expected="one of " + ", ".join(name for names in everything.values() for name in names),
        hint='a comma stands between several: "café,park,day,2"',
    )


def _letters(text: str) -> str:
    """The bare letters and digits: no case, accents, spaces or dashes."""
    return "".join(
        letter for letter in unicodedata.normalize("NFKD", text.casefold()) if letter.isalnum()
    )
