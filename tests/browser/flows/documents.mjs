import { accessible, check } from '../watched.mjs';

export const name = 'a file is added, found, and taken away again; what is in it stays text';

const TITLE = '<img src=x onerror=alert(1)> Gatehouse';
const FILE = { name: 'gatehouse.md', mimeType: 'text/markdown', buffer: Buffer.from(`# ${TITLE}\n\nThe gatehouse <script>alert(2)</script> opens at zwieselhorn.\n`) };

export async function run({ admin: page }) {
  page.on('dialog', (dialog) => { throw new Error(`a script ran: ${dialog.message()}`); });
  await page.click('#nav-documents');
  await page.waitForSelector('.documents li');
  await accessible(page, 'the documents');
  await page.setInputFiles('#files', FILE);
  await page.waitForSelector('.uploads li.done');
  await page.fill('#view-documents input[type=search]', 'gatehouse');
  await page.waitForFunction(() => document.querySelectorAll('.documents li').length === 1);
  await page.click('.documents a.title');
  await page.waitForSelector('#reader .text');
  check((await page.textContent('#reader .text')).includes('zwieselhorn'), 'the document does not open');
  check(!(await page.$('#reader img, #reader script')), 'a document’s words were taken for markup');
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  await page.fill('#query', 'zwieselhorn');
  await page.waitForSelector('a.hit');
  await page.click('#nav-documents');
  await page.waitForSelector('.documents li');
  await page.click('.documents li button.remove');
  await accessible(page, 'the question whether to delete');
  await page.click('#dialog button.danger');
  await page.waitForFunction(() => !document.querySelector('.documents li'));
  await page.keyboard.press('/');
  await page.fill('#query', 'zwieselhorn gatehouse');
  await page.waitForFunction(() => !document.querySelector('#results').textContent.includes('Gatehouse'));
}
