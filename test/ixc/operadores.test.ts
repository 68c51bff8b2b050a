// Who an operator is and which branches they may see.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIxcPool, openPool, type Pool, run } from '../../src/db.ts';
import { OPERADORES } from '../../src/demo/ixc/catalogo.ts';
import { findOperador, listGrupos } from '../../src/ixc/operadores.ts';
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

describe('findOperador', () => {
  it('lets a group that is not filtered see every branch', async () => {
    expect(await findOperador(ixc, OPERADORES.administrador.id)).toEqual({
      id: OPERADORES.administrador.id,
      nome: OPERADORES.administrador.nome,
      ativo: true,
      grupoId: 1,
      grupoNome: 'Administradores',
      tipoAlcada: 'ADM',
      filiais: 'todas',
    });
  });

  it('gives a filtered group its own branches, and none to who has none', async () => {
    expect((await findOperador(ixc, OPERADORES.outraFilial.id))?.filiais).toEqual([2]);
    expect((await findOperador(ixc, OPERADORES.supervisorDeFilial.id))?.filiais).toEqual([2, 3]);
    expect((await findOperador(ixc, OPERADORES.semFilial.id))?.filiais).toEqual([]);
  });

  it('takes a branch away as soon as its row is not active', async () => {
    const { id } = OPERADORES.atendente;
    const escrita = openPool(bancos.ixcEscritaUrl, 1);
    await run(escrita, "UPDATE filial_usuario SET ativo = 'N' WHERE usuario_id = :id", { id });
    await escrita.end();
    expect((await findOperador(ixc, id))?.filiais).toEqual([]);
  });

  it('tells who is no longer active, and knows nobody who does not exist', async () => {
    expect((await findOperador(ixc, OPERADORES.inativo.id))?.ativo).toBe(false);
    expect(await findOperador(ixc, 999_999)).toBeUndefined();
  });

  it('shows no branch to an operator whose group is gone', async () => {
    const escrita = openPool(bancos.ixcEscritaUrl, 1);
    const { id } = OPERADORES.gerente;
    await run(escrita, 'SET SESSION foreign_key_checks = 0');
    await run(escrita, 'UPDATE usuarios SET id_grupo = 999 WHERE id = :id', { id });
    await escrita.end();
    expect(await findOperador(ixc, id)).toMatchObject({
      grupoId: null,
      grupoNome: '',
      tipoAlcada: '',
      filiais: [],
    });
  });
});

it('lists the groups by name with what they may', async () => {
  const grupos = await listGrupos(ixc);
  expect(grupos).toHaveLength(7);
  expect(grupos[0]).toEqual({ id: 1, nome: 'Administradores', tipoAlcada: 'ADM', filtrarFiliais: false });
  expect(grupos.find(({ nome }) => nome === 'Atendimento')).toMatchObject({
    tipoAlcada: 'OP',
    filtrarFiliais: true,
  });
});
