// T-51: tokens forged and mutated by the thousand; not one may open a session, and all refusals look alike.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { row } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { draw, pick } from '../../src/demo/ixc/sorteio.ts';
import { BASE, type Mundo, startMundo } from './mundo.ts';

const TOTAL = process.env['LONGO'] === '1' ? 100_000 : 2_000;
const AT_ONCE = 25;
const FRESH_MS = 20_000;

let mundo: Mundo;
let bom = '';
let made = 0;

beforeAll(async () => {
  mundo = await startMundo();
  await renew();
});
afterAll(() => mundo.stop());

// A good token lives a minute, the long tier longer: what is forged must be wrong for what was changed, not for its age.
async function renew(): Promise<void> {
  if (Date.now() - made < FRESH_MS) return;
  made = Date.now();
  bom = await mundo.token(OPERADORES.administrador.id);
}

type Parts = [header: Buffer, claims: Buffer, signature: Buffer];
type Mutation = (parts: Parts, chance: (purpose: number) => number) => Parts | string;

const bytesOf = (token: string): Parts => {
  const [header = '', claims = '', signature = ''] = token.split('.');
  return [header, claims, signature].map((part) => Buffer.from(part, 'base64url')) as Parts;
};
const textOf = (parts: Parts) => parts.map((part) => part.toString('base64url')).join('.');

const changed = (json: Buffer, change: Record<string, unknown>): Buffer =>
  Buffer.from(JSON.stringify({ ...JSON.parse(json.toString()), ...change }));

const HEADERS: [Record<string, unknown>, ...Record<string, unknown>[]] = [
  { alg: 'none' },
  { alg: 'None' },
  { alg: 'HS384' },
  { alg: 'HS512' },
  { alg: 'RS256' },
  { alg: 'EdDSA' },
  { typ: 'JWT' },
  { typ: 'sessao+jwt' },
  { kid: '../../etc/passwd' },
  { jwk: { kty: 'oct', k: '' } },
  { crit: ['exp'] },
  { b64: false, crit: ['b64'] },
];
const CLAIMS: [Record<string, unknown>, ...Record<string, unknown>[]] = [
  { sub: '2' },
  { path: '/integracoes' },
  { exp: 4_102_444_800 },
  { aud: ['tele-clinica', 'x'] },
  { iss: 'https://outro.example.com' },
  { contrato: 1 },
  { jti: 'outro-jti-bem-comprido' },
];

// Bits and bytes are changed decoded: the last letter of base64url has bits that mean nothing.
const MUTATIONS: [Mutation, ...Mutation[]] = [
  (parts, chance) => {
    const part = parts[chance(1) % 3] ?? parts[0];
    const at = chance(2) % part.length;
    part[at] = (part[at] ?? 0) ^ (1 << (chance(3) % 8));
    return parts;
  },
  ([header, claims, signature], chance) => [
    header,
    claims,
    signature.subarray(0, chance(1) % signature.length),
  ],
  ([header, claims], chance) => [header, claims, randomBytes(pick([0, 1, 16, 32, 64], chance(1)))],
  ([header, claims, signature], chance) => [changed(header, pick(HEADERS, chance(1))), claims, signature],
  ([header, claims, signature], chance) => [header, changed(claims, pick(CLAIMS, chance(1))), signature],
  ([header, claims, signature], chance) =>
    [...textOf([header, claims, signature])]
      .toSpliced(chance(1) % 100, 1, pick(['.', ' ', '=', '\0', '%', 'é', '{'], chance(2)))
      .join(''),
  (_parts, chance) =>
    randomBytes(1 + (chance(1) % 300)).toString(pick(['base64url', 'hex', 'latin1'], chance(2))),
  ([header, claims, signature]) => textOf([claims, header, signature]),
];

function forge(n: number): string {
  const chance = (purpose: number) => draw(51, n, purpose);
  const forged = pick(MUTATIONS, chance(0))(bytesOf(bom), chance);
  const token = typeof forged === 'string' ? forged : textOf(forged);
  // A letter replaced by itself.
  return token === bom ? `${token}.` : token;
}

// Each from an address of its own, or the limiter would answer instead of the check.
async function post(
  token: string,
  n: number,
): Promise<{ status: number; cookie: string | null; text: string }> {
  const send = () =>
    fetch(`${mundo.origem}${BASE}/launch`, {
      method: 'POST',
      redirect: 'manual',
      headers: {
        'X-Forwarded-Proto': 'https',
        'X-Forwarded-For': `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
      },
      body: new URLSearchParams({ token }),
    });
  // The server may close a kept connection in the moment in which it is used again.
  const answer = await send().catch(send);
  return { status: answer.status, cookie: answer.headers.get('set-cookie'), text: await answer.text() };
}

test(`T-51: ${TOTAL.toLocaleString('pt-BR')} forged and mutated tokens: 403 alike, no session, no token used up`, async () => {
  const shapes = new Set<string>();
  const wrong: string[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let n = next++; n < TOTAL; n = next++) {
      await renew();
      const token = forge(n);
      const { status, cookie, text } = await post(token, n);
      if (status !== 403 || cookie !== null) wrong.push(`${n}: ${status} ${token}`);
      shapes.add(text);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));

  const sql = 'SELECT (SELECT COUNT(*) FROM sessoes) + (SELECT COUNT(*) FROM tokens_usados) AS total';
  expect(wrong).toEqual([]);
  expect(shapes.size).toBe(1);
  expect((await row(mundo.sync.db, sql, {}, z.object({ total: z.number() }))).total).toBe(0);
  made = 0;
  await renew();
  expect((await post(bom, TOTAL)).status).toBe(303);
}, 1_800_000);
