"""The judge of one case: knows its film set, and what is right of any next shot made for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from PIL import Image

from cut2next.cutbench.metrics.blurred_error import Blurred, blurred, nearest, square_error
from cut2next.cutbench.metrics.metric import Pixels
from cut2next.cutbench.soundstage.leads import are_themselves, swapped
from cut2next.cutbench.soundstage.look import read_look
from cut2next.cutbench.soundstage.true_shots import TrueShot, TrueShots
from cut2next.soundstage.camera import Setup

IN_KEEPING = 0.8
"""The least share of regions, light included, that must be right for the look to hold."""
LEADS = (("a",), ("b",))
"""The subjects of a setup of one lead."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What is right of one next shot. It fails in one of three ways, or in none."""

    shown: str
    """The setup that it is nearest to."""
    camera: bool
    """Whether that is the one that was asked for."""
    looks: Mapping[str, bool]
    """By region ("a.hair", "b.skin", "b.top", "walls", "light"), whether it is right."""
    static_cut: bool
    """Whether it is nearer to the current shot than to the true next one."""
    shown_look: float = 0.0
    """The share of regions that are right for the setup that it shows, where that decides."""

    @property
    def look(self) -> float:
        """The share of regions that are right, light included."""
        return share_of(self.looks)

    @property
    def identity_drift(self) -> bool:
        """Right camera, wrong look."""
        return self.camera and self.look < IN_KEEPING

    @property
    def incoherence(self) -> bool:
        """Right look, wrong camera or subject; what repeats the current shot is a static cut."""
        return not self.camera and not self.static_cut and self.shown_look >= IN_KEEPING

    def kind(self, name: str) -> float | None:
        """The share of right regions of a kind ("hair", "light"); None where there are none."""
        of_kind = {part: right for part, right in self.looks.items() if part.endswith(name)}
        return share_of_any(of_kind)


@dataclass(kw_only=True, eq=False)
class Judge:
    """Compares a case's pictures with the true shots of its set."""

    shots: TrueShots
    current: Setup
    asked: Setup
    """The setup that the next shot is to be."""
    _latest: tuple[Image.Image, Findings] | None = field(default=None, init=False)

    def findings(self, picture: Image.Image) -> Findings:
        """What is right of a next shot. Raises InputError when its size is not the true one's."""
        # Every metric asks for the same picture in turn.
        if self._latest is None or self._latest[0] is not picture:
            self._latest = picture, self._examined(picture)
        return self._latest[1]

    def shown(self, picture: Image.Image) -> Setup:
        """The setup that a next shot is nearest to. Raises InputError as `findings` does."""
        soft = blurred(self.shots.read(picture))
        return self.shots.of[nearest(soft, self.shots.blurred, self.asked.name)].setup

    def people(self, picture: Image.Image) -> Mapping[str, bool]:
        """By region of people that the asked setup shows, whether it is right; cheaper than all."""
        read = read_look(self.shots.read(picture), self.shots.of[self.asked.name].regions)
        return {part: right for part, right in read.items() if "." in part}

    def props(self, picture: Image.Image) -> Mapping[str, bool]:
        """By thing on the table that it should show ("prop0"), whether it is right.

        Apart from the rest, because what could stand there instead is many renders.
        """
        soft = blurred(self.shots.read(picture))
        asked = self.shots.of[self.asked.name]
        return {choices.part: choices.right(soft) for choices in asked.props}

    def swapped(self, picture: Image.Image) -> Mapping[str, bool]:
        """By region of the leads whom it is asked to be of, whether it is as the other has it.

        Without those in which the two leads are alike.
        """
        shot = self.shots.of[self.asked.name]
        asked = [one for one in shot.regions if one.part.split(".")[0] in self.asked.subjects]
        return swapped(self.shots.read(picture), shot.exchanged, asked, self.shots.film_set)

    def right_lead(self, picture: Image.Image) -> bool | None:
        """Whether a next shot, asked to show one lead, shows that one and not the other.

        None where too little of a lead is in the picture to tell.
        """
        shown = self.shots.of[self.shown(picture).name]
        if shown.setup.subjects not in LEADS:
            return False
        who = shown.setup.subjects[0]
        masks = [mask for part, mask in shown.masks.items() if part.startswith(f"{who}.")]
        if not masks:
            return None
        made = self.shots.read(picture)
        own = are_themselves(made, shown.picture, shown.exchanged, masks)
        return own == (shown.setup.subjects == self.asked.subjects)

    def _examined(self, picture: Image.Image) -> Findings:
        made = self.shots.read(picture)
        soft = blurred(made)
        asked = self.shots.of[self.asked.name]
        shown = self.shots.of[nearest(soft, self.shots.blurred, asked.setup.name)]
        to_current = square_error(soft, self.shots.of[self.current.name].blurred)
        static_cut = to_current < square_error(soft, asked.blurred)
        # Costs renders of another setup, so only where it decides.
        decides = shown is not asked and not static_cut
        return Findings(
            shown=shown.setup.name,
            camera=shown is asked,
            looks=self._looks(made, soft, asked),
            static_cut=static_cut,
            shown_look=share_of(self._looks(made, soft, shown)) if decides else 0.0,
        )

    def _looks(self, made: Pixels, soft: Blurred, shot: TrueShot) -> dict[str, bool]:
        """The look of a picture, read as if it showed that shot."""
        hour = self.shots.film_set.hour
        return {
            **read_look(made, shot.regions),
            "light": nearest(soft, shot.hours, hour) == hour,
        }


def share_of(rights: Mapping[str, bool]) -> float:
    """The share that is right, of one or more."""
    return sum(rights.values()) / len(rights)


def share_of_any(rights: Mapping[str, bool]) -> float | None:
    """The share that is right; None of nothing."""
    return share_of(rights) if rights else None
