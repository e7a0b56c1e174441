import { check, open } from '../watched.mjs';
import { PAYLOADS } from '../payloads.mjs';
import { signIn } from './sign-in.mjs';

export const name = 'three hundred ways of running a script are words wherever the server’s words are shown';

// Every text of every answer of the server gets payloads, but for what the page only compares.
const COMPARED = /^(event|state|support|quote_match|extent|kind|code|role|type|format|media_type|language|cursor|next_cursor|image|verdict|mode|cross_site_token|visible|id|.*_id|.*_at|.*version)$/;
const PER_TEXT = 4;
const ROUNDS_MAX = 40;

/** The page's views: an address, and what is there once the view is drawn. */
const VIEWS = [
  ['reader', '/#/?q=paid+leave', 'a.hit'],
  ['reader', '/#/?ask=How+many+days+of+paid+leave+do+full-time+employees+in+Braunschweig+receive%3F', '.answer:not(.waiting) a.chip'],
  ['reader', '/#/?ask=Who+won+the+chess+tournament%3F', '.answer.refused'],
  ['reader', '/#/history', '#view-history a.title'],
  ['reader', null, '.turn .answer'], // the first conversation
  ['admin', '/#/documents', '.documents li'],
  ['admin', null, '#reader .text'], // the first document
  ['admin', '/#/admin', '.plots'],
  ['admin', '/#/admin/people', '#admin-part li .title'],
  ['admin', '/#/admin/keys', '#admin-part li .title'],
  ['admin', '/#/admin/audit', '#admin-part tbody tr'],
];

/** What goes into the next texts; `shown` is how many of all went into this view. */
const feed = (each = PER_TEXT) => {
  let shown = 0;
  return {
    next: () => Array.from({ length: each }, () => PAYLOADS[shown++ % PAYLOADS.length]).join(' '),
    done: () => shown >= PAYLOADS.length,
  };
};

function poisoned(value, words, key = '') {
  if (typeof value === 'string') {
    if (COMPARED.test(key)) return value;
    return key === 'path' ? `${words.next()}/${value}` : `${value} ${words.next()}`; // a path's end says what kind of file it is
  }
  if (Array.isArray(value)) return value.map((one) => poisoned(one, words, key));
  if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, poisoned(one, words, name)]));
  return value;
}

/** The page's own elements; whatever else is there came out of a text. */
function intruders() {
  const found = [];
  if (window.pwnedBy.length) found.push(`ran: ${window.pwnedBy.join(', ')}`);
  const own = (address) => /^(#|\/(?!\/)|$)/.test(address) || address.startsWith(`${location.origin}/`) || address.startsWith('blob:');
  if (document.querySelectorAll('noscript').length > 1) found.push('noscript'); // the page has one
  for (const node of document.querySelectorAll('*')) {
    const words = node.outerHTML.slice(0, 120);
    if (/^(iframe|object|embed|base|video|audio|math|template|style|marquee|animate)$/i.test(node.localName)) found.push(words);
    if (node.localName === 'meta' && node.httpEquiv) found.push(words);
    if (node.localName === 'script' && !(node.src && own(node.getAttribute('src')))) found.push(words);
    for (const { name, value } of node.attributes) {
      if (name.startsWith('on') || name === 'srcdoc') found.push(words);
      if (/^(href|src|action|formaction|data|poster|xlink:href)$/.test(name) && !own(value)) found.push(words);
    }
  }
  return found;
}

/** Serves what the server says with payloads in it; what has been said once is said again without asking. */
async function poison(page, state) {
  const said = new Map();
  await page.route((url) => url.pathname.startsWith('/api/v1/') && url.pathname !== '/api/v1/session', async (route) => {
    const asked = `${route.request().method()} ${route.request().url()} ${route.request().postData() ?? ''}`;
    if (!said.has(asked)) {
      const response = await route.fetch();
      said.set(asked, { status: response.status(), headers: response.headers(), text: await response.text() });
    }
    const { status, headers, text } = said.get(asked);
    const data = (line) => (line.startsWith('data:') ? `data: ${JSON.stringify(poisoned(JSON.parse(line.slice(5)), state.words))}` : line);
    let body = text;
    if (headers['content-type']?.startsWith('text/event-stream')) body = text.split('\n').map(data).join('\n');
    else if (headers['content-type']?.includes('json')) body = JSON.stringify(poisoned(JSON.parse(text), state.words));
    const failed = state.failing ? { status: 422, contentType: 'application/problem+json', body: JSON.stringify({ code: 'bad_request', detail: state.words.next() }) } : null;
    await route.fulfill(failed ?? { status, headers: Object.fromEntries(Object.entries(headers).filter(([key]) => key !== 'content-length' && key !== 'content-encoding')), body });
  });
}

async function watch(world, who) {
  const page = await open(world);
  await page.addInitScript(() => { window.pwnedBy = []; window.pwned = (which) => { window.pwnedBy.push(which); }; });
  page.on('dialog', (dialog) => { throw new Error(`a script ran: ${dialog.message()}`); });
  await signIn(page, ...who);
  const state = { words: feed(), failing: false };
  await poison(page, state);
  return { page, state };
}

async function clean(page, what) {
  const found = await page.evaluate(intruders);
  check(!found.length, `${what}: words were taken for markup: ${found.slice(0, 3).join(' ')}`);
}

/** Shows a view until as many texts were poisoned as take all payloads. */
async function through({ page, state }, address, selector) {
  const hash = address ?? await page.evaluate(() => document.querySelector('#view-history:not([hidden]) a.title, .documents a.title').getAttribute('href'));
  state.words = feed();
  for (let round = 0; !state.words.done(); round += 1) {
    check(round < ROUNDS_MAX, `${hash} shows hardly any of the server's words`);
    await page.goto('about:blank');
    await page.goto(hash.startsWith('/') ? hash : `/${hash}`);
    await page.waitForSelector(selector);
    await page.evaluate(() => {
      for (const details of document.querySelectorAll('details')) details.open = true;
      document.querySelector('a.chip')?.dispatchEvent(new MouseEvent('mouseenter')); // the preview
    });
    await clean(page, hash);
  }
}

export async function run(world) {
  const [reader] = Object.entries(world.people);
  const seen = { reader: await watch(world, reader), admin: await watch(world, ['root', 'correct horse battery']) };
  for (const [who, address, selector] of VIEWS) await through(seen[who], address, selector);

  const { page, state } = seen.reader;
  page.refuses(422);
  state.failing = true;
  for (state.words = feed(40); !state.words.done();) {
    await page.goto('about:blank');
    await page.goto('/#/?ask=anything');
    await page.waitForSelector('.problem');
    await clean(page, 'a refusal');
  }
  for (const { page: one } of Object.values(seen)) await one.context().close();
}
