// Registered accounts at Tele Clínica: who we are there, and whether it is listening.
import { z } from 'zod';
import { encrypt } from '../crypto.ts';
import { type Db, optionalRow, rows, run, transaction } from '../db.ts';
import { invalid, notFound } from '../problem.ts';
import { bareHost, checkUrlBase, isLoopback } from '../teleclinica/endereco.ts';
import type { Outcome } from '../teleclinica/port.ts';
import { audit } from './auditoria.ts';
import { closeConnection, contextoDaSenha, openConnection } from './conexoes.ts';
import type { Sync } from './contexto.ts';
import { parseIntegracao } from './integracaoForm.ts';
import type { Ambiente, Operador } from './tipos.ts';

export interface Integracao {
  id: number;
  nome: string;
  ambiente: Ambiente;
  urlBase: string;
  usuario: string;
  perfil: string;
  cnpj: string | null;
  filialId: number | null;
  usuarioAutomatico: boolean;
  contratosTeste: number[];
  registro: 'dispensado' | 'pendente' | 'registrado' | 'recusado';
  registroMensagem: string | null;
  remotoId: string | null;
  credencialParadaEm: string | null;
  sondaEm: string | null;
  foraDesde: string | null;
  foraAte: string | null;
  limiteAte: string | null;
  contatoEm: string | null;
}

const IntegracaoRow = z.object({
  id: z.number(),
  nome: z.string(),
  ambiente: z.enum(['homologacao', 'producao', 'simulador']),
  urlBase: z.string(),
  usuario: z.string(),
  perfil: z.string(),
  cnpj: z.string().nullable(),
  filialId: z.number().nullable(),
  usuarioAutomatico: z.number().transform((value) => value === 1),
  contratosTeste: z.string().transform((text) => text.split(',').filter(Boolean).map(Number)),
  registro: z.enum(['dispensado', 'pendente', 'registrado', 'recusado']),
  registroMensagem: z.string().nullable(),
  remotoId: z.string().nullable(),
  credencialParadaEm: z.string().nullable(),
  sondaEm: z.string().nullable(),
  foraDesde: z.string().nullable(),
  foraAte: z.string().nullable(),
  limiteAte: z.string().nullable(),
  contatoEm: z.string().nullable(),
});

const SELECT = `SELECT id, nome, ambiente, url_base AS urlBase, usuario, perfil, cnpj, filial_id AS filialId,
    usuario_automatico AS usuarioAutomatico, contratos_teste AS contratosTeste, registro,
    registro_mensagem AS registroMensagem, remoto_id AS remotoId, credencial_parada_em AS credencialParadaEm,
    sonda_em AS sondaEm, fora_desde AS foraDesde, fora_ate AS foraAte,
    IF(limite_ate > UTC_TIMESTAMP(6), limite_ate, NULL) AS limiteAte, contato_em AS contatoEm
  FROM integracoes`;

/** Every integração, oldest first. The password never leaves the database but to the adapter. */
export const listIntegracoes = (db: Db): Promise<Integracao[]> =>
  rows(db, `${SELECT} ORDER BY id`, {}, IntegracaoRow);

/** One integração; undefined when missing. */
export const findIntegracao = (db: Db, id: number): Promise<Integracao | undefined> =>
  optionalRow(db, `${SELECT} WHERE id = :id`, { id }, IntegracaoRow);

/**
 * Creates (id undefined) or changes an integração. An empty senha keeps the stored one. New credentials or a new
 * address let a stopped integração try again. Returns its id.
 * @throws Problem 422 with the fields of the form; 404 when missing.
 */
