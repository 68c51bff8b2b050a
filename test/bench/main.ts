// The benchmark: real MariaDB with durable commits, real simulator, the compiled plugin; one run, one table. It measures and does not judge.
import { cpus, loadavg } from 'node:os';
import { type Mariadb, startMariadb } from '../../src/demo/mariadb.ts';
import { type Simulador, startSimulador } from '../../src/demo/simulador/processo.ts';
import { measureIncremental, measureReacao, registerVinculos, settleUsuarios } from './automacao.ts';
import { measureBuscas } from './busca.ts';
import { measureCliques } from './clique.ts';
import { measureComparacao } from './comparacao.ts';
import { measureCompleta } from './completa.ts';
import { measureFila } from './fila.ts';
import { createInstalacao, createIxc, type Instalacao, type Ixc, plantUsuarios } from './instalacao.ts';
import { measureListas } from './listas.ts';
import { measureExportacao, measureSimulacao } from './lotes.ts';
import type { Navegador } from './navegador.ts';
import { measurePaginas } from './paginas.ts';
import { measureDemo, measurePartidas, memoryLine } from './partida.ts';
import { buildPrograma, type Plugin, type Programa } from './plugin.ts';
import { drawTable, type Falha, type Linha, number } from './tabela.ts';

const PEQUENA = 10_000;
const USUARIOS = 50_000;
const VARRIDOS = 5_000;

interface Bancada {
  mariadb: Mariadb;
  simulador: Simulador;
  programa: Programa;
}

const linhas: Linha[] = [];
const falhas: Falha[] = [];

async function main(): Promise<void> {
  const asJson = process.argv.includes('--json');
  const grande = readSize();
  const start = performance.now();
  const [carga = 0] = loadavg();
  const bancada = await prepare(grande);
  try {
    tell(`Criando o IXC pequeno (${PEQUENA.toLocaleString('pt-BR')} contratos)…`);
    const pequeno = await createIxc(bancada.mariadb, 'ixc_pequeno', PEQUENA);
    await measureSmall(bancada, pequeno);
    await measureQueue(bancada, pequeno);
    tell(`Criando o IXC grande (${grande.toLocaleString('pt-BR')} contratos)…`);
    const largo = await createIxc(bancada.mariadb, 'ixc_grande', grande);
    await measureLarge(bancada, largo);
    await measureScan(bancada, pequeno, largo);
    await measureReaction(bancada, largo);
    await measureComparison(bancada, largo);
  } finally {
    await bancada.simulador.stop();
    await bancada.mariadb.stop();
    bancada.programa.remove();
  }
  await attempt('npm run demo', measureDemo);
  const segundos = Math.round((performance.now() - start) / 1000);
  const ambiente = describeMachine(carga, segundos);
  if (asJson) process.stdout.write(`${JSON.stringify({ ...ambiente, linhas, falhas }, null, 2)}\n`);
  else process.stdout.write(`\n${drawTable(linhas, falhas)}\n\n${Object.values(ambiente).join('; ')}\n`);
}

// A machine that others were using when we came measures them too: whoever reads the table must see it.
function describeMachine(carga: number, segundos: number): Record<string, string> {
  return {
    maquina: `${cpus().length} × ${cpus()[0]?.model ?? 'CPU'}, Node ${process.versions.node}`,
    carga: `carga da máquina antes de começar: ${number(carga)}${carga > 0.5 ? ' (ocupada: os tempos sofrem)' : ''}`,
    duracao: `${segundos} s ao todo`,
  };
}

function readSize(): number {
  const value = Number(process.env['BENCH_CONTRATOS'] || 1_000_000);
  if (Number.isInteger(value) && value >= PEQUENA && value <= 1_000_000) return value;
  throw new Error(`BENCH_CONTRATOS precisa ser um número inteiro de ${PEQUENA} a 1000000.`);
}

// About 2 KiB a contract with its client and indexes: the larger base fits in memory, as a provider's does.
async function prepare(grande: number): Promise<Bancada> {
  tell('Compilando o plugin e iniciando MariaDB e simulador…');
  const programa = buildPrograma();
  try {
    const bufferPoolMb = Math.min(2048, 256 + Math.ceil((grande * 2) / 1024));
    const mariadb = await startMariadb({ durable: true, bufferPoolMb });
    return { programa, mariadb, simulador: await startSimulador() };
  } catch (error) {
    programa.remove();
    throw error;
  }
}

async function measureSmall(bancada: Bancada, ixc: Ixc): Promise<void> {
  await withInstalacao(bancada, ixc, 'nosso_pequeno', async (instalacao) => {
    await plantUsuarios(instalacao, USUARIOS);
    await attempt('partida do plugin', () => measurePartidas(bancada.programa, instalacao));
    await withPlugin(bancada, instalacao, async (_plugin, navegador) => {
      await attempt('páginas', () => measurePaginas(instalacao, navegador));
      await attempt('listas', () => measureListas(instalacao));
    });
  });
}

