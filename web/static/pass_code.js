// The text of a phone's code, as agent/entry/token.py makes it: docs/entry.md says how, tests/unit/entry/vectors.json holds both
// to the same texts. The key is one that the browser computes with and does not give away.

export const STEP_S = 30;

const VERSION = "A";
const KINDS = { phone: 1, staff: 2 };
const MAC_BYTES = 10;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"; // RFC 4648

export const stepOf = (utc) => Math.floor(utc / STEP_S);

export function importKey(secret) {
  return crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

export async function makeCode(key, kind, passId, step) {
  const head = [KINDS[kind], ...fromBase32(passId), ...[24, 16, 8, 0].map((shift) => (step >>> shift) & 255)];
  const signed = Uint8Array.from([VERSION.charCodeAt(0), ...head]);
  const mac = new Uint8Array(await crypto.subtle.sign("HMAC", key, signed)).slice(0, MAC_BYTES);
  return VERSION + toBase32([...head, ...mac]);
}

function toBase32(bytes) {
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return bits.match(/.{5}/g).map((five) => LETTERS[Number.parseInt(five, 2)]).join("");
}

function fromBase32(text) {
  const bits = [...text].map((letter) => LETTERS.indexOf(letter).toString(2).padStart(5, "0")).join("");
  return bits.match(/.{8}/g).map((eight) => Number.parseInt(eight, 2));
}
