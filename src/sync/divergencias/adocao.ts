// Taking over an account that was made elsewhere and carries no reference: from now on it is the account of its person here.
import { type Db, run } from '../../db.ts';
import { conflict } from '../../problem.ts';

/** What a divergência knows of such an account. */
export interface Adotavel {
  integracaoId: number;
  contratoId: number | null;
  remotoId: string | null;
  impressao: Buffer | null;
}

/**
 * Makes the account that of the usuário whom the contract grants. It is read before anything is written there, by its id:
 * under somebody's reference by then, it is held and not touched. The caller's transaction.
 * @throws Problem 409 when the contract is another person's by now, or the person has an account, or the account a person.
 */
export async function takeConta(tx: Db, { integracaoId, contratoId, remotoId, impressao }: Adotavel) {
  const { affectedRows } = await run(
    tx,
    `UPDATE usuarios SET remoto_id = :remotoId, observada = 'desconhecido', duplicado = 0
     WHERE id = (SELECT usuario_id FROM adesoes WHERE vigente = :contratoId)
       AND integracao_id = :integracaoId AND impressao = :impressao AND (remoto_id IS NULL OR remoto_id = :remotoId2)
       AND NOT EXISTS (SELECT 1 FROM usuarios outro WHERE outro.integracao_id = :integracaoId2
         AND outro.remoto_id = :remotoId3 AND outro.impressao <> :impressao2)`,
    {
      contratoId,
      remotoId,
      remotoId2: remotoId,
      remotoId3: remotoId,
      integracaoId,
      integracaoId2: integracaoId,
      impressao,
      impressao2: impressao,
    },
  );
  if (affectedRows === 1) return;
  throw conflict(
    'Esta conta já não pode ser assumida: o contrato, a pessoa ou a conta mudou depois da comparação.',
    'Compare de novo e veja o que a linha diz agora.',
  );
}
