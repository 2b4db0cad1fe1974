/** Questions before and after a use in virtual time: who is let in by which answers, and what they leave behind. */
import { describe, expect, it } from 'vitest'
import type { QuestionConfig } from '../../../gateway/core/ground/config.ts'
import type { Answers } from '../../../gateway/core/session/answers.ts'
import { createWorld, machineConfig, type World } from '../../support/world.ts'

const question = (over: Partial<QuestionConfig> & Pick<QuestionConfig, 'id'>): QuestionConfig => ({
  ...{ when: 'before', text: { en: `Is ${over.id} good?` }, answer: { kind: 'yes-no', must: 'yes' } },
  ...{ required: true, asked: 'always', outside: 'refuse', ...over },
})
const QUESTIONS = [
  question({ id: 'guard' }),
  question({ id: 'dust', answer: { kind: 'number', max: 80 }, outside: 'wrench' }),
  question({ id: 'after', required: false, asked: 'after-problem' }),
  question({ id: 'clean', when: 'after', outside: 'stop' }),
  question({ id: 'words', when: 'after', answer: { kind: 'text' }, required: false, outside: 'note' }),
]
const GOOD = { guard: 'yes', dust: '20' }

function started(): World {
  const world = createWorld({ ...machineConfig, questions: QUESTIONS })
  world.run(1000)
  world.putBookings([world.booking('b1')])
  world.run(200)
  return world
}
const settled = (world: World, command: number) => {
  world.run(3000)
  const outcome = world.outcome(command)
  return outcome?.kind === 'refused' ? outcome.refusal.code : outcome?.kind
}
const unlock = (world: World, answers?: Answers) => settled(world, world.unlock(answers ? { answers } : {}))
const answered = (session: string, answers: Answers) => ({ session, tenant: 't-acme', by: { role: 'tenant' }, answers })
const say = (world: World, session: string, answers: Answers) =>
  settled(
    world,
    world.send((command) => ({ kind: 'answers', command, answered: answered(session, answers) })),
  )
const given = (world: World) => world.durable.entries.filter(({ kind }) => kind === 'AnswersGiven')
const reports = (world: World) => (world.state.row.reports ?? []).map(({ severity, cause }) => `${severity} ${cause}`)

