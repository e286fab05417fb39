// Live pictures, states that refresh themselves, and recordings that play on. Everything else works without this file.
"use strict";

const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const seen = () => document.visibilityState === "visible"
  ? Promise.resolve()
  : new Promise((done) => document.addEventListener("visibilitychange", done, { once: true })).then(seen);

async function showLive(image) {
  const address = image.dataset.live;
  const frame = image.closest(".live");
  for (let count = 1; image.isConnected; count += 1) {
    await pause(Number(image.dataset.every));
    await seen();
    const next = image.cloneNode();
    next.src = `${address}?live=${count}`;
    try {
      await next.decode();
      image.replaceWith(next);
      image = next;
      frame.classList.remove("lost");
    } catch {
      frame.classList.add("lost");
      await pause(3000);
    }
  }
}

async function refresh(place) {
  while (place.isConnected) {
    await pause(Number(place.dataset.every));
    await seen();
    const answer = await fetch(place.dataset.refresh, { headers: { "X-Refresh": "1" } }).catch(() => null);
    if (answer === null) await pause(5000);
    else if (answer.status === 401 || answer.status === 205) { // 205: the whole page says something else now
      if (place.dataset.page === undefined) location.reload();
      else location.replace(place.dataset.page); // this one may be a form's answer: to load it anew would send the form again
    }
    else if (answer.status === 200) {
      const html = await answer.text();
      if (place.dataset.once !== undefined) place.outerHTML = html;
      else if (html !== place.innerHTML) place.innerHTML = html;
    }
  }
}

function playParts(videos) {
  videos.forEach((video, at) => video.addEventListener("ended", () => {
    if (at + 1 < videos.length) videos[at + 1].play().catch(() => {});
  }));
}

function playOn(video) {
  const pieces = [...document.querySelectorAll("a[data-video]")];
  const show = (piece, play) => {
    pieces.forEach((each) => each.removeAttribute("aria-current"));
    piece.setAttribute("aria-current", "true");
    video.src = piece.dataset.video;
    if (play) video.play().catch(() => {});
  };
  video.addEventListener("ended", () => {
    const at = pieces.findIndex((each) => each.hasAttribute("aria-current"));
    if (at >= 0 && at + 1 < pieces.length) show(pieces[at + 1], true);
  });
  pieces.forEach((piece) => piece.addEventListener("click", (event) => {
    event.preventDefault();
    show(piece, true);
  }));
}

async function answerInside(event) {
  const form = event.target;
  if (form.dataset.inside === undefined || !event.submitter) return;
  event.preventDefault();
  const place = document.querySelector(form.dataset.inside);
  const fields = new URLSearchParams(new FormData(form, event.submitter));
  const answer = await fetch(form.action, { method: "POST", body: fields, headers: { "X-Part": "1" } }).catch(() => null);
  if (answer === null || !answer.ok) {
    location.reload();
    return;
  }
  place.innerHTML = await answer.text();
  (place.querySelector("[aria-pressed=true]") ?? place.querySelector("button")).focus();
}

document.addEventListener("submit", answerInside);
document.querySelectorAll("img[data-live]").forEach(showLive);
document.querySelectorAll("[data-refresh]").forEach(refresh);
document.querySelectorAll("video[data-playlist]").forEach(playOn);
playParts([...document.querySelectorAll("video[data-sequence]")]);
document.querySelectorAll("[data-unscripted]").forEach((place) => place.remove());
document.querySelectorAll("[data-scripted]").forEach((place) => { place.hidden = false; });
document.querySelectorAll("[data-print]").forEach((button) => button.addEventListener("click", () => print()));
document.querySelectorAll("input[data-most]").forEach((input) => input.addEventListener("change", () => {
  const tooLarge = input.files.length > 0 && input.files[0].size > Number(input.dataset.most);
  input.setCustomValidity(tooLarge ? input.dataset.tooMuch : "");
  if (tooLarge) input.reportValidity();
}));
const waits = (form, waiting) => { // a second tap would send the form again, and its answer take the place of the first one's
  form.querySelector("[data-wait]").hidden = !waiting;
  form.querySelector("button").disabled = waiting;
};
document.querySelectorAll("form[data-waits]").forEach((form) => {
  form.addEventListener("submit", () => waits(form, true));
  addEventListener("pageshow", () => waits(form, false)); // back at a page that the browser had kept as it was
});
document.querySelectorAll("form[data-submit]").forEach((form) => {
  form.classList.add("scripted");
  form.addEventListener("change", () => form.submit());
});
