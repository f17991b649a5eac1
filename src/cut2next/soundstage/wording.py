"""Prompts of the film set: the structured fields of the paper, in varied words.

What a prompt says is true of the set as the camera is turned to it, though somebody's back may hide
a prop or a wall that it names; what it leaves out (wall paint, furniture colour, where
the key light comes from) only the current shot can tell. A `Telling` leaves out more.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from cut2next.film import (
    EditingPattern,
    IndividualPrompt,
    RelationalPrompt,
    mentions,
    transition_caption,
)
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.camera_words import (
    angle_words,
    camera_attributes,
    camera_phrase,
    in_frame,
    lens_of,
    size_words,
    view_of,
)
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.lighting import HOURS
from cut2next.soundstage.people import COMPANY, Person
from cut2next.soundstage.primitives import vector
from cut2next.soundstage.repertoire import repertoire_named

_COMPANY = {look.short for look in COMPANY}
_TALK = ("talk", "face each other", "are in conversation")


@dataclass(frozen=True, kw_only=True)
class Telling:
    """What is told of a cut, and by which of its prompts.

    As it stands: all that there is to say, the camera in the next prompt alone.
    """

    known: frozenset[str] = frozenset()
    """Owners whom relational and next prompt call by name alone: the current prompt says who."""
    scene: tuple[str, ...] | None = None
    """Whom the relational prompt names, and no place and light, as one that patterns imply; None
    is both leads, and all that stays the same."""
    camera_in_relation: bool = False
    """Whether the relational prompt says how the next shot is framed."""
    camera_in_attributes: bool = False
    """Whether size, framing and angle of a shot are attributes, and not in its summary."""
    view: bool = False
    """Whether it is told from which side the camera sees somebody."""
    lens: bool = False
    place: bool = True
    """Whether the summary says where it is."""
    description: bool = True
    attributes: bool = True


EVERYTHING = Telling()


def introduced(setup: Setup) -> tuple[str, ...]:
    """The owners whom the summary of a setup's prompt names with their looks, in its order."""
    looked_past = (_other(setup),) if setup.framing == "over the shoulder" else ()
    return (*looked_past, *(who for who in setup.subjects if who in OWNERS))


def relational_prompt(
    film_set: FilmSet,
    patterns: Iterable[EditingPattern],
    following: Setup,
    chance: Random,
    telling: Telling = EVERYTHING,
) -> RelationalPrompt:
    """What joins two setups of a set."""
    place, light, grade = film_set.place.name, HOURS[film_set.hour].words, film_set.grade
    people = _joined(film_set, OWNERS[:2] if telling.scene is None else telling.scene, telling)
    scene = f"{people} {chance.choice(_TALK)} in the {place}"
    subject = _named(film_set, following)
    if telling.scene is not None and following.framing == "insert" and telling.place:
        subject += f" in the {place}"
    transition = transition_caption(patterns, subject, chance)
    stays = (
        f"The {place}, {light} and {grade} color stay the same",
        f"Same {place}, same {light}, same {grade} color",
    )
    if telling.scene is not None:  # as `generation.relation` has it
        scene = f"With {people}" if people else ""
        stays = ("Background, light and color stay the same",) * 2
    if telling.camera_in_relation:
        transition += f", as {camera_phrase(following, _over(film_set, following), chance)}"
    return RelationalPrompt(
        scene=scene,
        transition=transition,
        scene_consistency=chance.choice(stays),
        character_consistency=chance.choice(
            ("Faces and clothes stay the same", "Same people, same clothes")
        ),
    )


def individual_prompt(
    film_set: FilmSet, setup: Setup, chance: Random, telling: Telling = EVERYTHING
) -> IndividualPrompt:
    """What one setup shows."""
    size = size_words(setup, chance)
    summary = _subject(film_set, setup, telling)
    light = {"Light": HOURS[film_set.hour].words, "Color": film_set.grade}
    light |= {"Focus": "motion blur"} if film_set.pan else {}
    camera, more = camera_attributes(setup), _more(film_set, setup, telling)
    if telling.camera_in_attributes:
        camera |= more
    else:
        summary = _opening(film_set, setup, size, summary, telling)
        camera.pop("Shot Size", None)
    if telling.place:
        summary += f" in the {film_set.place.name}"
    if not telling.camera_in_attributes:
        summary += "".join(f", {value} {name.lower()}" for name, value in more.items())
    return IndividualPrompt(
        summary=_capitalized(summary),
        description=_description(film_set, setup, chance, telling) if telling.description else "",
        attributes=camera | light if telling.attributes else {},
    )


def subject_prompt(
    film_set: FilmSet, setup: Setup, chance: Random, telling: Telling = EVERYTHING
) -> IndividualPrompt:
    """What one setup shows, and nothing of how it is shot, which the relational prompt decides."""
    place = f" in the {film_set.place.name}" if telling.place else ""
    looks = [
        _bearing(person, chance)
        for who, person in _people(film_set, setup).items()
        if who not in telling.known
    ]
    return IndividualPrompt(
        summary=_capitalized(_subject(film_set, setup, telling) + place),
        description="; ".join(looks) if telling.description else "",
    )


def may_be_learnt(prompt: IndividualPrompt, repertoire: str) -> bool:
    """Whether a model that learnt a part of the film set, as `--only` takes it, may know a shot.

    By its place, its light and its people. One that learnt no part in particular may know any.
    """
    part = repertoire_named(repertoire)
    lights = [HOURS[hour].words for hour in part.hours]
    looks = {person.look for person in mentions(prompt.text) if not person.bare}
    return not repertoire or (
        any(place in prompt.text for place in part.places)
        and (not part.company_alone or looks <= _COMPANY)
        and prompt.attributes.get("Light", lights[0]) in lights
        and prompt.attributes.get("Color", part.grades[0]) in part.grades
    )


