// Who can be sent to Tele Clínica: the register of a client, checked before anything leaves. Pure.
import type { Cliente } from '../ixc/tipos.ts';
import { isValidCpf } from '../ixc/valores.ts';
import type { Pessoa } from '../teleclinica/port.ts';
import type { CampoRecusado } from './tipos.ts';

/** What can be wrong with a register, as counts and filters name it. */
export const CAUSAS_DO_CADASTRO = [
  'empresa',
  'cpf_vazio',
  'cpf_invalido',
  'nome_vazio',
  'nome_curto',
  'nome_longo',
  'nome_estranho',
  'nascimento_vazio',
  'nascimento_falso',
  'nascimento_futuro',
  'idade_impossivel',
  'menor',
  'contato_vazio',
  'contato_invalido',
] as const;
export type CausaDoCadastro = (typeof CAUSAS_DO_CADASTRO)[number];

/** A refused field with the name of its cause. */
export interface CampoDoCadastro extends CampoRecusado {
  causa: CausaDoCadastro;
}

export type Identity = { ok: true; cpf: string } | { ok: false; campos: CampoDoCadastro[] };
export type CheckedPessoa = { ok: true; pessoa: Pessoa } | { ok: false; campos: CampoDoCadastro[] };
type Julgado = readonly [causa: CausaDoCadastro, motivo: string];

/** What this provider's base is filled with when nobody asked. */
export interface Padroes {
  nascimentos: ReadonlySet<string>;
  dominios: ReadonlySet<string>;
}

const NO_PADROES: Padroes = { nascimentos: new Set(), dominios: new Set() };
const ADULT_AGE = 18;
const MAX_AGE = 120;
const MAX_NAME = 100;

// Dates that registers hold when nobody asked: a birth date nobody was born on.
const SENTINELS = new Set(['1900-01-01', '1899-12-31', '1901-01-01']);

const PLACEHOLDER_EMAIL =
  /^(nao|não|sem|semail|sememail|teste|test|naotem|naopossui|nao_?tem|xx+|aaa+|email|cliente|nenhum)\d*@|@(teste|nao|email|naotem|xxx?)\./;

// DDDs in use (Anatel, Plano Geral de Códigos de Área).
const DDDS = new Set(
  `11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 42 43 44 45 46 47 48 49 51 53 54 55 61 62 63 64
   65 66 67 68 69 71 73 74 75 77 79 81 82 83 84 85 86 87 88 89 91 92 93 94 95 96 97 98 99`.split(/\s+/),
);

/** Whether the client is a natural person with a CPF that exists: the least needed to know who it is. */
export function checkIdentity(cliente: Cliente): Identity {
  const where = `Corrija no cadastro do cliente ${cliente.id} do IXC.`;
  if (cliente.tipoPessoa === 'J' || cliente.documento.length === 14) {
    return refuse('empresa', 'O cliente é uma empresa: a telemedicina precisa de uma pessoa com CPF.', where);
  }
  if (cliente.documento === '') return refuse('cpf_vazio', 'O CPF está vazio.', where);
  if (!isValidCpf(cliente.documento))
    return refuse('cpf_invalido', 'O CPF não existe: os dígitos não conferem.', where);
  return { ok: true, cpf: cliente.documento };
}

/**
 * The person as Tele Clínica will take it, or every field that must be corrected first.
 * `hoje` is AAAA-MM-DD in the provider's time zone.
 */
export function checkPessoa(cliente: Cliente, hoje: string, padroes: Padroes = NO_PADROES): CheckedPessoa {
  const identity = checkIdentity(cliente);
  const campos: CampoDoCadastro[] = identity.ok ? [] : [...identity.campos];
  const correcao = `Corrija no cadastro do cliente ${cliente.id} do IXC.`;
  const nome = cliente.nome.replace(/\s+/g, ' ').trim();
  const wrongName = judgeName(nome);
  if (wrongName) campos.push(toCampo('nome', wrongName, correcao));
  const wrongBirth = judgeBirth(cliente.nascimento, hoje, padroes);
  if (wrongBirth) campos.push(toCampo('nascimento', wrongBirth, correcao));
  const { email, celular } = contactOf(cliente, padroes);
  if (email === null && celular === null) {
    const motivo = 'Não há celular nem e-mail válido, e o primeiro acesso precisa de um dos dois.';
    const vazio = cliente.emails.length === 0 && cliente.telefones.length === 0;
    campos.push(toCampo('contato', [vazio ? 'contato_vazio' : 'contato_invalido', motivo], correcao));
  }
  if (!identity.ok || campos.length > 0 || cliente.nascimento === null) return { ok: false, campos };
  return { ok: true, pessoa: { nome, cpf: identity.cpf, nascimento: cliente.nascimento, email, celular } };
}

