// Contracts that should grant an account and do not: what a run creates by itself, and what it only suggests.
import { z } from 'zod';
import { type Db, inList, type Params, rows } from '../../db.ts';
import { listClientesComCpf } from '../../ixc/clientes.ts';
import { listAlteracoes } from '../../ixc/fatos.ts';
import { listNativos } from '../../ixc/vinculados.ts';
import type { Sync } from '../contexto.ts';
import { loadReativar } from '../regrasSalvas.ts';
import type { Avaliacao, Criterios } from './avaliacao.ts';
import type { Mudanca } from './mudancas.ts';
import { nomeadosPor } from './nativos.ts';

export interface Criacao {
  mudanca: Mudanca;
  /** It may be made without asking: as far as mode and brake go. */
  automatica: boolean;
}

/**
 * The creations among these contracts. By themselves: where the integração creates so, where the person has an account
 * that the contract only joins (decisions 4), and after a cancellation by rule when the rules say so (decisions 7).
 * Contracts that IXC's own module serves are left out.
 */
export async function findCriacoes(
  sync: Sync,
  { encerrados, vinculos }: Criterios,
  elegiveis: Avaliacao[],
): Promise<Criacao[]> {
  if (elegiveis.length === 0) return [];
  const [automaticas, reativar, nativos] = await Promise.all([
    loadAutomaticas(sync.db),
    loadReativar(sync.db),
    listNativos(sync.ixc, nomeadosPor(vinculos)),
  ]);
  const left = new Set(nativos);
  const asked = elegiveis.filter(
    ({ contratoId, plano }) => plano && automaticas.has(plano.integracaoId) && !left.has(contratoId),
  );
  const [passados, contas] = await Promise.all([listPassados(sync, asked), listContas(sync.db, asked)]);
  return asked.flatMap((each) => {
    const { contratoId, plano } = each;
    if (plano === null) return [];
    if (encerrados.has(contratoId)) return [creation(each, plano.planoId, reativar, true)];
    if (passados.has(contratoId)) return [];
    const conta = contas.get(`${each.clienteId}:${plano.integracaoId}`);
    const byItself =
      conta === 'viva' || (conta === undefined && automaticas.get(plano.integracaoId) === true);
    return [creation(each, plano.planoId, byItself, false)];
  });
}

/** Those of these creations that can be made: a company, or a client without a valid CPF, cannot have an account. */
export async function withCpf(sync: Sync, criacoes: Criacao[]): Promise<Criacao[]> {
  const clientes = criacoes.map(({ mudanca }) => mudanca.clienteId);
  const comCpf = await listClientesComCpf(sync.ixc, clientes);
  return criacoes.filter(({ mudanca }) => comCpf.has(mudanca.clienteId));
}

// By integração, whether it creates by itself. Homologação is left out: nothing happens there without a person.
async function loadAutomaticas(db: Db): Promise<Map<number, boolean>> {
  const found = await rows(
    db,
    "SELECT id, usuario_automatico AS automatico FROM integracoes WHERE ambiente <> 'homologacao'",
    {},
    z.object({ id: z.number(), automatico: z.number() }),
  );
  return new Map(found.map(({ id, automatico }) => [id, automatico === 1]));
}

const CHUNK = 1_000;

// Contracts that granted an account once and no longer do: somebody decided so, until IXC changes the contract (decisions 18).
async function listPassados({ db, ixc }: Sync, asked: Avaliacao[]): Promise<Set<number>> {
  const among = amongOf(
    'contrato_id',
    asked.map(({ contratoId }) => contratoId),
  );
  const found = await rows(
    db,
    `SELECT contrato_id AS id, MAX(encerrada_em) AS em FROM adesoes WHERE vigente IS NULL AND ${among.sql}
     GROUP BY contrato_id`,
    among.params,
    z.object({ id: z.number(), em: z.string().nullable() }),
  );
  const alteracoes = await listAlteracoes(
    ixc,
    found.map(({ id }) => id),
  );
  const stands = ({ id, em }: { id: number; em: string | null }): boolean => {
    const alterado = alteracoes.get(id);
    return em === null || alterado === undefined || alterado <= em.slice(0, 19);
  };
  return new Set(found.filter(stands).map(({ id }) => id));
}

// By `cliente:integracao`: whether the client has an account that goes on, or only one that was ended.
async function listContas(db: Db, asked: Avaliacao[]): Promise<Map<string, 'viva' | 'encerrada'>> {
  const contas = new Map<string, 'viva' | 'encerrada'>();
  const clientes = await listConhecidos(db, [...new Set(asked.map(({ clienteId }) => clienteId))]);
  for (let start = 0; start < clientes.length; start += CHUNK) {
    const list = inList('cliente', clientes.slice(start, start + CHUNK));
    const found = await rows(
      db,
      `SELECT a.cliente_id AS clienteId, u.integracao_id AS integracaoId, MAX(u.observada <> 'cancelado'
         AND u.cancelar_em IS NULL AND u.desejada IN ('ativo', 'bloqueado') AND u.duvida IS NULL) AS viva
       FROM adesoes a JOIN usuarios u ON u.id = a.usuario_id
       WHERE a.vigente IS NOT NULL AND a.cliente_id IN (${list.sql}) GROUP BY a.cliente_id, u.integracao_id`,
      list.params,
      z.object({ clienteId: z.number(), integracaoId: z.number(), viva: z.coerce.number() }),
    );
    for (const { clienteId, integracaoId, viva } of found)
      contas.set(`${clienteId}:${integracaoId}`, viva === 1 ? 'viva' : 'encerrada');
  }
  return contas;
}

// Asking by number costs more than reading whom we have once the numbers are very many.
async function listConhecidos(db: Db, clientes: number[]): Promise<number[]> {
  if (clientes.length <= 5 * CHUNK) return clientes;
  const known = await rows(
    db,
    'SELECT DISTINCT cliente_id AS id FROM adesoes',
    {},
    z.object({ id: z.number() }),
  );
  const ours = new Set(known.map(({ id }) => id));
  return clientes.filter((id) => ours.has(id));
}

function amongOf(column: string, ids: number[]): { sql: string; params: Params } {
  if (ids.length > 5 * CHUNK) return { sql: 'TRUE', params: {} };
  const list = inList('id', ids);
  return { sql: `${column} IN (${list.sql})`, params: list.params };
}

const creation = (avaliacao: Avaliacao, planoId: number, automatica: boolean, voltou: boolean): Criacao => ({
  automatica,
  mudanca: {
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
  },
});
