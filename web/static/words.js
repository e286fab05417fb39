// A page's sentences in both languages (the JSON block #said), and switching between them without loading anything.

const said = JSON.parse(document.getElementById("said").textContent);
const root = document.documentElement;
const NAMES = { ko: "한국어", en: "English" };

export const first = root.dataset.firstLanguage;
export const language = () => root.lang;
export const other = () => (root.lang === "ko" ? "en" : "ko");

export function word(key, num) {
  const text = said[key][root.lang];
  return num === undefined ? text : text.replace(/%\(\w+\)s/, String(num));
}

export function speak(chosen) {
  root.lang = chosen;
  document.querySelectorAll("[data-word]").forEach((place) => { place.textContent = word(place.dataset.word); });
  document.querySelectorAll("[data-label]").forEach((place) => { place.setAttribute("aria-label", word(place.dataset.label)); });
  const button = document.getElementById("language");
  button.textContent = NAMES[other()];
  button.lang = other();
}
