// `npm run papeis`: who holds what, and the way back in when nobody can configure any more. What it changes is audited.
import { parseArgs } from 'node:util';
import { ConfigError, environment, loadConfig } from './config.ts';
import { type Db, isDatabaseDown, openIxcPool, openPool, type Pool } from './db.ts';
import { Problem } from './problem.ts';
import {
  type GrupoComPapeis,
  listGuardioes,
  type Mapa,
  mapaOf,
  PAPEIS,
  type Quadro,
  readQuadro,
} from './sync/papeis.ts';
import { effectOf, refuseLockOut, saveMapa } from './sync/papeisMudanca.ts';
import type { Papel } from './sync/tipos.ts';

const USO = `Uso: npm run papeis -- <opção>
  --listar                     mostra os direitos de cada grupo do IXC e quem está nele (o padrão)
  --grupo <id> <direitos>      dá ao grupo exatamente estes direitos, por exemplo: --grupo 3 ver,configurar
                               (${PAPEIS.join(', ')}; ou nenhum)
  --restaurar                  volta ao padrão: grupos com alçada ADM têm todos os direitos, os outros nenhum
  --simular                    com uma das duas acima: mostra o efeito e não salva`;

/** What the command line asks for, wrong: told in one sentence. */
class Engano extends Error {}

interface Pedido {
  acao: 'listar' | 'grupo' | 'restaurar';
  grupoId: number;
  papeis: string;
  simular: boolean;
}

async function main(): Promise<void> {
  const pedido = parse(process.argv.slice(2));
  const config = loadConfig(environment());
  const db = openPool(config.databaseUrl, 1);
  const ixc = openIxcPool(config.ixcDatabaseUrl, 1);
  try {
    const quadro = await readQuadro({ db, ixc });
    if (pedido.acao === 'listar') list(quadro);
    else await change({ db, ixc }, quadro, pedido);
  } finally {
    await Promise.all([db.end(), ixc.end()]);
  }
}

function parse(args: string[]): Pedido {
  const { values, positionals } = parseOrExplain(args);
  const asked = (['listar', 'grupo', 'restaurar'] as const).filter((acao) => values[acao] !== undefined);
  if (asked.length > 1) throw new Engano('Peça uma coisa por vez: --listar, --grupo ou --restaurar.');
  const [acao = 'listar'] = asked;
  const [papeis = '', ...rest] = positionals;
  if (rest.length > 0 || (papeis !== '' && acao !== 'grupo'))
    throw new Engano(
      `“${rest[0] ?? papeis}” não é esperado aqui. Separe os direitos por vírgula, sem espaço.`,
    );
  if (acao === 'grupo' && papeis === '')
    throw new Engano('Diga os direitos do grupo depois do número dele, ou “nenhum”.');
  return { acao, grupoId: Number(values.grupo), papeis, simular: values.simular ?? false };
}

function parseOrExplain(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        listar: { type: 'boolean' },
        grupo: { type: 'string' },
        restaurar: { type: 'boolean' },
        simular: { type: 'boolean' },
      },
    });
  } catch {
    throw new Engano(`Não entendi “${args.join(' ')}”.`);
  }
}

async function change(fontes: { db: Pool; ixc: Db }, quadro: Quadro, pedido: Pedido): Promise<void> {
  if (pedido.acao === 'restaurar' && quadro.mapa === undefined) {
    console.log('Nada a fazer: ninguém salvou uma tabela, e o padrão já vale.');
    return;
  }
  const mapa = pedido.acao === 'restaurar' ? undefined : withGrupo(quadro, pedido);
  const efeito = effectOf(quadro, mapa, null);
  refuseLockOut(quadro, efeito);
  for (const { grupo, ganha, perde, operadores } of efeito.mudancas) {
    console.log(`${nameOf(grupo)}:${said('ganha', ganha)}${said('perde', perde)}`);
    console.log(`    vale para: ${namesOf(operadores)}`);
  }
  if (efeito.mudancas.length === 0) console.log('Nenhum grupo ganha nem perde direitos.');
  console.log(`Quem pode configurar depois: ${namesOf(efeito.guardioes)}`);
  if (pedido.simular) {
    console.log('Simulação: nada foi salvo.');
    return;
  }
  if (!(await saveMapa(fontes, null, mapa, efeito.resumo)))
    throw new Engano('Os direitos mudaram enquanto isto rodava; nada foi salvo. Rode de novo.');
  console.log(
    pedido.acao === 'restaurar' ? 'Feito: os direitos voltaram ao padrão.' : 'Feito: direitos salvos.',
  );
  console.log('Vale no próximo clique de cada pessoa, e fica na auditoria como linha de comando.');
}

function withGrupo(quadro: Quadro, { grupoId, papeis }: Pedido): Mapa {
  if (!quadro.grupos.some(({ id }) => id === grupoId))
    throw new Engano('Este grupo não existe no IXC. Veja os números com --listar.');
  return { ...mapaOf(quadro), [grupoId]: parsePapeis(papeis) };
}

function parsePapeis(text: string): Papel[] {
  const nomes = text === 'nenhum' ? [] : text.split(',').map((nome) => nome.trim());
  const wrong = nomes.find((nome) => !PAPEIS.some((papel) => papel === nome));
  if (wrong !== undefined)
    throw new Engano(`O direito “${wrong}” não existe. Use ${PAPEIS.join(', ')}, ou nenhum.`);
  return PAPEIS.filter((papel) => nomes.includes(papel) || (papel === 'ver' && nomes.length > 0));
}

function list(quadro: Quadro): void {
  console.log(
    quadro.mapa === undefined
      ? 'Ninguém salvou uma tabela: grupos com alçada ADM têm todos os direitos, os outros nenhum.'
      : 'Vale a tabela salva em Configurações.',
  );
  for (const grupo of quadro.grupos) {
    console.log(`${nameOf(grupo)}: ${[...grupo.papeis].join(', ') || 'nenhum'}`);
    console.log(`    quem está nele: ${namesOf(grupo.operadores)}`);
  }
  console.log(`Quem pode configurar: ${namesOf(listGuardioes(quadro.grupos))}`);
}

const nameOf = ({ id, nome }: Pick<GrupoComPapeis, 'id' | 'nome'>): string =>
  `Grupo ${id} “${nome || 'sem nome'}”`;
const namesOf = (people: readonly { nome: string }[]): string =>
  people.map(({ nome }) => nome).join(', ') || 'ninguém ativo';
const said = (verb: string, papeis: readonly Papel[]): string =>
  papeis.length === 0 ? '' : ` ${verb} ${papeis.join(', ')};`;

main().catch((error: unknown) => {
  if (error instanceof Engano) console.error(`${error.message}\n\n${USO}`);
  else if (error instanceof Problem) console.error(`Recusado: ${error.title} ${error.action}`);
  else if (error instanceof ConfigError) console.error(error.message);
  else if (isDatabaseDown(error))
    console.error(`Um dos bancos não responde ou recusou a entrada: rode npm run doutor. (${error})`);
  else console.error(error);
  process.exitCode = 1;
});
