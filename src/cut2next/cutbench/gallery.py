"""What a contact sheet of a benchmark shows: the first cuts of every pattern, chosen by nobody."""

from PIL import Image

from cut2next.cutbench.runner import Judged
from cut2next.film import EditingPattern, patterns_label
from cut2next.pages.contact_sheet import SheetRow, contact_sheet

COLUMNS = ("current shot", "next shot, made", "next shot, true")


class Gallery:
    """Takes what is judged as it comes, and keeps the first few of each pattern."""

    def __init__(self, contender: str, each: int = 3) -> None:
        """`contender` is whose next shots are shown, `each` how many of them for a pattern."""
        self.contender, self.each = contender, each
        self._rows: dict[EditingPattern, list[SheetRow]] = {
            pattern: [] for pattern in EditingPattern
        }

    def show(self, judged: Judged) -> None:
        """One more; hung once, under that of its patterns which has the fewest."""
        wanting = min(
            judged.cut.patterns, key=lambda pattern: (len(self._rows[pattern]), pattern.value)
        )
        if len(self._rows[wanting]) < self.each:
            self._rows[wanting].append(self._row(judged))

    def _row(self, judged: Judged) -> SheetRow:
        cut = judged.cut
        return SheetRow(
            label=patterns_label(cut.patterns),
            note=cut.next.prompt.summary,
            pictures=(cut.current.keyframe, judged.made[self.contender], cut.next.keyframe),
        )

    def sheet(self, title: str) -> Image.Image:
        """The contact sheet. Raises InputError when nothing was shown."""
        rows = [row for of_pattern in self._rows.values() for row in of_pattern]
        return contact_sheet(rows, columns=COLUMNS, title=title)
