/** Random tensors in GGML's formats, the same for the same seed. */
import { BLOCK, GGML, type GgmlType } from './gguf-writer.js';

/** xorshift32 in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 4294967296;
  };
}

function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
}

const single = new Float32Array(1);
const singleBits = new Uint32Array(single.buffer);

/** IEEE half precision, rounded to nearest; subnormals become zero. */
export function toHalf(value: number): number {
  single[0] = value;
  const bits = singleBits[0] ?? 0;
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112;
  const mantissa = bits & 0x7fffff;
  if (exponent <= 0) return sign;
  if (exponent >= 31) return sign | 0x7c00;
  return sign | ((exponent << 10) + (mantissa >>> 13) + ((mantissa >>> 12) & 1));
}

/** `bytes` of random weights with a standard deviation near `deviation`, never NaN. */
export function randomTensorBytes(
  type: GgmlType,
  bytes: number,
  deviation: number,
  random: () => number,
): Buffer {
  const buffer = Buffer.alloc(bytes);
  if (type === GGML.F32) {
    for (let i = 0; i < bytes; i += 4) buffer.writeFloatLE(gaussian(random) * deviation, i);
    return buffer;
  }
  if (type === GGML.F16) {
    for (let i = 0; i < bytes; i += 2) buffer.writeUInt16LE(toHalf(gaussian(random) * deviation), i);
    return buffer;
  }
  for (let i = 0; i < bytes; i++) buffer[i] = (random() * 256) >>> 0;
  // The scales decide the size of the weights; the quantized values may be anything.
  for (let at = 0; at < bytes; at += BLOCK[type][1]) setScales(type, buffer, at, deviation);
  return buffer;
}

function setScales(type: GgmlType, buffer: Buffer, at: number, deviation: number): void {
  switch (type) {
    case GGML.Q4_0:
      buffer.writeUInt16LE(toHalf(deviation / 4.6), at);
      break;
    case GGML.Q8_0:
      buffer.writeUInt16LE(toHalf(deviation / 74), at);
      break;
    case GGML.Q4_K:
      buffer.writeUInt16LE(toHalf(deviation / 150), at);
      buffer.writeUInt16LE(toHalf(deviation / 20), at + 2);
      break;
    case GGML.Q6_K:
      for (let scale = 0; scale < 16; scale++) buffer.writeInt8(1, at + 192 + scale);
      buffer.writeUInt16LE(toHalf(deviation / 18), at + 208);
      break;
    case GGML.F32:
    case GGML.F16:
  }
}
