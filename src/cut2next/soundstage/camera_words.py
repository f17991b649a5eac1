"""How a setup is shot, in words: as attributes of a prompt, or as part of a sentence.

Size, framing and angle are the setup's own; view and lens follow from where its camera stands.
"""

from random import Random

import numpy as np

from cut2next.soundstage.camera import Setup
from cut2next.soundstage.people import Person
from cut2next.soundstage.primitives import Floats

_SIZES = {
    "wide": ("wide shot", "long shot"),
    "medium": ("medium shot", "waist-up shot"),
    "medium close up": ("medium close up", "chest-up shot"),
    "close up": ("close up", "tight close up"),
}
_ANGLES = {
    "low": ("from below", "from a low angle"),
    "high": ("from above", "from a high angle"),
}
VIEWS = {"frontal": 30.0, "three-quarter": 60.0, "profile": 120.0, "rear": np.inf}
"""And up to which angle between where a person faces and where the camera is, degrees."""
_FULL_FRAME = 36.0
"""Width of the picture, millimetres, by which a focal length is called wide or long."""


def size_words(setup: Setup, chance: Random) -> str:
    """The size of the shot: "close up" or "tight close up"."""
    return chance.choice(_SIZES[setup.size])


def angle_words(setup: Setup, chance: Random | None = None) -> str:
    """From where the camera looks: "from below"; nothing at eye level."""
    words = _ANGLES.get(setup.angle, ("",))
    return chance.choice(words) if chance else words[0]


def camera_attributes(setup: Setup) -> dict[str, str]:
    """Size, framing and angle as attributes of a prompt; an insert has no size."""
    size = {} if setup.framing == "insert" else {"Shot Size": setup.size}
    return size | {"Framing": setup.framing, "Angle": setup.angle}


def camera_phrase(setup: Setup, over: str, chance: Random) -> str:
    """The same as part of a sentence, without a subject: "a close up from below".

    `over` is past whom the camera looks, where it looks over a shoulder.
    """
    if setup.framing == "insert":
        return "an insert"
    size = size_words(setup, chance)
    if setup.framing == "2 shot":
        size = f"{size.removesuffix(' shot')} two shot"
    framing = {"over the shoulder": f"over the shoulder of {over}", "profile": "in profile"}
    words = (f"a {size}", framing.get(setup.framing), angle_words(setup, chance))
    return " ".join(filter(None, words))


def view_of(setup: Setup, person: Person) -> str:
    """From which side the camera sees somebody, one of `VIEWS`."""
    away = (setup.view.position - person.eyes)[:2]
    faced = -np.sin(person.yaw) * away[0] + np.cos(person.yaw) * away[1]
    turned = np.degrees(np.arccos(faced / np.linalg.norm(away)))
    return next(view for view, most in VIEWS.items() if turned < most)


def lens_of(setup: Setup, aspect: float) -> str:
    """The lens by its angle of view: wide up to 28 mm, long from 50 mm on, else medium."""
    focal_length = _FULL_FRAME / (2 * setup.view.tangent * aspect)
    return "wide" if focal_length <= 28 else "long" if focal_length >= 50 else "medium"


def in_frame(setup: Setup, point: Floats, aspect: float) -> bool:
    """Whether a point of the world falls into the setup's picture."""
    right, up, forward = setup.view.axes @ (point - setup.view.position)
    reach = forward * setup.view.tangent
    return bool(forward > 0.1 and abs(right) < reach * aspect and abs(up) < reach)
