// Where faces are in a small grey picture: the cascade of Viola and Jones (CVPR 2001), evaluated over integral images.
// The trees come from cascade.json, which is made of the installed OpenCV's own file (attendance/captures/cascade.py);
// this code is ours. `faceFinder(cascade)` gives a function of (grey, width, height) that returns boxes in pixels,
// largest first: {x, y, size, votes}. Without trees there is none: it gives null.
export const faceFinder = ({ size, stages }) => {
  if (!stages.length) return null;
  const FACTOR = 1.2, FLAT = 6, VOTES = 3, ALIKE = .28; // FLAT: standard deviation of a window without anything in it
  const nodes = [], rects = [], leaves = [], trees = [], bounds = [], ends = [];
  for (const stage of stages) {
    for (const tree of stage.trees) {
      trees.push(nodes.length, leaves.length);
      for (const [left, right, bound, ...areas] of tree.nodes) {
        nodes.push({ left, right, bound, from: rects.length, to: rects.length + areas.length });
        rects.push(...areas);
      }
      leaves.push(...tree.leaves);
    }
    bounds.push(stage.bound); ends.push(trees.length);
  }
  const left = Int8Array.from(nodes, (n) => n.left), right = Int8Array.from(nodes, (n) => n.right);
  const from = Int32Array.from(nodes, (n) => n.from), to = Int32Array.from(nodes, (n) => n.to);
  const bound = Float64Array.from(nodes, (n) => n.bound);
  const leaf = Float64Array.from(leaves), root = Int32Array.from(trees);
  const weight = Float64Array.from(rects, (r) => r[4]);

  const corners = new Map(); // by the picture's width: the four places of every rectangle in the integral image
  const cornersFor = (stride) => {
    if (corners.size > 64) corners.clear(); // the tablet was turned often
    if (!corners.has(stride)) {
      const places = rects.flatMap(([x, y, w, h]) => [[x, y], [x + w, y], [x, y + h], [x + w, y + h]]);
      corners.set(stride, Int32Array.from(places, ([x, y]) => y * stride + x));
    }
    return corners.get(stride);
  };

  const smaller = (grey, width, height, scale) => {
    const w = Math.floor(width / scale), h = Math.floor(height / scale), out = new Float32Array(w * h);
    for (let y = 0; y < h; y++) {
      const sy = Math.min(height - 1.001, (y + .5) * scale - .5), y0 = Math.max(0, sy | 0), fy = Math.max(0, sy - y0);
      for (let x = 0; x < w; x++) {
        const sx = Math.min(width - 1.001, (x + .5) * scale - .5), x0 = Math.max(0, sx | 0), fx = Math.max(0, sx - x0);
        const at = y0 * width + x0, below = at + width;
        const upper = grey[at] * (1 - fx) + grey[at + 1] * fx, lower = grey[below] * (1 - fx) + grey[below + 1] * fx;
        out[y * w + x] = upper * (1 - fy) + lower * fy;
      }
    }
    return [out, w, h];
  };
  const integrals = (grey, w, h) => {
    const stride = w + 1, sums = new Float64Array(stride * (h + 1)), squares = new Float64Array(stride * (h + 1));
    for (let y = 0; y < h; y++) {
      let sum = 0, square = 0;
      for (let x = 0, at = (y + 1) * stride + 1; x < w; x++, at++) {
        const value = grey[y * w + x];
        sum += value; square += value * value;
        sums[at] = sums[at - stride] + sum; squares[at] = squares[at - stride] + square;
      }
    }
    return [sums, squares, stride];
  };

  const inner = size - 2, area = inner * inner;
  const over = (table, at, stride) => {
    const below = at + inner * stride;
    return table[at] - table[at + inner] - table[below] + table[below + inner];
  };
  const isFace = (sums, at, places, spread) => {
    for (let stage = 0, t = 0; stage < bounds.length; stage++) {
      let said = 0;
      for (; t < ends[stage]; t += 2) {
        let next = 0;
        do {
          const node = root[t] + next;
          let value = 0;
          for (let r = from[node]; r < to[node]; r++) {
            const p = 4 * r;
            const upper = sums[at + places[p]] - sums[at + places[p + 1]];
            value += weight[r] * (upper - sums[at + places[p + 2]] + sums[at + places[p + 3]]);
          }
          next = value < bound[node] * spread ? left[node] : right[node];
        } while (next > 0);
        said += leaf[root[t + 1] - next];
      }
      if (said < bounds[stage]) return false;
    }
    return true;
  };
  const scan = (grey, width, height, scale, found) => {
    const [small, w, h] = scale === 1 ? [grey, width, height] : smaller(grey, width, height, scale);
    const [sums, squares, stride] = integrals(small, w, h), places = cornersFor(stride), step = scale > 2 ? 1 : 2;
    for (let y = 0; y + size <= h; y += step) for (let x = 0; x + size <= w; x += step) {
      const at = y * stride + x, within = at + stride + 1, sum = over(sums, within, stride);
      const spread = Math.sqrt(Math.max(0, area * over(squares, within, stride) - sum * sum));
      if (spread < FLAT * area) continue;
      if (isFace(sums, at, places, spread)) found.push({ x: x * scale, y: y * scale, size: size * scale });
    }
  };

  // Windows that say the same, as one: a face is seen by several, a chance pattern by one or two.
  const near = (a, b) => {
    const apart = Math.abs(a.x - b.x) + Math.abs(a.y - b.y) + Math.abs(a.size - b.size);
    return apart < ALIKE * 2 * Math.min(a.size, b.size);
  };
  const grouped = (found) => {
    const groups = [];
    for (const window of found) {
      const group = groups.find((members) => members.some((member) => near(member, window)));
      if (group) group.push(window); else groups.push([window]);
    }
    const mean = (group, key) => group.reduce((sum, one) => sum + one[key], 0) / group.length;
    const one = (group) => {
      return { x: mean(group, "x"), y: mean(group, "y"), size: mean(group, "size"), votes: group.length };
    };
    const faces = groups.filter((group) => group.length >= VOTES).map(one);
    const inside = (a, b) => {
      const x = a.x + a.size / 2, y = a.y + a.size / 2;
      return x > b.x && x < b.x + b.size && y > b.y && y < b.y + b.size;
    };
    const isChance = (face) => faces.some((other) => other.votes > face.votes && inside(face, other));
    return faces.filter((face) => !isChance(face)).sort((a, b) => b.size - a.size);
  };
  return (grey, width, height) => {
    const found = [];
    const largest = Math.min(width, height) / size;
    for (let scale = 1; scale <= largest; scale *= FACTOR) scan(grey, width, height, scale, found);
    return grouped(found);
  };
};

// The trees of the face finder; without them light, sharpness and motion remain.
export const finderFrom = async (url) => {
  try { return faceFinder(await (await fetch(url)).json()); } catch { return null; }
};
