import { accessible, check, open } from '../watched.mjs';

export const name = 'the first administrator comes by a link, others with their password, and a wrong one is told so';

export async function signIn(page, who, password) {
  page.refuses(401); // the first look at the page
  await page.goto('/');
  await page.waitForURL('**/sign-in?*');
  await page.fill('#name', who);
  await page.fill('#password', password);
  await page.click('#sign-in-go');
  await page.waitForURL((url) => url.pathname === '/');
  await page.waitForSelector('#query:focus');
}

export async function run(world) {
  world.admin = await open(world);
  await world.admin.goto(world.invitation);
  await world.admin.fill('#name', 'root');
  await world.admin.fill('#password', 'correct horse battery');
  check(!world.admin.url().includes('first='), 'the secret of the link stays in the address');
  await world.admin.click('#sign-in-go');
  await world.admin.waitForURL((url) => url.pathname === '/');
  await world.admin.waitForSelector('#sign-out');

  const [[who, password]] = Object.entries(world.people);
  world.reader = await open(world);
  world.reader.refuses(401); // nobody's first look at the page, then the wrong password
  await world.reader.goto('/');
  await world.reader.waitForURL('**/sign-in?*');
  await accessible(world.reader, 'the sign-in page');
  await world.reader.fill('#name', who);
  await world.reader.fill('#password', 'not the password');
  await world.reader.click('#sign-in-go');
  await world.reader.waitForFunction(() => document.querySelector('#sign-in-said').textContent !== '');
  await signIn(world.reader, who, password);
  const cookies = await world.reader.context().cookies();
  check(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite !== 'None') && cookies.length > 0, `the session's cookie: ${JSON.stringify(cookies)}`);
}
