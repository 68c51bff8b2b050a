// Contracts that should have an account and whose CPF has none alive at the partner.
import { z } from 'zod';
import { inList, rows, transaction } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import type { Conhecimento } from './conhecimento.ts';
import { advance, type Corrida } from './corrida.ts';
import { recordAchados } from './gravacao.ts';
import type { Achado } from './tipos.ts';

const PAGE = 1_000;

const SemContaRow = z.object({
  contratoId: z.number(),
  clienteId: z.number(),
  filialId: z.number(),
  integracaoId: z.number(),
  planoId: z.number(),
});

/** Contracts that should have an account and whose CPF has none alive there. Only after a complete list. */
export async function findSemConta(
  sync: Sync,
  corrida: Corrida,
  conhecimento: Conhecimento,
  isStopped: () => boolean,
): Promise<boolean> {
  const complete = [...conhecimento.listas].filter(([, estado]) => estado === 'completa').map(([id]) => id);
  for (;;) {
    if (isStopped()) return false;
    const list = inList('integracao', complete);
    const page = await rows(
      sync.db,
      `SELECT c.contrato_id AS contratoId, c.cliente_id AS clienteId, c.filial_id AS filialId,
         c.integracao_id AS integracaoId, c.plano_id AS planoId
       FROM comparacao_contratos c
       WHERE c.comparacao_id = :id AND c.contrato_id > :ate AND c.integracao_id IN (${list.sql})
         AND NOT EXISTS (SELECT 1 FROM adesoes a WHERE a.vigente = c.contrato_id AND a.criado_em >= :comecouEm)
         AND NOT EXISTS (SELECT 1 FROM comparacao_contas v WHERE v.comparacao_id = :id2
           AND v.integracao_id = c.integracao_id AND v.impressao = c.impressao AND v.situacao IN ('ativo', 'bloqueado'))
       ORDER BY c.contrato_id LIMIT ${PAGE}`,
      { id: corrida.id, id2: corrida.id, ate: corrida.ate, comecouEm: corrida.comecouEm, ...list.params },
      SemContaRow,
    );
    if (page.length === 0) return true;
    await transaction(sync.db, async (tx) => {
      await recordAchados(
        tx,
        corrida.id,
        page.map((each) => semConta(each, conhecimento)),
      );
      await advance(tx, corrida, { ate: page.at(-1)?.contratoId ?? 0 });
    });
  }
}

const semConta = (each: z.output<typeof SemContaRow>, { valorDoPlano }: Conhecimento): Achado => ({
  classe: 'ativo_sem_usuario',
  integracaoId: each.integracaoId,
  chave: `contrato:${each.contratoId}`,
  usuarioId: null,
  contratoId: each.contratoId,
  clienteId: each.clienteId,
  filialId: each.filialId,
  remotoId: null,
  ixc: 'ativo',
  nosso: null,
  parceiro: 'ausente',
  para: 'ativo',
  planoId: each.planoId,
  planoParceiro: null,
  campos: [],
  valorCentavos: valorDoPlano.get(each.planoId) ?? null,
  correcao: 'criar',
  desde: null,
});
