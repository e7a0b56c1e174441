import { accessible, check } from '../watched.mjs';

export const name = 'administrators see how the server is, who comes and what was done; others see none of it';

export async function run({ admin: page, reader }) {
  check(!(await reader.isVisible('#nav-admin')), 'a reader is offered to administer');
  await page.click('#nav-admin');
  await page.waitForSelector('.plots');
  check((await page.textContent('#admin-part')).includes('Ready'), 'it does not say that it is ready');
  await accessible(page, 'the overview');
  await page.waitForFunction(() => document.querySelector('.plot:nth-child(2) polyline')?.getAttribute('points')); // from the second look on

  await page.click('a[href="#/admin/people"]');
  await page.fill('#admin-part form input[name=name]', 'carla');
  await page.fill('#admin-part form input[name=groups]', 'sales');
  await page.click('#admin-part form button');
  await page.waitForSelector('#dialog .secret');
  check((await page.textContent('#dialog .secret')).includes('/sign-in#link='), 'there is no link to choose a password by');
  await accessible(page, 'a link for a password');
  await page.keyboard.press('Escape');
  await accessible(page, 'people');

  await page.click('a[href="#/admin/keys"]');
  await page.fill('#admin-part form input[type=search]', 'nightly export');
  await page.click('#admin-part form button');
  await page.waitForSelector('#dialog .secret');
  await page.keyboard.press('Escape');
  await accessible(page, 'keys');

  await page.click('a[href="#/admin/people"]');
  await page.locator('#admin-part li', { hasText: 'root' }).getByRole('button', { name: 'Keys' }).click();
  await page.locator('#dialog li', { hasText: 'nightly export' }).getByRole('button').click();
  await page.waitForSelector('#dialog li.skipped');
  await accessible(page, 'the keys of somebody');
  await page.keyboard.press('Escape');

  await page.click('a[href="#/admin/bot"]');
  await page.waitForSelector('#admin-part .none'); // the tests have no bot
  await page.click('a[href="#/admin/audit"]');
  await page.waitForSelector('#admin-part tbody tr');
  check((await page.textContent('#admin-part tbody')).includes('key_created'), 'the log does not show what was just done');
  await accessible(page, 'the audit log');

  await page.click('#nav-documents');
  await page.fill('#view-documents input[type=search]', 'leave-policy');
  await page.locator('.documents li', { hasText: 'leave-policy.md' }).getByRole('button', { name: 'Readers' }).click();
  await page.waitForSelector('#dialog .labels li');
  await accessible(page, 'who may read a document');
  await page.locator('#dialog .access .line').last().locator('input').fill('ben');
  await page.locator('#dialog .access .line').last().locator('button').click();
  await page.waitForFunction(() => /Yes/.test(document.querySelector('#dialog .access').textContent));
  await page.keyboard.press('Escape');
}
