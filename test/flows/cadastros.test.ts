// Integrações, planos and vínculos as people type them: wrong input is told by its field, and what comes twice makes one thing.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FILIAIS, PLANOS_DE_VENDA, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { findIntegracao, saveIntegracao } from '../../src/sync/integracoes.ts';
import { savePausa } from '../../src/sync/pausas.ts';
import { findPlano, savePlano } from '../../src/sync/planos.ts';
import { saveVinculo } from '../../src/sync/vinculosSalvos.ts';
import { valor } from '../setup/conferencia.ts';
import { createMundo, type Mundo } from '../setup/mundo.ts';

let mundo: Mundo;

beforeAll(async () => {
  mundo = await createMundo({ contratos: 100 });
});
afterAll(() => mundo.end());

type Form = Record<string, string>;
const integracao = (change: Form = {}, id?: number) =>
  saveIntegracao(mundo.sync, mundo.operador, id, {
    nome: 'Outra',
    ambiente: 'simulador',
    url_base: mundo.simulador.url,
    usuario: mundo.simulador.usuario,
    senha: mundo.simulador.senha,
    perfil: 'teleclinica-v1',
    ...change,
  });
const plano = (change: Form = {}, id?: number) =>
  savePlano(mundo.sync, mundo.operador, id, {
    nome: 'Novo',
    valor: '10,00',
    integracao_id: String(mundo.integracaoId),
    ...change,
  });
const vinculo = (change: Form = {}) =>
  saveVinculo(mundo.sync, mundo.operador, mundo.planoId, {
    tipo: 'produto',
    ixc_id: String(PRODUTOS.individual.id),
    ...change,
  });
const total = async (tabela: string) => Number(await valor(mundo, `SELECT COUNT(*) FROM ${tabela}`));
/** How two that ran together ended. */
const together = async (save: () => Promise<unknown>) =>
  (await Promise.allSettled([save(), save()])).map((each) =>
    each.status === 'fulfilled' ? 'saved' : { status: each.reason.status, fields: each.reason.fields },
  );

describe('a number that is none, or that no table could hold', () => {
  const WRONG = ['abc', '-1', '1.5', '1e3', '0x10', '4294967296', '99999999999999999999'];

  test.each([...WRONG, '99'])('%s is no branch of a vínculo', async (filial_id) => {
    await expect(vinculo({ filial_id })).rejects.toMatchObject({
      status: 422,
      fields: { filial_id: expect.any(String) },
    });
    expect(await total('vinculos')).toBe(0);
  });

  test.each([...WRONG, '', '0', '987654'])('“%s” is nothing that IXC sells', async (ixc_id) => {
    for (const tipo of ['produto', 'plano_de_venda']) {
      await expect(vinculo({ tipo, ixc_id })).rejects.toMatchObject({
        status: 422,
        fields: { ixc_id: expect.any(String) },
      });
    }
    expect(await total('vinculos')).toBe(0);
  });

  test.each([...WRONG, '99'])('%s is no branch of an integração', async (filial_id) => {
    await expect(integracao({ filial_id })).rejects.toMatchObject({
      status: 422,
      fields: { filial_id: expect.any(String) },
    });
  });

  test.each(WRONG)('%s is no branch to pause', async (filial_id) => {
    await expect(savePausa(mundo.sync, mundo.operador, { motivo: 'teste', filial_id })).rejects.toMatchObject(
      { status: 422, fields: { filial_id: expect.any(String) } },
    );
  });

  test.each(WRONG)('%s is no integração of a plano', async (integracao_id) => {
    await expect(plano({ integracao_id })).rejects.toMatchObject({
      status: 422,
      fields: { integracao_id: expect.any(String) },
    });
  });
});

test.each([
  ['too long', (url: string) => `${url}/${'a'.repeat(255)}`],
  ['with accents', (url: string) => `${url}/versão`],
])('a URL Base %s is told by its field', async (_what, make) => {
  await expect(integracao({ url_base: make(mundo.simulador.url) })).rejects.toMatchObject({
    status: 422,
    fields: { url_base: expect.stringContaining('255') },
  });
});

describe('the same sent twice', () => {
  test('makes one integração, after each other and at once', async () => {
    await integracao();
    await expect(integracao()).rejects.toMatchObject({
      status: 422,
      fields: { nome: expect.stringContaining('Já existe') },
    });
    const before = await total('integracoes');
    const ends = await together(() => integracao({ nome: 'Ao mesmo tempo' }));
    expect(ends).toContain('saved');
    expect(ends).toContainEqual({ status: 422, fields: { nome: expect.stringContaining('Já existe') } });
    expect(await total('integracoes')).toBe(before + 1);
  });

  test('makes one plano, and the same name in another integração is another plano', async () => {
    await plano({ nome: 'Único' });
    await expect(plano({ nome: 'único' })).rejects.toMatchObject({
      status: 422,
      fields: { nome: expect.stringContaining('já tem') },
    });
    const outra = await integracao({ nome: 'Com o mesmo plano' });
    await plano({ nome: 'Único', integracao_id: String(outra) });
    const before = await total('planos');
    const ends = await together(() => plano({ nome: 'Ao mesmo tempo' }));
    expect(ends).toContain('saved');
    expect(ends).toContainEqual({ status: 422, fields: { nome: expect.stringContaining('já tem') } });
    expect(await total('planos')).toBe(before + 1);
  });

  test('keeps its own name when it is saved again', async () => {
    const id = await plano({ nome: 'De sempre' });
    await plano({ nome: 'De sempre', valor: '11,00' }, id);
    expect(await findPlano(mundo.sync.db, id)).toMatchObject({ nome: 'De sempre', valorCentavos: 1100 });
  });

  test('makes one plano of a code, and says 409', async () => {
    let n = 0;
    const ends = await together(() => plano({ nome: `Código ${++n}`, codigo: 'repetido' }));
    expect(ends).toContain('saved');
    expect(ends).toContainEqual({ status: 409, fields: {} });
  });

  test('makes one vínculo, and says 409; another branch may have its own', async () => {
    const ends = await together(() => vinculo());
    expect(ends).toContain('saved');
    expect(ends).toContainEqual({ status: 409, fields: {} });
    await vinculo({ filial_id: String(FILIAIS[0]?.id) });
    await vinculo({ tipo: 'plano_de_venda', ixc_id: String(PLANOS_DE_VENDA.fibra.id) });
    expect(await total('vinculos')).toBe(3);
  });
});

describe('an integração with people in it', () => {
  test('stays at its server; another path there is fine', async () => {
    const [contrato = 0] = await mundo.gente(1);
    await mundo.criar(contrato);
    const nome = 'Tele Clínica de teste';
    const { hostname, port } = new URL(mundo.simulador.url);
    for (const host of [`${hostname}:${Number(port) + 1}`, `localhost:${port}`]) {
      const sync = { ...mundo.sync, config: { ...mundo.sync.config, teleclinicaHosts: [host] } };
      const form = { nome, ambiente: 'simulador', usuario: 'x', perfil: 'teleclinica-v1' };
      const moved = { ...form, url_base: mundo.simulador.url.replace(`${hostname}:${port}`, host) };
      await expect(saveIntegracao(sync, mundo.operador, mundo.integracaoId, moved)).rejects.toMatchObject({
        status: 409,
        title: expect.stringContaining('outro servidor'),
      });
    }
    await integracao({ nome, url_base: `${mundo.simulador.url}/v2` }, mundo.integracaoId);
    expect(await findIntegracao(mundo.sync.db, mundo.integracaoId)).toMatchObject({
      urlBase: `${mundo.simulador.url}/v2`,
    });
  });
});
