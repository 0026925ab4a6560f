// Keeps a register as everybody sees it: asks every second whether it has changed, mostly to hear "no" (304).
// The slower the server answers the less often it is asked, and a page that nobody looks at asks nothing.
import { htmx } from "../../portal/htmx.js";
import { announce, byId, csrfToken } from "../../portal/page.js";
import { morph } from "./morph.js";

const place = document.querySelector("[data-live]");
const notes = [...document.querySelectorAll("[data-lost]")]; // each says one reason why the page does not follow
const EVERY = 1000, CLOSED = 10000, LONGEST = 15000, PATIENCE = 10000; // ms
const SHARE = 8; // a page has at most an eighth of a thread
const EVERYTHING = 120000; // so often the whole is asked for: what a version cannot know, such as a new portrait
let etag = "", timer = 0, isAsking = false, whole = Date.now(), failures = 0;

const root = () => byId(place.dataset.root);
// While somebody's own act is on its way its answer is newer than ours.
const isBusy = () => root().querySelector(".htmx-request") || root().classList.contains("htmx-request");
const note = (why) => { for (const one of notes) one.hidden = one.dataset.lost !== why; };
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

// What came: shown, or a reason why nothing did. A 5xx is a fault of the server; another 4xx means that this page is
// not for this person any more, or that there is no such register.
const reasonOf = ({ status, redirected, headers }) => {
  if (redirected || headers.get("HX-Redirect") || status === 401) return "signed-out";
  if (status >= 500 || status === 429) return "fault";
  return status >= 400 ? "gone" : "";
};
const take = async (answer, at) => {
  if (answer.status !== 200) return;
  const html = await answer.text();
  // Not over an act that began or ended meanwhile: the next question brings it.
  if (at === root() && !isBusy()) { show(html); etag = answer.headers.get("ETag") || ""; }
};
const question = async () => {
  const headers = { "HX-Request": "true" }, signal = AbortSignal.timeout?.(PATIENCE);
  if (Date.now() - whole > EVERYTHING) { etag = ""; whole = Date.now(); }
  if (etag) headers["If-None-Match"] = etag;
  return fetch(place.dataset.live, { headers, cache: "no-store", signal });
};
const tell = (why) => {
  failures = why ? failures + 1 : 0;
  note(why);
  // What is typed stays: a person who is signed out goes to sign in when they are ready.
  const name = why === "signed-out" ? "register:signed-out" : why ? "register:lost" : "register:heard";
  document.dispatchEvent(new CustomEvent(name, { detail: why }));
};

const ask = async () => {
  if (document.hidden || isAsking) return;
  if (isBusy()) return again(EVERY);
  isAsking = true;
  const at = root(), started = performance.now();
  let every = EVERY, share = SHARE, why = "offline";
  try {
    const answer = await question();
    why = reasonOf(answer);
    if (!why) await take(answer, at);
    if (answer.status === 200) share = 1; // drawing the whole is no sign of a busy server
  } catch { why = "offline"; }
  tell(why);
  if (failures) every = Math.min(EVERY * 2 ** Math.min(failures, 3), LONGEST);
  isAsking = false;
  if (!root().querySelector(".dock .btn, .board-count")) every = Math.max(every, CLOSED);
  again(Math.min(Math.max(every, share * (performance.now() - started)), LONGEST));
};

document.addEventListener("visibilitychange", () => { if (!document.hidden) again(0); });
addEventListener("online", () => again(0));
// Once what waited here was sent or refused: all of it, since the page shows what was tapped, as if it were so.
document.addEventListener("register:ask", () => { etag = ""; again(0); });
ask();
