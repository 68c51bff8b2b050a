// Each oddity of a contract's row is told once, with what to do about it.
import { expect, it } from 'vitest';
import { type ContratoLido, listSujeiras } from '../../src/ixc/sujeiras.ts';

const LIMPO: ContratoLido = {
  id: 301,
  clienteId: 7,
  clienteLido: 7,
  filialId: 1,
  filialLida: 1,
  planoDeVendaId: 10,
  planoDeVendaLido: 10,
  tipo: 'I',
  status: 'A',
  statusInternet: 'A',
  suspenso: false,
  inicioSuspensao: null,
  fonteDosProdutos: 'P',
};

it('a clean contract has none', () => {
  expect(listSujeiras(LIMPO, [])).toEqual([]);
});

it.each<[string, Partial<ContratoLido>, string]>([
  ['cliente', { clienteLido: null }, 'O cliente 7 deste contrato não existe no IXC.'],
  ['plano de venda', { planoDeVendaLido: null }, 'O plano de venda 10 deste contrato não existe no IXC.'],
  ['filial', { filialId: null, filialLida: null }, 'O contrato está sem filial.'],
  ['filial', { filialLida: null }, 'A filial 1 deste contrato não existe no IXC.'],
  ['status', { status: '' }, 'O status do contrato está vazio no IXC.'],
  ['status', { status: 'C' }, 'O status do contrato tem um código desconhecido: “C”.'],
  ['status de acesso', { statusInternet: '' }, 'O status de acesso do contrato está vazio no IXC.'],
  ['status de acesso', { tipo: 'SVA', statusInternet: 'CE' }, 'tem um código desconhecido: “CE”'],
  ['suspensão', { suspenso: true }, 'O contrato está suspenso sem data de início.'],
  ['produtos', { fonteDosProdutos: '' }, 'O tipo de produtos do contrato está vazio no IXC.'],
])('%s: %j', (campo, estranho, motivo) => {
  const achadas = listSujeiras({ ...LIMPO, ...estranho }, []);
  expect(achadas).toEqual([
    { campo, motivo: expect.stringContaining(motivo), correcao: expect.stringContaining('301') },
  ]);
});

it('a contract of type SVA lacks nothing when it has no access', () => {
  expect(listSujeiras({ ...LIMPO, tipo: 'SVA', statusInternet: '' }, [])).toEqual([]);
});

it('a product that nobody can name is told with its number', () => {
  const produto = { origem: 'contrato', produtoId: 77, descricao: '', tipo: 'SVA' } as const;
  expect(listSujeiras(LIMPO, [produto])[0]?.motivo).toContain('77');
});
