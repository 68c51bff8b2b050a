// Registered accounts at Tele Clínica: who we are there, and whether it is listening.
import { z } from 'zod';
import { decrypt, encrypt } from '../crypto.ts';
import { type Db, optionalRow, rows, run, transaction } from '../db.ts';
import { findFilial } from '../ixc/planos.ts';
import { conflict, invalid, notFound } from '../problem.ts';
import { bareHost, checkUrlBase, isLoopback } from '../teleclinica/endereco.ts';
import { forgive } from './atendimento/sinais.ts';
import { audit } from './auditoria.ts';
import { saveOnce } from './campos.ts';
import { closeConnection, contextoDaSenha } from './conexoes.ts';
import type { Sync } from './contexto.ts';
import { FILIAL_QUE_NAO_HA, type IntegracaoFields, parseIntegracao } from './integracaoForm.ts';
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
 * @throws Problem 422 with the fields of the form; 404 when missing; 409 when people would be moved to another server.
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
  if (fields.filialId !== null && (await findFilial(sync.ixc, fields.filialId)) === undefined) {
    throw invalid({ filial_id: FILIAL_QUE_NAO_HA });
  }
  const saved = await saveOnce(
    () => transaction(sync.db, (tx) => store(sync, tx, { operador, id, fields })),
    () => refuseTakenName(sync.db, id, fields.nome),
  );
  closeConnection(sync, saved);
  sync.wake();
  return saved;
}

async function store(
  sync: Sync,
  tx: Db,
  { operador, id, fields }: { operador: Operador; id: number | undefined; fields: IntegracaoFields },
): Promise<number> {
  const { senha, ...stored } = fields;
  await refuseTakenName(tx, id, fields.nome);
  const params = { ...stored, registro: fields.cnpj === null ? 'dispensado' : 'pendente' };
  const integracaoId = id ?? (await insertIntegracao(tx, params));
  if (id !== undefined) await updateIntegracao(sync, tx, id, params, senha);
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
}

// The same form sent twice would make two, each registered at the partner.
async function refuseTakenName(db: Db, id: number | undefined, nome: string): Promise<void> {
  const taken = await optionalRow(
    db,
    'SELECT id FROM integracoes WHERE nome = :nome AND id <> :id',
    { nome, id: id ?? 0 },
    z.object({ id: z.number() }),
  );
  if (taken)
    throw invalid({ nome: 'Já existe uma integração com este nome. Abra a que existe ou dê outro nome.' });
}

type Stored = Omit<IntegracaoFields, 'senha'> & { registro: string };

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

const BeforeRow = z.object({
  ambiente: z.string(),
  urlBase: z.string(),
  usuario: z.string(),
  senha: z.instanceof(Buffer),
  perfil: z.string(),
  emUso: z.number(),
});
type Before = z.output<typeof BeforeRow>;

async function updateIntegracao(
  sync: Sync,
  tx: Db,
  id: number,
  params: Stored,
  senha: string,
): Promise<void> {
  const before = await optionalRow(
    tx,
    `SELECT ambiente, url_base AS urlBase, usuario, senha, perfil,
       EXISTS (SELECT 1 FROM usuarios WHERE integracao_id = :id) AS emUso
     FROM integracoes WHERE id = :id FOR UPDATE`,
    { id },
    BeforeRow,
  );
  if (before === undefined) throw notFound('Esta integração');
  if (before.emUso === 1) refuseMove(before, params);
  const known = decrypt(sync.config.appKey, contextoDaSenha(id), before.senha).toString('utf8');
  const retyped = senha !== '' && senha !== known;
  const same =
    before.usuario === params.usuario && before.urlBase === params.urlBase && before.perfil === params.perfil;
  await run(
    tx,
    `UPDATE integracoes SET remoto_id = IF(cnpj <=> :cnpj AND url_base = :urlBase, remoto_id, NULL),
       registro = IF(:registro = 'pendente' AND remoto_id IS NOT NULL, 'registrado', :registro2),
       nome = :nome, ambiente = :ambiente, url_base = :urlBase, usuario = :usuario, perfil = :perfil, cnpj = :cnpj,
       filial_id = :filialId, usuario_automatico = :usuarioAutomatico, contratos_teste = :contratosTeste,
       registro_mensagem = NULL, registro_falhas = 0, registro_proxima_em = UTC_TIMESTAMP(6),
       versao = versao + 1, atualizado_em = UTC_TIMESTAMP(3)
     WHERE id = :id`,
    { ...params, registro2: params.registro, id },
  );
  // Refused credentials stay refused, and counted, until something about them changes: saving is no way around the lock-out.
  if (retyped || !same) await forgive(tx, id);
}

// The accounts of one environment, or of one server, do not exist in another: moving would make everybody look gone.
function refuseMove(before: Before, { ambiente, urlBase }: Stored): void {
  if (before.ambiente !== ambiente) {
    throw invalid({
      ambiente: 'Há usuários nesta integração: o ambiente não pode mudar. Crie outra integração.',
    });
  }
  if (new URL(before.urlBase).host !== new URL(urlBase).host) {
    throw conflict(
      'Há usuários nesta integração: ela não pode passar para outro servidor.',
      'Mantenha o servidor da URL Base, ou crie outra integração com o endereço novo.',
    );
  }
}
