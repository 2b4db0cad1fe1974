/**
 * A corpus of forged and odd tokens through the API of a real gateway: none is taken, each is told to the ledger
 * without a piece of it, and not one write frame goes to the machine. A capture on the wire counts, and is shown to
 * see.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { countFrames, startCapture } from '../../support/capture.ts'
import type { LedgerEntry } from '../../support/gateway-api.ts'
import { type Plant, startPlant } from '../../support/gateway-plant.ts'
import { until } from '../../support/process.ts'
import { pause } from '../../support/proof.ts'
import { corpusClaims, corpusKeySet, corpusKeys, esToken, tokenCorpus } from '../../support/token-corpus.ts'
import { createChecks, type Item } from '../item.ts'

/** Longer than a heartbeat: a write that was under way has arrived. */
const SETTLE_MS = 1500
const ISSUER = 'https://corpus.example'
const MINUTE_MS = 60_000
/** A word shorter than this may stand anywhere. */
const PIECE = 12

export const tokens: Item = {
  name: 'tokens',
  async run({ quick, scope, say }) {
    const checks = createChecks(say)
    const site = 'tokens'
    const audience = `latchkey:${site}`
    const keys = corpusKeys()
    const jwks = join(scope.folder, 'corpus-keys.json')
    writeFileSync(jwks, JSON.stringify(corpusKeySet(keys)))
    const machines = { 'spray-booth': 2 } as const
    const plant = await startPlant(scope, { site, machines, issuers: [{ issuer: ISSUER, audience, jwks }] })
    const target = plant.machine('booth-1').simulator
    const capture = await startCapture(target.modbusPort)
    if (capture !== undefined) scope.defer(() => capture.kill())
    if (!quick) checks.check('packets can be captured', capture !== undefined)

    await pause(SETTLE_MS)
    const before = await target.judge()
    const framesBefore = countFrames(capture)
    const from = await plant.api.head()

    const good = corpusClaims(ISSUER, audience, 'booth-1', Math.floor(Date.now() / 1000))
    const corpus = tokenCorpus(keys, good, 'booth-2')
    let taken = 0
    for (const { what, token, status } of corpus) {
      const answer = await plant.api.unlock('booth-1', token)
      if (answer.status === 200) taken += 1
      checks.check(`${what}: ${status}`, answer.status === status, answer)
      checks.check(`${what}: its answer repeats nothing of it`, !repeats(JSON.stringify(answer.body), token))
    }
    await pause(SETTLE_MS)
    const writes = (await target.judge()).writeFrames.count - before.writeFrames.count
    const wire = countFrames(capture) - framesBefore
    checks.check('no token of the corpus is taken', taken === 0, `${taken} taken`)
    checks.check('no write frame reaches the machine', writes === 0, `${writes} frames`)
    checks.check('no write request on the wire', wire === 0, `${wire} frames`)

    if (!quick) await nextMinute(plant)
    const denied = (await plant.api.entries(from)).filter(({ kind }) => kind === 'AccessDenied')
    const told = denied.reduce((sum, { data }) => sum + Number(data.count ?? 1) + Number(data.suppressed ?? 0), 0)
    // The first of a cause is an entry, the others of its minute are counted; the last call opened a new minute.
    if (quick) checks.check('refusals are told to the ledger', denied.length > 0)
    else
      checks.check(
        'each is told to the ledger once',
        told === corpus.length || told === corpus.length + 1,
        `${told} of ${corpus.length} and the last call`,
      )
    const written = `${JSON.stringify(denied)}${plant.gateway.output()}`
    checks.check('neither ledger nor log hold a piece of a token', !corpus.some(({ token }) => repeats(written, token)))
    checks.check(
      'each entry says code and decision',
      denied.every(isWhole),
      denied.find((entry) => !isWhole(entry)),
    )

    const session = await plant.api.unlocked('booth-1', esToken({ alg: 'ES256', typ: TYP, kid: 'es' }, good, keys.es))
    await plant.api.ended(session.id)
    if (capture !== undefined) {
      const sees = await until(() => countFrames(capture) > framesBefore, 10_000, '').then(
        () => true,
        () => false,
      )
      checks.check('the capture sees the writes of a good token of the same make', sees)
    }
    return checks.verdict(
      `${corpus.length} tokens, ${taken} taken, ${writes} write frames${capture === undefined ? '' : `, ${wire} on the wire`}, ${told} told`,
    )
  },
}

const TYP = 'latchkey-booking+jwt'
const isWhole = ({ data }: LedgerEntry) => typeof data.code === 'string' && typeof data.decision === 'string'

function repeats(text: string, token: string): boolean {
  return token.split('.').some((piece) => piece.length >= PIECE && text.includes(piece.slice(0, 64)))
}

/** One more refusal, a minute later: it says how many before were only counted. */
async function nextMinute({ api }: Plant): Promise<void> {
  await pause(MINUTE_MS + 1000)
  await api.unlock('booth-1', 'letters')
  await pause(SETTLE_MS)
}
