"""What the process that runs are forked from imports; nothing here may compute or start threads."""

from importlib import import_module

from cut2next.film.installation import hush

hush()
for _module in (
    "datasets",
    "diffusers",
    "pyarrow.parquet",
    "torch",
    "transformers",
    "cut2next.cli.main",
    "cut2next.curation.report",
    "cut2next.cutbench.scoring",
    "cut2next.generation.next_shots",
    "cut2next.recipes.lora.run",
    "cut2next.soundstage.film_set",
):
    import_module(_module)
