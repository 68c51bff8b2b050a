// Which column of the partner's invoice is what, and its cells as values. Pure; nothing that is refused is repeated.
export const CAMPOS = ['referencia', 'id', 'cpf', 'valor', 'plano'] as const;
export type Campo = (typeof CAMPOS)[number];
/** The heading of each column, '' = the invoice has none. */
export type Colunas = Record<Campo, string>;

const PALPITES: Record<Campo, RegExp> = {
  referencia: /refer|external/,
  id: /^id$|^id (do )?(usuario|user)$|^(usuario|user) ?id$|^codigo do usuario$/,
  cpf: /cpf|documento/,
  valor: /valor|preco|amount|price/,
  plano: /plano|plan$|produto/,
};

/** A heading as it is compared: without accents, capitals or marks. */
const plain = (text: string): string =>
  text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();

const PESSOAL = /(?:\d\D*){4}|@/;

/** Where each column is, and what to say beside each field that names none. Empty fields are guessed from the headings. */
export function findColunas(cabecalho: readonly string[], escolhidas: Partial<Record<Campo, string>>) {
  const plains = cabecalho.map(plain);
  const onde: Partial<Record<Campo, number>> = {};
  const erros: Record<string, string> = {};
  for (const campo of CAMPOS) {
    const escolhida = escolhidas[campo]?.trim() ?? '';
    const at = plains.findIndex((each) =>
      escolhida === '' ? PALPITES[campo].test(each) : each === plain(escolhida),
    );
    // A file without headings has people in its first line, and what is chosen here is remembered (decisions 23).
    if (PESSOAL.test(escolhida)) erros[`coluna_${campo}`] = 'Isto não parece o título de uma coluna.';
    else if (at >= 0) onde[campo] = at;
    else if (escolhida !== '') erros[`coluna_${campo}`] = 'O arquivo não tem uma coluna com este nome.';
  }
  if (onde.valor === undefined)
    erros['coluna_valor'] ??= 'Não achamos a coluna do valor. Escreva o nome dela como está no arquivo.';
  if (onde.referencia === undefined && onde.id === undefined && onde.cpf === undefined)
    erros['coluna_referencia'] ??=
      'Não achamos quem é a pessoa: diga a coluna da referência, do id ou do CPF.';
  const colunas = Object.fromEntries(
    CAMPOS.map((campo) => [campo, cabecalho[onde[campo] ?? -1] ?? '']),
  ) as Colunas;
  return { onde, erros, colunas };
}

/** `R$ 1.234,56`, `1234.56`, `49,9` as exact cents; undefined when it is no amount of at most two decimals. */
export function parseCentavos(text: string): number | undefined {
  const bare = text.replace(/^R\$/i, '').replace(/\s/g, '');
  const plainNumber = /^\d{1,3}(\.\d{3})+(,\d{1,2})?$/.test(bare)
    ? bare.replaceAll('.', '').replace(',', '.')
    : /^\d{1,3}(,\d{3})+\.\d{1,2}$/.test(bare)
      ? bare.replaceAll(',', '')
      : bare.replace(',', '.');
  const parts = /^(-?)(\d{1,9})(?:\.(\d{1,2}))?$/.exec(plainNumber);
  if (parts === null) return undefined;
  const cents = Number(parts[2]) * 100 + Number((parts[3] ?? '').padEnd(2, '0'));
  return parts[1] === '-' ? -cents : cents;
}
