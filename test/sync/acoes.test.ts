// The buttons that make sense now.
import { describe, expect, it } from 'vitest';
import type { Contrato } from '../../src/ixc/tipos.ts';
import { availableActions } from '../../src/sync/acoes.ts';
import type { Usuario } from '../../src/sync/tipos.ts';

const CONTRATO = 500;

const contrato = (change: Partial<Contrato> = {}): Contrato => ({
  id: CONTRATO,
  clienteId: 1,
  clienteNome: 'Pessoa de Teste',
  documento: '',
  tipoPessoa: 'F',
  filialId: 1,
  filialNome: '',
  planoDeVendaId: 1,
  planoDeVendaNome: '',
  tipo: 'I',
  status: 'A',
  statusInternet: 'A',
  suspenso: false,
  velocidade: '',
  inicioSuspensao: null,
  fimSuspensao: null,
  naoBloquearAte: null,
  desbloqueioConfianca: false,
  ativadoEm: null,
  canceladoEm: null,
  contratoPrincipalId: null,
  motivoInclusao: '',
  atualizadoEm: '',
  produtos: [],
  sujeiras: [],
  ...change,
});

const usuario = (change: Partial<Usuario> = {}, contratoId = CONTRATO): Usuario => ({
  id: 9,
  integracaoId: 1,
  integracaoNome: 'Principal',
  vez: 1,
  remotoId: 'u1',
  bloqueioManual: false,
  cancelarEm: null,
  desejada: 'ativo',
  desejadoPlanoId: 1,
  desejadoPlanoNome: 'Individual',
  geracao: 1,
  observada: 'ativo',
  observadoPlano: 'P1',
  aguardaAcesso: false,
  observadaEm: null,
  trabalho: false,
  proximaEm: '',
  conferirEm: null,
  falhas: 0,
  retida: null,
  retidaDetalhe: [],
  mensagem: null,
  outrasFiliais: 0,
  adesoes: [
    {
      id: 1,
      usuarioId: 9,
      contratoId,
      clienteId: 1,
      filialId: 1,
      planoId: 1,
      planoNome: 'Individual',
      planoOrigem: 'contrato',
      significado: 'ativo',
      vigente: true,
    },
  ],
  ...change,
});

const ORDERED = '2026-03-01 12:00:00.000000';
const PARADO = contrato({ status: 'I' });

describe('the actions offered', () => {
  it.each<[string, Usuario | undefined, Contrato | undefined, string]>([
    ['nobody yet, contract active', undefined, contrato(), 'criar'],
    ['nobody yet, contract blocked', undefined, contrato({ statusInternet: 'CA' }), ''],
    ['nobody yet, contract ended', undefined, PARADO, ''],
    ['nobody yet, access unknown', undefined, contrato({ statusInternet: '' }), ''],
    ['nobody and no contract', undefined, undefined, ''],
    [
      'a row that was never wished anything',
      usuario({ desejada: 'ausente', observada: 'ausente' }),
      contrato(),
      'criar',
    ],
    ['active', usuario(), contrato(), 'bloquear trocar_plano cancelar'],
    ['active, seen outside a contract', usuario(), undefined, 'bloquear trocar_plano cancelar'],
    [
      'active, by another contract of the person',
      usuario({}, 501),
      contrato(),
      'criar bloquear trocar_plano cancelar',
    ],
    ['being created', usuario({ observada: 'ausente' }), contrato(), 'bloquear trocar_plano cancelar'],
    [
      'blocked by a person',
      usuario({ desejada: 'bloqueado', observada: 'bloqueado' }),
      contrato(),
      'desbloquear cancelar',
    ],
    ['being blocked', usuario({ desejada: 'bloqueado' }), contrato(), 'desbloquear cancelar'],
    [
      'being unblocked',
      usuario({ observada: 'bloqueado' }),
      contrato(),
      'desbloquear bloquear trocar_plano cancelar',
    ],
    [
      'to be cancelled at the end of the prazo',
      usuario({ desejada: 'bloqueado', cancelarEm: ORDERED }),
      contrato(),
      'desfazer_cancelamento',
    ],
    [
      'being cancelled',
      usuario({ desejada: 'cancelado', cancelarEm: ORDERED }),
      contrato(),
      'desfazer_cancelamento',
    ],
    [
      'cancelled, contract active',
      usuario({ desejada: 'cancelado', observada: 'cancelado', cancelarEm: ORDERED }),
      contrato(),
      'criar',
    ],
    ['cancelled by the partner itself', usuario({ observada: 'cancelado' }), contrato(), 'criar'],
    ['cancelled by the partner itself, contract ended', usuario({ observada: 'cancelado' }), PARADO, ''],
    [
      'cancelled, contract ended',
      usuario({ desejada: 'cancelado', observada: 'cancelado', cancelarEm: ORDERED }),
      PARADO,
      '',
    ],
  ])('%s', (_, who, which, acoes) => {
    expect(availableActions(who, which).map(({ acao }) => acao)).toEqual(
      acoes === '' ? [] : acoes.split(' '),
    );
  });

  it('each say what they will bring about', () => {
    const all = [
      ...availableActions(undefined, contrato()),
      ...availableActions(usuario({ observada: 'bloqueado' }), contrato()),
      ...availableActions(usuario({ cancelarEm: ORDERED }), contrato()),
    ];
    expect(all).toHaveLength(6);
    for (const { consequencia } of all) expect(consequencia).toMatch(/\S.*\.$/);
  });

  it('say that a cancelled account does not come back', () => {
    const gone = usuario({ desejada: 'cancelado', observada: 'cancelado', cancelarEm: ORDERED });
    expect(availableActions(gone, contrato())[0]?.consequencia).toContain('conta nova');
  });
});
