// Correcting divergências: one at once, as far as the brake goes; several as a lote that somebody approves.
import { z } from 'zod';
import { type Db, row, rows, run, transaction } from '../../db.ts';
import { conflict, Problem } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import { appendLinhas, insertLote } from '../lotes/escrita.ts';
import type { Acao, Desejada, Operador } from '../tipos.ts';
import { judge } from '../varredura/freio.ts';
import type { Mudanca } from '../varredura/mudancas.ts';
import { loadHistorico } from '../varredura/passado.ts';
import { refreshUsuarios } from '../varredura/releitura.ts';
import { ACAO_DA_CORRECAO, applyCorrecao, onlyThePartner } from './aplicacao.ts';
import { grantCorrecao } from './concessao.ts';
import type { Divergencia } from './divergencias.ts';
import { ADOTAR_EM_MOTIVO, CLASSE_EM_MOTIVO } from './motivos.ts';

export type Corrigida = { kind: 'pedida'; usuarioId: number } | { kind: 'lote'; loteId: number };

/**
 * Corrects one line now. A block or a cancellation that the brake finds abnormal waits in a lote instead.
 * @throws Problem 409 when it is over, on its way, only the partner's, or IXC says something else now; 422 of a creation.
 */
export async function correctOne(
  sync: Sync,
  operador: Operador,
  divergencia: Divergencia,
): Promise<Corrigida> {
  const { id, usuarioId, correcao } = divergencia;
  if (divergencia.estado !== 'aberta') throw onItsWay(divergencia);
  if (correcao === null) throw onlyThePartner();
  const quem = { operadorId: operador.id, doLote: false };
  if (usuarioId === null) {
    const granted = await grantCorrecao(sync, id, { ...quem, filiais: operador.filiais });
    return { kind: 'pedida', usuarioId: granted };
  }
  const incertos = await refreshUsuarios(sync, [usuarioId]);
  if (correcao === 'bloquear' || correcao === 'cancelar') {
    // A contract that is gone is what the class is about: there a person decides (decisions 10).
    if (incertos.has(usuarioId) && divergencia.classe !== 'usuario_sem_contrato') {
      throw conflict(
        'Um contrato desta pessoa não está no IXC agora, e sem ele nada é bloqueado nem cancelado.',
        'Confira o contrato no IXC; se a pessoa pediu, bloqueie ou cancele no usuário.',
      );
    }
    const held = await brake(sync, correcao, divergencia.filialId);
    if (held !== undefined) {
      const loteId = await openLote(sync, operador, [divergencia], 'freio', held);
      return { kind: 'lote', loteId };
    }
  }
  await transaction(sync.db, (tx) => applyCorrecao(tx, id, quem));
  sync.wake();
  return { kind: 'pedida', usuarioId };
}

function onItsWay({ estado, loteId }: Divergencia) {
  if (estado === 'resolvida')
    return conflict('Esta divergência já foi resolvida.', 'Não há o que corrigir. Volte à lista.');
  return loteId === null
    ? conflict('A correção já foi pedida e está a caminho.', 'Acompanhe na tela do usuário.')
    : conflict(`A correção espera no lote ${loteId}.`, 'Abra o lote para ver a decisão.');
}

// Corrections of one by one count with what rules did: many single clicks are a mass too.
async function brake(
  sync: Sync,
  acao: 'bloquear' | 'cancelar',
  filialId: number,
): Promise<string | undefined> {
  const historico = await loadHistorico(sync.db);
  const { dia, semana } = await row(
    sync.db,
    `SELECT COALESCE(SUM(corrigida_em > UTC_TIMESTAMP() - INTERVAL 1 DAY), 0) AS dia, COUNT(*) AS semana FROM divergencias
     WHERE correcao = :acao AND corrigida_por IS NOT NULL AND lote_id IS NULL
       AND corrigida_em > UTC_TIMESTAMP() - INTERVAL 7 DAY`,
    { acao },
    z.object({ dia: z.coerce.number(), semana: z.coerce.number() }),
  );
  for (const scope of [undefined, filialId]) {
    const before = historico.of(acao, scope);
    const passado = {
      ...before,
      ultimas24h: before.ultimas24h + dia,
      ultimos7dias: before.ultimos7dias + semana,
    };
    const veredito = judge(acao, 1, passado);
    if (veredito.retem) return veredito.motivo;
  }
  return undefined;
}

/** Lines that a lote can hold: those with a correction that acts on an account. */
export const isForLote = ({ estado, correcao }: Pick<Divergencia, 'estado' | 'correcao'>): boolean =>
  estado === 'aberta' && correcao !== null && correcao !== 'atualizar';

