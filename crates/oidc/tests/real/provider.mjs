// A real OpenID Provider, panva's oidc-provider from npm, with its pages for development: any name and password will do.
// Runs in the folder in which it is installed; says its URL when it listens; ends with its standard input.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';

const { Provider } = await import(`${process.cwd()}/node_modules/oidc-provider/lib/index.js`);
const redirect_uris = ['https://grade.example.org/oauth_callback'];
const jwk = (kind, options, kid) => ({ ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), kid, use: 'sig' });

const server = createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      { client_id: 'confidential', client_secret: 'a secret:with&signs', redirect_uris },
      { client_id: 'public', token_endpoint_auth_method: 'none', id_token_signed_response_alg: 'ES256', redirect_uris },
      { client_id: 'symmetric', client_secret: 'a secret that is long enough for HS256', id_token_signed_response_alg: 'HS256', redirect_uris },
    ],
    enabledJWA: { idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'HS256'] },
    jwks: { keys: [jwk('rsa', { modulusLength: 2048 }, 'rsa'), jwk('ec', { namedCurve: 'P-256' }, 'ec')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['preferred_username', 'groups'] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: `${id}@example.org`,
        email_verified: id !== 'eve',
        preferred_username: id,
        groups: id === 'ada' ? ['data8-staff', 'ops'] : [],
      }),
    }),
    cookies: { keys: ['for tests only'] },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
process.stdin.resume().on('end', () => process.exit());
