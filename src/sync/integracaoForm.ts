// The form of an integração, checked field by field.
import { isValidCnpj } from '../ixc/valores.ts';
import { invalid } from '../problem.ts';
import { parseId } from './campos.ts';
import type { Sync } from './contexto.ts';
import type { Ambiente } from './tipos.ts';

export interface IntegracaoFields {
  nome: string;
  ambiente: Ambiente;
  urlBase: string;
  usuario: string;
  /** '' = keep the stored one */
  senha: string;
  perfil: string;
  cnpj: string | null;
  filialId: number | null;
  usuarioAutomatico: number;
  /** Contract ids separated by commas: the only ones that homologação may touch. */
  contratosTeste: string;
}

/** Said beside a branch that IXC does not have. */
export const FILIAL_QUE_NAO_HA = 'Escolha uma filial da lista.';

const AMBIENTES: Ambiente[] = ['homologacao', 'producao', 'simulador'];

/**
 * Checks every field and returns them typed.
 * @throws Problem 422 with nome, ambiente, url_base, usuario, senha, perfil, cnpj, filial_id, contratos_teste.
 */
export function parseIntegracao(
  sync: Sync,
  form: Record<string, string | undefined>,
  isNew: boolean,
): IntegracaoFields {
  const errors: Record<string, string> = {};
  const text = (name: string): string => (form[name] ?? '').trim();
  const require = (name: string, holds: boolean, message: string): void => {
    if (!holds) errors[name] = message;
  };
  const ambiente = AMBIENTES.find((each) => each === text('ambiente'));
  const perfil = text('perfil');
  const filialId = parseId(form['filial_id']);
  const cnpj = text('cnpj')
    .replace(/[^0-9A-Za-z]/g, '')
    .toUpperCase();
  const contratos = text('contratos_teste')
    .split(/[\s,;]+/)
    .filter(Boolean);

  require('nome', text('nome').length >= 2 &&
    text('nome').length <= 120, 'Dê um nome à integração (2 a 120 letras).');
  require('ambiente', ambiente !== undefined, 'Escolha o ambiente.');
  require('url_base', text('url_base') !== '', 'Escreva a URL Base que a Tele Clínica informou.');
  require('url_base', /^[\x21-\x7e]{0,255}$/.test(
    text('url_base'),
  ), 'Escreva a URL Base em até 255 letras, sem espaços nem acentos.');
  require('usuario', text('usuario') !== '' &&
    text('usuario').length <= 160, 'Escreva o usuário que a Tele Clínica informou.');
  require('usuario', !text('usuario').includes(':'), 'O usuário não pode ter dois-pontos.');
  require('senha', !isNew || (form['senha'] ?? '') !== '', 'Escreva a senha que a Tele Clínica informou.');
  require('senha', (form['senha'] ?? '').length <= 200, 'A senha passa de 200 letras.');
  require('perfil', sync.perfis.has(perfil), `Escolha um perfil: ${[...sync.perfis.keys()].join(', ')}.`);
  require('cnpj', cnpj === '' || isValidCnpj(cnpj), 'Este CNPJ não existe. Confira os 14 caracteres.');
  require('filial_id', filialId !== undefined, FILIAL_QUE_NAO_HA);
  require('contratos_teste', contratos.length <= 200 &&
    contratos.every((each) =>
      /^\d{1,9}$/.test(each),
    ), 'Escreva até 200 números de contrato separados por vírgula.');
  if (ambiente === 'producao' && !sync.config.perfisAceitosEmProducao.includes(perfil)) {
    errors['ambiente'] =
      `O perfil “${perfil}” ainda não foi verificado para produção. Use homologação, ou peça ao técnico para aceitá-lo em PERFIS_ACEITOS_EM_PRODUCAO.`;
  }
  if (ambiente === undefined || Object.keys(errors).length > 0) throw invalid(errors);
  return {
    nome: text('nome'),
    ambiente,
    urlBase: text('url_base').replace(/\/+$/, ''),
    usuario: text('usuario'),
    senha: form['senha'] ?? '',
    perfil,
    cnpj: cnpj === '' ? null : cnpj,
    filialId: filialId || null,
    usuarioAutomatico: ['1', 'on', 'S', 'sim'].includes(text('usuario_automatico')) ? 1 : 0,
    contratosTeste: [...new Set(contratos)].join(','),
  };
}
