// Runs before the first paint: the theme, so that nothing flashes; then a readable page if the engine cannot start or
// stops, and the worker that lets the site open without a network.
"use strict";
(() => {
  const root = document.documentElement;

  // Storage may be blocked; the page works without.
  function stored(read) {
    try {
      return read();
    } catch {
      return null;
    }
  }

  // --- theme: the reader's choice, else the system's ---
  const dark = matchMedia("(prefers-color-scheme: dark)");
  function setTheme() {
    const choice = stored(() => localStorage.getItem("drift.theme"));
    const system = dark.matches ? "dark" : "light";
    root.dataset.theme = choice === "dark" || choice === "light" ? choice : system;
  }
  setTheme();
  dark.addEventListener("change", setTheme);

  // --- "Start fresh": forget what this tab had open, keep what others have; the page reads data-fresh and restores nothing ---
  if (new URLSearchParams(location.search).has("fresh")) {
    stored(() => sessionStorage.clear());
    root.dataset.fresh = "yes";
    history.replaceState(null, "", location.pathname);
  }

  // --- failure: the first message is the cause, later ones only follow from it ---
  let started = false;
  let failed = false;

  function show(message, run) {
    const section = document.getElementById("failure");
    document.getElementById("app").hidden = true;
    document.getElementById("failure-message").textContent = message;
    document.getElementById("failure-reload").addEventListener("click", () => location.reload());
    if (typeof run === "string") {
      const save = document.getElementById("failure-run");
      save.href = URL.createObjectURL(new Blob([run], { type: "application/octet-stream" }));
      save.hidden = false;
    }
    section.hidden = false;
    document.getElementById("failure-title").focus();
  }

  function fail(message, run) {
    if (failed) return;
    failed = true;
    if (document.getElementById("failure")) show(message, run);
    else document.addEventListener("DOMContentLoaded", () => show(message, run));
  }

  function trapped(error) {
    return typeof WebAssembly === "object" && error instanceof WebAssembly.RuntimeError;
  }

  addEventListener("TrunkApplicationStarted", () => {
    started = true;
  });
  // The engine's own last words: a text, or { message, run } with the run as text to save.
  addEventListener("drift-panic", ({ detail }) => {
    if (detail && typeof detail === "object") fail(String(detail.message), detail.run);
    else fail(String(detail));
  });
  // Capturing, because a script that cannot be fetched says so only to its own element.
  addEventListener(
    "error",
    (event) => {
      if (event.target instanceof HTMLScriptElement) {
        fail("A part of this page could not be loaded. Is there a network?");
      } else if (event instanceof ErrorEvent && (!started || trapped(event.error))) {
        fail(event.message);
      }
    },
    true,
  );
  addEventListener("unhandledrejection", ({ reason }) => {
    if (!started || trapped(reason)) fail(String(reason));
  });

  // --- without a network: only a built site names its worker (under `trunk serve` it would keep an old page). It fetches
  // the whole site, so it waits until the page is at rest and has what it needs. ---
  addEventListener("drift-rest", () => {
    const worker = document.querySelector('meta[name="drift-worker"]');
    if (!worker || !navigator.serviceWorker) return;
    navigator.serviceWorker.register(worker.content).then(watch, () => {
      // Blocked by the browser: the page works, only not without a network.
    });
  }, { once: true });

  // --- a newer version: said once, in a strip that takes neither the focus nor the page away ---
  function watch(registration) {
    // Some browsers block workers by saying nothing at all.
    if (!registration) return;
    registration.addEventListener("updatefound", () => {
      const next = registration.installing;
      next.addEventListener("statechange", async () => {
        if (next.state === "installed" && (await isOlder())) tell();
      });
    });
    // A page that stays open all day would not hear of it otherwise.
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) registration.update().catch(() => {});
    });
  }

  // Whether this page's engine is another one than the site has now: its file carries a digest in its name.
  async function isOlder() {
    const engine = document.querySelector('link[rel="modulepreload"]');
    const newest = await fetch("./index.html", { cache: "no-cache" }).then((answer) => answer.text());
    return engine !== null && !newest.includes(engine.getAttribute("href"));
  }

  function tell() {
    const strip = document.getElementById("update");
    strip.hidden = false;
    document.getElementById("update-now").onclick = () => location.reload();
    document.getElementById("update-later").onclick = () => {
      strip.hidden = true;
    };
  }
})();
