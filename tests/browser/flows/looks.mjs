import { accessible, check, fits, open } from '../watched.mjs';
import { signIn } from './sign-in.mjs';

export const name = 'dark where the reader wants it dark, and whole on a phone';

async function everywhere(page, look) {
  await page.goto('/#/?ask=What+is+the+per+diem+for+trips%3F');
  await page.waitForSelector('.answer:not(.waiting)');
  await look(page, 'an answer');
  await page.locator('.answer a.chip, a.hit').first().click();
  await page.waitForSelector('#reader mark.cited');
  await look(page, 'a document');
  await page.keyboard.press('Escape');
  await page.goto('/#/documents');
  await page.waitForSelector('.documents li');
  await look(page, 'the documents');
}

export async function run(world) {
  const [[who, password]] = Object.entries(world.people);
  const dark = await open(world, { colorScheme: 'dark' });
  await signIn(dark, who, password);
  const paper = await dark.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number));
  check(paper.every((channel) => channel < 60), `dark is ${paper}`);
  await everywhere(dark, (page, what) => accessible(page, `${what} in the dark`));
  await dark.context().close();

  const phone = await open(world, { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
  await signIn(phone, who, password);
  await everywhere(phone, async (page, what) => {
    await fits(page, `${what} on a phone`);
    await accessible(page, `${what} on a phone`);
  });
  await phone.context().close();
}
