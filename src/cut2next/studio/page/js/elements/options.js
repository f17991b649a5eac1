// An export's options as fields, by the JSON schema that the server gives of them.

import { choice, field, h } from "../dom.js";

const sentence = (name) => {
  const words = String(name).replace(/_/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Fields for a schema's properties, and `read()`: what they say, each as JSON. */
export function optionFields(schema) {
  const made = Object.entries(schema?.properties ?? {}).map(([name, given]) => [name, control(resolved(given, schema), given.title ?? name)]);
  const read = () => Object.fromEntries(made.map(([name, { value }]) => [name, JSON.stringify(value())]));
  return { fields: made.map(([, { element }]) => element), read };
}

function resolved(given, schema) {
  const reference = given.$ref ?? given.allOf?.[0]?.$ref;
  return reference ? { ...schema.$defs[reference.split("/").at(-1)], ...given } : given;
}

function control({ type, default: initial, enum: values, items, minimum, maximum }, title) {
  const label = sentence(title);
  if (type === "array") return several(items?.enum ?? [], initial ?? [], label);
  if (type === "boolean") {
    const box = h("input", { type: "checkbox", props: { checked: Boolean(initial) } });
    return { element: h("label", { class: "check" }, box, label), value: () => box.checked };
  }
  if (values) {
    const select = choice(values.map((value, at) => [String(at), sentence(value)]), String(Math.max(0, values.indexOf(initial))));
    return { element: field(label, select), value: () => values[select.value] };
  }
  const isNumber = type === "integer" || type === "number";
  const given = isNumber ? { type: "number", step: type === "integer" ? 1 : "any", min: minimum, max: maximum } : {};
  const input = h("input", { ...given, value: initial ?? "" });
  return { element: field(label, input), value: () => (isNumber ? Number(input.value) : input.value) };
}

function several(values, initial, label) {
  const boxes = values.map((value) => h("input", { type: "checkbox", value, props: { checked: initial.includes(value) } }));
  const lines = boxes.map((box) => h("label", { class: "check" }, box, sentence(box.value)));
  const element = h("fieldset", { class: "options" }, h("legend", {}, label), lines);
  return { element, value: () => boxes.filter((box) => box.checked).map((box) => box.value) };
}
