// The e-mail channel, and the only place that knows nodemailer: plain text over SMTP, TLS unless the server is this computer.
import net from 'node:net';
import nodemailer, { type SMTPTransportOptions } from 'nodemailer';
import { isLoopback } from '../../teleclinica/endereco.ts';
import { guardedLookup } from '../../teleclinica/rede.ts';
import { checkServidor, codeOf, describeFalha, type Entrega } from './destino.ts';
import type { Envio } from './webhook.ts';

export const SEGURANCAS = ['starttls', 'tls', 'nenhuma'] as const;
export type Seguranca = (typeof SEGURANCAS)[number];

export interface Smtp {
  servidor: string;
  porta: number;
  seguranca: Seguranca;
  /** '' = no authentication. */
  usuario: string;
  senha: string;
  de: string;
  para: string[];
}

export interface Carta {
  /** Stable: a repetition carries the same, and mail programs show it once. */
  id: string;
  /** The message that this one answers, so that both stand together. */
  resposta?: string;
  assunto: string;
  texto: string;
}

/** Sends one message to every address of `para`. Never throws for what network and server do. */
export async function sendEmail(smtp: Smtp, carta: Carta, envio: Envio): Promise<Entrega> {
  const refusal = checkServidor(smtp.servidor, smtp.porta, envio.hosts) ?? checkClear(smtp);
  if (refusal !== undefined) return { ok: false, mensagem: refusal };
  try {
    const { rejected } = await deliver(smtp, carta, envio);
    const refused = rejected.length > 0 ? ` Ele recusou ${rejected.length} dos destinatários.` : '';
    return { ok: true, mensagem: `${smtp.servidor} aceitou a mensagem.${refused}` };
  } catch (error) {
    return { ok: false, mensagem: describeErro(error, smtp) };
  }
}

/** Mail without TLS is for a server on this very computer. Returns the refusal, or undefined. */
export function checkClear({
  servidor,
  seguranca,
}: Pick<Smtp, 'servidor' | 'seguranca'>): string | undefined {
  if (seguranca !== 'nenhuma' || isLoopback(servidor.toLowerCase())) return undefined;
  return 'Sem criptografia só é aceito um servidor neste computador. Escolha STARTTLS ou TLS.';
}

async function deliver(smtp: Smtp, carta: Carta, envio: Envio): Promise<{ rejected: string[] }> {
  const connection = await connect(smtp, envio);
  const transport = nodemailer.createTransport(optionsFor(smtp, connection, envio.prazoMs));
  const dominio = smtp.de.slice(smtp.de.lastIndexOf('@') + 1);
  const idOf = (id: string): string => `<${id}@${dominio}>`;
  try {
    return await transport.sendMail({
      from: smtp.de,
      to: smtp.para,
      subject: carta.assunto,
      text: carta.texto,
      messageId: idOf(carta.id),
      ...(carta.resposta === undefined
        ? {}
        : { inReplyTo: idOf(carta.resposta), references: idOf(carta.resposta) }),
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Tele-Clinica-Entrega': carta.id },
      signal: AbortSignal.timeout(envio.prazoMs),
    });
  } finally {
    transport.close();
    connection.destroy();
  }
}

// The socket is ours, so that the address judged is the address connected to.
function connect({ servidor, porta }: Smtp, { hosts, prazoMs }: Envio): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({
      host: servidor,
      port: porta,
      lookup: guardedLookup(String(porta), hosts),
      signal: AbortSignal.timeout(prazoMs),
    });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      // Between here and the mail library's own handler an error has nobody to go to.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}

function optionsFor(smtp: Smtp, connection: net.Socket, prazoMs: number): SMTPTransportOptions {
  return {
    host: smtp.servidor,
    port: smtp.porta,
    connection,
    secure: smtp.seguranca === 'tls',
    requireTLS: smtp.seguranca === 'starttls',
    ignoreTLS: smtp.seguranca === 'nenhuma',
    tls: { minVersion: 'TLSv1.2' },
    ...(smtp.usuario === '' ? {} : { auth: { user: smtp.usuario, pass: smtp.senha } }),
    greetingTimeout: prazoMs,
    socketTimeout: prazoMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

// The server's own words stay out: they may quote addresses, and what to do follows from the kind of failure.
function describeErro(error: unknown, { servidor }: Smtp): string {
  const code = codeOf(error);
  switch (code) {
    case 'EAUTH':
    case 'ENOAUTH':
      return `${servidor} recusou o usuário ou a senha.`;
    case 'EENVELOPE':
      return `${servidor} recusou o remetente ou os destinatários.`;
    case 'EMESSAGE':
    case 'EPROTOCOL':
      return `${servidor} recusou a mensagem.`;
    case 'ETLS':
      return `${servidor} não fez a conexão segura pedida. Confira a segurança escolhida e o certificado dele.`;
    default:
      return describeFalha(code, servidor);
  }
}
