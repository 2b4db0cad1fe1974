/**
 * A dispute, played to its end with the gateway, a machine and the checkers as processes: one tenant says that it was
 * left well, the answer of the next says otherwise, and a technician reports the damage with a photo; nobody else is
 * let in. The timeline goes to both parties as a file, one of them changes a byte, of the report or of an answer, and
 * the checker of the other says so; then two people give a credit, and a new statement names the old.
 */
import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readLogKeys } from '../../../gateway/control/host/log-key.ts'
import { BOOTH, drillBooth, startBooth } from '../../support/billed-booth.ts'
import { startLatchkey } from '../../support/gateway.ts'
import type { Plant } from '../../support/gateway-plant.ts'
import { until } from '../../support/process.ts'
import { bookingNow } from '../../support/simulators.ts'
import { type Checks, createChecks, type Item, type Run } from '../item.ts'

export const dispute: Item = {
  name: 'dispute',
  async run(run) {
    const checks = createChecks(run.say)
    const elements = [{ id: 'use', of: 'flat', price: '100', per: '1 use', tax: 'service' }]
    const plant = await startBooth(run.scope, { site: 'dispute', elements, questions })
    await drillBooth(plant)
    const begun = new Date(Date.now() - 1000).toISOString()
    const session = await plant.api.unlocked(BOOTH, await plant.platform.token(bookingNow('first', BOOTH, 'first')))
    await pause(2500)
    await leave(plant, session.id, checks)
    const old = await stated(plant, begun)
    await find(plant, checks)
    await report(plant, checks)
    await argue(run, plant, checks, begun)
    await settle(run, plant, checks, session.id, old)
    return checks.verdict('three uses, answers before and after, one report, one credit')
  },
}

const questions = {
  guard: {
    ...{ when: 'before', text: { en: 'Is the guard straight?' }, required: false },
    ...{ answer: 'yes-no', must: 'yes', outside: 'wrench' },
  },
  left: {
    ...{ when: 'after', text: { en: 'How do you leave it?' }, answer: 'choice', required: false },
    choices: { clean: { text: { en: 'Clean' } }, damaged: { text: { en: 'Damaged' }, outside: true } },
  },
}

/** The first tenant says that all is well, and gives back what is left of the booking. */
async function leave(plant: Plant, session: string, { check }: Checks): Promise<void> {
  const { api, platform } = plant
  await release(plant, session)
  const token = await platform.token(bookingNow('first', BOOTH, 'first'))
  const said = await api.call('POST', `/sessions/${session}/answers`, { token, body: { answers: { left: 'clean' } } })
  check('the tenant says how the machine is left', said.status === 204, said.body)
}

/** The next one finds the guard bent. */
async function find(plant: Plant, { check }: Checks): Promise<void> {
  const { api, platform } = plant
  await api.untilAvailable(BOOTH, 20_000)
  const token = await platform.token(bookingNow('next', BOOTH, 'next'))
  const body = { answers: { guard: 'no' } }
  const unlocked = await api.call<{ id: string }>('POST', `/machines/${BOOTH}/unlock`, { token, body })
  check('the next tenant is let in, and says what is wrong', unlocked.status === 200, unlocked.body)
  await release(plant, unlocked.body.id)
}

/** Ends a use and its booking. */
async function release({ api }: Plant, session: string): Promise<void> {
  const token = await api.token()
  await api.call('POST', `/sessions/${session}/end?release=true`, { token, body: {} })
  await api.untilSession(session, ({ status }) => status === 'ended', 15_000)
}

/** Somebody finds the damage: it is reported, and nobody else is let in until it is seen to. */
async function report({ api, key, machine }: Plant, { check }: Checks): Promise<void> {
  const body = { severity: 'stop', text: 'the guard is bent', photos: [picture()] }
  const made = await api.call<{ id: string }>('POST', `/machines/${BOOTH}/reports`, { token: key('zhao'), body })
  check('the report is recorded', made.status === 201, made.body)
  const refused = await api.unlock(BOOTH, await machine(BOOTH).token())
  check('nobody else is let in', refused.status === 409 && refused.body.code === 'machine-blocked', refused.body)
  const change = { state: 'closed', text: 'guard straightened' }
  const closed = await api.call('POST', `/machines/${BOOTH}/reports/${made.body.id}`, {
    token: key('zhao'),
    body: change,
  })
  check('the technician closes it', closed.status === 204, closed.body)
  await api.untilMachine(BOOTH, ({ availability }) => availability.state !== 'Blocked', 5000)
}

