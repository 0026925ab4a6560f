// The register by hand: search as one types, keys, a row's panel, and taps that come faster than the answers.
import { htmx } from "../../portal/htmx.js";
import { remember, remembered } from "../../portal/memory.js";
import { announce, byId } from "../../portal/page.js";
import { hasAll, wordsOf } from "../../portal/text.js";

const all = (selector) => [...document.querySelectorAll(selector)];
const rowOf = (element) => element?.closest?.(".row-p[id^='row-']");
const rows = () => all("#register .row-p[id^='row-']:not([hidden])");
const TYPED = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const isTyping = (element) => element.matches(TYPED);

// What was swapped in works at once: a key pressed in the moment before would send its form as a page.
htmx.config.defaultSettleDelay = 0;

// -- Search --

let said = 0;
const find = (announces) => {
  const field = byId("find");
  if (!field) return;
  const words = wordsOf(field.value);
  let found = 0;
  for (const row of all("#register .row-p[id^='row-']")) {
    row.hidden = !hasAll(`${row.querySelector(".name").textContent} ${row.dataset.roll}`, words);
    found += row.hidden ? 0 : 1;
  }
  for (const list of all("#register ul.sheet:has(> .row-p[id^='row-'])")) {
    const isEmpty = !list.querySelector(":scope > .row-p:not([hidden])");
    list.hidden = isEmpty;
    const before = list.previousElementSibling;
    const title = before?.matches("#rest, #late-kept") ? before.previousElementSibling : before;
    if (title?.matches("h2")) title.hidden = isEmpty;
  }
  byId("register").classList.toggle("finding", words.length > 0);
  if (byId("rest")) byId("rest").hidden = words.length > 0; // "the rest" is all of them, not those found
  const says = byId("find-says");
  says.hidden = !words.length;
  says.textContent = !words.length ? "" : found ? says.dataset.found.replace("{n}", found) : says.dataset.none;
  const school = byId("find-school");
  if (school) {
    school.hidden = found > 0;
    school.querySelector("[data-words]").value = field.value;
    if (found) byId("guests-found").replaceChildren();
  }
  if (!announces) return; // what was typed last is still to be said when the register is replaced meanwhile
  clearTimeout(said);
  if (words.length) said = setTimeout(() => announce(says.textContent), 500);
};
document.addEventListener("input", (event) => {
  if (event.target.id !== "find") return;
  byId("guests-found")?.replaceChildren();
  find(true);
});

// On a phone the field stands over the header while somebody searches.
const openFind = () => { document.body.classList.add("find-open"); byId("find")?.focus(); };
const shutFind = () => {
  document.body.classList.remove("find-open");
  byId("find").value = "";
  find(false);
  document.querySelector("[data-find-open]")?.focus();
};

// -- Where the focus is, and where it goes --

const seen = (element) => Boolean(element?.offsetParent);
const focusRow = (row) => {
  const shown = (which) => row?.querySelector(`.marks ${which}:not([hidden])`);
  const letter = shown("[aria-pressed=true]") || shown("button");
  const button = seen(letter) || !letter ? letter : row.querySelector(".one");
  if (!button) return;
  button.focus();
  row.scrollIntoView({ block: "nearest" });
};
const move = (step) => {
  const shown = rows();
  const at = shown.indexOf(rowOf(document.activeElement));
  focusRow(at < 0 ? shown[step > 0 ? 0 : shown.length - 1] : shown[at + step]);
};
// What an act was done from may be gone after it: the row is not.
let returnTo = "";
document.addEventListener("submit", (event) => {
  if (event.target.matches(".more-form")) returnTo = rowOf(event.target).id;
  if (event.target.matches(".guest-found form")) returnTo = `row-${event.target.elements.student.value}`;
}, true);
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt?.id !== "register" && !event.detail.elt?.querySelector?.("#register")) return;
  const row = returnTo && byId(returnTo);
  returnTo = "";
  if (row && row.hidden) { byId("find").value = ""; find(false); }
  if (row && (document.activeElement === document.body || !document.activeElement)) focusRow(row);
});
new MutationObserver((changes) => {
  // However the register was replaced, what was looked for still holds.
  if (changes.some((change) => [...change.addedNodes].some((node) => node.id === "register"))) find(false);
}).observe(byId("main"), { childList: true, subtree: true });
document.addEventListener("register:live", () => find(false));

// -- Taps that come before the last one is answered: each waits for its turn, so that none meets an old version --

const waiting = [];
let sentAt = 0;
const isOnItsWay = () => sentAt && performance.now() - sentAt < 15000;
const next = () => {
  sentAt = 0;
  while (waiting.length) {
    const button = byId(waiting.shift());
    if (button) { button.click(); return; }
  }
};
document.addEventListener("click", (event) => {
  const button = event.target.closest?.(".marks button");
  if (!button || !isOnItsWay()) return;
  event.preventDefault();
  event.stopPropagation();
  waiting.push(button.id);
}, true);
const isMark = ({ detail: { requestConfig: request, pathInfo } }) => {
  return request?.verb === "post" && /\/marks\/[^/]+\/$/.test(request.path || pathInfo?.requestPath || "");
};
document.addEventListener("htmx:beforeSend", (event) => { if (isMark(event)) sentAt = performance.now(); });
document.addEventListener("htmx:afterRequest", (event) => { if (isMark(event)) setTimeout(next, 30); });
document.addEventListener("htmx:beforeSwap", (event) => {
  // An answer to a register that was replaced meanwhile belongs to the one that stands there now.
  const target = event.detail.target;
  if (target?.id === "register" && !target.isConnected) event.detail.target = byId("register");
});

