// The camera: started, turned round, paused while the page is hidden, and one frame of it as a JPEG.
// `cameraOf(video, {facing, width})`: `start()` gives a word of #cam-words where there is no picture, else nothing.
import { jpegOf } from "../jpeg.js";

export const cameraOf = (video, { facing, width }) => {
  const OBSTACLES = { NotAllowedError: "denied", NotFoundError: "absent", OverconstrainedError: "absent" }; // else busy
  const canvas = document.createElement("canvas");
  const stop = () => {
    video.srcObject?.getTracks().forEach((track) => track.stop());
    video.srcObject = null;
  };
  const start = async () => {
    if (!navigator.mediaDevices) return "insecure";
    stop();
    try {
      const size = { width: { ideal: width }, height: { ideal: Math.round(width * 9 / 16) } };
      const wanted = { audio: false, video: { facingMode: facing, ...size } };
      video.srcObject = await navigator.mediaDevices.getUserMedia(wanted);
    } catch (error) { return OBSTACLES[error.name] || "busy"; }
    for (const view of video.parentElement.querySelectorAll("video, svg.boxes")) {
      view.classList.toggle("mirror", facing === "user");
    }
    try { await video.play(); } catch { return "busy"; } // turned off again meanwhile
    return "";
  };
  return {
    start, stop,
    flip() { facing = facing === "user" ? "environment" : "user"; return start(); },
    async hasAnother() {
      const devices = await navigator.mediaDevices.enumerateDevices();
      return devices.filter(({ kind }) => kind === "videoinput").length > 1;
    },
    isOn: () => Boolean(video.srcObject?.active && video.videoWidth),
    frame(longest, quality) {
      return jpegOf(video, { width: video.videoWidth, height: video.videoHeight, longest, quality, canvas });
    },
  };
};
