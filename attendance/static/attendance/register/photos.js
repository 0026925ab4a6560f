// Sends photos one after the other, small enough for bad Wi-Fi. What does not arrive, for whatever reason, is kept and
// sent again (offline.js), and what the server refuses is said there with its reason.
import { htmx } from "../../portal/htmx.js";
import { newNonce } from "../../portal/nonce.js";
import { announce, byId, clone } from "../../portal/page.js";
import * as queue from "../../portal/queue.js";
import { shrink } from "./shrink.js";

const toast = byId("toast");

// It stands over what the place showed before, which is there again if nothing comes of it.
const preview = (blob) => {
  const place = byId("photo");
  if (!place) return null;
  place.querySelector(".sending")?.remove();
  const sending = clone("text-sending");
  const image = sending.querySelector("img");
  if (blob) image.src = URL.createObjectURL(blob); else image.remove();
  image.onload = () => URL.revokeObjectURL(image.src);
  image.onerror = () => image.remove();
  place.prepend(sending);
  announce(sending.querySelector("[data-text]").textContent);
  return sending;
};

// "none" where the register cannot be read now: only what is said is shown, and the page stays as it was.
const swap = (html, style) => {
  document.querySelector("#photo .sending")?.remove();
  htmx.swap("#register", html, { swapStyle: style || "outerHTML" });
};

// With what is sent later; where the browser can keep nothing the photo waits on the page alone.
const keep = (photo) => {
  document.dispatchEvent(new CustomEvent("photo:unsent", { detail: photo }));
  document.querySelector("#photo .sending")?.remove();
};
document.addEventListener("photo:not-kept", ({ detail: photo }) => {
  const note = clone("text-not-kept");
  note.querySelector("[data-retry]").addEventListener("click", () => {
    toast.replaceChildren();
    send(photo, true);
  });
  toast.replaceChildren(note);
});
const send = async (photo, isAgain = false) => {
  if (!isAgain && queue.isHolding()) { keep(photo); return; }
  preview(photo.blob);
  const body = new FormData();
  body.append("nonce", photo.nonce);
  body.append("picture", photo.blob, "photo.jpg");
  const headers = { "HX-Request": "true", "X-CSRFToken": photo.token };
  let answer;
  try { answer = await fetch(photo.url, { method: "POST", body, headers }); }
  catch { keep(photo); return; }
  const isOut = answer.redirected || answer.headers.has("HX-Redirect");
  if (isOut) document.dispatchEvent(new CustomEvent("register:signed-out"));
  if (isOut || !answer.ok) { keep(photo); return; }
  swap(await answer.text(), answer.headers.get("HX-Reswap"));
};

const isOfThisPage = ({ kind, page, state }) => kind === "photo" && page === location.pathname && state === "waiting";

// Listen on the document: the register, and the inputs in it, are replaced after every act.
document.addEventListener("change", async (event) => {
  const input = event.target.closest("[data-photos] input[type=file]");
  if (!input || !input.files.length) return;
  const form = input.form;
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const files = [...input.files], at = Date.now();
  input.value = "";
  for (const file of files) await send({ url: form.action, token, nonce: newNonce(), at, blob: await shrink(file) });
});

// The demo's photos are on the server already: what is happening is said at once all the same.
const isRecognising = ({ detail: { elt } }) => Boolean(elt?.matches?.("[data-recognise]"));
document.addEventListener("htmx:beforeRequest", (event) => { if (isRecognising(event)) preview(null); });
document.addEventListener("htmx:afterRequest", (event) => {
  if (isRecognising(event) && !event.detail.successful) document.querySelector("#photo .sending")?.remove();
});

// A photo that waits to be sent, taken before this page was there or without a connection, is shown while it is sent.
let queued = null;
document.addEventListener("queue:drawn", async () => {
  const photo = queue.isUnderWay() ? (await queue.items()).find(isOfThisPage) : null;
  if (photo && !document.querySelector("#photo .sending")) queued = preview(photo.blob);
  if (!photo) { queued?.remove(); queued = null; }
});
