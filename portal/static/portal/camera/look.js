// What the camera sees now, in numbers: faces with their size, light and sharpness, the light of the room, and how much
// moved since the last look. All of it on small grey copies, in the browser: no picture leaves it for this.
// `looker(finder)` gives a function of a video that returns a look, whose boxes are shares of the picture's width. A
// face of 20 pixels of the copy is found: 60 px of a frame 960 wide with WIDTH 320.
export const looker = (finder, WIDTH = 320) => {
  const CROP = 64, PATCH = 16, THUMB = 32; // pixels
  const canvas = document.createElement("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
  let before = null;

  const greyOf = (source, [x, y, w, h], width, height) => {
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    pen.drawImage(source, x, y, w, h, 0, 0, width, height);
    const pixels = pen.getImageData(0, 0, width, height).data, grey = new Uint8Array(width * height);
    for (let i = 0, p = 0; i < grey.length; i++, p += 4) {
      grey[i] = (77 * pixels[p] + 150 * pixels[p + 1] + 29 * pixels[p + 2]) >> 8;
    }
    return grey;
  };

  const face = (video, box, scale) => {
    const at = [box.x * scale, box.y * scale, box.size * scale, box.size * scale];
    const grey = greyOf(video, at, CROP, CROP);
    const where = { x: box.x / WIDTH, y: box.y / WIDTH, size: box.size / WIDTH };
    const patch = normalised(blocks(grey, CROP, CROP, PATCH, PATCH));
    return { ...where, ...lightOf(grey), sharpness: sharpnessOf(grey, CROP), patch };
  };
  const look = (video) => {
    const height = Math.round(WIDTH * video.videoHeight / video.videoWidth), scale = video.videoWidth / WIDTH;
    const grey = greyOf(video, [0, 0, video.videoWidth, video.videoHeight], WIDTH, height);
    const scene = blocks(grey, WIDTH, height, THUMB, Math.max(1, Math.round(THUMB * height / WIDTH)));
    const motion = before?.length === scene.length ? difference(before, scene) : 0;
    before = scene;
    const faces = finder ? finder(grey, WIDTH, height).map((box) => face(video, box, scale)) : [];
    return { faces, scene, motion, light: mean(scene), canFindFaces: Boolean(finder) };
  };
  return look;
};

// The means of a grey picture's blocks, so many across and down.
export const blocks = (grey, width, height, across, down) => {
  const out = new Float32Array(across * down);
  for (let by = 0; by < down; by++) for (let bx = 0; bx < across; bx++) {
    const x0 = Math.floor(bx * width / across), x1 = Math.max(x0 + 1, Math.floor((bx + 1) * width / across));
    const y0 = Math.floor(by * height / down), y1 = Math.max(y0 + 1, Math.floor((by + 1) * height / down));
    let sum = 0;
    for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) sum += grey[y * width + x];
    out[by * across + bx] = sum / ((x1 - x0) * (y1 - y0));
  }
  return out;
};

// Light of a grey picture, 0 to 255: its mean, and what the darkest and brightest tenth reach.
const lightOf = (grey) => {
  const counts = new Uint32Array(256);
  let sum = 0;
  for (const value of grey) { counts[value]++; sum += value; }
  const reach = (share) => {
    let n = 0;
    for (let v = 0; v < 256; v++) {
      n += counts[v];
      if (n >= share * grey.length) return v;
    }
    return 255;
  };
  return { light: sum / grey.length, dark: reach(.1), bright: reach(.9) };
};

// The variance of the Laplacian over the picture's own variance: fine detail as a share of all contrast, so that
// neither a grey face nor a dim room counts as blurred.
const sharpnessOf = (grey, width) => {
  const height = grey.length / width;
  let sum = 0, square = 0, n = 0, plain = 0, plainSquare = 0;
  for (let y = 1; y < height - 1; y++) for (let x = 1; x < width - 1; x++) {
    const at = y * width + x, pixel = grey[at];
    const edge = 4 * pixel - grey[at - 1] - grey[at + 1] - grey[at - width] - grey[at + width];
    sum += edge; square += edge * edge; plain += pixel; plainSquare += pixel * pixel; n++;
  }
  const contrast = plainSquare / n - (plain / n) ** 2;
  return contrast < 1 ? 0 : (square / n - (sum / n) ** 2) / contrast;
};

// A patch with mean 0 and length 1: the product of two is their correlation.
export const normalised = (patch) => {
  const middle = mean(patch);
  const length = Math.hypot(...patch.map((value) => value - middle)) || 1;
  return patch.map((value) => (value - middle) / length);
};

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
// The mean change from one list of numbers to another as long.
export const difference = (a, b) => a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
