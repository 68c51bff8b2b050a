// A correction put in force: facts, order, wish, operação and audit in the caller's transaction; the worker does the rest.
import { z } from 'zod';
import { type Db, optionalRow, row, run } from '../../db.ts';
import { conflict } from '../../problem.ts';
import { audit } from '../auditoria.ts';
import { applyWish, insertOperacao } from '../desejos.ts';
import { PRAZO_DE_CANCELAMENTO_DIAS } from '../prazo.ts';
import type { Acao } from '../tipos.ts';
import { settleFacts } from '../varredura/vigor.ts';
import { forgetConta } from '../vez.ts';
import { takeConta } from './adocao.ts';
import { CLASSES, CORRECOES, type Correcao } from './tipos.ts';

const LinhaRow = z.object({
  id: z.number(),
  classe: z.enum(CLASSES),
  estado: z.string(),
  correcao: z.enum(CORRECOES).nullable(),
  usuarioId: z.number().nullable(),
  contratoId: z.number().nullable(),
  integracaoId: z.number(),
  filialId: z.number(),
  para: z.string().nullable(),
  planoId: z.number().nullable(),
  remotoId: z.string().nullable(),
  impressao: z.instanceof(Buffer).nullable(),
});
export type Linha = z.output<typeof LinhaRow> & { correcao: Correcao };

/** Who asked, and whether the line waited in a lote. */
export interface Quem {
  operadorId: number | null;
  doLote: boolean;
}

/** What a correction is in the words of operações and lotes. Reading an account again is wishing it there. */
export const ACAO_DA_CORRECAO: Record<Exclude<Correcao, 'atualizar'>, Acao> = {
  desbloquear: 'desbloquear',
  bloquear: 'bloquear',
  cancelar: 'cancelar',
  criar: 'criar',
  trocar_plano: 'trocar_plano',
  conferir: 'criar',
  recriar: 'criar',
  adotar: 'criar',
};

/**
 * Corrects one line about a usuário. The account is read again before anything is written there, so that what the list
 * said is never acted on blindly. The contracts must have been read just before.
 * @throws Problem 409 when somebody was quicker, or IXC no longer says the same.
 */
export async function applyCorrecao(tx: Db, divergenciaId: number, quem: Quem): Promise<void> {
  const linha = await lockLinha(tx, divergenciaId, quem);
  const { correcao, usuarioId } = linha;
  if (usuarioId === null) throw onlyThePartner();
  if (correcao === 'atualizar') await sendAgain(tx, linha, usuarioId, quem.operadorId);
  else await wishAgain(tx, linha, usuarioId, correcao, quem.operadorId);
  await markCorrected(tx, { ...linha, usuarioId }, quem.operadorId);
}

/** The line, locked, with its correction. @throws Problem 409 when it is over, on its way, or only the partner's. */
export async function lockLinha(tx: Db, divergenciaId: number, { doLote }: Quem): Promise<Linha> {
  const linha = await optionalRow(
    tx,
    `SELECT id, classe, estado, correcao, usuario_id AS usuarioId, contrato_id AS contratoId, integracao_id AS integracaoId,
       filial_id AS filialId, para, plano_id AS planoId, remoto_id AS remotoId, impressao
     FROM divergencias WHERE id = :divergenciaId FOR UPDATE`,
    { divergenciaId },
    LinhaRow,
  );
  if (linha === undefined || linha.estado === 'resolvida') throw isOver();
  if (!doLote && linha.estado !== 'aberta')
    throw conflict('Alguém corrigiu esta divergência agora mesmo.', 'Volte à lista para ver como está.');
  const { correcao } = linha;
  if (correcao === null) throw onlyThePartner();
  return { ...linha, correcao };
}

