// Keeps the whole site, so that it opens without a network after the first visit.
//
// A page asked for comes from the network if there is one, so a new version is seen at once. Files with a digest in
// their name never change and come from what is kept. `cargo xtask build` fills in the two blanks below.
"use strict";

const VERSION = "";
const FILES = [];

// Several sites may share one origin, and each worker may only clear up after itself.
const OURS = `drift ${registration.scope} `;
const CACHE = OURS + VERSION;
const HASHED = /-[0-9a-f]{8,}(_bg)?\.\w+$/;

async function kept(request) {
  const cache = await caches.open(CACHE);
  return cache.match(request, { ignoreSearch: true });
}

async function fromNetwork(request, otherwise) {
  try {
    return await fetch(request);
  } catch (error) {
    const copy = await kept(otherwise);
    if (copy) return copy;
    throw error;
  }
}

async function fromCache(request) {
  return (await kept(request)) ?? fetch(request);
}

async function keepAll() {
  const cache = await caches.open(CACHE);
  // Past the browser's own cache, which might still hold the page of the version before.
  await cache.addAll(FILES.map((file) => new Request(file, { cache: "no-cache" })));
}

async function dropOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(OURS) && name !== CACHE).map((name) => caches.delete(name)));
}

addEventListener("install", (event) => event.waitUntil(keepAll()));
addEventListener("activate", (event) => event.waitUntil(dropOld()));
addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(fromNetwork(request, "./index.html"));
  else if (HASHED.test(url.pathname)) event.respondWith(fromCache(request));
  else event.respondWith(fromNetwork(request, request));
});
