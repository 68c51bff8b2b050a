// The doctor on Tele Clínica: what is known without asking, and for the command line one harmless call.
import type { Sync } from '../contexto.ts';
import { listIntegracoes } from '../integracoes.ts';
import { pingParceiro } from '../sonda.ts';
import { explainPing } from '../testeDeConexao.ts';
import { aviso, type Checagem, falha, type Linha, ok, type Paciente, type Resultado } from './linha.ts';

export const DO_PARCEIRO: readonly Checagem[] = [['Tele Clínica', checkKnown]];

const SETUP = 'cadastre uma em Integrações → Nova Integração';

async function checkKnown({ db }: Paciente): Promise<Resultado> {
  const all = await listIntegracoes(db);
  if (all.length === 0) return aviso(`nenhuma integração: ${SETUP}`);
  const refused = all.filter(({ credencialParadaEm }) => credencialParadaEm !== null);
  if (refused.length > 0)
    return falha(
      `usuário ou senha recusados em ${names(refused)}: corrija em Integrações e clique em Testar conexão`,
    );
  const out = all.filter(({ foraDesde }) => foraDesde !== null);
  if (out.length > 0)
    return aviso(
      `${names(out)} sem resposta desde ${out[0]?.foraDesde?.slice(0, 16)} UTC: o que foi pedido espera; confira rede e firewall para a saída HTTPS`,
    );
  const never = all.filter(({ contatoEm }) => contatoEm === null);
  if (never.length > 0) return aviso(`${names(never)} ainda não foi testada: Integrações → Testar conexão`);
  return ok(
    `${all.length === 1 ? 'a integração responde' : `as ${all.length} integrações respondem`}, pelo último contato`,
  );
}

const names = (list: readonly { nome: string }[]): string => list.map(({ nome }) => `“${nome}”`).join(', ');

/**
 * Asks every integração's server for the smallest answer, with its credentials: reachability, TLS and password at once.
 * Refused credentials are not tried again: each refusal brings the account nearer to its lock-out (decisions 17).
 */
export async function pingAll(sync: Sync): Promise<Linha[]> {
  const linhas: Linha[] = [];
  for (const { id, nome, ambiente, credencialParadaEm } of await listIntegracoes(sync.db)) {
    const checagem = `chamada a ${nome}`;
    if (credencialParadaEm !== null) {
      linhas.push({ checagem, ...aviso('não feita: usuário ou senha recusados; corrija-os antes') });
      continue;
    }
    const answer = await pingParceiro(sync, id)
      .then((outcome) => explainPing(outcome, ambiente))
      .catch((error: unknown) => ({
        ok: false,
        mensagem: error instanceof Error ? error.message : String(error),
      }));
    linhas.push({ checagem, ...(answer.ok ? ok(answer.mensagem) : falha(answer.mensagem)) });
  }
  return linhas;
}
