// The form of a plano, checked field by field, money included.
import { invalid } from '../problem.ts';
import { parseId } from './campos.ts';
import type { Sync } from './contexto.ts';
import { findIntegracao } from './integracoes.ts';

export interface PlanoForm {
  nome: string;
  descricao: string;
  valorCentavos: number;
  codigo: string | null;
  integracaoId: number;
}

/**
 * Checks every field and returns them typed.
 * @throws Problem 422 with nome, descricao, valor, codigo, integracao_id.
 */
export async function parsePlano(sync: Sync, form: Record<string, string | undefined>): Promise<PlanoForm> {
  const fields: Record<string, string> = {};
  const nome = (form['nome'] ?? '').trim();
  if (nome === '' || nome.length > 80) fields['nome'] = 'Escreva o nome do plano (até 80 letras).';
  const descricao = (form['descricao'] ?? '').trim();
  if (descricao.length > 500) fields['descricao'] = 'Use no máximo 500 letras.';
  const valorCentavos = parseCentavos(form['valor'] ?? '');
  if (valorCentavos === undefined) fields['valor'] = 'Escreva o valor mensal em reais, por exemplo 49,90.';
  const codigo = (form['codigo'] ?? '').trim();
  if (!/^[\w.:-]{0,64}$/.test(codigo))
    fields['codigo'] = 'Use só letras sem acento, números, ponto, hífen e sublinhado.';
  const integracaoId = parseId(form['integracao_id']) ?? 0;
  const integracao = await findIntegracao(sync.db, integracaoId);
  if (integracao === undefined) fields['integracao_id'] = 'Escolha a integração a que o plano pertence.';
  if (Object.keys(fields).length > 0 || valorCentavos === undefined) throw invalid(fields);
  return { nome, descricao, valorCentavos, codigo: codigo === '' ? null : codigo, integracaoId };
}

/** `49,90`, `1.234,56`, `49.90` or `R$ 49` → centavos; undefined when it is not an amount up to R$ 99.999,99. */
export function parseCentavos(text: string): number | undefined {
  const clean = text.replace(/R\$|\s/g, '');
  const brazilian = /^(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?$/;
  const plain = /^\d+\.\d{1,2}$/;
  if (!brazilian.test(clean) && !plain.test(clean)) return undefined;
  const normal = plain.test(clean) ? clean : clean.replaceAll('.', '').replace(',', '.');
  const centavos = Math.round(Number(normal) * 100);
  return centavos <= 9_999_999 ? centavos : undefined;
}
