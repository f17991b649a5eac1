"""What is asked of the method, and which variants answer it: each beside the one it is held to."""

from dataclasses import dataclass

from cut2next.experiments.chains import MEASURES
from cut2next.experiments.exercises import (
    ACTION,
    EXTREMES,
    OTHER_STRENGTHS,
    STRENGTHS,
    at_strength,
)
from cut2next.experiments.exercises import CROSS_TALK as CROSS_TALK_EXAM
from cut2next.experiments.exercises import USUAL as USUAL_EXAM
from cut2next.film import InputError
from cut2next.soundstage.extremes import KINDS

LOSS = "loss"
"""On withheld cuts at equal noise; the less, the better."""
CROSS_TALK = (
    "swapped",
    "leak of the current prompt",
    "leak of the relational prompt",
    "leak of the next prompt",
    "obedience",
    "static cut",
)
"""A copy of the current shot shows whom that has: so copies are counted beside swaps."""
_CONTROLS = (", from the truth", ", last shot alone")
CHAINS = tuple(measure for measure in MEASURES if not measure.endswith(_CONTROLS))
"""Of cuts along sequences, each made from pictures of the run's own; what its controls reach is
among the values."""
LESS_IS_BETTER = frozenset({LOSS, *CROSS_TALK} - {"obedience"})
DECIBELS = frozenset({"psnr", "psnr in action"})
"""Loss aside, all others are shares, in 0..1, and shown in per cent."""
AT_STRENGTHS = ("camera", "look", "pattern adherence", "obedience")
"""What the relational prompt is for, and whether the next one is followed."""
USUAL = (LOSS, "camera", "look", "psnr", "pattern adherence")


@dataclass(frozen=True, kw_only=True)
class Question:
    """A claim of the paper, or what it leaves open."""

    name: str
    asks: str
    said: str
    """What the paper says of it."""
    reference: str
    others: tuple[str, ...]
    measures: tuple[str, ...] = USUAL
    exams: tuple[str, ...] = (USUAL_EXAM,)
    """Those that have the measures."""
    strengths: tuple[float, ...] = ()
    """Of the relational prompt: the reference is held to itself, asked at each of them."""

    @property
    def variants(self) -> tuple[str, ...]:
        """All that it needs."""
        return (self.reference, *self.others)

    @property
    def needed(self) -> tuple[str, ...]:
        """The measures that it needs of a run, those at other strengths among them."""
        return tuple(
            at_strength(measure, strength)
            for measure in self.measures
            for strength in (1.0, *self.strengths)
        )


QUESTIONS = (
    Question(
        name="mask",
        asks="Does the mask (HAM) help?",
        said="introduced, never ablated",
        reference="paper",
        others=("full-attention",),
    ),
    Question(
        name="bridges",
        asks="Which of the mask's two bridges between the shots does what?",
        said="not asked",
        reference="paper",
        others=("no-shot-bridge", "no-prompt-bridge"),
    ),
    Question(
        name="cross-talk",
        asks="Does the mask keep people apart, once prompts disagree in training?",
        said="without it segments interfere (section 3.2), never measured",
        reference="disagreeing-paper",
        others=("disagreeing-full-attention", "disagreeing-closed", "disagreeing-one-prompt"),
        measures=(*USUAL, *CROSS_TALK),
        exams=(USUAL_EXAM, CROSS_TALK_EXAM),
    ),
    Question(
        name="clock",
        asks="Does a clock for each segment (CACI) help?",
        said="its loss falls faster than with one clock for all (Fig. 7)",
        reference="paper",
        others=("sync-cond", "noisy-relation"),
    ),
    Question(
        name="closed",
        asks="What does it cost that nothing clean reads anything noisy, so that it is kept?",
        said="not asked",
        reference="paper",
        others=("closed",),
    ),
    Question(
        name="relation",
        asks="What is the relational prompt worth, and what does it take from the next one?",
        said="DINO .4952 against .4752 without it, CLIP-T .2979 against .2984 (Table 3)",
        reference="paper",
        others=("no-relational-prompt", "relation-dropped"),
    ),
    Question(
        name="strength",
        asks="What does it cost to turn the relational prompt down, or up, afterwards?",
        said="the price of the relational prompt stays open (Table 3)",
        reference="paper",
        others=(),
        measures=AT_STRENGTHS,
        exams=(USUAL_EXAM, CROSS_TALK_EXAM, STRENGTHS),
        strengths=OTHER_STRENGTHS,
    ),
    Question(
        name="dropout",
        asks="And where it was left out now and then in training?",
        said="not tried",
        reference="relation-dropped",
        others=(),
        measures=AT_STRENGTHS,
        exams=(USUAL_EXAM, CROSS_TALK_EXAM, STRENGTHS),
        strengths=OTHER_STRENGTHS,
    ),
    Question(
        name="baseline",
        asks="How far is one prompt under full attention (IC-LoRA-Cond) behind?",
        said="DINO .4669 against .4952, FID 80.4 against 59.4 (Table 1)",
        reference="paper",
        others=("one-prompt",),
    ),
    Question(
        name="stages",
        asks="Is it worth learning from many rough cuts first, and from few good ones then?",
        said="DINO .4952 after both; .4853 after RawCuts, .4913 after CuratedCuts alone (Table 2)",
        reference="rough-then-few",
        others=("rough", "few"),
    ),
    Question(
        name="architecture",
        asks="Does it carry over to a U-Net?",
        said="FLUX.1-dev alone was tried",
        reference="unet-paper",
        others=("unet-full-attention", "unet-sync-cond"),
    ),
    Question(
        name="chains",
        asks="Do earlier shots, read beside the last one, keep a long sequence together?",
        said="a chain loses who people are (what it cannot do)",
        reference="closed",
        others=("earlier-shots",),
        measures=CHAINS,
    ),
    Question(
        name="place",
        asks="Where should the current shot lie, and does a place make for copies of it?",
        said="not said; ours lies one width to the left",
        reference="paper",
        others=("aligned", "index-axis"),
        measures=(*USUAL, "static cut"),
    ),
    Question(
        name="action",
        asks="Are cuts with poses and motion blur better kept or filtered out?",
        said="high motion is filtered out, and action named as what it cannot do",
        reference="paper",
        others=("with-action",),
        measures=(*USUAL, "camera in action", "look in action", "psnr in action"),
        exams=(USUAL_EXAM, ACTION),
    ),
    Question(
        name="extremes",
        asks="Can the relational prompt ask for extreme cinematography, and is HAM in its way?",
        said="not tried; HAM might hold to continuity where an editor breaks it",
        reference="extremes-paper",
        others=("extremes-full-attention", "extremes-closed", "extremes-no-relational-prompt"),
        measures=(LOSS, "pattern adherence", EXTREMES, *KINDS),
        exams=(USUAL_EXAM, EXTREMES),
    ),
)


def questions_named(text: str) -> tuple[Question, ...]:
    """Those of a list with commas; all for an empty one. Raises InputError for another name."""
    known = {question.name: question for question in QUESTIONS}
    if strangers := [name for name in filter(None, text.split(",")) if name not in known]:
        raise InputError(
            f"no question is called {strangers[0]!r}",
            expected="one of " + ", ".join(known),
            hint="a comma stands between several",
        )
    return tuple(known[name] for name in text.split(",")) if text else QUESTIONS
