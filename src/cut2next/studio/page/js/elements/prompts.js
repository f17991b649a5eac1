// The longer parts of the inspector: what a shot shows, camera words, seed and strengths.

import { button, field, h, iconButton } from "../dom.js";
import { newId } from "../operations.js";
import { studio } from "../studio.js";

const ATTRIBUTES = ["Shot Size", "Framing", "Camera Angle", "Lens", "Lighting", "Color", "Mood"];
let lists = 0;

/** What a panel shows: the next prompt when it is made, the current when one cuts from it. */
export function promptFields(inspector, panel) {
  const shows = panel.shows ?? { summary: "", description: "", attributes: {} };
  const part = (name, label, rows, placeholder) => field(label, inspector.input(panel, h("textarea", { rows, maxlength: 20000, placeholder, "data-name": `shows ${name}` }, shows[name]), (now, text) => shown(now, { [name]: text })));
  return h(
    "div",
    { class: "fields" },
    part("summary", "Prompt: who and where", 2, "Close up of <Noah> (black bob, glasses) in the café"),
    part("description", "Posture, expression, costume, background", 1, ""),
    attributes(inspector, panel, shows),
  );
}

/** What changes when a panel shows something else; nothing of it is null. */
function shown(now, changes) {
  const all = { summary: "", description: "", attributes: {}, ...now.shows, ...changes };
  const isEmpty = !all.summary.trim() && !all.description.trim() && !Object.keys(all.attributes).length;
  return { shows: isEmpty ? null : all };
}

function attributes(inspector, panel, shows) {
  const rows = h("div", { class: "fields" });
  const row = ([name, value]) => {
    const names = h("input", { value: name, "aria-label": "Attribute", list: wordList(ATTRIBUTES, rows), maxlength: 200 });
    const words = h("input", { value, "aria-label": `${name || "Attribute"} in words`, maxlength: 2000 });
    const read = () => JSON.stringify([names.value.trim(), words.value.trim()]);
    const put = (text) => ([names.value, words.value] = JSON.parse(text));
    const keepLine = inspector.keeper(panel, `attribute ${name || newId()}`, read, put, (now, text, kept) => {
      const [[was], [is, said]] = [JSON.parse(kept), JSON.parse(text)];
      const rest = Object.entries(now.shows?.attributes ?? {}).filter(([key]) => key !== was);
      return shown(now, { attributes: Object.fromEntries(is && said ? [...rest, [is, said]] : rest) });
    });
    const gone = iconButton("close", `Remove ${name || "it"}`, () => {
      words.value = "";
      keepLine();
      line.remove();
    });
    const line = h("div", { class: "attributes", on: { change: keepLine } }, names, words, gone);
    return line;
  };
  rows.append(...Object.entries(shows.attributes).map(row));
  const add = button("Add an attribute", () => {
    rows.append(row(["", ""]));
    rows.lastElementChild.querySelector("input").focus();
  }, { class: "bare small", "data-name": "add attribute" });
  return h("div", { class: "fields" }, rows, h("div", {}, add));
}

function wordList(words, parent) {
  const id = `words-${++lists}`;
  parent.append(h("datalist", { id }, words.map((value) => h("option", { value }))));
  return id;
}

const CAMERA = [
  ["distance", "Shot size"],
  ["azimuth", "From which side"],
  ["height", "From how high"],
  ["lens", "Lens"],
];

/** Camera words: those that are usual are offered, any may be written. */
export function cameraFields(inspector, panel) {
  const fields = h("div", { class: "fields" });
  for (const [name, label] of CAMERA) {
    const control = h("input", { value: panel.way.camera[name], list: wordList(studio.words.camera[name] ?? [], fields), maxlength: 200, placeholder: "not said", "data-name": `camera ${name}` });
    fields.append(field(label, inspector.input(panel, control, (now, text) => ({ way: { ...now.way, camera: { ...now.way.camera, [name]: text.trim() } } }))));
  }
  return fields;
}

const number = (value) => (value.trim() === "" ? null : Number(value));

export function cutFields(inspector, panel) {
  const { way } = panel;
  const seed = h("input", { type: "number", min: 0, max: Number.MAX_SAFE_INTEGER, step: 1, value: way.seed ?? "", placeholder: "another each time", "data-name": "seed" });
  const steps = h("input", { type: "number", min: 1, max: 1000, step: 1, value: way.steps ?? "", placeholder: "the maker's", "data-name": "steps" });
  const guidance = h("input", { type: "number", min: 0, max: 30, step: "any", value: way.guidance ?? "", placeholder: "the maker's", "data-name": "guidance" });
  const keep = (name) => (now, text) => ({ way: { ...now.way, [name]: number(text) } });
  return h(
    "div",
    { class: "fields" },
    field("Seed, locked", inspector.input(panel, seed, keep("seed"))),
    strength(inspector, panel, "relational", "Relational prompt counts"),
    strength(inspector, panel, "current", "Current shot counts"),
    h("div", { class: "pair" }, field("Steps", inspector.input(panel, steps, keep("steps"))), field("Guidance", inspector.input(panel, guidance, keep("guidance")))),
  );
}

function strength(inspector, panel, name, label) {
  const said = h("output");
  const slider = h("input", { type: "range", min: 0, max: 4, step: 0.05, value: panel.way.strengths[name], "data-name": `strength ${name}` });
  slider.addEventListener("input", () => (said.textContent = Number(slider.value).toFixed(2)));
  inspector.input(panel, slider, (now, text) => ({ way: { ...now.way, strengths: { ...now.way.strengths, [name]: Number(text) } } }));
  said.textContent = Number(slider.value).toFixed(2);
  return h("label", { class: "strength" }, h("span", {}, label), said, slider);
}
