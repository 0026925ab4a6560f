// The question about those who came late: on a phone a sheet over the page. Put off, it stays in its place on the page.
import { byId } from "../../portal/page.js";

const phone = matchMedia("(max-width: 40rem)");
let isOff = false;

const ask = () => {
  const sheet = byId("late");
  if (!sheet) { isOff = false; return; } // it was answered: the next time it is asked again
  if (isOff || !phone.matches || !sheet.showPopover || document.querySelector("dialog[open]")) return;
  if (sheet.matches(":popover-open")) return;
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
document.addEventListener("htmx:afterSettle", ask);
document.addEventListener("register:live", ask);
ask();
