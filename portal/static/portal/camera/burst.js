// A picture of a dark scene: the mean of several frames, brightened before a JPEG makes it coarse. What a camera adds
// of its own in the dark is another in each frame: the mean of nine has a third of it.
// `burstOf(video, {longest, quality})` gives a JPEG; null where something moved before there were enough frames.
import { blocks } from "./look.js";

const LEAST = 4, MOST = 9, LATE = 300, SOON = 40; // frames; ms to wait for one, with and without the browser's word
const ACROSS = 16, MOVED = .12, UNSURE = 2.5; // blocks; most change of one: of the scene's range, grey levels at least
const SPAN = 140, FLOOR = 16, MOST_GAIN = 16; // greys that the picture is to use; the portal itself does the rest
const FINE = 8, DARKEST = .01, BRIGHTEST = .99; // steps of a grey level; the shares of pixels that count as the range

export const burstOf = async (video, { longest, quality, most = MOST }) => {
  const scale = Math.min(1, longest / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
  const width = canvas.width = Math.round(video.videoWidth * scale);
  const height = canvas.height = Math.round(video.videoHeight * scale);
  const down = Math.max(1, Math.round(ACROSS * height / width)), sums = new Uint16Array(width * height * 4);
  let first = null, count = 0;
  for (; count < most; count++) {
    if (count) await nextFrame(video);
    if (!video.videoWidth) return null; // switched off meanwhile
    pen.drawImage(video, 0, 0, width, height);
    const { data } = pen.getImageData(0, 0, width, height), scene = blocks(greyOf(data), width, height, ACROSS, down);
    first ||= scene;
    if (hasMoved(first, scene)) break;
    for (let i = 0; i < data.length; i++) sums[i] += data[i];
  }
  if (count < Math.min(LEAST, most)) return null;
  pen.putImageData(new ImageData(brightened(sums, count), width, height), 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
};

const nextFrame = (video) => new Promise((done) => {
  if (!video.requestVideoFrameCallback) return setTimeout(done, SOON);
  const late = setTimeout(done, LATE);
  video.requestVideoFrameCallback(() => { clearTimeout(late); done(); });
});

const greyOf = (pixels) => {
  const grey = new Float32Array(pixels.length / 4);
  for (let i = 0, p = 0; i < grey.length; i++, p += 4) {
    grey[i] = .3 * pixels[p] + .59 * pixels[p + 1] + .11 * pixels[p + 2];
  }
  return grey;
};

const hasMoved = (before, now) => {
  const most = Math.max(UNSURE, MOVED * (Math.max(...before) - Math.min(...before)));
  return before.some((value, i) => Math.abs(value - now[i]) > most);
};

// The mean of the frames, its range stretched to SPAN greys if all of it is dark.
const brightened = (sums, count) => {
  const grey = greyOf(sums), counts = new Uint32Array(256 * FINE);
  for (const value of grey) counts[Math.min(counts.length - 1, value / count * FINE | 0)]++;
  const reach = (share) => {
    let at = 0;
    for (let n = counts[0]; n < share * grey.length; n += counts[at]) at++;
    return at / FINE;
  };
  const low = reach(DARKEST), high = reach(BRIGHTEST), isDim = high < SPAN;
  const scale = isDim ? Math.min(MOST_GAIN, SPAN / Math.max(1, high - low)) : 1;
  const shift = isDim ? FLOOR - low * scale : 0;
  const pixels = new Uint8ClampedArray(sums.length).fill(255);
  for (let i = 0; i < sums.length; i++) if (i % 4 !== 3) pixels[i] = sums[i] * (scale / count) + shift;
  return pixels;
};
