// How soon the page can be used, and how soon it shows what was found once somebody stops typing, in Chromium, from a running server where
// nobody signs in. Prints medians and the worst in milliseconds.
//
//   (cd tests/browser && npm ci)
//   pinakes serve &
//   node benches/page_speed.mjs http://127.0.0.1:8631 ["a search" …]
//   PINAKES_CHROMIUM=/usr/bin/chromium …          that browser, instead of Playwright's own
import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../tests/browser/', import.meta.url))('playwright-core');
const [base = 'http://127.0.0.1:8631', ...given] = process.argv.slice(2);
const SEARCHES = given.length ? given : ['travel expenses', 'security incident', 'how to request vacation', 'code review guidelines', 'on-call rotation'];
const ROUNDS = 15;

const middle = (times) => [...times].sort((a, b) => a - b)[times.length >> 1];
const said = (what, times) => console.log(`${what}: median ${middle(times).toFixed(0)} ms, worst ${Math.max(...times).toFixed(0)} ms of ${times.length}`);

const browser = await chromium.launch({ executablePath: process.env.PINAKES_CHROMIUM, args: ['--disable-gpu', '--disable-dev-shm-usage'] });

/** Until the box has the focus, which it gets when every module that the first sight needs has run; with nothing in the browser's cache. */
async function opened() {
  const context = await browser.newContext({ baseURL: base });
  const page = await context.newPage();
  await page.addInitScript(() => {
    const look = () => { if (document.activeElement?.id === 'query') window.usable = performance.now(); else requestAnimationFrame(look); };
    requestAnimationFrame(look);
  });
  await page.goto('/');
  const took = await (await page.waitForFunction(() => window.usable)).jsonValue();
  return { context, page, took };
}

/** From the last key to the first passages in the page, whatever the page waits for in between. */
async function found(page, words) {
  await page.fill('#query', '');
  await page.waitForFunction(() => !document.querySelector('a.hit'));
  await page.evaluate(() => {
    window.shown = new Promise((resolve) => {
      new MutationObserver((_, observer) => {
        if (!document.querySelector('a.hit')) return;
        observer.disconnect();
        resolve(performance.now());
      }).observe(document.querySelector('#results'), { childList: true, subtree: true });
    });
    document.querySelector('#query').addEventListener('input', () => { window.last = performance.now(); });
  });
  await page.locator('#query').evaluate((box, text) => {
    box.value = text;
    box.dispatchEvent(new InputEvent('input', { bubbles: true }));
  }, words);
  return page.evaluate(async (what) => {
    const late = new Promise((_, reject) => { setTimeout(() => reject(new Error(`nothing is found for ${what}`)), 10_000); });
    return (await Promise.race([window.shown, late])) - window.last;
  }, words);
}

const opening = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const { context, took } = await opened();
  opening.push(took);
  await context.close();
}
said('usable after', opening);
const { page } = await opened();
const finding = [];
for (const words of SEARCHES) for (let round = 0; round < 3; round += 1) finding.push(await found(page, words));
said('passages after the last key', finding);
await browser.close();
