"""Prompts of the film set: the structured fields of the paper, in varied words.

What a prompt says is true of the set as the camera is turned to it, though somebody's back may hide
a prop or a wall that it names; what it leaves out (wall paint, furniture colour, where
the key light comes from) only the current shot can tell.
"""

from collections.abc import Iterable
from random import Random

from cut2next.film import (
    EditingPattern,
    IndividualPrompt,
    RelationalPrompt,
    mentions,
    transition_caption,
)
from cut2next.soundstage.camera import Setup
from cut2next.soundstage.film_set import OWNERS, FilmSet
from cut2next.soundstage.lighting import HOURS
from cut2next.soundstage.people import COMPANY, Person
from cut2next.soundstage.primitives import Floats, vector
from cut2next.soundstage.repertoire import repertoire_named

_SIZES = {
    "wide": ("wide shot", "long shot"),
    "medium": ("medium shot", "waist-up shot"),
    "medium close up": ("medium close up", "chest-up shot"),
    "close up": ("close up", "tight close up"),
}
_COMPANY = {look.short for look in COMPANY}
_TALK = ("talk", "face each other", "are in conversation")


def relational_prompt(
    film_set: FilmSet, patterns: Iterable[EditingPattern], following: Setup, chance: Random
) -> RelationalPrompt:
    """What joins two setups of a set."""
    first, second = (person.character for person in film_set.cast[:2])
    place, light = film_set.place.name, HOURS[film_set.hour].words
    return RelationalPrompt(
        scene=f"{first} and {second} {chance.choice(_TALK)} in the {place}",
        transition=transition_caption(patterns, _named(film_set, following), chance),
        scene_consistency=chance.choice(
            (
                f"The {place}, {light} and {film_set.grade} color stay the same",
                f"Same {place}, same {light}, same {film_set.grade} color",
            )
        ),
        character_consistency=chance.choice(
            ("Faces and clothes stay the same", "Same people, same clothes")
        ),
    )


def individual_prompt(film_set: FilmSet, setup: Setup, chance: Random) -> IndividualPrompt:
    """What one setup shows."""
    size = chance.choice(_SIZES[setup.size])
    return IndividualPrompt(
        summary=f"{_opening(film_set, setup, size)} in the {film_set.place.name}",
        description=_description(film_set, setup, chance),
        attributes={
            "Framing": setup.framing,
            "Angle": setup.angle,
            "Light": HOURS[film_set.hour].words,
            "Color": film_set.grade,
        },
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
    return " and ".join(f"<{person.name}>" for person in _people(film_set, setup))


def _people(film_set: FilmSet, setup: Setup) -> list[Person]:
    return [film_set.cast[OWNERS.index(who)] for who in setup.subjects if who in OWNERS]


def _opening(film_set: FilmSet, setup: Setup, size: str) -> str:
    """Size and subject, with the looks of those in it."""
    people = _people(film_set, setup)
    if not people:
        return f"Insert of {_named(film_set, setup)}"
    subject = " and ".join(str(person.character) for person in people)
    if setup.framing == "over the shoulder":
        other = film_set.cast[1 - OWNERS.index(setup.subjects[0])]
        return f"Over the shoulder of {other.character}, {size} of {subject}"
    extra = {"profile": " in profile", "establishing": " from above"}.get(setup.framing, "")
    extra = extra or {"low": " from below", "high": " from above"}.get(setup.angle, "")
    return f"{size.capitalize()} of {subject}{extra}"


def _description(film_set: FilmSet, setup: Setup, chance: Random) -> str:
    people = _people(film_set, setup)
    phrases = [_bearing(film_set, setup, person, chance) for person in people]
    if "a" in setup.subjects or "b" in setup.subjects:
        rightwards = (people[0].mark[0] < 0) == (film_set.front < 0)
        phrases[0] += ", facing right" if rightwards else ", facing left"
    if len(film_set.cast) > 2 and "c" not in setup.subjects:
        third = film_set.cast[2]
        if in_frame(setup, third.eyes - vector([0, 0, 0.25]), film_set.aspect):
            phrases.append(f"{third.character} behind")
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


def _bearing(film_set: FilmSet, setup: Setup, person: Person, chance: Random) -> str:
    """Skin, posture and gaze of one person."""
    words = [f"<{person.name}>", f"{person.look.skin} skin"]
    if setup.framing != "single" or setup.size != "close up":
        if setup.size == "medium" and len(setup.subjects) == 1:
            words.append(f"{person.look.trousers} trousers")
        if person.gesture:
            words.append(chance.choice(("hand raised", "gesturing")))
    if person.gaze:
        words.append("looking aside")
    if person.tilt:
        words.append("looking down")
    if person.look.height != "average":
        words.append(person.look.height)
    return ", ".join(words)


def in_frame(setup: Setup, point: Floats, aspect: float) -> bool:
    """Whether a point of the world falls into the setup's picture."""
    right, up, forward = setup.view.axes @ (point - setup.view.position)
    reach = forward * setup.view.tangent
    return bool(forward > 0.1 and abs(right) < reach * aspect and abs(up) < reach)
