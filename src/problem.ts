// A failure we understand: what happened and what the person can do about it, in Portuguese.

export type Fields = Record<string, string>;

/** What the screens say besides title and action. */
export interface Mais {
  /** Whether Tele Clínica heard it, when that is not what the status alone tells. */
  ouviu?: string;
  /** The role that is missing. */
  papel?: string;
  /** The page that asked belongs to another session: it can be brought back without losing what was typed. */
  retomavel?: boolean;
  /** The form can be drawn again with what was typed, beside what holds by now. */
  redesenhavel?: boolean;
}

/** Thrown on purpose; everything else that is thrown is a bug. `title` and `action` are shown to people. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  readonly action: string;
  readonly fields: Fields;
  readonly mais: Mais;

  constructor(
    status: number,
    title: string,
    action: string,
    fields: Fields = {},
    cause?: unknown,
    mais: Mais = {},
  ) {
    super(title, { cause });
    this.name = 'Problem';
    this.status = status;
    this.title = title;
    this.action = action;
    this.fields = fields;
    this.mais = mais;
  }
}

/** 404: it does not exist, or this operator may not know that it does. */
export const notFound = (what: string) =>
  new Problem(404, `${what} não existe ou não está nas suas filiais.`, 'Confira o número e tente de novo.');

/** 422: bad input; `fields` maps each field name to the sentence shown beside it. */
export const invalid = (fields: Fields) =>
  new Problem(
    422,
    'Alguns campos precisam de correção.',
    'Corrija os campos marcados e envie de novo.',
    fields,
  );

/** 403: the operator lacks the role. */
export const forbidden = (papel: string) =>
  new Problem(
    403,
    'Seu grupo no IXC não permite esta ação.',
    `Peça a um administrador o direito “${papel}” para o seu grupo.`,
    {},
    undefined,
    { papel },
  );

/** 409: somebody saved meanwhile; the form is drawn again with what was typed. */
export const outdated = (title: string, action: string) =>
  new Problem(409, title, action, {}, undefined, { redesenhavel: true });

/** 409: the present state forbids it. */
export const conflict = (title: string, action: string) => new Problem(409, title, action);