async function measureQueue(bancada: Bancada, ixc: Ixc): Promise<void> {
  await withInstalacao(bancada, ixc, 'nosso_fila', (instalacao) =>
    withPlugin(bancada, instalacao, async (plugin, navegador) => {
      await attempt('fila', () => measureFila(instalacao, navegador, bancada.simulador));
      await attempt('memória', async () => [
        await memoryLine('Memória do plugin depois da fila', plugin, false),
      ]);
    }),
  );
}

async function measureLarge(bancada: Bancada, ixc: Ixc): Promise<void> {
  await withInstalacao(bancada, ixc, 'nosso_grande', async (instalacao) => {
    await plantUsuarios(instalacao, USUARIOS);
    await withPlugin(bancada, instalacao, async (plugin, navegador) => {
      await attempt('páginas', () => measurePaginas(instalacao, navegador));
      await attempt('listas', () => measureListas(instalacao));
      await attempt('memória', async () => [
        await memoryLine('Memória do plugin depois das páginas', plugin),
      ]);
      await attempt('exportação', () => measureExportacao(instalacao, navegador, plugin));
      await attempt('buscas', () => measureBuscas(instalacao, navegador));
      await attempt('cliques', () => measureCliques(instalacao, navegador));
    });
  });
}

// As many people in both: only the base of IXC differs.
async function measureScan(bancada: Bancada, pequeno: Ixc, grande: Ixc): Promise<void> {
  await withInstalacao(bancada, pequeno, 'auto_pequeno', (menor) =>
    withInstalacao(bancada, grande, 'auto_grande', async (maior) => {
      for (const each of [menor, maior]) {
        await plantUsuarios(each, VARRIDOS);
        await registerVinculos(each);
      }
      await attempt('varredura incremental', () => measureIncremental(maior, menor));
    }),
  );
  await withInstalacao(bancada, grande, 'auto_completa', async (instalacao) => {
    await plantUsuarios(instalacao, Math.min(USUARIOS, grande.contratos / 20));
    await registerVinculos(instalacao);
    await settleUsuarios(instalacao);
    await attempt('varredura completa', () => measureCompleta(instalacao));
    await attempt('simulação de um lote', () => measureSimulacao(instalacao));
  });
}

// BENCH_COMPARADOS people; as many as there are contracts unless told otherwise.
async function measureComparison(bancada: Bancada, ixc: Ixc): Promise<void> {
  await withInstalacao(bancada, ixc, 'auto_comparacao', async (instalacao) => {
    const people = Number(process.env['BENCH_COMPARADOS'] || ixc.contratos);
    await plantUsuarios(instalacao, Math.min(people, ixc.contratos));
    await settleUsuarios(instalacao);
    await attempt('comparação dos três lados', () => measureComparacao(instalacao));
  });
}

async function measureReaction(bancada: Bancada, ixc: Ixc): Promise<void> {
  await withInstalacao(bancada, ixc, 'auto_reacao', async (instalacao) => {
    await registerVinculos(instalacao);
    await withPlugin(bancada, instalacao, () =>
      attempt('mudança no IXC até o parceiro', () => measureReacao(instalacao)),
    );
  });
}

async function withInstalacao(
  { mariadb, simulador }: Bancada,
  ixc: Ixc,
  nome: string,
  work: (instalacao: Instalacao) => Promise<void>,
): Promise<void> {
  const instalacao = await createInstalacao(mariadb, ixc, nome, simulador);
  try {
    await work(instalacao);
  } finally {
    await instalacao.end();
  }
}

async function withPlugin(
  { programa }: Bancada,
  instalacao: Instalacao,
  work: (plugin: Plugin, navegador: Navegador) => Promise<void>,
): Promise<void> {
  const plugin = await programa.start(instalacao.env);
  try {
    const navegador = await instalacao.entrar(plugin);
    await work(plugin, navegador);
    navegador.close();
  } finally {
    await plugin.stop();
  }
}

// A part that cannot be measured is said so in the table; the others still are.
async function attempt(nome: string, work: () => Promise<Linha[]>): Promise<void> {
  tell(`Medindo: ${nome}…`);
  try {
    const found = await work();
    linhas.push(...found);
    // A run of an hour that is cut short has told what it knew.
    tell(drawTable(found, []));
  } catch (error) {
    const erro = error instanceof Error ? error.message : String(error);
    falhas.push({ nome, erro });
    tell(`${nome}: ${error instanceof Error ? error.stack : erro}`);
  }
}

function tell(what: string): void {
  process.stderr.write(`${what}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    tell(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
