// Sends photos one after the other, small enough for bad Wi-Fi. What does not arrive, for whatever reason, is kept and
// sent again (offline.js), and what the server refuses is said there with its reason.
import { htmx } from "../../portal/htmx.js";
import { jpegOf } from "../../portal/jpeg.js";
import { newNonce } from "../../portal/nonce.js";
import { announce, byId, clone } from "../../portal/page.js";
import * as queue from "../../portal/queue.js";

const LONGEST_SIDE = 2400, QUALITY = 0.88; // pixels: a face at the back of a class of 40 stays above 40 px
const WIDE = 2.5, SHORTEST_SIDE = 1350; // of a panorama, which the server searches in parts as large as a photo
const toast = byId("toast");

const longestOf = ({ width, height }) => {
  const ratio = Math.max(width, height) / Math.min(width, height);
  return ratio > WIDE ? Math.max(LONGEST_SIDE, Math.round(SHORTEST_SIDE * ratio)) : LONGEST_SIDE;
};

// Upright, without metadata and not larger than recognition needs. What this browser cannot decode goes as it is.
const shrink = async (file) => {
  let bitmap;
  try { bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { return file; }
  const { width, height } = bitmap, longest = longestOf(bitmap), isLarge = Math.max(width, height) > longest;
  const blob = await jpegOf(bitmap, { width, height, longest, quality: QUALITY });
  bitmap.close();
  return blob && (blob.size < file.size || isLarge) ? blob : file;
};

const preview = (blob) => {
  const place = byId("photo");
  if (!place) return;
  const sending = clone("text-sending");
  const image = sending.querySelector("img");
  image.src = URL.createObjectURL(blob);
  image.onload = () => URL.revokeObjectURL(image.src);
  image.onerror = () => image.remove();
  place.replaceChildren(sending);
  announce(sending.querySelector("[data-text]").textContent);
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
