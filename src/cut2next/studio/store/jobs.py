"""The queue of jobs, in the database: each is run until it ends, and ends once."""

import json
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.png_prompt import printable
from cut2next.studio.as_json import from_json, to_json
from cut2next.studio.checks import check_line, check_unlike
from cut2next.studio.store.database import Database
from cut2next.studio.store.faults import EndedError, MissingError, TooManyError
from cut2next.studio.store.job import TRIES, Job, State

MOST_JOBS = 1_000
"""That may wait or run at once."""
LISTED = 1_000
"""Jobs back to which those are listed that have ended: a board that is used has many."""
ENDED_OFTEN = f"the maker ended {TRIES} times while it made this"
"""Why a job failed that was tried often enough."""

_NAMES = [field.name for field in fields(Job)]
_COLUMNS = ", ".join(_NAMES)
_OPEN = (State.WAITING, State.RUNNING)


class Queue:
    """All jobs that were ever asked for."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, jobs: Sequence[Job], key: str | None) -> list[Job]:
        """Queues jobs, all or none; what was queued with the same key before, if any was.

        Raises TooManyError, OutputError, and InputError for a job that is there.
        """
        if key is not None:
            check_line(key, "a key")
        check_unlike((job.id for job in jobs), "jobs")
        with self._database.transaction():
            if key is not None and (queued := self._rows("WHERE key = ? ORDER BY number", key)):
                return queued
            self._check_room(len(jobs))
            for job in jobs:
                self._insert(job, key)
            return [self.job(job.id) for job in jobs]

    def claim(self, device: int) -> Job | None:
        """The most urgent job that waits, the oldest of these; it runs from now on."""
        first = "WHERE state = 'waiting' ORDER BY priority, number LIMIT 1"
        begun = {"state": "running", "device": device, "begun": _now(), "step": 0}
        with self._database.transaction():
            while self._database.ask(f"SELECT 1 FROM jobs {first}"):
                for job in self._rows(first):
                    return self._set(job.id, **begun)
        return None

    def step(self, id: str, step: int, steps: int) -> Job:
        """How far a running job is; another stays as it is. Raises MissingError."""
        with self._database.transaction(lasting=False):
            job = self.job(id)
            return self._set(id, step=step, steps=steps) if job.state is State.RUNNING else job

    def finish(self, id: str, candidate: str | None) -> Job:
        """Ends a job that runs. Raises EndedError, MissingError."""
        with self._database.transaction():
            self._check(id, (State.RUNNING,))
            return self._set(id, state="done", ended=_now(), candidate=candidate)

    def fail(self, id: str, sentence: str) -> Job:
        """Ends a job that cannot be done. Raises EndedError, MissingError."""
        with self._database.transaction():
            self._check(id, _OPEN)
            error = printable(one_line(sentence, 500))
            return self._set(id, state="failed", ended=_now(), error=error)

    def cancel(self, id: str) -> Job:
        """Ends a job that nobody wants, or wants again. Raises EndedError, MissingError."""
        with self._database.transaction():
            self._check(id, (*_OPEN, State.FAILED))
            return self._set(id, state="cancelled", ended=_now())

    def retry(self, id: str) -> Job:
        """Back to the queue, unless it was tried often enough. Raises EndedError, MissingError."""
        with self._database.transaction():
            tries = self._check(id, (State.RUNNING,)).tries + 1
            if tries < TRIES:
                return self._set(id, state="waiting", tries=tries, step=0)
            error = {"state": "failed", "ended": _now(), "error": ENDED_OFTEN}
            return self._set(id, tries=tries, **error)

    def release(self, *, tried: bool) -> None:
        """What runs is let go, when nothing runs: it was tried when its server was killed.

        What is no panel's is given up, since whoever waited for it has gone.
        """
        with self._database.transaction():
            for job in self.jobs(_OPEN):
                if job.panel is None:
                    self.cancel(job.id)
                elif job.state is State.RUNNING and tried:
                    self.retry(job.id)
                elif job.state is State.RUNNING:
                    self._set(job.id, state="waiting", step=0)

    def counts(self) -> dict[State, int]:
        """How many are in each state, of all that were ever asked for."""
        rows = self._database.ask("SELECT state, count(*) FROM jobs GROUP BY state")
        return dict.fromkeys(State, 0) | {State(state): count for state, count in rows}

    def job(self, id: str) -> Job:
        """The job of that name. Raises MissingError."""
        rows = self._rows("WHERE id = ?", id) if id.isascii() else []
        if not rows:
            raise MissingError(
                f"no job {one_line(repr(id), 60)}",
                expected="one that was asked for",
                hint="look at the list of jobs",
            )
        return rows[0]

    def jobs(self, states: Collection[State]) -> list[Job]:
        """Those in such states, the oldest first; none that ended more than LISTED jobs ago."""
        marks = ", ".join("?" * len(states))
        asked = [state.value for state in states]
        listed = "number > (SELECT max(number) FROM jobs) - ?"
        return self._rows(
            f"WHERE state IN ({marks}) AND (state IN ('waiting', 'running') OR {listed}) "
            "ORDER BY number",
            *asked,
            LISTED,
        )

    def _check(self, id: str, states: Collection[State]) -> Job:
        """The job, which must be in such a state."""
        job = self.job(id)
        if job.state not in states:
            raise EndedError(
                f"the job {id} is {job.state.value}",
                expected=f"one that is {' or '.join(state.value for state in states)}",
                hint="look at the list of jobs",
            )
        return job

    def _check_room(self, more: int) -> None:
        rows = self._database.ask("SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running')")
        if rows[0][0] + more > MOST_JOBS:
            raise TooManyError(
                f"{more:,} jobs more, where {rows[0][0]:,} wait",
                expected=f"at most {MOST_JOBS:,}",
                hint="wait for some, or cancel them",
            )

    def _insert(self, job: Job, key: str | None) -> None:
        if self._rows("WHERE id = ?", job.id):
            raise InputError(
                f"a second job {job.id}", expected="another name", hint="new_id() makes one"
            )
        told = {**to_json(job), "made": _now()}
        told["asked"] = json.dumps(told["asked"], ensure_ascii=False)
        self._database.ask(
            f"INSERT INTO jobs (key, {_COLUMNS}) VALUES (?{', ?' * len(_NAMES)})",
            (key, *(told[name] for name in _NAMES)),
        )

    def _set(self, id: str, **values: object) -> Job:
        names = ", ".join(f"{name} = ?" for name in values)
        self._database.ask(f"UPDATE jobs SET {names} WHERE id = ?", (*values.values(), id))
        return self.job(id)

    def _rows(self, which: str, *values: object) -> list[Job]:
        """Those that can be read. Another has failed: it is in nobody's way, nor listed."""
        jobs = []
        for row in self._database.ask(f"SELECT {_COLUMNS} FROM jobs {which}", values):
            told = dict(zip(_NAMES, row, strict=True))
            try:
                jobs.append(_job(told))
            except (InputError, ValueError) as error:
                self._database.ask(
                    "UPDATE jobs SET state = 'failed', ended = ?, error = ? "
                    "WHERE id = ? AND state IN ('waiting', 'running')",
                    (_now(), f"is damaged ({one_line(error)})", told["id"]),
                )
        return jobs


def _job(told: dict[str, Any]) -> Job:
    return from_json(Job, {**told, "asked": json.loads(told["asked"])})


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
