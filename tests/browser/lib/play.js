// Plays scenes in a browser, and judges every device of them at the end.

import { Device, launch } from "./browser.js";
import { house, opening, say } from "./stage.js";
import { authorityOf } from "./trust.js";

/**
 * Runs `play` with a browser whose user's home folder `settle` has made; the script ends with it.
 * With `name` the pages are opened at that host name, not at the hub's address.
 *
 * @param {(authority: X509Certificate, folder: string) => string} settle
 */
export async function act(settle, play, name) {
  try {
    await inBrowser(await opening, settle, play, name);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  } finally {
    house.close();
  }
}

async function inBrowser({ https, link, folder }, settle, play, name) {
  const origin = `https://${name ? `${name}:${https.split(":").at(-1)}` : https}`;
  const authority = await authorityOf(https, link);
  const browser = await launch(settle(authority, folder));
  const devices = [];
  const open = async (viewport, scheme) => {
    const device = await Device.open(browser, origin, { viewport, scheme });
    devices.push(device);
    return device;
  };
  try {
    await play({ open, link: `${origin}/#${link.split("#")[1]}` });
    for (const [at, device] of devices.entries()) device.judge(`device ${at + 1}`);
  } catch (error) {
    for (const [at, device] of devices.entries()) await device.tell(`device ${at + 1}`);
    throw error;
  } finally {
    await browser.close();
  }
}

/** Tells how long each scene took: the whole must stay short enough to be run often. */
export async function scene(name, act) {
  const began = performance.now();
  const seen = await act();
  say(`${name}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return seen;
}
