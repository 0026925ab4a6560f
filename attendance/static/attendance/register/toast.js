// What is said after an act, and what did not arrive.
import { byId, clone } from "../../portal/page.js";
import * as queue from "../../portal/queue.js";
import { isOut, isTap, isUnsent } from "./taps.js";

const toast = byId("toast");

// What was said goes by itself, sooner where nothing can be undone; not while somebody is on it.
let said = 0;
new MutationObserver(() => {
  clearTimeout(said);
  const note = toast.firstElementChild;
  if (!note || note.classList.contains("error")) return;
  const leave = () => (note.matches(":hover, :focus-within") ? (said = setTimeout(leave, 2000)) : note.remove());
  said = setTimeout(leave, note.querySelector("form") ? 12000 : 5000);
}).observe(toast, { childList: true });

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-dismiss]")) toast.replaceChildren();
});

// -- Acts that did not arrive. Taps are kept (offline.js), whatever the reason; the others are said not to be saved. --

const say = (id) => toast.replaceChildren(clone(id));
document.addEventListener("htmx:sendError", (event) => { if (!isTap(event)) say("text-offline"); });
document.addEventListener("htmx:responseError", async (event) => {
  const { status } = event.detail.xhr;
  if (isTap(event) && isUnsent(status)) return;
  if (status >= 500) say("text-fault");
  else say(status === 403 ? `text-${await queue.renew()}` : "text-refused");
});
// Signed out: the page stays, with what is typed in it, and says so.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (!isOut(event)) return;
  event.preventDefault();
  document.dispatchEvent(new CustomEvent("register:signed-out"));
  if (!isTap(event)) say("text-signed-out");
});
