import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { graphOptions, readGraphCase } from '../../test/module-graphs.ts';
import { parse } from '../modfile/index.ts';
import { formatEdges, formatListed, loadModuleGraph } from './index.ts';

const testdata = new URL('testdata/', import.meta.url);
const names = readdirSync(testdata).filter((name) => name.endsWith('.txtar'));

describe.each(names)('%s', (name) => {
  const graphCase = readGraphCase(readFileSync(new URL(name, testdata), 'utf8'));
  const { goMod, expected } = graphCase;
  const load = () => loadModuleGraph(parse('go.mod', goMod), graphOptions(graphCase));

  it.runIf('error' in expected)('is refused', async () => {
    await expect(load()).rejects.toThrow(expected.error?.trimEnd());
  });

  it.runIf('graph' in expected)('has the edges that go mod graph prints', async () => {
    expect([...formatEdges(await load())].join('\n')).toBe(expected.graph?.trimEnd());
  });

  it.runIf('list' in expected)('has the build list that go list -m all prints', async () => {
    expect((await load()).buildList.map(formatListed).join('\n')).toBe(expected.list?.trimEnd());
  });
});
