// An invoice with errors planted on purpose over people who agree: what the closing must list, and no more.
import type { Connection } from 'mysql2/promise';
import { cpfDigits, maskCpf } from '../../src/demo/ixc/sorteio.ts';
import { externalIdOf, impressaoDoCpf, type Sync } from '../../src/sync/contexto.ts';
import { CLASSES, type Classe } from '../../src/sync/fechamento/conferencia.ts';

/** The month: October of 2026, 31 days; the rule: pro rata, blocked does not count. */
export const MES = '2026-10';
const DIAS = 31;

export interface Plantada {
  /** `classe linha usuario cobrado esperado`; cents, and - for none. */
  divergencias: string[];
  porClasse: Map<Classe, { quantas: number; centavos: number }>;
  /** The file, heading first; an amount is in cents. */
  linhas: { referencia: string; id: string; cpf: string; plano: string; centavos: number }[];
  cobrado: number;
  esperado: number;
}

interface Onde {
  sync: Sync;
  nosso: Connection;
  integracaoId: number;
  planos: { id: number; nome: string; codigo: string; centavos: number }[];
}

interface Trecho {
  desde: string;
  situacao: string;
  plano: number;
}
interface Pessoa {
  historia: Trecho[];
  /** What is due: of which plano (its place in `planos`), for how many days. */
  deve: { plano: number; dias: number }[];
}

const day = (mes: number, dia: number): string =>
  `2026-${String(mes).padStart(2, '0')}-${String(dia).padStart(2, '0')} 15:00:00`;
const ativo = (desde: string, plano = 0): Trecho => ({ desde, situacao: 'ativo', plano });

// Whoever agrees: there all month, new, blocked, moved to another plano, cancelled in the middle of it.
function pessoaComum(n: number, qual: number): Pessoa {
  const dia = 2 + (n % 28);
  const antes = ativo(day(8, 1 + (n % 28)));
  const stays = (dias: number): Pessoa['deve'] => [{ plano: 0, dias }];
  const all: Pessoa[] = [
    { historia: [antes], deve: stays(DIAS) },
    { historia: [ativo(day(10, dia))], deve: stays(DIAS - dia + 1) },
    { historia: [antes, { desde: day(10, dia), situacao: 'bloqueado', plano: 0 }], deve: stays(dia) },
    {
      historia: [antes, ativo(day(10, dia), 1)],
      deve: [...stays(dia - 1), { plano: 1, dias: DIAS - dia + 1 }],
    },
    { historia: [antes, { desde: day(10, dia), situacao: 'cancelado', plano: 0 }], deve: stays(dia) },
  ];
  return all[qual] ?? { historia: [], deve: [] };
}

// Whoever owes nothing: blocked since before, never there, or only after the month.
function pessoaSemContar(n: number): Pessoa {
  const bloqueada = [ativo(day(8, 3)), { desde: day(9, 10), situacao: 'bloqueado', plano: 0 }];
  return { historia: [bloqueada, [], [ativo(day(11, 2))]][n % 3] ?? [], deve: [] };
}

function pessoaDa(classe: Classe | undefined, n: number): Pessoa {
  if (classe === 'cobrado_cancelado')
    return {
      historia: [ativo(day(7, 4)), { desde: day(9, 1 + (n % 28)), situacao: 'cancelado', plano: 0 }],
      deve: [],
    };
  if (classe === 'cobrado_sem_contar') return pessoaSemContar(n);
  // An error is planted on whoever has one plano alone, so that it makes one disagreement.
  return pessoaComum(n, classe === undefined ? n % 5 : ([0, 1, 2, 4][Math.floor(n / 7) % 4] ?? 0));
}

/** Plants `pessoas` people, and `erros` errors of each class in the invoice of the month. */
export async function plantFatura(onde: Onde, pessoas: number, erros: number): Promise<Plantada> {
  const { sync, planos, integracaoId } = onde;
  const step = Math.floor(pessoas / (erros * CLASSES.length));
  const rows: unknown[][] = [];
  const trechos: unknown[][] = [];
  const cobrancas: {
    usuario: number | null;
    plano: string;
    centavos: number;
    esperado: number;
    classe?: Classe;
  }[] = [];
  const faltas: { usuario: number; esperado: number }[] = [];
  for (let n = 1; n <= pessoas; n += 1) {
    const turn = n % step === 0 ? n / step - 1 : -1;
    const classe = turn >= 0 && turn < erros * CLASSES.length ? CLASSES[turn % CLASSES.length] : undefined;
    const { historia, deve } = pessoaDa(classe, n);
    rows.push([n, integracaoId, impressaoDoCpf(sync, cpfDigits(7, n)), `conta-${n}`]);
    for (const { desde, situacao, plano } of historia)
      trechos.push([n, desde, situacao, planos[plano]?.id, 1]);
    const nome = (plano: number): string => (n % 2 ? planos[plano]?.nome : planos[plano]?.codigo) ?? '';
    const partes = deve.map(({ plano, dias }) => ({
      plano: nome(plano),
      centavos: Math.round(((planos[plano]?.centavos ?? 0) * dias) / DIAS),
    }));
    const [first = { plano: nome(0), centavos: 4990 }] = partes;
    const honest = partes.map((parte) => ({ usuario: n, ...parte, esperado: parte.centavos }));
    switch (classe) {
      case 'nao_cobrado':
        faltas.push({ usuario: n, esperado: first.centavos });
        continue;
      case 'cobrado_cancelado':
      case 'cobrado_sem_contar':
        cobrancas.push({ usuario: n, ...first, esperado: 0, classe });
        continue;
      case 'plano_errado':
        cobrancas.push({
          usuario: n,
          ...first,
          plano: n % 3 ? nome(1) : 'Ouro',
          esperado: first.centavos,
          classe,
        });
        continue;
      case 'valor_errado':
        cobrancas.push({
          ...first,
          usuario: n,
          centavos: first.centavos + (n % 2 || -1),
          esperado: first.centavos,
          classe,
        });
        continue;
      case 'cobrado_duas_vezes':
        cobrancas.push({ usuario: n, ...first, esperado: 0, classe });
        break;
      case 'desconhecido':
        cobrancas.push({ usuario: null, ...first, esperado: 0, classe });
    }
    cobrancas.push(...honest);
  }
  await insertAll(onde, rows, trechos);
  return writeFatura(sync, shuffled(cobrancas), faltas);
}

