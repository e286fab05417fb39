// Codes from a USB scanner that types, wherever the focus is. A scanner types fast and ends with Enter; a person's keys are passed
// on one by one. Letters are taken by the key and not by what an input method (Hangul) would make of them.
// A code may hold anything, and a scanner types the signs that have no key as shortcuts: the browser must not print, reload or
// open its menus upon them. Tab, Enter, arrows and the like are for people who use a keyboard, and stay.

const SHORTEST = 20; // characters; a code has 33, a number that a person types has 6
const PAUSE_MS = 500; // between two keys: after that another text begins

const OUTWARD = /^(?:F\d+|Alt|Meta|ContextMenu|Help|Find|Open|Save|Print|Browser.*|Launch.*)$/; // keys that the browser answers

function keepInside(event) {
  const outward = event.ctrlKey || event.altKey || event.metaKey || OUTWARD.test(event.key);
  if (outward) event.preventDefault();
  return outward;
}

function signOf(event) {
  const letter = /^Key([A-Z])$/.exec(event.code);
  if (letter) return letter[1];
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  return digit ? digit[1] : "";
}

export function listen({ code, digit, enter, erase }) {
  let typed = "";
  let last = -Infinity;

  document.addEventListener("keyup", keepInside, { capture: true }); // Alt opens a menu when it is let go
  document.addEventListener("keydown", (event) => {
    if (keepInside(event)) return;
    const text = event.timeStamp - last > PAUSE_MS ? "" : typed;
    last = event.timeStamp;
    if (event.key === "Enter") {
      typed = "";
      if (text.length >= SHORTEST) {
        event.preventDefault();
        code(text);
      } else if (!event.target.closest("button")) enter();
      return;
    }
    if (event.key === "Backspace") erase();
    const sign = signOf(event);
    typed = text + sign;
    if (/^\d+$/.test(typed) && sign) digit(sign);
  }, { capture: true });
}
