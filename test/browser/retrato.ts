// One screen looked at from every side: three widths, light and dark, with axe, the edges, the focus, and pictures.
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

export const ARTEFATOS = fileURLToPath(new URL('../artefatos/', import.meta.url));
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const AXE: Parameters<AxeBuilder['options']>[0] = {
  runOnly: { type: 'tag', values: TAGS },
  resultTypes: ['violations'],
};
const LONGO = process.env['LONGO'] === '1';
// Pictures take time: a short run takes one of each screen, unless more are asked for.
const FOTOS = LONGO || process.env['FOTOS'] === '1';

interface Vista {
  width: number;
  height: number;
  colorScheme: 'light' | 'dark';
  /** Examined or photographed: what differs is seen at the ends. The long run looks at all six. */
  closely: boolean;
}

const ENDS: Vista[] = [
  { width: 1440, height: 900, colorScheme: 'light', closely: true },
  { width: 768, height: 1024, colorScheme: 'light', closely: LONGO },
  { width: 360, height: 740, colorScheme: 'dark', closely: true },
];
const VISTAS: Vista[] = LONGO
  ? [
      ...ENDS,
      { width: 360, height: 740, colorScheme: 'light', closely: true },
      { width: 768, height: 1024, colorScheme: 'dark', closely: true },
      { width: 1440, height: 900, colorScheme: 'dark', closely: true },
    ]
  : ENDS;

/** Looks at the page as it stands and answers every fault found; pictures go to test/artefatos/<nome>-<vista>.png. */
export async function retrata(page: Page, nome: string): Promise<string[]> {
  const faults: string[] = [];
  for (const { width, height, colorScheme, closely } of VISTAS) {
    const vista = `${nome} ${width} ${colorScheme}`;
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme });
    const beyond = await page.evaluate<number>('espia.beyond()');
    if (beyond > 0) faults.push(`${vista}: a página passa ${beyond} px da largura`);
    if (!closely) continue;
    const examined = isExamined(nome, colorScheme);
    if (examined || FOTOS) await photograph(page, vista);
    if (examined) {
      faults.push(...(await axeFaults(page, vista)), ...(await hiddenFocus(page, vista)));
    }
  }
  return faults;
}

async function photograph(page: Page, vista: string): Promise<void> {
  mkdirSync(ARTEFATOS, { recursive: true });
  // Playwright hides the caret by a style attribute, which stays behind empty, and which htmx would then copy.
  const path = `${ARTEFATOS}${vista.replaceAll(' ', '-')}.png`;
  await page.screenshot({ path, fullPage: true, caret: 'initial' });
}

// axe takes longer than all the rest. Screens are made of the same parts, and the guide, which has every part, is examined
// light and dark; of the other screens the short run examines one half light and wide, the other dark and narrow.
function isExamined(nome: string, colorScheme: Vista['colorScheme']): boolean {
  if (LONGO || nome === 'guia') return true;
  const even = [...nome].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 2 === 0;
  return colorScheme === (even ? 'light' : 'dark');
}

// Legacy mode: no second page to gather the results of frames, of which we have none.
async function axeFaults(page: Page, vista: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).options(AXE).setLegacyMode().analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${vista}: ${id} em ${target.join(' ')}: ${failureSummary ?? ''}`,
    ),
  );
}

async function hiddenFocus(page: Page, vista: string): Promise<string[]> {
  await page.keyboard.press('Tab');
  const hidden = await page.evaluate<string[]>('espia.withoutVisibleFocus()');
  return hidden.map((each) => `${vista}: foco invisível em ${each}`);
}
