// What the page knows: the board as the server has it, the jobs, what is chosen. Elements listen to
// "board", "jobs", "chosen", "told" and "link"; whoever wants a change asks the server for it, and it
// comes back as an event like anyone else's.

import { ApiError, api } from "./api.js";
import { listen } from "./events.js";
import { apply, find, order } from "./operations.js";

const EMPTY = { title: "", rate: "24", width: 1280, height: 720, numbering: "plain", scenes: [], figures: [], candidates: [] };
const PATIENCE = 1500;
/** Milliseconds that an event may be late before the board is fetched anew. */

class Studio extends EventTarget {
  board = EMPTY;
  version = -1;
  numbers = {};
  canUndo = false;
  canRedo = false;
  jobs = new Map();
  words = { patterns: [], camera: {}, rates: [], numberings: [], formats: [] };
  makers = [];
  maker = "";
  warnings = [];
  linked = true;
  /** Ids of chosen panels, the one that keys act from, and the one that several are chosen from. */
  chosen = new Set();
  at = null;
  anchor = null;
  /** The candidate that K keeps. */
  candidate = null;
  search = "";
  #queue = Promise.resolve();
  #heardJobs = new Map();

  async begin() {
    const [words, makers] = await Promise.all([api.words(), api.makers(), this.load()]);
    this.words = { ...this.words, ...words };
    this.makers = makers;
    this.maker = (makers.find((maker) => maker.ready) ?? makers[0])?.name ?? "";
    listen({
      version: () => this.version,
      heard: (kind, data) => this.#heard(kind, data),
      linked: (linked) => {
        if (linked) this.loadJobs();
        this.linked = linked;
        this.#tell("link");
      },
    });
    this.#tell("board", "told");
  }

  async load() {
    const told = await api.board();
    if (told.version < this.version) return;
    this.board = told.board;
    this.#knows(told);
  }

  /** Asked when the link is there, so that none is missed; what is heard meanwhile is newer than the answer. */
  async loadJobs() {
    this.#heardJobs = new Map();
    const told = (await api.jobs()).map((job) => [job.id, job]);
    this.jobs = new Map([...told, ...this.#heardJobs]);
    this.#tell("jobs");
  }

  /** Numbers come only when there are others. */
  #knows({ version, numbers = this.numbers, can_undo, can_redo }) {
    this.version = version;
    this.numbers = numbers;
    this.canUndo = can_undo;
    this.canRedo = can_redo;
    this.#mend();
    this.#tell("board");
  }

  async #heard(kind, data) {
    if (kind === "job") {
      this.jobs.set(data.id, data);
      this.#heardJobs.set(data.id, data);
      this.#tell("jobs");
    } else if (data.version > this.version) {
      const next = kind === "operation" && data.operation && data.version === this.version + 1;
      if (!next || !this.#applied(data)) await this.load();
    }
  }

  #applied(data) {
    try {
      this.board = apply(this.board, data.operation);
    } catch {
      return false;  // the whole board is fetched instead
    }
    this.#knows(data);
    return true;
  }

  /** One change after the other: each is made from the board that the last one left. */
  change(make) {
    const done = this.#queue.then(async () => {
      const operation = typeof make === "function" ? make(this.board) : make;
      if (operation) await this.#reached((await api.operate(operation)).version);
      return operation;
    });
    this.#queue = done.catch(() => {});
    return done;
  }

  undo() {
    return this.#travel(api.undo);
  }

  redo() {
    return this.#travel(api.redo);
  }

  #travel(way) {
    const done = this.#queue.then(async () => this.#reached((await way()).version));
    this.#queue = done.catch(() => {});
    return done;
  }

  async #reached(version) {
    if (this.version < version) {
      await new Promise((resolve) => {
        const late = setTimeout(resolve, PATIENCE);
        const look = () => {
          if (this.version < version) return;
          clearTimeout(late);
          this.removeEventListener("board", look);
          resolve();
        };
        this.addEventListener("board", look);
      });
    }
    if (this.version < version) await this.load();
  }

  /** What is gone is not chosen any more; its neighbour is. */
  #mend() {
    const ids = order(this.board);
    const there = new Set(ids);
    this.chosen = new Set([...this.chosen].filter((id) => there.has(id)));
    if (this.at && !there.has(this.at)) {
      this.at = ids[Math.min(this.place ?? 0, ids.length - 1)] ?? null;
      this.chosen = new Set(this.at ? [this.at] : []);
      this.candidate = null;
    }
    if (!there.has(this.anchor)) this.anchor = this.at;
    this.place = ids.indexOf(this.at);
    if (this.candidate && !this.candidates(this.at).some((each) => each.id === this.candidate)) this.candidate = null;
  }

  get panel() {
    return this.at ? (find(this.board, this.at)?.panel ?? null) : null;
  }

  candidates(panel) {
    return this.board.candidates.filter((candidate) => candidate.panel === panel);
  }

  /** Jobs of a panel that are not done: those that wait or run, and the failed. */
  pending(panel) {
    return [...this.jobs.values()].filter((job) => job.panel === panel && ["waiting", "running", "failed"].includes(job.state));
  }

  choose(id, { also = false, upTo = false } = {}) {
    const ids = order(this.board);
    if (upTo && this.anchor) {
      const [from, to] = [ids.indexOf(this.anchor), ids.indexOf(id)].sort((a, b) => a - b);
      this.chosen = new Set(ids.slice(from, to + 1));
    } else if (also) {
      this.chosen = new Set(this.chosen);
      if (!this.chosen.delete(id)) this.chosen.add(id);
      this.anchor = id;
    } else {
      this.chosen = new Set(id ? [id] : []);
      this.anchor = id;
    }
    if (this.at !== id) this.candidate = null;
    this.at = id;
    this.place = ids.indexOf(id);
    this.#tell("chosen");
  }

  chooseCandidate(id) {
    this.candidate = id;
    this.#tell("chosen");
  }

  look(words) {
    this.search = words;
    this.#tell("chosen");
  }

  useMaker(name) {
    this.maker = name;
    this.#tell("told");
  }

  warn(warnings) {
    this.warnings = warnings;
    this.#tell("told");
  }

  /** A sentence for the person: `fault` of what went wrong; `ways` are words and what they do. One
   * `about` something stands until the next about it, which may be none. */
  say(words, { fault = false, ways = [], about = null } = {}) {
    this.dispatchEvent(new CustomEvent("say", { detail: { words, fault, ways, about } }));
  }

  /** Does it; what goes wrong is said with a way on: again. */
  async trying(act) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const ways = error.passes ? [["Try again", () => this.trying(act)]] : [];
      this.say(error.message, { fault: true, ways });
      return null;
    }
  }

  #tell(...kinds) {
    for (const kind of kinds) this.dispatchEvent(new CustomEvent(kind));
  }
}

export const studio = new Studio();

/** An element's `render`, once a frame, whenever one of these is told; and now. */
export function follows(kinds, render) {
  let waits = false;
  const soon = () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      render();
    });
  };
  for (const kind of kinds) studio.addEventListener(kind, soon);
  soon();
}
