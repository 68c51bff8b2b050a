// Runs inside every page of a test, before the page's own scripts: tells what only a page can know of its layout and focus.
const saltos = [];

new PerformanceObserver((list) => {
  for (const { value, sources } of list.getEntries())
    saltos.push({ value, nodes: sources.map(({ node }) => node) });
}).observe({ type: 'layout-shift', buffered: true });

// After one press of Tab the browser takes every focus for a keyboard's, as :focus-visible wants.
function withoutVisibleFocus() {
  const all = [...document.querySelectorAll('a[href], button, input, select, textarea, summary')];
  const reachable = all.filter(
    (each) => each.checkVisibility({ visibilityProperty: true }) && !each.matches(':disabled'),
  );
  const without = reachable.filter((each) => {
    each.focus();
    const { outlineStyle, outlineWidth } = getComputedStyle(each);
    return document.activeElement !== each || outlineStyle === 'none' || Number.parseFloat(outlineWidth) < 2;
  });
  document.activeElement?.blur();
  document.querySelector('header nav')?.scrollTo(0, 0);
  window.scrollTo(0, 0);
  return without.map((each) => each.outerHTML.slice(0, 120));
}

window.espia = {
  /** Pixels by which the page is wider than its window. */
  beyond: () => document.documentElement.scrollWidth - window.innerWidth,
  withoutVisibleFocus,
  /** What has moved so far, once the current frame has been drawn: how much, and its beginning. */
  moved: () =>
    new Promise((resolve) => {
      const tell = () =>
        resolve(
          saltos.map(
            ({ value, nodes }) =>
              `${value} ${nodes.map((node) => node?.outerHTML?.slice(0, 80) ?? node?.textContent)}`,
          ),
        );
      requestAnimationFrame(() => requestAnimationFrame(tell));
    }),
  /** What moved since the last call; the lines of the story may, since it grows at its top. */
  movedOutsideStory: () =>
    saltos
      .splice(0)
      .flatMap(({ nodes }) => nodes)
      .filter((node) => !node?.parentElement?.closest('.historia'))
      .map((node) => node?.textContent ?? 'something that is gone'),
};
