/**
 * Proof of work: what a lead costs a browser. Native hashing where the page is secure, our own where it is not; either
 * way in slices, so that the page stays alive.
 */
import type { Challenge, Proof } from "./service";

/** So many native hashes are under way at once. */
const BATCH = 256;
/** Our own hashing gives the page back after so long. */
const SLICE_MS = 12;

/** Find the number whose hash is the target. Throws where there is none: the challenge was cut on its way. */
export async function solve(challenge: Challenge, native: SubtleCrypto | null = subtle()): Promise<Proof> {
  const number = native ? await searchNatively(challenge, native) : await search(challenge);
  if (number < 0) throw new Error("The challenge has no answer.");
  return { challenge: challenge.challenge, number };
}

/** Null on pages without https, where browsers keep it away. */
function subtle(): SubtleCrypto | null {
  return globalThis.crypto?.subtle ?? null;
}

async function searchNatively({ salt, target, max_number }: Challenge, native: SubtleCrypto): Promise<number> {
  const text = new TextEncoder();
  for (let first = 0; first <= max_number; first += BATCH) {
    const numbers = Array.from({ length: Math.min(BATCH, max_number + 1 - first) }, (_, index) => first + index);
    const hashes = await Promise.all(numbers.map((number) => native.digest("SHA-256", text.encode(salt + number))));
    const found = hashes.findIndex((hash) => hex(new Uint8Array(hash)) === target);
    if (found >= 0) return first + found;
  }
  return -1;
}

async function search({ salt, target, max_number }: Challenge): Promise<number> {
  const text = new TextEncoder();
  let until = performance.now() + SLICE_MS;
  for (let number = 0; number <= max_number; number++) {
    if (hex(sha256(text.encode(salt + number))) === target) return number;
    if (performance.now() > until) {
      await new Promise((resume) => setTimeout(resume));
      until = performance.now() + SLICE_MS;
    }
  }
  return -1;
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** SHA-256 as FIPS 180-4 has it. */
export function sha256(message: Uint8Array): Uint8Array {
  const length = message.length;
  const padded = new Uint8Array((((length + 8) >> 6) + 1) << 6);
  padded.set(message);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(length / 0x20000000));
  view.setUint32(padded.length - 4, (length << 3) >>> 0);
  const hash = Int32Array.from(START);
  for (let offset = 0; offset < padded.length; offset += 64) mix(hash, view, offset);
  const digest = new DataView(new ArrayBuffer(32));
  hash.forEach((word, index) => {
    digest.setInt32(index * 4, word);
  });
  return new Uint8Array(digest.buffer);
}

const [START, ROUNDS] = constants();
const words = new Int32Array(64);

function mix(hash: Int32Array, view: DataView, offset: number): void {
  for (let index = 0; index < 16; index++) words[index] = view.getInt32(offset + index * 4);
  for (let index = 16; index < 64; index++) {
    const early = words[index - 15] as number;
    const late = words[index - 2] as number;
    const s0 = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const s1 = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    words[index] = (words[index - 16] as number) + s0 + (words[index - 7] as number) + s1;
  }
  let [a, b, c, d, e, f, g, h] = hash as unknown as [number, number, number, number, number, number, number, number];
  for (let index = 0; index < 64; index++) {
    const s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    const one = (h + s1 + ((e & f) ^ (~e & g)) + (ROUNDS[index] as number) + (words[index] as number)) | 0;
    const s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    hash[index] = (hash[index] as number) + word;
  });
}

function turn(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

/** The fractions of the square roots of the first 8 primes, and of the cube roots of the first 64. */
function constants(): [number[], number[]] {
  const primes: number[] = [];
  for (let number = 2; primes.length < 64; number++) {
    if (primes.every((prime) => number % prime)) primes.push(number);
  }
  const fraction = (root: number): number => ((root - Math.floor(root)) * 0x100000000) | 0;
  return [
    primes.slice(0, 8).map((prime) => fraction(Math.sqrt(prime))),
    primes.map((prime) => fraction(Math.cbrt(prime))),
  ];
}
