// What must be true of this machine before anything is changed: one line each, with its fix.
import { existsSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { openPool } from '../db.ts';
import { findMissingColumns, readManifest } from '../ixc/colunas.ts';
import { passwordsOf, readAmbiente } from './ambiente.ts';
import { type Banco, ixcUrl, openAdmin, openBanco, ownUrl } from './banco.ts';
import { Recusa } from './fala.ts';
import type { Obra } from './obra.ts';
import { groupId } from './passos/grupo.ts';
import { siteFile, testConfig } from './passos/servidorWeb.ts';
import { checkHashes } from './somas.ts';

export interface Linha {
  nome: string;
  estado: 'ok' | 'aviso' | 'falha';
  texto: string;
}

type Check = (obra: Obra) => Promise<Omit<Linha, 'nome'>> | Omit<Linha, 'nome'>;

const ok = (texto: string) => ({ estado: 'ok' as const, texto });
const aviso = (texto: string) => ({ estado: 'aviso' as const, texto });
const falha = (texto: string) => ({ estado: 'falha' as const, texto });

const CHECKS: [string, Check][] = [
  ['pacote', checkPackage],
  ['node', () => ok(`${process.version}, o do próprio pacote`)],
  ['disco', checkDisk],
  ['banco do plugin', checkOwn],
  ['banco do IXC', checkIxc],
  ['servidor web', checkWeb],
];

/** Runs every check; one that cannot even be made is a failure with its reason. */
export async function runChecks(obra: Obra): Promise<Linha[]> {
  const linhas: Linha[] = [];
  for (const [nome, check] of CHECKS) {
    try {
      linhas.push({ nome, ...(await check(obra)) });
    } catch (error) {
      if (!(error instanceof Recusa)) throw error;
      linhas.push({ nome, ...falha(`${error.message} ${error.conserto}`) });
    }
  }
  return linhas;
}

function checkPackage({ release }: Obra) {
  const [wrong, ...more] = checkHashes(release);
  if (wrong === undefined) return ok('cada arquivo confere com a lista do pacote');
  return falha(
    `o pacote está estragado (${wrong}${more.length > 0 ? ` e mais ${more.length}` : ''}): copie-o de novo`,
  );
}

const NEEDED_MB = 500;

function checkDisk({ lugares }: Obra) {
  const existing = (place: string): string => (existsSync(place) ? place : existing(path.dirname(place)));
  const free = [lugares.programa, lugares.estado].map((place) => {
    const { bavail, bsize } = statfsSync(existing(place));
    return (bavail * bsize) / 1e6;
  });
  const least = Math.min(...free);
  return least >= NEEDED_MB
    ? ok(`${(least / 1000).toFixed(1)} GB livres`)
    : falha(
        `só ${least.toFixed(0)} MB livres em ${lugares.programa} ou ${lugares.estado}: libere ${NEEDED_MB} MB`,
      );
}

async function checkOwn(obra: Obra) {
  const entered = await enter(obra.respostas.banco_admin, ownUrl(obra.respostas, knownPasswords(obra).nosso));
  if (entered === undefined) return aviso('o DBA vai rodar o SQL que este comando imprime');
  try {
    const version = await versionOf(entered);
    const { database } = obra.manifesto.compatibility;
    if (!satisfies(version, database)) return falha(`${version}: o banco do plugin precisa de ${database}`);
    const skew = await skewOf(entered);
    if (skew >= 10)
      return falha(
        `${version}, mas o relógio dele e o desta máquina diferem ${skew.toFixed(0)} s: ligue o NTP nos dois`,
      );
    return ok(`${version}, com o mesmo relógio desta máquina`);
  } finally {
    await entered.end();
  }
}

async function checkIxc(obra: Obra) {
  const { respostas } = obra;
  const admin = respostas.ixc_admin || respostas.banco_admin;
  const entered = await enter(admin, ixcUrl(respostas, knownPasswords(obra).ixc));
  if (entered === undefined) return aviso('ainda não pode ser visto: falta a conta que o DBA vai criar');
  try {
    const version = await versionOf(entered);
    const { database } = obra.manifesto.compatibility.ixc;
    if (!satisfies(version, database)) return falha(`${version}: é preciso ${database}`);
    const names = (await entered.read('SHOW DATABASES')).flat();
    if (!names.includes(respostas.ixc_banco))
      return falha(`o banco ${respostas.ixc_banco} não existe ali; os que existem: ${names.join(', ')}`);
    await entered.run(`USE \`${respostas.ixc_banco}\``);
    // Only whoever sees everything can tell a column that is missing from one that is not granted yet.
    const missing = await missingColumns(obra, entered);
    if (missing.length > 0)
      return falha(`este IXC não tem ${missing.join(', ')}: peça a versão do plugin para ele`);
    return ok(`${respostas.ixc_banco} em ${version}, com todas as colunas`);
  } finally {
    await entered.end();
  }
}

async function missingColumns(obra: Obra, entered: Banco): Promise<string[]> {
  if (!(await seesEverything(entered))) return [];
  const admin = new URL(obra.respostas.ixc_admin || obra.respostas.banco_admin);
  admin.pathname = `/${obra.respostas.ixc_banco}`;
  const pool = openPool(admin.href, 1);
  try {
    return await findMissingColumns(pool, readManifest());
  } finally {
    await pool.end();
  }
}

async function seesEverything(entered: Banco): Promise<boolean> {
  return (await entered.read('SHOW GRANTS'))
    .flat()
    .some((grant) => /^GRANT ALL PRIVILEGES ON \*\.\*/.test(grant));
}

// Whoever may create accounts if they are given, else our own account from an earlier run.
async function enter(admin: string, own: string): Promise<Banco | undefined> {
  const entered = await openAdmin(admin);
  if (entered) return entered;
  try {
    return await openBanco(own, 'a conta do plugin');
  } catch (error) {
    if (error instanceof Recusa) return undefined;
    throw error;
  }
}

const knownPasswords = (obra: Obra) => passwordsOf(readAmbiente(obra.lugares));

async function versionOf(banco: Banco): Promise<string> {
  const [[version = ''] = []] = await banco.read('SELECT VERSION()');
  if (!/mariadb/i.test(version))
    throw new Recusa(`${version} não é um MariaDB.`, 'O plugin precisa do MariaDB.');
  return version;
}

// `10.11.18-MariaDB` against `mariadb >= 10.6`, both from the manifest's words.
function satisfies(version: string, wanted: string): boolean {
  const numbers = (text: string) => text.split(/[.-]/).map(Number);
  const [a = 0, b = 0] = numbers(version);
  const [major = 0, minor = 0] = numbers(wanted.replace(/^.*>= /, ''));
  return a > major || (a === major && b >= minor);
}

async function skewOf(banco: Banco): Promise<number> {
  const [[now = '0'] = []] = await banco.read('SELECT UNIX_TIMESTAMP(UTC_TIMESTAMP(3))');
  return Math.abs(Date.now() / 1000 - Number(now));
}

function checkWeb(obra: Obra) {
  const { servidor_web, php_grupo, plugin_origem } = obra.respostas;
  if (servidor_web === 'nenhum')
    return aviso('fica para você: o plugin precisa estar sob o endereço do IXC, por HTTPS');
  const wrong = testConfig(obra);
  if (wrong !== undefined)
    return falha(`a configuração de agora já não passa no teste do ${servidor_web}: ${wrong}`);
  groupId(php_grupo);
  const absent = plugin_origem === '' ? undefined : missingFile(obra);
  if (absent !== undefined)
    return falha(`${absent} precisa ser um arquivo: sem certificado ninguém abre ${plugin_origem}`);
  return ok(`${servidor_web}; o IXC está em ${siteFile(obra)}`);
}

function missingFile({ respostas }: Obra): string | undefined {
  const { plugin_certificado, plugin_chave } = respostas;
  if (!existsSync(plugin_certificado)) return `plugin_certificado (${plugin_certificado})`;
  return existsSync(plugin_chave) ? undefined : `plugin_chave (${plugin_chave})`;
}
