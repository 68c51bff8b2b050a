// An installation that goes by itself: vínculos, accepted rules, mode automático, a worker, and a scanner that looks when told.
import mysql, { type RowDataPacket } from 'mysql2/promise';
import { inject } from 'vitest';
import { PRODUTOS } from '../../src/demo/ixc/catalogo.ts';
import { externalIdOf } from '../../src/sync/contexto.ts';
import { runLotes } from '../../src/sync/lotes/andamento.ts';
import { approveLote } from '../../src/sync/lotes/decisao.ts';
import { findLote, type Lote, listLotes, type Origem } from '../../src/sync/lotes/lotes.ts';
import { preparePrevia, requestPrevia } from '../../src/sync/lotes/previa.ts';
import { saveModo } from '../../src/sync/modos.ts';
import { savePlano } from '../../src/sync/planos.ts';
import type { Operador, Situacao } from '../../src/sync/tipos.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { saveVinculo } from '../../src/sync/vinculosSalvos.ts';
import { assentar } from './conferencia.ts';
import { createMundo, eventually, type Mundo, OPERADOR } from './mundo.ts';

export interface Gente {
  id: number;
  contrato: number;
  cliente: number;
}

export interface Automacao {
  mundo: Mundo;
  /** Where PRODUTOS.familia leads; PRODUTOS.individual leads to `mundo.planoId`. */
  familiaId: number;
  /** New people with an active account each. */
  ativos(total: number): Promise<Gente[]>;
  /** Changes a contract as IXC would. */
  contrato(id: number, values: Record<string, string | number | null>): Promise<void>;
  /** One look of the scanner; `completa` = everything is read. */
  olhar(tipo?: 'completa'): Promise<void>;
  /** Accepts the rules of now without doing anything: somebody saw a prévia and approved none of it. */
  aceitar(): Promise<void>;
  /** Asks for a prévia and fills it. */
  previa(): Promise<Lote>;
  /** The newest lote of this origin that waits, or undefined. */
  esperando(origem: Origem): Promise<Lote | undefined>;
  lote(id: number): Promise<Lote>;
  /** Approves with the hash of now and carries everything out. */
  aprovar(lote: Lote, linhas?: number[], operador?: Operador): Promise<void>;
  /** Waits until the partner has confirmed it. */
  confirmado(id: number, observada: Situacao): Promise<void>;
  /** Calls of one kind that reached the partner since `mundo` began. */
  chamadas(operacao: string): Promise<number>;
  /** One value of our schema. */
  valor(sql: string, params?: unknown[]): Promise<unknown>;
  /** What rules did so far lies far behind: the brake begins anew. */
  esquecer(): Promise<void>;
  /** The partner's plan of a person now, as our plano id. */
  planoNoParceiro(id: number): Promise<number | undefined>;
  /** IXC's tables as they are now, to be put back by `restaurar`, timestamps included. */
  guardar(): Promise<void>;
  restaurar(): Promise<void>;
  /** A statement with every right on the server; `{ixc}` = IXC's database, `{leitor}` = the plugin's user on it. */
  root(sql: string): Promise<void>;
  /** Does `work` while IXC lets none of the plugin's connections in. */
  semIxc(work: () => Promise<unknown>): Promise<void>;
  /** The reason of the last row of runs, when it is a refusal. */
  recusa(): Promise<string | null>;
  end(): Promise<void>;
}

/** Another person with every right. */
export const OUTRO: Operador = { ...OPERADOR, id: 9, nome: 'Outra pessoa' };

