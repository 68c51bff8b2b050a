// Rights are IXC's: read again after five minutes, and kept a little longer when IXC does not answer.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openIxcPool } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { createDireitos } from '../../src/web/direitos.ts';
import { type IxcEscrita, openIxcEscrita } from '../setup/ixc.ts';
import { layCabo } from './cabo.ts';
import { type Mundo, startMundo } from './mundo.ts';

const MINUTE = 60_000;
const ADMIN = OPERADORES.administrador.id;

let mundo: Mundo;
let ixc: IxcEscrita;

beforeAll(async () => {
  mundo = await startMundo();
  ixc = await openIxcEscrita(mundo.bancos.ixcEscritaUrl);
});
afterAll(async () => {
  await ixc.end();
  await mundo.stop();
});

test('somebody made inactive in IXC loses access within five minutes', async () => {
  let now = 0;
  const direitos = createDireitos(mundo.sync, () => now);
  await direitos.find(ADMIN);
  await ixc.change('usuarios', ADMIN, { status: 'I' });

  now = 4 * MINUTE;
  const before = await direitos.find(ADMIN);
  now = 6 * MINUTE;
  const after = await direitos.find(ADMIN);
  await ixc.change('usuarios', ADMIN, { status: 'A' });

  expect(before?.nome).toBe(OPERADORES.administrador.nome);
  expect(after).toBeUndefined();
});

test('an inactive operator with a session is refused, and the session is closed', async () => {
  const sessao = await mundo.login(OPERADORES.outraFilial.id);
  await ixc.change('usuarios', OPERADORES.outraFilial.id, { status: 'I' });
  // A launch reads fresh rights, and what it reads is known to every session of that operator.
  const launched = await mundo.launch(await mundo.token(OPERADORES.outraFilial.id));

  const refused = await mundo.get('/', sessao);
  const closed = await mundo.get('/', sessao);

  expect([launched.status, refused.status, closed.status]).toEqual([403, 403, 401]);
});

test('without IXC the last known rights serve five minutes more, then nothing is shown', async () => {
  let now = 0;
  const cabo = await layCabo(mundo.bancos.ixcUrl);
  const pool = openIxcPool(cabo.url, 1);
  const direitos = createDireitos({ ...mundo.sync, ixc: pool }, () => now);
  await direitos.find(ADMIN);
  cabo.cut();

  now = 9 * MINUTE;
  const stale = await direitos.find(ADMIN);
  now = 11 * MINUTE;
  const late = direitos.find(ADMIN);

  expect(stale?.id).toBe(ADMIN);
  await expect(late).rejects.toMatchObject({ status: 503 });
  await pool.end();
});

test('branches are IXC’s: none for a filtered operator without any, all for an unfiltered one', async () => {
  const direitos = createDireitos(mundo.sync);

  const filiais = await Promise.all(
    [OPERADORES.semFilial.id, OPERADORES.supervisorDeFilial.id, ADMIN].map(
      async (id) => (await direitos.find(id))?.filiais,
    ),
  );

  expect(filiais).toEqual([[], [2, 3], 'todas']);
});

test('operators are named from IXC, and one that it does not know by number', async () => {
  const direitos = createDireitos(mundo.sync);

  const nomes = await direitos.namesOf([ADMIN, 987_654, ADMIN]);

  expect([...nomes]).toEqual([
    [ADMIN, OPERADORES.administrador.nome],
    [987_654, 'Operador 987654'],
  ]);
});