export async function saveIntegracao(
  sync: Sync,
  operador: Operador,
  id: number | undefined,
  form: Record<string, string | undefined>,
): Promise<number> {
  const fields = parseIntegracao(sync, form, id === undefined);
  const wrongUrl = checkUrlBase(fields.urlBase, sync.config.teleclinicaHosts);
  if (wrongUrl !== undefined) throw invalid({ url_base: wrongUrl });
  if (fields.ambiente === 'simulador' && !isLoopback(bareHost(new URL(fields.urlBase)))) {
    throw invalid({
      ambiente: 'O simulador só roda neste computador. Para este endereço use homologação ou produção.',
    });
  }
  if (id !== undefined) await refuseMove(sync.db, id, fields.ambiente);
  const { senha, ...stored } = fields;
  const params = { ...stored, registro: fields.cnpj === null ? 'dispensado' : 'pendente' };
  const saved = await transaction(sync.db, async (tx) => {
    const integracaoId = id ?? (await insertIntegracao(tx, params));
    if (id !== undefined) await updateIntegracao(tx, id, params);
    if (senha !== '') {
      const sealed = encrypt(sync.config.appKey, contextoDaSenha(integracaoId), senha);
      await run(tx, 'UPDATE integracoes SET senha = :sealed WHERE id = :id', { sealed, id: integracaoId });
    }
    await audit(tx, {
      operadorId: operador.id,
      evento: id === undefined ? 'integracao_criada' : 'integracao_alterada',
      detalhe: {
        integracao: integracaoId,
        ambiente: fields.ambiente,
        perfil: fields.perfil,
        nova_senha: senha !== '',
      },
    });
    return integracaoId;
  });
  closeConnection(sync, saved);
  sync.wake();
  return saved;
}

// The accounts of one environment do not exist in another: moving would make everybody look gone.
async function refuseMove(db: Db, id: number, ambiente: Ambiente): Promise<void> {
  const before = await optionalRow(
    db,
    `SELECT ambiente, EXISTS (SELECT 1 FROM usuarios WHERE integracao_id = :id) AS emUso FROM integracoes WHERE id = :id`,
    { id },
    z.object({ ambiente: z.string(), emUso: z.number() }),
  );
  if (before && before.emUso === 1 && before.ambiente !== ambiente) {
    throw invalid({
      ambiente: 'Há usuários nesta integração: o ambiente não pode mudar. Crie outra integração.',
    });
  }
}

type Stored = Omit<ReturnType<typeof parseIntegracao>, 'senha'> & { registro: string };

async function insertIntegracao(tx: Db, params: Stored): Promise<number> {
  const { insertId } = await run(
    tx,
    `INSERT INTO integracoes (nome, ambiente, url_base, usuario, senha, perfil, cnpj, filial_id, usuario_automatico,
       contratos_teste, registro, registro_proxima_em, criado_em, atualizado_em)
     VALUES (:nome, :ambiente, :urlBase, :usuario, '', :perfil, :cnpj, :filialId, :usuarioAutomatico,
       :contratosTeste, :registro, UTC_TIMESTAMP(6), UTC_TIMESTAMP(3), UTC_TIMESTAMP(3))`,
    { ...params },
  );
  return insertId;
}

async function updateIntegracao(tx: Db, id: number, params: Stored): Promise<void> {
  const { affectedRows } = await run(
    tx,
    `UPDATE integracoes SET remoto_id = IF(cnpj <=> :cnpj AND url_base = :urlBase, remoto_id, NULL),
       registro = IF(:registro = 'pendente' AND remoto_id IS NOT NULL, 'registrado', :registro2),
       nome = :nome, ambiente = :ambiente, url_base = :urlBase, usuario = :usuario, perfil = :perfil, cnpj = :cnpj,
       filial_id = :filialId, usuario_automatico = :usuarioAutomatico, contratos_teste = :contratosTeste,
       registro_mensagem = NULL, registro_falhas = 0, registro_proxima_em = UTC_TIMESTAMP(6),
       credencial_parada_em = NULL, credencial_recusas = 0, sonda_em = NULL, fora_desde = NULL, fora_ate = NULL,
       falhas_seguidas = 0, versao = versao + 1, atualizado_em = UTC_TIMESTAMP(3)
     WHERE id = :id`,
    { ...params, registro2: params.registro, id },
  );
  if (affectedRows === 0) throw notFound('Esta integração');
}

