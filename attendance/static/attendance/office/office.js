// The office's day without leaving the page: it follows what teachers and colleagues do, and acts are sent in place.
// Whoever types, has a row open or is about to tap keeps what they have. Without this script every form is a page.
import { announce, byId, clone } from "../../portal/page.js";
import { follow, reasonOf } from "../register/follow.js";
import { morph } from "../register/morph.js";
import "./desk.js";

const place = document.querySelector("[data-live]"), toast = byId("toast");
const EVERY = 3000, PATIENCE = 20000, STAYS = 12000; // ms
const root = () => byId("office");
const parsed = (html) => new DOMParser().parseFromString(html, "text/html");
const missing = () => byId("without")?.textContent.trim() || "";
const undoForms = () => [...root().querySelectorAll("form[data-undo]")];
let sending = 0, leaving = 0;

const show = (page) => {
  const before = missing();
  morph(root(), page.getElementById("office"));
  for (const row of root().querySelectorAll("[data-held]")) {
    row.querySelector("[data-meanwhile]").hidden = page.getElementById(row.id) !== null;
  }
  if (missing() !== before) announce(missing());
};

const everything = follow({
  url: place.dataset.live,
  every: () => EVERY,
  root,
  isBusy: () => sending > 0,
  show: (html) => { const page = parsed(html); if (page.getElementById("office")) show(page); },
  tell: () => {},
});

// -- A row whose reason is being typed stays, whatever becomes of it meanwhile --

document.addEventListener("toggle", ({ target }) => {
  if (!target.matches("#office .o-reason")) return;
  target.closest("li").toggleAttribute("data-held", target.open);
  if (!target.open) everything();
  else if (!target.querySelector("form").contains(document.activeElement)) target.querySelector("select").focus();
}, true);
document.addEventListener("reset", ({ target }) => target.closest(".o-reason")?.removeAttribute("open"));
document.addEventListener("keydown", (event) => {
  const panel = event.key === "Escape" && event.target.closest?.(".o-reason[open]");
  if (!panel) return;
  panel.removeAttribute("open");
  panel.querySelector("summary").focus();
});

// -- Acts --

const say = (node) => {
  toast.replaceChildren(node);
  clearTimeout(leaving);
  const leave = () => {
    if (node.matches(":hover, :focus-within")) leaving = setTimeout(leave, 2000);
    else node.remove();
  };
  leaving = setTimeout(leave, STAYS);
};
const told = (text, undo) => {
  const node = clone("o-told");
  node.querySelector("[data-text]").textContent = text;
  if (undo) {
    const form = undo.cloneNode(true);
    form.querySelector("button").className = "";
    node.append(form);
  }
  return node;
};
// Where the hands go on: the next name, the field with the fault, the next reason, else the list's own heading.
const goOn = (form, heading, isTaken) => {
  const desk = form.dataset.desk && byId(form.id);
  const next = !isTaken ? desk?.querySelector("[autofocus], [aria-invalid=true]")
    : desk ? byId(`id_${form.dataset.desk}-who`)
      : form.closest(".o-reason") && root().querySelector(".o-reason summary");
  if (next) { next.focus(); return; }
  if (document.activeElement !== document.body) return;
  const title = byId(heading) || root().querySelector("h1");
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
};
const take = (form, page, isOk) => {
  const notes = [...page.querySelectorAll(".notes .note")], text = notes.map((one) => one.textContent.trim()).join(" ");
  const isTaken = isOk && !notes.some((one) => one.matches(".error"));
  const known = new Set(undoForms().map((one) => one.action));
  const heading = form.closest("section")?.getAttribute("aria-labelledby");
  form.removeAttribute("data-own");
  if (isTaken) {
    form.reset();
    form.closest("[data-held]")?.removeAttribute("data-held");
  }
  show(page);
  if (!isTaken && text) say(Object.assign(told(text), { className: "toast-note error" }));
  else if (text) say(told(text, undoForms().find((one) => !known.has(one.action))));
  goOn(form, heading, isTaken);
};
const send = async (form, submitter) => {
  if (form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  sending += 1;
  try {
    const body = new URLSearchParams(new FormData(form, submitter)), signal = AbortSignal.timeout?.(PATIENCE);
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body, signal });
    const page = parsed(await answer.text());
    if (page.getElementById("office")) take(form, page, answer.ok);
    else say(clone(`o-${answer.redirected ? "signed-out" : reasonOf(answer)}`));
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    say(clone("o-offline"));
  } finally {
    sending -= 1;
    form.ariaBusy = null;
  }
};
document.addEventListener("submit", (event) => {
  if (!event.target.closest("#office, #toast")) return;
  event.preventDefault();
  send(event.target, event.submitter);
});
