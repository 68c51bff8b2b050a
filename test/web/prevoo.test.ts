// The pré-voo: whose register Tele Clínica would refuse, by cause, inside the operator's branches, with a list to hand on.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { rows, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { SUJEIRA } from '../../src/demo/ixc/sujeira.ts';
import { runPrevoo } from '../../src/sync/prevoo/execucao.ts';
import { openIxcEscrita } from '../setup/ixc.ts';
import { addDados, type Mundo, type Sessao, startMundo } from './mundo.ts';

let mundo: Mundo;
let admin: Sessao;

beforeAll(async () => {
  mundo = await startMundo();
  await addDados(mundo);
  admin = await mundo.login(OPERADORES.administrador.id);
  const escrita = await openIxcEscrita(mundo.bancos.ixcEscritaUrl);
  await escrita.change('cliente', PESSOAS.outraFilial.cliente, { cnpj_cpf: '' });
  await escrita.end();
});
afterAll(() => mundo.stop());

const begin = async (sessao = admin) => {
  expect((await mundo.write('post', '/prevoo', sessao)).status).toBe(303);
};
const finish = () => runPrevoo(mundo.sync, 'teste');
const sorted = (ids: number[]): number[] => [...ids].sort((a, b) => a - b);
const contratosOf = (html: string): number[] =>
  [...html.matchAll(/<tr data-contrato="(\d+)"/g)].map(([, id]) => Number(id));
const Linha = z.object({ contratoId: z.number(), causa: z.string() });
const listLinhas = () =>
  rows(mundo.sync.db, 'SELECT contrato_id AS contratoId, causa FROM prevoo_linhas ORDER BY 1, 2', {}, Linha);

/** Every contract of the page and of those that follow it. */
async function everyContrato(path: string, sessao = admin): Promise<number[]> {
  const { text } = await mundo.get(path, sessao);
  const next = /href="[^"]*(\/prevoo\?[^"]*depois=\d+)"[^>]*>Próxima/
    .exec(text)?.[1]
    ?.replaceAll('&amp;', '&');
  return [...contratosOf(text), ...(next === undefined ? [] : await everyContrato(next, sessao))];
}

test('before the first one the page says what it is, and that nothing is sent', async () => {
  const { status, text } = await mundo.get('/prevoo', admin);

  expect(status).toBe(200);
  expect(text).toContain('Começar o pré-voo');
  expect(text).toContain('data-prevoo="nenhum"');
});

test('one is asked for at a time, and followed until somebody carries it out', async () => {
  await begin();
  await begin();
  const { text } = await mundo.get('/prevoo', admin);
  const total = await rows(
    mundo.sync.db,
    'SELECT COUNT(*) AS n FROM prevoos',
    {},
    z.object({ n: z.number() }),
  );

  expect(total).toEqual([{ n: 1 }]);
  expect(text).toContain('Começa em instantes.');
  expect(text).toMatch(/hx-get="[^"]*\/prevoo\/andamento/);
});

// Three have digits that cannot be; “ISENTO” has none.
const [ISENTO = 0, ...MALFORMADOS] = SUJEIRA.cpfMalformado.contratos.toReversed();

