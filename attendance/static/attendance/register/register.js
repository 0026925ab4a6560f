// The register: sends photos one after the other, small enough for bad Wi-Fi. What cannot be sent is kept (offline.js).
(() => {
  const LONGEST_SIDE = 2400; // pixels: a face at the back of a class of 40 stays above 40 px
  const toast = document.getElementById("toast");
  const clone = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

  // Upright, without metadata and not larger than recognition needs. What this browser cannot decode goes as it is.
  const shrink = async (file) => {
    let bitmap;
    try { bitmap = await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { return file; }
    const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(bitmap.width * scale); canvas.height = Math.round(bitmap.height * scale);
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    bitmap.close();
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88));
    return blob && (blob.size < file.size || scale < 1) ? blob : file;
  };

  const preview = (blob) => {
    const place = document.getElementById("photo");
    if (!place) return;
    const sending = clone("text-sending");
    const image = sending.querySelector("img");
    image.src = URL.createObjectURL(blob);
    image.onload = () => URL.revokeObjectURL(image.src);
    image.onerror = () => image.remove();
    place.replaceChildren(sending);
    document.getElementById("announce").textContent = sending.querySelector("[data-text]").textContent;
  };

  // "none" where the register cannot be read now: only what is said is shown, and the page stays as it was.
  const swap = (html, style) => {
    document.querySelector("#photo .sending")?.remove();
    htmx.swap("#register", html, { swapStyle: style || "outerHTML" });
  };

  const failed = (photo, template) => {
    const note = clone(template);
    note.querySelector("[data-retry]")?.addEventListener("click", () => { toast.replaceChildren(); send(photo, true); });
    toast.replaceChildren(note);
    document.querySelector("#photo .sending .progress-line")?.remove();
  };

  // Whether the photo was put with what is sent later: where the browser can keep nothing it waits on the page alone.
  const isKept = (photo) => {
    const isTaken = !document.dispatchEvent(new CustomEvent("photo:unsent", { detail: photo, cancelable: true }));
    if (isTaken) document.querySelector("#photo .sending")?.remove();
    return isTaken;
  };
  document.addEventListener("photo:not-kept", ({ detail }) => failed(detail, "text-not-kept"));
  const send = async (photo, isAgain = false) => {
    if (!isAgain && queue.isHolding() && isKept(photo)) return;
    preview(photo.blob);
    const body = new FormData();
    body.append("nonce", photo.nonce);
    body.append("picture", photo.blob, "photo.jpg");
    const headers = { "HX-Request": "true", "X-CSRFToken": photo.token };
    let answer;
    try { answer = await fetch(photo.url, { method: "POST", body, headers }); } catch { return isKept(photo) || failed(photo, "text-failed"); }
    const elsewhere = answer.headers.get("HX-Redirect");
    if (elsewhere) { location.href = elsewhere; return; }
    if (!answer.ok) return failed(photo, answer.status >= 500 ? "text-failed" : "text-refused");
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

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) toast.replaceChildren();
  });
  // What was said goes by itself, sooner where nothing can be undone; not while somebody is on it.
  let said = 0;
  new MutationObserver(() => {
    clearTimeout(said);
    const note = toast.firstElementChild;
    if (!note || note.classList.contains("error")) return;
    const leave = () => (note.matches(":hover, :focus-within") ? (said = setTimeout(leave, 2000)) : note.remove());
    said = setTimeout(leave, note.querySelector("form") ? 12000 : 5000);
  }).observe(toast, { childList: true });

  document.addEventListener("htmx:sendError", (event) => {
    if (!event.detail.elt.matches(".mark-form")) toast.replaceChildren(clone("text-offline")); // a tap is kept
  });
  document.addEventListener("htmx:responseError", () => toast.replaceChildren(clone("text-refused")));
})();
