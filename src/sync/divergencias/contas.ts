// The partner's accounts while they are compared: written page by page, read by person and by fingerprint.
import { z } from 'zod';
import { fingerprint } from '../../crypto.ts';
import { type Db, inList, type Params, rows, run } from '../../db.ts';
import type { RemoteUser } from '../../teleclinica/port.ts';
import { externalIdOf, referencePrefix, type Sync } from '../contexto.ts';
import type { Situacao } from '../tipos.ts';
import type { Impressoes } from './impressoes.ts';
import { REFERENCIAS, type Referencia } from './tipos.ts';

type Listado = RemoteUser & { resumo: Impressoes | undefined };

interface Pagina {
  comparacaoId: number;
  integracaoId: number;
  /** UTC, when the page was asked for. */
  lidaEm: string;
  /** The profile shows the reference of each account. */
  comReferencia: boolean;
}

/** Keeps a page. The same page again changes nothing. */
export async function insertContas(
  sync: Sync,
  tx: Db,
  { comReferencia, ...pagina }: Pagina,
  itens: Listado[],
): Promise<void> {
  if (itens.length === 0) return;
  const donos = await findDonos(sync, tx, pagina.integracaoId, itens);
  const params: Params = { ...pagina };
  const values = itens.map((item, n) => {
    const { resumo } = item;
    Object.assign(params, {
      [`remoto${n}`]: item.id,
      [`usuario${n}`]: donos(item),
      [`situacao${n}`]: item.situacao,
      [`plano${n}`]: item.planoCodigo,
      // Without a CPF the account is like no other.
      [`impressao${n}`]: resumo?.cpf ?? fingerprint(sync.chaveImpressao, 'conta', item.id),
      [`comCpf${n}`]: resumo?.cpf ? 1 : 0,
      [`referencia${n}`]: comReferencia ? referenciaOf(sync, item) : 'oculta',
      [`nome${n}`]: resumo?.nome ?? null,
      [`nascimento${n}`]: resumo?.nascimento ?? null,
      [`email${n}`]: resumo?.email ?? null,
      [`celular${n}`]: resumo?.celular ?? null,
    });
    const names = ['remoto', 'usuario', 'situacao', 'plano', 'impressao', 'comCpf', 'referencia'];
    const own = [...names, 'nome', 'nascimento', 'email', 'celular'].map((name) => `:${name}${n}`);
    return `(:comparacaoId, :integracaoId, ${own.join(', ')}, :lidaEm)`;
  });
  await run(
    tx,
    `REPLACE INTO comparacao_contas (comparacao_id, integracao_id, remoto_id, usuario_id, situacao, plano, impressao,
       com_cpf, referencia, nome, nascimento, email, celular, lida_em) VALUES ${values.join(', ')}`,
    params,
  );
}

// What another system wrote there is not kept: it may hold anything.
function referenciaOf(sync: Sync, { externalId }: Listado): Referencia {
  if (externalId === null || externalId === '') return 'nenhuma';
  return externalId.startsWith(referencePrefix(sync)) ? 'nossa' : 'alheia';
}

// Whose account each is: by our reference of the present vez, or by the id under which we know it.
async function findDonos(sync: Sync, tx: Db, integracaoId: number, itens: Listado[]) {
  const prefix = referencePrefix(sync);
  const named = itens.flatMap(({ externalId }) => {
    const id = externalId?.startsWith(prefix) ? Number(externalId.slice(prefix.length).split('-')[0]) : 0;
    return Number.isSafeInteger(id) && id > 0 ? [id] : [];
  });
  const byId = inList('usuario', named);
  const byRemoto = inList(
    'conta',
    itens.map(({ id }) => id),
  );
  const found = await rows(
    tx,
    `SELECT id, vez, remoto_id AS remotoId FROM usuarios WHERE integracao_id = :integracaoId AND id IN (${byId.sql})
     UNION SELECT id, vez, remoto_id FROM usuarios WHERE integracao_id = :integracaoId2 AND remoto_id IN (${byRemoto.sql})`,
    { integracaoId, integracaoId2: integracaoId, ...byId.params, ...byRemoto.params },
    z.object({ id: z.number(), vez: z.number(), remotoId: z.string().nullable() }),
  );
  const current = new Map(found.map(({ id, vez }) => [externalIdOf(sync, id, vez), id]));
  const known = new Map(found.flatMap(({ id, remotoId }) => (remotoId === null ? [] : [[remotoId, id]])));
  return ({ id, externalId }: Listado): number | null =>
    (externalId === null ? undefined : current.get(externalId)) ?? known.get(id) ?? null;
}