/** Registers that are sent again: nobody's access changes by it, so no list has to be approved. */
export const isForReenvio = ({ estado, correcao }: Pick<Divergencia, 'estado' | 'correcao'>): boolean =>
  estado === 'aberta' && correcao === 'atualizar';

/** At most this many registers are sent again at once. */
export const MAX_REENVIOS = 200;

/** Wishes the register of each of these sent again; answers how many. Each by itself: one that is over stops no other. */
export async function resendMany(
  sync: Sync,
  operador: Operador,
  divergencias: readonly Divergencia[],
): Promise<number> {
  let pedidos = 0;
  for (const { id } of divergencias.filter(isForReenvio).slice(0, MAX_REENVIOS)) {
    try {
      await transaction(sync.db, (tx) => applyCorrecao(tx, id, { operadorId: operador.id, doLote: false }));
      pedidos += 1;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    }
  }
  if (pedidos > 0) sync.wake();
  return pedidos;
}

/** Makes the lote that corrects these lines once somebody approves it; answers its id. */
export async function correctMany(
  sync: Sync,
  operador: Operador,
  divergencias: readonly Divergencia[],
): Promise<number> {
  const own = divergencias.filter(isForLote);
  if (own.length === 0)
    throw conflict(
      'Nenhuma das linhas pode ser corrigida por um lote.',
      'Elas já estão a caminho, ou só a Tele Clínica as resolve.',
    );
  return openLote(sync, operador, own, 'operador', null);
}

async function openLote(
  sync: Sync,
  operador: Operador,
  divergencias: readonly Divergencia[],
  origem: 'operador' | 'freio',
  motivo: string | null,
): Promise<number> {
  const titulo =
    origem === 'freio' ? 'Correções de divergências retidas pelo freio' : 'Correções de divergências';
  const loteId = await transaction(sync.db, async (tx) => {
    const id = await waitingOf(tx, operador, origem, titulo, motivo);
    await appendLinhas(tx, id, divergencias.map(toMudanca));
    await linkLines(tx, id, divergencias);
    const detalhe = { lote: id, total: divergencias.length };
    await audit(tx, { operadorId: operador.id, evento: 'divergencias_em_lote', detalhe });
    return id;
  });
  return loteId;
}

// What the brake holds of one person's clicks gathers in one list.
async function waitingOf(
  tx: Db,
  operador: Operador,
  origem: 'operador' | 'freio',
  titulo: string,
  motivo: string | null,
): Promise<number> {
  const [open] =
    origem === 'operador'
      ? []
      : await rows(
          tx,
          `SELECT id FROM lotes WHERE origem = 'freio' AND estado = 'aguardando' AND titulo = :titulo
             AND criado_por = :operadorId AND decidido_por IS NULL ORDER BY id DESC LIMIT 1 FOR UPDATE`,
          { titulo, operadorId: operador.id },
          z.object({ id: z.number() }),
        );
  if (open !== undefined) return open.id;
  const lote = { origem, estado: 'aguardando', titulo, motivo, limite: null, regime: null } as const;
  return insertLote(tx, { ...lote, criadoPor: operador.id });
}

// The lines name what they correct, and the divergências the list in which they wait.
async function linkLines(tx: Db, loteId: number, divergencias: readonly Divergencia[]): Promise<void> {
  for (const { id, usuarioId, contratoId } of divergencias) {
    await run(
      tx,
      `UPDATE lote_linhas SET divergencia_id = :id
       WHERE lote_id = :loteId AND contrato_id = :contratoId AND usuario_id <=> :usuarioId AND divergencia_id IS NULL`,
      { id, loteId, usuarioId, contratoId: contratoId ?? 0 },
    );
    await run(
      tx,
      `UPDATE divergencias SET estado = 'corrigindo', lote_id = :loteId, corrigida_em = NULL, corrigida_por = NULL
       WHERE id = :id AND estado = 'aberta'`,
      { id, loteId },
    );
  }
}

function toMudanca(divergencia: Divergencia): Mudanca {
  const { usuarioId, contratoId, clienteId, filialId, classe, correcao, parceiro, para } = divergencia;
  const acao: Acao =
    correcao === null || correcao === 'atualizar' ? 'trocar_plano' : ACAO_DA_CORRECAO[correcao];
  return {
    usuarioId,
    contratoId: contratoId ?? 0,
    clienteId: clienteId ?? 0,
    filialId,
    acao,
    de: parceiro === 'desconhecido' || correcao === 'adotar' ? 'ausente' : parceiro,
    para: (para ?? 'ausente') satisfies Desejada,
    planoId: divergencia.planoId,
    motivo: correcao === 'adotar' ? ADOTAR_EM_MOTIVO : CLASSE_EM_MOTIVO[classe],
  };
}
