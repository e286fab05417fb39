// Where a phone keeps its pass: IndexedDB of this address. The key lies there as the browser's own object, which signs and cannot
// be read out, not by this page either.

import { importKey } from "./pass_code.js";

const STORE = "pass";
const MINE = "mine";
const PROBE = "probe";

function asked(request) {
  return new Promise((done, fail) => {
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

async function within(mode, work) {
  const opening = indexedDB.open("ansim", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
  const base = await asked(opening);
  try {
    return await asked(work(base.transaction(STORE, mode).objectStore(STORE)));
  } finally {
    base.close();
  }
}

export const keptPass = () => within("readonly", (store) => store.get(MINE));
export const keepPass = (pass) => within("readwrite", (store) => store.put(pass, MINE));
export const forgetPass = () => within("readwrite", (store) => store.delete(MINE));

// Whether a pass could be kept here: asked before a link is used up. It cannot without TLS, and in some private modes.
export async function canKeep() {
  try {
    await within("readwrite", (store) => store.put(1, PROBE));
    const key = await importKey(new Uint8Array(32));
    await within("readwrite", (store) => store.put({ key }, PROBE));
    await within("readwrite", (store) => store.delete(PROBE));
    return true;
  } catch {
    return false;
  }
}
