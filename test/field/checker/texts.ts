/**
 * What the owner of the key may hash that is no entry in its one form: the same value in another text, JSON that is
 * none, bytes that are no text. Read next: lies.ts (what entries say), forge.ts.
 */
import type { Dice } from './stories.ts'

const before = (text: string, what: RegExp, put: string) => text.replace(what, (found) => `${put}${found}`)
const levels = (count: number) => `${'['.repeat(count)}${']'.repeat(count)}`

/** Of a text: what it becomes, as bytes or as another text. */
const forms: Readonly<Record<string, (text: string, dice: Dice) => string | Buffer>> = {
  'a space': (text, dice) => before(text, dice.pick([/"kind"/, /"data"/, /\}/]), ' '),
  'another order': (text) => text.replace(/("clock":"[a-z]+"),("data":\{.*\}),"kind"/, '$2,$1,"kind"'),
  'a key twice': (text) => text.replace(/("v":1)/, '$1,$1'),
  'an escape that need not be': (text) =>
    text.replace(/"kind":"(.)/, (_, first) => `"kind":"\\u00${first.charCodeAt(0).toString(16)}`),
  'an escape in capitals': (text) => text.replace('"boot":"', '"boot":"\\u001F'),
  'a control character': (text, dice) =>
    text.replace('"boot":"', `"boot":"${dice.pick(['\u0000', '\t', '\u001f', '\u007f'])}`),
  'escapes as they must be': (text) =>
    text.replace('"boot":"', '"boot":"\\b\\t\\n\\f\\r\\"\\\\\\u001f\\u0000/\u007f\u2028'),
  'half a surrogate pair': (text, dice) =>
    text.replace('"boot":"', `"boot":"${dice.pick(['\\ud800', '\\\\\\udfff', '\\\\ud800'])}`),
  'letters of all kinds': (text) => text.replace('"boot":"', '"boot":"王🪚\ue000é'),
  'a number in another form': (text, dice) =>
    text.replace(/"v":1/, `"v":${dice.pick(['1.0', '1e0', '01', '+1', '10e-1', '-0', 'NaN'])}`),
  'a number in data': (text, dice) =>
    text
      .replace(
        '"data":{',
        `"data":{"!":${dice.pick(['1e21', '1e+21', '0.000001', '1e-7', '1E5', '-0', '1.50', '9007199254740993', '123456789012345680000', '1e400', '5e-324', '1.7976931348623157e+308'])},`,
      )
      .replace(',}', '}'),
  'keys that are numbers': (text) => text.replace('"data":{', '"data":{"10":1,"9":2,'),
  'keys in order of their units': (text, dice) =>
    text.replace(
      '"data":{',
      `"data":{${dice.pick(['"!":{"\ud83d\ude00":1,"\ufb33":2}', '"!":{"\ufb33":1,"\ud83d\ude00":2}'])},`,
    ),
  'many levels': (text, dice) => text.replace('"data":{', `"data":{"!":${levels(dice.pick([20, 62, 63, 200, 5000]))},`),
  'a byte order mark': (text) => `\ufeff${text}`,
  'no object': (text, dice) =>
    dice.pick([`[${text}]`, text.slice(0, -1), `${text}}`, `{"at":1}`, '{"at":', `{"at":${text}}`]),
  'bytes that are no text': (text, dice) => {
    const at = text.indexOf('"boot":"') + 8
    const odd = dice.pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]])
    return Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from(odd), Buffer.from(text.slice(at))])
  },
  'too many bytes': (text, dice) => {
    const fill = 65_535 - Buffer.byteLength(text) - '"!":"",'.length + dice.pick([-1, 0, 1, 2])
    return text.replace('"data":{', `"data":{"!":"${'x'.repeat(fill)}",`)
  },
}

/** One entry in another form; what was done to it. */
export function reformed(entries: Buffer[], dice: Dice): string {
  const at = dice.below(entries.length)
  const name = dice.pick(Object.keys(forms))
  entries[at] = Buffer.from(forms[name]!(entries[at]!.toString(), dice))
  return `entry ${at}: ${name}`
}
