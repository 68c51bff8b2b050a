// What the manifest promises about the buttons is what the server does: when each makes sense, and what it asks before it acts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { readManifest } from '../../src/manifest.ts';
import { addDados, type Dados, type Mundo, type Sessao, startMundo } from './mundo.ts';

const manifest = readManifest();

let mundo: Mundo;
let dados: Dados;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  dados = await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
});
afterAll(() => mundo.stop());

const FIELDS: Record<string, string[]> = {
  simples: [],
  motivo: ['motivo'],
  'numero-do-contrato': ['motivo', 'quando', 'confirmacao'],
};

const NAMES = /<(?:input|select|textarea)[^>]*\sname="(\w+)"/g;

const fieldsOf = (html: string): string[] | undefined => {
  const form = /<form class="confirmacao"[\s\S]*?<\/form>/.exec(html)?.[0];
  if (form === undefined) return undefined;
  return [...new Set([...form.matchAll(NAMES)].map(([, name = '']) => name))].sort();
};

const withWhen = manifest.contractButtons.filter(({ when }) => when !== undefined);

test.each(withWhen)(
  '$key makes sense exactly when the manifest says so, and asks for what it says',
  async (botao) => {
    const found: Record<string, string[] | undefined> = {};
    for (const situacao of ['ativo', 'bloqueado', 'cancelado'] as const) {
      const sql = 'UPDATE usuarios SET desejada = :situacao, observada = :situacao WHERE id = :id';
      await run(mundo.sync.db, sql, { situacao, id: dados.usuarioId });
      const page = await mundo.get(botao.path.replace('{id}', String(dados.contratoId)), admin);
      expect(page.text).toContain(`data-situacao="${situacao}"`);
      found[situacao] = fieldsOf(page.text);
    }
    const fields = FIELDS[botao.confirm ?? '']?.toSorted();
    const expected = ['ativo', 'bloqueado', 'cancelado'].map((situacao) => [
      situacao,
      botao.when?.some((each) => each === situacao) ? fields : undefined,
    ]);
    expect(found).toEqual(Object.fromEntries(expected));
  },
);

test('every address of its health answers a program without a session', async () => {
  const answers = await Promise.all(Object.values(manifest.health).map((path) => mundo.get(path)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
});
