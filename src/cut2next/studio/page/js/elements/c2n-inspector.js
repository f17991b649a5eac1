// What is known of the chosen panel, in fields; each is kept as soon as it is left.

import * as actions from "../actions.js";
import { button, choice, field, h, iconButton, later } from "../dom.js";
import { edition, order, sourceOf } from "../operations.js";
import { follows, studio } from "../studio.js";
import { framesOf, lengthOf, seconds } from "../time.js";
import { labelOf, makerChoice } from "./c2n-table.js";
import { patternPicture } from "../patterns.js";
import { openCast } from "./cast.js";
import { keep, written } from "../unkept.js";
import { cameraFields, cutFields, promptFields } from "./prompts.js";

const PAUSE = 900;
/** Milliseconds without a letter after which what is written is kept. */

class InspectorElement extends HTMLElement {
  #open = new Set(["Shot"]);
  #shown = "";
  #flush = [];

  connectedCallback() {
    this.setAttribute("role", "complementary");
    this.setAttribute("aria-label", "Panel");
    follows(["board", "chosen", "told"], () => this.#render());
    this.addEventListener("keydown", (event) => event.key === "Escape" && this.#leave(event));
    addEventListener("pagehide", () => this.#keepAll());
  }

  /** To the first field that tells a story, of the panel that was chosen a moment ago as well. */
  write() {
    this.#render();
    if (getComputedStyle(this).display === "none") document.querySelector("c2n-actions").edit.click();
    this.querySelector("textarea")?.focus();
  }

  #leave(event) {
    event.stopPropagation();
    document.activeElement.blur();
    document.querySelector("c2n-actions").close();
    document.querySelector("c2n-board").focusPanel();
  }

  #keepAll() {
    for (const keep of this.#flush) keep();
  }

  #render() {
    const panel = studio.panel;
    this.hidden = !panel;
    if (!panel) return;
    const several = studio.chosen.size > 1;
    // While somebody writes, nothing is built anew under their hands.
    const key = several ? [...studio.chosen].join() : `${panel.id} ${studio.words.patterns.length}`;
    const isHeld = this.contains(document.activeElement) && this.#shown === key;
    if (isHeld && !document.activeElement.matches("button, summary, input[type=checkbox]")) return;
    const state = JSON.stringify([panel, studio.numbers[panel.id], studio.board.figures, studio.warnings.filter((each) => each.panel === panel.id), studio.makers, studio.maker, sourceOf(studio.board, panel.id)?.id]);
    if (this.#shown === key && this.state === state) return;
    this.#keepAll();
    const hadFocus = this.contains(document.activeElement);
    const focus = isHeld ? document.activeElement.dataset.name : null;
    const top = this.#shown === key ? this.scrollTop : 0;
    this.#shown = key;
    this.state = state;
    this.#flush = [];
    this.replaceChildren(...(several ? this.#severalPanels() : this.#onePanel(panel)));
    this.scrollTop = top;
    if (focus) this.querySelector(`[data-name="${CSS.escape(focus)}"]`)?.focus();
    if (hadFocus && document.activeElement === document.body) document.querySelector("c2n-board").focusPanel();
  }

  #severalPanels() {
    const panels = order(studio.board).filter((id) => studio.chosen.has(id));
    const frames = studio.board.scenes.flatMap((scene) => scene.panels).filter((panel) => studio.chosen.has(panel.id)).reduce((sum, panel) => sum + panel.frames, 0);
    const tonight = () => actions.ask({ panels, count: 1, priority: 1 });
    return [
      h("div", { class: "head" }, h("h2", {}, `${panels.length} panels`), h("span", { class: "soft" }, lengthOf(frames, studio.board.rate))),
      h("div", { class: "fields" }, button("A next shot for each, tonight", tonight), button("Remove them", () => actions.remove())),
    ];
  }

  #onePanel(panel) {
    const number = studio.numbers[panel.id] ?? "";
    const step = (by, name, words) => iconButton(name, words, () => actions.moveBy(by), { "data-name": `move ${by}` });
    const warnings = studio.warnings.filter((each) => each.panel === panel.id);
    return [
      h("div", { class: "head" }, h("h2", {}, `Panel ${number}`), step(-1, "left", "Move it earlier"), step(1, "right", "Move it later"), iconButton("close", "Remove the panel", () => actions.remove())),
      warnings.length ? h("div", { class: "warned" }, warnings.map((each) => h("p", {}, each.words))) : "",
      this.#texts(panel),
      this.#part("Shot", panel.shows?.summary ? "" : "nothing said yet", () => promptFields(this, panel)),
      this.#part("Cast and places", this.#present(panel), () => this.#cast(panel)),
      this.#part("Cut to it", labelOf(panel.way.patterns), () => this.#cut(panel)),
      this.#part("Camera", Object.values(panel.way.camera).filter(Boolean).join(", "), () => cameraFields(this, panel)),
      this.#part("Seed and strengths", panel.way.seed === null ? "" : `seed ${panel.way.seed}`, () => cutFields(this, panel)),
    ].filter(Boolean);
  }

  #part(name, about, make) {
    const details = h("details", { "data-part": name }, h("summary", { "data-name": `part ${name}` }, name, h("span", { class: "soft" }, about)), this.#open.has(name) ? make() : "");
    details.open = this.#open.has(name);
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(make());
      this.#open[details.open ? "add" : "delete"](name);
    });
    return details;
  }

