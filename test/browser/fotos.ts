// Photographs of a page, compared with the last accepted ones: a change of looks is a decision.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pixelmatch from 'pixelmatch';
import type { Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { ARTEFATOS } from './retrato.ts';

const FOTOS = fileURLToPath(new URL('./fotos/', import.meta.url));
const RECORD = `${FOTOS}chromium.txt`;
const ACEITAR = process.env['ACEITAR_FOTOS'] === '1';
// Of all pixels. Another major version of Chromium draws letters and corners a little differently.
const TOLERANCE = 0.003;
const TOLERANCE_OF_ANOTHER_CHROMIUM = 0.03;

/** Every letter in one font that any Debian has, nothing moving, no focus. */
export async function standStill(page: Page): Promise<void> {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.evaluate(`{
    const { style } = document.documentElement;
    style.setProperty('--letra-familia', '"Liberation Sans"');
    style.setProperty('--mono', '"Liberation Mono"');
    // What follows the scroll would stand somewhere else in every photograph.
    document.querySelector('.topo').style.setProperty('position', 'static');
    document.activeElement?.blur();
  }`);
  await page.evaluate('document.fonts.ready.then(() => undefined)');
}

/**
 * Compares the page's `main`, as it stands, with the accepted photograph `nome`; undefined when alike, else a sentence.
 * With ACEITAR_FOTOS=1 it accepts what it sees instead. What differs is left in test/artefatos.
 */
export async function comparaFoto(page: Page, nome: string): Promise<string | undefined> {
  const seen = await page.locator('main').screenshot({ caret: 'initial' });
  const major = majorOf(page);
  if (ACEITAR) {
    mkdirSync(FOTOS, { recursive: true });
    writeFileSync(`${FOTOS}${nome}.png`, seen);
    writeFileSync(RECORD, `${major}\n`);
    return undefined;
  }
  if (!existsSync(`${FOTOS}${nome}.png`)) return `${nome}: não há foto aceita. ${HOW}`;
  const { share, picture } = difference(
    PNG.sync.read(readFileSync(`${FOTOS}${nome}.png`)),
    PNG.sync.read(seen),
  );
  const same = readFileSync(RECORD, 'utf8').trim() === major;
  if (share <= (same ? TOLERANCE : TOLERANCE_OF_ANOTHER_CHROMIUM)) return undefined;
  mkdirSync(ARTEFATOS, { recursive: true });
  writeFileSync(`${ARTEFATOS}${nome}-agora.png`, seen);
  writeFileSync(`${ARTEFATOS}${nome}-diferenca.png`, PNG.sync.write(picture));
  return `${nome}: mudou ${(share * 100).toFixed(2)} % da foto; veja test/artefatos/${nome}-diferenca.png. ${HOW}`;
}

const HOW = 'Para aceitar como está: ACEITAR_FOTOS=1 npx vitest run test/browser/guia.test.ts';

const majorOf = (page: Page): string => page.context().browser()?.version().split('.')[0] ?? '';

// What only one of them shows counts as different: a page that grew has changed.
function difference(accepted: PNG, seen: PNG): { share: number; picture: PNG } {
  const width = Math.max(accepted.width, seen.width);
  const height = Math.max(accepted.height, seen.height);
  const [one, other] = [framed(accepted, width, height), framed(seen, width, height)];
  const picture = new PNG({ width, height });
  const pixels = pixelmatch(one.data, other.data, picture.data, width, height, { threshold: 0.1 });
  return { share: pixels / (width * height), picture };
}

function framed(picture: PNG, width: number, height: number): PNG {
  const frame = new PNG({ width, height });
  PNG.bitblt(picture, frame, 0, 0, picture.width, picture.height, 0, 0);
  return frame;
}