/** Both parties have the file; the checker of one finds what the other did to it. */
async function argue({ scope }: Run, plant: Plant, { check }: Checks, begun: string): Promise<void> {
  const { api, auditor: token, machine } = plant
  // A checkpoint is made when a session ends.
  await api.ended((await api.unlocked(BOOTH, await machine(BOOTH).token())).id)
  const span = `from=${begun}&to=${new Date().toISOString()}`
  const { body } = await api.call<Timeline>('GET', `/machines/${BOOTH}/timeline?${span}`, { token })
  const seen = body.holdings.flatMap((holding) => holding.seen.map((each) => ({ who: holding.who, ...each })))
  const found = seen.find(({ kind, photos }) => kind === 'ReportMade' && photos.length > 0)
  check(
    'what was found stands between the two uses',
    found?.who === 'nobody' && found.text === 'the guard is bent',
    seen,
  )
  const [{ left, found: next } = nothing] = body.handOvers
  check('how it was left', says(left, 'left', 'clean', false), left)
  check('stands beside how the next tenant found it', says(next, 'guard', 'no', true), next)
  check('and they are two', left.tenant !== next.tenant, [left.tenant, next.tenant])
  const photo = await bytesOf(`${api.url}/v1/machines/${BOOTH}/photos/${found?.photos[0]}`, token)
  check('the photo is that of the entry', sha256(photo) === found?.photos[0])
  check('its comment is gone', !photo.includes('here'))
  let file = Buffer.alloc(0)
  await until(
    async () => {
      const response = await fetch(`${api.url}/v1/machines/${BOOTH}/timeline/file?${span}`, auth(token))
      file = Buffer.from(await response.arrayBuffer())
      return response.status === 200
    },
    10_000,
    'the timeline is not signed',
  )
  const vkey = vkeyOf(plant)
  check('the file of one party is good', (await verified(scope.folder, 'own', file, vkey)) === 0)
  // The report, how the first tenant left it, and what the next one answered.
  const words = ['bent', ...['clean', 'no'].map((answer) => JSON.stringify(`"answer":"${answer}`).slice(1, -1))]
  for (const [index, word] of words.entries()) {
    const at = file.indexOf(word) + word.length - 1
    const changed = Buffer.from(file)
    changed[at] = changed[at]! ^ 1
    const code = await verified(scope.folder, `theirs-${index}`, changed, vkey)
    check(`the file with one byte of ${word} changed is not good`, file.includes(word) && code === 1, code)
  }
}

type Side = { tenant: string; answers: { question: string; answer: string; outside: boolean }[] }
type Timeline = {
  holdings: { who: string; seen: { kind: string; text: string; photos: string[] }[] }[]
  handOvers: { left: Side; found: Side }[]
}
const nobody: Side = { tenant: '', answers: [] }
const nothing = { left: nobody, found: nobody }

const says = ({ answers }: Side, question: string, answer: string, outside: boolean) =>
  answers.some((each) => each.question === question && each.answer === answer && each.outside === outside)

/** Two people give a credit, and a new statement names the old. */
async function settle({ scope }: Run, plant: Plant, { check }: Checks, bill: string, old: string): Promise<void> {
  const { api, key } = plant
  const proposal = { bill, waive: true, reason: 'accepted', text: 'the guard was bent before' }
  const { body } = await api.call<{ id: string }>('POST', '/credits', { token: key('chen'), body: proposal })
  const approve = (who: string) => api.call('POST', `/credits/${body.id}/approval`, { token: key(who), body: {} })
  check('one person alone is not enough', (await approve('chen')).status === 403)
  const from = new Date(Date.now() - 500).toISOString()
  const second = await approve('wang')
  check('a second person approves', second.status === 204, second.body)
  const hash = await stated(plant, from)
  await api.ended((await api.unlocked(BOOTH, await plant.machine(BOOTH).token())).id)
  let file = Buffer.alloc(0)
  await until(
    async () => {
      const response = await fetch(`${api.url}/v1/statements/${hash}`, auth(plant.auditor))
      file = Buffer.from(await response.arrayBuffer())
      return response.status === 200
    },
    10_000,
    'the statement is not signed',
  )
  check('the new statement names the old', file.includes(`"statements":["${old}"]`), file.toString().slice(0, 500))
  check('it proves itself', (await verified(scope.folder, 'statement', file, vkeyOf(plant))) === 0)
  const other = Buffer.from(file.toString().replace('"net":"-100.00"', '"net":"-101.00"'))
  check('another amount does not', (await verified(scope.folder, 'other', other, vkeyOf(plant))) === 1)
}

/** The hash of a statement from then to now. */
async function stated({ api, auditor: token }: Plant, from: string): Promise<string> {
  const to = new Date().toISOString()
  const { status, body } = await api.call<{ sha256: string }>('POST', '/statements', { token, body: { from, to } })
  if (status !== 201) throw new Error(`a statement was refused: ${JSON.stringify(body)}`)
  return body.sha256
}

async function verified(folder: string, name: string, bytes: Buffer, vkey: string): Promise<number | null> {
  const path = join(folder, `${name}.json`)
  writeFileSync(path, bytes)
  return (await startLatchkey(['verify', path, '--key', vkey]).exited).code
}

const vkeyOf = ({ dataDir }: Plant) => readLogKeys(join(dataDir, 'log.key')).find(({ retiring }) => !retiring)!.vkey
const auth = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

async function bytesOf(url: string, token: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(url, auth(token))).arrayBuffer())
}

/** A PNG with a comment in it, base64. */
function picture(): string {
  const chunk = (name: string, body: Buffer) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(body.length)
    head.write(name, 4, 'latin1')
    return Buffer.concat([head, body, Buffer.alloc(4)])
  }
  const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const parts = [
    chunk('IHDR', Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0])),
    chunk('tEXt', Buffer.from('here')),
    chunk('IDAT', Buffer.alloc(9)),
  ]
  return Buffer.concat([png, ...parts, chunk('IEND', Buffer.alloc(0))]).toString('base64')
}
