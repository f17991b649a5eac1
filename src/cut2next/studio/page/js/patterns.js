// The ways to cut as pictures: the frame before the cut, and in colour the frame after it.

import { svg } from "./dom.js";

const WIDE = 58;
const HIGH = 33;

/** Head and shoulders; `nose` is the side that they look to: -1, 0 or 1. */
function person(x, y, r, nose = 0) {
  const shoulders = `M${x - 2.1 * r} ${y + 4.6 * r}q0 ${-3.2 * r} ${2.1 * r} ${-3.2 * r}t${2.1 * r} ${3.2 * r}z`;
  const parts = [svg("circle", { cx: x, cy: y, r }), svg("path", { d: shoulders })];
  if (nose) parts.push(svg("path", { d: `M${x + nose * r * 0.8} ${y - r * 0.5}l${nose * r * 0.75} ${r * 0.75}l${-nose * r * 0.75} ${r * 0.2}z` }));
  return parts;
}

const clockFace = () => [
  svg("circle", { cx: 29, cy: 16.5, r: 9.5, fill: "none", stroke: "currentColor", "stroke-width": 2.4 }),
  svg("path", { d: "M29 11v5.500l4 2.500", fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-linecap": "round" }),
];

const turned = () => [...person(26, 12, 5.2, 1), svg("path", { d: "M41 26.500a13 5 0 0 1-24 1.500m0 0l.5 4m-.5-4l4-.5", fill: "none", stroke: "currentColor", "stroke-width": 1.4, "stroke-linecap": "round", opacity: 0.75 })];

const FRAMES = {
  "shot-reverse-shot": () => [person(17, 12, 5.2, 1), person(41, 12, 5.2, -1)],
  "cut-in": () => [[...person(20, 14.5, 2.6), ...person(37, 14.5, 2.6)], person(29, 14, 8.2)],
  "cut-out": () => [person(29, 14, 8.2), [...person(20, 14.5, 2.6), ...person(37, 14.5, 2.6)]],
  cutaway: () => [person(29, 12, 5.2), clockFace()],
  "multi-angle": () => [person(29, 12, 5.2), turned()],
};

function frame(x, parts, next) {
  const edge = svg("rect", { x: 0.75, y: 0.75, width: WIDE - 1.5, height: HIGH - 1.5, rx: 2, fill: "none", stroke: "currentColor", "stroke-width": 1.2, opacity: 0.6 });
  const given = { x, y: 0, width: WIDE, height: HIGH, fill: "currentColor" };
  return svg("svg", { ...given, class: next ? "next" : "now" }, parts.flat(), edge);
}

/** A pattern by its value; of one that is not known, two empty frames. */
export function patternPicture(value) {
  const [before, after] = FRAMES[value]?.() ?? [[], []];
  return svg("svg", { viewBox: `0 0 ${2 * WIDE + 8} ${HIGH}`, width: 124, height: 33, "aria-hidden": "true", class: "pattern" }, frame(0, before, false), frame(WIDE + 8, after, true));
}
