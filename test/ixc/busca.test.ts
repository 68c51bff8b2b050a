// What a person means by what they type into the search box.
import { describe, expect, it } from 'vitest';
import { parseBusca, spellings } from '../../src/ixc/busca.ts';

describe('parseBusca', () => {
  it.each(['111.444.777-35', '11144477735', ' 111 444 777 35 '])('reads %j as a CPF', (digitado) => {
    expect(parseBusca(digitado)).toEqual({ tipo: 'documento', documento: '11144477735' });
  });

  it.each(['11.222.333/0001-81', '11222333000181'])('reads %j as a CNPJ', (digitado) => {
    expect(parseBusca(digitado)).toEqual({ tipo: 'documento', documento: '11222333000181' });
  });

  it('reads a CNPJ with letters in any case', () => {
    expect(parseBusca('12.abc.345/01de-35')).toEqual({ tipo: 'documento', documento: '12ABC34501DE35' });
  });

  it.each([
    ['123', 123],
    [' 000123 ', 123],
    ['2147483647', 2147483647],
  ])('reads %j as the number of a contract or client', (digitado, numero) => {
    expect(parseBusca(digitado)).toEqual({ tipo: 'numero', numero });
  });

  it.each(['0', '2147483648', '11144477736'])('knows that %j can be the number of nothing', (digitado) => {
    expect(parseBusca(digitado)).toEqual({ tipo: 'nada' });
  });

  it.each([
    ['Maria  da   Silva', 'Maria da Silva'],
    ['100% fibra_ótica', '100% fibra_ótica'],
    ['12-34', '12-34'],
    ['um dois três quatro cinco seis sete', 'um dois três quatro cinco seis'],
    ['ana ana', 'ana'],
  ])('reads %j as the name %j', (digitado, nome) => {
    expect(parseBusca(digitado)).toEqual({ tipo: 'nome', nome });
  });

  it.each(['', '   ', '\u200b'])('reads %j as no search at all', (digitado) => {
    expect(parseBusca(digitado)).toEqual({ tipo: 'tudo' });
  });
});

it('writes a document in both ways that IXC may hold', () => {
  expect(spellings('11144477735')).toEqual(['111.444.777-35', '11144477735']);
  expect(spellings('11222333000181')).toEqual(['11.222.333/0001-81', '11222333000181']);
  expect(spellings('123')).toEqual(['123', '123']);
});
