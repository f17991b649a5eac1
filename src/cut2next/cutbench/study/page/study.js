// The page of a rater: one question at a time, by hand or by keys. What is shown comes from the
// server after every answer, so that a page that was closed, or opened twice, goes on rightly.
// Film names and prompts are foreign text: all of it is put there as text.

import * as server from "./server.js";

const PLACES = ["current", "left", "right"];
const WORDS = {
  continuity: {
    asks: "Which picture continues the shot above better?",
    told: "Look for what stays the same across a cut: the people and what they wear, the place, the light, "
      + "the colour and the look of the film. How well the picture is made counts only as far as it breaks that.",
  },
  adherence: {
    asks: "Which picture makes the cut that was asked for?",
    told: "From here on you are told how the cut should go: closer, wider, to the other person, to something else. "
      + "Choose the picture that does that, even where the other one is prettier.",
  },
};

const find = id => document.getElementById(id);
const screens = [...document.querySelectorAll("main")];
let at = null;      // the state that is shown
let begun = 0;      // the part whose first words have been read
let busy = false;   // an answer is on its way

function screen(name) {
  for (const one of screens) one.hidden = one.id !== name;
  find("foot").hidden = name === "welcome";
  window.scrollTo(0, 0);
}

function show(state) {
  at = state;
  if (state.name === null) {
    screen("welcome");
    find("name").focus();
    return;
  }
  far(state);
  const question = state.question;
  if (!question) {
    find("thanked").textContent = `, ${state.name}`;
    screen("thanks");
    document.querySelector("#thanks h1").focus();
  } else if (question.begins && begun !== question.part) {
    introduce(question);
  } else {
    put(question, state.then);
  }
}

function far({name, done, all, link}) {
  const progress = find("progress");
  progress.max = all;
  progress.value = done;
  find("far").textContent = `${done} of ${all} answered`;
  find("who").textContent = name;
  for (const one of document.querySelectorAll("a.own")) one.href = link;
}

function introduce({part, parts, asks}) {
  find("which-part").textContent = `Part ${part} of ${parts}`;
  find("part-asks").textContent = WORDS[asks].asks;
  find("part-told").textContent = WORDS[asks].told;
  screen("part");
  find("part-asks").focus();
}

function start() {
  begun = at.question.part;
  put(at.question, at.then);
}

// All three pictures appear at once: which came first must not count.
async function put(question, then) {
  find("asks").textContent = WORDS[question.asks].asks;
  asked(question);
  find("answer").reset();
  find("next").disabled = true;
  const cut = find("pictures");
  cut.classList.add("coming");
  screen("asking");
  find("asks").focus({preventScroll: true});
  cut.style.setProperty("--shape", question.size[0] / question.size[1]);
  const images = PLACES.map(place => {
    const image = find(place);
    [image.width, image.height] = question.size;
    image.src = server.picture(question.word, place);
    return image;
  });
  try {
    await Promise.all(images.map(image => image.decode()));
  } catch {
    if (at.question === question) failed();
    return;
  }
  if (at.question !== question) return;
  cut.classList.remove("coming");
  ready();
  for (const place of then ? PLACES : []) new Image().src = server.picture(then, place);
}

function asked({patterns, prompt}) {
  find("cut").hidden = !patterns;
  find("patterns").replaceChildren(...(patterns ?? []).flatMap(({label, definition}) => {
    const pattern = document.createElement("dt"), meaning = document.createElement("dd");
    pattern.textContent = label;
    meaning.textContent = definition;
    return [pattern, meaning];
  }));
  find("prompt").textContent = prompt ?? "";
}

function failed() {
  say("A picture did not come. ");
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Try again";
  again.addEventListener("click", refresh);
  find("notice").append(again);
}

function say(words) {
  find("notice").textContent = words;
}

function chosen() {
  return document.querySelector("input[name=side]:checked");
}

function choose(side) {
  const choice = find(`choose-${side}`);
  choice.checked = true;
  choice.focus({preventScroll: true});
  ready();
}

function ready() {
  find("next").disabled = busy || !chosen() || find("pictures").classList.contains("coming");
}

// One request at a time; whatever comes back, the page then shows what the server says.
async function doing(what, otherwise) {
  if (busy) return;
  busy = true;
  try {
    const state = await what();
    say("");
    find("unknown").textContent = "";
    show(state);
  } catch (refused) {
    if (!(refused instanceof server.Refused)) throw refused;
    busy = false;
    await otherwise(refused);
  } finally {
    busy = false;
    ready();
  }
}

const refresh = () => doing(server.state, refused => say(refused.message));

function answer(event) {
  event.preventDefault();
  const choice = chosen(), {word} = at.question;
  if (!choice || find("next").disabled) return;
  find("next").disabled = true;
  doing(() => server.vote(word, choice.value), async refused => {
    if (![401, 404, 409].includes(refused.status)) return say(refused.message);
    await refresh();
    say("That one was answered before; here is the next.");
  });
}

function begin(event) {
  event.preventDefault();
  doing(() => server.begin(find("name").value), refused => {
    find("unknown").textContent = refused.message;
    find("name").focus();
  });
}

function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || find("leaving").open) return;
  const side = {1: "left", ArrowLeft: "left", 2: "right", ArrowRight: "right"}[event.key];
  if (side && !find("asking").hidden) {
    choose(side);
  } else if (event.key === "Enter" && !event.target.closest("a, button, #begin")) {
    if (!find("asking").hidden) find("answer").requestSubmit();
    else if (!find("part").hidden) start();
    else return;
  } else {
    return;
  }
  event.preventDefault();
}

find("begin").addEventListener("submit", begin);
find("answer").addEventListener("submit", answer);
find("answer").addEventListener("change", ready);
find("start-part").addEventListener("click", start);
find("leave").addEventListener("click", () => find("leaving").showModal());
find("leaving").addEventListener("close", () => {
  if (find("leaving").returnValue === "leave") doing(server.leave, refused => say(refused.message));
});
document.addEventListener("keydown", press);
refresh();
