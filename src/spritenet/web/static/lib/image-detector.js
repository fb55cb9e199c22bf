// The image detector: a small convolutional network on pixels that tells outliers from the classes, as
// spritenet/ood/image_detector in Python. Its score is added to that of the detector on features.

/** @typedef {{ height: number, width: number, channels: number }} Form  Of an image. */
/**
 * A layer of it: integers times a scale for each unit, and its biases.
 *
 * @typedef {{ kernel: Int8Array<ArrayBuffer>, scale: Float32Array<ArrayBuffer>, bias: Float32Array<ArrayBuffer> }} Part
 */
/** @typedef {{ form: Form, classes: number, parts: Part[] }} ImageDetector */

/** Of each convolution; `same` pads 3×3 with a border of one. */
export const CONVOLUTIONS = /** @type {const} */ ([
  { filters: 8, size: 4, padding: 'valid', pool: 2 },
  { filters: 16, size: 3, padding: 'same', pool: 2 },
  { filters: 32, size: 3, padding: 'valid', pool: 1 },
]);
export const SIDES = { least: 16, most: 40 };

/**
 * The shapes of all kernels: three convolutions', then a Dense's.
 *
 * @param {Form} form
 * @param {number} classes
 */
export function kernelShapes({ height, width, channels }, classes) {
  const shapes = CONVOLUTIONS.map(({ filters, size, padding, pool }) => {
    const shape = [size, size, channels, filters];
    const lost = padding === 'valid' ? size - 1 : 0;
    height = Math.floor((height - lost) / pool);
    width = Math.floor((width - lost) / pool);
    channels = filters;
    return shape;
  });
  return [...shapes, [height * width * channels, classes + 1]];
}

/**
 * The log odds that an image is an outlier.
 *
 * @param {ImageDetector} detector
 * @param {ArrayLike<number>} pixels  h w c
 */
export function imageScore(detector, pixels) {
  let { height, width, channels } = detector.form;
  let x = Float64Array.from(pixels, (value) => value / 255);
  CONVOLUTIONS.forEach((convolution, k) => {
    const made = convolve(x, { height, width, channels }, convolution, detector.parts[k]);
    ({ height, width, channels } = made.form);
    x = made.values;
  });
  const { kernel, scale, bias } = detector.parts[CONVOLUTIONS.length];
  const z = new Float64Array(bias.length);
  x.forEach((value, i) => {
    if (value === 0) return;
    for (let k = 0, at = i * z.length; k < z.length; k++, at++) z[k] += value * kernel[at];
  });
  z.forEach((sum, k) => void (z[k] = sum * scale[k] + bias[k]));
  return logOdds(z);
}

/**
 * A convolution, a maximum pooling, and max(…, 0).
 *
 * @param {Float64Array} x  h w c
 * @param {Form} form
 * @param {(typeof CONVOLUTIONS)[number]} convolution
 * @param {Part} part
 */
function convolve(x, { height, width, channels }, { filters, size, padding, pool }, part) {
  const border = padding === 'same' ? (size - 1) / 2 : 0;
  const rows = Math.floor((height + 2 * border - size + 1) / pool);
  const columns = Math.floor((width + 2 * border - size + 1) / pool);
  const values = new Float64Array(rows * columns * filters);
  const sums = new Float64Array(filters);
  const { kernel } = part;
  for (let row = 0; row < rows * pool; row++) {
    for (let column = 0; column < columns * pool; column++) {
      sums.fill(0);
      for (let down = 0; down < size; down++) {
        const r = row + down - border;
        if (r < 0 || r >= height) continue;
        for (let across = 0; across < size; across++) {
          const c = column + across - border;
          if (c < 0 || c >= width) continue;
          let from = (r * width + c) * channels;
          let at = (down * size + across) * channels * filters;
          for (let i = 0; i < channels; i++, from++) {
            const value = x[from];
            if (value === 0) at += filters;
            else for (let f = 0; f < filters; f++, at++) sums[f] += value * kernel[at];
          }
        }
      }
      const to = (Math.floor(row / pool) * columns + Math.floor(column / pool)) * filters;
      for (let f = 0; f < filters; f++) {
        // From 0 on: of several maxima and 0, in any order, the largest stays.
        values[to + f] = Math.max(values[to + f], sums[f] * part.scale[f] + part.bias[f]);
      }
    }
  }
  return { values, form: { height: rows, width: columns, channels: filters } };
}

/** The last logit minus log Σ exp of the others. @param {ArrayLike<number>} z */
export function logOdds(z) {
  const known = Array.from(z).slice(0, -1);
  const most = Math.max(...known);
  const sum = known.reduce((total, value) => total + Math.exp(value - most), 0);
  return z[z.length - 1] - most - Math.log(sum);
}
