// A real SMTP server that keeps what it receives, with the login and the encryption a test asks for.
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { CERTIFICADO, CHAVE } from '../../teleclinica/certificado.ts';

export interface Carta {
  de: string;
  para: string[];
  /** Whether it came over TLS. */
  seguro: boolean;
  usuario: string | undefined;
  header(name: string): string | undefined;
  assunto: string;
  texto: string;
  /** Everything that came, decoded. */
  tudo: string;
}

export interface Correio {
  porta: number;
  cartas: Carta[];
  /** Logins that were tried, right or wrong, as `user:password`. */
  logins: string[];
  stop(): Promise<void>;
}

export interface Opcoes {
  /** `user` and `password` that are let in; without it nobody needs to log in. */
  login?: { usuario: string; senha: string };
  tls?: 'nenhum' | 'starttls' | 'direto';
  /** Refuse these recipients. */
  recusa?: (endereco: string) => boolean;
}

export async function startCorreio({ login, tls = 'nenhum', recusa }: Opcoes = {}): Promise<Correio> {
  const cartas: Carta[] = [];
  const logins: string[] = [];
  const server = new SMTPServer({
    secure: tls === 'direto',
    key: CHAVE,
    cert: CERTIFICADO,
    authOptional: login === undefined,
    allowInsecureAuth: tls === 'nenhum',
    disabledCommands: [...(tls === 'starttls' ? [] : ['STARTTLS']), ...(login ? [] : ['AUTH'])],
    onAuth(auth, _session, done) {
      logins.push(`${auth.username}:${auth.password}`);
      const right = auth.username === login?.usuario && auth.password === login?.senha;
      done(right ? null : new Error('wrong'), right ? { user: auth.username } : undefined);
    },
    onRcptTo: ({ address }, _session, done) => done(recusa?.(address) ? new Error('no such user') : null),
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        cartas.push({
          ...read(Buffer.concat(chunks).toString('utf8')),
          de: mailFrom ? mailFrom.address : '',
          para: rcptTo.map(({ address }) => address),
          seguro: Boolean(session.secure),
          usuario: typeof session.user === 'string' ? session.user : undefined,
        });
        done();
      });
    },
  });
  // A client that refuses our certificate is what some tests are about.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    porta: port,
    cartas,
    logins,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

function read(source: string): Pick<Carta, 'assunto' | 'texto' | 'tudo' | 'header'> {
  const cut = source.indexOf('\r\n\r\n');
  const head = source.slice(0, cut).replace(/\r\n[ \t]+/g, ' ');
  const header = (name: string): string | undefined =>
    new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim();
  const texto = decode(source.slice(cut + 4), header('Content-Transfer-Encoding') ?? '7bit');
  const assunto = decodeWords(header('Subject') ?? '');
  return { header, texto, assunto, tudo: `${decodeWords(head)}\n${texto}` };
}

function decode(body: string, encoding: string): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  return encoding === 'quoted-printable' ? unquote(body.replace(/=\r\n/g, '')) : body;
}

const decodeWords = (text: string): string =>
  text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?(.*?)\?=/gi, (_all, kind: string, word: string) =>
      kind.toLowerCase() === 'b'
        ? Buffer.from(word, 'base64').toString('utf8')
        : unquote(word.replaceAll('_', ' ')),
    );

const unquote = (text: string): string =>
  Buffer.from(
    text.replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  ).toString('utf8');
