// Sign-up: sees first whether this phone can keep a pass, then sends the form, and keeps what comes back.

import { importKey } from "./pass_code.js";
import { canKeep, keepPass, keptPass } from "./pass_store.js";

const form = document.getElementById("join");
const button = form.querySelector("button");
const refusal = document.getElementById("refusal");
const child = document.getElementById("child"); // instead of the guardian's tick, where nobody has invited the child
const guardian = document.getElementById("guardian");

const fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

function refuse(sentence) {
  refusal.textContent = sentence;
  refusal.hidden = false;
  refusal.scrollIntoView({ block: "nearest" });
  button.disabled = false;
}

async function enrol() {
  button.disabled = true;
  refusal.hidden = true;
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.action, { method: "POST", body }).catch(() => null);
  if (answer === null) return refuse(form.dataset.busy);
  if (!answer.headers.get("Content-Type").includes("json")) return refuse(await answer.text());
  const made = await answer.json();
  if (!answer.ok) return refuse(made.refused);
  const key = await importKey(fromBase64(made.secret));
  await keepPass({ id: made.id, kind: made.kind, from: made.from, until: made.until, key });
  await navigator.storage?.persist?.().catch(() => false);
  location.replace(form.dataset.pass);
}

form.addEventListener("change", () => {
  const young = form.elements.age.value === "under";
  if (guardian) {
    guardian.hidden = !young;
    guardian.querySelector("input").required = young;
  } else {
    child.hidden = !young;
  }
});
form.addEventListener("submit", (event) => {
  event.preventDefault();
  enrol();
});

if (await canKeep()) {
  button.disabled = false;
  document.getElementById("known").hidden = !(await keptPass());
  const isIphone = /iPhone|iPad|iPod/.test(navigator.userAgent);
  document.getElementById("iphone").hidden = !isIphone || navigator.standalone === true;
} else {
  document.getElementById("insecure").hidden = false;
  form.hidden = true;
}
