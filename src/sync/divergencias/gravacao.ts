// What a comparison found becomes lines: a case seen before goes on with its beginning, its acceptance and its correction.
import { type Db, inList, type Params, run } from '../../db.ts';
import { type Achado, CLASSES } from './tipos.ts';

const CHUNK = 100;

const COLUMNS = [
  'classe',
  'ordem',
  'integracao_id',
  'chave',
  'usuario_id',
  'contrato_id',
  'cliente_id',
  'filial_id',
  'remoto_id',
  'ixc',
  'nosso',
  'parceiro',
  'para',
  'plano_id',
  'plano_parceiro',
  'campos',
  'valor_centavos',
  'correcao',
  'referencia',
  'impressao',
  'outras',
] as const;
// Over and back, or corrected without effect: whoever is on the way is not compared at all.
const AGAIN = "(estado = 'resolvida' OR estado = 'corrigindo' AND corrigida_em IS NOT NULL)";
const CHANGING = COLUMNS.slice(4);

/** Writes the findings of comparison `comparacaoId`; the same again changes nothing. */
export async function recordAchados(tx: Db, comparacaoId: number, achados: readonly Achado[]): Promise<void> {
  for (let start = 0; start < achados.length; start += CHUNK)
    await writeAchados(tx, comparacaoId, achados.slice(start, start + CHUNK));
}

async function writeAchados(tx: Db, comparacaoId: number, achados: readonly Achado[]): Promise<void> {
  const params: Params = { comparacaoId };
  const values = achados.map((achado, n) => {
    const cells = cellsOf(achado);
    for (const column of COLUMNS) params[`${column}${n}`] = cells[column];
    params[`desde${n}`] = achado.desde;
    const own = COLUMNS.map((column) => `:${column}${n}`).join(', ');
    return `(${own}, COALESCE(:desde${n}, UTC_TIMESTAMP(6)), :comparacaoId, UTC_TIMESTAMP(6))`;
  });
  await run(
    tx,
    `INSERT INTO divergencias (${COLUMNS.join(', ')}, desde, comparacao_id, vista_em) VALUES ${values.join(', ')}
     ON DUPLICATE KEY UPDATE ${CHANGING.map((column) => `${column} = VALUES(${column})`).join(', ')},
       desde = IF(estado = 'resolvida', VALUES(desde), LEAST(desde, VALUES(desde))),
       lote_id = IF(${AGAIN}, NULL, lote_id),
       aceita_ate = IF(estado = 'resolvida', NULL, aceita_ate),
       comparacao_id = VALUES(comparacao_id), vista_em = VALUES(vista_em), resolvida_em = NULL,
       estado = IF(${AGAIN}, 'aberta', estado)`,
    params,
  );
}

// As much as its column holds.
const OUTRAS = 400;

function cellsOf(achado: Achado): Record<(typeof COLUMNS)[number], string | number | Buffer | null> {
  return {
    classe: achado.classe,
    ordem: CLASSES.indexOf(achado.classe),
    integracao_id: achado.integracaoId,
    chave: achado.chave,
    usuario_id: achado.usuarioId,
    contrato_id: achado.contratoId,
    cliente_id: achado.clienteId,
    filial_id: achado.filialId,
    remoto_id: achado.remotoId,
    ixc: achado.ixc,
    nosso: achado.nosso,
    parceiro: achado.parceiro,
    para: achado.para,
    plano_id: achado.planoId,
    plano_parceiro: achado.planoParceiro,
    campos: achado.campos.join(','),
    valor_centavos: achado.valorCentavos,
    correcao: achado.correcao,
    referencia: achado.deFora?.referencia ?? null,
    impressao: achado.deFora?.impressao ?? null,
    outras:
      achado.deFora?.outras.filter((_, n, all) => all.slice(0, n + 1).join(' ').length <= OUTRAS).join(' ') ??
      '',
  };
}

const CLOSE = 5_000;

/**
 * Lines that a whole comparison of these integrações no longer saw are over. After a partial list nothing is closed:
 * what was not seen may only not have been shown.
 */
export async function closeUnseen(
  db: Db,
  comparacaoId: number,
  integracaoIds: readonly number[],
): Promise<void> {
  const list = inList('integracao', integracaoIds);
  for (let gone = CLOSE; gone === CLOSE; ) {
    const { affectedRows } = await run(
      db,
      `UPDATE divergencias SET estado = 'resolvida', resolvida_em = UTC_TIMESTAMP(6)
       WHERE integracao_id IN (${list.sql}) AND estado IN ('aberta', 'corrigindo') AND comparacao_id < :comparacaoId
       LIMIT ${CLOSE}`,
      { comparacaoId, ...list.params },
    );
    gone = affectedRows;
  }
}
