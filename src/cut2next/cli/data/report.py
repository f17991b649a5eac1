"""`cut2next data report`: a page that shows what a folder of cuts holds, and why no more."""

import argparse

from cut2next.cli.arguments import pathname

NAME = "report"
HELP = "a page to look at: counts, reasons, scores with thresholds, patterns, films in time"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The folder, and where the page goes."""
    add = parser.add_argument
    add("folder", type=pathname, metavar="DIR", help="a folder of cuts")
    add("--out", type=pathname, metavar="PAGES", help="folder for the page (default: DIR/report)")


def run(args: argparse.Namespace) -> None:
    """Count, draw, and say where to look."""
    from cut2next.curation.pictures import with_pictures
    from cut2next.curation.report.page import PAGE, report_folder, wanted, write_report
    from cut2next.curation.report.survey import survey
    from cut2next.cuts.dataset import read_records

    records = read_records(args.folder, images=False)
    out = args.out or args.folder / NAME
    with report_folder(out) as folder:
        counts = survey(args.report.progress(records, "reading"))
        shown = wanted(counts)
        pictures = with_pictures(args.folder, shown)
        bar = args.report.progress(pictures, "pictures", len(shown))
        write_report(folder, counts, bar, title=args.folder.resolve().name)
    told = {"cuts": counts.cuts, "kept": counts.kept, "films": len(counts.films)}
    args.report.say(", ".join(f"{name}: {count}" for name, count in told.items()), **told)
    args.report.say(out / PAGE, outputs=[out / PAGE])
