// Build lists from files that are at hand.

import { pathToFileURL } from 'node:url';
import { graph, modfile, upstreamSource } from '@gomodkit/core';
import { timed } from './answer-lines.ts';

/** Which graph to load. */
export interface BuildListRequest {
  /** A file tree as a module cache's `cache/download`. */
  readonly directory: string;
  readonly goMod: string;
}

/** Loads a graph and counts its build list. Nothing is kept from one time to the next. */
export async function buildList({
  directory,
  goMod,
}: BuildListRequest): Promise<{ readonly milliseconds: number; readonly found: number }> {
  let found = 0;
  const time = await timed(async () => {
    const source = upstreamSource(pathToFileURL(directory).href);
    const loaded = await graph.loadModuleGraph(modfile.parse('go.mod', goMod), { source });
    found = loaded.buildList.map(graph.formatListed).length;
  });
  return { ...time, found };
}
