// Lines that have come right since they were seen: by their own correction, or because somebody or the engine acted meanwhile.
import { type Db, run } from '../../db.ts';

/** Closes them. Cheap while there is nothing open; safe in several processes at once. */
export async function settleCorrigidas(db: Db): Promise<void> {
  // The partner has confirmed, after the line was seen, exactly what should be.
  await run(
    db,
    `UPDATE divergencias d JOIN usuarios u ON u.id = d.usuario_id
     SET d.estado = 'resolvida', d.resolvida_em = UTC_TIMESTAMP(6)
     WHERE d.estado IN ('aberta', 'corrigindo') AND u.trabalho = 0 AND u.retida IS NULL
       AND ((d.classe IN ('pago_bloqueado', 'cancelado_ativo', 'ativo_sem_usuario', 'usuario_sem_contrato')
             OR d.correcao = 'adotar' AND u.remoto_id = d.remoto_id)
           AND u.observada_em > d.vista_em AND u.observada = u.desejada AND u.desejada = d.para
         OR d.classe IN ('plano_errado', 'dados_diferentes') AND d.estado = 'corrigindo'
           AND d.corrigida_em IS NOT NULL AND NOT EXISTS (SELECT 1 FROM operacoes o
             WHERE o.usuario_id = u.id AND o.estado = 'aberta'))`,
  );
  await run(
    db,
    `UPDATE divergencias d JOIN adesoes a ON a.vigente = d.contrato_id JOIN usuarios u ON u.id = a.usuario_id
     SET d.estado = 'resolvida', d.resolvida_em = UTC_TIMESTAMP(6)
     WHERE d.estado IN ('aberta', 'corrigindo') AND d.usuario_id IS NULL AND d.classe = 'ativo_sem_usuario'
       AND u.integracao_id = d.integracao_id AND u.observada = 'ativo'`,
  );
  await reopen(db);
}

// A correction that did not take is open again: the person was held on the way, or the lote came to nothing.
async function reopen(db: Db): Promise<void> {
  await run(
    db,
    `UPDATE divergencias d JOIN usuarios u ON u.id = d.usuario_id
     SET d.estado = 'aberta', d.lote_id = NULL,
       d.correcao = IF(d.classe = 'ativo_sem_usuario' AND u.retida IN ('sumiu', 'cancelado_no_parceiro'), 'recriar', d.correcao)
     WHERE d.estado = 'corrigindo' AND d.corrigida_em IS NOT NULL AND u.retida IS NOT NULL AND u.retida_em > d.corrigida_em`,
  );
  await run(
    db,
    `UPDATE divergencias d JOIN lotes l ON l.id = d.lote_id SET d.estado = 'aberta', d.lote_id = NULL
     WHERE d.estado = 'corrigindo' AND d.corrigida_em IS NULL AND l.estado IN ('concluido', 'rejeitado', 'dissolvido')
       AND NOT EXISTS (SELECT 1 FROM lote_linhas n WHERE n.contrato_id = COALESCE(d.contrato_id, 0) AND n.lote_id = l.id
         AND n.divergencia_id = d.id AND n.estado = 'aplicada')`,
  );
}
