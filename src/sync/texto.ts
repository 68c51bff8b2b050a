// Free text typed by operators: kept for the audit, so it must not carry anybody's personal data (decisions 23).
import { invalid } from '../problem.ts';

// Separators as people type them. Longer runs of digits are protocol numbers, which a reason may name.
const PERSONAL: { pattern: RegExp; what: string }[] = [
  { pattern: /(?<!\d)\d{3}[.\s-]?\d{3}[.\s-]?\d{3}[.\s/-]?\d{2}(?!\d)/, what: 'CPF' },
  { pattern: /[^\s@]+@[^\s@]+\.[^\s@]+/, what: 'e-mail' },
  {
    pattern:
      /(?<!\d)(?:\+?55[\s-]?)?0?\(?\d{2}\)?[\s.-]?(?:9[\s.-]?)?\d{4}[\s.-]?\d{4}(?!\d)|(?<!\d)9?\d{4}-\d{4}(?!\d)/,
    what: 'telefone',
  },
];

/**
 * The reason that a person typed, trimmed.
 * @throws Problem 422 on field `motivo` when empty, longer than 200 characters, or holding a CPF, e-mail or phone.
 */
export function parseMotivo(text: string): string {
  const motivo = text.trim().replace(/\s+/g, ' ');
  if (motivo === '') throw invalid({ motivo: 'Diga o motivo: ele fica no histórico.' });
  if (motivo.length > 200) throw invalid({ motivo: 'Use no máximo 200 caracteres.' });
  const found = PERSONAL.find(({ pattern }) => pattern.test(motivo));
  if (found)
    throw invalid({ motivo: `Tire o ${found.what} do motivo: dados pessoais não ficam no histórico.` });
  return motivo;
}
