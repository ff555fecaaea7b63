// Digits that this device may show again until their delivery is over.
//
// The hub cannot read a code back. Whoever made it is asked for it again by a courier on the phone, so
// this device keeps it, sealed with a key that no script can take out of the browser. Nothing here
// leaves the device; what is over is forgotten.

import { now } from "./now.svelte";

const DATABASE = "doorward-keepsakes";
const KEYS = "keys";
const CODES = "codes";
const OWN = "own";

interface Kept {
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
  until: number;
}

/** Keeps a code's digits until a moment. Not being able to is no failure: they were shown once. */
export async function keep(code: number, digits: string, until: Date): Promise<void> {
  try {
    const database = await open();
    const key = await ownKey(database);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const bytes = new TextEncoder().encode(digits);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, bytes);
    const kept: Kept = { iv, sealed, until: until.getTime() };
    await ask(database, CODES, "readwrite", (codes) => codes.put(kept, code));
  } catch {
    // Private windows have no place to keep things.
  }
}

/** The digits of a code, if this device made it and it is not over. */
export async function recall(code: number): Promise<string | undefined> {
  try {
    const database = await open();
    const kept = await ask<Kept | undefined>(database, CODES, "readonly", (codes) =>
      codes.get(code),
    );
    if (!kept || kept.until <= now.date().getTime()) return undefined;
    const key = await ownKey(database);
    const bytes = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, key, kept.sealed);
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

/** Forgets one code, and every code whose time is over. */
export async function forget(code?: number): Promise<void> {
  try {
    const database = await open();
    if (code !== undefined) {
      await ask(database, CODES, "readwrite", (codes) => codes.delete(code));
    }
    const keys = await ask<IDBValidKey[]>(database, CODES, "readonly", (codes) =>
      codes.getAllKeys(),
    );
    for (const key of keys) {
      const kept = await ask<Kept | undefined>(database, CODES, "readonly", (codes) =>
        codes.get(key),
      );
      if (kept && kept.until <= now.date().getTime()) {
        await ask(database, CODES, "readwrite", (codes) => codes.delete(key));
      }
    }
  } catch {
    // Nothing was kept.
  }
}

/** Forgets every code, and the key that they are sealed with. */
export async function forgetAll(): Promise<void> {
  const database = await open();
  await ask(database, CODES, "readwrite", (codes) => codes.clear());
  await ask(database, KEYS, "readwrite", (keys) => keys.clear());
}

function open(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(KEYS);
    opening.result.createObjectStore(CODES);
  };
  return answer(opening);
}

async function ownKey(database: IDBDatabase): Promise<CryptoKey> {
  const kept = await ask<CryptoKey | undefined>(database, KEYS, "readonly", (keys) =>
    keys.get(OWN),
  );
  if (kept) return kept;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
    "encrypt",
    "decrypt",
  ]);
  await ask(database, KEYS, "readwrite", (keys) => keys.put(made, OWN));
  return made;
}

function ask<T>(
  database: IDBDatabase,
  store: string,
  mode: IDBTransactionMode,
  what: (store: IDBObjectStore) => IDBRequest,
): Promise<T> {
  return answer(what(database.transaction(store, mode).objectStore(store)));
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the browser's database failed"));
  });
}
