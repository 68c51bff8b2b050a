// The ISP as a tenant: registered once per CNPJ.
import { tenantOf } from './acesso.ts';
import type { Chamada } from './chamada.ts';
import { type Estado, type Integracao, TENANT } from './estado.ts';
import { notFound, type Outcome } from './resposta.ts';
import { integrationCreate, parseBody } from './validacao.ts';

/**
 * POST /integrations, idempotent by CNPJ. The first CNPJ takes the tenant that these credentials have from the
 * start; each further one becomes a tenant of its own.
 */
export function registerIntegration(estado: Estado, chamada: Chamada): Outcome {
  const parsed = parseBody(integrationCreate, chamada.body);
  if ('refusal' in parsed) return parsed.refusal;
  const { cnpj, name } = parsed.data;
  const all = [...estado.integracoes.values()];
  const existing = all.find((integracao) => integracao.cnpj === cnpj);
  if (existing) return { status: 200, body: existing };
  return {
    userId: null,
    apply: () => {
      const first = estado.integracoes.get(TENANT);
      const id = first?.cnpj == null ? TENANT : `int-${estado.integracoes.size + 1}`;
      const integracao: Integracao = { id, cnpj, name, environment: 'simulador', active: true };
      estado.integracoes.set(id, integracao);
      return { status: 201, body: integracao };
    },
  };
}

/** GET /integrations/current: the tenant behind these credentials, or behind X-Integration-Id. */
export function getCurrentIntegration(estado: Estado, chamada: Chamada): Outcome {
  const integracao = estado.integracoes.get(tenantOf(chamada));
  if (!integracao) return notFound('INTEGRATION_NOT_FOUND', 'No integration');
  return { status: 200, body: integracao };
}
