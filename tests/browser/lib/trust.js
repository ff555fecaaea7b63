// How a stranger comes to trust this hub: by the fingerprint in the link, and by what the browser is
// told of it.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash, X509Certificate } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";

/** Returns the authority that the hub shows, which must be the one that the link promised. */
export async function authorityOf(https, link) {
  const [host, port] = split(https);
  const { leaf, authority } = await shown(host, port);
  const promised = link.split(".").at(-1);
  const found = createHash("sha256").update(authority.raw).digest("base64url");
  assert.equal(found, promised, "the link names the authority that the hub shows");
  assert.ok(leaf.verify(authority.publicKey), "the hub's certificate is its authority's");
  return authority;
}

/**
 * Makes a home folder whose owner has installed the authority, as one does for Chromium on Linux:
 * into the NSS database of the user, with trust for websites alone.
 */
export function installed(authority, folder) {
  const home = join(folder, "home-that-trusts");
  const database = join(home, ".pki", "nssdb");
  mkdirSync(database, { recursive: true });
  const file = join(home, "ca.pem");
  writeFileSync(file, authority.toString());
  const certutil = (...words) => execFileSync("certutil", ["-d", `sql:${database}`, ...words]);
  certutil("-N", "--empty-password");
  certutil("-A", "-n", "Doorward", "-t", "C,,", "-i", file);
  return home;
}

/** Makes a home folder whose owner has installed nothing. */
export function bare(_authority, folder) {
  const home = join(folder, "home-that-trusts-nobody");
  mkdirSync(home, { recursive: true });
  return home;
}

/** Reads the browser's warning and goes on all the same, as most people do the first time. */
export async function clickThrough(page, link) {
  const refused = await page.goto(link).then(
    () => undefined,
    (error) => error.message,
  );
  assert.match(refused ?? "it opened", /ERR_CERT_AUTHORITY_INVALID/, "the browser warns");
  await page.locator("#details-button").click();
  await page.locator("#proceed-link").click();
}

function split(address) {
  const at = address.lastIndexOf(":");
  return [address.slice(0, at), Number(address.slice(at + 1))];
}

/** Nothing is sent: the certificates alone are looked at, and judged by the caller. */
function shown(host, port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: 10_000 }, () => {
      const leaf = socket.getPeerCertificate(true);
      socket.end();
      const [own, authority] = [leaf, leaf.issuerCertificate].map((one) => new X509Certificate(one.raw));
      resolve({ leaf: own, authority });
    });
    socket.once("error", reject);
    socket.once("timeout", () => reject(new Error("the hub did not answer")));
  });
}
