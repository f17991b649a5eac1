from cut2next.cutbench.cases import Case
from cut2next.cutbench.metrics.metric import Column, Metric
from cut2next.cutbench.report import ALL, Figures
from cut2next.cutbench.statistics.intervals import Mean
from cut2next.cutbench.table import table
from cut2next.film import EditingPattern


def _metric(name: str, column: Column | None) -> Metric[Case]:
    return Metric(name=name, needs=Case, value=lambda case, picture: None, column=column)


METRICS = (
    _metric("right", Column(heading="right %", width=20, interval=True)),
    _metric("blur", Column(heading="blur px", width=10, factor=1, form=".2f")),
    _metric("hidden", None),
)
RIGHT = Mean(mean=0.5, low=0.25, high=0.75, count=4)
BLUR = Mean(mean=1.234, low=1, high=2, count=3)
NOTHING: Figures = {"right": None, "blur": None, "hidden": None}


def test_a_table_reads_as_it_should() -> None:
    figures: Figures = {"right": RIGHT, "blur": BLUR, "hidden": BLUR}
    groups = {ALL: figures} | {pattern.value: NOTHING for pattern in EditingPattern}
    groups[EditingPattern.CUT_IN.value] = {**NOTHING, "blur": BLUR}
    lines = table({"mine": groups}, METRICS, "mine").splitlines()
    assert [line.rstrip() for line in lines] == [
        "4 cuts                               right %   blur px",
        "mine                       50.0 [25.0, 75.0]      1.23",
        "",
        "mine, by pattern                     right %   blur px",
        "Shot/Reverse Shot (0)                      -         -",
        "Cut-In (3)                                 -      1.23",
        "Cut-Out (0)                                -         -",
        "Cutaway (0)                                -         -",
        "Multi-Angle (0)                            -         -",
    ]
