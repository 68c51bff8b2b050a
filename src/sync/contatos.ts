// Which of a client's phones and e-mails goes to Tele Clínica: an order that the provider sets, for what is sent from now on.
import { z } from 'zod';
import { type Db, type Pool, transaction } from '../db.ts';
import type { Cliente, ClienteLido } from '../ixc/tipos.ts';
import { invalid } from '../problem.ts';
import { audit } from './auditoria.ts';
import { readConfiguracao, writeConfiguracao } from './configuracoes.ts';

export const TELEFONES = ['celular', 'whatsapp', 'comercial', 'residencial'] as const;
export const EMAILS = ['primeiro', 'ultimo'] as const;

const Contato = z.object({ telefones: z.array(z.enum(TELEFONES)).min(1), email: z.enum(EMAILS) });
/** The fields looked through, in this order, for the first usable mobile; and which e-mail of several. */
export type Contato = z.output<typeof Contato>;

const Saved = Contato.extend({ anteriores: z.array(Contato) });

export const CONTATO_PADRAO: Contato = {
  telefones: ['celular', 'whatsapp', 'residencial'],
  email: 'primeiro',
};

export interface ContatoSalvo {
  contato: Contato;
  /** Orders that held before: what was sent under them is no change of the register. */
  anteriores: Contato[];
  versao: string;
}

/** The order in force. */
export async function loadContato(db: Db): Promise<ContatoSalvo> {
  const { valor, versao } = await readConfiguracao(db, 'contato', Saved);
  if (valor === undefined) return { contato: CONTATO_PADRAO, anteriores: [], versao };
  const { anteriores, ...contato } = valor;
  return { contato, anteriores, versao };
}

const FRESH_MS = 5_000;
const known = new WeakMap<Db, { contato: Contato; lidoEm: number }>();

/** The order in force, read at most every five seconds: for whoever asks it once a person. */
export async function knownContato(db: Db): Promise<Contato> {
  const last = known.get(db);
  if (last && Date.now() - last.lidoEm < FRESH_MS) return last.contato;
  const { contato } = await loadContato(db);
  known.set(db, { contato, lidoEm: Date.now() });
  return contato;
}

/** The client with phones and e-mails in this order, phones of fields that are not used left out. Pure. */
export function orderContatos(cliente: ClienteLido, { telefones, email }: Contato): Cliente {
  const { telefonesDe, ...rest } = cliente;
  return {
    ...rest,
    telefones: [...new Set(telefones.flatMap((origem) => telefonesDe[origem]))],
    emails: email === 'ultimo' ? cliente.emails.toReversed() : cliente.emails,
  };
}

/**
 * The order of a form: `telefone_1` to `telefone_4` (empty = none) and `email`.
 * @throws Problem 422 naming these fields.
 */
export function parseContato(form: Record<string, string | undefined>): Contato {
  const errors: Record<string, string> = {};
  const telefones: Contato['telefones'] = [];
  for (const [index] of TELEFONES.entries()) {
    const field = `telefone_${index + 1}`;
    const value = form[field] ?? '';
    const origem = TELEFONES.find((each) => each === value);
    if (value === '') continue;
    if (origem === undefined) errors[field] = `Escolha ${TELEFONES.join(', ')} ou nenhum.`;
    else if (telefones.includes(origem)) errors[field] = 'Este telefone já está mais acima.';
    else telefones.push(origem);
  }
  if (telefones.length === 0) errors['telefone_1'] ??= 'Escolha ao menos um telefone.';
  const email = EMAILS.find((each) => each === form['email']);
  if (email === undefined) errors['email'] = 'Escolha o primeiro ou o último.';
  if (email === undefined || Object.keys(errors).length > 0) throw invalid(errors);
  return { telefones, email };
}

/** Whether two orders are the same. */
export const isSameContato = (a: Contato, b: Contato): boolean => codeOf(a) === codeOf(b);

/** An order as the audit keeps it: `celular > whatsapp; e-mail primeiro`. */
export const codeOf = ({ telefones, email }: Contato): string => `${telefones.join(' > ')}; e-mail ${email}`;

/** Saves the order over `versao`; false when somebody saved another meanwhile. Nothing is sent by it. */
export function saveContato(
  db: Pool,
  operadorId: number,
  antes: ContatoSalvo,
  depois: Contato,
): Promise<boolean> {
  const anteriores = [antes.contato, ...antes.anteriores].filter(
    (each, index, all) =>
      !isSameContato(each, depois) && all.findIndex((other) => isSameContato(other, each)) === index,
  );
  return transaction(db, async (tx) => {
    if (!(await writeConfiguracao(tx, 'contato', antes.versao, { ...depois, anteriores }))) return false;
    await audit(tx, {
      operadorId,
      evento: 'contato_alterado',
      detalhe: { mudancas: [`de ${codeOf(antes.contato)}`, `para ${codeOf(depois)}`] },
    });
    return true;
  });
}
