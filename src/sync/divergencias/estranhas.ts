// What only the partner has, and contracts that nobody there answers for: accounts in the order of their fingerprints.
import { z } from 'zod';
import { type Db, inList, type Params, rows, transaction } from '../../db.ts';
import type { Sync } from '../contexto.ts';
import type { Conhecimento } from './conhecimento.ts';
import { type Conta, pageVivas } from './contas.ts';
import { advance, type Corrida } from './corrida.ts';
import { recordAchados } from './gravacao.ts';
import type { Achado } from './tipos.ts';

const PAGE = 1_000;
const START: Pick<Conta, 'impressao' | 'remotoId'> = { impressao: Buffer.alloc(32), remotoId: '' };

/**
 * Finds accounts that are nobody's here and people with more than one. Every page writes what it found, so doing it again
 * after a death changes nothing.
 */
export async function findDesconhecidas(
  sync: Sync,
  corrida: Corrida,
  conhecimento: Conhecimento,
  isStopped: () => boolean,
): Promise<boolean> {
  for (const [integracaoId, estado] of conhecimento.listas) {
    if (estado === 'sem_lista') continue;
    let rest: Conta[] = [];
    for (let depois: Pick<Conta, 'impressao' | 'remotoId'> | undefined = START; depois !== undefined; ) {
      if (isStopped()) return false;
      const page: Conta[] = await pageVivas(sync.db, corrida.id, integracaoId, depois, PAGE);
      const last = page.at(-1);
      const groups = groupByCpf([...rest, ...page]);
      // The last group may go on with the next page.
      rest = last === undefined ? [] : (groups.pop() ?? []);
      const achados = await judgeGroups(sync, corrida, conhecimento, integracaoId, groups);
      await transaction(sync.db, async (tx) => {
        await recordAchados(tx, corrida.id, achados);
        await advance(tx, corrida, {});
      });
      depois = last;
    }
  }
  return true;
}

function groupByCpf(contas: Conta[]): Conta[][] {
  const groups: Conta[][] = [];
  for (const conta of contas) {
    const open = groups.at(-1);
    if (open?.[0]?.impressao.equals(conta.impressao)) open.push(conta);
    else groups.push([conta]);
  }
  return groups;
}

async function judgeGroups(
  sync: Sync,
  corrida: Corrida,
  conhecimento: Conhecimento,
  integracaoId: number,
  groups: Conta[][],
): Promise<Achado[]> {
  const told = groups.filter((group) => group.length > 1 || group[0]?.usuarioId === null);
  const conhecidos = await findConhecidos(sync.db, corrida.id, integracaoId, told);
  return told.flatMap((group) => {
    const extra = group.filter(({ usuarioId }) => usuarioId === null);
    // Two usuários of ours in one CPF cannot be; an account seen twice under two ids of one usuário is told once.
    const conta = extra[0] ?? group.at(-1);
    if (conta === undefined) return [];
    const quem = conhecidos.get(conta.impressao.toString('hex'));
    const own = group.find(({ usuarioId }) => usuarioId !== null);
    const twice = group.length > 1;
    const valores = (twice ? (extra.length > 0 ? extra : [conta]) : [conta]).map(
      ({ plano }) => conhecimento.valorDoCodigo.get(`${integracaoId}:${plano ?? ''}`) ?? null,
    );
    return [
      {
        classe: twice ? ('cpf_duplicado' as const) : ('desconhecido_aqui' as const),
        integracaoId,
        chave: twice ? `cpf:${conta.impressao.toString('hex')}` : `conta:${conta.remotoId}`,
        usuarioId: own?.usuarioId ?? quem?.usuarioId ?? null,
        contratoId: quem?.contratoId ?? null,
        clienteId: quem?.clienteId ?? null,
        filialId: quem?.filialId ?? 0,
        remotoId: conta.remotoId,
        ixc: quem?.contratoId ? ('ativo' as const) : null,
        nosso: own?.situacao ?? null,
        parceiro: conta.situacao,
        para: null,
        planoId: null,
        planoParceiro: conta.plano,
        campos: [],
        valorCentavos: valores.every((valor) => valor === null)
          ? null
          : valores.reduce<number>((sum, valor) => sum + (valor ?? 0), 0),
        // Which of two is the right one, or whose it is, only people can say.
        correcao: null,
        desde: null,
      },
    ];
  });
}

interface Conhecido {
  usuarioId: number | null;
  contratoId: number | null;
  clienteId: number | null;
  filialId: number;
}

// Whose CPF it is, when we have a usuário or a contract without one for it.
async function findConhecidos(
  db: Db,
  comparacaoId: number,
  integracaoId: number,
  groups: Conta[][],
): Promise<Map<string, Conhecido>> {
  const impressoes = groups.flatMap(([conta]) => (conta?.comCpf ? [conta.impressao] : []));
  if (impressoes.length === 0) return new Map();
  const params: Params = { integracaoId, integracaoId2: integracaoId, comparacaoId };
  impressoes.forEach((impressao, n) => {
    params[`u${n}`] = impressao;
    params[`c${n}`] = impressao;
  });
  const names = (prefix: string): string => impressoes.map((_, n) => `:${prefix}${n}`).join(', ');
  const found = await rows(
    db,
    `SELECT u.impressao, u.id AS usuarioId, a.contrato_id AS contratoId, a.cliente_id AS clienteId,
       COALESCE(a.filial_id, 0) AS filialId
     FROM usuarios u LEFT JOIN adesoes a ON a.usuario_id = u.id AND a.vigente IS NOT NULL
     WHERE u.integracao_id = :integracaoId AND u.impressao IN (${names('u')})
     UNION ALL SELECT impressao, NULL, contrato_id, cliente_id, filial_id FROM comparacao_contratos
     WHERE comparacao_id = :comparacaoId AND integracao_id = :integracaoId2 AND impressao IN (${names('c')})`,
    params,
    z.object({
      impressao: z.instanceof(Buffer),
      // A column that is NULL in one half of a UNION comes as text.
      usuarioId: z.coerce.number().nullable(),
      contratoId: z.number().nullable(),
      clienteId: z.number().nullable(),
      filialId: z.coerce.number(),
    }),
  );
  const known = new Map<string, Conhecido>();
  for (const { impressao, ...quem } of found) {
    const hex = impressao.toString('hex');
    if (!known.has(hex)) known.set(hex, quem);
  }
  return known;
}

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