/** The first e-mail and the first mobile that can be used, in the order in which the client's are listed. */
export function contactOf(
  { emails, telefones }: Pick<Cliente, 'emails' | 'telefones'>,
  padroes: Padroes = NO_PADROES,
): { email: string | null; celular: string | null } {
  return {
    email: emails.find((each) => isUsableEmail(each) && !isOwn(each, padroes)) ?? null,
    celular: telefones.map(toMobile).find((each) => each !== null) ?? null,
  };
}

const refuse = (causa: CausaDoCadastro, motivo: string, correcao: string): Identity => ({
  ok: false,
  campos: [toCampo('cpf', [causa, motivo], correcao)],
});

const toCampo = (campo: string, [causa, motivo]: Julgado, correcao: string): CampoDoCadastro => ({
  campo,
  motivo,
  correcao,
  causa,
});

function judgeName(nome: string): Julgado | undefined {
  if (nome === '') return ['nome_vazio', 'O nome está vazio.'];
  if (/\d/.test(nome)) return ['nome_estranho', 'O nome tem números.'];
  if (/[<>{}]/.test(nome)) return ['nome_estranho', 'O nome tem sinais que não são de nome.'];
  const words = nome.split(' ').filter((word) => /\p{L}/u.test(word));
  if (words.length < 2) return ['nome_curto', 'O nome precisa de nome e sobrenome.'];
  if (nome.length > MAX_NAME) return ['nome_longo', `O nome passa de ${MAX_NAME} letras.`];
  return undefined;
}

function judgeBirth(nascimento: string | null, hoje: string, padroes: Padroes): Julgado | undefined {
  if (nascimento === null) return ['nascimento_vazio', 'A data de nascimento está vazia.'];
  if (SENTINELS.has(nascimento))
    return ['nascimento_falso', 'A data de nascimento é de preenchimento, não a verdadeira.'];
  if (padroes.nascimentos.has(nascimento)) {
    return [
      'nascimento_falso',
      'A data de nascimento se repete em gente demais no cadastro para ser verdadeira.',
    ];
  }
  if (nascimento > hoje) return ['nascimento_futuro', 'A data de nascimento está no futuro.'];
  const age = ageOn(nascimento, hoje);
  if (age > MAX_AGE) return ['idade_impossivel', `A data de nascimento dá mais de ${MAX_AGE} anos.`];
  if (age < ADULT_AGE)
    return ['menor', 'A pessoa tem menos de 18 anos: o titular precisa ser o responsável.'];
  return undefined;
}

/** Whole years between two AAAA-MM-DD dates. */
export function ageOn(nascimento: string, hoje: string): number {
  const years = Number(hoje.slice(0, 4)) - Number(nascimento.slice(0, 4));
  return hoje.slice(5) < nascimento.slice(5) ? years - 1 : years;
}

const isOwn = (email: string, { dominios }: Padroes): boolean => dominios.has(email.split('@')[1] ?? '');

/** Syntax good enough to receive a code, and not one of the placeholders that attendants type. */
export function isUsableEmail(email: string): boolean {
  return (
    email.length <= 100 &&
    /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}$/.test(email) &&
    !PLACEHOLDER_EMAIL.test(email)
  );
}

/** The 11 national digits of a mobile number, or null: country code and trunk 0 removed, DDD known, third digit 9. */
export function toMobile(phone: string): string | null {
  let digits = phone.replace(/\D/g, '').replace(/^0+/, '');
  if (digits.length === 13 && digits.startsWith('55')) digits = digits.slice(2);
  const isMobile = digits.length === 11 && DDDS.has(digits.slice(0, 2)) && digits[2] === '9';
  return isMobile && !/^(\d)\1{7}$/.test(digits.slice(3)) ? digits : null;
}
