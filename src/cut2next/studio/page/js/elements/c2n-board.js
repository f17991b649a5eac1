// The board: scenes of panels in order. Only what changed is drawn anew, and what is out of sight is
// not laid out (content-visibility), so that five hundred panels scroll like five.

import * as actions from "../actions.js";
import { button, h, icon, later } from "../dom.js";
import { newPanel, order } from "../operations.js";
import { follows, studio } from "../studio.js";
import { lengthOf } from "../time.js";
import { blank } from "./blank.js";
import { listenToDrops } from "./drops.js";

class BoardElement extends HTMLElement {
  #panels = new Map();
  #scenes = new Map();
  #add = new Map();

  connectedCallback() {
    this.rows = h("div", { role: "grid", "aria-label": "Storyboard", "aria-multiselectable": "true" });
    this.blank = blank();
    this.more = button([icon("add"), "Scene"], () => actions.newScene(), { class: "bare new-scene" });
    this.append(this.rows, this.more, this.blank);
    this.rows.addEventListener("pointerdown", (event) => this.#pressed(event));
    this.rows.addEventListener("click", (event) => this.#clicked(event));
    this.rows.addEventListener("dblclick", (event) => panelOf(event) && document.querySelector("c2n-inspector").write());
    this.rows.addEventListener("focusin", (event) => {
      const id = panelOf(event)?.dataset.id;
      if (id && id !== studio.at && !this.pressing) studio.choose(id);
    });
    listenToDrops(this);
    follows(["board", "jobs", "chosen", "told"], () => this.#render());
    const resized = () => {
      this.wide = undefined;
      this.#render();
    };
    addEventListener("resize", later(resized, 200));
  }

  /** How many panels stand side by side. */
  get columns() {
    const grid = this.querySelector(".panels");
    return grid ? getComputedStyle(grid).gridTemplateColumns.split(" ").length : 1;
  }

  #render() {
    const { board } = studio;
    const isBlank = !board.scenes.length;
    document.documentElement.style.setProperty("--frame", `${board.width} / ${board.height}`);
    this.blank.hidden = !isBlank || studio.version < 0;
    this.rows.hidden = this.more.hidden = isBlank;
    const hadFocus = this.contains(document.activeElement) && document.activeElement.matches("c2n-panel");
    const seen = this.#facts();
    arrange(this.rows, board.scenes.map((scene, at) => this.#scene(scene, at, seen)));
    forget(this.#scenes, new Set(board.scenes.map((scene) => scene.id)));
    forget(this.#panels, new Set(order(board)));
    if (hadFocus || document.activeElement === document.body) this.#focus();
    if (studio.at !== this.at) this.reveal();
  }

  /** What panels show that is not theirs, gathered once. */
  #facts() {
    const candidates = new Map();
    for (const each of studio.board.candidates) candidates.set(each.panel, [...(candidates.get(each.panel) ?? []), each]);
    const making = new Map();
    for (const job of studio.jobs.values()) {
      if (job.state === "waiting" || job.state === "running") making.set(job.panel, [...(making.get(job.panel) ?? []), job.steps ? job.step / job.steps : 0]);
    }
    const warned = new Map(studio.warnings.map((warning) => [warning.panel, warning.words]));
    const labels = new Map(studio.words.patterns.map((pattern) => [pattern.value, pattern.label]));
    this.wide ??= this.querySelector("c2n-panel")?.clientWidth;
    return { candidates, making, warned, labels, wide: this.wide || 248, wanted: studio.search.trim().toLowerCase() };
  }

  #scene(scene, at, seen) {
    if (!this.#scenes.has(scene.id)) this.#scenes.set(scene.id, this.#newScene(scene.id));
    const { section, which, heading, panels, length } = this.#scenes.get(scene.id);
    const name = `Scene ${scene.number || at + 1}`;
    which.textContent = name;
    section.setAttribute("aria-label", name);
    heading.setAttribute("aria-label", `Heading of scene ${scene.number || at + 1}`);
    if (document.activeElement !== heading) heading.value = scene.heading;
    length.textContent = lengthOf(scene.panels.reduce((sum, panel) => sum + panel.frames, 0), studio.board.rate);
    arrange(panels, [...scene.panels.map((panel) => this.#panel(panel, seen)), this.#add.get(scene.id)]);
    return section;
  }

  #newScene(id) {
    const which = h("span", { class: "which" });
    const heading = h("input", { placeholder: "Heading, such as INT. CAFÉ – DAY", maxlength: 200, spellcheck: "false" });
    heading.addEventListener("change", () => this.#editScene(id, heading.value));
    heading.addEventListener("keydown", (event) => event.key === "Enter" && heading.blur());
    const length = h("span", { class: "length" });
    const move = (by, words) => button(words, () => this.#moveScene(id, by), { class: "bare", "aria-label": `The scene ${words.toLowerCase()}` });
    const remove = button("Remove", () => this.#removeScene(id), { class: "bare", "aria-label": "Remove the scene" });
    const panels = h("div", { class: "panels", role: "presentation" });
    const head = h("div", { class: "scene-head", role: "rowheader" }, which, heading, move(-1, "Earlier"), move(1, "Later"), remove, length);
    const add = h("button", { type: "button", "aria-label": "Add a panel to the scene", on: { click: () => this.#addTo(id) } }, icon("add"));
    this.#add.set(id, h("div", { class: "add", role: "gridcell" }, add));
    return { section: h("section", { class: "scene", role: "row", "data-scene": id }, head, panels), which, heading, panels, length };
  }

  #panel(panel, seen) {
    let element = this.#panels.get(panel.id);
    if (!element) {
      element = h("c2n-panel", { "data-id": panel.id });
      this.#panels.set(panel.id, element);
    }
    const offered = (seen.candidates.get(panel.id) ?? []).filter((each) => each.picture.sha256 !== panel.picture?.sha256);
    const making = seen.making.get(panel.id);
    element.show({
      panel,
      rate: studio.board.rate,
      wide: seen.wide,
      number: studio.numbers[panel.id] ?? "",
      waysOf: panel.way.patterns.map((value) => seen.labels.get(value) ?? value).join(", "),
      candidates: offered.length,
      warned: seen.warned.get(panel.id) ?? "",
      progress: making ? making.reduce((sum, part) => sum + part, 0) / making.length : null,
      chosen: studio.chosen.has(panel.id),
      at: studio.at === panel.id,
      lost: Boolean(seen.wanted) && !matches(panel, studio.numbers[panel.id], seen.wanted),
    });
    return element;
  }

  async #editScene(id, heading) {
    await studio.trying(() =>
      studio.change((board) => {
        const scene = board.scenes.find((each) => each.id === id);
        return scene && scene.heading !== heading ? { op: "EditScene", id, heading, number: scene.number, notes: scene.notes } : null;
      }),
    );
  }

  async #addTo(scene) {
    const panel = newPanel(studio.board);
    const at = studio.board.scenes.find((each) => each.id === scene).panels.length;
    const done = await studio.trying(() => studio.change({ op: "InsertPanel", panel, scene, at }));
    if (done) studio.choose(panel.id);
  }

  #moveScene(id, by) {
    return studio.trying(() =>
      studio.change(({ scenes }) => {
        const at = scenes.findIndex((scene) => scene.id === id) + by;
        return at >= 0 && at < scenes.length ? { op: "MoveScene", id, at } : null;
      }),
    );
  }

  async #removeScene(id) {
    const done = await studio.trying(() => studio.change({ op: "RemoveScene", id }));
    if (done) studio.say("The scene is gone.", { ways: [["Undo", () => studio.trying(() => studio.undo())]] });
  }

  #pressed(event) {
    this.pressing = true;
    setTimeout(() => (this.pressing = false));
    if (panelOf(event)) this.wasChosen = studio.chosen.has(panelOf(event).dataset.id);
  }

  #clicked(event) {
    const panel = panelOf(event);
    if (!panel) return;
    studio.choose(panel.dataset.id, { also: event.ctrlKey || event.metaKey, upTo: event.shiftKey });
    panel.focus();
  }

  /** To a neighbour: by place in the order, or by where it is seen. */
  go(way, { upTo = false } = {}) {
    const ids = order(studio.board);
    if (!ids.length) return;
    const at = ids.indexOf(studio.at);
    const to = { left: at - 1, right: at + 1, first: 0, last: ids.length - 1 }[way] ?? this.#beyond(ids, at, way === "down" ? 1 : -1);
    studio.choose(ids[Math.min(ids.length - 1, Math.max(0, to))], { upTo });
    this.focusPanel();
  }

  /** The panel over or under one: in the next line that has any, nearest from side to side. */
  #beyond(ids, at, step) {
    const boxes = (place) => this.#panels.get(ids[place]).getBoundingClientRect();
    if (at < 0) return 0;
    const from = boxes(at);
    let line = null;
    let best = at;
    for (let place = at + step; place >= 0 && place < ids.length; place += step) {
      const box = boxes(place);
      if (Math.abs(box.top - from.top) < 4) continue;
      line ??= box.top;
      if (Math.abs(box.top - line) > 4) break;
      if (best === at || Math.abs(box.left - from.left) < Math.abs(boxes(best).left - from.left)) best = place;
    }
    return best;
  }

  all() {
    studio.chosen = new Set(order(studio.board));
    studio.dispatchEvent(new CustomEvent("chosen"));
  }

  focusPanel() {
    this.#focus();
    this.reveal();
  }

  /** Scrolls to the chosen panel, once all that is told is drawn. */
  reveal() {
    this.at = studio.at;
    requestAnimationFrame(() => this.#panels.get(studio.at)?.scrollIntoView({ block: "nearest" }));
  }

  /** Whoever looks elsewhere on the board goes on doing so. */
  #focus() {
    if (!document.querySelector("dialog[open]")) this.#panels.get(studio.at)?.focus({ preventScroll: true });
  }
}

const panelOf = (event) => event.target.closest("c2n-panel");

function matches(panel, number, wanted) {
  return [number ?? "", panel.dialogue, panel.action, panel.notes, panel.shows?.summary ?? ""].some((text) => text.toLowerCase().includes(wanted));
}

/** Children in this order, moving as few as may be: one that moved far is taken out first. */
function arrange(parent, wanted) {
  let node = parent.firstChild;
  for (const element of wanted) {
    if (node === element) {
      node = node.nextSibling;
    } else if (node?.nextSibling === element) {
      node.remove();
      node = element.nextSibling;
    } else {
      parent.insertBefore(element, node);
    }
  }
  while (node) {
    const next = node.nextSibling;
    node.remove();
    node = next;
  }
}

function forget(kept, there) {
  for (const id of kept.keys()) if (!there.has(id)) kept.delete(id);
}

customElements.define("c2n-board", BoardElement);
