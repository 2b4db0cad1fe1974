/**
 * What is wrong with the YAML of a file, in a technician's words and at the place where it was written wrongly. That is
 * often above the place where a parser notices it. The words never quote the file, which may hold a secret. Pure.
 * Read next: document.ts, which parses.
 */

/** `offset`: into the text. */
type YamlFault = { readonly offset: number; readonly message: string; readonly advice: string }

/** `code`: of the `yaml` package, whose own messages may quote the file. */
export function yamlFault(code: string, offset: number, text: string): YamlFault {
  const indent = code === 'BAD_INDENT' ? /^ */.exec(text.slice(offset))![0].length : 0
  return closer(code, offset, text) ?? { offset: offset + indent, ...(words[code] ?? OTHER) }
}

const words: Readonly<Record<string, Omit<YamlFault, 'offset'>>> = {
  DUPLICATE_KEY: { message: 'this key appears twice in the same map', advice: 'keep one of them' },
  TAB_AS_INDENT: { message: 'a tab is used as indentation', advice: 'use spaces' },
  BAD_INDENT: {
    message: 'the indentation does not fit the lines around it',
    advice: 'align it with its neighbours, with spaces',
  },
  MULTIPLE_DOCS: { message: 'a second document starts here (---)', advice: 'one file holds one document' },
  NON_STRING_KEY: { message: 'a key must be plain text', advice: 'write a name before the colon' },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'two keys stand on one line',
    advice: 'start a new line, or put the value in quotes',
  },
  MULTILINE_IMPLICIT_KEY: {
    message: 'this line is no key with a value',
    advice: 'write the key, a colon, a space and the value',
  },
  BLOCK_IN_FLOW: {
    message: 'two keys stand side by side inside { }',
    advice: 'put a comma between them',
  },
  MISSING_CHAR: {
    message: 'a closing quote, bracket or a colon is missing before here',
    advice: 'close what was opened above',
  },
  BAD_SCALAR_START: { message: 'a value cannot start with this character', advice: 'put the value in quotes' },
  TAG_RESOLVE_FAILED: {
    message: 'YAML tags (!name) mean nothing here',
    advice: 'remove it; put a value that starts with ! in quotes',
  },
  BAD_DIRECTIVE: { message: 'this YAML directive is not known', advice: 'remove the line' },
}

const OTHER = { message: 'this is not valid YAML', advice: 'check indentation, colons and quotes here' }

/** What the text itself shows about the cause. */
function closer(code: string, offset: number, text: string): YamlFault | undefined {
  if (code === 'BLOCK_AS_IMPLICIT_KEY') return wrongIndent(offset, text)
  const { quote, brackets } = openedBefore(text, offset)
  if (quote !== undefined)
    return { offset: quote, message: 'a quote is opened here and not closed on this line', advice: 'close it' }
  if (code === 'UNEXPECTED_TOKEN' && text.startsWith('${', offset - 1))
    return {
      offset: offset - 1,
      message: `\${…} without quotes inside { }`,
      advice: `put it in quotes: "\${env:NAME}"`,
    }
  const bracket = brackets.at(-1)
  if (bracket === undefined || !(code === 'BAD_INDENT' || code === 'MISSING_CHAR')) return undefined
  const closing = text[bracket] === '{' ? '}' : ']'
  return { offset: bracket, message: 'what is opened here is not closed', advice: `close it with ${closing}` }
}

/** A line that has its value, and a deeper one below: one of the two is indented wrongly. */
function wrongIndent(offset: number, text: string): YamlFault | undefined {
  const lines = text.split('\n')
  const at = text.slice(0, offset).split('\n').length - 1
  const below = lines.findIndex((line, index) => index > at && isText(line))
  if (below < 0 || indentOf(lines[below]!) <= indentOf(lines[at]!)) return undefined
  const above = lines.findLastIndex((line, index) => index < at && isText(line))
  const isOut = above >= 0 && indentOf(lines[above]!) === indentOf(lines[below]!)
  const line = isOut ? at : below
  return {
    offset: lines.slice(0, line).join('\n').length + 1 + indentOf(lines[line]!),
    message: isOut
      ? 'indented less than the lines around it'
      : 'indented deeper than the line above, which has a value',
    advice: `indent it by ${indentOf(lines[isOut ? below : at]!)} spaces`,
  }
}

const indentOf = (line: string) => line.length - line.trimStart().length
const isText = (line: string) => line.trim() !== '' && !line.trimStart().startsWith('#')

/** What stands open before a place: a quote that was not closed on its line, and brackets. */
function openedBefore(text: string, end: number): { readonly quote?: number; readonly brackets: readonly number[] } {
  const brackets: number[] = []
  // Quoted text, comments and brackets; a quote or # inside plain text is part of it.
  const tokens = /(?<=^|[\s[{,:])(?:"(?:\\.|[^"\\])*("|$)|'(?:''|[^'])*('|$)|#[^\n]*)|[[\]{}]/g
  for (const { 0: token, index, 1: double, 2: single } of text.matchAll(tokens)) {
    if (index >= end) break
    if (token === '{' || token === '[') brackets.push(index)
    else if (token === '}' || token === ']') brackets.pop()
    else if ((double ?? single) !== undefined && token.includes('\n')) return { quote: index, brackets }
  }
  return { brackets }
}
