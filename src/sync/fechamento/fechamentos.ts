// The closing of a month: counted from what was confirmed, frozen once closed, with the reason of any later difference.
import { z } from 'zod';
import { type Db, isDuplicate, optionalRow, type Params, rows, run, transaction } from '../../db.ts';
import type { Filiais } from '../../ixc/tipos.ts';
import { conflict, Problem } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import { listTrechos } from '../situacoes.ts';
import type { Operador } from '../tipos.ts';
import { CONTAGENS, cobrancaDe, contar, type Linha, type Parte } from './contagem.ts';
import type { Mes } from './mes.ts';
import { insertPessoas, loadPessoas } from './pessoas.ts';
import { loadRegra, Regra } from './regra.ts';

export interface LinhaFechada extends Linha {
  valorCentavos: number;
}

export interface Fechamento {
  regra: Regra;
  /** Those frozen, or those of now while the month is open. */
  linhas: LinhaFechada[];
  /** null = open. UTC. */
  fechadoEm: string | null;
  fechadoPor: number | null;
  /** What would be counted now, for a closed month that it disagrees with; and why. */
  depois: { linhas: LinhaFechada[]; motivos: string[] } | null;
  /** What each person should cost: frozen with the month, or counted now while it is open. */
  esperadas: Map<number, Parte[]>;
  /** Closed before each person was frozen: `esperadas` is counted now. */
  recontado: boolean;
}

const FechadoRow = z.object({
  regra: z.unknown(),
  fechadoEm: z.string(),
  fechadoPor: z.number(),
  pessoas: z.number().nullable(),
});
const LinhaRow = z.object({
  planoId: z.number(),
  filialId: z.number(),
  valorCentavos: z.number(),
  ativasNoFim: z.number(),
  ativasNoMes: z.number(),
  criadas: z.number(),
  bloqueadas: z.number(),
  canceladas: z.number(),
  diasAtivos: z.number(),
  esperadoCentavos: z.coerce.number(),
});

/** The closing of `mes` as it stands; an open month that is not over is counted up to `agora` (milliseconds). */
export async function loadFechamento(db: Db, mes: Mes, agora: number): Promise<Fechamento> {
  const fechado = await optionalRow(
    db,
    'SELECT regra, fechado_em AS fechadoEm, fechado_por AS fechadoPor, pessoas FROM fechamentos WHERE mes = :mes',
    { mes: mes.mes },
    FechadoRow,
  );
  const hoje = await valoresDeHoje(db);
  if (fechado === undefined) {
    const { regra } = await loadRegra(db);
    const counted = await countMes(db, mes, regra, hoje, agora);
    return { ...counted, regra, fechadoEm: null, fechadoPor: null, depois: null, recontado: false };
  }
  const { fechadoEm, fechadoPor } = fechado;
  const regra = Regra.parse(typeof fechado.regra === 'string' ? JSON.parse(fechado.regra) : fechado.regra);
  const linhas = await listFechadas(db, mes.mes);
  const valores = new Map([...hoje, ...linhas.map((linha) => [linha.planoId, linha.valorCentavos] as const)]);
  const counted = await countMes(db, mes, regra, valores, agora);
  const motivos: string[] = [];
  if (fingerprintOf(counted.linhas) !== fingerprintOf(linhas))
    motivos.push('A Tele Clínica confirmou depois do fechamento situações deste mês.');
  const changed = linhas.filter(({ planoId, valorCentavos }) => hoje.get(planoId) !== valorCentavos);
  if (changed.length > 0)
    motivos.push('O valor de um plano mudou depois do fechamento; o do mês continua o de antes.');
  const depois = motivos.length === 0 ? null : { linhas: counted.linhas, motivos };
  const recontado = fechado.pessoas === null;
  const esperadas = recontado ? counted.esperadas : await loadPessoas(db, mes.mes);
  return { regra, linhas, fechadoEm, fechadoPor, depois, esperadas, recontado };
}

/** Freezes a month that is over. @throws Problem 403 for one who does not see every branch; 409 when closed or not over. */
export async function closeMes(sync: Sync, operador: Operador, mes: Mes, agora: number): Promise<void> {
  requireTodas(operador);
  if (mes.ate > agora)
    throw conflict('O mês ainda não terminou.', 'Feche-o a partir do primeiro dia do mês seguinte.');
  const { regra, linhas, fechadoEm, esperadas } = await loadFechamento(sync.db, mes, agora);
  if (fechadoEm !== null) throw alreadyClosed();
  await transaction(sync.db, async (tx) => {
    await run(
      tx,
      `INSERT INTO fechamentos (mes, regra, fechado_em, fechado_por, pessoas)
       VALUES (:mes, :regra, UTC_TIMESTAMP(6), :por, :pessoas)`,
      { mes: mes.mes, regra: JSON.stringify(regra), por: operador.id, pessoas: esperadas.size },
    ).catch((error: unknown) => {
      throw isDuplicate(error) ? alreadyClosed() : error;
    });
    for (const linha of linhas) await insertLinha(tx, mes.mes, linha);
    await insertPessoas(tx, mes.mes, esperadas);
    const { esperadoCentavos } = somaDe(linhas);
    const detalhe = { mes: mes.mes, esperadoCentavos, pessoas: esperadas.size };
    await audit(tx, { operadorId: operador.id, evento: 'fechamento', detalhe });
  });
}

