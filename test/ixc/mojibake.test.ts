// Names broken by a wrong reading are repaired, and no other name is ever touched.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { repairMojibake, translateHighControls } from '../../src/ixc/mojibake.ts';

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ áàâãéêíóôõúüçÁÀÂÃÉÊÍÓÔÕÚÜÇñÑ-'";
const nome = fc.string({ unit: fc.constantFrom(...LETTERS), minLength: 1, maxLength: 60 });

/** UTF-8 read as latin1, which is how the names were broken. */
const misread = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('repairMojibake', () => {
  it.each([
    ['JosÃ© da ConceiÃ§Ã£o', 'José da Conceição'],
    ['AntÃ´nio GuimarÃ£es', 'Antônio Guimarães'],
    ['JOÃƒO', 'JOÃO'],
    ['JosÃƒÂ© GuimarÃƒÂ£es', 'José Guimarães'],
    ['Duda ðŸŒ» Martins', 'Duda 🌻 Martins'],
    ['Rua dâ€™Ã\u0081gua', 'Rua d’Água'],
  ])('reads %j as %j', (broken, meant) => {
    expect(repairMojibake(broken)).toBe(meant);
  });

  it.each(['SÃO JOÃO', 'Conceição', 'José', 'AÇÃO & CIA', 'JosÃ© Conceição', '日本', '🌻', 'Zé \ufffd', ''])(
    'leaves %j alone',
    (text) => {
      expect(repairMojibake(text)).toBe(text);
    },
  );

  it('gives back every name that was read wrongly, once or twice', () => {
    fc.assert(
      fc.property(nome, (text) => {
        expect(repairMojibake(misread(text))).toBe(text);
        expect(repairMojibake(misread(misread(text)))).toBe(text);
      }),
    );
  });

  it('never changes a name that is right, and has nothing left to do the second time', () => {
    fc.assert(
      fc.property(nome, (text) => {
        expect(repairMojibake(text)).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const once = repairMojibake(text);
        expect(repairMojibake(once)).toBe(once);
      }),
    );
  });
});

it('translates the control characters that windows-1252 uses as letters', () => {
  expect(translateHighControls('\u0093aspas\u0094 \u0096 ok')).toBe('“aspas” – ok');
});
