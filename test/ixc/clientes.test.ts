// A client as IXC has it, however it was typed in.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIxcPool, openPool, type Pool, run } from '../../src/db.ts';
import { PESSOAS } from '../../src/demo/ixc/pessoas.ts';
import { SUJEIRA } from '../../src/demo/ixc/sujeira.ts';
import {
  findCliente,
  findClienteIdsPorNome,
  listClienteIdsPorDocumento,
  listClientesAlteradosDesde,
} from '../../src/ixc/clientes.ts';
import { formatCpf, isValidCnpj, isValidCpf } from '../../src/ixc/valores.ts';
import { type Bancos, createBancos } from '../setup/banco.ts';

let bancos: Bancos;
let ixc: Pool;

beforeAll(async () => {
  bancos = await createBancos();
  ixc = openIxcPool(bancos.ixcUrl, 2);
});

afterAll(async () => {
  await ixc?.end();
  await bancos?.drop();
});

const readAll = async (ids: readonly number[]) => Promise.all(ids.map((id) => findCliente(ixc, id)));

describe('findCliente', () => {
  it('reads a clean person', async () => {
    const { cliente, nome, cpf } = PESSOAS.ativa;
    const lido = await findCliente(ixc, cliente);
    expect(lido).toMatchObject({ id: cliente, nome, documento: cpf, tipoPessoa: 'F', ativo: true });
    expect(isValidCpf(lido?.documento ?? '')).toBe(true);
    expect(lido?.nascimento).toMatch(/^19\d\d-\d\d-\d\d$/);
    expect(lido?.emails).toHaveLength(1);
    expect(lido?.telefones[0]).toMatch(/^\d{11}$/);
  });

  it('reads a company', async () => {
    const lido = await findCliente(ixc, PESSOAS.empresa.cliente);
    expect(lido?.tipoPessoa).toBe('J');
    expect(isValidCnpj(lido?.documento ?? '')).toBe(true);
  });

  it('answers nothing for the client of an orphan', async () => {
    expect(await readAll(SUJEIRA.contratoOrfao.clientes)).toEqual([undefined, undefined, undefined]);
  });

  it('finds the dirty rows of each class, exactly as many as were planted', async () => {
    const dirty = Object.values(SUJEIRA).flatMap(({ clientes }) => clientes);
    const lidos = (await readAll(dirty)).flatMap((lido) => lido ?? []);
    const count = (test: (lido: (typeof lidos)[number]) => boolean) => lidos.filter(test).length;
    const planted = (...classes: (keyof typeof SUJEIRA)[]) =>
      classes.reduce((total, classe) => total + SUJEIRA[classe].quantidade, 0);
    expect(count(({ nascimento }) => nascimento === null)).toBe(planted('nascimentoZero', 'nascimentoNulo'));
    expect(count(({ nascimento }) => nascimento === '1900-01-01')).toBe(planted('nascimento1900'));
    // Of the malformed ones, one is a word without any digit.
    expect(count(({ documento }) => documento === '')).toBe(planted('cpfVazio', 'cpfNulo') + 1);
    expect(count(({ tipoPessoa }) => tipoPessoa === '')).toBe(planted('tipoPessoaVazio'));
    expect(count(({ tipoPessoa }) => tipoPessoa === 'J')).toBe(planted('empresa'));
    expect(count(({ emails }) => emails.length === 2)).toBe(planted('variosEmails'));
    expect(count(({ nome }) => nome === '')).toBe(planted('nomeVazio'));
    expect(count(({ nome }) => nome.length === 200)).toBe(planted('nomeLongo'));
    expect(count(({ nome }) => /\p{Extended_Pictographic}/u.test(nome))).toBe(planted('nomeEmoji'));
    expect(count(({ nome }) => /Ã/.test(nome))).toBe(0);
  });

  it('keeps quotes and markup as they are: the page escapes them', async () => {
    const nomes = (await readAll(SUJEIRA.nomeEspecial.clientes)).map((lido) => lido?.nome);
    expect(nomes).toEqual([
      'Ana "Nina" D\'Ávila',
      '<b>Rui</b> & Filhos',
      "Zé'); -- <script>alert(1)</script>",
    ]);
  });
});

describe('ids of clients', () => {
  it('by document: every row of the person, masked or not', async () => {
    const [umId = 0, outroId = 0] = SUJEIRA.cpfEmDuasFichas.clientes;
    const documento = (await findCliente(ixc, umId))?.documento ?? '';
    expect(await listClienteIdsPorDocumento(ixc, documento)).toEqual([umId, outroId]);
    expect(await listClienteIdsPorDocumento(ixc, '')).toEqual([]);
    expect(await listClienteIdsPorDocumento(ixc, formatCpf('11144477735'))).toEqual([]);
  });

  it('by name: at most as many as asked for', async () => {
    expect(await findClienteIdsPorNome(ixc, 'duarte helena', 10)).toEqual([PESSOAS.ativa.cliente]);
    expect(await findClienteIdsPorNome(ixc, 'a', 3)).toHaveLength(3);
    expect(await findClienteIdsPorNome(ixc, '🌻', 3)).toEqual([SUJEIRA.nomeEmoji.clientes[0]]);
  });

  it('by change: those given that changed since, to the second', async () => {
    const escrita = openPool(bancos.ixcEscritaUrl, 1);
    const { cliente } = PESSOAS.ativa;
    const outro = PESSOAS.empresa.cliente;
    await run(escrita, "UPDATE cliente SET ultima_atualizacao = '2030-05-05 10:00:00' WHERE id = :cliente", {
      cliente,
    });
    await escrita.end();
    const ids = [outro, cliente, cliente, 999_999_999];
    expect(await listClientesAlteradosDesde(ixc, ids, '2030-05-05 10:00:00')).toEqual([cliente]);
    expect(await listClientesAlteradosDesde(ixc, ids, '2030-05-05 10:00:01')).toEqual([]);
    expect(await listClientesAlteradosDesde(ixc, [outro], '2000-01-01 00:00:00')).toEqual([outro]);
    expect(await listClientesAlteradosDesde(ixc, [], '2000-01-01 00:00:00')).toEqual([]);
  });
});
