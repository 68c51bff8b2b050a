// The provider's own words on our screens: what its SVA is called, how a person gets in, whom to call. Plain text only.
import { z } from 'zod';
import { type Db, type Pool, transaction } from '../db.ts';
import { invalid } from '../problem.ts';
import { audit } from './auditoria.ts';
import { readConfiguracao, writeConfiguracao } from './configuracoes.ts';

export const TEXTOS = ['nome', 'acesso', 'telefone', 'site', 'suporte'] as const;
export type NomeDoTexto = (typeof TEXTOS)[number];
/** '' = not written. Never HTML: a view escapes them. `acesso` and `suporte` may have line breaks; `site` is https. */
export type Textos = Record<NomeDoTexto, string>;

/** The longest each may be, in characters. */
export const TAMANHO: Record<NomeDoTexto, number> = {
  nome: 60,
  acesso: 600,
  telefone: 40,
  site: 200,
  suporte: 600,
};

const EM_LINHAS: readonly NomeDoTexto[] = ['acesso', 'suporte'];
const SEM_TEXTOS: Textos = { nome: '', acesso: '', telefone: '', site: '', suporte: '' };

const Saved = z.object({
  nome: z.string(),
  acesso: z.string(),
  telefone: z.string(),
  site: z.string(),
  suporte: z.string(),
});

/** The texts as saved; each '' until somebody writes it. */
export const readTextos = async (db: Db): Promise<Textos> => (await loadTextos(db)).textos;

/** The same with the version that a later save must name. */
export async function loadTextos(db: Db): Promise<{ textos: Textos; versao: string }> {
  const { valor = SEM_TEXTOS, versao } = await readConfiguracao(db, 'textos', Saved);
  return { textos: valor, versao };
}

/** The texts of a form. @throws Problem 422 naming nome, acesso, telefone, site, suporte. */
export function parseTextos(form: Record<string, string | undefined>): Textos {
  const errors: Record<string, string> = {};
  const textos = { ...SEM_TEXTOS };
  for (const nome of TEXTOS) {
    textos[nome] = clean(form[nome] ?? '', EM_LINHAS.includes(nome));
    const wrong = judge(nome, textos[nome]);
    if (wrong !== undefined) errors[nome] = wrong;
  }
  if (Object.keys(errors).length > 0) throw invalid(errors);
  return textos;
}

function clean(text: string, lines: boolean): string {
  const plain = text.normalize('NFC').replace(/\r\n?/g, '\n').trim();
  return lines
    ? plain
        .replace(/[^\S\n]+/g, ' ')
        .replace(/ ?\n ?/g, '\n')
        .replace(/\n{3,}/g, '\n\n')
    : plain.replace(/[^\S\n]+/g, ' ');
}

// Direction overrides and control characters would rearrange or hide what stands around them on a screen.
const UNREADABLE = /[^\P{C}\n\u200d]/u;

function judge(nome: NomeDoTexto, text: string): string | undefined {
  if ([...text].length > TAMANHO[nome]) return `Use no máximo ${TAMANHO[nome]} letras.`;
  if (!EM_LINHAS.includes(nome) && text.includes('\n')) return 'Escreva em uma linha só.';
  if (UNREADABLE.test(text)) return 'Tire os caracteres invisíveis.';
  if (/<[^>]*>/.test(text)) return 'Escreva texto simples, sem códigos como <b>.';
  if (nome === 'site' && text !== '' && !isSite(text))
    return 'Escreva um endereço como https://exemplo.com.br.';
  if (nome === 'telefone' && !/^[\d\s()+./-]*$/.test(text)) return 'Use só números, espaços e ( ) + - / .';
  return undefined;
}

function isSite(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  return protocol === 'https:' && hostname.includes('.') && username === '' && password === '';
}

/** Saves the texts over `versao`; false when somebody saved others meanwhile. */
export function saveTextos(
  db: Pool,
  operadorId: number,
  antes: { textos: Textos; versao: string },
  textos: Textos,
): Promise<boolean> {
  return transaction(db, async (tx) => {
    if (!(await writeConfiguracao(tx, 'textos', antes.versao, textos))) return false;
    const mudancas = TEXTOS.filter((nome) => textos[nome] !== antes.textos[nome]);
    await audit(tx, { operadorId, evento: 'textos_alterados', detalhe: { mudancas } });
    return true;
  });
}
