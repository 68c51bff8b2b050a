// The invoices of a month beside what it should cost: each integração's with the people of its own planos.
import { z } from 'zod';
import { type Db, rows } from '../../db.ts';
import { conferir, type Divergencia, semDever } from './conferencia.ts';
import type { Parte } from './contagem.ts';
import { type Fatura, listFaturas, listLinhasDaFatura } from './faturas.ts';
import type { Fechamento } from './fechamentos.ts';
import type { Mes } from './mes.ts';
import { loadPorques } from './porques.ts';

/** A disagreement, and the integração whose invoice it is of. */
export type Contestada = Divergencia & { integracaoId: number };

export interface Confronto {
  faturas: (Fatura & { linhas: number; centavos: number })[];
  divergencias: Contestada[];
}

/** Matches every invoice of `mes`. Of an integração without one nothing is said. */
export async function confrontar(
  db: Db,
  mes: Mes,
  { esperadas, regra }: Pick<Fechamento, 'esperadas' | 'regra'>,
): Promise<Confronto> {
  const faturas: Confronto['faturas'] = [];
  const divergencias: Contestada[] = [];
  for (const fatura of await listFaturas(db, mes.mes)) {
    const { integracaoId } = fatura;
    const linhas = await listLinhasDaFatura(db, mes.mes, integracaoId);
    const delas = await ofIntegracao(db, esperadas, integracaoId);
    const porques = await loadPorques(db, semDever(linhas, delas), mes, regra);
    for (const each of conferir(linhas, delas, porques)) divergencias.push({ ...each, integracaoId });
    const centavos = linhas.reduce((sum, linha) => sum + linha.centavos, 0);
    faturas.push({ ...fatura, linhas: linhas.length, centavos });
  }
  return { faturas, divergencias };
}

// A plano belongs to one integração; whoever has none costs nothing.
async function ofIntegracao(
  db: Db,
  esperadas: ReadonlyMap<number, readonly Parte[]>,
  integracaoId: number,
): Promise<ReadonlyMap<number, readonly Parte[]>> {
  const sql = 'SELECT id, integracao_id AS integracaoId FROM planos';
  const planos = await rows(db, sql, {}, z.object({ id: z.number(), integracaoId: z.number() }));
  const alheios = new Set(planos.filter((each) => each.integracaoId !== integracaoId).map(({ id }) => id));
  if (alheios.size === 0) return esperadas;
  return new Map([...esperadas].filter(([, partes]) => !partes.some(({ planoId }) => alheios.has(planoId))));
}
