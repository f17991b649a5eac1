"""Four hours and five grades: the light on the set, and what the laboratory does to it."""

from dataclasses import dataclass, replace

import numpy as np

from cut2next.soundstage.primitives import Floats, Material, vector
from cut2next.soundstage.render import Lights


@dataclass(frozen=True, kw_only=True)
class Hour:
    """Light of one time of day. Colours are linear RGB; `elevation` is the key light's, radians."""

    words: str
    key: tuple[float, float, float]
    elevation: float
    fill: tuple[float, float, float]
    rim: tuple[float, float, float]
    sky: tuple[float, float, float]
    bounce: tuple[float, float, float]
    lamp: tuple[float, float, float]
    outdoors: tuple[float, float, float]
    """What windows and the sky are multiplied by."""
    lamps: float
    """What lamps and shop windows are multiplied by."""


HOURS = {
    "day": Hour(
        words="daylight",
        key=(2.3, 2.15, 1.95),
        elevation=0.85,
        fill=(0.30, 0.34, 0.40),
        rim=(0.5, 0.5, 0.5),
        sky=(0.62, 0.68, 0.78),
        bounce=(0.34, 0.30, 0.26),
        lamp=(0.0, 0.0, 0.0),
        outdoors=(1.5, 1.5, 1.5),
        lamps=0.6,
    ),
    "dusk": Hour(
        words="low sunset light",
        key=(2.6, 1.45, 0.70),
        elevation=0.50,
        fill=(0.20, 0.20, 0.32),
        rim=(0.9, 0.55, 0.35),
        sky=(0.34, 0.33, 0.50),
        bounce=(0.24, 0.17, 0.14),
        lamp=(0.5, 0.3, 0.12),
        outdoors=(1.45, 0.85, 0.60),
        lamps=1.0,
    ),
    "night": Hour(
        words="blue moonlight",
        key=(0.55, 0.80, 1.35),
        elevation=0.95,
        fill=(0.06, 0.09, 0.16),
        rim=(0.30, 0.45, 0.80),
        sky=(0.14, 0.19, 0.34),
        bounce=(0.06, 0.08, 0.12),
        lamp=(0.5, 0.30, 0.12),
        outdoors=(0.10, 0.15, 0.33),
        lamps=1.2,
    ),
    "lamplight": Hour(
        words="warm lamplight",
        key=(0.55, 0.42, 0.28),
        elevation=1.10,
        fill=(0.10, 0.07, 0.06),
        rim=(0.45, 0.35, 0.25),
        sky=(0.24, 0.18, 0.14),
        bounce=(0.16, 0.11, 0.08),
        lamp=(3.4, 2.2, 1.15),
        outdoors=(0.06, 0.08, 0.16),
        lamps=1.3,
    ),
}

GRADES = ("natural", "warm", "cool", "teal and orange", "faded")
BLACK_AND_WHITE = "black and white"
"""A grade that no set is drawn with."""


def lights_for(hour: Hour, *, front: float, key_side: float, table: float) -> Lights:
    """Lights of an hour: `front` is the cameras' side of the axis (±1, along y), `key_side` ±1."""
    flat = vector([0.75 * key_side, 0.66 * front, 0.0])
    key = flat * np.cos(hour.elevation) + vector([0, 0, np.sin(hour.elevation)])
    return Lights(
        key_direction=_unit(key),
        key=vector(hour.key),
        softness=0.10,
        fill_direction=_unit(vector([-0.6 * key_side, 0.8 * front, 0.35])),
        fill=vector(hour.fill),
        rim_direction=_unit(vector([-0.7 * key_side, -0.9 * front, 0.55])),
        rim=vector(hour.rim),
        sky=vector(hour.sky),
        bounce=vector(hour.bounce),
        lamp_position=vector([0, 0, table + 1.35]),
        lamp=vector(hour.lamp),
        haze=vector(hour.sky) * np.float32(0.55) + vector(hour.outdoors) * np.float32(0.12),
    )


def at_hour(material: Material, hour: Hour) -> Material:
    """The material with its glow turned to the hour: windows and sky, or lamps."""
    if not material.glow:
        return material
    if material.part not in ("window", "sky"):
        return replace(material, glow=material.glow * hour.lamps)
    tint = np.array(hour.outdoors)
    return replace(
        material,
        color=tuple(np.minimum(np.array(material.color) * tint, 1.6)),
        color2=tuple(np.minimum(np.array(material.color2) * tint, 1.6)),
    )


def develop(light: Floats, grade: str) -> Floats:
    """Linear light [H, W, 3] as a display picture in 0..1: vignette, film curve, grade, sRGB."""
    height, width = light.shape[:2]
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]  # [1, W, 1]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None, None]  # [H, 1, 1]
    exposed = light * (1 - 0.16 * across**2 - 0.12 * down**2) * np.float32(0.70)
    # the filmic fit of Narkowicz (2015), "ACES Filmic Tone Mapping Curve"
    film = exposed * (2.51 * exposed + 0.03) / (exposed * (2.43 * exposed + 0.59) + 0.14)
    shown = _graded(np.clip(film, 0, 1), grade)
    curve = 1.055 * np.maximum(shown, 1e-6) ** (1 / 2.4) - 0.055
    srgb = np.where(shown <= 0.0031308, 12.92 * shown, curve)
    return np.clip(srgb, 0, 1).astype(np.float32)


def _graded(film: Floats, grade: str) -> Floats:
    luma = (film @ vector([0.2126, 0.7152, 0.0722]))[..., None]  # [H, W, 1]
    graded = film
    if grade == "warm":
        graded = film * vector([1.10, 1.0, 0.82])
    elif grade == "cool":
        graded = film * vector([0.84, 0.98, 1.14])
    elif grade == "teal and orange":
        shadows, lights = vector([0.72, 1.04, 1.12]), vector([1.14, 1.0, 0.84])
        blend = np.sqrt(np.clip(luma, 0, 1))
        graded = film * (shadows + (lights - shadows) * blend)
    elif grade == BLACK_AND_WHITE:
        graded = luma.repeat(3, axis=2)
    elif grade == "faded":
        dull = np.clip(luma + (film - luma) * np.float32(0.58), 0, 1)
        graded = (dull * np.float32(0.88) + np.float32(0.035)).astype(np.float32)
    return np.clip(graded, 0, 1).astype(np.float32)


def _unit(vector: Floats) -> Floats:
    return (vector / np.linalg.norm(vector)).astype(np.float32)
