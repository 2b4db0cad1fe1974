import { describe, expect, it } from 'vitest'
import { formatCheckpoint, parseCheckpoint } from '../../../gateway/ledger/evidence/checkpoint.ts'
import {
  createSigner,
  encodeNote,
  formatSkey,
  formatVkey,
  parseNote,
  parseSkey,
  parseVkey,
  signNote,
  verifySignature,
} from '../../../gateway/ledger/evidence/note.ts'
import { encodeTlogProof, parseTlogProof } from '../../../gateway/ledger/evidence/receipt.ts'
import { trustedKeys, verifyCheckpoint } from '../../../gateway/ledger/evidence/trust.ts'
import { createNodeEd25519 } from '../../../gateway/ledger/log/native.ts'
import { keyOf, sha256 } from '../verify/shop/log.ts'

// Known answers: golang.org/x/mod, sumdb/note/note_test.go.
const PETER = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW'
const PETER_SECRET = 'PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz'
const ENOCH = 'EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop'
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
const PETER_LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n'
const ENOCH_LINE =
  '— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n'

const vkey = (text: string) => {
  const parsed = parseVkey(text)
  if (parsed.kind === 'refused') throw new Error(parsed.reason)
  return parsed.value
}
const next = (text: string, at: number) =>
  `${text.slice(0, at)}${String.fromCharCode(text.charCodeAt(at) + 1)}${text.slice(at + 1)}`

describe('a key', () => {
  it('reads back as it was written, and nothing near it does', () => {
    expect(formatVkey(vkey(PETER))).toBe(PETER)
    for (let from = 0; from <= PETER.length; from++)
      for (let to = from; to <= PETER.length; to++)
        if (to - from < PETER.length) expect(parseVkey(PETER.slice(from, to)).kind).toBe('refused')
    for (let at = 0; at < PETER.length; at++) expect(parseVkey(next(PETER, at)).kind).toBe('refused')
  })

  it('of another length or of an unknown type is refused, though its id fits', () => {
    expect(parseVkey('PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==').kind).toBe('refused')
    expect(parseVkey('PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW').kind).toBe('refused')
  })

  it('signs with the secret that belongs to it', () => {
    const signer = parseSkey(PETER_SECRET)
    if (signer.kind === 'refused') throw new Error(signer.reason)
    expect(formatVkey(signer.value.key)).toBe(PETER)
    expect(signNote(TEXT, [{ signer: signer.value }])).toBe(`${TEXT}\n${PETER_LINE}`)
    for (let at = 0; at < PETER_SECRET.length; at++) expect(parseSkey(next(PETER_SECRET, at)).kind).toBe('refused')
    expect(
      formatSkey('PeterNeumann', Buffer.from(PETER_SECRET.split('+').slice(4).join('+'), 'base64').subarray(1)),
    ).toBe(PETER_SECRET)
  })

  // transparency-dev/formats, note/note_cosigv1_test.go.
  it('of a witness is one of its own type', () => {
    const remora = 'remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2'
    expect(vkey(remora).kind).toBe('witness')
    expect(formatVkey(vkey(remora))).toBe(remora)
  })

  it('cannot have a name with a space or a plus', () => {
    for (const name of ['', 'a b', 'a+b', 'a\u00a0b', 'a\u2003b', 'a\u0085b', 'a\nb', 'a\u0001b'])
      expect(() => createSigner(name, new Uint8Array(32))).toThrow()
  })
})

