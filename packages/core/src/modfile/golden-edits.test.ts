import { expect, it } from 'vitest';
import { edit } from '../../test/edits.ts';
import { goldenEdits } from '../../test/golden-edits.ts';

it('has goldens', () => {
  expect(goldenEdits.length).toBeGreaterThan(90);
});

it.each(goldenEdits)('$name', ({ kind, text, steps, texts, errors }) => {
  const edited = edit(kind, text, steps);
  expect(edited.texts).toEqual(texts);
  expect(edited.errors.filter((error) => error !== '')).toEqual(errors);
});
