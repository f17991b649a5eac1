// A board with nothing on it: what to begin with.

import * as actions from "../actions.js";
import { button, h, icon, svg } from "../dom.js";
import { openExchange } from "./exchange.js";
import { openFilms } from "./film.js";

function art() {
  const frame = (x, given) => svg("rect", { x, y: 1, width: 88, height: 52, rx: 3, fill: "none", stroke: "currentColor", "stroke-width": 1.5, ...given });
  return svg("svg", { viewBox: "0 0 292 54", class: "art", "aria-hidden": "true" }, frame(2, { fill: "currentColor", "fill-opacity": 0.2 }), frame(102, { "stroke-dasharray": "4 4" }), frame(202, { "stroke-dasharray": "4 4", opacity: 0.5 }));
}

export function blank() {
  const element = h(
    "div",
    { class: "blank" },
    art(),
    h("h2", {}, "Begin with a picture"),
    h("p", {}, "Drop a still, a drawing or a photograph here, or paste one. Then choose a way to cut, and keep the next shot that you like."),
    h(
      "div",
      { class: "row" },
      button("Choose pictures", actions.pickPictures, { class: "main" }),
      button([icon("film"), "Frame of a film"], () => openFilms()),
      button([icon("share"), "Script or timeline"], () => openExchange("import")),
      button([icon("add"), "Empty panel"], () => actions.insertEmpty()),
    ),
  );
  // Once it is hidden, what has the focus in it has it no longer.
  const hidden = new MutationObserver(() => element.hidden && element.contains(document.activeElement) && document.querySelector("c2n-board").focusPanel());
  hidden.observe(element, { attributeFilter: ["hidden"] });
  return element;
}
