// A page at another port, and one of another site, write to the service with the cookie of whoever is signed in.
import { createServer } from 'node:http';
import { asked, me, run, signIn } from './browser.mjs';

const service = `${asked.site}${asked.service}`;

/** What the page of another origin tries: a form as browsers send it without asking, and requests of scripts. */
function attacks(url, body) {
  const send = (type) => fetch(url, {
    method: 'POST', mode: 'no-cors', credentials: 'include', headers: { 'content-type': type }, body,
  }).catch(() => {});
  return Promise.all([send('text/plain'), send('application/x-www-form-urlencoded')]).then(() => fetch(url, {
    method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body,
  })).then(() => 'answered', () => 'refused by the browser');
}

await run(async (page) => {
  await signIn(page);
  await page.goto(service);
  const own = await page.evaluate(async ([url, body]) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json' };
    return (await fetch(url, { method: 'POST', headers, body })).status;
  }, [service, asked.body]);

  const form = (path, field, value) => `<form method="post" action="${service}${path}" enctype="text/plain">
    <input name='${field}' value='${value}'></form><script>document.forms[0].submit()</script>`;
  const pages = { '/': '<p>scripts</p>', '/submit': form('', '{"nb": "', '"}'), '/logout': form('logout', 'token', 'x') };
  const other = createServer((request, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end(pages[request.url] ?? '');
  });
  await new Promise((done) => other.listen(0, '127.0.0.1', done));
  const { port } = other.address();
  let carried = false;
  const seen = { own, statuses: [] };
  page.on('response', async (response) => {
    if (response.request().method() !== 'POST' || !response.url().startsWith(service)) return;
    const { cookie = '' } = await response.request().allHeaders();
    carried ||= cookie.includes('otter-session=');
    seen.statuses.push(response.status());
  });
  for (const site of [`http://127.0.0.1:${port}`, `http://localhost:${port}`]) {
    await page.goto(site);
    await page.evaluate(`(${attacks})(${JSON.stringify(service)}, ${JSON.stringify(asked.body)})`);
    for (const path of ['/submit', '/logout']) {
      await page.goto(`${site}${path}`);
      await page.waitForURL(`${service}**`);
    }
  }
  other.close();
  await page.goto(service);
  return { ...seen, carried, user_after: (await me(page, service)).user };
});