describe('a signed note', () => {
  it('is told apart from its signatures, and each is checked', () => {
    const parsed = parseNote(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`)
    if (parsed.kind === 'refused') throw new Error(parsed.reason)
    const { text, signatures } = parsed.value
    expect(text).toBe(TEXT)
    expect(signatures.map(({ name, id }) => `${name}+${id}`)).toEqual(['PeterNeumann+c74f20a3', 'EnochRoot+af0cfe78'])
    for (const check of [undefined, createNodeEd25519()]) {
      expect(verifySignature(vkey(PETER), text, signatures[0]!.signature, check)).toEqual({})
      expect(verifySignature(vkey(ENOCH), text, signatures[1]!.signature, check)).toEqual({})
      expect(verifySignature(vkey(ENOCH), text, signatures[0]!.signature, check)).toBeUndefined()
      expect(verifySignature(vkey(PETER), `${text}\n`, signatures[0]!.signature, check)).toBeUndefined()
      expect(verifySignature(vkey(PETER), text, signatures[0]!.signature.subarray(1), check)).toBeUndefined()
    }
    expect(encodeNote(parsed.value)).toBe(`${TEXT}\n${PETER_LINE}${ENOCH_LINE}`)
  })

  it('may have an empty line in its text', () => {
    const { signer } = keyOf('salvatore', 'quasimodo.example/salvatore')
    const text = 'Ognuno sta solo\n\ned è subito sera.\n'
    const parsed = parseNote(signNote(text, [{ signer }]))
    expect(parsed).toMatchObject({ kind: 'ok', value: { text } })
    expect(() => signNote('no newline', [{ signer }])).toThrow()
    expect(() => signNote('control\u0001\n', [{ signer }])).toThrow()
  })

  it.each([
    ['no signature', TEXT],
    ['an empty signature part', `${TEXT}\n`],
    ['no newline at the end', `${TEXT}\n${PETER_LINE.slice(0, -1)}`],
    ['a control character', `\u0001${TEXT}\n${PETER_LINE}`],
    ['a space in a name', `${TEXT}\n${PETER_LINE.replace('PeterNeumann', 'Bad Name')}`],
    ['a line that is no signature', `${TEXT}\n${PETER_LINE}Unexpected line.\n`],
    ['a hyphen for the dash', `${TEXT}\n${PETER_LINE.replace('—', '-')}`],
    ['too many signatures', `${TEXT}\n${PETER_LINE.repeat(101)}`],
    ['base64 with bits to spare', `${TEXT}\n${PETER_LINE.replace('nAM=', 'nAN=')}`],
    ['base64 without padding', `${TEXT}\n${PETER_LINE.replace('nAM=', 'nAM')}`],
  ])('with %s is refused', (_what, note) => {
    expect(parseNote(note).kind).toBe('refused')
  })
})

describe('a checkpoint', () => {
  const text = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n'

  it('reads as C2SP tlog-checkpoint shows it', () => {
    const parsed = parseCheckpoint(text)
    expect(parsed).toMatchObject({
      kind: 'ok',
      value: { origin: 'example.com/behind-the-sofa', size: 20852163, extensions: [] },
    })
    if (parsed.kind === 'ok') expect(formatCheckpoint(parsed.value)).toBe(text)
  })

  // After transparency-dev/formats, log/checkpoint_test.go.
  it.each([
    ['two lines', 'Log\n9944\n'],
    ['no origin', text.replace('example.com/behind-the-sofa', '')],
    ['no newline after the root', text.slice(0, -1)],
    ['no number', text.replace('20852163', 'bananas')],
    ['a negative size', text.replace('20852163', '-34')],
    ['a leading zero', text.replace('20852163', '020852163')],
    ['a size too large', text.replace('20852163', '3438945738945739845734895735')],
    ['a size beyond 2^53', text.replace('20852163', '9007199254740993')],
    ['no base64', text.replace('CsUY', "Th's")],
    ['a short root', 'Log\n123\nYmFuYW5hcw==\n'],
    ['an empty extension line', `${text}\n`],
  ])('with %s is refused', (_what, body) => {
    expect(parseCheckpoint(body).kind).toBe('refused')
  })

  const origin = 'hall/9f2d'
  const old = keyOf('old', origin)
  const fresh = keyOf('fresh', origin)
  const witness = keyOf('witness', 'witness.example/w1', 'witness')
  const body = formatCheckpoint({ origin, size: 20, root: sha256(Buffer.from('x')), extensions: [] })
  const signed = (...signers: (typeof old)[]) =>
    signNote(
      body,
      signers.map(({ signer }) => ({ signer, at: 1_772_431_200 })),
    )

  function check(note: string, keys: string[]) {
    const trusted = trustedKeys(keys)
    const { signed, faults } = verifyCheckpoint(note, trusted.keys)
    return { verified: signed, codes: [...trusted.faults, ...faults].map(({ code }) => code) }
  }

  it.each<[string, string, string[], string[]]>([
    ['the one key given', signed(old), [old.vkey], []],
    ['one of two keys given', signed(old), [old.vkey, fresh.vkey], []],
    ['both keys of a hand-over', signed(old, fresh), [`${old.vkey} until=30`, `${fresh.vkey} from=10`], []],
    ['the old key before it', signed(old), [`${old.vkey} until=30`, `${fresh.vkey} from=21`], []],
    ['the new key after it', signed(fresh), [`${old.vkey} until=20`, `${fresh.vkey} from=10`], []],
    ['a key and a witness', signed(old, witness), [old.vkey, witness.vkey], []],
    ['a key and a witness nobody asked for', signed(old, witness), [old.vkey], []],
    ['no key given', signed(old), [], ['signature-missing']],
    ['another key', signed(old), [fresh.vkey], ['signature-missing']],
    ['a witness alone', signed(witness), [witness.vkey, old.vkey], ['signature-missing']],
    [
      'the old key alone in the hand-over',
      signed(old),
      [`${old.vkey} until=30`, `${fresh.vkey} from=10`],
      ['signature-missing'],
    ],
    ['a retired key', signed(old), [`${old.vkey} until=20`], ['key-retired']],
    ['a key before its time', signed(fresh), [`${fresh.vkey} from=21`], ['key-retired']],
    ['no witness where one is demanded', signed(old), [old.vkey, `${witness.vkey} from=0`], ['signature-missing']],
    ['one key twice', signed(old, old), [old.vkey], ['signature-doubled']],
    ['a key of another log', signed(keyOf('old', 'hall/other')), [keyOf('old', 'hall/other').vkey], ['origin-differs']],
    ['a key that cannot be read', signed(old), [old.vkey, 'nonsense'], ['key-malformed']],
    ['a key listed twice', signed(old), [old.vkey, `${old.vkey} from=3`], ['key-malformed']],
  ])('signed by %s', (_what, note, keys, codes) => {
    expect(check(note, keys).codes).toEqual(codes)
    expect(check(note, keys).verified === undefined).toBe(codes.some((code) => code !== 'key-malformed'))
  })

  it('with a signature that does not fit is refused, whoever else signed', () => {
    const two = signed(old, fresh)
    const broken = two.replace(/(.)([A-Za-z0-9+/]{3}=\n)$/, (_all, char: string, rest: string) =>
      char === 'A' ? `B${rest}` : `A${rest}`,
    )
    expect(broken).not.toBe(two)
    expect(check(broken, [old.vkey, fresh.vkey]).codes).toEqual(['signature-wrong'])
  })

  it('tells when a witness saw it', () => {
    expect(check(signed(old, witness), [old.vkey, witness.vkey]).verified?.witnesses).toEqual([
      { name: 'witness.example/w1', at: '2026-03-02T06:00:00.000Z' },
    ])
  })

  it('keeps extension lines and says so', () => {
    const note = signNote(`${body}extra\n`, [{ signer: old.signer }])
    const { signed, notes } = verifyCheckpoint(note, trustedKeys([old.vkey]).keys)
    expect(signed?.checkpoint.extensions).toEqual(['extra'])
    expect(notes.map(({ code }) => code)).toEqual(['extension'])
  })
})

describe('a proof of one entry', () => {
  const [one, two] = ['hash1', 'hash2'].map((text) => sha256(Buffer.from(text)))
  const b64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64')

  // transparency-dev/formats, proof/tlog_proof_test.go.
  it.each([
    [
      { index: 5, hashes: [one!, two!], checkpoint: 'test checkpoint\n' },
      `index 5\n${b64(one!)}\n${b64(two!)}\n\ntest checkpoint\n`,
    ],
    [
      {
        extra: new Uint8Array(Buffer.from('extra information')),
        index: 10,
        hashes: [one!],
        checkpoint: 'checkpoint data\n',
      },
      `extra ${b64(Buffer.from('extra information'))}\nindex 10\n${b64(one!)}\n\ncheckpoint data\n`,
    ],
    [{ index: 0, hashes: [], checkpoint: 'checkpoint\n' }, 'index 0\n\ncheckpoint\n'],
  ])('is written and read as C2SP tlog-proof says: %#', (proof, text) => {
    expect(encodeTlogProof(proof)).toBe(`c2sp.org/tlog-proof@v1\n${text}`)
    const parsed = parseTlogProof(encodeTlogProof(proof))
    expect(parsed.kind === 'ok' && encodeTlogProof(parsed.value)).toBe(encodeTlogProof(proof))
  })

  it.each([
    'wrong-header\nindex 0\n\ncheckpoint\n',
    'c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n',
    'c2sp.org/tlog-proof@v1\n\n\ncheckpoint\n',
    'c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n',
    'c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n',
    'c2sp.org/tlog-proof@v1\nindex 05\n\ncheckpoint\n',
    'c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n',
    `c2sp.org/tlog-proof@v1\nindex 0\n${Buffer.alloc(64).toString('base64')}\n\ncheckpoint\n`,
    'c2sp.org/tlog-proof@v1\nindex 0\n',
  ])('is not %j', (text) => {
    expect(parseTlogProof(text).kind).toBe('refused')
  })
})
