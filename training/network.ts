/**
 * Trains the dense half of the head: relu(x W1 + b1) W2 + x W3 + b. Output 0 is the logit of "unsafe"
 * (cross-entropy over all samples); the others are the logits of the categories (softmax
 * cross-entropy over unsafe samples whose category is known). Adam (Kingma and Ba, 2015) with linear
 * warm-up and decay, dropout on the hidden layer, label smoothing.
 */
import { Random } from './random.js';
import { addScaled, dot, sigmoid } from './vectors.js';

export interface Sample {
  /** Embedding and agent flag. */
  readonly x: Float32Array;
  readonly unsafe: boolean;
  readonly weight: number;
  /** Target distribution over the categories; undefined where the category is not known or nothing is wrong. */
  readonly categories: Float32Array | undefined;
  /** How much the categories of this sample count. */
  readonly categoryWeight: number;
}

export interface NetworkOptions {
  readonly hidden: number;
  readonly epochs: number;
  readonly seed: number;
}

export interface Network {
  readonly inputs: number;
  readonly hidden: number;
  readonly outputs: number;
  /** Row by row: hidden x inputs, hidden, hidden x outputs, outputs x inputs, outputs. */
  readonly w1: Float32Array;
  readonly b1: Float32Array;
  readonly w2: Float32Array;
  readonly w3: Float32Array;
  readonly b: Float32Array;
}

const BATCH = 128;
const RATE = 2e-3;
const DROPOUT = 0.2;
const SMOOTHING = 0.02;

export function trainNetwork(samples: readonly Sample[], outputs: number, options: NetworkOptions): Network {
  const random = new Random(options.seed);
  const { hidden } = options;
  const inputs = samples[0]?.x.length ?? 0;
  const net: Network = {
    inputs,
    hidden,
    outputs,
    w1: Float32Array.from({ length: inputs * hidden }, () => (random.normal() * 2) / Math.sqrt(inputs)),
    b1: new Float32Array(hidden),
    w2: Float32Array.from({ length: hidden * outputs }, () => random.normal() * 0.1),
    w3: new Float32Array(inputs * outputs),
    b: new Float32Array(outputs),
  };
  const gradient: Network = {
    inputs,
    hidden,
    outputs,
    w1: new Float32Array(net.w1.length),
    b1: new Float32Array(net.b1.length),
    w2: new Float32Array(net.w2.length),
    w3: new Float32Array(net.w3.length),
    b: new Float32Array(net.b.length),
  };
  const steps = options.epochs * Math.ceil(samples.length / BATCH);
  const update = adam(net, gradient);
  let step = 0;
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    const order = random.permutation(samples.length);
    for (let start = 0; start < samples.length; start += BATCH) {
      const batch = order.subarray(start, start + BATCH);
      for (const index of batch) {
        const sample = samples[index];
        if (sample !== undefined) backward(net, gradient, sample, random, 1 / batch.length);
      }
      step++;
      update(RATE * Math.min(1, step / 100) * (1 - step / (steps + 1)), step);
    }
  }
  return net;
}

/** Adds one sample's gradient. */
function backward(net: Network, into: Network, sample: Sample, random: Random, share: number): void {
  const { inputs, hidden, outputs } = net;
  const { x } = sample;
  const h = Float32Array.from(net.b1, (bias, j) => bias + dot(net.w1, j * inputs, x, 0, inputs));
  const keep = new Float32Array(hidden);
  for (let j = 0; j < hidden; j++) {
    keep[j] = (h[j] ?? 0) > 0 && random.next() >= DROPOUT ? 1 / (1 - DROPOUT) : 0;
    h[j] = (h[j] ?? 0) * (keep[j] ?? 0);
  }
  // Without known categories only output 0 is learnt.
  const used = sample.categories === undefined ? 1 : outputs;
  const z = Float32Array.from(net.b);
  for (let j = 0; j < hidden; j++) if (h[j] !== 0) addScaled(z, 0, h[j] ?? 0, net.w2, j * outputs, used);
  for (let k = 0; k < used; k++) z[k] = (z[k] ?? 0) + dot(net.w3, k * inputs, x, 0, inputs);

  const g = outputGradient(z, sample);
  for (let k = 0; k < outputs; k++) g[k] = (g[k] ?? 0) * share;
  addScaled(into.b, 0, 1, g, 0, outputs);
  const gh = new Float32Array(hidden);
  for (let j = 0; j < hidden; j++) {
    if (keep[j] === 0) continue;
    addScaled(into.w2, j * outputs, h[j] ?? 0, g, 0, used);
    gh[j] = (keep[j] ?? 0) * dot(g, 0, net.w2, j * outputs, used);
    addScaled(into.w1, j * inputs, gh[j] ?? 0, x, 0, inputs);
  }
  addScaled(into.b1, 0, 1, gh, 0, hidden);
  for (let k = 0; k < used; k++) addScaled(into.w3, k * inputs, g[k] ?? 0, x, 0, inputs);
}

function outputGradient(z: Float32Array, sample: Sample): Float32Array {
  const g = new Float32Array(z.length);
  const target = sample.unsafe ? 1 - SMOOTHING : SMOOTHING;
  g[0] = sample.weight * (sigmoid(z[0] ?? 0) - target);
  const { categories } = sample;
  if (categories === undefined) return g;
  const best = Math.max(...z.subarray(1));
  const shares = z.subarray(1).map((value) => Math.exp(value - best));
  const sum = shares.reduce((a, b) => a + b, 0);
  for (let k = 0; k < categories.length; k++)
    g[k + 1] = sample.categoryWeight * ((shares[k] ?? 0) / sum - (categories[k] ?? 0));
  return g;
}

/** Returns the update step; it clears the gradient. */
function adam(net: Network, gradient: Network): (rate: number, step: number) => void {
  const parts = (['w1', 'b1', 'w2', 'w3', 'b'] as const).map((name) => ({
    value: net[name],
    slope: gradient[name],
    mean: new Float32Array(net[name].length),
    square: new Float32Array(net[name].length),
  }));
  return (rate, step) => {
    const meanScale = 1 / (1 - 0.9 ** step);
    const squareScale = 1 / (1 - 0.999 ** step);
    for (const { value, slope, mean, square } of parts)
      for (let k = 0; k < value.length; k++) {
        const s = slope[k] ?? 0;
        const m = 0.9 * (mean[k] ?? 0) + 0.1 * s;
        const q = 0.999 * (square[k] ?? 0) + 0.001 * s * s;
        mean[k] = m;
        square[k] = q;
        value[k] = (value[k] ?? 0) - (rate * m * meanScale) / (Math.sqrt(q * squareScale) + 1e-8);
        slope[k] = 0;
      }
  };
}

/** All outputs for one input. */
export function runNetwork(net: Network, x: Float32Array): Float32Array {
  const { inputs, outputs } = net;
  const z = Float32Array.from(net.b, (bias, k) => bias + dot(net.w3, k * inputs, x, 0, inputs));
  for (let j = 0; j < net.hidden; j++) {
    const h = (net.b1[j] ?? 0) + dot(net.w1, j * inputs, x, 0, inputs);
    if (h > 0) addScaled(z, 0, h, net.w2, j * outputs, outputs);
  }
  return z;
}
