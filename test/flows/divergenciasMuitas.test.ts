// A whole base compared: so many disagreements of each class planted over people who agree; found exactly, in bounded memory.
import type { RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Pessoa } from '../../src/demo/simulador/controle.ts';
import { listClientes } from '../../src/ixc/clientes.ts';
import type { ClienteLido } from '../../src/ixc/tipos.ts';
import { isValidCpf } from '../../src/ixc/valores.ts';
import { externalIdOf, impressaoDoCpf } from '../../src/sync/contexto.ts';
import { requestComparacao } from '../../src/sync/divergencias/comparacoes.ts';
import { runComparacao } from '../../src/sync/divergencias/execucao.ts';
import { contactOf } from '../../src/sync/pessoa.ts';
import { createVarredura } from '../../src/sync/varredura/varredura.ts';
import { createMundo, type Mundo } from '../setup/mundo.ts';

const LONGO = process.env['LONGO'] === '1';
const CONTRATOS = LONGO ? 60_000 : 1_500;
const N = LONGO ? 100 : 10;
const MEMORIA_MB = 150;
const PAGE = 500;

interface Conhecido {
  usuario: number;
  contrato: number;
  cliente: ClienteLido;
}

let mundo: Mundo;
let gente: Conhecido[];
const esperadas: string[] = [];

beforeAll(async () => {
  mundo = await createMundo({ contratos: CONTRATOS });
  await mundo.gente(1);
  await mundo.nosso.query("UPDATE planos SET remoto_id = 'clinico-24h', registro = 'registrado'");
  gente = await plantUsuarios();
  await createVarredura(mundo.sync, 'teste').look();
  await mundo.nosso.query(
    'UPDATE adesoes SET significado = lido_significado, lido_plano_origem = plano_origem',
  );
  await mundo.nosso.query(
    'DELETE FROM usuarios WHERE id NOT IN (SELECT usuario_id FROM adesoes WHERE vigente IS NOT NULL)',
  );
  await plantContas();
}, 600_000);
afterAll(() => mundo.end());

// One person for each contract of the base whose client nobody else shares.
async function plantUsuarios(): Promise<Conhecido[]> {
  const { sync, nosso, ixc, integracaoId, planoId } = mundo;
  const [contratos] = await ixc.query<RowDataPacket[]>(
    'SELECT id, id_cliente AS cliente, id_filial AS filial FROM cliente_contrato ORDER BY id',
  );
  const seen = new Set<string>();
  const all: Conhecido[] = [];
  for (let start = 0; start < contratos.length; start += PAGE) {
    const page = contratos.slice(start, start + PAGE);
    const clientes = await listClientes(
      sync.ixc,
      page.map((row) => Number(row['cliente'])),
    );
    const byId = new Map(clientes.map((cliente) => [cliente.id, cliente]));
    const chosen = page.flatMap((row) => {
      const cliente = byId.get(Number(row['cliente']));
      if (cliente?.tipoPessoa !== 'F' || !isValidCpf(cliente.documento) || seen.has(cliente.documento))
        return [];
      seen.add(cliente.documento);
      return [
        {
          usuario: Number(row['id']),
          contrato: Number(row['id']),
          filial: Number(row['filial'] ?? 0),
          cliente,
        },
      ];
    });
    if (chosen.length === 0) continue;
    await nosso.query(
      `INSERT INTO usuarios (id, integracao_id, impressao, desejada, desejado_plano_id, observada, observado_plano, observada_em,
         trabalho, proxima_em, criado_em) VALUES ?`,
      [
        chosen.map(({ usuario, cliente }) => [
          usuario,
          integracaoId,
          impressaoDoCpf(sync, cliente.documento),
          'ativo',
          planoId,
          'ativo',
          'clinico-24h',
          '2026-01-01 00:00:00',
          0,
          '2026-01-01 00:00:00',
          '2026-01-01 00:00:00',
        ]),
      ],
    );
    await nosso.query(
      `INSERT INTO adesoes (usuario_id, contrato_id, vigente, cliente_id, filial_id, plano_id, plano_origem, significado, criado_em) VALUES ?`,
      [
        chosen.map(({ usuario, contrato, filial, cliente }) => [
          usuario,
          contrato,
          contrato,
          cliente.id,
          filial,
          planoId,
          'operador',
          'ativo',
          '2026-01-01 00:00:00',
        ]),
      ],
    );
    all.push(...chosen);
  }
  return all;
}

