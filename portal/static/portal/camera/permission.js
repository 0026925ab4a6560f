// Before the browser asks whether the camera may be used it is said what for; the button there makes it ask.
import { remember, remembered } from "../memory.js";

const KNOWN = "camera-explained"; // for browsers that do not say whether they are going to ask
const willAsk = async () => {
  try { return (await navigator.permissions.query({ name: "camera" })).state === "prompt"; } catch {
    return remembered(KNOWN) === null;
  }
};
// Resolves when the camera may be started: at once where nothing is going to be asked, else by the button in `place`.
export const explained = async (place) => {
  if (!place || !navigator.mediaDevices || !await willAsk()) return;
  place.hidden = false;
  const button = place.querySelector("button");
  button.focus({ preventScroll: true });
  await new Promise((done) => button.addEventListener("click", done, { once: true }));
  place.hidden = true;
  remember(KNOWN, "yes");
};
