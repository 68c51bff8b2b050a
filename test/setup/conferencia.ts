// The history check: what the partner saw, what we wrote down, and what should be, laid side by side.
import { z } from 'zod';
import { optionalRow, rows } from '../../src/db.ts';
import type { Registro } from '../../src/demo/simulador/historico.ts';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { eventually, type Mundo } from './mundo.ts';

export interface Conferencia {
  /** Calls that reached the partner, those of them that write, and the rows we have for them. */
  chamadas: number;
  escritas: number;
  tentativas: number;
  usuarios: number;
  /** Calls that a fault of the partner broke. */
  estragadas: number;
  /** Every promise that was broken, in words; empty = all kept. */
  erros: string[];
}

/** Waits until nobody has work left (held people aside) and every registration has ended. */
export async function assentar(mundo: Mundo, ms = 20_000): Promise<void> {
  const left = (): Promise<unknown[]> =>
    rows(
      mundo.sync.db,
      `SELECT id, desejada, observada, falhas, abertas, conferencias, mensagem, lease_ate, proxima_em, UTC_TIMESTAMP(6) AS agora
       FROM usuarios WHERE trabalho = 1 AND retida IS NULL
       UNION ALL SELECT id, 'plano', registro, registro_falhas, 0, 0, registro_mensagem, registro_lease_ate, registro_proxima_em,
         UTC_TIMESTAMP(6) FROM planos WHERE registro = 'pendente' LIMIT 3`,
      {},
      z.unknown(),
    );
  await eventually(async () => (await left()).length === 0, ms).catch(async () => {
    throw new Error(`not settled after ${ms} ms: ${JSON.stringify(await left())}`);
  });
}

/** Lays everything side by side, once all has settled. `retidas` = holds that the test means to have. */
export async function conferir(mundo: Mundo, retidas: string[] = []): Promise<Conferencia> {
  const historico = await mundo.simulador.historico();
  const tentativas = await listTentativas(mundo);
  const usuarios = await listUsuarios(mundo);
  const erros = [
    ...(await findUnrecorded(mundo, historico, tentativas)),
    ...(await findOverlaps(mundo)),
    ...(await findDoubles(mundo)),
    ...(await findWrong(mundo, usuarios, retidas)),
    ...tentativas
      .filter(({ resultado }) => resultado === 'enviada')
      .map(({ id }) => `tentativa ${id} is still open`),
    ...(await findOpenOperacoes(mundo)),
  ];
  return {
    chamadas: historico.length,
    escritas: historico.filter(isUserWrite).length,
    tentativas: tentativas.length,
    usuarios: usuarios.length,
    estragadas: historico.filter(({ rule }) => rule !== null).length,
    erros,
  };
}

const TentativaRow = z.object({
  id: z.number(),
  operacaoId: z.number().nullable(),
  usuarioId: z.number().nullable(),
  chamada: z.string(),
  resultado: z.string(),
  enviadaMs: z.coerce.number(),
});
type TentativaRow = z.output<typeof TentativaRow>;

const listTentativas = (mundo: Mundo): Promise<TentativaRow[]> =>
  rows(
    mundo.sync.db,
    `SELECT id, operacao_id AS operacaoId, usuario_id AS usuarioId, chamada, resultado,
       UNIX_TIMESTAMP(enviada_em) * 1000 AS enviadaMs FROM tentativas ORDER BY id`,
    {},
    TentativaRow,
  );

const UsuarioRow = z.object({
  id: z.number(),
  vez: z.number(),
  desejada: z.string(),
  observada: z.string(),
  trabalho: z.number(),
  retida: z.string().nullable(),
  plano: z.string().nullable(),
});
type UsuarioRow = z.output<typeof UsuarioRow>;

const listUsuarios = (mundo: Mundo): Promise<UsuarioRow[]> =>
  rows(
    mundo.sync.db,
    `SELECT u.id, u.vez, u.desejada, u.observada, u.trabalho, u.retida, p.remoto_id AS plano
     FROM usuarios u LEFT JOIN planos p ON p.id = u.desejado_plano_id`,
    {},
    UsuarioRow,
  );

const WRITES = ['createUser', 'blockUser', 'unblockUser', 'cancelUser', 'changePlan', 'updateUser'];
const isUserWrite = ({ operation }: Registro): boolean => WRITES.includes(operation ?? '');

const CHAMADA: Record<string, string> = {
  createUser: 'criar',
  blockUser: 'bloquear',
  unblockUser: 'desbloquear',
  cancelUser: 'cancelar',
  changePlan: 'trocar_plano',
  updateUser: 'atualizar',
  getUser: 'buscar_por_id',
  listPlans: 'listar_planos',
  createPlan: 'registrar_plano',
  updatePlan: 'atualizar_plano',
  registerIntegration: 'registrar_integracao',
  getCurrentIntegration: 'testar',
};

function groupBy<T>(all: T[], keyOfEach: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const key = keyOfEach(each);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return groups;
}

