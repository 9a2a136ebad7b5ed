// The XML that S3 speaks, as far as answers need it.

/** A tree of elements: text, a list of elements of one name, or elements by name. */
export type Xml = string | readonly Xml[] | { readonly [name: string]: Xml | undefined };

/** A document with one root element. */
export function xmlDocument(name: string, content: Xml): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(name, content)}`;
}

function element(name: string, content: Xml): string {
  if (typeof content === 'string') return `<${name}>${escaped(content)}</${name}>`;
  if (isList(content)) return content.map((each) => element(name, each)).join('');
  const inner = Object.entries(content).map(([child, value]) => (value === undefined ? '' : element(child, value)));
  return `<${name}>${inner.join('')}</${name}>`;
}

function isList(content: Xml): content is readonly Xml[] {
  return Array.isArray(content);
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
