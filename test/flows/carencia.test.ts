// Time to pay, and the way to the end: carência, the two steps of a cancellation, and who may take what back.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { daysAgo } from '../../src/demo/ixc/linhas.ts';
import { deleteCarencia, listCarencias, saveCarencia } from '../../src/sync/carencias.ts';
import { listLinhas } from '../../src/sync/lotes/linhas.ts';
import { saveModo } from '../../src/sync/modos.ts';
import {
  requestBloqueio,
  requestCancelamento,
  requestDesbloqueio,
  undoCancelamento,
} from '../../src/sync/pedidos.ts';
import { type Automacao, createAutomacao, type Gente } from '../setup/automacao.ts';
import { assentar, conferir } from '../setup/conferencia.ts';
import { eventually, OPERADOR } from '../setup/mundo.ts';

let casa: Automacao;
const gente: Gente[] = [];

beforeAll(async () => {
  casa = await createAutomacao();
  gente.push(...(await casa.ativos(18)));
});
beforeEach(() => casa.esquecer());
afterAll(() => casa.end());

/** Somebody nobody has touched yet. */
const somebody = (): Gente => {
  const found = gente.pop();
  if (found === undefined) throw new Error('nobody is left');
  return found;
};
const carencia = async (id: number, ate: string, operador = OPERADOR) =>
  saveCarencia(casa.mundo.sync, operador, await casa.mundo.usuario(id), {
    ate,
    motivo: 'promessa de pagamento',
  });
const change = async ({ contrato }: Gente, values: Record<string, string | null>) => {
  await casa.contrato(contrato, values);
  await casa.olhar();
};
const carenciaEnds = (id: number) =>
  casa.mundo.nosso.query('UPDATE usuarios SET carencia_ate = ? WHERE id = ?', [daysAgo(2), id]);
const prazo = (id: number) => casa.valor('SELECT cancelar_regra_em FROM usuarios WHERE id = ?', [id]);
const prazoDays = async (id: number) =>
  Number(
    await casa.valor(
      'SELECT ROUND(TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), cancelar_regra_em) / 86400, 1) FROM usuarios WHERE id = ?',
      [id],
    ),
  );
const prazoEnds = (id: number) =>
  casa.mundo.nosso.query('UPDATE usuarios SET cancelar_regra_em = UTC_TIMESTAMP() WHERE id = ?', [id]);
const pausa = (on: boolean) =>
  casa.mundo.nosso.query(
    on
      ? "INSERT INTO pausas (operacao, filial_id, motivo, operador_id, criado_em) VALUES ('', 0, 'teste', 1, NOW())"
      : 'DELETE FROM pausas',
  );
const due = () => casa.mundo.nosso.query('UPDATE usuarios SET proxima_em = UTC_TIMESTAMP(6)');

