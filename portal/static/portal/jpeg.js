// A picture as a JPEG no side of which is longer than `longest` pixels. source: what a canvas draws; canvas: to reuse.
export const jpegOf = (source, { width, height, longest, quality, canvas = document.createElement("canvas") }) => {
  const scale = Math.min(1, longest / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", quality));
};
