// What goes to support: the examination with versions, counts and outcomes. No secret and no personal data by what is chosen,
// and masked once more where text is free.
import { z } from 'zod';
import type { Config } from '../../config.ts';
import { rows } from '../../db.ts';
import { countUsuarios } from '../contagem.ts';
import { listModos } from '../modos.ts';
import type { Linha, Paciente } from './linha.ts';

/** The bundle as JSON text. `registro` = lines of our own log, if there are any at hand. */
export async function makePacote(
  paciente: Paciente,
  linhas: readonly Linha[],
  registro: readonly string[] = [],
): Promise<string> {
  const { config, db, versao } = paciente;
  const [contagem, modos, varreduras, tentativas] = await Promise.all([
    countUsuarios(db, 'todas'),
    listModos(db),
    rows(
      db,
      `SELECT tipo, decisao, motivo, lidos, mudancas, aplicadas, retidas, duracao_ms AS ms, iniciada_em AS em
       FROM varreduras ORDER BY id DESC LIMIT 50`,
      {},
      Row,
    ),
    // Not `mensagem`: the partner's own words may name a person.
    rows(
      db,
      `SELECT chamada, resultado, http_status AS status, duracao_ms AS ms, enviada_em AS em
       FROM tentativas ORDER BY id DESC LIMIT 200`,
      {},
      Row,
    ),
  ]);
  const bundle = {
    feito_em: new Date().toISOString(),
    plugin: versao,
    node: process.versions.node,
    sistema: `${process.platform} ${process.arch}`,
    configuracao: describeConfig(config),
    doutor: linhas,
    contagem,
    modos,
    varreduras,
    tentativas,
    registro,
  };
  return `${maskAll(JSON.stringify(bundle, null, 2), secretsOf(config))}\n`;
}

const Row = z.record(z.string(), z.union([z.string(), z.number()]).nullable());

function describeConfig(config: Config): Record<string, unknown> {
  const { hostname, port, pathname } = new URL(config.databaseUrl);
  const ixc = new URL(config.ixcDatabaseUrl);
  return {
    banco: `${hostname}:${port}${pathname}`,
    banco_do_ixc: `${ixc.hostname}:${ixc.port}${ixc.pathname}`,
    host: config.host,
    porta: config.port,
    base_path: config.basePath,
    ixc_origin: config.ixcOrigins,
    lancamento: config.launchKey.alg,
    teleclinica_hosts: config.teleclinicaHosts,
    avisos_hosts: config.avisosHosts,
    pausa_arquivo: config.pausaArquivo,
    segundos: {
      varredura: config.varreduraMs / 1000,
      completa: config.varreduraCompletaMs / 1000,
      chamada: config.timeoutMs / 1000,
      confirmacao: config.confirmacaoMs / 1000,
      lease: config.leaseMs / 1000,
    },
    perfis_aceitos: config.perfisAceitosEmProducao,
  };
}

function secretsOf({ databaseUrl, ixcDatabaseUrl, appKey, launchKey, metricsToken }: Config): string[] {
  const passwords = [databaseUrl, ixcDatabaseUrl].flatMap((url) => {
    const { password } = new URL(url);
    return [password, decodeURIComponent(password)];
  });
  const shared =
    launchKey.alg === 'HS256' ? [launchKey.secret.toString('base64'), launchKey.secret.toString('hex')] : [];
  return [...passwords, appKey.toString('base64'), appKey.toString('hex'), ...shared, metricsToken ?? ''];
}

const SHORTEST_SECRET = 4;

// Times keep their shape: 2026-11-28T02:41:50 is no telephone.
const TIME = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/;
const PERSONAL: readonly [RegExp, string][] = [
  [/[\w.+-]+@[\w-]+(\.[\w-]+)+/g, '[e-mail]'],
  [/(:\/\/)[^/\s:@]+:[^/\s@]+@/g, '$1[credenciais]@'],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 [segredo]'],
  [/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, '[token]'],
  [new RegExp(`${TIME.source}|\\+?\\(?\\d(?:[ .()/-]?\\d){7,}`, 'g'), ''],
];

/** Free text without the given secrets, and without anything that looks like a document, telephone, address or token. */
export function maskAll(text: string, secrets: readonly string[]): string {
  let masked = text;
  for (const secret of secrets)
    if (secret.length >= SHORTEST_SECRET) masked = masked.replaceAll(secret, '[segredo]');
  for (const [pattern, instead] of PERSONAL)
    masked = masked.replace(pattern, (found, ...groups) =>
      instead === '' ? (TIME.test(found) ? found : '[número]') : instead.replace('$1', String(groups[0])),
    );
  return masked;
}
