// What the screen at the door says aloud, in the language that was chosen, as loud and fast as was chosen; and a tone with it, for
// devices without a voice. Browsers stay silent until somebody has touched the page once: `onMute` is told then.

import { language } from "./words.js";

const VOLUMES = [0, 0.35, 0.65, 1];
const SPEEDS = [0.6, 0.8, 1, 1.3, 1.7];
const START = { volume: 3, speed: 2 };
const TONES = { yes: [660, 880], no: [330, 262] };
const TONE_S = 0.16;

const chosen = { ...START };
let muted = () => {};
let air = null;

const voices = () => window.speechSynthesis?.getVoices() ?? [];
const voice = () => voices().find((each) => each.lang.toLowerCase().startsWith(language()));

export const hasVoice = () => voice() !== undefined;
export const onMute = (tell) => { muted = tell; };

export function say(text) {
  if (!window.speechSynthesis || !text) return;
  speechSynthesis.cancel();
  if (chosen.volume === 0) return;
  const words = new SpeechSynthesisUtterance(text);
  words.lang = language() === "ko" ? "ko-KR" : "en-US";
  words.voice = voice() ?? null;
  words.volume = VOLUMES[chosen.volume];
  words.rate = SPEEDS[chosen.speed];
  words.onerror = (event) => { if (event.error === "not-allowed") muted(true); };
  words.onstart = () => muted(false);
  speechSynthesis.speak(words);
}

export function tone(kind) {
  if (chosen.volume === 0 || !navigator.userActivation?.hasBeenActive) return;
  air ??= new AudioContext();
  TONES[kind].forEach((pitch, at) => {
    const note = new OscillatorNode(air, { frequency: pitch });
    const gain = new GainNode(air, { gain: VOLUMES[chosen.volume] * 0.2 });
    note.connect(gain).connect(air.destination);
    note.start(air.currentTime + at * TONE_S);
    note.stop(air.currentTime + (at + 1) * TONE_S);
  });
}

// Steps of one; the value as it is shown: volume 0 to 3, speed 1 to 5.
export function change(what, by) {
  const most = (what === "volume" ? VOLUMES : SPEEDS).length - 1;
  chosen[what] = Math.min(most, Math.max(0, chosen[what] + by));
}

export const shown = (what) => (what === "volume" ? chosen.volume : chosen.speed + 1);
export const start = () => Object.assign(chosen, START);
