// node run.mjs WORLD: goes through all flows, in one browser against one server. WORLD is JSON: `base`, `invitation`, `people` (name to
// password: first ben, who reads, then eva, who adds) and, where it is not Playwright's own, `chromium`.
// Prints a line for each flow; ends with exit code 1 at the first that fails, and 75 where no browser can be started.
import { chromium } from 'playwright-core';
import { nothingWrong } from './watched.mjs';
import * as signIn from './flows/sign-in.mjs';
import * as admin from './flows/admin.mjs';
import * as ask from './flows/ask.mjs';
import * as documents from './flows/documents.mjs';
import * as faults from './flows/faults.mjs';
import * as hostile from './flows/hostile.mjs';
import * as looks from './flows/looks.mjs';
import * as pages from './flows/pages.mjs';
import * as rights from './flows/rights.mjs';

const FLOWS = [signIn, ask, pages, documents, admin, looks, faults, hostile, rights];

const world = { ...JSON.parse(process.argv[2]), pages: [] };
try {
  // The page needs no graphics card, and a machine that tests may have little of what is shared between processes.
  world.browser = await chromium.launch({ executablePath: world.chromium, args: ['--disable-gpu', '--disable-dev-shm-usage'] });
} catch (error) {
  console.log(`no browser: ${error.message.split('\n')[0]}`);
  process.exit(75);
}
let current = '';
try {
  for (const flow of FLOWS) {
    current = flow.name;
    const began = performance.now();
    await flow.run(world);
    nothingWrong(world);
    console.log(`ok: ${flow.name} (${Math.round(performance.now() - began)} ms)`);
  }
} catch (error) {
  console.log(`failed: ${current}: ${error.stack}`);
  for (const { page } of world.pages.filter((one) => !one.page.isClosed())) console.log(`  at ${page.url()}`);
  process.exitCode = 1;
} finally {
  await world.browser.close();
}