describe('a carência', () => {
  test('takes a rule’s block back, holds against the scan, and its end lets the rule block', async () => {
    const person = somebody();
    await change(person, { status_internet: 'CM' });
    await casa.confirmado(person.id, 'bloqueado');
    await carencia(person.id, daysAgo(-5));
    await casa.confirmado(person.id, 'ativo');
    await change(person, { status_internet: 'CA' });
    await change(person, { status: 'N' });
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    expect(await listCarencias(casa.mundo.sync.db, 'todas')).toMatchObject([
      { usuarioId: person.id, ate: daysAgo(-5), motivo: 'promessa de pagamento', operadorId: OPERADOR.id },
    ]);
    await carenciaEnds(person.id);
    await casa.olhar();
    await casa.confirmado(person.id, 'bloqueado');
    expect(await listCarencias(casa.mundo.sync.db, 'todas')).toEqual([]);
  });

  test('ended by a person, the rule blocks with the next look', async () => {
    const person = somebody();
    await carencia(person.id, daysAgo(-5));
    await change(person, { status_internet: 'CM' });
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'ativo' });
    await deleteCarencia(casa.mundo.sync, OPERADOR, await casa.mundo.usuario(person.id));
    await casa.olhar();
    await casa.confirmado(person.id, 'bloqueado');
  });

  test.each([
    ['operar', 7, 8, 403],
    ['aprovar', 30, 31, 422],
  ])('may be given by %s for %i days and no more', async (papel, most, beyond, status) => {
    const { id } = somebody();
    const operador = { ...OPERADOR, papeis: new Set(['ver', papel] as const) } as typeof OPERADOR;
    await expect(carencia(id, daysAgo(-beyond - 1), operador)).rejects.toMatchObject({ status });
    await carencia(id, daysAgo(-most + 1), operador);
    await expect(carencia(id, daysAgo(3), operador)).rejects.toMatchObject({ status: 422 });
  });

  test('is obeyed by a lote and by the button: Bloquear answers 409', async () => {
    const person = somebody();
    await saveModo(casa.mundo.sync, OPERADOR, { modo: 'sugerir', operacao: 'bloquear' });
    await change(person, { status_internet: 'CM' });
    const lote = await casa.esperando('previa');
    if (lote === undefined) throw new Error('nothing is suggested');
    await carencia(person.id, daysAgo(-3));
    await expect(
      requestBloqueio(casa.mundo.sync, OPERADOR, await casa.mundo.usuario(person.id), 'pediu'),
    ).rejects.toMatchObject({ status: 409 });
    await casa.aprovar(lote);
    const { linhas } = await listLinhas(casa.mundo.sync.db, lote.id, { filiais: 'todas', limite: 9 });
    expect(linhas).toMatchObject([{ usuarioId: person.id, estado: 'dispensada' }]);
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    await saveModo(casa.mundo.sync, OPERADOR, { modo: 'automatico', operacao: 'bloquear' });
  });

  test.each([
    ['“não bloquear até”', { nao_bloquear_ate: daysAgo(-3) }],
    ['trust unlock', { desbloqueio_confianca_ativo: 'S' }],
  ])('IXC’s own %s shields against the automatic block and against nothing else', async (_, shield) => {
    const person = somebody();
    await change(person, { ...shield, status_internet: 'CA' });
    await assentar(casa.mundo);
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'ativo', observada: 'ativo' });
    await change(person, { ...shield, status_internet: 'CM' });
    await casa.confirmado(person.id, 'bloqueado');
  });

  test('is what Desbloquear offers: in mode automático it answers 409 while the rule blocks', async () => {
    const person = somebody();
    await change(person, { status_internet: 'CM' });
    await casa.confirmado(person.id, 'bloqueado');
    const { sync } = casa.mundo;
    await expect(
      requestDesbloqueio(sync, OPERADOR, await casa.mundo.usuario(person.id)),
    ).rejects.toMatchObject({
      status: 409,
      action: expect.stringContaining('carência'),
    });
    await saveModo(sync, OPERADOR, { modo: 'sugerir', operacao: 'bloquear' });
    await requestDesbloqueio(sync, OPERADOR, await casa.mundo.usuario(person.id));
    await casa.confirmado(person.id, 'ativo');
    await saveModo(sync, OPERADOR, { modo: 'automatico', operacao: 'bloquear' });
  });
});

describe('a cancellation by rule', () => {
  test('blocks now and cancels when the prazo of seven days ends', async () => {
    const person = somebody();
    await change(person, { status: 'I', status_internet: 'D' });
    await casa.confirmado(person.id, 'bloqueado');
    expect(await prazoDays(person.id)).toBe(7);
    await casa.olhar('completa');
    expect(await casa.mundo.usuario(person.id)).toMatchObject({
      desejada: 'bloqueado',
      observada: 'bloqueado',
    });
    await prazoEnds(person.id);
    await casa.olhar();
    await casa.confirmado(person.id, 'cancelado');
  });

  test('the prazo also starts for who was blocked before, and begins anew after a way back', async () => {
    const person = somebody();
    await change(person, { status_internet: 'CA' });
    await casa.confirmado(person.id, 'bloqueado');
    expect(await prazo(person.id)).toBeNull();
    await change(person, { status: 'I' });
    expect(await prazoDays(person.id)).toBe(7);
    await prazoEnds(person.id);
    await change(person, { status: 'N' });
    expect(await prazo(person.id)).toBeNull();
    await change(person, { status: 'I' });
    expect(await prazoDays(person.id)).toBe(7);
    await prazoEnds(person.id);
    await casa.olhar();
    await casa.confirmado(person.id, 'cancelado');
  });

  test('is stopped by the contract going back, and by a carência, after which the person is blocked first', async () => {
    const person = somebody();
    await change(person, { status: 'I' });
    await casa.confirmado(person.id, 'bloqueado');
    await change(person, { status: 'A' });
    await casa.confirmado(person.id, 'ativo');
    expect(await prazo(person.id)).toBeNull();

    await change(person, { status: 'I' });
    await casa.confirmado(person.id, 'bloqueado');
    await carencia(person.id, daysAgo(-3));
    await casa.confirmado(person.id, 'ativo');
    expect(await prazo(person.id)).toBeNull();
    await casa.olhar('completa');
    await carenciaEnds(person.id);
    await casa.olhar();
    await casa.confirmado(person.id, 'bloqueado');
    expect(await prazoDays(person.id)).toBe(7);
  });

  test('that has not reached the partner yet is taken back when the contract goes back', async () => {
    const person = somebody();
    await change(person, { status: 'I' });
    await casa.confirmado(person.id, 'bloqueado');
    await pausa(true);
    await prazoEnds(person.id);
    await casa.olhar();
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'cancelado' });
    await change(person, { status: 'A' });
    await pausa(false);
    await due();
    await casa.confirmado(person.id, 'ativo');
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'ativo' });
  });

  test('cancelled, it is not revived by the contract becoming active, only suggested', async () => {
    const person = somebody();
    await change(person, { status: 'I' });
    await casa.confirmado(person.id, 'bloqueado');
    await prazoEnds(person.id);
    await casa.olhar();
    await casa.confirmado(person.id, 'cancelado');
    const before = (await casa.mundo.simulador.historico()).length;
    await casa.mundo.nosso.query('UPDATE integracoes SET usuario_automatico = 1');
    await change(person, { status: 'A' });
    await casa.mundo.escrita.addContrato(person.cliente);
    await casa.olhar();
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect((await casa.mundo.simulador.historico()).length).toBe(before);
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ observada: 'cancelado' });
    await casa.mundo.nosso.query('UPDATE integracoes SET usuario_automatico = 0');
  });
});

