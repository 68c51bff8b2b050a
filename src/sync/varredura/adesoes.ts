// Questions a run asks about contracts that grant an account, or could.
import { z } from 'zod';
import { type Db, inList, type Params, rows } from '../../db.ts';
import type { Avaliacao } from './avaliacao.ts';
import type { Mudanca } from './mudancas.ts';

const CHUNK = 1_000;
const MANY = 5_000;

/** Contracts of these clients that grant an account. */
export async function listContratosDeClientesComAdesao(db: Db, clienteIds: number[]): Promise<number[]> {
  const found: number[] = [];
  for (let start = 0; start < clienteIds.length; start += CHUNK) {
    const list = inList('cliente', clienteIds.slice(start, start + CHUNK));
    const page = await rows(
      db,
      `SELECT vigente AS id FROM adesoes WHERE vigente IS NOT NULL AND cliente_id IN (${list.sql})`,
      list.params,
      z.object({ id: z.number() }),
    );
    found.push(...page.map(({ id }) => id));
  }
  return found;
}

/** Contracts of which a date has come that changes what they mean. `hoje` is AAAA-MM-DD. */
export async function listDueContratos(db: Db, hoje: string): Promise<number[]> {
  const found = await rows(
    db,
    'SELECT vigente AS id FROM adesoes WHERE vigente IS NOT NULL AND reavaliar_em <= :hoje LIMIT 5000',
    { hoje },
    z.object({ id: z.number() }),
  );
  return found.map(({ id }) => id);
}

/**
 * The contracts among these that should grant an account and do not, as changes of acao `criar`, with whether they may
 * be made without asking: the integração creates by itself, or the person has an account that the contract only joins
 * (decisions 4). After a cancellation by rule it is only a suggestion (decisions 7). Contracts that IXC's own module
 * serves are left out (`nativos`).
 */
export async function findCriacoes(
  db: Db,
  elegiveis: Avaliacao[],
  nativos: ReadonlySet<number>,
): Promise<{ mudanca: Mudanca; automatica: boolean }[]> {
  const integracoes = await rows(
    db,
    "SELECT id, usuario_automatico AS automatico FROM integracoes WHERE ambiente <> 'homologacao'",
    {},
    z.object({ id: z.number(), automatico: z.number() }),
  );
  const automatic = new Map(integracoes.map(({ id, automatico }) => [id, automatico === 1]));
  const found: { mudanca: Mudanca; automatica: boolean }[] = [];
  // Asking by number costs more than reading whom we have once the numbers are as many.
  const step = elegiveis.length > MANY ? elegiveis.length : CHUNK;
  for (let start = 0; start < elegiveis.length; start += step) {
    const part = elegiveis.slice(start, start + step).filter(({ contratoId }) => !nativos.has(contratoId));
    const had = await listAdesoesDosContratos(db, part);
    const contas = await listContas(db, part);
    for (const each of part) {
      const byItself = each.plano && automatic.get(each.plano.integracaoId);
      if (each.plano === null || byItself === undefined || byItself === null) continue;
      const before = had.get(each.contratoId);
      if (before === 'concedida') continue;
      const conta = contas.get(`${each.clienteId}:${each.plano.integracaoId}`);
      const automatica = before === undefined && (conta === 'viva' || (byItself && conta === undefined));
      found.push({ automatica, mudanca: creation(each, each.plano.planoId, before === 'cancelada') });
    }
  }
  return found;
}

// What became of the contracts that ever granted an account: `cancelada` = a rule cancelled it, and it could come back.
async function listAdesoesDosContratos(
  db: Db,
  part: Avaliacao[],
): Promise<Map<number, 'concedida' | 'cancelada'>> {
  const among = amongOf(
    'a.contrato_id',
    part.map(({ contratoId }) => contratoId),
  );
  const known = await rows(
    db,
    `SELECT a.contrato_id AS id, MAX(a.vigente IS NOT NULL AND u.observada = 'cancelado' AND u.desejada = 'cancelado'
       AND u.cancelar_em IS NULL) AS cancelada
     FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id WHERE ${among.sql} GROUP BY a.contrato_id`,
    among.params,
    z.object({ id: z.number(), cancelada: z.coerce.number() }),
  );
  return new Map(known.map(({ id, cancelada }) => [id, cancelada === 1 ? 'cancelada' : 'concedida']));
}

// By `cliente:integracao`: whether the client has an account that goes on, or only one that was ended.
async function listContas(db: Db, part: Avaliacao[]): Promise<Map<string, 'viva' | 'encerrada'>> {
  const among = amongOf('a.cliente_id', [...new Set(part.map(({ clienteId }) => clienteId))]);
  const found = await rows(
    db,
    `SELECT a.cliente_id AS clienteId, u.integracao_id AS integracaoId, MAX(u.observada <> 'cancelado'
       AND u.cancelar_em IS NULL AND u.desejada IN ('ativo', 'bloqueado') AND COALESCE(u.retida, '') <> 'quem_e_a_pessoa') AS viva
     FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
     WHERE a.vigente IS NOT NULL AND ${among.sql} GROUP BY a.cliente_id, u.integracao_id`,
    among.params,
    z.object({ clienteId: z.number(), integracaoId: z.number(), viva: z.coerce.number() }),
  );
  return new Map(
    found.map(({ clienteId, integracaoId, viva }) => [
      `${clienteId}:${integracaoId}`,
      viva === 1 ? 'viva' : 'encerrada',
    ]),
  );
}

function amongOf(column: string, ids: number[]): { sql: string; params: Params } {
  if (ids.length > CHUNK) return { sql: 'TRUE', params: {} };
  const list = inList('id', ids);
  return { sql: `${column} IN (${list.sql})`, params: list.params };
}

const creation = (avaliacao: Avaliacao, planoId: number, voltou: boolean): Mudanca => ({
  usuarioId: null,
  contratoId: avaliacao.contratoId,
  clienteId: avaliacao.clienteId,
  filialId: avaliacao.filialId,
  acao: 'criar',
  de: voltou ? 'cancelado' : 'ausente',
  para: 'ativo',
  planoId,
  motivo: voltou
    ? `O contrato ${avaliacao.contratoId} voltou a dar direito depois que a conta foi cancelada.`
    : `O contrato ${avaliacao.contratoId} está ativo, tem produto com vínculo e ainda não tem usuário.`,
});
