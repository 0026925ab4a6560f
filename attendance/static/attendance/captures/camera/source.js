// The camera: started, turned round, paused while the page is hidden, and one frame of it as a JPEG.
// `cameraOf(video, {facing, width})`: `start()` gives a word of #cam-words where there is no picture, else nothing.
const cameraOf = (video, { facing, width }) => {
  const OBSTACLES = { NotAllowedError: "denied", NotFoundError: "absent", OverconstrainedError: "absent", NotReadableError: "busy" };
  const canvas = document.createElement("canvas");
  const stop = () => { video.srcObject?.getTracks().forEach((track) => track.stop()); video.srcObject = null; };
  const start = async () => {
    if (!navigator.mediaDevices) return "insecure";
    stop();
    try {
      video.srcObject = await navigator.mediaDevices.getUserMedia({ audio: false, video: { facingMode: facing, width: { ideal: width }, height: { ideal: Math.round(width * 9 / 16) } } });
    } catch (error) { return OBSTACLES[error.name] || "busy"; }
    for (const view of video.parentElement.querySelectorAll("video, svg.boxes")) view.classList.toggle("mirror", facing === "user");
    try { await video.play(); } catch { return "busy"; } // turned off again meanwhile
    return "";
  };
  return {
    start, stop,
    flip() { facing = facing === "user" ? "environment" : "user"; return start(); },
    async hasAnother() { return (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput").length > 1; },
    isOn: () => Boolean(video.srcObject?.active && video.videoWidth),
    frame(widest, quality) {
      const scale = Math.min(1, widest / Math.max(video.videoWidth, video.videoHeight));
      canvas.width = Math.round(video.videoWidth * scale); canvas.height = Math.round(video.videoHeight * scale);
      canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
      return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
    },
  };
};

// The trees of the face finder; without them light, sharpness and motion remain.
const finderFrom = async (url) => {
  try { return faceFinder(await (await fetch(url)).json()); } catch { return null; }
};
