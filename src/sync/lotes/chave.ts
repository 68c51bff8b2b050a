// What a decision about a change is about: the same key = the same change of the same person, to the same plano.
import { z } from 'zod';

/** Of a line `l` of a lote, in SQL, and how it is read. */
export const CHAVE_SQL =
  'l.usuario_id AS usuarioId, l.contrato_id AS contratoId, l.acao, l.para, l.plano_id AS planoId';
export const ChaveRow = z.object({
  usuarioId: z.number().nullable(),
  contratoId: z.number(),
  acao: z.string(),
  para: z.string(),
  planoId: z.number().nullable(),
});

/** The key. A creation has no usuário yet: the contract stands for it. */
export const chaveDe = (each: z.output<typeof ChaveRow>): string =>
  `${each.usuarioId ?? `contrato ${each.contratoId}`}:${each.acao}:${each.para}:${each.planoId ?? ''}`;
