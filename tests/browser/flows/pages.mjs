import { accessible, check, plain } from '../watched.mjs';

export const name = 'a page of a PDF is shown as it looks, the cited words marked on it, and as its words for who wants those';

export async function run({ reader: page }) {
  await page.goto('/#/?q=long-term+drift+of+full+scale+per+year');
  await page.locator('a.hit', { hasText: 'vp-420-datasheet.pdf' }).first().click();
  await page.waitForSelector('#reader .sheet rect.cited');
  const [wide, mark, panel] = await page.evaluate(() => [
    document.querySelector('#reader .sheet img').naturalWidth,
    document.querySelector('#reader rect.cited').getBoundingClientRect().toJSON(),
    document.querySelector('#reader').getBoundingClientRect().toJSON(),
  ]);
  check(wide > 1000, `the picture is ${wide} pixels wide`);
  check(mark.width > 40 && mark.height > 5 && mark.left > panel.left && mark.right < panel.right, `the mark is ${JSON.stringify(mark)}`);
  check(mark.top >= panel.top && mark.bottom <= panel.bottom, 'the mark is not in sight');
  await accessible(page, 'a page as it looks');

  await page.locator('#reader .looks button').nth(1).click();
  await page.waitForSelector('#reader mark.cited');
  check(plain(await page.textContent('#reader mark.cited')).length > 10, 'the words are not marked');
  await accessible(page, 'a page as its words');
  await page.locator('#reader .looks button').first().click();
  await page.waitForSelector('#reader .sheet img');

  await page.fill('#reader .within input', 'explosive atmospheres');
  await page.waitForSelector('#reader .within-found a.hit');
  await accessible(page, 'what was found within a document');
  await page.locator('#reader .within-found a.hit').first().click();
  await page.waitForSelector('#reader .sheet rect.cited');
  await page.keyboard.press('Escape');
}