// -- A row's panel --

const fit = (form) => {
  const kind = form.querySelector("[name=status]:checked")?.dataset.kind || "";
  const isFor = (part) => [...(kind || "P")].some((one) => part.dataset.for.includes(one));
  for (const part of form.querySelectorAll("[data-for]")) part.hidden = !isFor(part);
  for (const input of form.querySelectorAll("[data-for] input")) input.disabled = input.closest("[data-for]").hidden;
};
const minutesNow = () => {
  const minutes = Math.floor((Date.now() / 1000 - Number(byId("clock").dataset.starts)) / 60);
  return Math.min(600, Math.max(0, minutes));
};
const timeNow = () => new Date(Date.now() + Number(byId("clock").dataset.offset) * 1000).toISOString().slice(11, 16);
const fill = (details) => {
  const row = rowOf(details);
  const form = byId("more-panel").content.firstElementChild.cloneNode(true);
  const marks = row.querySelector(".mark-form");
  form.setAttribute("hx-post", marks.getAttribute("hx-post"));
  form.elements.version.value = marks.elements.version.value;
  const choice = [...form.querySelectorAll("[name=status]")].find((radio) => radio.value === row.dataset.said);
  if (choice) choice.checked = true;
  form.elements.minutes.value = row.dataset.minutes || minutesNow();
  form.elements.left.value = row.dataset.left || timeNow();
  form.elements.note.value = row.dataset.note;
  const leave = form.querySelector("[data-leave-button]");
  if (row.dataset.leave) {
    leave.hidden = false;
    leave.setAttribute("hx-post", row.dataset.leave);
  }
  fit(form);
  details.append(form);
  htmx.process(form);
  (choice || form.querySelector("[name=status]")).focus();
};
document.addEventListener("toggle", (event) => {
  const details = event.target;
  if (!details.matches?.("details.more")) return;
  details.querySelector("form")?.remove();
  if (!details.open) return;
  for (const other of all("details.more[open]")) if (other !== details) other.open = false;
  fill(details);
}, true);
document.addEventListener("change", (event) => {
  if (event.target.matches(".more-form [name=status]")) fit(event.target.form);
});
const less = (details) => { details.open = false; details.querySelector("summary").focus(); };
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-less]")) less(event.target.closest("details.more"));
  if (event.target.closest("[data-keys]")) byId("keys").showModal();
  if (event.target.closest("[data-find-open]")) openFind();
  if (event.target.closest("[data-find-shut]")) shutFind();
  if (event.target.closest("[data-all-doubts]")) document.body.classList.add("all-doubts");
  const one = event.target.closest("[data-letters]");
  if (one) one.setAttribute("aria-expanded", String(rowOf(one).classList.toggle("open")));
  const menu = document.querySelector(".reg-menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});

// -- Keys --

const box = document.querySelector("[data-keys-on]");
box.checked = remembered("keys") !== "off";
box.addEventListener("change", () => remember("keys", box.checked ? "on" : "off"));

const inFind = (event) => {
  if (event.key === "Enter" || event.key === "ArrowDown") {
    event.preventDefault();
    const shown = rows();
    if (event.key === "ArrowDown" || shown.length === 1) focusRow(shown[0]);
  } else if (event.key === "Escape" && event.target.value) {
    event.preventDefault();
    event.target.value = "";
    find(false);
  }
};
const anywhere = {
  "/": () => { openFind(); byId("find")?.select(); },
  "?": () => byId("keys").showModal(),
  j: () => move(1),
  k: () => move(-1),
  u: () => document.querySelector("#toast form button")?.click(),
};
const sideways = { ArrowRight: 1, ArrowLeft: -1 };
const aside = (button, step) => {
  const letters = [...button.closest(".marks").querySelectorAll("button:not([hidden])")];
  const turned = document.dir === "rtl" ? -step : step;
  letters[letters.indexOf(button) + turned]?.focus();
};
const inRow = (row, key) => {
  if (key === "m") { row.querySelector("details.more").open = true; return true; }
  const button = "plaed".includes(key) && row.querySelector(`.marks button[value="${key.toUpperCase()}"]`);
  if (button) button.click();
  return Boolean(button);
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || byId("keys").open) return;
  if (event.target.id === "find") { inFind(event); return; }
  if (isTyping(event.target)) {
    if (event.key === "Escape" && event.target.closest("details.more")) less(event.target.closest("details.more"));
    return;
  }
  const row = rowOf(event.target);
  const panel = event.target.closest?.("details.more[open]");
  if (event.key === "Escape" && panel) { less(panel); return; }
  if (panel && event.target.matches("input")) return; // arrows and letters choose among the panel's statuses
  if (row && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
    event.preventDefault();
    move(event.key === "ArrowDown" ? 1 : -1);
    return;
  }
  if (sideways[event.key] && event.target.matches(".marks button")) {
    event.preventDefault();
    aside(event.target, sideways[event.key]);
    return;
  }
  if (!box.checked || event.key.length !== 1) return;
  const key = event.key.toLowerCase();
  if (row && inRow(row, key)) event.preventDefault();
  else if (anywhere[key]) { event.preventDefault(); anywhere[key](); }
});
