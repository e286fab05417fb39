// The screen at the door: one step at a time, results of whichever reader, help, and a look that each person may change for a while.

import { listen } from "./kiosk_scanner.js";
import * as voice from "./kiosk_voice.js";
import { drawCode } from "./qr_drawing.js";
import { first, other, speak, word } from "./words.js";

const SIZES = [100, 150, 200]; // percent
const WAITS = [30, 60, 120, 300]; // seconds without a touch
const WAIT = 1; // which of them at first
const MORE_TIME_S = 20; // to say that more time is needed (WCAG 2.2.1)
const RESULT_S = { yes: 6, no: 12 };
const LONGEST = { number: 6, pin: 8 };
const PATIENCE_S = 20; // how long a code may be looked at: the door has some seconds to answer

const { body } = document;
const root = document.documentElement;
const sections = new Map([...document.querySelectorAll("[data-of]")].map((section) => [section.dataset.of, section]));
const sectionNow = () => sections.get(body.dataset.step);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let token = document.querySelector("meta[name=csrf]").content;
let { run } = body.dataset;
let seen = Number(body.dataset.number);
let joinLink = null;
let timer = 0;
let wait = WAIT;
let typed = "";
let number = null; // what was entered before the PIN; null: the PIN is for a card that was shown
let before = "show"; // the step to go back to from "more_time" and settings

// steps

function go(step, said) {
  clearTimeout(timer);
  body.dataset.step = step;
  sections.forEach((section, name) => { section.hidden = name !== step; });
  const heading = sectionNow().querySelector("h1");
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
  scrollTo(0, 0);
  voice.say(said);
  keepTime();
}

function keepTime() {
  clearTimeout(timer);
  const step = body.dataset.step;
  const after = (seconds, then) => { timer = setTimeout(then, seconds * 1000); };
  if (step === "show") after(WAITS[wait], asAtFirst);
  else if (step === "result") after(RESULT_S[body.dataset.result] * Math.max(1, WAITS[wait] / WAITS[WAIT]), leaveResult);
  else if (step === "more_time") after(MORE_TIME_S, startAgain);
  else if (step === "checking") after(PATIENCE_S, () => go("lost", word("lost")));
  else if (step !== "lost") after(WAITS[wait], askForTime);
}

function askForTime() {
  before = body.dataset.step;
  go("more_time", word("more_time"));
}

function startAgain(said) {
  number = null;
  before = "show";
  type("");
  go("show", said);
}

function leaveResult() {
  if (before === "number" || before === "pin") go(before);
  else startAgain();
}

// number and PIN

function type(text) {
  typed = text;
  const step = body.dataset.step;
  const place = sections.get(step === "pin" ? "pin" : "number").querySelector(".typed");
  place.textContent = step === "pin" ? "•".repeat(text.length) : text.replace(/^(...)(.)/, "$1 $2");
}

function press(digit) {
  const step = body.dataset.step;
  if (!(step in LONGEST) || typed.length >= LONGEST[step]) return;
  note("");
  type(typed + digit);
  voice.say(step === "pin" ? word("digits", typed.length) : digit);
}

function erase() {
  if (!(body.dataset.step in LONGEST)) return;
  type(typed.slice(0, -1));
  voice.say(word("deleted"));
}

function note(text) {
  const place = sections.get("pin").querySelector(".note");
  place.textContent = text;
  place.hidden = !text;
}

function askPin(said) {
  note(said ?? "");
  go("pin", said ?? word("pin_said"));
  type("");
}

function enter() {
  if (!typed) return;
  if (body.dataset.step === "number") {
    number = typed;
    askPin();
  } else if (body.dataset.step === "pin") {
    if (number === null) send("pin", { pin: typed });
    else send("number", { number, pin: typed });
  }
}

// talking with the agent

function post(name, fields) {
  const request = { method: "POST", body: new URLSearchParams(fields), headers: { "X-CSRFToken": token } };
  return fetch(body.dataset.root + name, request).then((answer) => answer.ok, () => false);
}

async function send(name, fields) {
  before = "show";
  go("checking");
  if (!(await post(name, fields))) go("lost", word("lost"));
}

function take(reply) {
  const text = reply.text[root.lang];
  if (reply.answer === "needs_pin") {
    number = null;
    askPin();
  } else if (reply.answer === "wrong_pin") {
    askPin(text);
  } else {
    const kind = reply.welcome ? "yes" : "no";
    const { step } = body.dataset;
    before = step === "number" || step === "pin" ? step : "show"; // somebody else's code while a number is being typed
    body.dataset.result = kind;
    document.getElementById("result").textContent = text;
    voice.tone(kind);
    go("result", text);
  }
}

