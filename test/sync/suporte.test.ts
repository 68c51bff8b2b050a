// What the bundle for support must not hold, however a message writes it.
import { expect, test } from 'vitest';
import { personalOf } from '../../src/sync/suporte.ts';
import { maskText } from '../../src/teleclinica/mascara.ts';

const CLIENTE = {
  nome: 'Sílvia Conceição Prates',
  nomeSocial: 'Cauã Prates',
  documento: '52998224725',
  emails: ['silvia@example.org'],
  telefones: ['84987654321'],
};

test.each([
  'SILVIA CONCEICAO PRATES já existe',
  'recusado: Sílvia',
  'a senhora Conceicao não respondeu',
  'CAUA PRATES',
  'Cauã',
  'CPF 529.982.247-25',
  'ligar para (84) 9 8765-4321',
  'silvia@example.org',
])('“%s” tells nobody who it is', (text) => {
  const masked = maskText(text, personalOf(CLIENTE));
  expect(masked).not.toMatch(/s[ií]lvia|concei|prates|cau[aã]|529|8765|example/iu);
});
