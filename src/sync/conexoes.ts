// One live connection to the partner per integração, rebuilt whenever somebody edits it.
import { z } from 'zod';
import { decrypt } from '../crypto.ts';
import { optionalRow, rows } from '../db.ts';
import { conflict, notFound } from '../problem.ts';
import { createTeleClinica } from '../teleclinica/adaptador.ts';
import type { TeleClinica } from '../teleclinica/port.ts';
import { createPassagem, type Passagem } from './atendimento/passagem.ts';
import type { Sync } from './contexto.ts';
import type { Ambiente } from './tipos.ts';

export interface Conexao {
  versao: number;
  tenant: string | null;
  ambiente: Ambiente;
  perfil: string;
  contratosTeste: number[];
  parceiro: TeleClinica;
  /** As many calls at once as the profile allows; serving a person takes longer than its call. */
  passagem: Passagem;
  /** Half as many more may get ready meanwhile, so that a free place is taken at once. */
  antessala: Passagem;
}

/** What is encrypted is bound to its row: a password copied to another integração does not open. */
export const contextoDaSenha = (id: number): string => `integracao:${id}:senha`;

// Sync contexts do not share connections: each process, and each test, has its own.
const connections = new WeakMap<Sync['perfis'], Map<number, Conexao>>();

const CredentialRow = z.object({
  urlBase: z.string(),
  usuario: z.string(),
  senha: z.instanceof(Buffer),
  perfil: z.string(),
  remotoId: z.string().nullable(),
  versao: z.number(),
  ambiente: z.enum(['homologacao', 'producao', 'simulador']),
  contratosTeste: z.string().transform((text) => text.split(',').filter(Boolean).map(Number)),
});

/**
 * The partner as one integração sees it.
 * @throws Problem 404 when missing, 409 when its profile is no longer installed.
 */
export async function openConnection(sync: Sync, integracaoId: number): Promise<Conexao> {
  const found = await optionalRow(
    sync.db,
    `SELECT url_base AS urlBase, usuario, senha, perfil, remoto_id AS remotoId, versao,
       ambiente, contratos_teste AS contratosTeste FROM integracoes WHERE id = :integracaoId`,
    { integracaoId },
    CredentialRow,
  );
  if (found === undefined) throw notFound('Esta integração');
  const open = cache(sync).get(integracaoId);
  if (open && open.versao === found.versao && open.tenant === found.remotoId) return open;

  const perfil = sync.perfis.get(found.perfil);
  if (perfil === undefined) {
    throw conflict(`O perfil “${found.perfil}” não está instalado.`, 'Escolha outro perfil na integração.');
  }
  const senha = decrypt(sync.config.appKey, contextoDaSenha(integracaoId), found.senha).toString('utf8');
  const parceiro = createTeleClinica(
    perfil,
    { urlBase: found.urlBase, usuario: found.usuario, senha, tenant: found.remotoId },
    { hosts: sync.config.teleclinicaHosts },
  );
  const { versao, ambiente, contratosTeste } = found;
  const conexao = {
    versao,
    tenant: found.remotoId,
    ambiente,
    perfil: found.perfil,
    contratosTeste,
    parceiro,
    passagem: createPassagem(parceiro.limits.concurrency),
    antessala: createPassagem(Math.ceil(1.5 * parceiro.limits.concurrency)),
  };
  cache(sync).set(integracaoId, conexao);
  return conexao;
}

/**
 * Why nothing about this person may be sent through this integração, not even a question, or undefined when it may
 * (decisions 21): homologação knows only people with a listed test contract, produção needs an accepted profile.
 */
export async function refuseCall(
  sync: Sync,
  conexao: Conexao,
  usuarioId: number,
): Promise<string | undefined> {
  const refusal = refuseProducao(sync, conexao);
  if (refusal !== undefined) return refusal;
  if (conexao.ambiente !== 'homologacao') return undefined;
  const contratos = await rows(
    sync.db,
    'SELECT contrato_id AS contratoId FROM adesoes WHERE usuario_id = :usuarioId AND vigente IS NOT NULL',
    { usuarioId },
    z.object({ contratoId: z.number() }),
  );
  if (contratos.some(({ contratoId }) => conexao.contratosTeste.includes(contratoId))) return undefined;
  return 'Em homologação só os contratos de teste da integração podem ser usados.';
}

/** Why nothing at all may be sent through this integração, or undefined: produção needs an accepted profile. */
export function refuseProducao(sync: Sync, { ambiente, perfil }: Conexao): string | undefined {
  if (ambiente !== 'producao' || sync.config.perfisAceitosEmProducao.includes(perfil)) return undefined;
  return `O perfil “${perfil}” não está aceito para produção.`;
}

/** Forgets a connection, so that the next one uses what was just saved. */
export function closeConnection(sync: Sync, integracaoId: number): void {
  cache(sync).delete(integracaoId);
}

function cache(sync: Sync): Map<number, Conexao> {
  const known = connections.get(sync.perfis) ?? new Map<number, Conexao>();
  connections.set(sync.perfis, known);
  return known;
}