async function meetAgain() { // the agent was started anew: its old form tokens are void
  const page = await fetch(body.dataset.root).then((answer) => answer.text());
  token = new DOMParser().parseFromString(page, "text/html").querySelector("meta[name=csrf]")?.content ?? token;
}

async function hear(news) {
  if (news.run !== run) {
    await meetAgain();
    run = news.run;
  } else if (news.reply) take(news.reply);
  seen = news.number;
  showJoin(news.join);
  if (body.dataset.step === "lost") startAgain();
}

async function listenForNews() {
  for (let failures = 0; ;) {
    const answer = await fetch(`${body.dataset.root}news?after=${seen}`).catch(() => null);
    if (answer?.status === 401) return location.reload();
    if (answer?.ok) {
      failures = 0;
      await hear(await answer.json());
    } else {
      failures += 1;
      if (failures === 2 && body.dataset.step !== "lost") go("lost", word("lost"));
      await pause(1000 * Math.min(failures, 5));
    }
  }
}

function showJoin(link) {
  document.querySelector("[data-do=join]").hidden = link === null;
  if (link === joinLink) return;
  joinLink = link;
  document.getElementById("join-code").replaceChildren(...(link ? [drawCode(link, "M")] : []));
}

// how it looks and sounds

function asAtFirst() {
  speak(first);
  root.dataset.size = SIZES[0];
  setContrast(false);
  wait = WAIT;
  voice.start();
  showValues();
}

function setContrast(on) {
  root.classList.toggle("contrast", on);
  document.querySelector("[data-do=contrast]").setAttribute("aria-pressed", String(on));
}

function showValues() {
  document.querySelectorAll("[data-value]").forEach((place) => {
    const what = place.dataset.value;
    place.textContent = what === "wait" ? word("seconds", WAITS[wait]) : voice.shown(what);
  });
  document.getElementById("no-voice").hidden = voice.hasVoice();
}

function openSheet(name) {
  const step = body.dataset.step;
  if (step !== "voice" && step !== "time") before = step in LONGEST ? step : "show";
  showValues();
  go(name, word(name));
}

const doings = {
  number: () => {
    number = null;
    go("number", word("number_said"));
    type("");
  },
  join: () => go("join", word("join_said")),
  back: () => {
    const step = body.dataset.step;
    if (step === "pin" && number !== null) doings.number();
    else if ((step === "voice" || step === "time") && before !== "show") go(before);
    else startAgain(word("show_said"));
  },
  close: leaveResult,
  go_on: () => go(before),
  enter,
  delete: erase,
  help: async () => {
    before = "show";
    if (await post("call", {})) go("called", `${word("called")}. ${word("called_how")}`);
    else go("lost", word("not_called"));
  },
  language: () => {
    speak(other());
    showValues();
    const said = `${body.dataset.step}_said`;
    voice.say(body.dataset.step in { show: 1, number: 1, pin: 1, join: 1 } ? word(said) : "");
  },
  larger: () => {
    const next = SIZES[(SIZES.indexOf(Number(root.dataset.size)) + 1) % SIZES.length];
    root.dataset.size = next;
    voice.say(word("larger_said", next));
  },
  contrast: () => {
    const on = !root.classList.contains("contrast");
    setContrast(on);
    voice.say(word(on ? "contrast_on" : "contrast_off"));
  },
  voice: () => openSheet("voice"),
  time: () => openSheet("time"),
};

function step(what, by) {
  if (what === "wait") wait = Math.min(WAITS.length - 1, Math.max(0, wait + by));
  else voice.change(what, by);
  showValues();
  const value = document.querySelector(`[data-value=${what}]`).textContent;
  voice.say(`${word(what)} ${value}`);
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  keepTime();
  if (button.dataset.digit) press(button.dataset.digit);
  else if (button.dataset.stepOf) step(button.dataset.stepOf, Number(button.dataset.by));
  else doings[button.dataset.do]();
});
document.addEventListener("keydown", keepTime);
const showMute = (mute) => body.classList.toggle("mute", mute);
document.addEventListener("pointerdown", () => showMute(false));
document.addEventListener("focusin", (event) => {
  const button = event.target.closest("button");
  if (button?.matches(":focus-visible")) voice.say(button.getAttribute("aria-label") ?? button.textContent);
});
["contextmenu", "dragstart"].forEach((name) => document.addEventListener(name, (event) => event.preventDefault()));
voice.onMute(showMute);
window.speechSynthesis?.addEventListener("voiceschanged", showValues);
listen({ code: (text) => send("code", { text }), digit: press, enter, erase });

asAtFirst();
showJoin(body.dataset.join || null);
showMute(navigator.userActivation?.hasBeenActive === false);
keepTime();
listenForNews();
