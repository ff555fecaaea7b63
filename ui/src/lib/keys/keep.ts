/**
 * Where this browser keeps its keys: one IndexedDB database, values by name.
 *
 * IndexedDB stores a CryptoKey as a handle, so that a key made non-extractable
 * stays so: no script, ours included, ever reads its bytes. The database belongs to
 * this browser profile and this origin alone.
 */

/** A small place for values by name. Tests use one in memory. */
export interface Keep {
  get<T>(name: string): Promise<T | undefined>;
  put(name: string, value: unknown): Promise<void>;
  remove(name: string): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}

const DATABASE = "doorward";
const VALUES = "values";

/** This browser does not keep anything, as in some private windows. */
export class NothingKept extends Error {
  override name = "NothingKept";
  constructor(cause: unknown) {
    super("this browser keeps nothing for this page", { cause });
  }
}

/** Opens the browser's own keep. */
export function browserKeep(): Keep {
  let opened: Promise<IDBDatabase> | undefined;
  const database = () => (opened ??= open());
  const run = async <T>(
    mode: IDBTransactionMode,
    ask: (values: IDBObjectStore) => IDBRequest<T>,
  ) => {
    const transaction = (await database()).transaction(VALUES, mode, { durability: "strict" });
    const answer = ask(transaction.objectStore(VALUES));
    await done(transaction);
    return answer.result;
  };
  return {
    get: (name) => run("readonly", (values) => values.get(name)),
    put: async (name, value) => void (await run("readwrite", (values) => values.put(value, name))),
    remove: async (name) => void (await run("readwrite", (values) => values.delete(name))),
    clear: async () => void (await run("readwrite", (values) => values.clear())),
  };
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(VALUES);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new NothingKept(request.error));
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(new NothingKept(transaction.error));
  });
}

/** Keeps values while the page lives. */
export function memoryKeep(): Keep {
  const values = new Map<string, unknown>();
  return {
    get: async <T>(name: string) => values.get(name) as T | undefined,
    put: async (name, value) => void values.set(name, value),
    remove: async (name) => void values.delete(name),
    clear: async () => values.clear(),
  };
}

/**
 * Asks the browser not to throw its keep away when space runs short. It may refuse;
 * the recovery sheet is there for that.
 */
export async function askToStay(): Promise<boolean> {
  return (await navigator.storage?.persist?.()) ?? false;
}
