import { accessible, check, plain } from '../watched.mjs';

export const name = 'words find while they are typed, a question is answered, a citation opens its document at the cited words';

export async function run({ reader: page }) {
  await page.goto('/');
  await page.waitForFunction(() => /\d/.test(document.querySelector('#hint').textContent));
  await accessible(page, 'the empty page');
  await page.keyboard.type('travel policy');
  await page.waitForSelector('a.hit mark');
  await accessible(page, 'a list of passages');
  await page.click('.narrow summary');
  await page.selectOption('.narrow select', { label: 'Computers' });
  await page.waitForFunction(() => [...document.querySelectorAll('a.hit .path')].every((path) => path.textContent.startsWith('it/')));
  check(await page.locator('a.hit').count() > 0, 'nothing is found in a collection');
  await accessible(page, 'a search of one collection');
  await page.selectOption('.narrow select', '');
  await page.waitForFunction(() => [...document.querySelectorAll('a.hit .path')].some((path) => !path.textContent.startsWith('it/')));
  await page.focus('#query');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('j');
  check(await page.evaluate(() => document.activeElement === document.querySelectorAll('a.hit')[1]), 'j does not go to the next passage');
  await page.keyboard.press('/');

  await page.fill('#query', 'How many days of paid leave do full-time employees in Braunschweig receive?');
  await page.keyboard.press('Enter');
  await page.waitForSelector('.answer:not(.waiting) .words a.chip');
  check((await page.textContent('.answer .words')).includes('30 days'), 'the answer does not say it');
  await accessible(page, 'an answer');
  const chip = page.locator('.answer .words a.chip').first();
  await chip.hover();
  const quote = plain(await page.textContent('#preview blockquote'));
  await page.waitForSelector('#preview .place .date');
  await chip.focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector('#reader mark.cited');
  const marked = plain((await page.locator('#reader mark.cited').allTextContents()).join(' '));
  check(marked === quote, `cited is “${quote}”, marked is “${marked}”`);
  const seen = await page.locator('#reader mark.cited').first().evaluate((mark) => {
    const [at, panel] = [mark.getBoundingClientRect(), document.querySelector('#reader').getBoundingClientRect()];
    return at.top >= panel.top && at.bottom <= panel.bottom;
  });
  check(seen, 'the cited words are not in sight');
  await accessible(page, 'a document beside its answer');
  await page.keyboard.press('Escape');
  await page.waitForSelector('#reader', { state: 'hidden' });
  check(await chip.evaluate((node) => node === document.activeElement), 'the focus is not back at the citation');
  check(await page.isVisible('.answer .words'), 'the answer is gone');

  await page.keyboard.press('?');
  await accessible(page, 'the help');
  await page.keyboard.press('Escape');
  await page.click('#language');
  await page.waitForSelector('html[lang=de]');
  check((await page.textContent('#nav-documents')) === 'Dokumente', 'the page does not speak German');
  await page.click('#language');
  await page.waitForSelector('html[lang=en]');
  await page.click('#nav-history');
  await page.waitForSelector('#view-history a.title');
  await accessible(page, 'the history');
}
