// Elements out of code: text is always text, and nothing is ever parsed as markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element: attributes by name, `class`, listeners as `on`, and `props` set on it. */
export function h(tag, given = {}, ...children) {
  return filled(document.createElement(tag), given, children);
}

export function svg(tag, given = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), given, children);
}

function filled(element, { on = {}, props = {}, ...attributes }, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return Object.assign(element, props);
}

const ICONS = {
  add: "M8 3v10M3 8h10",
  back: "M6 4 3 7l3 3M3 7h6.5a3.5 3.5 0 0 1 0 7H7",
  forth: "M10 4l3 3-3 3M13 7H6.5a3.5 3.5 0 0 0 0 7H9",
  play: "M5 3.2v9.6L13 8z",
  pause: "M5 3v10M11 3v10",
  people: "M6 7.5A2.5 2.5 0 1 0 6 2.6a2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.500-4s4.500 1.500 4.500 4M10.500 2.800a2.400 2.400 0 0 1 0 4.500M12 9.800c1.600.5 2.500 1.800 2.500 3.700",
  film: "M2 3h12v10H2zM5 3v10M11 3v10M2 8h3M11 8h3",
  share: "M8 2v8M5 5l3-3 3 3M3 9v4.500h10V9",
  queue: "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.500V8l2.500 1.800",
  theme: "M8 2a6 6 0 1 0 0 12zM8 2a6 6 0 0 1 0 12",
  keys: "M1.500 4h13v8h-13zM4 6.500h.01M6.700 6.500h.01M9.400 6.500h.01M12 6.500h.01M5 9.500h6",
  close: "M4 4l8 8M12 4l-8 8",
  find: "M7 2.500a4.500 4.500 0 1 0 0 9 4.500 4.500 0 0 0 0-9zM10.300 10.300 14 14",
  more: "M3.500 8h.01M8 8h.01M12.500 8h.01",
  edit: "M3 13l.700-3L11 2.800 13.200 5 6 12.300z",
  cut: "M4.500 10.500a2 2 0 1 0 0 .01zM4.500 5.500a2 2 0 1 0 0 .01zM6 6l8 6M6 10l8-6",
  left: "M10 3 5 8l5 5",
  right: "M6 3l5 5-5 5",
  settings: "M2 5h7M13 5h1M2 11h1M7 11h7M11 3v4M5 9v4",
  person: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.500 14c0-3 2.500-4.500 5.500-4.500s5.500 1.500 5.500 4.500",
  place: "M2 14V7l6-4.500L14 7v7M6 14v-4h4v4",
};

/** One of our own line drawings, 16 pixels. */
export function icon(name) {
  const path = svg("path", { d: ICONS[name], fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-linecap": "round", "stroke-linejoin": "round" });
  return svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, path);
}

export function iconButton(name, label, act, given = {}) {
  return h("button", { type: "button", class: "bare icon", "aria-label": label, title: label, on: { click: act }, ...given }, icon(name));
}

/** A button; `words` may hold an element. */
export function button(words, act, given = {}) {
  return h("button", { type: "button", on: { click: act }, ...given }, words);
}

/** Gives an element these children; what has the focus among them keeps it. */
export function fill(parent, children) {
  if (children.length === parent.childElementCount && children.every((each, at) => parent.children[at] === each)) return;
  const focused = document.activeElement;
  parent.replaceChildren(...children);
  if (focused.isConnected && focused !== document.activeElement) focused.focus();
}

/** A labelled field: an input, a select or a text area. */
export function field(label, control, given = {}) {
  return h("label", { class: "field", ...given }, h("span", {}, label), control);
}

export function choice(options, chosen, given = {}) {
  const select = h("select", given, options.map(([value, words]) => h("option", { value }, words)));
  select.value = chosen;
  return select;
}

/** Calls once before the next frame, however often it is asked to. */
export function soon(act) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      act();
    });
  };
}

/** Calls when nobody has asked for so many milliseconds. */
export function later(act, wait) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait);
  };
}

/** Told to who listens. */
export function tell(words) {
  document.getElementById("told").textContent = words;
}

/** Whether keys belong to what is being written. */
export function isWriting(target) {
  return target instanceof Element && (target.matches("textarea, select, [contenteditable]") ||
    (target.matches("input") && !["range", "checkbox", "radio", "button"].includes(target.type)));
}

export function shown(words, most = 60) {
  const line = words.replace(/\s+/g, " ").trim();
  return line.length > most ? `${line.slice(0, most - 1).trimEnd()}…` : line;
}