/**
 * *Testar conexão*: one harmless authenticated call, answered in plain words. A success lets a stopped integração go on.
 * @throws Problem 404.
 */
export async function testIntegracao(
  sync: Sync,
  operador: Operador,
  id: number,
): Promise<{ ok: boolean; mensagem: string }> {
  const { outcome, ...result } = await pingIntegracao(sync, id);
  await transaction(sync.db, async (tx) => {
    if (result.ok) await resume(tx, id);
    const detalhe = { integracao: id, resultado: outcome.kind };
    await audit(tx, { operadorId: operador.id, evento: 'conexao_testada', detalhe });
  });
  if (result.ok) sync.wake();
  return result;
}

/** The call of *Testar conexão* alone: nothing is written down. @throws Problem 404. */
export async function pingIntegracao(
  sync: Sync,
  id: number,
): Promise<{ ok: boolean; mensagem: string; outcome: PingOutcome }> {
  const integracao = await findIntegracao(sync.db, id);
  if (integracao === undefined) throw notFound('Esta integração');
  const { parceiro } = await openConnection(sync, id);
  const { outcome } = await parceiro.ping({ timeoutMs: sync.config.timeoutMs });
  return { ...explainPing(outcome, integracao.ambiente), outcome };
}

/** The partner answered with these credentials: whatever stopped the integração is over. */
export async function resume(tx: Db, id: number): Promise<void> {
  await run(
    tx,
    `UPDATE integracoes SET credencial_parada_em = NULL, credencial_recusas = 0, sonda_em = NULL, fora_desde = NULL,
       fora_ate = NULL, falhas_seguidas = 0, contato_em = UTC_TIMESTAMP(6) WHERE id = :id`,
    { id },
  );
}

type PingOutcome = Outcome<{ ambiente: string | null }>;

function explainPing(outcome: PingOutcome, ambiente: Ambiente): { ok: boolean; mensagem: string } {
  switch (outcome.kind) {
    case 'ok':
    case 'already':
    case 'accepted':
      return {
        ok: true,
        mensagem:
          wrongAmbiente(outcome, ambiente) ?? 'Conexão feita: a Tele Clínica aceitou usuário e senha.',
      };
    case 'credentials':
      return {
        ok: false,
        mensagem: 'A Tele Clínica recusou usuário ou senha. Confira os dois e salve de novo.',
      };
    case 'forbidden':
      return { ok: false, mensagem: `Usuário e senha existem, mas sem permissão: ${outcome.mensagem}` };
    case 'rate_limited':
      return {
        ok: false,
        mensagem: 'A Tele Clínica pediu para esperar (muitas chamadas). Tente em um minuto.',
      };
    case 'not_found':
      return {
        ok: false,
        mensagem: 'O endereço respondeu, mas não é a API esperada. Confira a URL Base (termina em /v1?).',
      };
    case 'unavailable':
    case 'uncertain':
    case 'contract_broken':
      return { ok: false, mensagem: outcome.mensagem };
    default:
      return { ok: false, mensagem: 'A Tele Clínica deu uma resposta inesperada ao teste.' };
  }
}

// The partner may tell which environment it is: production credentials in a homologação form is worth saying aloud.
function wrongAmbiente(outcome: PingOutcome, ambiente: Ambiente): string | undefined {
  if (outcome.kind !== 'ok' || outcome.value.ambiente === null || ambiente === 'simulador') return undefined;
  const told = outcome.value.ambiente.toLowerCase();
  const isProducao = told.startsWith('prod');
  if (isProducao === (ambiente === 'producao')) return undefined;
  return `Conexão feita, mas a Tele Clínica diz que este é o ambiente “${told}”. Confira o campo Ambiente.`;
}
