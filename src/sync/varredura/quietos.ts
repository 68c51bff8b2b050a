// People whom the identity guard found as they were sent: while neither IXC's register nor our row changes, a later run
// need not read them again. Kept in memory only: a process that has just started reads everybody.
import { z } from 'zod';
import { type Db, rows } from '../../db.ts';
import { listResumos, resumoOf } from '../../ixc/clientes.ts';
import type { ContatoSalvo } from '../contatos.ts';
import type { Sync } from '../contexto.ts';

export interface Quietos {
  /** By usuário: a number for everything that was judged. */
  vistos: Map<number, number>;
  /** The order of contacts under which they were judged. */
  contato: string;
}

const known = new WeakMap<Sync['perfis'], Quietos>();

/** Who was quiet so far in this process, under this order of contacts. */
export function knownQuietos(sync: Sync, contato: ContatoSalvo): Map<number, number> {
  const own = known.get(sync.perfis);
  if (own?.contato === contato.versao) return own.vistos;
  const vistos = new Map<number, number>();
  known.set(sync.perfis, { vistos, contato: contato.versao });
  return vistos;
}

const NOSSO = [
  ...['u.impressao', 'u.observada', 'u.retida', 'u.duvida', 'u.dados_impressao', 'u.nome_impressao'],
  ...['u.nascimento_impressao', 'u.atualizar', 'u.cadastro_espera', 'u.desejado_plano_id'],
  ...['a.id', 'a.contrato_id', 'a.cliente_id', 'COALESCE(a.lido_cliente_id, a.cliente_id)'],
];

// Tens of thousands pass here: one cheap check per row instead of a schema per field.
const Lado = z.custom<{ id: number; clienteId: number; resumo: number }>(
  (row) => typeof row === 'object' && row !== null && 'resumo' in row && typeof row.resumo === 'number',
);

const PAGE = 2_000;

/**
 * A number for everything that the guard judges of each of these people (ids in ascending order), by usuário. `onPage` is
 * called again and again, and stops the reading by throwing.
 */
export async function listResumosDe(
  sync: Sync,
  usuarioIds: readonly number[],
  onPage: () => Promise<void>,
): Promise<Map<number, number>> {
  const sums = new Map<number, number>();
  const open = (start: number) => {
    const part = usuarioIds.slice(start, start + PAGE);
    return part.length === 0 ? undefined : listLados(sync.db, part[0] ?? 0, part.at(-1) ?? 0);
  };
  let next = open(0);
  for (let start = PAGE; next !== undefined; start += PAGE) {
    const lados = await next;
    // Ours is read while IXC is asked: neither server waits for the other.
    next = open(start);
    next?.catch(() => undefined);
    const clientes = await listResumos(
      sync.ixc,
      lados.map(({ clienteId }) => clienteId),
    );
    for (const { id, clienteId, resumo } of lados)
      sums.set(id, ((sums.get(id) ?? 0) + resumo + (clientes.get(clienteId) ?? 0)) % 2 ** 52);
    await onPage();
  }
  return sums;
}

// By range: the ids that are asked for are all but the cancelled ones of it.
const listLados = (db: Db, de: number, ate: number) =>
  rows(
    db,
    `SELECT u.id, a.cliente_id AS clienteId, ${resumoOf(NOSSO)} AS resumo
     FROM usuarios u JOIN adesoes a ON a.usuario_id = u.id AND a.vigente IS NOT NULL
     WHERE u.id BETWEEN :de AND :ate`,
    { de, ate },
    Lado,
  );
