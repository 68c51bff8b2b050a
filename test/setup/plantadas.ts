// Disagreements planted on purpose, so many of each class over people who agree: what a comparison must find, and no more.
import type { Classe } from '../../src/sync/divergencias/tipos.ts';
import type { Automacao, Gente } from './automacao.ts';

export interface Plantada {
  classe: Classe;
  /** `usuario:7`, `contrato:9`, `conta:abc`; of a duplicate, the usuário. */
  chave: string;
}

/** Plants `n` of each class among `gente` (at least 6 × n people with an active account each). */
export async function plantDivergencias(casa: Automacao, gente: Gente[], n: number): Promise<Plantada[]> {
  const { mundo } = casa;
  const { simulador } = mundo;
  const free = [...gente];
  const take = (): Gente[] => free.splice(0, n);
  const conta = async (id: number): Promise<string> => (await mundo.usuario(id)).remotoId ?? '';
  const planted: Plantada[] = [];
  const plant = (classe: Classe, chave: string): number => planted.push({ classe, chave });

  for (const { id } of take()) {
    await simulador.muda(await conta(id), { status: 'blocked' });
    plant('pago_bloqueado', `usuario:${id}`);
  }
  for (const { id, contrato } of take()) {
    await mundo.escrita.change('cliente_contrato', contrato, { status: 'I', status_internet: 'D' });
    plant('cancelado_ativo', `usuario:${id}`);
  }
  for (const [index, { id }] of take().entries()) {
    // Gone from the list, or cancelled there behind our back.
    if (index % 2 === 0) await simulador.some(await conta(id));
    else await simulador.muda(await conta(id), { status: 'cancelled' });
    plant('ativo_sem_usuario', `usuario:${id}`);
  }
  for (const { id, contrato } of take()) {
    await mundo.escrita.remove('cliente_contrato', contrato);
    await mundo.nosso.query('UPDATE adesoes SET ausencias = 2 WHERE vigente = ?', [contrato]);
    plant('usuario_sem_contrato', `usuario:${id}`);
  }
  for (const { id } of take()) {
    await simulador.muda(await conta(id), { planId: 'familia-24h' });
    plant('plano_errado', `usuario:${id}`);
  }
  for (const [index, { id }] of take().entries()) {
    const other = [
      { email: 'outra@example.org' },
      { name: 'Nome Que Mudou La' },
      { phone: '+5584911112222' },
      { birthDate: '1971-02-03' },
    ];
    await simulador.muda(await conta(id), other[index % other.length] ?? {});
    plant('dados_diferentes', `usuario:${id}`);
  }
  for (const { id } of take()) {
    const [own] = (await simulador.pessoas()).filter((pessoa) => pessoa.externalId?.includes(`-${id}-`));
    await simulador.planta({ cpf: own?.cpf ?? '', name: 'Conta Repetida', externalId: `de-fora-${id}` });
    plant('cpf_duplicado', `usuario:${id}`);
  }
  for (let each = 0; each < n; each += 1) {
    const { id } = await simulador.planta({
      cpf: null,
      name: 'Ninguém Daqui',
      externalId: `estranha-${each}`,
    });
    plant('desconhecido_aqui', `conta:${id}`);
  }
  return planted;
}

/** A contract with a vínculo whose client has no account anywhere. */
export async function plantSemConta(casa: Automacao, n: number): Promise<Plantada[]> {
  const contratos = await casa.mundo.gente(n);
  return contratos.map((contrato) => ({ classe: 'ativo_sem_usuario', chave: `contrato:${contrato}` }));
}
