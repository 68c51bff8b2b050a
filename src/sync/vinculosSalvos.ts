// Tying what IXC sells to a plano, and untying it.
import { z } from 'zod';
import { type Db, optionalRow, run, transaction } from '../db.ts';
import { findFilial, findPlanoDeVenda, findProduto } from '../ixc/planos.ts';
import { conflict, invalid, notFound } from '../problem.ts';
import { audit } from './auditoria.ts';
import { parseId, saveOnce } from './campos.ts';
import type { Sync } from './contexto.ts';
import { findPlano, type Vinculo } from './planos.ts';
import type { Operador } from './tipos.ts';

/**
 * Ties a produto or plano de venda to a plano. Returns the vínculo's id.
 * @throws Problem 422 (tipo, ixc_id, filial_id), 404, 409 when it already has a vínculo in that branch scope.
 */
export async function saveVinculo(
  sync: Sync,
  operador: Operador,
  planoId: number,
  form: Record<string, string | undefined>,
): Promise<number> {
  const alvo = await parseAlvo(sync, form);
  if ((await findPlano(sync.db, planoId)) === undefined) throw notFound('Este plano');
  const { tipo, ixcId, filialId } = alvo;
  const save = async (tx: Db): Promise<number> => {
    await refuseTaken(tx, alvo);
    const { insertId } = await run(
      tx,
      `INSERT INTO vinculos (plano_id, tipo, ixc_id, filial_id, criado_em)
       VALUES (:planoId, :tipo, :ixcId, :filialId, UTC_TIMESTAMP(3))`,
      { planoId, tipo, ixcId, filialId },
    );
    await audit(tx, {
      operadorId: operador.id,
      evento: 'vinculo_criado',
      filialId,
      detalhe: { plano: planoId, tipo, ixc_id: ixcId },
    });
    return insertId;
  };
  return saveOnce(
    () => transaction(sync.db, save),
    () => refuseTaken(sync.db, alvo),
  );
}

/** What a vínculo points at, and where it holds. */
type Alvo = Pick<Vinculo, 'tipo' | 'ixcId' | 'filialId'>;

// Only what IXC has can be sold: a number that it does not know would wait there for whatever gets it one day.
async function parseAlvo(sync: Sync, form: Record<string, string | undefined>): Promise<Alvo> {
  const tipo = TIPOS.find((each) => each === form['tipo']);
  const ixcId = parseId(form['ixc_id']);
  const filialId = parseId(form['filial_id']);
  const errors: Record<string, string> = {};
  if (tipo === undefined) errors['tipo'] = 'Escolha produto ou plano de venda.';
  else if (!ixcId || (await FIND[tipo](sync.ixc, ixcId)) === undefined)
    errors['ixc_id'] = 'Escolha um item que existe no IXC.';
  if (filialId === undefined || (filialId !== 0 && (await findFilial(sync.ixc, filialId)) === undefined))
    errors['filial_id'] = 'Escolha uma filial da lista.';
  if (tipo === undefined || !ixcId || filialId === undefined || Object.keys(errors).length > 0)
    throw invalid(errors);
  return { tipo, ixcId, filialId };
}

const TIPOS = ['produto', 'plano_de_venda'] as const;
const FIND = { produto: findProduto, plano_de_venda: findPlanoDeVenda };

async function refuseTaken(db: Db, { tipo, ixcId, filialId }: Alvo): Promise<void> {
  const taken = await optionalRow(
    db,
    `SELECT p.nome FROM vinculos v JOIN planos p ON p.id = v.plano_id
     WHERE v.tipo = :tipo AND v.ixc_id = :ixcId AND v.filial_id = :filialId`,
    { tipo, ixcId, filialId },
    z.object({ nome: z.string() }),
  );
  if (taken === undefined) return;
  throw conflict(
    `Este item do IXC já tem vínculo com o plano “${taken.nome}” nesta filial.`,
    'Retire o outro vínculo primeiro, ou escolha outra filial.',
  );
}

/** Unties; contracts that were already granted keep their plano. @throws Problem 404. */
export async function deleteVinculo(
  sync: Sync,
  operador: Operador,
  planoId: number,
  vinculoId: number,
): Promise<void> {
  await transaction(sync.db, async (tx) => {
    const { affectedRows } = await run(
      tx,
      'DELETE FROM vinculos WHERE id = :vinculoId AND plano_id = :planoId',
      {
        vinculoId,
        planoId,
      },
    );
    if (affectedRows === 0) throw notFound('Este vínculo');
    await audit(tx, {
      operadorId: operador.id,
      evento: 'vinculo_retirado',
      detalhe: { plano: planoId, vinculo: vinculoId },
    });
  });
}
