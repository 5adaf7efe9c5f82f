// From the hub's menu of services to the list of submissions, to one of them, and signed out.
import { asked, me, run, signIn } from './browser.mjs';

await run(async (page, errors) => {
  await signIn(page);
  errors.length = 0;
  await page.getByText('Services', { exact: true }).click();
  const item = page.locator('a.dropdown-item', { hasText: asked.service.split('/')[2] });
  // JupyterHub forgets its port where services have hosts of their own.
  const link = new URL(await item.getAttribute('href'), page.url());
  link.port = new URL(asked.site).port;
  await (link.hostname === new URL(asked.site).hostname ? item.click() : page.goto(link.href));
  await page.waitForURL(`**${asked.service}`);
  const service = page.url();
  const seen = { from_menu: service, me: await me(page, service) };
  if (asked.submission) {
    await page.locator(`a[href*="${asked.submission}"]`).first().click();
    await page.waitForURL(`**/submissions/${asked.submission}`);
    seen.submission = await page.locator('main').innerText();
  }
  await page.goto(`${service}logout`);
  await page.locator('main form button').click();
  await page.waitForURL('**/signed-out');
  seen.signed_out = page.url();
  seen.errors = [...errors];
  seen.status_after = (await me(page, service)).status;
  return seen;
});
