// Temperature scaling, as spritenet/ood/temperature in Python: Guo, Pleiss, Sun and Weinberger, On
// Calibration of Modern Neural Networks, ICML 2017.

const COLDEST = 0.05; // beyond these, more images would be needed to estimate it
const HOTTEST = 20;
const ROUNDS = 30; // of Newton's method; a handful suffices, the rest is a margin
const TINY = 2 ** -126; // float32's smallest normal number, as in Python

/**
 * The logits of outputs, up to a number added to each row: those of softmax are their logarithms.
 *
 * @param {ArrayLike<number>} outputs
 * @param {string} activation  "softmax", or "linear" for logits
 */
export function logitsOf(outputs, activation) {
  return Float64Array.from(outputs, (value) =>
    activation === 'linear' ? value : Math.log(Math.max(value, TINY)),
  );
}

/**
 * The softmax of logits / temperature.
 *
 * @param {Float64Array} logits  of one image
 * @param {number} temperature
 */
export function softened(logits, temperature) {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = logits.map((value) => Math.exp((value - most) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((value) => value / sum);
}

/**
 * The temperature that maximizes the likelihood of the labels, by Newton's method on 1 / T, in which
 * the mean of -log p(label) is convex. As Platt proposes (1999), a fraction 1 / (n + 2) of n labels
 * counts as any class: n correct predictions don't prove that none is ever wrong.
 *
 * @param {Float64Array} logits  n × classes
 * @param {ArrayLike<number>} labels  n
 */
export function bestTemperature(logits, labels) {
  const n = labels.length;
  const classes = logits.length / n;
  const rows = Array.from({ length: n }, (_, i) => {
    const row = logits.subarray(i * classes, (i + 1) * classes);
    const most = row.reduce((a, b) => Math.max(a, b), -Infinity);
    return row.map((value) => value - most);
  });
  const smoothing = 1 / (n + 2);
  let right = 0;
  let all = 0;
  rows.forEach((row, i) => {
    right += row[labels[i]];
    for (const value of row) all += value;
  });
  const chosen = ((1 - smoothing) * right) / n + (smoothing * all) / logits.length;
  let inverse = 1;
  for (let round = 0; round < ROUNDS; round++) {
    let slope = -chosen;
    let curve = 0;
    for (const row of rows) {
      const p = softened(row, 1 / inverse);
      let mean = 0;
      let square = 0;
      row.forEach((value, k) => {
        mean += p[k] * value;
        square += p[k] * value * value;
      });
      slope += mean / n;
      curve += (square - mean * mean) / n;
    }
    // At most twice or half as cold at a time: far from the minimum the curve is nearly flat.
    const step = Math.min(Math.max(slope / Math.max(curve, 1e-12), -inverse), inverse / 2);
    const after = Math.min(Math.max(inverse - step, 1 / HOTTEST), 1 / COLDEST);
    if (Math.abs(after - inverse) < 1e-9) break;
    inverse = after;
  }
  return 1 / inverse;
}
