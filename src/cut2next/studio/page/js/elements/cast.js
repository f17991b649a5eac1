// People and places: named once, with their looks; the words then come back in every prompt.

import * as actions from "../actions.js";
import { api, pictureUrl } from "../api.js";
import { button, fill, h, icon } from "../dom.js";
import { newId } from "../operations.js";
import { studio } from "../studio.js";
import { keep, written } from "../unkept.js";
import { openDialog } from "./dialog.js";

const NO_SIGNS = "[^<>\\(\\)]*\\S[^<>\\(\\)]*";

export function openCast() {
  const people = h("div", { class: "cast" });
  const drawn = new Map();
  const draw = () => {
    const cards = studio.board.figures.map((figure) => {
      const key = JSON.stringify(figure);
      const before = drawn.get(figure.id);
      // Nobody's hands are on it, or it would be built anew under them.
      if (before && (before.key === key || before.card.contains(document.activeElement))) return before.card;
      const made = { key, card: card(figure) };
      drawn.set(figure.id, made);
      return made.card;
    });
    fill(people, cards);
  };
  const add = (kind, name) => async () => {
    const names = new Set(studio.board.figures.map((figure) => figure.name));
    let number = 1;
    while (names.has(number === 1 ? name : `${name} ${number}`)) number += 1;
    const figure = { id: newId(), kind, name: number === 1 ? name : `${name} ${number}`, look: "", picture: null };
    await studio.trying(() => studio.change({ op: "PutFigure", figure, at: null }));
    draw();
    people.lastElementChild?.querySelector("input").select();
  };
  studio.addEventListener("board", draw);
  draw();
  openDialog("Cast and places", {
    kind: "broad",
    body: [h("p", { class: "soft" }, "Chosen for a panel, a figure is written as <Name> (look) into all of its prompts, always in the same words."), people],
    foot: [button([icon("person"), "Person"], add("person", "Somebody")), button([icon("place"), "Place"], add("place", "Somewhere"))],
    closed: () => studio.removeEventListener("board", draw),
  });
}

const now = (id) => studio.board.figures.find((figure) => figure.id === id);
const changed = (id, changes) => now(id) && { op: "PutFigure", figure: { ...now(id), ...changes }, at: null };

function card(figure) {
  const line = (name, label, given = {}) => {
    const key = `${figure.id} ${name}`;
    const control = h("input", { value: written(key) ?? figure[name], "aria-label": label, placeholder: label, maxlength: 200, title: "without < > ( )", ...given });
    control.addEventListener("change", () => {
      const text = control.value.trim();
      if (control.reportValidity()) keep(key, text, () => changed(figure.id, { [name]: text }));
    });
    return control;
  };
  const take = async () => {
    const [file] = await actions.pickFiles({ accept: "image/*", multiple: false });
    const picture = file && (await studio.trying(() => api.addPicture(file, file.name, "unknown")));
    if (picture) studio.trying(() => studio.change(() => changed(figure.id, { picture })));
  };
  const face = figure.picture ? h("img", { src: pictureUrl(figure.picture, 72), alt: "" }) : icon(figure.kind);
  const gone = () => studio.trying(() => studio.change({ op: "RemoveFigure", id: figure.id }));
  return h(
    "div",
    { class: "figure", role: "group", "aria-label": figure.name },
    button(face, take, { class: "face", "aria-label": `Picture of ${figure.name}` }),
    line("name", "Name", { required: true, pattern: NO_SIGNS }),
    line("look", figure.kind === "person" ? "Look: black bob, glasses" : "Look: brick walls, morning", { pattern: "[^<>\\(\\)]*" }),
    h("div", { class: "row" }, h("span", {}, figure.kind === "person" ? "Person" : "Place"), button("Remove", gone, { class: "bare" })),
  );
}
