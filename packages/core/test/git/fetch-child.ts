// A process that fetches one tag of a repository after the other into a cache, and says so: made to be killed.
//
// Arguments: cache directory, address, engine, index of the first tag, milliseconds that a server may be silent.

import { gitRepositories } from '../../src/source/git/cache/index.ts';

const [directory = '', address = '', engine = 'git', first = '0', idle = '60000'] = process.argv.slice(2);
const repositories = gitRepositories({
  directory,
  engine: engine as 'git',
  perHost: { requestsPerSecond: 1000 },
  limits: { idleMilliseconds: Number(idle) },
});
const repository = await repositories.open({ url: 'https://git.example.com/many', address, trusted: true });
const tags = (await repository.refs()).refs.filter(({ name }) => name.startsWith('refs/tags/'));
process.stdout.write('ready\n');
for (let i = Number(first); ; i++) {
  const tag = tags[i % tags.length];
  if (tag === undefined) break;
  await repository.fetchCommit({ hash: tag.hash, ref: tag.name }, { blobs: i % 2 === 0 });
  if (i % 7 === 0) await repository.fetchHistory();
  const archive = await repository.archive(tag.hash, '');
  await archive.close();
  process.stdout.write(`${tag.name}\n`);
  if (i - Number(first) >= tags.length) break;
}
await repositories.close();
