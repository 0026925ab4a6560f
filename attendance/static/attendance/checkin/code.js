// The code on the projector: asks the server at each step, draws how long the code stands, keeps the screen awake.
// No secret is here: the browser knows the code that everybody sees, and nothing of the next one.
import { fullScreenBy, stayAwake } from "../../portal/big_screen.js";
import { htmx } from "../../portal/htmx.js";
import { byId } from "../../portal/page.js";

const place = byId("code"), lost = byId("code-lost"), fault = byId("code-fault");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const LATE = 60; // ms after the step, so that the server is surely in the next one
let next = 0, ticking = 0, until = 0;

const ask = () => htmx.trigger(place, "due");
const askIn = (ms) => { clearTimeout(next); next = setTimeout(ask, ms); };

const count = () => {
  const seconds = place.querySelector("[data-seconds]");
  if (seconds) seconds.textContent = Math.max(1, Math.ceil((until - Date.now()) / 1000));
};
const begin = (left) => {
  until = Date.now() + left;
  const ring = place.querySelector(".code-ring .left");
  const whole = Math.max(left, 10000);
  // Drawn once where motion is not wanted; the seconds say the same.
  if (!still.matches) {
    const drawn = [{ strokeDashoffset: 100 * (1 - left / whole) }, { strokeDashoffset: 100 }];
    ring.animate(drawn, { duration: left, fill: "forwards" });
  }
  count();
  clearInterval(ticking); ticking = setInterval(count, 250);
  askIn(left + LATE);
};

document.addEventListener("htmx:afterSwap", () => {
  lost.hidden = fault.hidden = true;
  place.removeAttribute("aria-busy");
  const shown = place.querySelector(".code-show");
  if (shown) return begin(Number(shown.dataset.left) * 1000);
  clearTimeout(next); clearInterval(ticking); // the register was closed: the page says so
});
const stopped = (isFault) => {
  lost.hidden = isFault;
  fault.hidden = !isFault;
  clearInterval(ticking);
  place.replaceChildren();
  askIn(2000);
};
["htmx:sendError", "htmx:timeout"].forEach((name) => document.addEventListener(name, () => stopped(false)));
document.addEventListener("htmx:responseError", ({ detail: { xhr: { status } } }) => {
  // An old token, after signing in again in another tab, or a lesson that is not this person's any more: the page says.
  if (status === 403 || status === 404) location.reload(); else stopped(true);
});

document.addEventListener("visibilitychange", () => { if (!document.hidden) ask(); });
stayAwake();
fullScreenBy(byId("code-full"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !document.fullscreenElement) byId("code-done").requestSubmit();
});
