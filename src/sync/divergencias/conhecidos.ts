// Whose CPF an account carries, when one of our usuários has it, or a contract that should have an account and has none.
import { z } from 'zod';
import { type Db, type Params, rows } from '../../db.ts';
import { strongestOf } from '../desejo.ts';
import type { Conta } from './contas.ts';

const ConhecidoRow = z.object({
  impressao: z.instanceof(Buffer),
  // A column that is NULL in one half of a UNION comes as text.
  usuarioId: z.coerce.number().nullable(),
  /** No account of the usuário was ever seen: one may be taken over. */
  semConta: z.coerce.number().transform((value) => value === 1),
  contratoId: z.number().nullable(),
  clienteId: z.number().nullable(),
  filialId: z.coerce.number(),
  planoId: z.number().nullable(),
  significado: z.enum(['ativo', 'bloqueado', 'cancelar', 'esperar', 'perguntar']).nullable(),
});
export type Conhecido = Omit<z.output<typeof ConhecidoRow>, 'impressao'>;

/**
 * By fingerprint in hex: the usuário of the CPF and the contract of it that says most; a contract that has no usuário
 * yet counts as well. Accounts without a CPF are nobody's.
 */
export async function findConhecidos(
  db: Db,
  comparacaoId: number,
  integracaoId: number,
  contas: readonly Conta[],
): Promise<Map<string, Conhecido>> {
  const impressoes = contas.flatMap(({ comCpf, impressao }) => (comCpf ? [impressao] : []));
  if (impressoes.length === 0) return new Map();
  const params: Params = { integracaoId, integracaoId2: integracaoId, comparacaoId };
  impressoes.forEach((impressao, n) => {
    params[`u${n}`] = impressao;
    params[`c${n}`] = impressao;
  });
  const names = (prefix: string): string => impressoes.map((_, n) => `:${prefix}${n}`).join(', ');
  const found = await rows(
    db,
    `SELECT u.impressao, u.id AS usuarioId, u.remoto_id IS NULL AND u.observada IN ('ausente', 'desconhecido') AS semConta,
       a.contrato_id AS contratoId, a.cliente_id AS clienteId, COALESCE(a.filial_id, 0) AS filialId,
       COALESCE(a.lido_plano_id, a.plano_id) AS planoId, COALESCE(a.lido_significado, a.significado) AS significado
     FROM usuarios u LEFT JOIN adesoes a ON a.usuario_id = u.id AND a.vigente IS NOT NULL
     WHERE u.integracao_id = :integracaoId AND u.impressao IN (${names('u')})
     UNION ALL SELECT impressao, NULL, 1, contrato_id, cliente_id, filial_id, plano_id, 'ativo' FROM comparacao_contratos
     WHERE comparacao_id = :comparacaoId AND integracao_id = :integracaoId2 AND impressao IN (${names('c')})`,
    params,
    ConhecidoRow,
  );
  const known = new Map<string, Conhecido>();
  for (const { impressao, ...quem } of found) {
    const hex = impressao.toString('hex');
    known.set(hex, join(known.get(hex), quem));
  }
  return known;
}

// Every row of one CPF is the same person: the usuário stays, the contract that says more goes before.
function join(known: Conhecido | undefined, next: Conhecido): Conhecido {
  if (known === undefined) return next;
  const says = [known, next].flatMap(({ significado }) => (significado === null ? [] : [{ significado }]));
  const strongest = strongestOf(says);
  const first = known.significado !== null && (strongest === undefined || known.significado === strongest);
  const usuario = known.usuarioId === null ? next : known;
  return { ...(first ? known : next), usuarioId: usuario.usuarioId, semConta: usuario.semConta };
}
