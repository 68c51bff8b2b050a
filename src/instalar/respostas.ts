// What the technician decides: every answer with its default, from a file, the ledger of last time, or the keyboard.
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { Recusa } from './fala.ts';

const name = z.string().regex(/^[a-z0-9_]{1,48}$/i, 'só letras, números e _');
const server = z.string().regex(/^[\w.-]+(:\d{1,5})?$/, 'servidor ou servidor:porta');
const file = z.string().regex(/^(\/[^\s;{}"']*)?$/, 'um caminho completo, começando com /');
const choice = <const T extends readonly [string, ...string[]]>(...values: T) =>
  z.enum(values, `um destes: ${values.join(', ')}`);

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

const Respostas = z.object({
  // The first is IXC's main one; others, after a comma, are further names of the same site.
  ixc_origem: z
    .string()
    .refine((text) => text.split(',').every(isOrigin), 'uma origem como https://ixc.provedor.com.br'),
  ixc_servidor: server.default('127.0.0.1:3306'),
  ixc_banco: name.default('ixcprovedor'),
  ixc_usuario: name.default('teleclinica_ixc'),
  banco_servidor: server.default('127.0.0.1:3306'),
  banco: name.default('teleclinica'),
  banco_usuario: name.default('teleclinica'),
  // From where MariaDB sees us come: part of both accounts' names.
  banco_de: z
    .string()
    .regex(/^[\w.%:-]+$/, 'um endereço ou %')
    .default('127.0.0.1'),
  // mysql:// of whoever may create accounts, for this run only; `imprimir` = the DBA runs the SQL.
  banco_admin: z.string().default('mysql://root@localhost/?socketPath=/run/mysqld/mysqld.sock'),
  ixc_admin: z.string().default(''),
  porta: z.coerce.number().int().min(1).max(65_535).default(3080),
  caminho: z
    .string()
    .regex(/^(\/[\w.-]+)+$/, 'um caminho como /addons/tele-clinica')
    .default('/addons/tele-clinica'),
  teleclinica_hosts: z.string().default(''),
  // Only where the plugin cannot be under IXC's host: an HTTPS origin of its own, with a certificate that browsers trust.
  plugin_origem: z
    .string()
    .refine(
      (text) => text === '' || (isOrigin(text) && text.startsWith('https:')),
      'vazia, ou uma origem HTTPS como https://tele-clinica.provedor.com.br',
    )
    .default(''),
  plugin_certificado: file.default(''),
  plugin_chave: file.default(''),
  processos: choice('um', 'separados').default('um'),
  servidor_web: choice('nginx', 'apache', 'nenhum').default('nginx'),
  // The file with IXC's `server {}` or `<VirtualHost>`; empty = looked for by IXC's name.
  servidor_web_arquivo: z.string().default(''),
  servidor_web_teste: z.string().default(''),
  servidor_web_recarga: z.string().default(''),
  php_fastcgi: z.string().default('unix:/run/php/php-fpm.sock'),
  php_grupo: z.string().default('www-data'),
  // IXC's PHP session: name of its cookie, folder of its files (empty = PHP's own), where the id of who is logged in stands.
  php_sessao_nome: z.string().default('IXC_Session'),
  php_sessao_pasta: z.string().default(''),
  php_sessao_chave: z.string().default('usuario.id'),
});

export type Respostas = z.output<typeof Respostas>;
export type Dadas = Partial<Record<string, string>>;

/** The questions worth asking a person; the others have defaults that hold almost everywhere. */
export const PERGUNTAS: Partial<Record<keyof Respostas, string>> = {
  ixc_origem: 'Endereço do IXC no navegador (por exemplo https://ixc.provedor.com.br)',
  ixc_servidor: 'Servidor MariaDB do IXC',
  ixc_banco: 'Nome do banco do IXC',
  banco_servidor: 'Servidor MariaDB para o banco do plugin',
  banco_admin: 'Quem cria os usuários do banco (mysql://…, ou imprimir para entregar o SQL ao DBA)',
  teleclinica_hosts: 'Servidores da Tele Clínica que podem ser chamados (servidor, separados por vírgula)',
  servidor_web: 'Servidor web do IXC (nginx, apache, nenhum)',
};

/** Origins of IXC's pages, the main one first. */
export const originsOf = ({ ixc_origem }: Pick<Respostas, 'ixc_origem'>): [string, ...string[]] => {
  const [main = '', ...others] = ixc_origem.split(',');
  return [main, ...others];
};

// Used once and then forgotten.
const SECRETS = new Set(['banco_admin', 'ixc_admin']);

/** What may be kept in the ledger. */
export const withoutSecrets = (dadas: Dadas): Dadas =>
  Object.fromEntries(Object.entries(dadas).filter(([key]) => !SECRETS.has(key)));

/** Lines `name=value`; `#` begins a comment. @throws Recusa naming an unknown answer. */
export function readAnswers(file: string): Dadas {
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(
    lines.map((line) => {
      const [, key = '', value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? [];
      if (!(key.trim() in Respostas.shape))
        throw new Recusa(
          `${file}: “${line}” não é uma resposta conhecida.`,
          `Use nome=valor, com um destes nomes: ${Object.keys(Respostas.shape).join(', ')}.`,
        );
      return [key.trim(), value.trim()];
    }),
  );
}

/** @throws Recusa naming the first answer that is missing or wrong. */
export function parseRespostas(dadas: Dadas): Respostas {
  const parsed = Respostas.safeParse(dadas);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const key = String(issue?.path[0] ?? '');
  const given = dadas[key];
  throw new Recusa(
    given === undefined ? `Falta a resposta ${key}.` : `A resposta ${key} não serve: “${given}”.`,
    given === undefined
      ? `Escreva ${key}=… no arquivo de respostas.`
      : `Ela precisa ser ${issue?.message ?? 'outra'}.`,
  );
}

/** The default of an answer as text, for the prompt. */
export const defaultOf = (key: keyof Respostas): string =>
  String(Respostas.shape[key].safeParse(undefined).data ?? '');
