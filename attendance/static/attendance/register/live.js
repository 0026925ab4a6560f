// Keeps a register as everybody sees it.
import { htmx } from "../../portal/htmx.js";
import { announce, byId, csrfToken } from "../../portal/page.js";
import { follow } from "./follow.js";
import { morph } from "./morph.js";

const place = document.querySelector("[data-live]");
const EVERY = 1000, CLOSED = 10000; // ms
const PIECES = [place.dataset.root, "waiting", "give-up", "others"]; // that an answer may bring

const root = () => byId(place.dataset.root);
// While somebody's own act is on its way its answer is newer than ours.
const isBusy = () => root().querySelector(".htmx-request") || root().classList.contains("htmx-request");

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
  withToken(page);
  const before = root().querySelector("#counts")?.textContent;
  for (const fresh of page.body.children) {
    const old = PIECES.includes(fresh.id) && byId(fresh.id);
    if (old) morph(old, fresh);
  }
  htmx.process(root());
  if (before !== root().querySelector("#counts")?.textContent) {
    announce(page.getElementById("announce")?.textContent || "");
  }
  document.dispatchEvent(new CustomEvent("register:live"));
};
const tell = (why) => {
  // What is typed stays: a person who is signed out goes to sign in when they are ready.
  const name = why === "signed-out" ? "register:signed-out" : why ? "register:lost" : "register:heard";
  document.dispatchEvent(new CustomEvent(name, { detail: why }));
};

const everything = follow({
  url: place.dataset.live,
  every: () => (root().querySelector(".dock .btn, .board-count") ? EVERY : CLOSED),
  root, isBusy, show, tell,
});
// Once what waited here was sent or refused: all of it, since the page shows what was tapped, as if it were so.
document.addEventListener("register:ask", everything);
