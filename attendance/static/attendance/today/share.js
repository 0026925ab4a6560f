// Photos that another app of the phone has shared go into the only open register, or into the one that is chosen.
import { forgetShared, sharedPhotos } from "../../portal/kept_pages.js";
import { byId } from "../../portal/page.js";
import { handOver } from "../register/handed.js";

const registers = [...document.querySelectorAll("[data-page]")];
const photos = await sharedPhotos();

const send = async ({ page, open }) => {
  byId("choose").hidden = true;
  byId("sending").hidden = false;
  await forgetShared(); // before: whoever comes back here must not send them twice
  await handOver(photos, { page, open });
};
const shown = (photo) => {
  const image = new Image();
  image.alt = "";
  image.src = URL.createObjectURL(photo);
  image.onload = () => URL.revokeObjectURL(image.src);
  image.onerror = () => image.remove();
  return image;
};
byId("shared").replaceChildren(...photos.map(shown));
byId("none").hidden = photos.length > 0;
byId("choose").hidden = photos.length === 0;
for (const register of registers) {
  register.disabled = photos.length === 0;
  register.addEventListener("click", () => send(register.dataset));
}
if (photos.length && registers.length === 1 && !registers[0].dataset.open) send(registers[0].dataset);
