import { check } from '../watched.mjs';

export const name = 'a right that is taken away is gone from what is found, from what is open and from what was answered';

const QUESTION = 'How many days of paid leave do full-time employees in Braunschweig receive?';

/** Says by hand who may read a document, as the administrator in their browser. */
const allow = (admin, id, labels) => admin.evaluate(async ([doc, list]) => {
  const { cross_site_token: token } = await (await fetch('/api/v1/session')).json();
  const answer = await fetch(`/api/v1/documents/${doc}/access`, {
    method: 'POST', body: JSON.stringify({ labels: list }), headers: { 'content-type': 'application/json', 'x-pinakes-token': token },
  });
  return answer.status;
}, [id, labels]);

export async function run({ admin, reader }) {
  await reader.goto(`/#/?${new URLSearchParams({ ask: QUESTION })}`);
  await reader.waitForSelector('.answer:not(.waiting) a.chip');
  const cited = await reader.locator('.answer .words a.chip').evaluateAll((chips) => [...new Set(chips.map(({ hash }) => /^#\/doc\/([^?]+)/.exec(hash)[1]))]);
  for (const id of cited) check((await allow(admin, id, ['group:nobody-is-in-it'])) === 200, 'the right cannot be taken away');

  reader.refuses(404);
  await reader.locator('.answer .words a.chip').first().click();
  await reader.waitForSelector('#reader .problem');
  check(!(await reader.textContent('#reader')).includes('30 days'), 'the document is still shown');
  await reader.keyboard.press('Escape');
  await reader.goto('/#/history');
  await reader.locator('#view-history a.title', { hasText: 'paid leave' }).first().click();
  await reader.waitForSelector('.turn .notice');
  check(!(await reader.textContent('#view-history')).includes('receive 30 days'), 'the old answer is still shown');
  await reader.goto('/#/?q=paid+leave+full-time+Braunschweig');
  await reader.waitForFunction(() => document.querySelector('#results').textContent !== '');
  const left = await reader.locator('a.hit').evaluateAll((hits) => hits.map(({ hash }) => hash));
  check(!left.some((hash) => cited.some((id) => hash.includes(id))), 'a passage of it is still found');

  for (const id of cited) check((await allow(admin, id, ['public'])) === 200, 'the right cannot be given back');
  await reader.reload();
  await reader.waitForSelector('a.hit');
  check((await reader.locator('a.hit').evaluateAll((hits) => hits.map(({ hash }) => hash))).some((hash) => hash.includes(cited[0])), 'it does not come back');
}
