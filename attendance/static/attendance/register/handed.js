// Photos taken before their register is on the page: the register is opened, and its own page sends them (queue.js).
import * as device from "../../portal/device.js";
import { newNonce } from "../../portal/nonce.js";
import { csrfToken } from "../../portal/page.js";
import { shrink } from "./shrink.js";

const send = (url, body) => {
  return fetch(url, { method: "POST", body, headers: { "HX-Request": "true", "X-CSRFToken": csrfToken() } });
};
// Where the browser can keep nothing they are sent from here, and the register shows what came of them. Throws where
// that fails too.
const kept = async (page, photo) => {
  try { await device.add({ kind: "photo", page, version: 0, url: `/api${page}captures/`, ...photo }); } catch {
    const body = new FormData();
    body.append("nonce", photo.nonce);
    body.append("picture", photo.blob, "photo.jpg");
    const answer = await send(`${page}photos/`, body);
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
  }
};
// `page`: the register's path, to be gone to afterwards. `open`: the address that opens it, "" where it is open.
export const handOver = async (files, { page, open }) => {
  await device.ready;
  const at = Date.now(), photos = [];
  for (const file of files) photos.push({ nonce: newNonce(), at, blob: await shrink(file) });
  if (open) await send(open).catch(() => {}); // the register's page says what is wrong
  for (const photo of photos) await kept(page, photo);
};
