// The page of the pass: a new code every 30 seconds, made on this phone, with or without a connection.

import { STEP_S, makeCode, stepOf } from "./pass_code.js";
import { canKeep, forgetPass, keptPass } from "./pass_store.js";
import { drawCode } from "./qr_drawing.js";
import { first, language, other, speak, word } from "./words.js";

const CHOSEN = "ansim-language";
const WRONG_CLOCK_S = 25; // the door forgives one step of 30 s; less would be noise of the connection
const at = (id) => document.getElementById(id);

let pass;
let shown = null; // the step whose code is on the screen
let aheadBy = 0; // seconds that this phone's clock is ahead of the shop's, as far as it was told
let installing = null;

const now = () => Date.now() / 1000;
const over = () => Boolean(pass.until) && pass.until <= now() - aheadBy;
const day = (utc) => new Intl.DateTimeFormat(language(), { dateStyle: "long" }).format(utc * 1000);

function show(section) {
  ["code", "none", "insecure"].forEach((id) => { at(id).hidden = id !== section; });
}

function tellClock() {
  const wrong = Math.abs(aheadBy) > WRONG_CLOCK_S;
  at("clock").hidden = !wrong;
  if (wrong) at("clock-what").textContent = word(aheadBy > 0 ? "clock_fast" : "clock_slow", Math.round(Math.abs(aheadBy)));
}

// What this phone knows of the last day is from when it signed up: the shop may have prolonged the pass since. The door decides.
function tellPeriod() {
  at("over").hidden = !over();
  if (over()) at("period").textContent = "";
  else if (pass.from > now()) at("period").textContent = word("from", day(pass.from));
  else at("period").textContent = pass.until ? word("until", day(pass.until - 1)) : "";
  at("kind").textContent = word(pass.kind === "staff" ? "staff" : "title");
  at("qr").setAttribute("aria-label", word("code"));
}

async function tick() {
  show("code");
  if (at("over").hidden === over()) tellPeriod();
  const step = stepOf(now());
  if (step !== shown) {
    shown = step;
    const text = await makeCode(pass.key, pass.kind, pass.id, step);
    at("qr").replaceChildren(drawCode(text));
  }
  const left = STEP_S - (Math.floor(now()) % STEP_S);
  at("left").value = left;
  at("next").textContent = word("next", left);
}

function say(chosen) {
  speak(chosen);
  if (!pass) return;
  tellPeriod();
  tellClock();
}

async function askTime() {
  const answer = await fetch(document.body.dataset.time, { cache: "no-store" }).catch(() => null);
  if (!answer?.ok) return;
  aheadBy = now() - (await answer.json()).utc;
  tellClock();
  tellPeriod();
}

async function stayBright() {
  if (document.visibilityState === "visible") await navigator.wakeLock?.request("screen").catch(() => null);
}

function begin() {
  tellPeriod();
  tick();
  setInterval(tick, 1000);
  askTime();
  stayBright();
  document.addEventListener("visibilitychange", () => {
    stayBright();
    if (document.visibilityState === "visible") askTime();
  });
}

at("language").addEventListener("click", () => {
  say(other());
  localStorage.setItem(CHOSEN, language());
});
at("forget").addEventListener("click", async () => {
  await forgetPass();
  location.reload();
});
at("install").addEventListener("click", () => {
  installing?.prompt();
  at("install").hidden = true;
});
addEventListener("beforeinstallprompt", (event) => {
  event.preventDefault();
  installing = event;
  at("install").hidden = false;
});

navigator.serviceWorker?.register(document.body.dataset.worker).catch(() => null);
pass = await keptPass().catch(() => undefined);
say(localStorage.getItem(CHOSEN) ?? first);
if (pass) begin();
else show((await canKeep()) ? "none" : "insecure");
