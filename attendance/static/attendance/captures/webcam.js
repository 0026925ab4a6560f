// The teacher's webcam page: people are marked as they walk past.
import { byId } from "../../portal/page.js";
import { finderFrom } from "../../portal/camera/finder.js";
import { looker } from "../../portal/camera/look.js";
import { posted } from "../../portal/camera/posting.js";
import { cameraScreen } from "./camera/screen.js";
import { cameraOf } from "../../portal/camera/source.js";
import { walkPast } from "./camera/walk.js";

const REST = 5 * 60000; // ms without a face
const stage = byId("cam"), screen = cameraScreen(stage);

const send = async (body) => {
  const reply = await posted(stage.dataset.url, body);
  if (reply.isOver || reply.refused?.code === "cap_reached") location.reload(); // the page says so, without a camera
  if (reply.answer) byId("cam-here").textContent = reply.answer.here;
  return reply;
};
const begin = async () => {
  const camera = cameraOf(stage.querySelector("video"), { facing: "user", width: 1280 });
  const look = looker(await finderFrom(stage.dataset.cascade));
  await walkPast({ stage, camera, screen, look, send, restAfter: REST }).start();
};
if (stage.dataset.open === "1") begin(); else screen.say("closed");
