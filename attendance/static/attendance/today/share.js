// Photos that another app of the phone has shared go into the register that is tapped. Never by themselves: any site
// can post to where the phone posts, with a photo of its own.
import { ready } from "../../portal/device.js";
import { forgetShared, sharedPhotos } from "../../portal/kept_pages.js";
import { byId } from "../../portal/page.js";
import { handOver } from "../register/handed.js";

const registers = [...document.querySelectorAll("[data-page]")];
await ready; // what somebody else had shared is gone then
const photos = await sharedPhotos();

const show = (id) => { for (const each of ["choose", "sending", "none", "failed"]) byId(each).hidden = each !== id; };
const send = async ({ page, open }) => {
  show("sending");
  await forgetShared(); // before: whoever comes back here must not send them twice
  try { await handOver(photos, { page, open }); } catch {
    show("choose");
    byId("failed").hidden = false;
    return;
  }
  location.replace(page); // back from there is not here: nothing is left to send
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
show(photos.length ? "choose" : "none");
for (const register of registers) {
  register.disabled = photos.length === 0;
  register.addEventListener("click", () => send(register.dataset));
}
