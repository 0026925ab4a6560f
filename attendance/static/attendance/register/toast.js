// What is said after an act, and what did not arrive.
import { byId, clone } from "../../portal/page.js";

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
document.addEventListener("htmx:sendError", (event) => {
  if (!event.detail.elt.matches(".mark-form")) toast.replaceChildren(clone("text-offline")); // a tap is kept
});
document.addEventListener("htmx:responseError", () => toast.replaceChildren(clone("text-refused")));
