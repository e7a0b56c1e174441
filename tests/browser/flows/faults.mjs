import { accessible, check, open } from '../watched.mjs';
import { signIn } from './sign-in.mjs';

export const name = 'a server that is away, busy or broken is said in words and can be tried again; an answer under way is stopped, there and here';

const QUESTION = 'How many days of paid leave do full-time employees in Braunschweig receive?';
const FOLLOW_UP = 'How many days of paid leave do part-time employees receive?';
const asks = ({ pathname }) => pathname.startsWith('/api/v1/ask');
const conversations = ({ pathname }) => pathname.startsWith('/api/v1/conversations/');
const BROKEN = { status: 500, contentType: 'text/html', body: '<h1>Bad gateway</h1>' }; // as what stands before a server says it
const TOO_MANY = { status: 429, contentType: 'application/problem+json', headers: { 'retry-after': '2' }, body: JSON.stringify({ code: 'rate_limited', detail: '' }) };

/** The network goes, and comes back. */
async function away(page) {
  page.loses();
  await page.context().setOffline(true);
  await page.fill('#query', 'paid leave');
  await page.waitForSelector('#offline:not([hidden])');
  await page.waitForSelector('#results .problem');
  await accessible(page, 'a server that is away');
  await page.context().setOffline(false);
  await page.waitForSelector('#offline', { state: 'hidden' });
  await page.fill('#query', 'paid leave full-time');
  await page.waitForSelector('a.hit');
}

/** A question is refused in words; asked again by the button for it, it is answered. */
async function refused(page, refusal, words) {
  page.refuses(refusal.status);
  await page.route(asks, (route) => route.fulfill(refusal));
  await page.fill('#query', QUESTION);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.answer .problem');
  const said = await page.textContent('.answer .problem');
  check(said.includes(words), `of ${refusal.status} it says: ${said}`);
  await accessible(page, `a question refused with ${refusal.status}`);
  await page.unroute(asks);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.waitForSelector('.answer:not(.waiting) a.chip');
}

/** Lets answers begin and never end: of the real one the first event comes, and whoever takes it up again waits. */
const hold = (page) => page.route(asks, async (route) => {
  const method = route.request().method();
  if (method === 'DELETE') await route.continue();
  if (method !== 'POST') return;
  const response = await route.fetch();
  const [first] = (await response.text()).split('\n\n');
  const headers = { 'content-type': 'text/event-stream', 'content-location': response.headers()['content-location'] };
  await route.fulfill({ headers, body: `${first}\n\n` });
});

/** Stops what is under way; the server is told so, by somebody it believes. */
async function stopping(page, stop) {
  const [told] = await Promise.all([page.waitForRequest((request) => request.method() === 'DELETE' && asks(new URL(request.url()))), stop()]);
  check(told.headers()['x-pinakes-token'], 'the server is told to stop without the token');
  const answer = await told.response();
  check(answer?.status() === 204, `told to stop, the server says ${answer?.status()}`);
}

async function stopped(page) {
  await hold(page);
  await page.fill('#query', QUESTION);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.answer.waiting ~ .behind'); // its first event has come
  await accessible(page, 'an answer under way');
  await stopping(page, () => page.click('#stop'));
  check((await page.textContent('.answer .notice')).includes('Stopped'), 'it does not say that it was stopped');
  check(!(await page.isVisible('#stop')), 'what is stopped can be stopped again');
  await accessible(page, 'an answer that was stopped');
  await page.unroute(asks);
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.waitForSelector('.answer:not(.waiting) a.chip');
}

async function copied(page) {
  await page.context().grantPermissions(['clipboard-write']);
  await page.getByRole('button', { name: 'Copy with sources' }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
}

/** The next question: stopped with a key, then asked again, and its answer judged. */
async function followUp(page) {
  await hold(page);
  await page.fill('#view-search .follow-up input', FOLLOW_UP);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.turn:last-child .answer.waiting ~ .behind');
  const stop = page.locator('.turn:last-child').getByRole('button', { name: 'Stop' });
  await stop.waitFor();
  await accessible(page, 'a follow-up under way');
  await stopping(page, () => page.keyboard.press('Escape'));
  check((await page.textContent('.turn:last-child .notice')).includes('Stopped'), 'the follow-up does not say that it was stopped');
  check(await stop.count() === 0, 'a follow-up that is stopped can be stopped again');
  await accessible(page, 'a follow-up that was stopped');
  await page.unroute(asks);

  await page.fill('#view-history .follow-up input', FOLLOW_UP);
  await page.keyboard.press('Enter');
  const thumbs = page.locator('.turn:last-child .thumbs');
  await thumbs.getByRole('button', { name: 'This did not help' }).click();
  const why = thumbs.locator('select');
  await why.waitFor();
  await accessible(page, 'an answer that did not help');
  await Promise.all([page.waitForResponse((response) => response.url().endsWith('/api/v1/feedback') && response.ok()), why.selectOption('incomplete')]);
  await page.reload();
  await why.waitFor();
  check(await why.inputValue() === 'incomplete', `why it did not help is kept as ${await why.inputValue()}`);
}

/** What a button could not do is said, and done once it can be. */
async function renamed(page) {
  const rename = async () => {
    await page.getByRole('button', { name: 'Rename' }).click();
    await page.fill('#dialog input', 'Days of leave');
    await page.click('#dialog button[value=rename]');
  };
  await page.route(conversations, (route) => (route.request().method() === 'PATCH' ? route.fulfill(BROKEN) : route.continue()));
  await rename();
  await page.waitForSelector('#note:not([hidden])');
  check((await page.textContent('#note')).includes('went wrong on the server'), 'it does not say what failed');
  await accessible(page, 'a button that could not do its work');
  await page.unroute(conversations);
  await rename();
  await page.waitForFunction(() => document.querySelector('#view-history h1').textContent === 'Days of leave');
  check(!(await page.isVisible('#note')), 'it still says that it failed');
}

/** The provider that people sign in through is away. */
async function withoutProvider(world) {
  const page = await open(world);
  await page.goto('/sign-in#unavailable');
  await page.waitForFunction(() => document.querySelector('#sign-in-said').textContent.includes('company account'));
  await accessible(page, 'the sign-in page without its provider');
  await page.context().close();
}

export async function run(world) {
  const [reader] = Object.entries(world.people);
  const page = await open(world, { reducedMotion: 'reduce' }); // half faded in is half readable, which axe would hold against it
  await signIn(page, ...reader);
  await away(page);
  await refused(page, TOO_MANY, 'Too many requests');
  await refused(page, BROKEN, 'went wrong on the server');
  await stopped(page);
  await copied(page);
  await followUp(page);
  await renamed(page);
  await page.context().close();
  await withoutProvider(world);
}
