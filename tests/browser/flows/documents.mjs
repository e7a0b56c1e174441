import { accessible, check, open } from '../watched.mjs';
import { signIn } from './sign-in.mjs';

export const name = 'a file is added, found, changed, and taken away again; what is in it stays text, and what was cited from it is known to be so no more';

const BROKEN = { name: 'broken.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7\nthis is not a PDF') };

const TITLE = '<img src=x onerror=alert(1)> Gatehouse';
const QUESTION = 'When does the gatehouse open in the morning?';
const fileSaying = (hour) => ({ ...FILE, buffer: Buffer.concat([FILE.buffer, Buffer.from(`\nIn the morning the gatehouse opens at ${hour}.\n`)]) });
const FILE = { name: 'gatehouse.md', mimeType: 'text/markdown', buffer: Buffer.from(`# ${TITLE}\n\nThe gatehouse <script>alert(2)</script> opens at zwieselhorn.\n`) };

async function put(page, file) {
  await page.click('#nav-documents');
  await page.waitForSelector('.documents li');
  await page.setInputFiles('#files', file);
  await page.waitForSelector('.uploads li:last-child.done');
}

/** An old answer says of a citation that its document no longer bears it out. */
async function citedThenChanged(page) {
  await put(page, fileSaying('6:45'));
  await page.goto(`/#/?${new URLSearchParams({ ask: QUESTION })}`);
  await page.waitForSelector('.answer:not(.waiting) .words a.chip');
  check((await page.textContent('.answer .words')).includes('6:45'), 'the answer does not say it');
  await put(page, fileSaying('7:15'));
  await page.click('#nav-history');
  await page.locator('#view-history a.title', { hasText: 'gatehouse' }).first().click();
  await page.waitForSelector('.turn a.chip.changed');
  check((await page.textContent('.turn .sources')).includes('no longer says this'), 'the list of sources does not say it');
  await accessible(page, 'an answer whose source has changed');
}

/** Who only reads is offered neither adding nor deleting; who adds is told what cannot be read, and why, and says who may read it. */
async function byOthers(world) {
  await world.reader.goto('/#/documents');
  await world.reader.waitForSelector('#document-list li');
  const offered = world.reader.locator('.drop:visible, .documents .remove');
  check(await offered.count() === 0, 'a reader is offered to add or to delete');

  const page = await open(world);
  await signIn(page, 'eva', world.people.eva);
  await page.click('#nav-documents');
  await page.waitForSelector('#document-list .remove');
  await accessible(page, 'the documents of an editor');
  await page.fill('.drop input[type=text]', 'user:eva');
  await page.setInputFiles('#files', BROKEN);
  await page.waitForSelector('.uploads li.failed');
  const said = await page.textContent('.uploads li.failed .step');
  check(/^Not readable: .{10}/.test(said), `of a file that cannot be read it says: ${said}`);
  await accessible(page, 'a file that cannot be read');
  await page.locator('.documents li', { hasText: BROKEN.name }).getByRole('button', { name: 'Readers' }).click();
  await page.waitForSelector('#dialog .labels li');
  check((await page.textContent('#dialog .labels')) === 'eva', 'others may read it');
  await page.context().close();
}

export async function run(world) {
  const { admin: page } = world;
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
  await page.waitForSelector('#reader', { state: 'hidden' });
  await page.keyboard.press('/');
  await page.fill('#query', 'zwieselhorn');
  await page.waitForSelector('a.hit');
  await citedThenChanged(page);
  await page.click('#nav-documents');
  await page.waitForSelector('.documents li');
  await page.click('.documents li button.remove');
  await accessible(page, 'the question whether to delete');
  await page.click('#dialog button.danger');
  await page.waitForFunction(() => !document.querySelector('.documents li'));
  await page.keyboard.press('/');
  await page.fill('#query', 'zwieselhorn gatehouse');
  await page.waitForFunction(() => !document.querySelector('#results').textContent.includes('Gatehouse'));
  await byOthers(world);
}