/** Builds it. `automatico: false` leaves every mode at observar and the rules unaccepted. */
export async function createAutomacao(
  options: { automatico?: boolean; env?: Record<string, string>; contratos?: number } = {},
): Promise<Automacao> {
  const mundo = await createMundo({ contratos: options.contratos ?? 100, env: options.env ?? {} });
  const { sync, operador } = mundo;
  mundo.startWorker();
  // A base in which nobody has changed anything for weeks looks like an old copy.
  await mundo.gente(1);
  const familiaId = await savePlano(sync, operador, undefined, {
    nome: 'Clínico família',
    descricao: '',
    valor: '89,90',
    codigo: 'clinico-familia',
    integracao_id: String(mundo.integracaoId),
  });
  for (const [plano, produto] of [
    [mundo.planoId, PRODUTOS.individual],
    [familiaId, PRODUTOS.familia],
  ] as const) {
    await saveVinculo(sync, operador, plano, { tipo: 'produto', ixc_id: String(produto.id) });
  }
  const varredura = createVarredura(sync, 'teste');
  const valor = async (sql: string, params: unknown[] = []): Promise<unknown> => {
    const [[first]] = await mundo.nosso.query<RowDataPacket[]>(sql, params);
    return first === undefined ? undefined : Object.values(first)[0];
  };
  const casa: Automacao = {
    mundo,
    familiaId,
    ativos: (total) => createAtivos(mundo, total),
    async contrato(id, values) {
      await mundo.escrita.change('cliente_contrato', id, values);
    },
    async olhar(tipo) {
      if (tipo === 'completa') await mundo.nosso.query('UPDATE varredura SET completa_em = NULL');
      await varredura.look();
    },
    async aceitar() {
      await casa.aprovar(await casa.previa(), []);
    },
    async previa() {
      const id = await requestPrevia(sync.db, operador);
      while (await preparePrevia(sync, 'teste'));
      return casa.lote(id);
    },
    async esperando(origem) {
      const { lotes } = await listLotes(sync.db, { origem, estado: 'aguardando', limite: 1 });
      return lotes[0];
    },
    async lote(id) {
      const found = await findLote(sync.db, id);
      if (found === undefined) throw new Error(`no lote ${id}`);
      return found;
    },
    async aprovar(lote, linhas, quem = operador) {
      await approveLote(sync, quem, lote.id, lote.resumo, linhas);
      while (await runLotes(sync));
    },
    async confirmado(id, observada) {
      await eventually(async () => {
        const usuario = await mundo.usuario(id);
        return usuario.observada === observada && !usuario.trabalho;
      });
    },
    async chamadas(operacao) {
      return (await mundo.simulador.historico({ operacao })).length;
    },
    valor,
    async esquecer() {
      await mundo.nosso.query('UPDATE operacoes SET criado_em = criado_em - INTERVAL 100 DAY');
    },
    async guardar() {
      for (const table of TABELAS) {
        await mundo.escrita.query(`DROP TABLE IF EXISTS guarda_${table}`);
        await mundo.escrita.query(`CREATE TABLE guarda_${table} AS SELECT * FROM ${table}`);
      }
    },
    async restaurar() {
      for (const table of TABELAS) {
        await mundo.escrita.query(`DELETE FROM ${table}`);
        await mundo.escrita.query(`INSERT INTO ${table} SELECT * FROM guarda_${table}`);
      }
    },
    root: (sql) => asRoot(mundo, sql),
    async semIxc(work) {
      const { username, password } = new URL(mundo.bancos.ixcUrl);
      await asRoot(mundo, "ALTER USER {leitor} IDENTIFIED BY 'outra'");
      await asRoot(mundo, `KILL USER ${username}`);
      try {
        await work();
      } finally {
        await asRoot(mundo, `ALTER USER {leitor} IDENTIFIED BY '${password}'`);
      }
    },
    async planoNoParceiro(id) {
      const vez = Number(await valor('SELECT vez FROM usuarios WHERE id = ?', [id]));
      const [account] = await mundo.simulador.pessoas({ externalId: externalIdOf(sync, id, vez) });
      return Number(await valor('SELECT id FROM planos WHERE remoto_id = ?', [account?.planId ?? '']));
    },
    recusa: async () =>
      String(
        (await valor(
          "SELECT IF(decisao = 'recusada', motivo, '') FROM varreduras ORDER BY id DESC LIMIT 1",
        )) ?? '',
      ) || null,
    end: () => mundo.end(),
  };
  if (options.automatico !== false) {
    await saveModo(sync, operador, { modo: 'automatico' });
    await casa.olhar();
    await casa.aceitar();
  }
  return casa;
}

const TABELAS = ['cliente', 'cliente_contrato', 'vd_contratos_produtos', 'cliente_contrato_servicos'];

async function asRoot({ bancos }: Mundo, sql: string): Promise<void> {
  const { username, pathname } = new URL(bancos.ixcUrl);
  const connection = await mysql.createConnection({ uri: inject('mariadbRootUrl') });
  try {
    await connection.query(sql.replaceAll('{ixc}', pathname.slice(1)).replaceAll('{leitor}', username));
  } finally {
    await connection.end();
  }
}

async function createAtivos(mundo: Mundo, total: number): Promise<Gente[]> {
  const waiting = await mundo.gente(total);
  const [found] = await mundo.ixc.query<RowDataPacket[]>(
    'SELECT id AS contrato, id_cliente AS cliente FROM cliente_contrato WHERE id IN (?)',
    [waiting],
  );
  const clienteDe = new Map(found.map((row) => [Number(row['contrato']), Number(row['cliente'])]));
  const gente: Gente[] = [];
  const lane = async (): Promise<void> => {
    for (let contrato = waiting.shift(); contrato !== undefined; contrato = waiting.shift())
      gente.push({ id: await mundo.criar(contrato), contrato, cliente: clienteDe.get(contrato) ?? 0 });
  };
  await Promise.all(Array.from({ length: 8 }, lane));
  await assentar(mundo, 300_000);
  return gente.sort((a, b) => a.id - b.id);
}
