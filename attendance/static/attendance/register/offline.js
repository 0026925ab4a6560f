// The register while nothing can be sent, without a connection or signed out: marks and photos are kept and shown as
// not sent yet, and the page itself is kept as it stands now, so that it can be opened again.
import { isMine } from "../../portal/device.js";
import { ANYHOW, canKeep, keepFiles, keptPages } from "../../portal/kept_pages.js";
import { byId, clone } from "../../portal/page.js";
import * as queue from "../../portal/queue.js";
import { isOut, isTap, isUnsent, saidBy } from "./taps.js";

const PATIENCE = 8000; // ms for a mark to be answered on bad Wi-Fi; sending it again is harmless
const here = location.pathname, api = `/api${here}`;

// -- Taps --

const keepTap = async ({ elt: form, requestConfig: { formData } }) => {
  const place = form.closest(".row-p"), row = byId(place.id) || place, words = {};
  for (const button of form.querySelectorAll(".marks button")) words[button.value] = button.title;
  const student = row.dataset.student || row.id.slice(4), url = `${api}marks/${student}/`;
  const name = row.querySelector(".name").textContent;
  const version = Number(formData.get("version")), said = saidBy(form, formData);
  const mark = { kind: "mark", page: here, student, name, words, version, at: Date.now(), url, ...said };
  const isKept = await queue.add(mark);
  if (!isKept) byId("toast").replaceChildren(clone("text-mark-not-kept"));
  const panel = isKept && form.closest("details.more");
  if (panel) panel.open = false;
};
document.addEventListener("htmx:configRequest", (event) => { if (isTap(event)) event.detail.timeout = PATIENCE; });
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!isTap(event) || !queue.isHolding()) return; // what waits goes first
  event.preventDefault();
  keepTap(event.detail);
});
const notSent = (event) => { if (isTap(event)) keepTap(event.detail); };
document.addEventListener("htmx:sendError", notSent);
document.addEventListener("htmx:timeout", notSent);
document.addEventListener("htmx:responseError", (event) => { if (isUnsent(event.detail.xhr.status)) notSent(event); });
document.addEventListener("htmx:beforeOnLoad", (event) => { if (isOut(event)) notSent(event); });

// -- Photos that photos.js could not send --

document.addEventListener("photo:unsent", async (event) => {
  const { nonce, blob, at } = event.detail;
  const isKept = await queue.add({ kind: "photo", page: here, nonce, blob, at, url: `${api}captures/` });
  if (!isKept) document.dispatchEvent(new CustomEvent("photo:not-kept", { detail: event.detail }));
});

// -- What is not sent yet, on the page --

const show = async () => {
  const isWaiting = ({ page, kind, state }) => page === here && kind === "mark" && state === "waiting";
  const waiting = (await queue.items()).filter(isWaiting);
  const last = new Map(waiting.map((item) => [item.student, item]));
  for (const row of byId("register").querySelectorAll(".row-p[id^='row-']")) {
    const item = last.get(row.id.slice(4));
    row.querySelector(".unsent-pill")?.remove();
    row.classList.toggle("unsent", Boolean(item));
    if (!item) continue;
    for (const button of row.querySelectorAll(".marks button")) {
      button.setAttribute("aria-pressed", String(button.value === item.status));
      if (button.value === item.status) button.hidden = false;
    }
    const one = row.querySelector(".one"); // on a phone the row's letter says what was tapped
    if (one) { one.textContent = item.status; one.className = `one ${item.status}`; }
    row.querySelector(".who").append(clone("unsent-pill"));
  }
};
document.addEventListener("queue:drawn", show);
document.addEventListener("register:live", show);
document.addEventListener("htmx:afterSettle", show);

// -- The page as it stands, for when it is opened again without a connection --

const GONE = "#toast > *, #unsent > *, .more-form, #guests-found > *, .unsent-pill, .sending";
const UNFILTERED = "#register .row-p, #register ul.sheet, #register h2, #rest";
let hasWorker = false;
const keep = async () => {
  if (!canKeep() || !isMine() || !hasWorker) return;
  const pages = await keptPages(), kept = await pages.match(here, ANYHOW);
  const headers = new Headers(kept ? kept.headers : (await fetch(here)).headers);
  const copy = document.documentElement.cloneNode(true);
  for (const node of copy.querySelectorAll(GONE)) node.remove();
  for (const node of copy.querySelectorAll(UNFILTERED)) node.removeAttribute("hidden");
  for (const node of copy.querySelectorAll("#find-says, #find-school")) node.setAttribute("hidden", "");
  for (const node of copy.querySelectorAll("#unsent")) node.removeAttribute("data-shown");
  for (const node of copy.querySelectorAll("details[open]")) node.removeAttribute("open");
  headers.set("X-Kept-At", String(Date.now()));
  headers.delete("Content-Encoding");
  const page = new Response(`<!doctype html>\n${copy.outerHTML}`, { headers });
  if (isMine()) await pages.put(here, page);
  await keepFiles();
};
let timer = 0;
const soon = () => {
  clearTimeout(timer);
  timer = setTimeout(() => { if (!queue.isHolding()) keep().catch(() => {}); }, 1500);
};
document.addEventListener("register:live", soon);
document.addEventListener("htmx:afterSettle", soon);
document.addEventListener("queue:drawn", soon); // perhaps nothing waits any more
// Whoever comes here before the worker has begun is not served by it yet; the page when it is opened again will be.
navigator.serviceWorker?.ready.then(() => { hasWorker = true; soon(); });

// A picture that cannot be loaded now leaves its place empty, without a broken sign.
document.addEventListener("error", ({ target }) => {
  if (target.matches?.("img.tile")) target.classList.add("away");
}, true);
