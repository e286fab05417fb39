// Codes from a USB scanner that types, wherever the focus is. A scanner types fast and ends with Enter; a person's keys are passed
// on one by one. Letters are taken by the key and not by what an input method (Hangul) would make of them.

const SHORTEST = 20; // characters; a code has 33, a number that a person types has 6
const PAUSE_MS = 500; // between two keys: after that another text begins

function signOf(event) {
  const letter = /^Key([A-Z])$/.exec(event.code);
  if (letter) return letter[1];
  const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code);
  return digit ? digit[1] : "";
}

export function listen({ code, digit, enter, erase }) {
  let typed = "";
  let last = -Infinity;

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
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
