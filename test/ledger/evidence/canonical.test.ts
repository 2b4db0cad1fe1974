import { describe, expect, it } from 'vitest'
import { canonicalJson, parseCanonical } from '../../../gateway/ledger/evidence/canonical.ts'

describe('canonical JSON', () => {
  it('is what RFC 8785 says, and nothing else is taken', () => {
    // RFC 8785 §3.2.3 and §3.2.2.3, shortened.
    const value = {
      '\u20ac': 'Euro',
      '\r': 'CR',
      '1': 'One',
      '\ud83d\ude00': 'Smiley',
      '\u0080': 'Control',
      ö: 1e21,
      '10': 0.002,
      '9': -0,
    }
    const text =
      '{"\\r":"CR","1":"One","10":0.002,"9":0,"\u0080":"Control","ö":1e+21,"€":"Euro","\ud83d\ude00":"Smiley"}'
    expect(canonicalJson(value)).toBe(text)
    expect(parseCanonical(text).kind).toBe('ok')
    for (const odd of [
      '{"b":1,"a":2}',
      '{"a":1,"a":1}',
      '{"a":1.0}',
      '{ "a":1}',
      '{"a":"\\u0061"}',
      '[1]',
      '1',
      'null',
      '',
      '{"a":1}\n',
      '{"a":9007199254740993}',
    ])
      expect(parseCanonical(odd).kind, odd).toBe('refused')
  })
})
