// The networks of browser.js in jax-js: each training step is one jitted function.

const RATE = 0.15;
const BATCHES = 8;

/** Each layer: a kernel (units, then inputs) of a convolution, a matrix of a dense layer. */
const NETWORKS = {
  tutorial: {
    batch: 64,
    conv: [
      [8, 1, 5, 5],
      [16, 8, 5, 5],
    ],
    dense: [[256, 10]],
  },
  conv: {
    batch: 250,
    conv: [
      [24, 1, 5, 5],
      [32, 24, 3, 3],
    ],
    dense: [
      [800, 128],
      [128, 10],
    ],
  },
  mlp: {
    batch: 1000,
    conv: [],
    dense: [
      [784, 256],
      [256, 128],
      [128, 10],
    ],
  },
};

/** @type {Record<string, any>} */
const trainings = {};

/**
 * Images per second; null where the backend isn't offered. Some batches lie on the device, as float32,
 * before the clock starts: nothing is gathered or converted while it runs.
 *
 * @param {any} jax the module
 * @param {string} backend 'wasm' or 'webgpu'
 * @param {number} steps
 * @param {string} kind of NETWORKS
 * @param {{ images: Uint8Array, labels: Int32Array }} train
 */
export async function training(jax, backend, steps, kind, train) {
  const name = `${kind} ${backend}`;
  if (!(await jax.init(backend)).includes(backend)) return null;
  jax.defaultDevice(backend);
  if (!trainings[name]) {
    trainings[name] = {
      step: compiled(jax, kind),
      weights: initial(jax, kind),
      batches: await ready(jax, kind, train),
    };
    await step(jax, trainings[name], 0); // it compiles
  }
  const start = performance.now();
  for (let i = 1; i <= steps; i++) await step(jax, trainings[name], i);
  return (NETWORKS[kind].batch * steps * 1000) / (performance.now() - start);
}

/** The first batches on the device. */
async function ready(jax, kind, { images, labels }) {
  const { numpy: np } = jax;
  const { batch } = NETWORKS[kind];
  const batches = Array.from({ length: BATCHES }, (_, i) => [
    np
      .array(Float32Array.from(images.subarray(784 * batch * i, 784 * batch * (i + 1))))
      .mul(1 / 255)
      .reshape([batch, 1, 28, 28]),
    np.array(labels.slice(batch * i, batch * (i + 1))),
  ]);
  return jax.blockUntilReady(batches);
}

/** One step; returns its loss. */
async function step(jax, own, i) {
  const [x, y] = own.batches[i % BATCHES];
  const [loss, weights] = own.step(own.weights, x.ref, y.ref);
  own.weights = weights;
  await jax.blockUntilReady(weights);
  return loss.jsAsync();
}

/** Weights drawn as Keras draws them, one `{ kernel, bias }` a layer. */
function initial(jax, kind) {
  const { numpy: np, random } = jax;
  const { conv, dense } = NETWORKS[kind];
  return [...conv, ...dense].map((shape, i) => {
    const is = shape.length === 4;
    const area = is ? shape[2] * shape[3] : 1;
    const limit = Math.sqrt(6 / ((shape[0] + shape[1]) * area));
    const kernel = random.uniform(random.key(i), shape, { minval: -limit, maxval: limit });
    return { kernel, bias: np.zeros(is ? [shape[0], 1, 1] : [shape[1]]) };
  });
}

/** (weights, x, y) => [loss, weights]: predictions, gradient and SGD. */
function compiled(jax, kind) {
  const { numpy: np, nn, lax } = jax;
  const { batch, conv } = NETWORKS[kind];

  const logits = (weights, x) => {
    weights.forEach(({ kernel, bias }, i) => {
      if (i < conv.length) {
        x = nn.relu(lax.conv(x, kernel, [1, 1], 'VALID').add(bias));
        x = lax.reduceWindow(x, np.max, [2, 2], [2, 2]);
        return;
      }
      if (i === conv.length) x = x.reshape([batch, -1]);
      x = np.dot(x, kernel).add(bias);
      if (i < weights.length - 1) x = nn.relu(x);
    });
    return x;
  };
  const loss = (weights, x, y) =>
    nn
      .logSoftmax(logits(weights, x))
      .mul(nn.oneHot(y, 10))
      .sum()
      .mul(-1 / batch);
  const gradient = jax.valueAndGrad(loss);
  return jax.jit((weights, x, y) => {
    const [value, by] = gradient(jax.tree.ref(weights), x, y);
    const next = weights.map(({ kernel, bias }, i) => ({
      kernel: kernel.sub(by[i].kernel.mul(RATE)),
      bias: bias.sub(by[i].bias.mul(RATE)),
    }));
    return [value, next];
  });
}