def _named(film_set: FilmSet, setup: Setup) -> str:
    """The setup's subject without a look: "<Anna> and <Ben>", "the red mug", "the clock"."""
    if setup.subjects[0].startswith("feature"):
        return film_set.place.features[int(setup.subjects[0][-1])].name
    if setup.subjects[0].startswith("prop"):
        prop = film_set.props[int(setup.subjects[0][-1])]
        return f"the {prop.color} {prop.name}"
    return " and ".join(f"<{person.name}>" for person in _people(film_set, setup).values())


def _people(film_set: FilmSet, setup: Setup) -> dict[str, Person]:
    """Those a setup is of, by owner."""
    return {who: _person(film_set, who) for who in setup.subjects if who in OWNERS}


def _person(film_set: FilmSet, owner: str) -> Person:
    return film_set.cast[OWNERS.index(owner)]


def _other(setup: Setup) -> str:
    """The lead whom a setup of one lead is not of."""
    return OWNERS[1 - OWNERS.index(setup.subjects[0])]


def _called(film_set: FilmSet, owner: str, telling: Telling) -> str:
    """Somebody as the prompts write them: name and look, or the name alone."""
    person = _person(film_set, owner)
    return f"<{person.name}>" if owner in telling.known else str(person.character)


def _joined(film_set: FilmSet, owners: Iterable[str], telling: Telling) -> str:
    return " and ".join(_called(film_set, owner, telling) for owner in owners)


def _subject(film_set: FilmSet, setup: Setup, telling: Telling) -> str:
    """Whom or what a setup is of, with looks."""
    return _joined(film_set, _people(film_set, setup), telling) or _named(film_set, setup)


def _over(film_set: FilmSet, setup: Setup) -> str:
    """The name of whom the camera looks past, where it does."""
    looks_past = setup.framing == "over the shoulder"
    return f"<{_person(film_set, _other(setup)).name}>" if looks_past else ""


def _opening(film_set: FilmSet, setup: Setup, size: str, subject: str, telling: Telling) -> str:
    """The subject, and how it is framed."""
    if setup.framing == "insert":
        return f"Insert of {subject}"
    if setup.framing == "over the shoulder":
        other = _called(film_set, _other(setup), telling)
        return f"Over the shoulder of {other}, {size} of {subject}"
    extra = "in profile" if setup.framing == "profile" else angle_words(setup)
    return f"{size} of {subject} {extra}".strip()


def _capitalized(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _more(film_set: FilmSet, setup: Setup, telling: Telling) -> dict[str, str]:
    """View and lens, as far as they are told and no other word says them."""
    more = {}
    if telling.view and setup.framing == "single":
        more["View"] = view_of(setup, _person(film_set, setup.subjects[0]))
    if telling.lens and len(setup.subjects) == 1:  # of two, there is most to tell without it
        more["Lens"] = lens_of(setup, film_set.aspect)
    return more


def _description(film_set: FilmSet, setup: Setup, chance: Random, telling: Telling) -> str:
    people = _people(film_set, setup)
    phrases = [
        _bearing(person, chance, setup, known=who in telling.known)
        for who, person in people.items()
    ]
    if "a" in people or "b" in people:
        first = _person(film_set, setup.subjects[0])
        rightwards = (first.mark[0] < 0) == (film_set.front < 0)
        phrases[0] += ", facing right" if rightwards else ", facing left"
    phrases = [phrase for phrase in phrases if "," in phrase]  # a name alone tells nothing
    if len(film_set.cast) > 2 and "c" not in setup.subjects:
        third = film_set.cast[2]
        if in_frame(setup, third.eyes - vector([0, 0, 0.25]), film_set.aspect):
            phrases.append(f"{_called(film_set, 'c', telling)} behind")
    seen = [
        f"{prop.color} {prop.name}"
        for index, prop in enumerate(film_set.props)
        if f"prop{index}" not in setup.subjects
        and setup.angle != "low"  # from below, the table hides what stands on it
        and in_frame(setup, prop.at + vector([0, 0, 0.05]), film_set.aspect)
    ]
    if seen:
        phrases.append(f"{', '.join(seen)} on the table")
    if setup.angle != "high" and not setup.subjects[0].startswith("feature"):
        phrases.append(f"background: {film_set.place.behind[setup.side]}")
    return "; ".join(phrases)


def _bearing(
    person: Person, chance: Random, setup: Setup | None = None, *, known: bool = False
) -> str:
    """Posture and gaze of one person, and the look of who is not known, as a setup shows them."""
    close = setup is not None and (setup.framing, setup.size) == ("single", "close up")
    words = [f"<{person.name}>"]
    if not known:
        words.append(f"{person.look.skin} skin")
    if setup and setup.size == "medium" and len(setup.subjects) == 1 and not known:
        words.append(f"{person.look.trousers} trousers")
    if person.gesture and not close:
        words.append(chance.choice(("hand raised", "gesturing")))
    if person.doing:
        words.append(person.doing)
    if person.gaze:
        words.append("looking aside")
    if person.tilt:
        words.append("looking down")
    if person.look.height != "average" and not known:
        words.append(person.look.height)
    return ", ".join(words)