describe('a cancellation by a person', () => {
  const order = async ({ id, contrato }: Gente, quando: string) =>
    requestCancelamento(casa.mundo.sync, OPERADOR, await casa.mundo.usuario(id), {
      motivo: 'pediu para sair',
      confirmacao: String(contrato),
      quando,
    });

  test('happens at once when it says so, ends a carência, and no scan brings the account back', async () => {
    const person = somebody();
    await carencia(person.id, daysAgo(-3));
    await order(person, 'agora');
    await casa.confirmado(person.id, 'cancelado');
    await change(person, { status_internet: 'FA' });
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await casa.mundo.usuario(person.id)).toMatchObject({
      desejada: 'cancelado',
      observada: 'cancelado',
    });
    const previa = await casa.previa();
    const { linhas } = await listLinhas(casa.mundo.sync.db, previa.id, { filiais: 'todas', limite: 500 });
    expect(linhas.some(({ contratoId }) => contratoId === person.contrato)).toBe(false);
  });

  test('at the end of the prazo stands against every rule until a person takes it back', async () => {
    const person = somebody();
    await order(person, 'prazo');
    await casa.confirmado(person.id, 'bloqueado');
    await change(person, { status_internet: 'FA' });
    await casa.olhar('completa');
    await assentar(casa.mundo);
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'bloqueado' });
    await undoCancelamento(casa.mundo.sync, OPERADOR, await casa.mundo.usuario(person.id));
    await casa.confirmado(person.id, 'ativo');
  });
});

describe('right before a destructive call', () => {
  test('IXC is read again: who has paid between the wish and the call is not blocked', async () => {
    const person = somebody();
    const blocks = await casa.chamadas('blockUser');
    await pausa(true);
    await change(person, { status_internet: 'CM' });
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'bloqueado', observada: 'ativo' });
    await casa.contrato(person.contrato, { status_internet: 'A' });
    await pausa(false);
    await due();
    await casa.confirmado(person.id, 'ativo');
    expect(await casa.mundo.usuario(person.id)).toMatchObject({ desejada: 'ativo' });
    expect(await casa.chamadas('blockUser')).toBe(blocks);
  });

  test('without IXC nothing destructive goes out, and unblocks go on', async () => {
    const [late, paid] = [somebody(), somebody()];
    await change(paid, { status_internet: 'CM' });
    await casa.confirmado(paid.id, 'bloqueado');
    const blocks = await casa.chamadas('blockUser');
    await pausa(true);
    await change(late, { status_internet: 'CM' });
    await change(paid, { status_internet: 'A' });
    await casa.semIxc(async () => {
      await pausa(false);
      await due();
      await casa.confirmado(paid.id, 'ativo');
      await eventually(async () =>
        (await casa.mundo.usuario(late.id)).mensagem?.includes('nada é bloqueado'),
      );
      expect(await casa.chamadas('blockUser')).toBe(blocks);
    });
    await due();
    await casa.confirmado(late.id, 'bloqueado');
  });
});

test('after all of it, every promise was kept', async () => {
  await assentar(casa.mundo);
  expect((await conferir(casa.mundo)).erros).toEqual([]);
});
