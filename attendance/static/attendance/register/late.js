// The question about those who came late: on a phone a sheet over the page. Put off, it stays in its place on the page.
import { byId } from "../../portal/page.js";

const phone = matchMedia("(max-width: 40rem)");
const TYPING = "input[type=search], input[type=text], textarea";
let isOff = false;

const ask = () => {
  const sheet = byId("late");
  if (!sheet) { isOff = false; return; } // it was answered: the next time it is asked again
  if (isOff || !phone.matches || !sheet.showPopover || document.querySelector("dialog[open]")) return;
  if (sheet.matches(":popover-open") || document.activeElement?.matches(TYPING)) return; // a colleague's photo came
  sheet.setAttribute("popover", "auto");
  sheet.showPopover();
  byId("late-title").focus({ preventScroll: true });
};
document.addEventListener("click", ({ target }) => {
  if (target.closest?.("[data-late-off]")) byId("late").hidePopover();
});
document.addEventListener("toggle", ({ target, newState }) => {
  if (target.id !== "late" || newState !== "closed" || !target.hasAttribute("popover")) return;
  isOff = true;
  target.removeAttribute("popover");
  target.scrollIntoView({ block: "nearest" });
}, true);
// Still there: the answer was not saved, and why is said where the sheet lies.
document.addEventListener("htmx:afterRequest", ({ detail: { elt } }) => {
  if (elt.id === "late" && elt.matches(":popover-open")) elt.hidePopover();
});
document.addEventListener("htmx:afterSettle", ({ detail: { requestConfig } }) => {
  const isAnswered = requestConfig?.elt?.id === "late" && !byId("late");
  if (isAnswered && document.activeElement === document.body) byId("main").focus({ preventScroll: true });
  ask();
});
document.addEventListener("register:live", ask);
ask();