  /** What is written: `read()` gives it as text, null while it is not valid; `put(text)` shows what was
   * not kept yet. `changes(now, text, kept)` are those of the panel. Returns what keeps it now. */
  keeper(panel, name, read, put, changes) {
    const key = `${panel.id} ${name}`;
    let kept = read();
    if (written(key) !== undefined) put(written(key));
    const now = () => {
      const text = read();
      if (text === null || text === (written(key) ?? kept)) return;
      const make = (board) => edition(board, panel.id, (there) => changes(there, text, kept));
      keep(key, text, make, () => (kept = text));
    };
    this.#flush.push(now);
    return now;
  }

  /** A control that is kept when it is left, or after a pause. */
  input(panel, control, changes) {
    const read = () => (control.checkValidity() ? control.value : null);
    const now = this.keeper(panel, control.dataset.name, read, (text) => (control.value = text), changes);
    control.addEventListener("change", now);
    if (control.matches("textarea")) control.addEventListener("input", later(now, PAUSE));
    return control;
  }

  text(panel, name, label) {
    const control = h("textarea", { rows: 2, maxlength: 20000, "data-name": name }, panel[name]);
    return field(label, this.input(panel, control, (now, text) => ({ [name]: text })));
  }

  #texts(panel) {
    const { rate } = studio.board;
    const frames = h("input", { type: "number", min: 1, max: 1000000, step: 1, value: panel.frames, required: true, "data-name": "frames" });
    const length = h("input", { type: "number", min: 0.01, step: "any", value: Number(seconds(panel.frames, rate).toFixed(3)), required: true, "data-name": "seconds" });
    const number = h("input", { maxlength: 200, value: panel.number, placeholder: studio.numbers[panel.id] ?? "", "data-name": "number" });
    const timed = () => frames.checkValidity() && (length.value = Number(seconds(Number(frames.value), rate).toFixed(3)));
    const put = (text) => {
      frames.value = text;
      timed();
    };
    const keepTime = this.keeper(panel, "frames", () => (frames.checkValidity() ? frames.value : null), put, (now, text) => ({ frames: Number(text) }));
    length.addEventListener("input", () => length.checkValidity() && (frames.value = framesOf(Number(length.value), rate)));
    for (const each of [frames, length]) each.addEventListener("change", () => (timed(), keepTime()));
    return h(
      "div",
      { class: "fields" },
      h("div", { class: "lengths" }, field("Seconds", length), field("Frames", frames), field("Number", this.input(panel, number, (now, text) => ({ number: text })))),
      this.#continues(panel),
      this.text(panel, "action", "Action"),
      this.text(panel, "dialogue", "Dialogue"),
      this.text(panel, "notes", "Notes"),
      this.#picture(panel),
    );
  }

  #continues(panel) {
    const box = h("input", { type: "checkbox", "data-name": "continues", props: { checked: panel.continues } });
    const put = (text) => (box.checked = text === "true");
    box.addEventListener("change", this.keeper(panel, "continues", () => String(box.checked), put, (now, text) => ({ continues: text === "true" })));
    return h("label", { class: "check small" }, box, "A further picture of the shot before");
  }

  #picture(panel) {
    const take = async () => {
      const files = await actions.pickFiles({ accept: "image/*", multiple: false });
      if (files.length) actions.takePictures(files, { onto: panel.id });
    };
    const about = panel.picture ? `${panel.picture.width} × ${panel.picture.height}${panel.picture.source ? `, ${panel.picture.source}` : ""}` : "No picture yet";
    return h("div", { class: "row small soft" }, h("span", { class: "grow" }, about), button(panel.picture ? "Replace" : "Choose", take, { "data-name": "replace" }), panel.picture ? button("Clear", () => actions.edit(panel.id, { picture: null }), { "data-name": "clear" }) : "");
  }

  #present(panel) {
    return studio.board.figures.filter((figure) => panel.figures.includes(figure.id)).map((figure) => figure.name).join(", ");
  }

  /** Who and what is in it: off unless chosen. */
  #cast(panel) {
    const chips = studio.board.figures.map((figure) => {
      const isIn = panel.figures.includes(figure.id);
      const turn = () => actions.edit(panel.id, (now) => ({ figures: isIn ? now.figures.filter((id) => id !== figure.id) : [...now.figures, figure.id] }));
      return button(figure.name, turn, { class: "chip", "aria-pressed": isIn, title: figure.look, "data-name": `figure ${figure.id}` });
    });
    const words = studio.board.figures.length ? "" : h("p", { class: "soft small" }, "Name people and places once, with their looks: the same words then come back in every prompt.");
    return h("div", { class: "fields" }, words, h("div", { class: "chips" }, chips, button("Cast and places…", () => openCast(), { class: "chip", "data-name": "cast" })));
  }

  #cut(panel) {
    const implied = sourceOf(studio.board, panel.id);
    const before = order(studio.board).filter((id) => id !== panel.id).map((id) => [id, `Panel ${studio.numbers[id] ?? ""}`]);
    const from = choice([["", implied && !panel.way.source ? `The one before (${studio.numbers[implied.id]})` : "The one before"], ...before], panel.way.source ?? "", { "data-name": "source" });
    this.input(panel, from, (now, id) => ({ way: { ...now.way, source: id || null } }));
    const ways = studio.words.patterns.map((pattern) => {
      const isOn = panel.way.patterns.includes(pattern.value);
      const turn = () => actions.editWay(panel.id, { patterns: isOn ? panel.way.patterns.filter((value) => value !== pattern.value) : [...panel.way.patterns, pattern.value] });
      return button([patternPicture(pattern.value), pattern.label], turn, { class: "way-chip", "aria-pressed": isOn, title: pattern.definition, "data-name": pattern.value });
    });
    const make = (count) => button(count === 1 ? "A next shot" : `${count} variations`, () => actions.variations(panel.id, count), { class: count === 1 ? "main" : "", "data-name": `make ${count}` });
    const suggested = button("Suggest the prompts", () => actions.suggest(panel.id), { "data-name": "suggest" });
    return h("div", { class: "fields" }, field("From", from), h("div", { class: "way-chips" }, ways), this.relation(panel), h("div", { class: "row" }, make(1), make(4), studio.makers.length > 1 ? makerChoice() : ""), suggested);
  }

  /** The relational prompt in a person's own words; empty is what the patterns imply. */
  relation(panel) {
    const relation = panel.way.relation ?? { transition: "", scene: "", scene_consistency: "", character_consistency: "" };
    const part = (name, label, placeholder) => {
      const control = h("textarea", { rows: 1, maxlength: 20000, placeholder, "data-name": `relation ${name}` }, relation[name]);
      const changes = (now, text) => {
        const all = { ...(now.way.relation ?? relation), [name]: text };
        const isEmpty = Object.values(all).every((each) => !each.trim());
        return { way: { ...now.way, relation: isEmpty ? null : all } };
      };
      return field(label, this.input(panel, control, changes));
    };
    return h(
      "fieldset",
      { class: "prompt" },
      h("legend", {}, "Relational prompt: what holds across the cut"),
      part("transition", "How it goes", "as the patterns imply"),
      part("scene", "Who is where", ""),
      part("scene_consistency", "What of the place stays", ""),
      part("character_consistency", "What of the people stays", ""),
    );
  }
}

customElements.define("c2n-inspector", InspectorElement);
