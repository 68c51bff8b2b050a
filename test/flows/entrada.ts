// The real application on the world of a flow test, and an operator who came in through /launch.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SignJWT } from 'jose';
import request, { type Response } from 'supertest';
import { createApp } from '../../src/web/app.ts';
import type { Mundo } from '../setup/mundo.ts';

export interface Navegador {
  get(path: string): Promise<Response>;
  post(path: string, form: Record<string, string>): Promise<Response>;
  leave(): Promise<void>;
}

/** Starts the application and lets this operator in. */
export async function enter({ sync, env }: Mundo, operadorId: number): Promise<Navegador> {
  const server = createApp({ sync, versao: '9.9.9' }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origem = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const base = `${origem}${sync.config.basePath}`;
  const token = await launchToken(env, operadorId);
  const launched = await request(base).post('/launch').type('form').send({ token });
  const cookie = /^[^;]+/.exec(String(launched.headers['set-cookie']))?.[0] ?? '';
  const get = (path: string) => request(base).get(path).set({ Cookie: cookie, Accept: 'text/html' });
  const csrf = /name="csrf-token" content="([^"]+)"/.exec((await get('/')).text)?.[1] ?? '';
  return {
    get,
    post: (path, form) =>
      request(base)
        .post(path)
        .set({ Cookie: cookie, 'X-CSRF-Token': csrf, Origin: origem, Accept: 'text/html' })
        .type('form')
        .send(form),
    async leave() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function launchToken(env: Mundo['env'], operadorId: number): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: env['IXC_ORIGIN'] ?? '',
    aud: 'tele-clinica',
    sub: String(operadorId),
    path: '/',
    iat: now,
    exp: now + 60,
    jti: randomBytes(16).toString('base64url'),
  };
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'launch+jwt' })
    .sign(Buffer.from(env['LAUNCH_SECRET'] ?? '', 'base64'));
}
