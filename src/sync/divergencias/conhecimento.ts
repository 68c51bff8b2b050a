// What every page of a comparison is judged by: how far each list was read, what each plano costs and is called there.
import { z } from 'zod';
import { rows } from '../../db.ts';
import { openConnection } from '../conexoes.ts';
import type { Sync } from '../contexto.ts';
import type { Corrida } from './corrida.ts';

export interface Conhecimento {
  listas: ReadonlyMap<number, 'completa' | 'parcial' | 'sem_lista'>;
  /** The partner's code of a plano of ours. */
  codigoDoPlano: ReadonlyMap<number, string>;
  /** Cents a month. */
  valorDoPlano: ReadonlyMap<number, number>;
  /** By `integracao:codigo`: cents a month of the plan that the partner shows, when it is one of ours. */
  valorDoCodigo: ReadonlyMap<string, number>;
  pode: ReadonlyMap<number, { trocarPlano: boolean; atualizar: boolean }>;
}

// Of the accounts that we know there, so many may be missing before the list itself is doubted.
const FEW_MISSING = 10;
const MOST_MISSING = 0.2;

/** Reads it once for a phase. A list that shows far fewer accounts than we know counts as partial. */
export async function loadConhecimento(sync: Sync, corrida: Corrida): Promise<Conhecimento> {
  await doubtShortLists(sync, corrida);
  const [listas, planos] = await Promise.all([
    rows(
      sync.db,
      'SELECT integracao_id AS integracaoId, estado FROM comparacao_listas WHERE comparacao_id = :id',
      { id: corrida.id },
      z.object({ integracaoId: z.number(), estado: z.enum(['completa', 'parcial', 'sem_lista', 'lendo']) }),
    ),
    rows(
      sync.db,
      'SELECT id, integracao_id AS integracaoId, remoto_id AS codigo, valor_centavos AS valor FROM planos',
      {},
      z.object({
        id: z.number(),
        integracaoId: z.number(),
        codigo: z.string().nullable(),
        valor: z.number(),
      }),
    ),
  ]);
  const pode = new Map<number, { trocarPlano: boolean; atualizar: boolean }>();
  for (const { integracaoId } of listas) {
    const { capabilities } = (await openConnection(sync, integracaoId)).parceiro;
    pode.set(integracaoId, { trocarPlano: capabilities.changePlan, atualizar: capabilities.updateUser });
  }
  const named = planos.flatMap(({ codigo, ...plano }) => (codigo === null ? [] : [{ ...plano, codigo }]));
  return {
    listas: new Map(
      listas.map(({ integracaoId, estado }) => [integracaoId, estado === 'lendo' ? 'parcial' : estado]),
    ),
    codigoDoPlano: new Map(named.map(({ id, codigo }) => [id, codigo])),
    valorDoPlano: new Map(planos.map(({ id, valor }) => [id, valor])),
    valorDoCodigo: new Map(
      named.map(({ integracaoId, codigo, valor }) => [`${integracaoId}:${codigo}`, valor]),
    ),
    pode,
  };
}

async function doubtShortLists(sync: Sync, { id }: Corrida): Promise<void> {
  const complete = await rows(
    sync.db,
    `SELECT l.integracao_id AS integracaoId, l.contas,
       (SELECT COUNT(*) FROM usuarios u WHERE u.integracao_id = l.integracao_id AND u.observada IN ('ativo', 'bloqueado')) AS conhecidas
     FROM comparacao_listas l WHERE l.comparacao_id = :id AND l.estado = 'completa'`,
    { id },
    z.object({ integracaoId: z.number(), contas: z.number(), conhecidas: z.coerce.number() }),
  );
  for (const { integracaoId, contas, conhecidas } of complete) {
    if (conhecidas - contas <= Math.max(FEW_MISSING, MOST_MISSING * conhecidas)) continue;
    const motivo = `A lista trouxe ${contas} contas, muito menos que as ${conhecidas} que conhecemos.`;
    await sync.db.execute(
      `UPDATE comparacao_listas SET estado = 'parcial', motivo = :motivo
       WHERE comparacao_id = :id AND integracao_id = :integracaoId`,
      { id, integracaoId, motivo },
    );
  }
}