const isReading = (chamada: string): boolean =>
  chamada.startsWith('buscar') || chamada === 'listar_planos' || chamada === 'testar';

// The n-th call of a kind needs n rows of that kind written no later than it arrived. Both clocks are this machine's.
async function findUnrecorded(
  mundo: Mundo,
  historico: Registro[],
  tentativas: TentativaRow[],
): Promise<string[]> {
  const rowsOf = groupBy(
    tentativas.filter(({ resultado }) => resultado !== 'nao_enviada'),
    ({ operacaoId, chamada }) => (isReading(chamada) ? chamada : `${chamada} op ${operacaoId}`),
  );
  const callsOf = groupBy(historico, (call) => keyOf(mundo, call));
  const erros: string[] = [];
  for (const [key, kind] of callsOf) {
    const sent = (rowsOf.get(key) ?? []).map(({ enviadaMs }) => enviadaMs).sort((a, b) => a - b);
    kind.forEach(({ at, seq }, index) => {
      const row = sent[index];
      if (row === undefined || row > at + 1) erros.push(`call ${seq} (${key}) has no earlier row`);
    });
  }
  return erros;
}

function keyOf({ sync }: Mundo, { operation, path, idempotencyKey }: Registro): string {
  if (operation === 'listUsers') return path.includes('cpf=') ? 'buscar_por_cpf' : 'buscar_por_referencia';
  const chamada = CHAMADA[operation ?? ''] ?? `${operation}`;
  if (isReading(chamada)) return chamada;
  return `${chamada} op ${idempotencyKey?.replace(`ixc-${sync.instalacao}-op-`, '') ?? 'none'}`;
}

async function findOverlaps({ simulador }: Mundo): Promise<string[]> {
  const { sobreposicoes } = await simulador.concorrencia();
  return sobreposicoes.map(
    ({ externalId, calls }) => `calls ${calls.join(', ')} for ${externalId} overlapped`,
  );
}

async function findDoubles({ simulador }: Mundo): Promise<string[]> {
  const pessoas = (await simulador.pessoas()).filter(({ tenant }) => tenant === 'int-1');
  const byReference = groupBy(pessoas, ({ externalId }) => externalId ?? '');
  const alive = pessoas.filter(
    ({ status, externalId }) => status !== 'cancelled' && externalId?.startsWith('ixc-'),
  );
  const byCpf = groupBy(alive, ({ cpf }) => cpf ?? '');
  return [
    ...[...byReference].filter(([reference, all]) => reference !== '' && all.length > 1),
    ...[...byCpf].filter(([, all]) => all.length > 1),
  ].map(
    ([, all]) => `${all.length} accounts: ${all.map(({ externalId, status }) => `${externalId} ${status}`)}`,
  );
}

const EXPECTED: Record<string, (string | undefined)[]> = {
  ativo: ['active', 'pending'],
  bloqueado: ['blocked', undefined],
  cancelado: ['cancelled', undefined],
  ausente: [undefined],
};

async function findWrong(mundo: Mundo, usuarios: UsuarioRow[], retidas: string[]): Promise<string[]> {
  const pessoas = new Map((await mundo.simulador.pessoas()).map((each) => [each.externalId, each]));
  return usuarios.flatMap((usuario) => {
    const { id, vez, desejada, observada, retida, trabalho, plano } = usuario;
    const say = (what: string): string => `usuário ${id} ${what}`;
    if (retida !== null) return retidas.includes(retida) ? [] : [say(`is held: ${retida}`)];
    const account = pessoas.get(externalIdOf(mundo.sync, id, vez));
    const erros: string[] = [];
    if (trabalho === 1) erros.push(say('still has work'));
    if (observada === 'desconhecido') erros.push(say('is unknown'));
    if (!EXPECTED[desejada]?.includes(account?.status))
      erros.push(say(`should be ${desejada} and is ${account?.status ?? 'absent'}`));
    if (desejada === 'ativo' && account && account.planId !== plano)
      erros.push(say(`should have plan ${plano} and has ${account.planId}`));
    return erros;
  });
}

async function findOpenOperacoes({ sync }: Mundo): Promise<string[]> {
  const open = await rows(
    sync.db,
    `SELECT o.id, o.acao FROM operacoes o LEFT JOIN usuarios u ON u.id = o.usuario_id
     WHERE o.estado = 'aberta' AND u.retida IS NULL`,
    {},
    z.object({ id: z.number(), acao: z.string() }),
  );
  return open.map(({ id, acao }) => `operação ${id} (${acao}) is still open`);
}

/** One value of one row of our schema, for conditions that a test waits for. */
export async function valor(
  mundo: Mundo,
  sql: string,
  params: Record<string, string | number> = {},
): Promise<unknown> {
  const found = await optionalRow(mundo.sync.db, sql, params, z.record(z.string(), z.unknown()));
  return found && Object.values(found)[0];
}
