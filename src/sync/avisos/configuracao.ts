// How notifications leave: the settings of both channels, with their secrets encrypted at rest.
import { z } from 'zod';
import { decrypt, encrypt } from '../../crypto.ts';
import { type Db, optionalRow, run, transaction } from '../../db.ts';
import { audit } from '../auditoria.ts';
import type { Sync } from '../contexto.ts';
import type { Operador } from '../tipos.ts';
import { LIMITES } from './causas.ts';
import { SEGURANCAS, type Smtp } from './email.ts';
import { parseConfiguracao } from './formulario.ts';
import type { Webhook } from './webhook.ts';

export const CANAIS = ['webhook', 'email'] as const;
export type Canal = (typeof CANAIS)[number];

const Saved = z.object({
  webhook: z.object({
    ativo: z.boolean(),
    url: z.string(),
    /** Base64 of AES-256-GCM; null = none. So is `senha`. */
    segredo: z.string().nullable(),
  }),
  email: z.object({
    ativo: z.boolean(),
    servidor: z.string(),
    porta: z.number(),
    seguranca: z.enum(SEGURANCAS),
    usuario: z.string(),
    senha: z.string().nullable(),
    de: z.string(),
    para: z.array(z.string()),
  }),
  limites: z.object({ filaMinutos: z.number(), retidasHoras: z.number(), pausaHoras: z.number() }),
});
export type Configuracao = z.output<typeof Saved>;

const DEFAULT: Configuracao = {
  webhook: { ativo: false, url: '', segredo: null },
  email: {
    ativo: false,
    servidor: '',
    porta: 587,
    seguranca: 'starttls',
    usuario: '',
    senha: null,
    de: '',
    para: [],
  },
  limites: LIMITES,
};

const CONTEXTO = { segredo: 'avisos:webhook:segredo', senha: 'avisos:email:senha' };

/** The settings; before the first save both channels are off. Secrets stay encrypted. */
export async function loadConfiguracao(db: Db): Promise<Configuracao> {
  const found = await optionalRow(
    db,
    "SELECT valor FROM configuracoes WHERE chave = 'avisos'",
    {},
    z.object({ valor: z.unknown() }),
  );
  if (found === undefined) return DEFAULT;
  return Saved.parse(typeof found.valor === 'string' ? JSON.parse(found.valor) : found.valor);
}

/** The channels that are on. */
export const activeCanais = (configuracao: Configuracao): Canal[] =>
  CANAIS.filter((canal) => configuracao[canal].ativo);

/** The webhook ready to be used, whether on or off; undefined when it was never filled in. */
export function openWebhook(
  { config }: Pick<Sync, 'config'>,
  { webhook }: Configuracao,
): Webhook | undefined {
  if (webhook.url === '' || webhook.segredo === null) return undefined;
  return { url: webhook.url, segredo: unseal(config.appKey, CONTEXTO.segredo, webhook.segredo) };
}

/** The same for e-mail. */
export function openEmail({ config }: Pick<Sync, 'config'>, { email }: Configuracao): Smtp | undefined {
  if (email.servidor === '' || email.de === '' || email.para.length === 0) return undefined;
  const { ativo: _, senha, ...rest } = email;
  return { ...rest, senha: senha === null ? '' : unseal(config.appKey, CONTEXTO.senha, senha) };
}

/**
 * Saves the form of the screen. Empty secrets keep the stored ones; what waits for delivery is tried again at once.
 * @throws Problem 422 with webhook_url, webhook_segredo, smtp_servidor, smtp_porta, smtp_seguranca, smtp_usuario,
 * smtp_senha, email_de, email_para, fila_minutos, retidas_horas, pausa_horas.
 */
export async function saveConfiguracao(
  sync: Sync,
  operador: Operador,
  form: Record<string, string | undefined>,
): Promise<void> {
  const before = await loadConfiguracao(sync.db);
  const { configuracao, segredo, senha } = parseConfiguracao(form, before, sync.config.avisosHosts);
  const { appKey } = sync.config;
  if (segredo !== '') configuracao.webhook.segredo = seal(appKey, CONTEXTO.segredo, segredo);
  if (senha !== '') configuracao.email.senha = seal(appKey, CONTEXTO.senha, senha);
  await transaction(sync.db, async (tx) => {
    await run(
      tx,
      "INSERT INTO configuracoes (chave, valor) VALUES ('avisos', :valor) ON DUPLICATE KEY UPDATE valor = VALUES(valor)",
      { valor: JSON.stringify(configuracao) },
    );
    await run(
      tx,
      "UPDATE avisos_envios SET proxima_em = UTC_TIMESTAMP(6) WHERE estado = 'pendente' AND proxima_em > UTC_TIMESTAMP(6)",
    );
    await audit(tx, {
      operadorId: operador.id,
      evento: 'avisos_configurados',
      detalhe: {
        canais: activeCanais(configuracao),
        novo_segredo: segredo !== '',
        nova_senha: senha !== '',
      },
    });
  });
}

const seal = (key: Buffer, contexto: string, text: string): string =>
  encrypt(key, contexto, text).toString('base64');

const unseal = (key: Buffer, contexto: string, stored: string): string =>
  decrypt(key, contexto, Buffer.from(stored, 'base64')).toString('utf8');
