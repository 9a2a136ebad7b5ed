// Golden graphs: testdata/*.txtar, one rule each. What they expect is what the go command printed for the same files.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { graphOptions, readGraphCase } from '../../test/module-graphs.ts';
import { parse } from '../modfile/index.ts';
import { formatEdges, formatListed, loadModuleGraph } from './index.ts';

const testdata = new URL('testdata/', import.meta.url);

for (const name of readdirSync(testdata).filter((each) => each.endsWith('.txtar'))) {
  const graphCase = readGraphCase(readFileSync(new URL(name, testdata), 'utf8'));
  const { goMod, expected } = graphCase;
  const load = () => loadModuleGraph(parse('go.mod', goMod), graphOptions(graphCase));
  describe(name, () => {
    const { error, graph, list } = expected;
    if (error !== undefined) {
      it('is refused', async () => {
        await expect(load()).rejects.toThrow(error.trimEnd());
      });
    }
    if (graph !== undefined) {
      it('has the edges that go mod graph prints', async () => {
        expect([...formatEdges(await load())].join('\n')).toBe(graph.trimEnd());
      });
    }
    if (list !== undefined) {
      it('has the build list that go list -m all prints', async () => {
        expect((await load()).buildList.map(formatListed).join('\n')).toBe(list.trimEnd());
      });
    }
  });
}
