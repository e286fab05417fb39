// Keeps the page of the pass on the phone, so that it opens without a connection. The pass itself lies elsewhere (pass_store.js).
"use strict";

const KEPT = {{ addresses | tojson }};
const NAME = "pass-{{ mark }}";

self.addEventListener("install", (event) => {
  const fresh = KEPT.map((address) => new Request(address, { cache: "reload" }));
  event.waitUntil(caches.open(NAME).then((cache) => cache.addAll(fresh)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const old = caches.keys().then((names) => names.filter((name) => name !== NAME));
  event.waitUntil(old.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const address = new URL(event.request.url);
  if (event.request.method !== "GET" || address.origin !== location.origin || !KEPT.includes(address.pathname)) return;
  event.respondWith(caches.open(NAME).then((cache) => cache.match(address.pathname)).then((kept) => kept ?? fetch(event.request)));
});
