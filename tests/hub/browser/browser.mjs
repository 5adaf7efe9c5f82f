// Chromium for the tests: a script does its task in it and prints as JSON what it saw.
import { createRequire } from 'node:module';

const { chromium } = createRequire(`${process.env.NODE_MODULES}/`)('playwright-core');

/** What the test asks for. */
export const asked = JSON.parse(process.argv[2]);

/** Runs a task with a fresh browser, prints what it gives, and fails with a picture of the page in words. */
export async function run(task) {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'],
  });
  // The proxy that does TLS signs for itself.
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  page.setDefaultTimeout(90_000);
  const errors = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  try {
    console.log(JSON.stringify(await task(page, errors)));
  } catch (error) {
    const text = await page.locator('body').innerText({ timeout: 1000 }).catch(() => '');
    console.error(`${error}\nat ${page.url()}:\n${text.slice(0, 2000)}\n${errors.join('\n')}`);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

/** Signs in at the hub, and is at its home page then. */
export async function signIn(page) {
  await page.goto(`${asked.site}/hub/login?next=%2Fhub%2Fhome`);
  await page.fill('#username_input', asked.user);
  await page.fill('#password_input', 'any');
  await page.click('#login_submit');
  await page.waitForURL('**/hub/home');
}

/** What the service says of who one is, asked from the page that is open. */
export async function me(page, service) {
  return page.evaluate(async (url) => {
    const answer = await fetch(url);
    return { status: answer.status, ...(answer.ok ? await answer.json() : {}) };
  }, `${service}api/v1/me`);
}
