// The dry run of a whole run: a lote `simulado` that the scanner fills with every change it would make now.
import { z } from 'zod';
import { type Db, optionalRow, type Pool, run, transaction } from '../../db.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import { regimeOf } from '../regrasSalvas.ts';
import type { Operador } from '../tipos.ts';
import { judgeBase } from '../varredura/base.ts';
import { readAll } from '../varredura/completa.ts';
import { findCriacoes, withCpf } from '../varredura/criacoes.ts';
import { keepLease, LeaseLost, type Posse, takeLease } from '../varredura/lease.ts';
import { loadCriterios } from '../varredura/leitura.ts';
import { findMudancas, listTouched } from '../varredura/mudancas.ts';
import { withoutNativos } from '../varredura/nativos.ts';
import { appendLinhas, insertLote } from './escrita.ts';

/** Asks for a prévia and returns the lote's id; it is filled within moments by whoever scans. `operador` null = an upgrade. */
export async function requestPrevia(db: Pool, operador: Operador | null): Promise<number> {
  return transaction(db, async (tx) => {
    const id = await insertLote(tx, {
      origem: 'previa',
      estado: 'simulado',
      titulo: operador === null ? 'Prévia depois de atualizar o programa' : 'Prévia pedida',
      motivo: null,
      limite: null,
      regime: null,
      criadoPor: operador?.id ?? null,
    });
    await run(tx, 'UPDATE lotes SET preparado = 0 WHERE id = :id', { id });
    await audit(tx, { operadorId: operador?.id ?? null, evento: 'previa_pedida', detalhe: { lote: id } });
    return id;
  });
}

/**
 * Fills the oldest prévia that waits for it, while `dono` is who scans or nobody does. Answers whether there was one.
 */
export async function preparePrevia(sync: Sync, dono: string): Promise<boolean> {
  const waiting = await optionalRow(
    sync.db,
    "SELECT id FROM lotes WHERE estado = 'simulado' AND preparado = 0 ORDER BY id LIMIT 1",
    {},
    z.object({ id: z.number() }),
  );
  if (waiting === undefined) return false;
  const estado = await takeLease(sync.db, dono);
  if (estado === undefined) return false;
  const { recusa } = await judgeBase(sync, estado, estado.agoraMs);
  if (recusa !== undefined) {
    await refusePrevia(sync, waiting.id, recusa);
    return true;
  }
  try {
    await fill(sync, waiting.id, estado.posse);
    return true;
  } catch (error) {
    if (error instanceof LeaseLost) return false;
    throw error;
  }
}

async function fill(sync: Sync, id: number, posse: Posse): Promise<void> {
  const criterios = await loadCriterios(sync);
  const lidos = await readAll(sync, criterios, () => keepLease(sync.db, posse));
  const { mudancas: todas } = await findMudancas(sync.db, await listTouched(sync.db));
  const mudancas = await withoutNativos(sync, criterios.vinculos, todas);
  const achadas = await findCriacoes(sync, criterios, lidos.elegiveis);
  const criacoes = await withCpf(sync, achadas);
  const linhas = [...mudancas, ...criacoes.map(({ mudanca }) => mudanca)];
  const regime = await regimeOf(sync, criterios.regras, criterios.vinculos);
  const motivo = describeLeftOut(achadas.length - criacoes.length);
  await transaction(sync.db, async (tx) => {
    if (!(await isUnfilled(tx, id))) return;
    await appendLinhas(tx, id, linhas);
    await run(tx, 'UPDATE lotes SET preparado = 1, regime = :regime, motivo = :motivo WHERE id = :id', {
      id,
      regime,
      motivo,
    });
    await keepLease(tx, posse);
  });
}

// Somebody may have filled it, and somebody else decided on it, since it was seen waiting.
const isUnfilled = async (tx: Db, id: number): Promise<boolean> =>
  (await optionalRow(
    tx,
    "SELECT id FROM lotes WHERE id = :id AND estado = 'simulado' AND preparado = 0 FOR UPDATE",
    { id },
    z.unknown(),
  )) !== undefined;

const describeLeftOut = (total: number): string | null =>
  total === 0
    ? null
    : `${total} ${total === 1 ? 'contrato ficou de fora: é' : 'contratos ficaram de fora: são'} de empresa ou de quem não tem CPF válido no IXC.`;

// What would not be believed by a run is not put before a person as a list either.
async function refusePrevia(sync: Sync, id: number, motivo: string): Promise<void> {
  await run(
    sync.db,
    `UPDATE lotes SET estado = 'dissolvido', preparado = 1, motivo = :motivo, terminado_em = UTC_TIMESTAMP(6)
     WHERE id = :id AND estado = 'simulado' AND preparado = 0`,
    { id, motivo },
  );
}
