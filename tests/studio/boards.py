"""Boards to test with: pictures that differ, texts that would break a careless file."""

from fractions import Fraction
from pathlib import Path

from PIL import Image, ImageDraw

from cut2next.film import EditingPattern, IndividualPrompt, RelationalPrompt
from cut2next.studio.board import (
    Board,
    Camera,
    Figure,
    Kind,
    Origin,
    Panel,
    Picture,
    Scene,
    Way,
)
from cut2next.studio.pictures import PictureFolder

MARKUP = "<b>\"Stop\" & 'go'</b> ]]> --> {{ 7*7 }}\n* 001  AX V C\n002"
"""Text that is markup, a comment's end, a template and an event somewhere."""


def picture(pictures: PictureFolder, number: int, size: tuple[int, int] = (192, 108)) -> Picture:
    """A picture unlike those of other numbers, also after it was compressed as a film."""
    image = Image.new("RGB", size, ((37 * number) % 200 + 30, (91 * number) % 200 + 30, 90))
    draw = ImageDraw.Draw(image)
    left = 8 + (29 * number) % (size[0] - 60)
    draw.rectangle((left, 20, left + 40, size[1] - 20), fill=(235, 230, 40 + (53 * number) % 200))
    origin = (Origin.DRAWN, Origin.MADE, Origin.CAMERA, Origin.UNKNOWN)[number % 4]
    return pictures.add_image(image, origin=origin, source=f"drawing {number}")


def board(pictures: PictureFolder, rate: Fraction = Fraction(24)) -> Board:
    """Two scenes of six panels: one empty, one that continues a shot, one full of markup."""
    kitchen = Scene(
        id="kitchen",
        heading="INT. KITCHEN - DAY",
        number="4",
        notes="Morning light",
        panels=(
            Panel(
                id="wide",
                frames=48,
                picture=picture(pictures, 1),
                action="Ann puts the kettle on.\nIt is still dark outside.",
                shows=IndividualPrompt(
                    summary="Wide shot of <Ann> (red bob) in the kitchen",
                    attributes={"Shot Size": "wide", "Lens": "35mm"},
                ),
                figures=("ann", "room"),
            ),
            Panel(
                id="close",
                frames=31,
                picture=picture(pictures, 2),
                dialogue="ANN\nTea?",
                way=Way(
                    source="wide",
                    patterns=(EditingPattern.CUT_IN,),
                    relation=RelationalPrompt(transition="Cut in on <Ann>"),
                    camera=Camera(distance="close up"),
                    seed=7,
                ),
            ),
            Panel(id="hands", frames=1, picture=picture(pictures, 3), continues=True),
            Panel(id="nobody", frames=25, action="The window, from outside.", number="4D"),
        ),
    )
    street = Scene(
        id="street",
        heading="EXT. STREET <NIGHT> & RAIN",
        panels=(
            Panel(
                id="markup",
                frames=72,
                picture=picture(pictures, 4, (108, 193)),  # an upright one, of odd sides
                dialogue=MARKUP,
                action=MARKUP,
                notes=MARKUP,
            ),
            Panel(id="last", frames=100, picture=picture(pictures, 5), dialogue="ÉMILE\nÀ demain…"),
        ),
    )
    return Board(
        title="Tea & <rain>",
        rate=rate,
        width=192,
        height=108,
        scenes=(kitchen, street),
        figures=(
            Figure(id="ann", kind=Kind.PERSON, name="Ann", look="red bob"),
            Figure(id="room", kind=Kind.PLACE, name="Kitchen", look="blue tiles"),
        ),
    )


def folder(path: Path) -> PictureFolder:
    """Of pictures, somewhere."""
    return PictureFolder(path / "pictures")