describe('before a use', () => {
  it.each<[string, string, Answers | undefined]>([
    ['none', 'answers-due', undefined],
    ['one that is required is missing', 'answers-due', { guard: 'yes' }],
    ['one outside its limits that refuses', 'answer-refused', { guard: 'no', dust: '20' }],
    ['of another question', 'answers-due', { ...GOOD, gard: 'yes' }],
    ['of the question after', 'answers-due', { ...GOOD, clean: 'yes' }],
    ['of one that is asked after a problem alone', 'answers-due', { ...GOOD, after: 'yes' }],
    ['no answer to it', 'answers-due', { guard: 'yes', dust: 'much' }],
  ])('%s: %s, and nothing is left behind', (_, code, answers) => {
    const world = started()
    expect(unlock(world, answers)).toBe(code)
    expect(world.enabledNow).toBe(false)
    expect(given(world)).toEqual([])
    expect(world.state.row.reports).toBeUndefined()
    expect(unlock(world, GOOD)).toBe('session')
  })

  it('good answers are an entry of the session, durable before the machine hears of it', () => {
    const world = started()
    expect(unlock(world, GOOD)).toBe('session')
    const kinds = world.kinds()
    expect(kinds.indexOf('AnswersGiven')).toBeLessThan(kinds.indexOf('UnlockConfirmed'))
    expect(given(world)).toMatchObject([
      {
        session: world.state.session!.id,
        data: {
          ...{ when: 'before', tenant: 't-acme', by: { role: 'platform' } },
          answers: [
            { question: 'guard', text: { en: 'Is guard good?' }, answer: 'yes', outside: false },
            { question: 'dust', answer: '20', outside: false },
          ],
        },
      },
    ])
    expect(reports(world)).toEqual([])
  })

  it('one outside its limits makes a report once, lets in, and is then asked more about', () => {
    const world = started()
    expect(unlock(world, { guard: 'yes', dust: '81' })).toBe('session')
    expect(reports(world)).toEqual(['wrench answer'])
    world.end()
    world.run(3000)
    world.putBookings([world.booking('b1', { id: 'b1' })])
    expect(unlock(world, { guard: 'yes', dust: '82', after: 'no' })).toBe('answer-refused')
    expect(unlock(world, { guard: 'yes', dust: '82', after: 'yes' })).toBe('session')
    expect(reports(world)).toEqual(['wrench answer'])
    expect(given(world)).toHaveLength(2)
  })

  it('two calls at once open one session, with the answers of the first', () => {
    const world = started()
    const one = world.unlock({ answers: GOOD })
    const other = world.unlock({ answers: { guard: 'yes', dust: '79' } })
    expect([settled(world, one), settled(world, other)]).toEqual(['session', 'machine-in-use'])
    expect(given(world)).toHaveLength(1)
    expect(given(world)[0]!.data).toMatchObject({ answers: [{}, { answer: '20' }] })
  })

  it('a cut between answer and unlock leaves both or neither', () => {
    const counts = new Set<number>()
    for (let ms = 0; ms <= 600; ms += 60) {
      const world = started()
      world.unlock({ answers: GOOD })
      world.run(ms)
      world.kill()
      world.run(9000)
      world.start()
      world.run(3000)
      const intents = world.kinds().filter((kind) => kind === 'UnlockIntended').length
      expect(given(world)).toHaveLength(intents)
      counts.add(intents)
    }
    expect([...counts].sort()).toEqual([0, 1])
  })

  it('an override is asked nothing', () => {
    const world = started()
    const booking = world.booking('override')
    expect(settled(world, world.unlock({ booking, override: { reason: 'jam', by: { role: 'technician' } } }))).toBe(
      'session',
    )
  })
})

describe('after a use', () => {
  function used(): { world: World; session: string } {
    const world = started()
    unlock(world, GOOD)
    const session = world.state.session!.id
    world.end()
    world.run(3000)
    return { world, session }
  }

  it('answers are taken once; the same again are taken for the first, others are refused', () => {
    const { world, session } = used()
    expect(say(world, session, { words: 'fine' })).toBe('answers-due')
    expect(say(world, session, { clean: 'yes', words: 'fine' })).toBe('done')
    world.kill()
    world.run(8000)
    world.start()
    world.run(3000)
    expect(say(world, session, { words: 'fine', clean: 'yes' })).toBe('done')
    expect(say(world, session, { clean: 'no' })).toBe('already-answered')
    expect(given(world).map(({ data }) => data.when)).toEqual(['before', 'after'])
  })

  it('a bad one stops the machine for others', () => {
    const { world, session } = used()
    expect(say(world, session, { clean: 'no' })).toBe('done')
    expect(world.durable.entries.filter(({ kind }) => kind === 'ReportMade')).toMatchObject([
      { session, data: { severity: 'stop', blocks: true, cause: 'answer', text: 'Is clean good? no' } },
    ])
    world.putBookings([world.booking('b1')])
    expect(unlock(world, GOOD)).toBe('machine-blocked')
  })

  it('they are taken while it runs, and no more once another use has begun', () => {
    const { world, session } = used()
    world.putBookings([world.booking('b2', { tenant: 'bolt' })])
    const next = world.unlock({ booking: world.booking('b2', { tenant: 'bolt' }), answers: GOOD })
    expect(settled(world, next)).toBe('session')
    expect(say(world, session, { clean: 'yes' })).toBe('session-ended')
    expect(say(world, world.state.session!.id, { clean: 'yes' })).toBe('done')
    expect(world.state.session?.status).toBe('open')
  })
})