/** From now on it is on its way, by this usuário; with its audit row. */
export async function markCorrected(
  tx: Db,
  linha: Pick<Linha, 'id' | 'classe' | 'correcao' | 'filialId' | 'contratoId'> & { usuarioId: number },
  operadorId: number | null,
): Promise<void> {
  const { id, classe, correcao, filialId, usuarioId, contratoId } = linha;
  await run(
    tx,
    `UPDATE divergencias SET estado = 'corrigindo', usuario_id = :usuarioId, corrigida_por = :operadorId,
       corrigida_em = UTC_TIMESTAMP(6) WHERE id = :id`,
    { id, usuarioId, operadorId },
  );
  await audit(tx, {
    operadorId,
    evento: 'divergencia_corrigida',
    filialId,
    usuarioId,
    contratoId,
    detalhe: { divergencia: id, classe, correcao },
  });
}

async function wishAgain(
  tx: Db,
  linha: Linha,
  usuarioId: number,
  correcao: Exclude<Correcao, 'atualizar'>,
  operadorId: number | null,
): Promise<void> {
  await settleFacts(tx, [usuarioId]);
  if (linha.classe === 'usuario_sem_contrato') {
    await run(
      tx,
      `UPDATE usuarios SET cancelar_em = UTC_TIMESTAMP(6) + INTERVAL ${PRAZO_DE_CANCELAMENTO_DIAS} DAY, carencia_ate = NULL
       WHERE id = :usuarioId AND cancelar_em IS NULL`,
      { usuarioId },
    );
  }
  if (correcao === 'adotar') await takeConta(tx, linha);
  else if (correcao === 'recriar') await forgetConta(tx, usuarioId);
  else await run(tx, "UPDATE usuarios SET observada = 'desconhecido' WHERE id = :usuarioId", { usuarioId });
  const orphan = linha.classe === 'usuario_sem_contrato';
  await applyWish(tx, {
    usuarioId,
    acao: orphan ? 'bloquear' : ACAO_DA_CORRECAO[correcao],
    causa: 'correcao',
    operadorId,
    motivo: `Divergência ${linha.id}`,
    ...(linha.contratoId === null ? {} : { contratoId: linha.contratoId }),
  });
  const wish = await row(
    tx,
    'SELECT desejada, desejado_plano_id AS planoId, retida FROM usuarios WHERE id = :usuarioId',
    { usuarioId },
    z.object({ desejada: z.string(), planoId: z.number().nullable(), retida: z.string().nullable() }),
  );
  // Cancelled at the end of the prazo, blocked until then.
  const expected = orphan ? 'bloqueado' : linha.para;
  if (wish.desejada !== expected || (correcao === 'trocar_plano' && wish.planoId !== linha.planoId))
    throw conflict(
      'O IXC mudou depois da comparação: a correção já não é esta.',
      'Compare de novo e veja o que a linha diz agora.',
    );
  if (wish.retida === 'quem_e_a_pessoa')
    throw conflict(
      'Ainda não se sabe quem é a pessoa desta conta.',
      'Responda antes a pergunta na tela do usuário.',
    );
}

async function sendAgain(tx: Db, linha: Linha, usuarioId: number, operadorId: number | null): Promise<void> {
  await run(
    tx,
    `UPDATE usuarios SET atualizar = 1, trabalho = 1, proxima_em = UTC_TIMESTAMP(6), falhas = 0 WHERE id = :usuarioId`,
    { usuarioId },
  );
  await insertOperacao(tx, {
    integracaoId: linha.integracaoId,
    usuarioId,
    acao: 'atualizar',
    causa: 'correcao',
    operadorId,
    contratoId: linha.contratoId ?? undefined,
    filialId: linha.filialId,
    motivo: `Divergência ${linha.id}`,
  });
}

const isOver = () => conflict('Esta divergência já foi resolvida.', 'Não há o que corrigir. Volte à lista.');

/** 409: nothing that we could do would put it right. */
export const onlyThePartner = () =>
  conflict(
    'Esta divergência só se resolve na Tele Clínica.',
    'Fale com a Tele Clínica com o número da conta que a linha mostra, ou aceite a divergência como conhecida.',
  );