// Everybody has at the partner what the contracts say, but those planted otherwise.
async function plantContas(): Promise<void> {
  const { sync, nosso, simulador } = mundo;
  const [lidas] = await nosso.query<RowDataPacket[]>(
    'SELECT usuario_id AS id, lido_significado AS lido FROM adesoes',
  );
  const significado = new Map(lidas.map((row) => [Number(row['id']), String(row['lido'])]));
  const ativos = gente.filter(({ usuario }) => significado.get(usuario) === 'ativo');
  const bloqueados = gente.filter(({ usuario }) =>
    ['bloqueado', 'cancelar'].includes(significado.get(usuario) ?? ''),
  );
  await nosso.query("UPDATE usuarios SET desejada = 'bloqueado', observada = 'bloqueado' WHERE id IN (?)", [
    bloqueados.map(({ usuario }) => usuario),
  ]);
  const off = new Map<number, Pessoa | null>();
  const spread = (from: Conhecido[], turn: number): Conhecido[] =>
    from.filter((_, index) => index % Math.floor(from.length / N) === turn).slice(0, N);
  const plant = (classe: string, who: Conhecido[], change: Pessoa | null): void => {
    for (const { usuario } of who) {
      off.set(usuario, change);
      esperadas.push(`${classe} usuario:${usuario}`);
    }
  };
  plant('pago_bloqueado', spread(ativos, 0), { status: 'blocked' });
  plant('ativo_sem_usuario', spread(ativos, 1), null);
  plant('plano_errado', spread(ativos, 2), { planId: 'familia-24h' });
  plant('dados_diferentes', spread(ativos, 3), { name: 'Nome Que Mudou La' });
  plant('cancelado_ativo', spread(bloqueados, 0), { status: 'active' });
  const orphans = spread(ativos, 4);
  plant('usuario_sem_contrato', orphans, {});
  for (const { contrato } of orphans) await mundo.escrita.remove('cliente_contrato', contrato);
  await nosso.query('UPDATE adesoes SET ausencias = 2 WHERE contrato_id IN (?)', [
    orphans.map(({ contrato }) => contrato),
  ]);

  const contaDe = ({ usuario, cliente }: Conhecido): Pessoa => {
    const { email, celular } = contactOf(cliente);
    return {
      externalId: externalIdOf(sync, usuario, 1),
      status:
        significado.get(usuario) === 'ativo' ||
        !['bloqueado', 'cancelar'].includes(significado.get(usuario) ?? '')
          ? 'active'
          : 'blocked',
      planId: 'clinico-24h',
      name: cliente.nome.toUpperCase(),
      cpf: cliente.documento,
      birthDate: cliente.nascimento,
      email,
      phone: celular === null ? null : `+55${celular}`,
    };
  };
  const waiting = gente.filter(({ usuario }) => off.get(usuario) !== null);
  const lane = async (): Promise<void> => {
    for (let each = waiting.pop(); each !== undefined; each = waiting.pop())
      await simulador.planta({ ...contaDe(each), ...off.get(each.usuario) });
  };
  const dobradas = spread(ativos, 5);
  for (const { usuario, cliente } of dobradas) {
    await simulador.planta({ cpf: cliente.documento, externalId: `outra-${usuario}` });
    esperadas.push(`cpf_duplicado usuario:${usuario}`);
  }
  for (let each = 0; each < N; each += 1) {
    const { id } = await simulador.planta({ cpf: null, externalId: `de-ninguem-${each}` });
    esperadas.push(`desconhecido_aqui conta:${id}`);
  }
  await Promise.all(Array.from({ length: 8 }, lane));
}

test(`${CONTRATOS} contracts: exactly what was planted is listed, in bounded memory`, async () => {
  const { sync, operador, nosso } = mundo;
  await requestComparacao(sync, operador);
  globalThis.gc?.();
  const rest = process.memoryUsage.rss();
  let peak = rest;
  const looking = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage.rss());
  }, 20);
  const start = performance.now();
  await runComparacao(sync, 'teste');
  const ms = performance.now() - start;
  clearInterval(looking);
  const [[comparacao]] = await nosso.query<RowDataPacket[]>('SELECT * FROM comparacoes');
  const [found] = await nosso.query<RowDataPacket[]>('SELECT classe, chave, usuario_id FROM divergencias');
  const listed = found.map(({ classe, chave, usuario_id: id }) =>
    classe === 'cpf_duplicado' ? `${classe} usuario:${id}` : `${classe} ${chave}`,
  );
  console.log(
    `${comparacao?.['contas']} contas em ${Math.round(ms)} ms, ${Math.round((peak - rest) / 2 ** 20)} MB`,
  );
  expect(comparacao?.['estado']).toBe('feita');
  expect(comparacao?.['pessoas']).toBeGreaterThan(CONTRATOS / 2);
  expect(listed.sort()).toEqual(esperadas.sort());
  expect((peak - rest) / 2 ** 20).toBeLessThan(MEMORIA_MB);
}, 600_000);
