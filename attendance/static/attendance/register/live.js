// Keeps a register as everybody sees it: asks every second whether it has changed, mostly to hear "no" (304).
// The slower the server answers the less often it is asked, and a page that nobody looks at asks nothing.
import { htmx } from "../../portal/htmx.js";
import { announce, byId, csrfToken } from "../../portal/page.js";
import { morph } from "./morph.js";

const place = document.querySelector("[data-live]");
const lost = document.querySelector("[data-lost]");
const EVERY = 1000, CLOSED = 10000, LONGEST = 15000, PATIENCE = 10000; // ms
const SHARE = 8; // a page has at most an eighth of a thread
const EVERYTHING = 120000; // so often the whole is asked for: what a version cannot know, such as a new portrait
let etag = "", timer = 0, isAsking = false, whole = Date.now(), failures = 0;

const root = () => byId(place.dataset.root);
// While somebody's own act is on its way its answer is newer than ours.
const isBusy = () => root().querySelector(".htmx-request") || root().classList.contains("htmx-request");
const again = (ms) => { clearTimeout(timer); timer = setTimeout(ask, ms); };

const withToken = (fresh) => {
  for (const form of fresh.querySelectorAll("form[method=post]")) {
    if (form.querySelector("[name=csrfmiddlewaretoken]")) continue;
    const field = document.createElement("input");
    field.type = "hidden"; field.name = "csrfmiddlewaretoken"; field.value = csrfToken();
    form.prepend(field);
  }
};
const show = (html) => {
  const page = new DOMParser().parseFromString(html, "text/html");
  const fresh = page.getElementById(place.dataset.root);
  if (!fresh) return;
  withToken(fresh);
  const before = root().querySelector("#counts")?.textContent;
  morph(root(), fresh);
  htmx.process(root());
  const others = page.getElementById("others"), here = byId("others");
  if (others && here && others.innerHTML !== here.innerHTML) here.replaceWith(others);
  if (before !== root().querySelector("#counts")?.textContent) {
    announce(page.getElementById("announce")?.textContent || "");
  }
  document.dispatchEvent(new CustomEvent("register:live"));
};

const ask = async () => {
  if (document.hidden || isAsking) return;
  if (isBusy()) return again(EVERY);
  isAsking = true;
  const at = root(), started = performance.now(), headers = { "HX-Request": "true" };
  if (Date.now() - whole > EVERYTHING) { etag = ""; whole = Date.now(); }
  if (etag) headers["If-None-Match"] = etag;
  let every = EVERY, share = SHARE;
  try {
    const signal = AbortSignal.timeout?.(PATIENCE);
    const answer = await fetch(place.dataset.live, { headers, cache: "no-store", signal });
    if (answer.headers.get("HX-Redirect")) { // signed out: what is typed stays until the person goes there
      document.dispatchEvent(new CustomEvent("register:signed-out", { detail: answer.headers.get("HX-Redirect") }));
      every = LONGEST;
    } else if (answer.status === 200) {
      share = 1; // drawing the whole is no sign of a busy server
      const html = await answer.text();
      // Not over an act that began or ended meanwhile: the next question brings it.
      if (at === root() && !isBusy()) { show(html); etag = answer.headers.get("ETag") || ""; }
    } else if (answer.status !== 304) throw new Error(answer.status);
    document.dispatchEvent(new CustomEvent("register:heard"));
    failures = 0;
    if (lost) lost.hidden = true;
  } catch {
    failures += 1;
    if (lost) lost.hidden = false;
    document.dispatchEvent(new CustomEvent("register:lost"));
    every = Math.min(EVERY * 2 ** Math.min(failures, 3), LONGEST);
  }
  isAsking = false;
  if (!root().querySelector(".dock .btn, .board-count")) every = Math.max(every, CLOSED);
  again(Math.min(Math.max(every, share * (performance.now() - started)), LONGEST));
};

document.addEventListener("visibilitychange", () => { if (!document.hidden) again(0); });
addEventListener("online", () => again(0));
document.addEventListener("register:ask", () => again(0)); // e.g. once what waited here was sent
ask();
