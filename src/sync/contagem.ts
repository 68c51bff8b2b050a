// How many usuários there are by situação, in the queue, and held by each cause: for machines that watch us.
import { z } from 'zod';
import { type Db, rows } from '../db.ts';
import type { Filiais } from '../ixc/tipos.ts';
import { usuarioInFiliais } from './filiais.ts';
import type { CausaDeRetencao, Situacao } from './tipos.ts';
import { causa, situacao } from './usuarios.ts';

export interface Contagem {
  porSituacao: Record<Situacao, number>;
  naFila: number;
  retidas: { causa: CausaDeRetencao; total: number }[];
  aguardaAcesso: number;
}

/** Counts inside `filiais`. */
export async function countUsuarios(db: Db, filiais: Filiais): Promise<Contagem> {
  const scope = usuarioInFiliais('u.id', filiais);
  const groups = await rows(
    db,
    `SELECT u.observada, u.retida, u.trabalho, SUM(u.aguarda_acesso) AS aguardaAcesso, COUNT(*) AS total
     FROM usuarios u WHERE ${scope.sql} GROUP BY u.observada, u.retida, u.trabalho`,
    scope.params,
    z.object({
      observada: situacao,
      retida: causa.nullable(),
      trabalho: z.number().transform((value) => value === 1),
      aguardaAcesso: z.coerce.number(),
      total: z.coerce.number(),
    }),
  );
  const contagem: Contagem = {
    porSituacao: { ausente: 0, ativo: 0, bloqueado: 0, cancelado: 0, desconhecido: 0 },
    naFila: 0,
    retidas: [],
    aguardaAcesso: 0,
  };
  for (const group of groups) {
    contagem.porSituacao[group.observada] += group.total;
    contagem.aguardaAcesso += group.aguardaAcesso;
    if (group.retida === null && group.trabalho) contagem.naFila += group.total;
    if (group.retida !== null) addHold(contagem, group.retida, group.total);
  }
  return contagem;
}

function addHold(contagem: Contagem, retida: CausaDeRetencao, total: number): void {
  const known = contagem.retidas.find((each) => each.causa === retida);
  if (known) known.total += total;
  else contagem.retidas.push({ causa: retida, total });
}
