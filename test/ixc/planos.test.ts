// Products, planos de venda and branches, by name and by number.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openIxcPool, type Pool } from '../../src/db.ts';
import { FILIAIS, PLANOS_DE_VENDA, PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import {
  findPlanoDeVenda,
  findProduto,
  listFiliais,
  listNomesDePlanosDeVenda,
  listNomesDeProdutos,
  searchPlanosDeVenda,
  searchProdutos,
} from '../../src/ixc/planos.ts';
import { type Bancos, createBancos } from '../setup/banco.ts';

let bancos: Bancos;
let ixc: Pool;

beforeAll(async () => {
  bancos = await createBancos();
  ixc = openIxcPool(bancos.ixcUrl, 1);
});

afterAll(async () => {
  await ixc?.end();
  await bancos?.drop();
});

it('finds products by words of the name, in any order', async () => {
  const nomes = (await searchProdutos(ixc, 'clinica tele', 10)).map(({ nome }) => nome);
  expect(nomes).toEqual([PRODUTOS.familia.descricao, PRODUTOS.individual.descricao]);
});

it('finds a product by its number first, then by digits in its name', async () => {
  const [primeiro, ...outros] = await searchProdutos(ixc, '100', 10);
  expect(primeiro).toEqual({
    id: PRODUTOS.internet.id,
    nome: PRODUTOS.internet.descricao,
    tipo: 'S',
    ativo: true,
  });
  expect(outros.length).toBeGreaterThan(0);
  expect(outros.every(({ nome }) => nome.includes('100'))).toBe(true);
});

it('finds planos de venda, active ones first, never more than asked for', async () => {
  const achados = await searchPlanosDeVenda(ixc, 'fibra', 170);
  const ativos = achados.map(({ ativo }) => ativo);
  expect(ativos).toContain(false);
  expect(ativos).toEqual([...ativos].sort((a, b) => Number(b) - Number(a)));
  expect(await searchPlanosDeVenda(ixc, '', 7)).toHaveLength(7);
  expect(await searchPlanosDeVenda(ixc, '%', 7)).toEqual([]);
});

it('finds one, or none', async () => {
  expect((await findProduto(ixc, PRODUTOS.individual.id))?.nome).toBe(PRODUTOS.individual.descricao);
  expect((await findPlanoDeVenda(ixc, PLANOS_DE_VENDA.fibra.id))?.nome).toBe(PLANOS_DE_VENDA.fibra.nome);
  expect(await findProduto(ixc, 999_999)).toBeUndefined();
});

it('names lists of ids and leaves out those that IXC does not have', async () => {
  const { individual, familia } = PRODUTOS;
  const nomes = await listNomesDeProdutos(ixc, [individual.id, familia.id, individual.id, 999_999]);
  expect([...nomes]).toEqual([
    [individual.id, individual.descricao],
    [familia.id, familia.descricao],
  ]);
  const { svaFamilia } = PLANOS_DE_VENDA;
  expect([...(await listNomesDePlanosDeVenda(ixc, [svaFamilia.id]))]).toEqual([
    [svaFamilia.id, svaFamilia.nome],
  ]);
  expect(await listNomesDeProdutos(ixc, [])).toEqual(new Map());
});

it('lists every branch, closed ones too', async () => {
  const filiais = await listFiliais(ixc);
  expect(filiais).toHaveLength(FILIAIS.length);
  expect(filiais.find(({ id }) => id === 4)).toEqual({
    id: 4,
    nome: 'Filial Litoral (encerrada)',
    ativa: false,
  });
});
