// The form of the notification settings, checked field by field.
import { invalid } from '../../problem.ts';
import type { Configuracao } from './configuracao.ts';
import { checkServidor, checkWebhook } from './destino.ts';
import { checkClear, SEGURANCAS } from './email.ts';

type Form = Record<string, string | undefined>;

export interface Preenchido {
  /** The settings as they will be, with the secrets as they were. */
  configuracao: Configuracao;
  /** New secrets in the clear; '' = keep. */
  segredo: string;
  senha: string;
}

const CONTROL = /\p{Cc}/u;
const EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+$/i;
const MAX_PARA = 10;
const MIN_SEGREDO = 16;

/**
 * Checks every field. A channel that is off may be half filled in, but never with what could not be used.
 * @throws Problem 422 with the name of each wrong field.
 */
export function parseConfiguracao(form: Form, before: Configuracao, hosts: readonly string[]): Preenchido {
  const leitura = readForm(form);
  const segredo = form['webhook_segredo'] ?? '';
  const senha = form['smtp_senha'] ?? '';
  const configuracao = {
    webhook: readWebhook(leitura, before.webhook, segredo, hosts),
    email: readEmail(leitura, before.email, senha, hosts),
    limites: {
      filaMinutos: leitura.number('fila_minutos', before.limites.filaMinutos, 1440),
      retidasHoras: leitura.number('retidas_horas', before.limites.retidasHoras, 720),
      pausaHoras: leitura.number('pausa_horas', before.limites.pausaHoras, 720),
    },
  };
  if (Object.keys(leitura.errors).length > 0) throw invalid(leitura.errors);
  return { configuracao, segredo, senha };
}

/** A form being read, and what is wrong with it so far: the first fault of each field. */
interface Leitura {
  errors: Record<string, string>;
  text(name: string): string;
  require(name: string, holds: boolean, message: string): void;
  /** The same for a check that answers the sentence itself. */
  refuse(name: string, message: string | undefined): void;
  number(name: string, fallback: number, max: number): number;
}

function readForm(form: Form): Leitura {
  const errors: Record<string, string> = {};
  const text: Leitura['text'] = (name) => (form[name] ?? '').trim();
  const require: Leitura['require'] = (name, holds, message) => {
    if (!holds) errors[name] ??= message;
  };
  // A line break would become a header of its own in the message, or another command to the server.
  for (const [name, value = ''] of Object.entries(form)) {
    require(name, !CONTROL.test(value), 'Tire a quebra de linha ou o caractere invisível.');
  }
  return {
    errors,
    text,
    require,
    refuse: (name, message) => require(name, message === undefined, message ?? ''),
    number(name, fallback, max) {
      const value = Number(text(name) || fallback);
      require(name, Number.isInteger(value) &&
        value >= 1 &&
        value <= max, `Escreva um número entre 1 e ${max}.`);
      return value;
    },
  };
}

function readWebhook(
  { text, require, refuse }: Leitura,
  before: Configuracao['webhook'],
  segredo: string,
  hosts: readonly string[],
): Configuracao['webhook'] {
  const ativo = text('webhook_ativo') !== '';
  const url = text('webhook_url');
  const known = segredo !== '' || before.segredo !== null;
  require('webhook_url', !ativo || url !== '', 'Escreva o endereço que recebe os avisos.');
  if (url !== '') refuse('webhook_url', checkWebhook(url, hosts));
  require('webhook_segredo', !ativo || known, 'Escreva a chave da assinatura.');
  require('webhook_segredo', segredo === '' ||
    segredo.length >= MIN_SEGREDO, `Use ao menos ${MIN_SEGREDO} letras, difíceis de adivinhar.`);
  require('webhook_segredo', segredo.length <= 200, 'A chave passa de 200 letras.');
  return { ativo, url, segredo: before.segredo };
}

function readEmail(
  leitura: Leitura,
  before: Configuracao['email'],
  senha: string,
  hosts: readonly string[],
): Configuracao['email'] {
  const { text, require } = leitura;
  const ativo = text('email_ativo') !== '';
  const servidor = readServidor(leitura, before, ativo, hosts);
  const usuario = text('smtp_usuario');
  const kept = keepSenha(before, { ...servidor, usuario });
  require('smtp_usuario', usuario.length <= 160, 'O usuário passa de 160 letras.');
  require('smtp_senha', senha.length <= 200, 'A senha passa de 200 letras.');
  require('smtp_senha', usuario === '' || senha !== '' || kept !== null, askSenha(before));
  return { ativo, ...servidor, usuario, senha: kept, ...readEnderecos(leitura, ativo) };
}

function readServidor(
  { text, require, refuse, number }: Leitura,
  before: Configuracao['email'],
  ativo: boolean,
  hosts: readonly string[],
): Pick<Configuracao['email'], 'servidor' | 'porta' | 'seguranca'> {
  const servidor = text('smtp_servidor').toLowerCase();
  const porta = number('smtp_porta', before.porta, 65_535);
  const chosen = SEGURANCAS.find((each) => each === (text('smtp_seguranca') || before.seguranca));
  const seguranca = chosen ?? before.seguranca;
  require('smtp_servidor', !ativo || servidor !== '', 'Escreva o servidor que envia os e-mails.');
  require('smtp_seguranca', chosen !== undefined, 'Escolha STARTTLS, TLS ou nenhuma.');
  if (servidor !== '') {
    refuse('smtp_servidor', checkServidor(servidor, porta, hosts));
    refuse('smtp_seguranca', checkClear({ servidor, seguranca }));
  }
  return { servidor, porta, seguranca };
}

function readEnderecos(
  { text, require }: Leitura,
  ativo: boolean,
): Pick<Configuracao['email'], 'de' | 'para'> {
  const de = text('email_de');
  const para = text('email_para')
    .split(/[\s,;]+/)
    .filter(Boolean);
  require('email_de', de === ''
    ? !ativo
    : isEmail(de), 'Escreva um só endereço, como avisos@provedor.com.br.');
  require('email_para', para.length > 0 || !ativo, 'Escreva ao menos um endereço que recebe os avisos.');
  require('email_para', para.length <= MAX_PARA &&
    para.every(isEmail), `Escreva até ${MAX_PARA} endereços separados por vírgula.`);
  return { de, para };
}

// The stored password goes only where it was typed for: another server is another confidant.
function keepSenha(
  before: Configuracao['email'],
  now: Pick<Configuracao['email'], 'servidor' | 'porta' | 'usuario'>,
): string | null {
  const same =
    before.servidor === now.servidor && before.porta === now.porta && before.usuario === now.usuario;
  return same ? before.senha : null;
}

const askSenha = (before: Configuracao['email']): string =>
  before.senha === null
    ? 'Escreva a senha deste usuário.'
    : 'Servidor, porta ou usuário mudou: escreva a senha de novo.';

const isEmail = (text: string): boolean => text.length <= 160 && EMAIL.test(text);
