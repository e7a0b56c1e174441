// A real OpenID Connect provider (npm: oidc-provider), and a browser of sorts that signs in through it.
//
// node oidc_provider.mjs PORT              starts the provider, prints "ready", and serves until it is killed
// node oidc_provider.mjs sign-in PINAKES   goes the whole way from PINAKES to the provider and back, prints the session as JSON
import { createRequire } from 'node:module';

const SCOPES = ['openid', 'profile', 'email', 'groups'];

async function serve(port) {
  const require = createRequire(`${process.cwd()}/package.json`);
  const { Provider, default: Default } = await import(require.resolve('oidc-provider'));
  const issuer = `http://127.0.0.1:${port}`;
  const provider = new (Provider ?? Default)(issuer, {
    clients: [{
      client_id: 'pinakes', client_secret: 'a-secret-of-some-length', grant_types: ['authorization_code'], response_types: ['code'],
      redirect_uris: [process.env.REDIRECT],
    }],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email'], groups: ['groups'] },
    scopes: SCOPES,
    conformIdTokenClaims: process.env.CLAIMS !== 'token', // otherwise groups come only when asked for (userinfo)
    pkce: { required: () => true },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, name: `${id} of the tests`, preferred_username: id, email: `${id}@example.com`, groups: ['hr', 'Staff'] }),
    }),
  });
  provider.listen(port, '127.0.0.1', () => console.log('ready'));
}

async function signIn(pinakes) {
  const jars = new Map();
  const go = async (url, form) => {
    const { origin } = new URL(url);
    const jar = jars.get(origin) ?? jars.set(origin, new Map()).get(origin);
    const response = await fetch(url, {
      redirect: 'manual', method: form ? 'POST' : 'GET', body: form && new URLSearchParams(form),
      headers: { cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; ') },
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      if (value) jar.set(name, value); else jar.delete(name);
    }
    return response;
  };
  let url = `${pinakes}/sign-in/provider?to=/`;
  for (let step = 0; step < 20; step += 1) {
    let response = await go(url);
    if (response.status === 200 && url.includes('/interaction/')) {
      const page = await response.text();
      const action = new URL(/action="([^"]+)"/.exec(page)[1], url).href;
      const prompt = /name="prompt" value="([^"]+)"/.exec(page)[1];
      response = await go(action, prompt === 'login' ? { prompt, login: 'ada', password: 'x' } : { prompt });
    }
    const next = response.headers.get('location');
    if (!next) throw new Error(`${url}: ${response.status} ${await response.text()}`);
    url = new URL(next, url).href;
    if (url === `${pinakes}/`) break;
    if (url.startsWith(`${pinakes}/sign-in#`)) throw new Error(url);
  }
  console.log(await (await go(`${pinakes}/api/v1/session`)).text());
}

const [what, pinakes] = process.argv.slice(2);
await (what === 'sign-in' ? signIn(pinakes) : serve(Number(what)));
