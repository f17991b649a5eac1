"""The mutants of `scripts/mutants.py`: small changes that break what the project promises."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mutant:
    """One change of one file, and the tests that must notice it."""

    file: str
    """Under src/cut2next."""
    text: str
    """What stands there, once."""
    replacement: str
    breaks: str
    """What no longer holds."""
    tests: str
    """Under tests; as pytest takes them."""


BLOCKS, TRANSFORMER = "backbones/flux1/test_blocks.py", "backbones/flux1/test_transformer.py"

MUTANTS = (
    Mutant(
        "conditioning/segments.py",
        'Row("current shot",      "●       ●       ·          ·    ·", CLEAN',
        'Row("current shot",      "●       ●       ·          ●    ·", CLEAN',
        "the closed table lets the current shot read the noisy next one",
        "conditioning/test_segments.py",
    ),
    Mutant(
        "conditioning/segments.py",
        "place=rule.place._replace(x=rule.place.x - back)",
        "place=rule.place._replace(x=rule.place.x - back * (not rule.segment.is_prompt))",
        "a shot that becomes an earlier one leaves its prompt behind",
        "generation/test_earlier.py",
    ),
    Mutant(
        "backbones/flux1/transformer.py",
        "return KeysValues(rotated(kept.keys, self._turn((now - before)[:1])), kept.values)",
        "return kept",
        "what was kept of a shot is read where it lay as the current one",
        "generation/test_earlier.py",
    ),
    Mutant(
        "conditioning/table.py",
        "frontier = {read for reader in frontier for read in self[reader].reads} - reached",
        "frontier = set()",
        "what is read through others counts for nothing",
        "conditioning/test_table.py",
    ),
    Mutant(
        "conditioning/table.py",
        "return readings | {self[read].pooled_from for read in readings}",
        "return readings",
        "a cache is not stale when a pooled vector changes",
        "conditioning/test_table.py",
    ),
    Mutant(
        "conditioning/table.py",
        "segment for segment in self.cacheable if self.depends_on(segment) <= self.context",
        "segment for segment in self.cacheable",
        "the relational prompt is kept from one cut to the next",
        "conditioning/test_table.py",
    ),
    Mutant(
        "conditioning/inputs.py",
        "return x.repeat_interleave(batch // len(x), dim=0)",
        "return x.repeat(batch // len(x), *[1] * (x.ndim - 1))",
        "cuts of one current shot are no neighbours",
        "conditioning/test_inputs.py",
    ),
    Mutant(
        "conditioning/cache.py",
        "return KeysValues(torch.cat(keys), torch.cat(values))",
        "return KeysValues(torch.cat(values), torch.cat(keys))",
        "keys and values change places when caches become a batch",
        "conditioning/test_cache.py",
    ),
    Mutant(
        "conditioning/layout.py",
        "return -sum(sides.get(after, 0) for after in range(slot, 0))",
        "return sum(sides.get(after, 0) for after in range(slot, 0))",
        "the current shot lies to the right of the next one",
        "conditioning/test_layout.py",
    ),
    Mutant(
        "conditioning/layout.py",
        "isinstance(last, Span) and last.stop == span.start",
        "isinstance(last, Span)",
        "keys that lie apart are read as one stretch, with what is between",
        "conditioning/test_attention.py",
    ),
    Mutant(
        "conditioning/attention.py",
        "tensor[:, span.start : span.stop]",
        "tensor[:, : span.stop]",
        "queries read what stands before their keys",
        "conditioning/test_attention.py",
    ),
    Mutant(
        "backbones/flux1/transformer.py",
        "clocks = [timestep if moves else never for moves in noisy]",
        "clocks = [timestep for moves in noisy]",
        "clean segments get the timestep",
        TRANSFORMER,
    ),
    Mutant(
        "backbones/flux1/transformer.py",
        "[guided if moves else plain for moves in noisy]",
        "[guided for moves in noisy]",
        "clean segments get the guidance, and what is kept serves but one",
        TRANSFORMER,
    ),
    Mutant(
        "backbones/flux1/transformer.py",
        "vectors = torch.stack([pooled[row.pooled_from] for row in plan.rows], dim=1)",
        "vectors = torch.stack([pooled[plan.rows[0].pooled_from] for row in plan.rows], dim=1)",
        "every segment is modulated by one prompt's vector",
        TRANSFORMER,
    ),
    Mutant(
        "backbones/flux1/blocks.py",
        "    scale = 1 + scale\n",
        "",
        "a block whose modulation is zero wipes out what it reads",
        BLOCKS,
    ),
    Mutant(
        "backbones/flux1/blocks.py",
        "return x.clip(-65504, 65504) if x.dtype == torch.float16 else x",
        "return x",
        "activations overflow in float16",
        BLOCKS,
    ),
    Mutant(
        "backbones/flux1/attention.py",
        "swapped = x.unflatten(-1, (-1, 2)).flip(-1).flatten(-2)",
        "swapped = x.unflatten(-1, (-1, 2)).flatten(-2)",
        "positions do not turn queries and keys",
        BLOCKS,
    ),
    Mutant(
        "backbones/prepared.py",
        "if first := frozenset(keep) - cache.segments:",
        "if False and (first := frozenset(keep) - cache.segments):",
        "nothing is kept: every cut reads its current shot anew",
        "training/test_step.py",
    ),
    Mutant(
        "backbones/mini/architecture.py",
        "lean[distance, 0] += strength",
        "lean[distance, 0] += 0",
        "the mini T5 begins without a sense of place",
        "backbones/mini/test_architecture.py",
    ),
    Mutant(
        "training/objective.py",
        "return noise.float() - clean.float()",
        "return clean.float() - noise.float()",
        "the target points from noise to clean",
        "training/test_objective.py",
    ),
    Mutant(
        "training/objective.py",
        "return (1 - t) * clean.float() + t * noise.float()",
        "return t * clean.float() + (1 - t) * noise.float()",
        "clean and noise change places in the mixture",
        "training/test_objective.py",
    ),
    Mutant(
        "training/objective.py",
        "t = times.float()[:, None, None]  # [B, 1, 1]\n    return",
        "t = times.to(clean.dtype)[:, None, None]\n    noise = noise.to(clean.dtype)\n    return",
        "times and noise are rounded to bfloat16",
        "training/test_objective.py",
    ),
    Mutant(
        "training/objective.py",
        "shift * even / (1 + (shift - 1) * even)",
        "even",
        "times do not lean to noise",
        "training/test_objective.py",
    ),
    Mutant(
        "training/step.py",
        "keep=keep, guidance=guidance",
        "keep=keep",
        "guidance does not reach the transformer",
        "training/test_step.py",
    ),
    Mutant(
        "training/step.py",
        "omissions(table)[int(shares.multinomial(1, generator=chance))]",
        "omissions(table)[0]",
        "no step leaves out the relational prompt, or the current half",
        "training/test_step.py",
    ),
    Mutant(
        "recipes/mini/encoded_rushes.py",
        "ids = renamed(ids, self._names, chance, groups)",
        "renamed(ids, self._names, chance, groups)",
        "the film set's people have one name all through training",
        "recipes/mini/test_encoded_rushes.py",
    ),
    Mutant(
        "training/loop.py",
        "first = kept.load()",
        "first = 0 * kept.load()",
        "a killed run begins to count anew",
        "training/test_loop.py",
    ),
    Mutant(
        "training/loop.py",
        "return np.random.default_rng((self.seed, number))",
        "return np.random.default_rng(self.seed)",
        "every step draws the same",
        "training/test_loop.py",
    ),
    Mutant(
        "training/loop.py",
        "(loss.mean / len(mine)).backward()",
        "loss.mean.backward()",
        "the gradients of a step's lessons add up",
        "training/test_loop.py",
    ),
    Mutant(
        "training/sharding.py",
        "network.set_requires_gradient_sync(last)",
        "network.set_requires_gradient_sync(not last)",
        "sharded processes do not sum up what they learnt",
        "training/test_sharding.py",
    ),
    Mutant(
        "training/optimizer.py",
        "return min(self.decay, (1 + step) / (10 + step))",
        "return self.decay",
        "the average begins with what was not learnt yet",
        "training/test_optimizer.py",
    ),
    Mutant(
        "training/checkpoint.py",
        'f"{name}.optimizer.safetensors": _own(_flat(optimizer))',
        'f"{name}.optimizer.safetensors": {}',
        "the optimizer's momentum does not survive a kill",
        "training/test_loop.py",
    ),
    Mutant(
        "recipes/mini/strange_words.py",
        "STRANGE = 0.1",
        "STRANGE = 0.0",
        "no strange words are there to learn to read over",
        "recipes/mini/test_strange_words.py",
    ),
    Mutant(
        "recipes/mini/encoding.py",
        "DROPPED = 0.2",
        "DROPPED = 0.0",
        "descriptions and attributes are never left out",
        "recipes/mini/test_encoding.py",
    ),
    Mutant(
        "generation/schedule.py",
        "times = np.linspace(1, 1 / steps, steps).tolist()",
        "times = np.linspace(1, 0, steps).tolist()",
        "the last step of a generation goes nowhere",
        "generation/test_schedule.py",
    ),
    Mutant(
        "generation/lora_file.py",
        "if table is None or _FORMATS[number](table) != told.segments:",
        "if table is None:",
        "a LoRA of another table by the same name is loaded",
        "generation/test_lora_file.py",
    ),
    Mutant(
        "generation/provenance.py",
        "facts = {name: kind(made[name]) for name, kind in _FACTS.items() if name in made}",
        'facts = {name: made[name] for name in ("model", "table", "seed", "steps")}',
        "strengths, LoRAs and precision are not read back from a picture",
        "generation/test_provenance.py",
    ),
    Mutant(
        "generation/framing.py",
        "left, top = over[0] // 2, over[1] // 2",
        "left, top = 0, 0",
        "a picture is cut at its right and bottom instead of around its centre",
        "generation/test_framing.py",
    ),
    Mutant(
        "films/steps/pairing.py",
        "np.maximum(before, after).min()",
        "np.minimum(before, after).min()",
        "a cut with one known side is not new",
        "films/steps/test_pairing.py",
    ),
    Mutant(
        "films/steps/scenes.py",
        "if alike and apart <= settings.seconds:",
        "if alike:",
        "scenes are linked across any time",
        "films/steps/test_scenes.py",
    ),
    Mutant(
        "films/steps/keyframes.py",
        "1 + candidate.change / settings.stillness",
        "1 + 0 * candidate.change / settings.stillness",
        "a frame that moves is as good a keyframe as one that is still",
        "films/steps/test_keyframes.py",
    ),
    Mutant(
        "films/video.py",
        "digest = hashlib.sha256(str(size).encode())",
        "digest = hashlib.sha256()",
        "films that differ in length alone are taken for one",
        "films/test_video.py",
    ),
    Mutant(
        "cuts/splitting.py",
        "return VALIDATION if place >= 1 - shares.validation else TRAIN",
        "return VALIDATION if place < shares.test + shares.validation else TRAIN",
        "a larger share for test takes films out of validation",
        "cuts/test_splitting.py",
    ),
    Mutant(
        "film/writing.py",
        "        if ending and whole.exists():\n            put(whole)\n",
        "",
        "what a killed writer had written whole is thrown away",
        "film/test_writing_killed.py",
    ),
    Mutant(
        "soundstage/camera.py",
        "THIRTY_DEGREES = np.deg2rad(30)",
        "THIRTY_DEGREES = np.deg2rad(3)",
        "cuts between nearly the same angle pass for a change of angle",
        "soundstage/test_camera.py",
    ),
    Mutant(
        "cutbench/statistics/intervals.py",
        "[(1 - LEVEL) / 2, (1 + LEVEL) / 2]",
        "[(1 - LEVEL), LEVEL]",
        "intervals hold the mean nine times in ten, not nineteen in twenty",
        "cutbench/statistics/test_intervals.py",
    ),
)
