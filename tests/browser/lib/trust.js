// How a stranger comes to trust this hub's certificate: by the fingerprint in the link.

import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { connect } from "node:tls";

/**
 * Looks at what the hub shows, checks it against the link, and returns what the browser is to be
 * told: the SHA-256 of the server's public key, in Base64.
 */
export async function serverKey(https, link) {
  const [host, port] = split(https);
  const { leaf, authority } = await shown(host, port);
  const promised = link.split(".").at(-1);
  const found = createHash("sha256").update(authority.raw).digest("base64url");
  assert.equal(found, promised, "the link names the authority that the hub shows");
  assert.ok(leaf.verify(authority.publicKey), "the hub's certificate is its authority's");
  const key = leaf.publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(key).digest("base64");
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