type Cobranca = Parameters<typeof writeFatura>[1][number];

function writeFatura(
  sync: Sync,
  cobrancas: { usuario: number | null; plano: string; centavos: number; esperado: number; classe?: Classe }[],
  faltas: { usuario: number; esperado: number }[],
): Plantada {
  const divergencias = faltas.map(({ usuario, esperado }) => `nao_cobrado - ${usuario} 0 ${esperado}`);
  const porClasse = new Map(CLASSES.map((classe) => [classe, { quantas: 0, centavos: 0 }]));
  const add = (classe: Classe, centavos: number): void => {
    const { quantas, centavos: before } = porClasse.get(classe) ?? { quantas: 0, centavos: 0 };
    porClasse.set(classe, { quantas: quantas + 1, centavos: before + centavos });
  };
  for (const { esperado } of faltas) add('nao_cobrado', -esperado);
  const linhas = cobrancas.map((each, index) => {
    const { classe, usuario, centavos, esperado } = each;
    if (classe !== undefined) {
      add(classe, centavos - esperado);
      divergencias.push(`${classe} ${lineOf(cobrancas, index)} ${usuario ?? '-'} ${centavos} ${esperado}`);
    }
    return { ...quem(sync, usuario, index), plano: each.plano, centavos };
  });
  const sum = (list: { esperado: number }[]) => list.reduce((total, { esperado }) => total + esperado, 0);
  return {
    divergencias: divergencias.sort(),
    porClasse,
    linhas,
    cobrado: linhas.reduce((total, { centavos }) => total + centavos, 0),
    esperado: sum(cobrancas) + sum(faltas),
  };
}

// As Excel numbers it, under the heading. Of two equal charges the later one is the second.
function lineOf(cobrancas: Cobranca[], index: number): number {
  const { classe, usuario } = cobrancas[index] ?? {};
  if (classe !== 'cobrado_duas_vezes') return index + 2;
  return cobrancas.findLastIndex((each) => each.usuario === usuario) + 2;
}

// One line in three by our reference, one by the partner's id, one by the CPF; nobody's in the same three ways.
function quem(sync: Sync, usuario: number | null, index: number) {
  const nobody = usuario === null;
  const referencia = nobody ? `ixc-outra000-${index}-1` : externalIdOf(sync, usuario, 1);
  const id = nobody ? `alheia-${index}` : `conta-${usuario}`;
  const digits = nobody ? cpfDigits(7, 100_000_000 + index) : cpfDigits(7, usuario);
  // A spreadsheet drops the zeros that a CPF begins with.
  const cpf = index % 2 ? maskCpf(digits) : String(Number(digits));
  const none = { referencia: '', id: '', cpf: '' };
  return (
    [
      { ...none, referencia },
      { ...none, id },
      { ...none, cpf },
    ][index % 3] ?? none
  );
}

// The same order each time.
function shuffled<T>(list: T[]): T[] {
  let seed = 20261031;
  for (let at = list.length - 1; at > 0; at -= 1) {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    const other = seed % (at + 1);
    const [a, b] = [list[at], list[other]] as [T, T];
    [list[at], list[other]] = [b, a];
  }
  return list;
}

async function insertAll({ nosso }: Onde, usuarios: unknown[][], trechos: unknown[][]): Promise<void> {
  const CHUNK = 2_000;
  const when = '2026-08-01 00:00:00';
  for (let at = 0; at < usuarios.length; at += CHUNK)
    await nosso.query(
      `INSERT INTO usuarios (id, integracao_id, impressao, remoto_id, desejada, trabalho, proxima_em, criado_em) VALUES ?`,
      [usuarios.slice(at, at + CHUNK).map((row) => [...row, 'ativo', 0, when, when])],
    );
  for (let at = 0; at < trechos.length; at += CHUNK)
    await nosso.query('INSERT INTO situacoes (usuario_id, desde, situacao, plano_id, filial_id) VALUES ?', [
      trechos.slice(at, at + CHUNK),
    ]);
}