const Bytes = z.instanceof(Buffer).nullable();
const ContaRow = z.object({
  remotoId: z.string(),
  usuarioId: z.number().nullable(),
  situacao: z.enum(['ativo', 'bloqueado', 'cancelado', 'desconhecido']),
  plano: z.string().nullable(),
  impressao: z.instanceof(Buffer),
  comCpf: z.number().transform((value) => value === 1),
  referencia: z.enum(REFERENCIAS),
  nome: Bytes,
  nascimento: Bytes,
  email: Bytes,
  celular: Bytes,
  lidaEm: z.string(),
});
export type Conta = z.output<typeof ContaRow>;

const SELECT = `SELECT remoto_id AS remotoId, usuario_id AS usuarioId, situacao, plano, impressao, com_cpf AS comCpf, referencia,
    nome, nascimento, email, celular, lida_em AS lidaEm
  FROM comparacao_contas`;

const RANK: Record<Exclude<Situacao, 'ausente'>, number> = {
  ativo: 0,
  bloqueado: 1,
  desconhecido: 2,
  cancelado: 3,
};

/** The account of each of these usuários, the most alive when the partner shows two. */
export async function contasDosUsuarios(
  db: Db,
  comparacaoId: number,
  usuarioIds: readonly number[],
): Promise<Map<number, Conta>> {
  const list = inList('usuario', usuarioIds);
  const found = await rows(
    db,
    `${SELECT} WHERE comparacao_id = :comparacaoId AND usuario_id IN (${list.sql})`,
    { comparacaoId, ...list.params },
    ContaRow,
  );
  found.sort((a, b) => RANK[b.situacao] - RANK[a.situacao]);
  return new Map(found.flatMap((conta) => (conta.usuarioId === null ? [] : [[conta.usuarioId, conta]])));
}

/** A page of living accounts of one integração in the order of their fingerprints, so that those of one CPF stand together. */
export const pageVivas = (
  db: Db,
  comparacaoId: number,
  integracaoId: number,
  depois: { impressao: Buffer; remotoId: string },
  limite: number,
): Promise<Conta[]> =>
  rows(
    db,
    `${SELECT} WHERE comparacao_id = :comparacaoId AND integracao_id = :integracaoId AND impressao >= :impressao
       AND NOT (impressao = :impressao2 AND remoto_id <= :remotoId) AND situacao IN ('ativo', 'bloqueado')
     ORDER BY impressao, remoto_id LIMIT ${limite}`,
    {
      comparacaoId,
      integracaoId,
      impressao: depois.impressao,
      impressao2: depois.impressao,
      remotoId: depois.remotoId,
    },
    ContaRow,
  );

/** Which of these fingerprints have a living account in this integração that is nobody's here; hex. */
export async function findEstranhas(
  db: Db,
  comparacaoId: number,
  integracaoId: number,
  impressoes: readonly Buffer[],
): Promise<Set<string>> {
  const params: Params = { comparacaoId, integracaoId };
  impressoes.forEach((impressao, n) => {
    params[`i${n}`] = impressao;
  });
  if (impressoes.length === 0) return new Set();
  const found = await rows(
    db,
    `SELECT DISTINCT impressao FROM comparacao_contas WHERE comparacao_id = :comparacaoId AND integracao_id = :integracaoId
       AND impressao IN (${impressoes.map((_, n) => `:i${n}`).join(', ')}) AND usuario_id IS NULL
       AND situacao IN ('ativo', 'bloqueado')`,
    params,
    z.object({ impressao: z.instanceof(Buffer) }),
  );
  return new Set(found.map(({ impressao }) => impressao.toString('hex')));
}