describe('carried out', () => {
  beforeAll(async () => {
    await finish();
  });

  const known: [causa: string, contratos: number[]][] = [
    [
      'cpf_vazio',
      [...SUJEIRA.cpfVazio.contratos, ...SUJEIRA.cpfNulo.contratos, ISENTO, PESSOAS.outraFilial.contrato],
    ],
    ['cpf_invalido', MALFORMADOS],
    ['empresa', [PESSOAS.empresa.contrato, ...SUJEIRA.empresa.contratos]],
    ['menor', SUJEIRA.menor.contratos],
    ['nascimento_vazio', [...SUJEIRA.nascimentoZero.contratos, ...SUJEIRA.nascimentoNulo.contratos]],
    ['contato_vazio', SUJEIRA.semContato.contratos],
    ['nome_vazio', SUJEIRA.nomeVazio.contratos],
    ['nome_longo', SUJEIRA.nomeLongo.contratos],
    ['cliente_ausente', SUJEIRA.contratoOrfao.contratos],
    ['cpf_repetido', SUJEIRA.cpfEmDuasFichas.contratos],
  ];
  test.each(known)('%s: exactly those, and on its page', async (causa, contratos) => {
    const found = (await listLinhas()).filter((linha) => linha.causa === causa);

    expect(found.map(({ contratoId }) => contratoId)).toEqual(sorted(contratos));
    expect(await everyContrato(`/prevoo?causa=${causa}`)).toEqual(sorted(contratos));
  });

  test('a birth date that half the base has is a filler, and so is 1900', async () => {
    const found = (await listLinhas()).filter(({ causa }) => causa === 'nascimento_falso');
    const ids = found.map(({ contratoId }) => contratoId);

    expect(ids).toEqual(expect.arrayContaining(SUJEIRA.nascimento1900.contratos));
    expect(ids).toEqual(expect.arrayContaining(SUJEIRA.cpfMalformado.contratos));
    expect(ids).not.toContain(PESSOAS.produtoNoContrato.contrato);
  });

  test('whoever has an account, or no right to one, is not in it', async () => {
    const everybody = new Set((await listLinhas()).map(({ contratoId }) => contratoId));

    for (const { contrato } of [PESSOAS.ativa, PESSOAS.semProduto, PESSOAS.cancelada, PESSOAS.preContrato])
      expect(everybody.has(contrato)).toBe(false);
  });

  test('an operator of another branch is shown, counts and takes along only that branch', async () => {
    const north = await mundo.login(OPERADORES.outraFilial.id);
    const page = await mundo.get('/prevoo', north);
    const csv = await mundo.get('/prevoo.csv', north);

    expect(contratosOf(page.text)).toEqual([PESSOAS.outraFilial.contrato]);
    expect(page.text).toContain('1 contrato seria recusado.');
    expect(csv.text.trim().split('\r\n')).toHaveLength(2);
    expect(csv.text).toContain(`"${PESSOAS.outraFilial.contrato}";"${PESSOAS.outraFilial.cliente}";`);
  });

  test('the list to hand on has every line, masked documents, where to correct, and leaves a trace', async () => {
    const { text, headers } = await mundo.get('/prevoo.csv?causa=cpf_invalido', admin);
    const [header, ...lines] = text.trimEnd().split('\r\n');

    expect(headers['content-disposition']).toContain('.csv');
    expect(header?.startsWith('\uFEFF"Contrato";"Cliente";')).toBe(true);
    expect(lines).toHaveLength(MALFORMADOS.length);
    expect(text).toContain('Sistema › Cadastros › Clientes ›');
    expect(text).not.toMatch(/\d{3}\.\d{3}\.\d{3}-\d{2}/);
    const sql = "SELECT evento AS causa, operador_id AS contratoId FROM auditoria WHERE evento = 'exportou'";
    expect(await rows(mundo.sync.db, sql, {}, Linha)).toContainEqual({
      causa: 'exportou',
      contratoId: OPERADORES.administrador.id,
    });
  });

  test('the Painel tells how many, and an unknown cause is no filter', async () => {
    const total = new Set((await listLinhas()).map(({ contratoId }) => contratoId)).size;

    expect((await mundo.get('/', admin)).text).toMatch(new RegExp(`>${total}<|${total} contratos`));
    expect(await everyContrato('/prevoo?causa=nada')).toHaveLength(total);
  });
});

describe('abandoned by a process that died', () => {
  test('it waits for the lease, and then goes on after the last contract looked at', async () => {
    await begin();
    await runPrevoo(mundo.sync, 'morto', () => true);
    expect(await runPrevoo(mundo.sync, 'vivo')).toBe(false);
    const [middle = 0] = SUJEIRA.cpfMalformado.contratos;
    await run(
      mundo.sync.db,
      'UPDATE prevoos SET ate = :middle, lease_ate = UTC_TIMESTAMP() WHERE andamento = 1',
      {
        middle,
      },
    );

    expect(await runPrevoo(mundo.sync, 'vivo')).toBe(true);
    const contratos = (await listLinhas()).map(({ contratoId }) => contratoId);
    expect(Math.min(...contratos)).toBeGreaterThan(middle);
    expect(contratos).toContain(ISENTO);
    expect((await mundo.get('/prevoo', admin)).text).toContain('data-prevoo="feito"');
  });
});
