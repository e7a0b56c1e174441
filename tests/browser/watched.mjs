// A page under watch: whatever it writes to the console as an error, and whatever it asks of another server, fails the test.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

export function check(condition, words) {
  if (!condition) throw new Error(words);
}

/** A new page in a session of its own. `page.refuses(status)` says which refusals a flow brings about on purpose, `page.loses()` that it takes the network away. */
export async function open(world, options = {}) {
  const context = await world.browser.newContext({ viewport: { width: 1280, height: 860 }, locale: 'en-GB', baseURL: world.base, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const seen = { errors: [], elsewhere: [], allowed: [] };
  page.on('console', (message) => {
    const expected = seen.allowed.some((words) => message.text().includes(words));
    if (message.type() === 'error' && !expected) seen.errors.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  context.on('request', (request) => {
    if (!request.url().startsWith(`${world.base}/`) && !/^(data|blob):/.test(request.url())) seen.elsewhere.push(request.url());
  });
  world.pages.push({ page, seen });
  return Object.assign(page, {
    refuses: (status) => { seen.allowed.push(`responded with a status of ${status}`); },
    loses: () => { seen.allowed.push('net::ERR_INTERNET_DISCONNECTED'); },
  });
}

/** Fails for what any page did that none may. */
export function nothingWrong(world) {
  for (const { page, seen } of world.pages) {
    check(!seen.errors.length, `errors in the console of ${page.url()}: ${seen.errors.join('; ')}`);
    check(!seen.elsewhere.length, `requests to elsewhere: ${seen.elsewhere.join(', ')}`);
    seen.allowed.length = 0;
  }
}

/** Fails for what axe finds that people with a screen reader, a keyboard or weak eyes would stumble over. */
export async function accessible(page, what) {
  await page.evaluate(axe);
  const found = await page.evaluate(async (tags) => {
    const { violations } = await window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} (${failureSummary.replace(/\s+/g, ' ')})`).join(', ')}`);
  }, RULES);
  check(!found.length, `${what} is not accessible: ${found.join('\n')}`);
}

/** Fails where the page is wider than its window. */
export async function fits(page, what) {
  const [wide, window] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  check(wide <= window, `${what} is ${wide} pixels wide in a window of ${window}`);
}

/** Text without what only sets it apart. */
export const plain = (text) => text.replace(/[*_`“”"]/g, '').replace(/\s+/g, ' ').trim();
