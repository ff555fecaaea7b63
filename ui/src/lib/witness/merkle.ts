/**
 * RFC 6962 proofs, checked: that a leaf is in a tree, and that a tree begins with all
 * of an earlier one. The algorithms are those of RFC 9162, sections 2.1.3.2 and
 * 2.1.4.2, with sizes up to 2^53.
 */

import { type Bytes, concat, equal, sha256 } from "../bytes";

/** A tree by its size and root. */
export interface Tree {
  size: number;
  root: Bytes;
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** The hash of a leaf's record. */
export function leafHash(record: Uint8Array): Promise<Bytes> {
  return sha256(concat(LEAF, record));
}

function nodeHash(left: Uint8Array, right: Uint8Array): Promise<Bytes> {
  return sha256(concat(NODE, left, right));
}

const half = (n: number) => Math.floor(n / 2);
const odd = (n: number) => n % 2 === 1;

/** Says whether `path` leads from the record numbered `number` to the tree's root. */
export async function isIncluded(record: Uint8Array, number: number, path: Bytes[], tree: Tree) {
  if (number < 0 || number >= tree.size) return false;
  let [at, last] = [number, tree.size - 1];
  let hash = await leafHash(record);
  for (const beside of path) {
    if (last === 0) return false;
    if (odd(at) || at === last) {
      hash = await nodeHash(beside, hash);
      while (!odd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      hash = await nodeHash(hash, beside);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(hash, tree.root);
}

/** Says whether `to` begins with all of `from`, as `path` proves. */
export async function isConsistent(from: Tree, to: Tree, path: Bytes[]): Promise<boolean> {
  if (from.size === 0) return path.length === 0;
  if (from.size > to.size) return false;
  if (from.size === to.size) return path.length === 0 && equal(from.root, to.root);
  return climb(from, to, isPowerOfTwo(from.size) ? [from.root, ...path] : path);
}

async function climb(from: Tree, to: Tree, path: Bytes[]): Promise<boolean> {
  const [first, ...rest] = path;
  if (!first) return false;
  let [at, last] = [from.size - 1, to.size - 1];
  while (odd(at)) [at, last] = [half(at), half(last)];
  let [earlier, later] = [first, first];
  for (const beside of rest) {
    if (last === 0) return false;
    if (odd(at) || at === last) {
      earlier = await nodeHash(beside, earlier);
      later = await nodeHash(beside, later);
      while (!odd(at) && at !== 0) [at, last] = [half(at), half(last)];
    } else {
      later = await nodeHash(later, beside);
    }
    [at, last] = [half(at), half(last)];
  }
  return last === 0 && equal(earlier, from.root) && equal(later, to.root);
}

function isPowerOfTwo(n: number): boolean {
  const log = Math.log2(n);
  return Number.isInteger(log) && 2 ** log === n;
}
