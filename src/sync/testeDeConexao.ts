// *Testar conexão*: asks the partner whether it takes us, and says what came of it in plain words.
import { transaction } from '../db.ts';
import { notFound } from '../problem.ts';
import { resume } from './atendimento/sinais.ts';
import { audit } from './auditoria.ts';
import type { Sync } from './contexto.ts';
import { findIntegracao } from './integracoes.ts';
import { type PingOutcome, pingParceiro } from './sonda.ts';
import type { Ambiente, Operador } from './tipos.ts';

/**
 * *Testar conexão*: one harmless authenticated call, answered in plain words. A success lets a stopped integração go on.
 * A person asks, so a pause does not hold it back: it changes nothing at the partner.
 * @throws Problem 404.
 */
export async function testIntegracao(
  sync: Sync,
  operador: Operador,
  id: number,
): Promise<{ ok: boolean; mensagem: string }> {
  const integracao = await findIntegracao(sync.db, id);
  if (integracao === undefined) throw notFound('Esta integração');
  const outcome = await pingParceiro(sync, id);
  const result = explainPing(outcome, integracao.ambiente);
  await transaction(sync.db, async (tx) => {
    if (result.ok) await resume(tx, id);
    const detalhe = { integracao: id, resultado: outcome.kind };
    await audit(tx, { operadorId: operador.id, evento: 'conexao_testada', detalhe });
  });
  if (result.ok) sync.wake();
  return result;
}

/** A ping's answer in plain words; `ambiente` is what the integração was registered as. */
export function explainPing(outcome: PingOutcome, ambiente: Ambiente): { ok: boolean; mensagem: string } {
  switch (outcome.kind) {
    case 'ok':
    case 'already':
    case 'accepted':
      return {
        ok: true,
        mensagem:
          wrongAmbiente(outcome, ambiente) ?? 'Conexão feita: a Tele Clínica aceitou usuário e senha.',
      };
    case 'credentials':
      return {
        ok: false,
        mensagem: 'A Tele Clínica recusou usuário ou senha. Confira os dois e salve de novo.',
      };
    case 'forbidden':
      return { ok: false, mensagem: `Usuário e senha existem, mas sem permissão: ${outcome.mensagem}` };
    case 'rate_limited':
      return {
        ok: false,
        mensagem: 'A Tele Clínica pediu para esperar (muitas chamadas). Tente em um minuto.',
      };
    case 'not_found':
      return {
        ok: false,
        mensagem: 'O endereço respondeu, mas não é a API esperada. Confira a URL Base (termina em /v1?).',
      };
    case 'unavailable':
    case 'uncertain':
    case 'contract_broken':
      return { ok: false, mensagem: outcome.mensagem };
    default:
      return { ok: false, mensagem: 'A Tele Clínica deu uma resposta inesperada ao teste.' };
  }
}

// The partner may tell which environment it is: production credentials in a homologação form is worth saying aloud.
function wrongAmbiente(outcome: PingOutcome, ambiente: Ambiente): string | undefined {
  if (outcome.kind !== 'ok' || outcome.value.ambiente === null || ambiente === 'simulador') return undefined;
  const told = outcome.value.ambiente.toLowerCase();
  const isProducao = told.startsWith('prod');
  if (isProducao === (ambiente === 'producao')) return undefined;
  return `Conexão feita, mas a Tele Clínica diz que este é o ambiente “${told}”. Confira o campo Ambiente.`;
}
