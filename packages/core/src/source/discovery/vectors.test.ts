import { expect, it } from 'vitest';
import { describeVectors } from '../../../test/vectors.ts';
import { matchGoImport, parseGoImports } from './go-import.ts';
import { allowsVcs, defaultGoVcs, parseGoVcs } from './govcs.ts';
import { pageUrl } from './page.ts';
import type { RepositoryKind } from './repository-root.ts';
import { checkRepoRoot, checkSubdirectory, isSecureAddress, schemesToTry } from './schemes.ts';
import { staticRoot } from './static-hosts.ts';

interface Tag {
  readonly prefix: string;
  readonly vcs: string;
  readonly repoRoot: string;
  readonly subDir: string;
}

const ours = ({ subDir, ...rest }: Tag) => ({ ...rest, subdirectory: subDir });

interface MetaCase {
  readonly html: string;
  readonly preferMod: boolean;
  readonly imports: readonly Tag[];
  readonly errContains?: string;
}

describeVectors<MetaCase>('go-import-meta', ({ cases }) => {
  it.each(cases)('$html', ({ html, preferMod, imports, errContains }) => {
    const parse = () => parseGoImports(new TextEncoder().encode(html));
    if (errContains !== undefined) return expect(parse).toThrow(errContains);
    // Rows of GOPATH mode leave `mod` tags out; module mode always prefers them.
    const both = !preferMod && html.includes(' mod ');
    if (both) expect(parse().filter(({ vcs }) => vcs === 'mod')).toHaveLength(1);
    else expect(parse()).toEqual(imports.map(ours));
  });
});

interface MatchCase {
  readonly path: string;
  readonly imports: readonly Tag[];
  readonly ok: boolean;
  readonly match: Tag;
}

describeVectors<MatchCase>('match-go-import', ({ cases }) => {
  it.each(cases)('$path of $imports', ({ path, imports, ok, match }) => {
    const find = () => matchGoImport(imports.map(ours), path);
    if (ok) expect(find()).toEqual(ours(match));
    else expect(find).toThrow(/meta tag/);
  });
});

interface GoVcsCase {
  readonly op: string;
  readonly govcs: string;
  readonly path: string;
  readonly vcs: string;
  readonly private: boolean;
  readonly ok: boolean;
  readonly errorContains: string;
}

describeVectors<GoVcsCase>('govcs', ({ cases }) => {
  it.each(cases)('$op $govcs $path $vcs', (row) => {
    if (row.op === 'parse') return expect(() => parseGoVcs(row.govcs)).toThrow(row.errorContains);
    const rules = [...parseGoVcs(row.govcs), ...(row.op === 'allowWithDefaults' ? defaultGoVcs : [])];
    expect(allowsVcs(rules, row.path, row.private, row.vcs)).toBe(row.ok);
  });
});

interface RootCase {
  readonly path: string;
  readonly staticOutcome: 'match' | 'error' | 'dynamic';
  readonly vcs?: string;
  readonly root?: string;
  readonly repo?: string;
  readonly needsSchemeProbe?: boolean;
}

describeVectors<RootCase>('vcs-repo-root', (file) => {
  it.each(file.cases)('$path: $staticOutcome', ({ path, staticOutcome, vcs, root, repo, needsSchemeProbe = false }) => {
    if (staticOutcome === 'error') return expect(() => staticRoot(path)).toThrow(/module/);
    const expected = { kind: vcs, root, address: repo, probe: needsSchemeProbe };
    expect(staticRoot(path)).toEqual(staticOutcome === 'dynamic' ? undefined : expected);
  });

  it('tries the schemes of the table, secure ones first of all, and never git://', () => {
    const tables = file as unknown as {
      readonly schemes: Readonly<Record<string, readonly string[]>>;
      readonly secureSchemes: readonly string[];
    };
    for (const [kind, all] of Object.entries(tables.schemes)) {
      const secure = all.filter((scheme) => tables.secureSchemes.includes(scheme));
      expect(schemesToTry(kind as RepositoryKind, false)).toEqual(secure);
      expect(schemesToTry(kind as RepositoryKind, true)).toEqual(all.filter((scheme) => scheme !== 'git'));
    }
  });
});

interface SecureCase {
  readonly vcs: RepositoryKind;
  readonly url: string;
  readonly GIT_ALLOW_PROTOCOL: string | null;
  readonly secure: boolean;
}

describeVectors<SecureCase>('vcs-is-secure', ({ cases }) => {
  it.each(cases)('$vcs $url $GIT_ALLOW_PROTOCOL', ({ vcs, url, GIT_ALLOW_PROTOCOL, secure }) => {
    expect(isSecureAddress(vcs, url, GIT_ALLOW_PROTOCOL ?? undefined)).toBe(secure);
  });
});

describeVectors<{ readonly root: string; readonly ok: boolean }>('validate-repo-root', ({ cases }) => {
  it.each(cases)('$root: $ok', ({ root, ok }) => {
    if (ok) expect(() => checkRepoRoot(root)).not.toThrow();
    else expect(() => checkRepoRoot(root)).toThrow(/repo root/);
  });
});

describeVectors<{ readonly subdir: string; readonly ok: boolean }>('validate-repo-subdir', ({ cases }) => {
  it.each(cases)('$subdir: $ok', ({ subdir, ok }) => {
    if (ok) expect(() => checkSubdirectory(subdir)).not.toThrow();
    else expect(() => checkSubdirectory(subdir)).toThrow(/subdirectory/);
  });
});

interface MiscCase {
  readonly op: string;
  readonly importPath: string;
  readonly url: string;
  readonly error?: string;
}

describeVectors<MiscCase>('proxy-misc', ({ cases }) => {
  const rows = cases.filter(({ op }) => op === 'discoveryURL');
  it.each(rows)('$importPath', ({ importPath, url, error }) => {
    if (error === undefined) expect(pageUrl(importPath).href).toBe(url);
    else expect(() => pageUrl(importPath)).toThrow(error);
  });

  it('has four rows about pages', () => {
    expect(rows).toHaveLength(4);
  });
});
