// "Take photo" on the card of the lesson of now: one tap opens its register and sends the photo.
import { announce, clone } from "../../portal/page.js";
import { handOver } from "../register/handed.js";

for (const label of document.querySelectorAll("[data-take]")) {
  const input = label.querySelector("input"), { page, open } = label.dataset;
  let line = null;
  const say = (text) => {
    line?.remove();
    line = text ? clone(text) : null;
    if (!line) return;
    label.closest(".now").append(line);
    announce(line.textContent.trim());
  };
  const isBusy = (is) => { input.disabled = is; label.classList.toggle("disabled", is); };
  label.hidden = false; // before, it would do nothing
  input.addEventListener("change", async () => {
    if (!input.files.length) return;
    const files = [...input.files];
    isBusy(true); // until the register is there: a second photo is taken there
    say("text-opening");
    try { await handOver(files, { page, open }); } catch { isBusy(false); say("text-lost"); return; }
    location.assign(page);
  });
  // A browser that comes back here may show the page as it was left.
  addEventListener("pagehide", () => { isBusy(false); say(""); input.value = ""; });
}