/** A closing is of the provider as a whole. @throws Problem 403. */
export function requireTodas(operador: Operador): void {
  if (operador.filiais === 'todas') return;
  throw new Problem(
    403,
    'O fechamento é do provedor inteiro, e você vê só algumas filiais.',
    'Peça a quem vê todas as filiais.',
  );
}

/** The months that are closed, newest first, with when. */
export const listFechados = (db: Db): Promise<{ mes: string; fechadoEm: string }[]> =>
  rows(
    db,
    'SELECT mes, fechado_em AS fechadoEm FROM fechamentos ORDER BY mes DESC',
    {},
    z.object({ mes: z.string(), fechadoEm: z.string() }),
  );

/** The first month of which anything is known, as a moment of it in milliseconds; null when nothing is. */
export async function findPrimeiro(db: Db): Promise<number | null> {
  const sql = 'SELECT UNIX_TIMESTAMP(MIN(desde)) * 1000 AS desde FROM situacoes';
  const found = await optionalRow(db, sql, {}, z.object({ desde: z.coerce.number().nullable() }));
  return found?.desde || null;
}

/** The lines that an operator may see. */
export const visiveis = <T extends { filialId: number }>(linhas: readonly T[], filiais: Filiais): T[] =>
  linhas.filter(({ filialId }) => filiais === 'todas' || filiais.includes(filialId));

/** The lines added up. */
export function somaDe(linhas: readonly Linha[]): Record<(typeof CONTAGENS)[number], number> {
  const sum = (o: (typeof CONTAGENS)[number]) => linhas.reduce((total, linha) => total + linha[o], 0);
  return Object.fromEntries(CONTAGENS.map((o) => [o, sum(o)])) as Record<(typeof CONTAGENS)[number], number>;
}

async function countMes(db: Db, mes: Mes, regra: Regra, valores: ReadonlyMap<number, number>, agora: number) {
  // Nothing is known of what is still to come.
  const ate = Math.max(mes.de, Math.min(mes.ate, agora));
  const linhas = new Map<string, Linha>();
  const esperadas = new Map<number, Parte[]>();
  const valorDe = (planoId: number): number => valores.get(planoId) ?? 0;
  for await (const { usuarioId, trechos } of listTrechos(db, ate)) {
    const partes = cobrancaDe(trechos, { ...mes, ate }, regra, valorDe);
    if (partes.length > 0) esperadas.set(usuarioId, partes);
    contar(linhas, trechos, { ...mes, ate }, partes);
  }
  const sorted = [...linhas.values()].sort((a, b) => a.planoId - b.planoId || a.filialId - b.filialId);
  return {
    linhas: sorted.map((linha) => ({ ...linha, valorCentavos: valorDe(linha.planoId) })),
    esperadas,
  };
}

async function valoresDeHoje(db: Db): Promise<Map<number, number>> {
  const schema = z.object({ id: z.number(), valor: z.number() });
  const found = await rows(db, 'SELECT id, valor_centavos AS valor FROM planos', {}, schema);
  return new Map(found.map(({ id, valor }) => [id, valor]));
}

const listFechadas = (db: Db, mes: string): Promise<LinhaFechada[]> =>
  rows(
    db,
    `SELECT plano_id AS planoId, filial_id AS filialId, valor_centavos AS valorCentavos, ativas_no_fim AS ativasNoFim,
       ativas_no_mes AS ativasNoMes, criadas, bloqueadas, canceladas, dias_ativos AS diasAtivos,
       esperado_centavos AS esperadoCentavos
     FROM fechamento_linhas WHERE mes = :mes ORDER BY plano_id, filial_id`,
    { mes },
    LinhaRow,
  );

async function insertLinha(tx: Db, mes: string, linha: LinhaFechada): Promise<void> {
  const params: Params = { mes, ...linha };
  await run(
    tx,
    `INSERT INTO fechamento_linhas (mes, plano_id, filial_id, valor_centavos, ativas_no_fim, ativas_no_mes, criadas,
       bloqueadas, canceladas, dias_ativos, esperado_centavos)
     VALUES (:mes, :planoId, :filialId, :valorCentavos, :ativasNoFim, :ativasNoMes, :criadas, :bloqueadas, :canceladas,
       :diasAtivos, :esperadoCentavos)`,
    params,
  );
}

const fingerprintOf = (linhas: readonly LinhaFechada[]): string =>
  JSON.stringify(linhas.map((linha) => [linha.planoId, linha.filialId, ...CONTAGENS.map((o) => linha[o])]));

const alreadyClosed = (): Problem =>
  conflict('Este mês já está fechado.', 'Os números fechados não mudam. Recarregue a página para vê-los.');
